// What a change of keys costs in a full room: one leaves, one comes. Real keys and real control messages of all members
// in one process and in virtual time (sim/keys_room.h); the figures are bytes of JSON, CPU time of the members, and
// time as the members see it. `rotation_bench [MEMBERS]`
#include "tests/sim/keys_room.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { MS = 1000, SECOND = 1000 * MS, MEDIA_EVERY_MS = 20, SPEAKERS = 8 };

struct figures {
    uint64_t up, down, boxes, cpu_ns, cpu_most_ns;
};

static struct figures figures_of(const struct keys_room *r, unsigned without)
{
    struct figures f = {0};
    for (unsigned i = 0; i < r->count; i++) {
        const struct keys_room_person *p = &r->people[i];
        f.up += p->bytes_up;
        f.down += p->bytes_down;
        f.boxes += p->boxes_sent;
        f.cpu_ns += p->cpu_ns;
        if (i != without && p->cpu_ns > f.cpu_most_ns)
            f.cpu_most_ns = p->cpu_ns;
    }
    return f;
}

static void measure(unsigned members, uint64_t delay_us, bool leave)
{
    struct keys_room *r = keys_room_create(1);
    for (unsigned i = 0; i < members - !leave; i++)
        keys_room_enter(r, delay_us);
    keys_room_run(r, r->now_us + 4 * SECOND);
    if (!keys_room_settled(r))
        abort();
    r->media_period_us = MEDIA_EVERY_MS * MS;
    for (unsigned i = 1; i <= SPEAKERS; i++)
        r->people[i].sending = true;
    keys_room_run(r, r->now_us + SECOND);
    for (unsigned i = 0; i < r->count; i++)
        r->people[i].bytes_up = r->people[i].bytes_down = r->people[i].boxes_sent = r->people[i].cpu_ns = 0;
    size_t lost = r->lost_count;
    unsigned who = 0;
    if (leave)
        keys_room_leave(r, 0);
    else
        who = keys_room_enter(r, delay_us);
    uint64_t begin = r->now_us + delay_us; // the relay knows
    keys_room_run(r, begin + 2 * SECOND);
    struct figures f = figures_of(r, who);
    uint64_t last = 0;
    for (unsigned i = 0; i < r->count; i++)
        if (i != who && r->people[i].switched_us > last)
            last = r->people[i].switched_us;
    unsigned gap = 0;
    for (size_t i = lost; i < r->lost_count; i++)
        gap += r->lost[i].to != who; // a newcomer has no claim to what was said before
    printf("%-5s %u members, %3u ms one way: %4u boxes, %6.1f kB up, %6.1f kB down, CPU a member %.2f ms (most %.2f), "
           "all use the new key after %u ms, %u datagrams without a key, %s\n",
           leave ? "leave" : "join", members, (unsigned)(delay_us / MS), (unsigned)f.boxes, (double)f.up / 1e3,
           (double)f.down / 1e3, (double)f.cpu_ns / 1e6 / members, (double)f.cpu_most_ns / 1e6,
           (unsigned)((last - begin) / MS), gap, keys_room_settled(r) ? "settled" : "NOT SETTLED");
    keys_room_free(r);
}

int main(int argc, char **argv)
{
    unsigned members = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 50;
    if (sodium_init() < 0 || members <= SPEAKERS || members > WIRE_ROOM_MEMBERS_MAX) {
        fprintf(stderr, "rotation_bench [MEMBERS], %d to %d\n", SPEAKERS + 1, WIRE_ROOM_MEMBERS_MAX);
        return 64;
    }
    static const uint64_t delays[] = {20 * MS, 100 * MS};
    for (unsigned i = 0; i < ARRAY_LEN(delays); i++) {
        measure(members, delays[i], true);
        measure(members, delays[i], false);
    }
    return 0;
}
