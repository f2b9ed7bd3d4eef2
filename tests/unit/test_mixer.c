// Voices added up, clipped softly and measured.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/mixer.h"

#include <math.h>
#include <stdlib.h>

static void fill(int16_t *s, int value)
{
    for (size_t i = 0; i < MIXER_BLOCK; i++)
        s[i] = (int16_t)value;
}

static int mix(int a, int b, float gain)
{
    struct mixer m;
    int16_t x[MIXER_BLOCK], y[MIXER_BLOCK], out[MIXER_BLOCK];
    fill(x, a);
    fill(y, b);
    mixer_clear(&m);
    mixer_add(&m, x, gain, gain);
    mixer_add(&m, y, gain, gain);
    mixer_finish(&m, out);
    for (size_t i = 1; i < MIXER_BLOCK; i++)
        assert_int_equal(out[i], out[0]);
    return out[0];
}

static void small_sums_are_exact(void **state)
{
    (void)state;
    assert_int_equal(mix(0, 0, 1), 0);
    assert_int_equal(mix(1000, 2345, 1), 3345);
    assert_int_equal(mix(-1000, -20000, 1), -21000);
    assert_int_equal(mix(1000, 3000, 0.5f), 2000);
}

static void large_sums_bend(void **state)
{
    (void)state;
    int before = 0;
    for (int v = 0; v <= 32767; v += 7) {
        int sum = mix(v, v, 1), under = mix(-v, -v, 1);
        assert_true(sum >= before && sum <= 32767); // never wraps, never falls
        assert_true(abs(sum + under) <= 1);
        assert_true(sum - before <= 15); // no corner
        before = sum;
    }
    assert_true(before > 28000);
}

static void fifty_voices_do_not_wrap(void **state)
{
    (void)state;
    struct mixer m;
    int16_t x[MIXER_BLOCK], out[MIXER_BLOCK];
    fill(x, 32767);
    mixer_clear(&m);
    for (unsigned i = 0; i < 50; i++)
        mixer_add(&m, x, 1, 1);
    mixer_finish(&m, out);
    assert_in_range(out[0], 32000, 32767);
}

static void meter(void **state)
{
    (void)state;
    int16_t x[MIXER_BLOCK];
    for (size_t i = 0; i < MIXER_BLOCK; i++)
        x[i] = (int16_t)(16384 * sin(2 * M_PI * 1000 * (double)i / 48000));
    float level = mixer_level(0, x, MIXER_BLOCK);
    assert_true(fabsf(level - 0.3536f) < 0.002f);
    fill(x, 0);
    float fallen = mixer_level(level, x, MIXER_BLOCK);
    assert_true(fallen < level && fallen > level * 0.9f);
    for (unsigned i = 0; i < 400; i++)
        fallen = mixer_level(fallen, x, MIXER_BLOCK);
    assert_true(fallen == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_sums_are_exact),
        cmocka_unit_test(large_sums_bend),
        cmocka_unit_test(fifty_voices_do_not_wrap),
        cmocka_unit_test(meter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
