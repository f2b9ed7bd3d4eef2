#include "mixer.h"

#include <math.h>

enum { ATTACK = 240, HOLD = 14400, RELEASE = 24000 }; // samples
#define FULL    32767.0f
#define NOTHING 1e-5f

void mixer_clear(struct mixer *m)
{
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        m->sum[i] = 0;
}

void mixer_add(struct mixer *m, const int16_t samples[AUDIO_BLOCK], float from, float to)
{
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        m->sum[i] += (float)samples[i] * (from + (to - from) * (float)i / AUDIO_BLOCK);
}

// The most gain each sample may have so that neither it nor what follows gets over full scale, with a slope that is not
// heard.
static void plan(const struct mixer *m, float most[AUDIO_BLOCK])
{
    float ahead = 1;
    for (size_t i = AUDIO_BLOCK; i-- > 0;) {
        float high = fabsf(m->sum[i]);
        ahead = MIN(ahead + 1.0f / ATTACK, high > FULL ? FULL / high : 1.0f);
        most[i] = ahead;
    }
}

void mixer_finish(struct mixer *m, int16_t out[AUDIO_BLOCK])
{
    float most[AUDIO_BLOCK], taken = m->taken;
    plan(m, most);
    for (size_t i = 0; i < AUDIO_BLOCK; i++) {
        float needed = 1 - most[i];
        if (needed > 0 && needed >= taken) {
            taken = needed;
            m->hold = HOLD;
        } else if (m->hold > 0) {
            m->hold--;
        } else {
            taken = taken < NOTHING ? 0 : MAX(taken - taken / RELEASE, needed);
        }
        out[i] = (int16_t)lrintf(CLAMP(m->sum[i] * (1 - taken), -FULL, FULL));
    }
    m->taken = taken;
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
