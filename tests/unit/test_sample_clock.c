// Timestamps of sound: no holes for a card that is a little off, told where they are against the clock, and moved by
// real gaps alone.
#include "tests/unit/unit.h"

#include "client/send/sample_clock.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 480 };

// What the clock says minus what the timestamps say of the same sample.
static double truth(double seconds, double ppm)
{
    return -seconds * 48000 * ppm / 1e6;
}

static void cards_that_are_off(void **state)
{
    (void)state;
    static const double rows[] = {100, -100, 0, 300};
    uint64_t random = unit_seed();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample_clock c = {0};
        double most = 0, shake = 0;
        uint32_t expected = 0;
        for (uint64_t n = 0; n < 4 * 3600 * 100; n++) { // four hours
            double at = (double)n / 100 / (1 + rows[i] / 1e6);
            shake = (double)(unit_random(&random) % 480) - 240; // 5 ms to and fro
            bool gap = sample_clock_gap(&c, (uint32_t)(int64_t)lrint(at * 48000 + shake) + 0xffff0000u, BLOCK);
            assert_int_equal(gap, n == 0);
            if (n == 0)
                expected = c.next;
            assert_int_equal(c.next, expected);
            expected += BLOCK;
            sample_clock_count(&c, BLOCK);
            double start = (double)(int32_t)(expected - BLOCK * (uint32_t)(n + 1) - 0xffff0000u);
            if (at > 10)
                most = fmax(most, fabs(c.ahead + start - truth(at, rows[i])));
        }
        if (most > 48 * (1 + fabs(rows[i]) / 100))
            fail_msg("%.0f ppm: told wrongly by up to %.2f ms", rows[i], most / 48);
    }
}

static void gaps(void **state)
{
    (void)state;
    struct sample_clock c = {0};
    uint32_t clock = 1000;
    for (unsigned i = 0; i < 5000; i++, clock += BLOCK + (i % 50 == 0)) { // 42 ppm slow
        sample_clock_gap(&c, clock, BLOCK);
        sample_clock_count(&c, BLOCK);
    }
    double before = c.ahead;
    uint32_t next = c.next;
    assert_in_range((int)before, 70, 100);
    clock += 1800; // shaken
    assert_false(sample_clock_gap(&c, clock, BLOCK));
    assert_int_equal(c.next, next);
    c.ahead = before;
    clock += 1200; // 62 ms lost in all
    assert_true(sample_clock_gap(&c, clock, BLOCK));
    assert_in_range(c.next - next, 2990, 3040);
    assert_true(fabs(c.ahead - before) < 1);                // what was told stays true
    assert_true(sample_clock_gap(&c, clock - 4800, BLOCK)); // backwards
    assert_in_range(next + 3000 - c.next, 4740, 4810);
    assert_true(sample_clock_gap(&c, clock + 0x7ffffff0u, BLOCK)); // as new
    assert_int_equal((int)c.ahead, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cards_that_are_off), cmocka_unit_test(gaps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
