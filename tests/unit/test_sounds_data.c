// The sounds that were built in: as long, as loud and as clean as LOOK §9 wants them, and with the notes it names.
// Loudness is worked out here anew, from ITU-R BS.1770 alone.
#include "tests/unit/unit.h"

#include "client/sounds_data.h"

#include "shared/base.h"

#include <math.h>
#include <stdlib.h>

enum { RATE = 48000 };

static const struct row {
    enum sound sound;
    double seconds, lufs;
} rows[] = {
    {SOUND_RING, 2.4, -18},
    {SOUND_CALLING, 0.8, -24},
    {SOUND_ANSWERED, 0.3, -24},
    {SOUND_ENDED, 0.3, -24},
    {SOUND_JOINED, 0.2, -24},
    {SOUND_LEFT, 0.2, -27},
    {SOUND_KNOCK, 0.5, -24},
    {SOUND_MESSAGE, 0.15, -24},
    {SOUND_FILE_DONE, 0.4, -24},
    {SOUND_MICROPHONE_ON, 0.08, -24},
    {SOUND_MICROPHONE_OFF, 0.08, -24},
    {SOUND_CAMERA_ON, 0.08, -24},
    {SOUND_CAMERA_OFF, 0.08, -24},
    {SOUND_STEP_1, 0.2, -24},
    {SOUND_STEP_2, 0.2, -24},
    {SOUND_STEP_3, 0.2, -24},
    {SOUND_LOST, 0.5, -24},
    {SOUND_BACK, 0.5, -24},
    {SOUND_NOT_POSSIBLE, 0.1, -24},
};

static double at(enum sound sound, size_t i)
{
    return sounds_data[sound].samples[i] / 32768.0;
}

static void lengths(void **state)
{
    (void)state;
    size_t bytes = 0;
    assert_int_equal(ARRAY_LEN(rows), SOUND_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(rows[i].sound, i);
        assert_int_equal(sounds_data[i].count, lrint(rows[i].seconds * RATE));
        bytes += sounds_data[i].count * sizeof *sounds_data[i].samples;
    }
    print_message("%zu KiB\n", bytes / 1024);
    assert_true(bytes < 1200000);
}

// The two filters of BS.1770 in the form of their analogue prototypes (De Man, 2014), not as coefficients.
static void weigh(double *x, size_t n)
{
    const double pi = 3.14159265358979323846;
    double k = tan(pi * 1681.974450955533 / RATE), q = 0.7071752369554196, vh = pow(10, 3.999843853973347 / 20);
    double vb = pow(vh, 0.4996667741545416), a0 = 1 + k / q + k * k;
    double b[2][3] = {{(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0},
                      {1, -2, 1}};
    double a[2][2] = {{2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0}, {0, 0}};
    k = tan(pi * 38.13547087602444 / RATE);
    q = 0.5003270373238773;
    a0 = 1 + k / q + k * k;
    a[1][0] = 2 * (k * k - 1) / a0;
    a[1][1] = (1 - k / q + k * k) / a0;
    for (int f = 0; f < 2; f++) {
        double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
        for (size_t i = 0; i < n; i++) {
            double y = b[f][0] * x[i] + b[f][1] * x1 + b[f][2] * x2 - a[f][0] * y1 - a[f][1] * y2;
            x2 = x1;
            x1 = x[i];
            y2 = y1;
            y1 = x[i] = y;
        }
    }
}

static double gated(const double *x, size_t n, double gate)
{
    size_t size = MIN(n, (size_t)4800), blocks = 0;
    double sum = 0;
    for (size_t from = 0; from + size <= n; from += 1200) {
        double power = 0;
        for (size_t i = 0; i < size; i++)
            power += x[from + i] * x[from + i] / (double)size;
        if (power > gate) {
            sum += power;
            blocks++;
        }
    }
    return blocks ? sum / (double)blocks : 1e-12;
}

static void loudness(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOUND_COUNT; s++) {
        size_t n = sounds_data[s].count;
        double *x = malloc(n * sizeof *x);
        for (size_t i = 0; i < n; i++)
            x[i] = at((enum sound)s, i);
        weigh(x, n);
        double silent = pow(10, (-70 + 0.691) / 10);
        double lufs = -0.691 + 10 * log10(gated(x, n, gated(x, n, silent) / 10));
        print_message("sound %zu: %.2f LUFS\n", s, lufs);
        assert_true(fabs(lufs - rows[s].lufs) < 0.3);
        free(x);
    }
}

static void clean(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOUND_COUNT; s++) {
        size_t n = sounds_data[s].count;
        double sum = 0, highest = 0, step = 0;
        for (size_t i = 0; i < n; i++) {
            double v = at((enum sound)s, i);
            sum += v;
            highest = fmax(highest, fabs(v));
            if (i < 240 || i >= n - 240) { // inside the fades nothing is above them
                double edge = (double)MIN(i, n - 1 - i) / 240;
                assert_true(fabs(v) <= edge * 0.9 + 1.0 / 32768);
            }
            step = i ? fmax(step, fabs(v - at((enum sound)s, i - 1))) : 0;
        }
        assert_true(fabs(at((enum sound)s, 0)) < 0.0001 && fabs(at((enum sound)s, n - 1)) < 0.0001);
        assert_true(fabs(sum / (double)n) < 0.002); // no DC
        assert_true(highest < 0.91);
        assert_true(step < 0.35); // no jump
    }
}

static double share(enum sound sound, double from_s, double to_s, double hertz)
{
    double re = 0, im = 0, power = 0;
    size_t n = 0;
    for (size_t i = (size_t)(from_s * RATE); i < (size_t)(to_s * RATE) && i < sounds_data[sound].count; i++, n++) {
        double v = at(sound, i), phase = 6.283185307179586 * hertz * (double)i / RATE;
        re += v * cos(phase);
        im += v * sin(phase);
        power += v * v;
    }
    return 2 * (re * re + im * im) / ((double)n * power);
}

// In this stretch the note is the strongest of the scale, and most of the sound.
static void has_note(enum sound sound, double from_s, double to_s, double hertz)
{
    static const double scale[] = {146.83, 293.66, 329.63, 369.99, 392,    440, 493.88,
                                   554.37, 587.33, 659.26, 739.99, 783.99, 880};
    double own = share(sound, from_s, to_s, hertz);
    for (size_t i = 0; i < ARRAY_LEN(scale); i++)
        if (fabs(scale[i] / hertz - 1) > 0.02)
            assert_true(share(sound, from_s, to_s, scale[i]) < own);
    print_message("sound %d, %.2f s: %.0f Hz is %.0f %%\n", (int)sound, from_s, hertz, own * 100);
    assert_true(own > 0.25);
}

static void notes(void **state)
{
    (void)state;
    const double d3 = 146.83, d5 = 587.33, fis5 = 739.99, a5 = 880;
    has_note(SOUND_RING, 0.05, 0.33, d5);
    has_note(SOUND_RING, 0.36, 0.67, a5);
    has_note(SOUND_RING, 0.72, 1.01, fis5);
    has_note(SOUND_RING, 1.06, 1.4, a5);
    has_note(SOUND_CALLING, 0.05, 0.29, d5);
    has_note(SOUND_ANSWERED, 0.02, 0.11, d5);
    has_note(SOUND_ANSWERED, 0.14, 0.28, a5);
    has_note(SOUND_ENDED, 0.02, 0.11, a5);
    has_note(SOUND_ENDED, 0.14, 0.28, d5);
    has_note(SOUND_JOINED, 0.02, 0.15, a5);
    has_note(SOUND_LEFT, 0.02, 0.15, d5);
    has_note(SOUND_STEP_1, 0.02, 0.15, d5);
    has_note(SOUND_STEP_2, 0.02, 0.15, fis5);
    has_note(SOUND_STEP_3, 0.02, 0.15, a5);
    has_note(SOUND_LOST, 0.05, 0.4, d3);
    has_note(SOUND_BACK, 0.1, 0.45, d3);
}

static double power(enum sound sound, double from_s, double to_s)
{
    double sum = 0;
    for (size_t i = (size_t)(from_s * RATE); i < (size_t)(to_s * RATE); i++)
        sum += at(sound, i) * at(sound, i);
    return sum;
}

static double bright(enum sound sound) // zero crossings a second
{
    double crossings = 0;
    for (size_t i = 1; i < sounds_data[sound].count; i++)
        crossings += (at(sound, i) < 0) != (at(sound, i - 1) < 0);
    return crossings * RATE / sounds_data[sound].count;
}

static void gestures(void **state)
{
    (void)state;
    assert_true(power(SOUND_LOST, 0.05, 0.2) > 4 * power(SOUND_LOST, 0.35, 0.5)); // goes
    assert_true(power(SOUND_BACK, 0.3, 0.45) > 4 * power(SOUND_BACK, 0, 0.15));   // comes
    assert_true(bright(SOUND_MICROPHONE_ON) > 1.3 * bright(SOUND_MICROPHONE_OFF));
    assert_true(bright(SOUND_CAMERA_ON) > 1.3 * bright(SOUND_CAMERA_OFF));
    assert_true(bright(SOUND_NOT_POSSIBLE) < 1000);                                   // felt
    assert_true(power(SOUND_KNOCK, 0.19, 0.25) > 4 * power(SOUND_KNOCK, 0.12, 0.18)); // two of them
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lengths), cmocka_unit_test(loudness), cmocka_unit_test(clean),
                                       cmocka_unit_test(notes), cmocka_unit_test(gestures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
