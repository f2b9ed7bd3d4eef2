#define _GNU_SOURCE
#include "relay_bench_load.h"

#include "shared/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    JOIN_MS = 5000,
    TICK_US = 2000,
    UPKEEP_US = 1000000, // each member pings once in this time
    WINDOW_BYTES = 1 << 20,
    WINDOW_DATAGRAMS = 1024,
    WINDOW_TRAINS = 256,
    STALL_US = 50000,
    READ_US = 5000
};

// Where to see that a train has come out: this member has been sent so many by then.
struct probe {
    bool open;
    unsigned member;
    uint64_t count;
};

static void *many(size_t n, size_t size)
{
    return base_alloc(MAX(n, (size_t)1) * size);
}

static unsigned room_size(const struct load *l)
{
    return l->fanout + 1;
}

static bool start_member(struct load *l, unsigned i)
{
    struct relay_peer *p = &l->peers[i];
    // Codes (room % 1000000) must differ, and rooms should not lie side by side in anybody's table.
    uint32_t room = 1000003u * (i / room_size(l) + 1);
    p->fd = -1;
    if (!relay_peer_open(p, l->target->ticket_key, &l->target->media, NULL, room, (uint16_t)(i % room_size(l) + 1)))
        return false;
    if (l->target->bare)
        p->unchecked = true;
    else if (!relay_peer_join(p, JOIN_MS))
        return false;
    return l->listening ? relay_peer_timestamps(p) : relay_peer_drop_media(p);
}

// Sound has a limit of its own (PROTOCOL §11): what is measured are pictures everybody asked for.
static void watch_each_other(struct load *l)
{
    uint16_t senders[WIRE_ROOM_MEMBERS_MAX];
    unsigned n = MIN(room_size(l), (unsigned)WIRE_ROOM_MEMBERS_MAX);
    for (unsigned i = 0; i < n; i++)
        senders[i] = (uint16_t)(i + 1);
    for (unsigned i = 0; i < l->members; i++)
        relay_peer_watch(&l->peers[i], senders, n, 0);
}

// The bare forwarder sends to the first `fanout` of each group; the last one sends to it.
static void tell_destinations(const struct load *l)
{
    uint16_t *ports = many(l->members, sizeof *ports);
    unsigned n = 0;
    for (unsigned i = 0; i < l->members; i++) {
        struct addr a = {.length = sizeof a.in6};
        if (i % room_size(l) == l->fanout || getsockname(l->peers[i].fd, &a.sa, &a.length) < 0)
            continue;
        ports[n++] = addr_port(&a);
    }
    target_destinations(l->target, ports, n);
    free(ports);
}

bool load_start(struct load *l, struct target *t, unsigned rooms, unsigned fanout, bool listening)
{
    *l = (struct load){.target = t, .rooms = rooms, .fanout = fanout, .members = rooms * (fanout + 1)};
    l->listening = listening;
    l->peers = many(l->members, sizeof *l->peers);
    l->room_sent = many(rooms, sizeof *l->room_sent);
    l->sent = many(l->members, sizeof *l->sent);
    l->dropped = many(l->members, sizeof *l->dropped);
    l->missed = many(l->members, sizeof *l->missed);
    for (unsigned i = 0; i < l->members; i++)
        l->peers[i].fd = -1;
    for (unsigned i = 0; i < l->members; i++) {
        if (!start_member(l, i)) {
            fprintf(stderr, "relay_bench: member %u of %u cannot join: %s\n", i + 1, l->members, strerror(errno));
            load_stop(l);
            return false;
        }
        l->dropped[i] = relay_peer_dropped(l->peers[i].fd);
    }
    if (t->bare)
        tell_destinations(l);
    else
        watch_each_other(l);
    l->upkeep_us = clock_now_us();
    return true;
}

void load_stop(struct load *l)
{
    for (unsigned i = 0; l->peers && i < l->members; i++)
        relay_peer_close(&l->peers[i]);
    free(l->peers);
    free(l->room_sent);
    free(l->sent);
    free(l->dropped);
    free(l->missed);
    *l = (struct load){0};
}

double load_limit(const struct load *l, size_t size)
{
    double one = MIN((double)WIRE_MEDIA_PER_S, WIRE_MEDIA_MBIT_PER_S * 125000.0 / (double)size);
    return 0.85 * one * l->members;
}

double load_told(const struct load *l)
{
    uint64_t sent = 0, told = 0;
    for (unsigned i = 0; i < l->members; i++) {
        sent += l->sent[i];
        told += l->peers[i].counts.other;
    }
    return sent ? 1000.0 * (double)told / (double)sent : 0;
}

// Members ping one after the other, each once a second, as clients do; what the relay told them is read away.
static void upkeep(struct load *l, uint64_t now)
{
    uint64_t each = UPKEEP_US / l->members;
    if (l->target->bare)
        return;
    if (now - l->upkeep_us > UPKEEP_US) // others had their turn: everybody once, and on from there
        l->upkeep_us = now - UPKEEP_US;
    for (; now - l->upkeep_us >= each; l->upkeep_us += each) {
        struct relay_peer *p = &l->peers[l->upkeep_at++ % l->members];
        relay_peer_ping(p);
        if (!l->listening)
            relay_peer_receive(p, NULL, NULL);
    }
}

static uint64_t came_out(const struct load *l)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < l->members; i++)
        n += relay_peer_dropped(l->peers[i].fd) - l->dropped[i];
    return n;
}

uint64_t load_missed(const struct load *l)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < l->members; i++)
        n += l->missed[i];
    return n;
}

// The next train: rooms in turn, and in a room the members in turn. Gives where to see it come out.
static bool send_train(struct load *l, size_t size, unsigned train, struct probe *probe)
{
    static uint8_t bytes[RELAY_PEER_TRAIN_MAX * WIRE_DATAGRAM_MAX];
    unsigned room = (unsigned)(l->trains % l->rooms), n = room_size(l), first = room * n;
    unsigned from = l->target->bare ? l->fanout : (unsigned)(l->trains / l->rooms % n);
    unsigned to = first + (l->target->bare ? 0 : (from + 1) % n);
    struct relay_peer *p = &l->peers[first + from];
    size_t all = relay_peer_train(p, bytes, RELAY_PEER_CAMERA, 0, size, train);
    if (!relay_peer_send(p, bytes, all, size))
        return false;
    l->trains++;
    l->room_sent[room] += train;
    l->sent[first + from] += train;
    *probe = (struct probe){true, to, l->room_sent[room] - l->sent[to]};
    return true;
}

static uint64_t came_to(const struct load *l, unsigned member)
{
    return relay_peer_dropped(l->peers[member].fd) - l->dropped[member];
}

static bool is_out(const struct load *l, const struct probe *p)
{
    return !p->open || came_to(l, p->member) + l->missed[p->member] >= p->count;
}

static void spin(void)
{
    for (unsigned i = 0; i < 50; i++)
        __builtin_ia32_pause();
}

// Wait until a train has come out; what has not after STALL_US is lost.
static void wait_out(struct load *l, struct probe *p)
{
    uint64_t end = clock_now_us() + STALL_US;
    while (!is_out(l, p)) {
        if (clock_now_us() >= end)
            l->missed[p->member] = p->count - came_to(l, p->member);
        spin();
    }
    p->open = false;
}

// Send for `us`; the measuring is around it.
static uint64_t send_for(struct load *l, size_t size, unsigned train, double per_s, uint64_t us)
{
    struct probe ring[WINDOW_TRAINS];
    unsigned window = MIN(WINDOW_DATAGRAMS / train, (unsigned)(WINDOW_BYTES / (size * train)));
    uint64_t start = clock_now_us(), sent = 0;
    window = CLAMP(window, 4u, (unsigned)WINDOW_TRAINS);
    for (unsigned i = 0; i < window; i++)
        ring[i].open = false;
    for (uint64_t now = start; now - start < us; now = clock_now_us()) {
        uint64_t due = per_s > 0 ? (uint64_t)(per_s * (double)(now - start + TICK_US) / 1e6) : UINT64_MAX;
        uint64_t tick_end = per_s > 0 ? now - (now - start) % TICK_US + TICK_US : now + TICK_US;
        for (unsigned at = 0; sent * train + train <= due; at++) {
            struct probe *p = &ring[sent % window];
            wait_out(l, p);
            if (!send_train(l, size, train, p))
                break;
            sent++;
            if (at % 16 == 15 && clock_now_us() >= tick_end)
                break;
        }
        upkeep(l, clock_now_us());
        if (per_s > 0)
            clock_sleep_until(tick_end);
    }
    for (unsigned i = 0; i < window; i++)
        wait_out(l, &ring[i]);
    return sent * train;
}

struct load_slice load_run(struct load *l, size_t size, unsigned train, double per_s, uint64_t us)
{
    struct load_slice s = {0};
    upkeep(l, clock_now_us());
    send_for(l, size, train, per_s, us / 10); // caches and clock speed as they will be
    uint64_t out = came_out(l), start = clock_now_us(), cpu = target_cpu_ns(l->target);
    s.in = send_for(l, size, train, per_s, us);
    s.cpu_ns = target_cpu_ns(l->target) - cpu;
    s.wall_ns = (clock_now_us() - start) * 1000;
    s.out = came_out(l) - out;
    return s;
}

struct load_slice load_idle(struct load *l, uint64_t us)
{
    struct load_slice s = {0};
    upkeep(l, clock_now_us());
    uint64_t start = clock_now_us(), cpu = target_cpu_ns(l->target);
    for (uint64_t now = start; now - start < us; now = clock_now_us()) {
        upkeep(l, now);
        clock_sleep_until(now + TICK_US);
    }
    s.cpu_ns = target_cpu_ns(l->target) - cpu;
    s.wall_ns = (clock_now_us() - start) * 1000;
    return s;
}

static void keep(void *ctx, struct relay_peer *p, const struct relay_peer_got *got)
{
    struct latencies *all = ctx;
    (void)p;
    if (all->count < all->room && got->arrived_ns > got->sent_ns)
        all->ns[all->count++] = (uint32_t)MIN(got->arrived_ns - got->sent_ns, (uint64_t)UINT32_MAX);
}

static uint64_t read_all(struct load *l, struct latencies *out)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < l->members; i++)
        n += relay_peer_receive(&l->peers[i], keep, out);
    return n;
}

struct load_slice load_latency(struct load *l, size_t size, unsigned train, double per_s, uint64_t us,
                               struct latencies *out)
{
    struct load_slice s = {0};
    struct probe ignored;
    upkeep(l, clock_now_us());
    uint64_t start = clock_now_us(), cpu = target_cpu_ns(l->target), read_us = start, count = 0;
    for (uint64_t now = start; now - start < us; now = clock_now_us()) {
        uint64_t next = start + (uint64_t)((double)count * train * 1e6 / per_s);
        if (now >= next) {
            count += send_train(l, size, train, &ignored);
            continue;
        }
        upkeep(l, now);
        if (now - read_us >= READ_US) { // the kernel has noted when they came
            s.out += read_all(l, out);
            read_us = now;
            continue;
        }
        clock_sleep_until(MIN(next, read_us + READ_US));
    }
    clock_sleep_until(clock_now_us() + STALL_US);
    s.out += read_all(l, out);
    s.in = count * train;
    s.cpu_ns = target_cpu_ns(l->target) - cpu;
    s.wall_ns = (clock_now_us() - start) * 1000;
    return s;
}
