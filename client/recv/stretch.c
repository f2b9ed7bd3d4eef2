#include "stretch.h"

#include <math.h>
#include <string.h>

// A quarter of the samples is enough to find the period; it is then refined.
enum { COARSE = 4, QUIET = 64 };

static double likeness(const int16_t *a, const int16_t *b, size_t count, size_t step)
{
    double dot = 0, energy_a = 1, energy_b = 1;
    for (size_t i = 0; i < count; i += step) {
        dot += (double)a[i] * b[i];
        energy_a += (double)a[i] * a[i];
        energy_b += (double)b[i] * b[i];
    }
    return dot / sqrt(energy_a * energy_b);
}

// The period after which the block's beginning repeats best; 0 when it does not repeat well enough.
static size_t find_period(const int16_t *samples, size_t count)
{
    // Two periods must fit; a 10 ms block finds high voices and pauses only.
    size_t longest = MIN((size_t)STRETCH_PERIOD_MAX, count / 2);
    if (longest < 2 * (size_t)STRETCH_PERIOD_MIN)
        return 0;
    double best = -1, power = 0;
    size_t period = 0;
    for (size_t i = 0; i < count; i++)
        power += (double)samples[i] * samples[i];
    for (size_t p = STRETCH_PERIOD_MIN; p <= longest; p += COARSE) {
        double like = likeness(samples, samples + p, longest, COARSE);
        if (like > best) {
            best = like;
            period = p;
        }
    }
    size_t from = MAX(period - COARSE, (size_t)STRETCH_PERIOD_MIN), to = MIN(period + COARSE, longest);
    for (size_t p = from; p <= to; p++) {
        double like = likeness(samples, samples + p, longest, 1);
        if (like > best) {
            best = like;
            period = p;
        }
    }
    // In near silence any splice will do.
    bool quiet = power < (double)QUIET * QUIET * (double)count;
    return best > 0.9 || quiet ? period : 0;
}

size_t stretch_shorten(int16_t *samples, size_t count)
{
    size_t period = find_period(samples, count);
    if (period == 0)
        return 0;
    // One period fades from the first into the second; both ends then meet what was there before and after.
    for (size_t i = 0; i < period; i++)
        samples[i] = (int16_t)(((double)samples[i] * (double)(period - i) + (double)samples[i + period] * (double)i) /
                               (double)period);
    memmove(samples + period, samples + 2 * period, (count - 2 * period) * sizeof *samples);
    return period;
}

size_t stretch_lengthen(int16_t *samples, size_t count, size_t room)
{
    size_t period = find_period(samples, count);
    if (period == 0 || count + period > room)
        return 0;
    // The first period, then one that fades from the second back into the first, then the second as it was.
    memmove(samples + 2 * period, samples + period, (count - period) * sizeof *samples);
    for (size_t i = 0; i < period; i++) {
        double second = samples[i + 2 * period], first = samples[i];
        samples[i + period] = (int16_t)((second * (double)(period - i) + first * (double)i) / (double)period);
    }
    return period;
}
