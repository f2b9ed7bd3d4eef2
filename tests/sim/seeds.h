// How a simulation runs through its seeds, and how it says which one failed: PARLOUR_SEED=N runs that one alone,
// PARLOUR_SEEDS=N so many instead of the usual ones. For files that have included cmocka.
#ifndef PARLOUR_TESTS_SIM_SEEDS_H
#define PARLOUR_TESTS_SIM_SEEDS_H

#include <stdint.h>
#include <stdlib.h>

#define EXPECT(seed, condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fail_msg("%s (again with PARLOUR_SEED=%llu)", #condition, (unsigned long long)(seed));                     \
    } while (0)

// How many are usual: with run.sh --full there is time for more.
static inline uint64_t seeds_usual(uint64_t few, uint64_t full)
{
    return getenv("PARLOUR_FULL") ? full : few;
}

// The first and the last; `usual` = how many there are unless told otherwise.
static inline void seeds_range(uint64_t usual, uint64_t *first, uint64_t *last)
{
    const char *one = getenv("PARLOUR_SEED"), *many = getenv("PARLOUR_SEEDS");
    *first = one ? strtoull(one, NULL, 10) : 1;
    *last = one ? *first : many ? strtoull(many, NULL, 10) : usual;
}

// `times` as many as asked for, of scenarios that are short.
static inline void seeds_run(void (*scenario)(uint64_t seed), uint64_t usual, unsigned times)
{
    uint64_t first, last;
    seeds_range(usual, &first, &last);
    if (!getenv("PARLOUR_SEED"))
        last *= times;
    for (uint64_t seed = first; seed <= last; seed++)
        scenario(seed);
}

#endif
