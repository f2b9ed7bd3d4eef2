#include "stretch.h"

#include <math.h>
#include <string.h>

enum {
    COARSE = 4, // a quarter of the samples is enough to find the period; it is then refined
    QUIET = 64,
    WINDOW = 480,   // is compared
    FADE_LONG = 240 // from one period into the other; half of it in short blocks
};

static float likeness(const int16_t *a, const int16_t *b, size_t count, size_t step)
{
    float dot = 0, energy_a = 1, energy_b = 1;
    for (size_t i = 0; i < count; i += step) {
        dot += (float)a[i] * b[i];
        energy_a += (float)a[i] * a[i];
        energy_b += (float)b[i] * b[i];
    }
    return dot / sqrtf(energy_a * energy_b);
}

// The period, at most `longest`, by which the window is moved (later, or else earlier) to be most like
// themselves.
static size_t best_period(const int16_t *window, size_t size, bool later, size_t longest, float *like)
{
    size_t period = STRETCH_PERIOD_MIN;
    *like = -1;
    for (size_t step = COARSE, from = STRETCH_PERIOD_MIN, to = longest;; step = 1) {
        for (size_t p = from; p <= to; p += step) {
            float now = likeness(window, later ? window + p : window - p, size, step);
            if (now > *like) {
                *like = now;
                period = p;
            }
        }
        if (step == 1)
            return period;
        from = MAX(period - COARSE, (size_t)STRETCH_PERIOD_MIN);
        to = MIN(period + COARSE, longest);
        *like = -1; // by other samples: not to be compared
    }
}

static bool is_quiet(const int16_t *samples, size_t count)
{
    float power = 0;
    for (size_t i = 0; i < count; i++)
        power += (float)samples[i] * samples[i];
    return power < (float)QUIET * QUIET * (float)count;
}

static int16_t between(int from, int to, size_t at, size_t count)
{
    return (int16_t)((from * (int)(count - at) + to * (int)at) / (int)count);
}

// By how much to move `at` so that nobody hears it: by one period, when there is one; anything that is quiet may be
// moved as far as is wanted. 0 = not at all.
static size_t choose_period(const int16_t *at, bool quiet, bool later, size_t longest, float like)
{
    float alike = 0;
    if (quiet)
        return longest;
    if (like > 1)
        return 0;
    size_t period = best_period(at - WINDOW, WINDOW, later, longest, &alike);
    return alike < like ? 0 : period;
}

size_t stretch_shorten(int16_t *samples, size_t count, size_t most, float like)
{
    size_t fade = MIN((size_t)FADE_LONG, count / 4);
    if (count < STRETCH_PERIOD_MIN + fade || fade == 0 || most < STRETCH_PERIOD_MIN)
        return 0;
    size_t longest = MIN(MIN(most, (size_t)STRETCH_PERIOD_MAX), count - fade);
    size_t period = choose_period(samples + fade, is_quiet(samples, count), true, longest, like);
    if (period == 0)
        return 0;
    for (size_t i = 0; i < fade; i++)
        samples[i] = between(samples[i], samples[i + period], i, fade);
    memmove(samples + fade, samples + fade + period, (count - fade - period) * sizeof *samples);
    return period;
}

size_t stretch_lengthen(int16_t *samples, size_t count, size_t room, size_t most, float like)
{
    size_t fade = MIN((size_t)FADE_LONG / 2, count / 4), longest = MIN(most, (size_t)STRETCH_PERIOD_MAX);
    if (fade == 0 || longest < STRETCH_PERIOD_MIN)
        return 0;
    bool quiet = is_quiet(samples - STRETCH_PERIOD_MAX, STRETCH_PERIOD_MAX + count);
    size_t period = choose_period(samples + fade, quiet, false, longest, like);
    if (period == 0 || count + period > room)
        return 0;
    // What comes now begins, goes over into what was a period ago, and comes once more.
    memmove(samples + period, samples, count * sizeof *samples);
    for (size_t i = 0; i < fade; i++)
        samples[i] = between(samples[i + period], samples[(ptrdiff_t)i - (ptrdiff_t)period], i, fade);
    for (size_t i = fade; i < period; i++)
        samples[i] = samples[(ptrdiff_t)i - (ptrdiff_t)period];
    return period;
}

size_t stretch_period(const int16_t *end)
{
    float alike;
    return best_period(end - WINDOW / 2, WINDOW / 2, false, STRETCH_PERIOD_MAX, &alike);
}
