// Pitch periods taken out and put in: nothing clicks, and what does not repeat is left alone.
#include "tests/unit/unit.h"

#include "client/recv/stretch.h"

#include <math.h>

enum { PAST = STRETCH_PAST, MOST = 1920 };

struct sound { // what was played, and what comes
    int16_t s[PAST + MOST + STRETCH_PERIOD_MAX];
};

static double corner(const int16_t *s, size_t n) // largest second difference
{
    double most = 0;
    for (size_t i = 1; i + 1 < n; i++)
        most = fmax(most, fabs((double)s[i + 1] - 2.0 * s[i] + s[i - 1]));
    return most;
}

static struct sound tone(double hz, double amplitude)
{
    struct sound t = {.s = {0}};
    for (size_t i = 0; i < ARRAY_LEN(t.s); i++)
        t.s[i] = (int16_t)(amplitude * (0.7 * sin(2 * M_PI * hz * (double)i / 48000) +
                                        0.3 * sin(2 * M_PI * 2 * hz * (double)i / 48000 + 1)));
    return t;
}

static void does_not_click(void **state)
{
    (void)state;
    static const size_t blocks[] = {480, 960, 1920};
    double worst = 0;
    for (size_t b = 0; b < ARRAY_LEN(blocks); b++)
        for (double hz = 75; hz < 1200; hz *= 1.031) {
            struct sound clean = tone(hz, 11000), w = clean;
            size_t n = blocks[b], gone = stretch_shorten(w.s + PAST, n, STRETCH_PERIOD_MAX, STRETCH_LIKE);
            double unharmed = corner(clean.s, PAST + n) + 4; // rounding
            assert_true(gone == 0 || (gone >= STRETCH_PERIOD_MIN && gone <= STRETCH_PERIOD_MAX));
            worst = fmax(worst, corner(w.s, PAST + n - gone) / unharmed);
            assert_memory_equal(w.s, clean.s, PAST * sizeof *w.s);                         // what was played, was
            assert_in_range(w.s[PAST + n - gone - 1] - clean.s[PAST + n - 1] + 40, 0, 80); // what follows fits
            w = clean;
            size_t more = stretch_lengthen(w.s + PAST, n, n + STRETCH_PERIOD_MAX, STRETCH_PERIOD_MAX, STRETCH_LIKE);
            assert_true(more >= STRETCH_PERIOD_MIN && more <= STRETCH_PERIOD_MAX);
            worst = fmax(worst, corner(w.s, PAST + n + more) / unharmed);
            assert_int_equal(w.s[PAST + n + more - 1], clean.s[PAST + n - 1]);
            if (hz > (n > 480 ? 80 : 160)) // a period fits in
                assert_true(gone > 0);
        }
    print_message("worst corner %.2f x the tone's own\n", worst);
    assert_true(worst < 1.6);
}

static void leaves_alone_what_does_not_repeat(void **state)
{
    (void)state;
    struct sound noise = {.s = {0}};
    uint64_t random = 7;
    for (size_t i = 0; i < ARRAY_LEN(noise.s); i++)
        noise.s[i] = (int16_t)((int)(unit_random(&random) % 16000) - 8000);
    assert_int_equal(stretch_shorten(noise.s + PAST, 960, STRETCH_PERIOD_MAX, STRETCH_LIKE), 0);
    assert_int_equal(stretch_lengthen(noise.s + PAST, 960, 2000, STRETCH_PERIOD_MAX, STRETCH_LIKE), 0);
    struct sound loud = tone(200, 11000);
    assert_int_equal(stretch_shorten(loud.s + PAST, 960, STRETCH_PERIOD_MAX, STRETCH_QUIET), 0);
    assert_int_equal(stretch_lengthen(loud.s + PAST, 960, 2000, STRETCH_PERIOD_MAX, STRETCH_QUIET), 0);
    for (size_t n = 0; n < 150; n++)
        assert_true(stretch_shorten(loud.s + PAST, n, STRETCH_PERIOD_MAX, STRETCH_HURRY) ==
                    0); // too short for the shortest
    assert_int_equal(stretch_lengthen(loud.s + PAST, 960, 960, STRETCH_PERIOD_MAX, STRETCH_LIKE), 0); // no room
}

static void silence_gives_most(void **state)
{
    (void)state;
    struct sound quiet = {.s = {0}};
    uint64_t random = 7;
    for (size_t i = 0; i < ARRAY_LEN(quiet.s); i++)
        quiet.s[i] = (int16_t)((int)(unit_random(&random) % 100) - 50);
    struct sound w = quiet;
    assert_int_equal(stretch_shorten(w.s + PAST, 960, STRETCH_PERIOD_MAX, STRETCH_QUIET), STRETCH_PERIOD_MAX);
    w = quiet;
    assert_int_equal(stretch_lengthen(w.s + PAST, 960, 2000, STRETCH_PERIOD_MAX, STRETCH_QUIET), STRETCH_PERIOD_MAX);
}

static void finds_the_period(void **state)
{
    (void)state;
    for (size_t period = 130; period < 700; period += 7) {
        struct sound t = tone(48000.0 / (double)period, 9000);
        size_t found = stretch_period(t.s + PAST);
        assert_true(found % period <= 1 || found % period == period - 1); // itself, or several of it
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_not_click),
        cmocka_unit_test(leaves_alone_what_does_not_repeat),
        cmocka_unit_test(silence_gives_most),
        cmocka_unit_test(finds_the_period),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
