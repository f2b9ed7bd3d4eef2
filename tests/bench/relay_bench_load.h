// Members who load one forwarder: rooms of fan-out + 1, everybody in turn sending a train to all others of his room.
// Every socket of theirs drops media in the kernel and counts it, so receiving costs nobody anything.
#ifndef PARLOUR_TESTS_RELAY_BENCH_LOAD_H
#define PARLOUR_TESTS_RELAY_BENCH_LOAD_H

#include "relay_bench_target.h"
#include "relay_peer.h"

struct load {
    struct target *target;
    unsigned rooms, fanout, members; // members = rooms * (fanout + 1)
    struct relay_peer *peers;        // room after room
    uint64_t *room_sent, *sent;      // datagrams, by room and by member
    uint64_t *dropped;               // at each member's socket when the load was made
    uint64_t *missed;                // at each member: lost, as far as the window has noticed
    uint64_t trains;                 // sent so far
    uint64_t upkeep_us;              // members pinged up to here, see load_upkeep
    unsigned upkeep_at;
    bool listening; // latency: sockets take media, with the time it came
};

struct load_slice {
    uint64_t in, out;         // media datagrams sent to the forwarder; that came out at all members together
    uint64_t cpu_ns, wall_ns; // of the forwarder; of the slice
};

struct latencies {
    uint32_t *ns; // one each datagram that came
    size_t count, room;
};

// Make the members; with a relay, join them all. False with one sentence on stderr.
MUST_USE bool load_start(struct load *l, struct target *t, unsigned rooms, unsigned fanout, bool listening);
void load_stop(struct load *l);
// Send trains of `train` datagrams of `size` bytes for `us`: `per_s` datagrams a second in all (0 = as many as are
// taken), in bursts each 2 ms, never more than a window ahead of what came out. Ends when all has come out.
struct load_slice load_run(struct load *l, size_t size, unsigned train, double per_s, uint64_t us);
// Send trains evenly, `per_s` datagrams in a second, and keep how long each took to each destination.
struct load_slice load_latency(struct load *l, size_t size, unsigned train, double per_s, uint64_t us,
                               struct latencies *out);
// Only keep the members alive for `us`: what they cost without media.
struct load_slice load_idle(struct load *l, uint64_t us);
// Datagrams that never came out, since the start, as far as the window has noticed: 0 when nothing is lost.
uint64_t load_missed(const struct load *l);
// Datagrams other than media that the members were told, per 1000 they sent.
double load_told(const struct load *l);
// The most datagrams a second all members together may send under the relay's limits, with a margin.
double load_limit(const struct load *l, size_t size);

#endif
