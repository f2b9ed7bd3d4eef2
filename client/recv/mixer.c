#include "mixer.h"

#include <math.h>

void mixer_clear(struct mixer *m)
{
    for (size_t i = 0; i < MIXER_BLOCK; i++)
        m->sum[i] = 0;
}

void mixer_add(struct mixer *m, const int16_t samples[MIXER_BLOCK], float from, float to)
{
    for (size_t i = 0; i < MIXER_BLOCK; i++)
        m->sum[i] += (float)samples[i] * (from + (to - from) * (float)i / MIXER_BLOCK);
}

static float bend(float x)
{
    // Above the knee the rest of the range is approached but never reached, with the slope 1 where the bend begins.
    const float knee = 0.7071f * 32767, rest = 32767 - knee, over = fabsf(x) - knee;
    if (over <= 0)
        return x;
    return copysignf(knee + rest * over / (over + rest), x);
}

void mixer_finish(const struct mixer *m, int16_t out[MIXER_BLOCK])
{
    for (size_t i = 0; i < MIXER_BLOCK; i++)
        out[i] = (int16_t)lrintf(bend(m->sum[i]));
}

float mixer_level(float before, const int16_t *samples, size_t count)
{
    double power = 0;
    for (size_t i = 0; i < count; i++)
        power += (double)samples[i] * samples[i];
    float now = count ? (float)(sqrt(power / (double)count) / 32768) : 0;
    float fallen = before * expf(-(float)count / (48000 * 0.3f));
    return now > fallen ? now : fallen < 0.0001f ? 0 : fallen;
}
