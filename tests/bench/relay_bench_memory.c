// What a relay weighs: idle, with members, with media in its history; and whether everything arrives at all.
#include "relay_bench.h"
#include "shared/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { SETTLE_US = 500000, MEDIA_US = 3000000, MEDIA_PER_S = 40000, ARRIVE_US = 5000000 };

struct weight {
    const char *what;
    unsigned rooms, members;
    bool media;
    size_t pss, rss;
};

static bool weigh(const struct bench *b, unsigned relay, struct weight *w)
{
    struct target t;
    struct load l = {0};
    if (!target_start_relay(&t, b->relay[relay], b->more, -1))
        return false;
    bool ok = w->rooms == 0 || load_start(&l, &t, w->rooms, w->members / w->rooms - 1, false);
    if (ok) {
        if (w->media)
            load_run(&l, WIRE_MEDIA_MAX, 8, MEDIA_PER_S, MEDIA_US);
        else if (w->rooms) // every ping, report and timer once
            load_idle(&l, SETTLE_US);
        target_memory(&t, &w->pss, &w->rss);
    }
    load_stop(&l);
    target_stop(&t);
    return ok;
}

static bool weigh_all(const struct bench *b, unsigned relay)
{
    enum { IDLE = 0, ALONE = 7, FOURS = 9, MEDIA = 10 };
    struct weight w[] = {{.what = "idle"},
                         {"", 1, 2, false, 0, 0},
                         {"", 1, 10, false, 0, 0},
                         {"", 5, 10, false, 0, 0},
                         {"", 2, 100, false, 0, 0},
                         {"", 50, 100, false, 0, 0},
                         {"", 20, 1000, false, 0, 0},
                         {"", 250, 250, false, 0, 0},
                         {"", 250, 500, false, 0, 0},
                         {"", 250, 1000, false, 0, 0},
                         {"and media", 250, 1000, true, 0, 0}};
    printf("\nMemory of %s, MiB\n%6s %8s %8s %8s\n", b->relay[relay], "rooms", "members", "PSS", "RSS");
    for (unsigned i = 0; i < ARRAY_LEN(w); i++) {
        if (!weigh(b, relay, &w[i]))
            return false;
        printf("%6u %8u %8.2f %8.2f  %s\n", w[i].rooms, w[i].members, (double)w[i].pss / 1048576,
               (double)w[i].rss / 1048576, w[i].what);
        fflush(stdout);
    }
    double member = ((double)w[FOURS].pss - (double)w[ALONE].pss) / (w[FOURS].members - w[ALONE].members);
    double room = ((double)w[ALONE].pss - (double)w[IDLE].pss) / w[ALONE].rooms - member;
    printf("a member %.0f bytes, a room %.0f bytes\n", member, room);
    if (b->lines)
        printf(
            "RESULT group=memory target=%s idle_pss=%zu full_pss=%zu media_pss=%zu member_bytes=%.0f room_bytes=%.0f\n",
            bench_name(b, relay), w[IDLE].pss, w[FOURS].pss, w[MEDIA].pss, member, room);
    return true;
}

bool bench_memory(const struct bench *b)
{
    for (unsigned i = 0; i < b->relays; i++)
        if (!weigh_all(b, i))
            return false;
    return true;
}

// ---- smoke ----

struct smoke {
    size_t size;
    uint64_t sent, came, wrong;
};

static void check(void *ctx, struct relay_peer *p, const struct relay_peer_got *got)
{
    struct smoke *s = ctx;
    s->wrong += got->n != s->size || got->header.sender == p->ticket.sender || got->header.room != p->ticket.room;
}

// Every member sends one train; each is waited for, until one does not come.
static void everybody_sends(struct load *l, unsigned train, struct smoke *s)
{
    static uint8_t bytes[RELAY_PEER_TRAIN_MAX * WIRE_DATAGRAM_MAX];
    for (unsigned i = 0; i < l->members && s->came == s->sent; i++) {
        size_t n = relay_peer_train(&l->peers[i], bytes, RELAY_PEER_CAMERA, 0, s->size, train);
        s->wrong += !relay_peer_send(&l->peers[i], bytes, n, s->size);
        s->sent += (uint64_t)train * l->fanout;
        for (uint64_t end = clock_now_us() + ARRIVE_US; s->came < s->sent && clock_now_us() < end;)
            for (unsigned m = 0; m < l->members; m++)
                s->came += relay_peer_receive(&l->peers[m], check, s);
    }
    for (unsigned m = 0; m < l->members; m++)
        s->wrong += l->peers[m].counts.bad_tag + l->peers[m].counts.copies;
}

bool bench_smoke(const struct bench *b)
{
    static const unsigned shapes[][4] = {
        {1188, 16, 8, 1}, {200, 4, 1, 3}, {1188, 1, 32, 2}}; // bytes, fan, train, rooms
    bool ok = true;
    for (unsigned i = 0; ok && i < ARRAY_LEN(shapes); i++) {
        struct target t;
        struct load l = {0};
        struct smoke s = {.size = shapes[i][0]};
        if (!target_start_relay(&t, b->relay[0], b->more, -1))
            return false;
        if (load_start(&l, &t, shapes[i][3], shapes[i][1], true))
            everybody_sends(&l, shapes[i][2], &s);
        printf("smoke: %u bytes, fan-out %u, trains of %u: %llu of %llu came, %llu wrong\n", shapes[i][0], shapes[i][1],
               shapes[i][2], (unsigned long long)s.came, (unsigned long long)s.sent, (unsigned long long)s.wrong);
        ok = s.sent > 0 && s.came == s.sent && s.wrong == 0;
        load_stop(&l);
        target_stop(&t);
    }
    return ok;
}
