// What every unit test includes: cmocka with what it needs, hex, and a seed that is printed and can be given again.
#ifndef PARLOUR_TESTS_UNIT_H
#define PARLOUR_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/random.h"

// Decode hex digits; spaces are skipped. Returns the number of bytes.
static inline size_t unit_hex(uint8_t *out, size_t max, const char *hex)
{
    size_t digits = 0;
    for (; *hex; hex++) {
        const char *at = strchr("0123456789abcdef", *hex);
        if (*hex == ' ')
            continue;
        assert_non_null(at);
        assert_true(digits / 2 < max);
        uint8_t v = (uint8_t)(at - "0123456789abcdef");
        out[digits / 2] = (uint8_t)(digits % 2 ? out[digits / 2] | v : v << 4);
        digits++;
    }
    assert_true(digits % 2 == 0);
    return digits / 2;
}

// PARLOUR_SEED or a fresh one, printed so that a failure can be had again.
static inline uint64_t unit_seed(void)
{
    const char *given = getenv("PARLOUR_SEED");
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_nsec + 1;
    print_message("PARLOUR_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static inline uint64_t unit_random(uint64_t *state)
{
    return random_next(state);
}

static inline void unit_fill(uint64_t *state, void *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = (uint8_t)unit_random(state);
}

// A known pattern: first, first + 1, ...
static inline void unit_count(uint8_t *out, size_t n, uint8_t first)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(first + i);
}

#endif
