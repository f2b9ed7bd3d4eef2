#include "comfort_noise.h"

#include <math.h>
#include <string.h>

enum { FADE_IN = 1920, FADE_OUT = 240, BRIEF = 120, PIECE = 480, LAGS = (COMFORT_NOISE_ORDER + 4) / 4 * 4 };
#define RISE  (1.0f / 144000) // of the least power, with each sample: what is quiet may become louder in seconds
#define QUIET 2.5f            // so much over the least is still the room
#define LEARN (1.0f / 9600)   // with each sample
#define BELOW 0.7f            // a little lower than it was: it is not to be listened to

// The power, and how alike the samples are to those up to COMFORT_NOISE_ORDER before them. All lags at once, each with
// a sum of its own: the compiler makes a few vectors of them.
static void correlate(const int16_t *samples, size_t count, float out[LAGS])
{
    float before[LAGS + PIECE] = {0}; // backwards, so that the lags lie forwards
    memset(out, 0, LAGS * sizeof *out);
    for (size_t end = count; end > 0;) {
        size_t n = MIN(end, (size_t)PIECE);
        for (size_t k = 0; k < n + LAGS; k++)
            before[k] = k < end ? samples[end - 1 - k] : 0;
        for (size_t i = 0; i < n; i++)
            for (size_t lag = 0; lag < LAGS; lag++)
                out[lag] += before[i] * before[i + lag];
        end -= n;
    }
    for (size_t lag = 0; lag < LAGS; lag++)
        out[lag] /= (float)count;
}

static float power_of(const int16_t *samples, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += samples[i] * samples[i];
    return (float)sum / (float)count;
}

void comfort_noise_learn(struct comfort_noise *c, const int16_t *samples, size_t count)
{
    float found[LAGS], power = count < BRIEF ? 0 : power_of(samples, count);
    if (count < BRIEF || power > (float)COMFORT_NOISE_MOST * COMFORT_NOISE_MOST)
        return;
    c->least = c->known ? MIN(power, c->least * (1 + (float)count * RISE) + RISE) : power;
    if (power > c->least * QUIET + 1)
        return;
    float share = c->known ? MIN(1.0f, (float)count * LEARN) : 1;
    correlate(samples, count, found);
    for (size_t lag = 0; lag <= COMFORT_NOISE_ORDER; lag++)
        c->correlation[lag] += (found[lag] - c->correlation[lag]) * share;
    c->known = true;
}

// The filter that gives white noise the colour of what was learned (Levinson and Durbin).
static void design(struct comfort_noise *c)
{
    float left = c->correlation[0] * 1.001f + 0.01f; // a little white, so that it is always stable
    memset(c->filter, 0, sizeof c->filter);
    for (size_t i = 0; i < COMFORT_NOISE_ORDER; i++) {
        float sum = c->correlation[i + 1], before[COMFORT_NOISE_ORDER];
        for (size_t k = 0; k < i; k++)
            sum -= c->filter[k] * c->correlation[i - k];
        float reflection = sum / left;
        memcpy(before, c->filter, sizeof before);
        c->filter[i] = reflection;
        for (size_t k = 0; k < i; k++)
            c->filter[k] = before[k] - reflection * before[i - 1 - k];
        left *= 1 - reflection * reflection;
    }
    c->gain = BELOW * sqrtf(left * 3); // of a random number from -1 to 1
    memset(c->past, 0, sizeof c->past);
}

// `count` <= PIECE samples of noise behind the last ones.
static void make(struct comfort_noise *c, float noise[COMFORT_NOISE_ORDER + PIECE], size_t count)
{
    memcpy(noise, c->past, sizeof c->past);
    for (size_t i = 0; i < count; i++) {
        c->random = c->random * 1664525u + 1013904223u;
        float sum = c->gain * ((float)(c->random >> 8) / 8388608.0f - 1);
        for (size_t k = 0; k < COMFORT_NOISE_ORDER; k++)
            sum += c->filter[k] * noise[i + COMFORT_NOISE_ORDER - 1 - k];
        noise[i + COMFORT_NOISE_ORDER] = sum;
    }
    memcpy(c->past, noise + count, sizeof c->past);
}

static void add_piece(struct comfort_noise *c, int16_t *samples, size_t count, float step)
{
    float noise[COMFORT_NOISE_ORDER + PIECE];
    make(c, noise, count);
    for (size_t i = 0; i < count; i++) {
        c->heard = CLAMP(c->heard + step, 0.0f, 1.0f);
        float sum = (float)samples[i] + c->heard * noise[COMFORT_NOISE_ORDER + i];
        samples[i] = (int16_t)CLAMP(sum, -32767.0f, 32767.0f);
    }
}

void comfort_noise_add(struct comfort_noise *c, int16_t *samples, size_t count, bool gap)
{
    if (gap && c->gap == 0 && c->heard <= 0 && c->known)
        design(c);
    c->gap = gap ? MIN(c->gap + count, (size_t)COMFORT_NOISE_STAYS + 1) : 0;
    bool stays = gap && c->gap <= COMFORT_NOISE_STAYS;
    if (!c->known || (c->heard <= 0 && !stays))
        return;
    float step = stays ? 1.0f / FADE_IN : gap ? -1.0f / COMFORT_NOISE_GOES : -1.0f / FADE_OUT;
    for (size_t at = 0; at < count && (stays || c->heard > 0); at += PIECE)
        add_piece(c, samples + at, MIN(count - at, (size_t)PIECE), step);
}
