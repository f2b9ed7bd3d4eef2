// The parts of relay_bench: what to measure with, and the tables.
#ifndef PARLOUR_TESTS_RELAY_BENCH_H
#define PARLOUR_TESTS_RELAY_BENCH_H

#include "relay_bench_load.h"

enum { BENCH_RELAYS_MAX = 2, BENCH_TARGETS_MAX = BENCH_RELAYS_MAX + 1, BENCH_PASSES_MAX = 200 };

struct bench {
    const char *relay[BENCH_RELAYS_MAX], *bare, *only;
    unsigned relays, rounds, passes, load_pct; // passes: in each round
    unsigned one[4];                           // bytes, fan-out, train, rooms of the only case wanted
    double seconds;
    bool quick, smoke, memory, lines;
    char *const *more; // options for the relays
};

// The relays first, the bare forwarder last.
struct bench_targets {
    struct target target[BENCH_TARGETS_MAX];
    struct load load[BENCH_TARGETS_MAX];
    unsigned count;
};

// Start all of them, each with `rooms` rooms of fan-out + 1 members. False with one sentence on stderr.
MUST_USE bool bench_start(const struct bench *b, unsigned rooms, unsigned fanout, bool listening,
                          struct bench_targets *all);
void bench_stop(struct bench_targets *all);
const char *bench_name(const struct bench *b, unsigned target);
int bench_core(void);                                   // of the forwarders; -1 = any. The members are on the next one
double bench_quantile(double *v, unsigned n, double q); // sorts v

// Each prints its tables. False with one sentence on stderr.
MUST_USE bool bench_aims(const struct bench *b);
MUST_USE bool bench_grid(const struct bench *b);
MUST_USE bool bench_rooms(const struct bench *b);
MUST_USE bool bench_latency(const struct bench *b);
MUST_USE bool bench_memory(const struct bench *b);
// Does all that is sent arrive, whole, with the tag the relay owes, and nobody's own?
MUST_USE bool bench_smoke(const struct bench *b);

#endif
