// The noise of a room: learned from what is quiet, of the same colour and a little lower, and never a step.
#include "tests/unit/unit.h"

#include "client/recv/comfort_noise.h"

#include <math.h>

enum { BLOCK = 480 };

static uint64_t seed = 11;

static double white(void)
{
    return (double)(int64_t)unit_random(&seed) / 9223372036854775808.0;
}

static double rms(const int16_t *s, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)s[i] * s[i];
    return sqrt(sum / (double)n);
}

static double brightness(const int16_t *s, size_t n) // of the differences, by all: 1.41 for white noise, 0 for a hum
{
    double sum = 0;
    for (size_t i = 1; i < n; i++)
        sum += ((double)s[i] - s[i - 1]) * ((double)s[i] - s[i - 1]);
    return sqrt(sum / (double)n) / rms(s, n);
}

// Learn from two seconds of noise, dull by `dullness`, and fill one second.
static void fill(struct comfort_noise *c, double amplitude, double dullness, int16_t *out, int16_t *was)
{
    double low = 0;
    for (size_t b = 0; b < 200; b++) {
        for (size_t i = 0; i < BLOCK; i++) {
            low += (white() - low) * (1 - dullness);
            was[i] = (int16_t)lrint(amplitude * low);
        }
        comfort_noise_learn(c, was, BLOCK);
    }
    memset(out, 0, 48000 * sizeof *out);
    for (size_t b = 0; b < 100; b++)
        comfort_noise_add(c, out + b * BLOCK, BLOCK, true);
}

static void has_level_and_colour(void **state)
{
    (void)state;
    static const double dullness[] = {0, 0.6, 0.9};
    static int16_t out[48000], was[BLOCK];
    for (size_t i = 0; i < ARRAY_LEN(dullness); i++) {
        struct comfort_noise c = {.known = false};
        fill(&c, 150, dullness[i], out, was);
        double level = rms(out + 4800, 43200), real = rms(was, BLOCK);
        double bright = brightness(out + 4800, 43200), wanted = brightness(was, BLOCK);
        print_message("level %.1f of %.1f, brightness %.2f of %.2f\n", level, real, bright, wanted);
        assert_true(level > real * 0.5 && level < real);
        assert_true(fabs(bright - wanted) < 0.15);
        assert_true(rms(out, 96) < level * 0.2); // it comes slowly
    }
}

static void what_is_loud_is_no_room(void **state)
{
    (void)state;
    struct comfort_noise c = {.known = false};
    int16_t x[BLOCK], out[BLOCK] = {0};
    for (size_t i = 0; i < BLOCK; i++)
        x[i] = (int16_t)lrint(3000 * sin(2 * M_PI * 440 * (double)i / 48000));
    for (unsigned b = 0; b < 1000; b++)
        comfort_noise_learn(&c, x, BLOCK);
    assert_false(c.known);
    comfort_noise_add(&c, out, BLOCK, true);
    assert_true(rms(out, BLOCK) <= 0);
    // Quiet talk over a quieter room is not taken for it.
    static int16_t second[48000], was[BLOCK];
    fill(&c, 20, 0, second, was);
    float before = c.correlation[0];
    for (size_t i = 0; i < BLOCK; i++)
        x[i] = (int16_t)lrint(120 * sin(2 * M_PI * 440 * (double)i / 48000));
    for (unsigned b = 0; b < 50; b++)
        comfort_noise_learn(&c, x, BLOCK);
    assert_true(fabsf(c.correlation[0] - before) < before / 100);
    comfort_noise_learn(&c, x, 3); // too short to say anything
}

static void silence_stays_silence(void **state)
{
    (void)state;
    struct comfort_noise c = {.known = false};
    static int16_t out[48000], was[BLOCK];
    fill(&c, 0, 0, out, was);
    assert_true(rms(out, 48000) < 0.5);
}

static void it_goes(void **state)
{
    (void)state;
    struct comfort_noise c = {.known = false};
    static int16_t out[48000], was[BLOCK];
    fill(&c, 150, 0.5, out, was);
    double full = rms(out + 24000, 24000);
    int16_t block[BLOCK] = {0};
    comfort_noise_add(&c, block, BLOCK, false); // somebody talks again
    assert_true(rms(block, 24) > full / 3 && rms(block + 240, 240) <= 0);
    double before = full;
    for (unsigned b = 0; b < 600; b++) {
        memset(block, 0, sizeof block);
        comfort_noise_add(&c, block, BLOCK, true);
        double now = rms(block, BLOCK);
        if (b > 10 && b < 195)
            assert_true(now > full / 2);
        if (b > 250)
            assert_true(now < before * 1.6 + 2); // less and less
        before = now;
    }
    assert_true(before <= 0);
}

static void any_bytes_are_stable(void **state)
{
    (void)state;
    uint64_t random = unit_seed();
    struct comfort_noise c = {.known = false};
    for (unsigned round = 0; round < 2000; round++) {
        int16_t x[BLOCK];
        size_t n = unit_random(&random) % (BLOCK + 1);
        int scale = (int)(unit_random(&random) % 400) + 1, kind = (int)(unit_random(&random) % 3);
        for (size_t i = 0; i < n; i++)
            x[i] = (int16_t)(kind == 0   ? (int)(unit_random(&random) % (unsigned)scale) - scale / 2
                             : kind == 1 ? scale / 2
                                         : (i % 2 ? scale / 4 : -scale / 4));
        comfort_noise_learn(&c, x, n);
        memset(x, 0, sizeof x);
        comfort_noise_add(&c, x, BLOCK, round % 3 > 0);
        assert_true(rms(x, BLOCK) < 4 * COMFORT_NOISE_MOST);
        assert_true(isfinite(c.past[0]) && c.heard >= 0 && c.heard <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_level_and_colour),  cmocka_unit_test(what_is_loud_is_no_room),
        cmocka_unit_test(silence_stays_silence), cmocka_unit_test(it_goes),
        cmocka_unit_test(any_bytes_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
