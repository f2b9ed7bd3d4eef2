// Voices added up, limited and measured.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/mixer.h"
#include "tests/random.h"

#include <math.h>
#include <stdlib.h>

static void fill(int16_t *s, int value)
{
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        s[i] = (int16_t)value;
}

static int mix(int a, int b, float gain)
{
    struct mixer m = {.taken = 0};
    int16_t x[AUDIO_BLOCK], y[AUDIO_BLOCK], out[AUDIO_BLOCK];
    fill(x, a);
    fill(y, b);
    mixer_clear(&m);
    mixer_add(&m, x, gain, gain);
    mixer_add(&m, y, gain, gain);
    mixer_finish(&m, out);
    for (size_t i = 1; i < AUDIO_BLOCK; i++)
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

// How much of `out` is not at the `count` frequencies it is made of, dB. Each is a whole number of periods long.
static double residue_db(const int16_t *out, size_t n, const unsigned *periods, size_t count)
{
    double *left = malloc(n * sizeof *left), all = 0, rest = 0;
    for (size_t i = 0; i < n; i++)
        all += (left[i] = out[i]) * out[i];
    for (size_t f = 0; f < count; f++) {
        double re = 0, im = 0, w = 2 * M_PI * periods[f] / (double)n;
        for (size_t i = 0; i < n; i++) {
            re += out[i] * cos(w * (double)i);
            im += out[i] * sin(w * (double)i);
        }
        for (size_t i = 0; i < n; i++)
            left[i] -= 2 / (double)n * (re * cos(w * (double)i) + im * sin(w * (double)i));
    }
    for (size_t i = 0; i < n; i++)
        rest += left[i] * left[i];
    free(left);
    return 10 * log10(rest / all);
}

enum { SECONDS = 3, BLOCKS = SECONDS * 100 };

// So many tones of so much, from the beginning on; the last second is judged.
static double tones_db(const unsigned *hz, size_t count, double amplitude, int16_t *most)
{
    struct mixer m = {.taken = 0};
    int16_t *out = malloc(BLOCKS * AUDIO_BLOCK * sizeof *out);
    for (size_t b = 0; b < BLOCKS; b++) {
        mixer_clear(&m);
        for (size_t f = 0; f < count; f++) {
            int16_t x[AUDIO_BLOCK];
            for (size_t i = 0; i < AUDIO_BLOCK; i++)
                x[i] = (int16_t)lrint(amplitude *
                                      sin(2 * M_PI * hz[f] * (double)(b * AUDIO_BLOCK + i) / 48000 + 2.4 * (double)f));
            mixer_add(&m, x, 1, 1);
        }
        mixer_finish(&m, out + b * AUDIO_BLOCK);
    }
    *most = 0;
    for (size_t i = 0; i < BLOCKS * AUDIO_BLOCK; i++)
        *most = MAX(*most, (int16_t)abs(out[i]));
    double db = residue_db(out + (BLOCKS - 100) * AUDIO_BLOCK, 48000, hz, count);
    free(out);
    return db;
}

static void one_talker_is_not_touched(void **state)
{
    (void)state;
    static const unsigned hz[] = {100, 997, 3001};
    for (size_t f = 0; f < 3; f++) {
        int16_t most;
        double db = tones_db(hz + f, 1, 32767, &most);
        print_message("one talker at full scale, %u Hz: distortion and noise %.1f dB\n", hz[f], db);
        assert_true(db < -90); // rounding to 16 bits
        assert_true(most >= 32766);
    }
    struct mixer m = {.taken = 0};
    int16_t x[AUDIO_BLOCK], out[AUDIO_BLOCK];
    uint64_t random = 5;
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        x[i] = (int16_t)random_next(&random);
    x[7] = INT16_MIN + 1;
    mixer_clear(&m);
    mixer_add(&m, x, 1, 1);
    mixer_finish(&m, out);
    assert_memory_equal(out, x, sizeof x);
}

static void twenty_five_talkers_stay_clear(void **state)
{
    (void)state;
    unsigned hz[25];
    for (unsigned f = 0; f < 25; f++)
        hz[f] = 150 + f * 67;
    int16_t most;
    double db = tones_db(hz, 25, 8000, &most);
    print_message("25 talkers, together up to %.1f x full scale: distortion %.1f dB\n", 25 * 8000 / 32767.0, db);
    assert_true(db < -35);
    assert_true(most > 30000);
}

// Loud and quiet by turns: what comes suddenly is turned down without a corner, and comes back up in a second or two.
static void turning_down_is_smooth_and_comes_back(void **state)
{
    (void)state;
    struct mixer m = {.taken = 0};
    int16_t out[AUDIO_BLOCK], before = 0;
    double steepest = 0;
    for (size_t b = 0; b < 500; b++) {
        bool loud = b >= 100 && b < 200;
        int16_t x[AUDIO_BLOCK];
        for (size_t i = 0; i < AUDIO_BLOCK; i++)
            x[i] = (int16_t)lrint(16000 * sin(2 * M_PI * 200 * (double)(b * AUDIO_BLOCK + i) / 48000));
        mixer_clear(&m);
        for (unsigned t = 0; t < (loud ? 8u : 1u); t++)
            mixer_add(&m, x, 1, 1);
        mixer_finish(&m, out);
        for (size_t i = 0; i < AUDIO_BLOCK; i++) {
            if (loud)
                steepest = fmax(steepest, abs(out[i] - before));
            before = out[i];
        }
        if (b == 499)
            assert_true(abs(out[60] - x[60]) < x[60] / 50);
    }
    print_message("onset of 3.9 x full scale: steepest step %.2f of the loudest tone's\n",
                  steepest / (32767 * 2 * M_PI * 200 / 48000));
    assert_true(steepest < 4 * 32767 * 2 * M_PI * 200 / 48000);
}

static void fifty_voices_do_not_wrap(void **state)
{
    (void)state;
    struct mixer m = {.taken = 0};
    int16_t x[AUDIO_BLOCK], out[AUDIO_BLOCK];
    uint64_t random = 1;
    for (unsigned b = 0; b < 100; b++) {
        for (size_t i = 0; i < AUDIO_BLOCK; i++)
            x[i] = random_next(&random) & 1 ? INT16_MAX : INT16_MIN;
        mixer_clear(&m);
        for (unsigned i = 0; i < 50; i++)
            mixer_add(&m, x, 2, 2);
        mixer_finish(&m, out);
        for (size_t i = 0; i < AUDIO_BLOCK; i++)
            assert_true(x[i] > 0 ? out[i] > 32000 : out[i] < -32000);
    }
}

static void meter(void **state)
{
    (void)state;
    int16_t x[AUDIO_BLOCK];
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        x[i] = (int16_t)(16384 * sin(2 * M_PI * 1000 * (double)i / 48000));
    float level = mixer_level(0, x, AUDIO_BLOCK);
    assert_true(fabsf(level - 0.3536f) < 0.002f);
    fill(x, 0);
    float fallen = mixer_level(level, x, AUDIO_BLOCK);
    assert_true(fallen < level && fallen > level * 0.9f);
    for (unsigned i = 0; i < 400; i++)
        fallen = mixer_level(fallen, x, AUDIO_BLOCK);
    assert_true(fallen == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_sums_are_exact),           cmocka_unit_test(one_talker_is_not_touched),
        cmocka_unit_test(twenty_five_talkers_stay_clear), cmocka_unit_test(turning_down_is_smooth_and_comes_back),
        cmocka_unit_test(fifty_voices_do_not_wrap),       cmocka_unit_test(meter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
