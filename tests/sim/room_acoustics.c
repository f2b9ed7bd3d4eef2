#include "room_acoustics.h"

#include "shared/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    BLOCK = ROOM_ACOUSTICS_BLOCK,
    PAST = 96 * BLOCK, // longer than any delay and reverberation
    TAPS_MAX = 24000,  // of them one in SPARSE, four at a time
    SPARSE = 8         // one tap in so many samples: dense enough, and quick
};

struct room_acoustics {
    struct room_acoustics_config config;
    float response[TAPS_MAX / SPARSE];
    unsigned taps[TAPS_MAX / SPARSE];
    size_t tap_count;
    float past[2 * PAST]; // what left the loudspeaker, the newest at the end of what is filled
    size_t filled;
    uint32_t random;
};

static double noise(struct room_acoustics *r) // -1..1
{
    r->random = r->random * 1664525u + 1013904223u;
    return (double)(int32_t)r->random / 2147483648.0;
}

// The direct path, 10 dB over what the walls give back, then noise that dies away.
static void build(struct room_acoustics *r)
{
    double decay = log(1000) / (r->config.rt60_s * RATE), energy = 0;
    size_t length = MIN((size_t)(r->config.rt60_s * RATE), (size_t)TAPS_MAX);
    r->tap_count = length / SPARSE;
    for (size_t i = 0; i < r->tap_count; i++) {
        r->taps[i] = (unsigned)(i * SPARSE + (i ? (size_t)((noise(r) + 1) * SPARSE / 2) : 0));
        r->response[i] = (float)(noise(r) * exp(-decay * r->taps[i]));
        energy += i ? (double)r->response[i] * r->response[i] : 0;
    }
    r->response[0] = (float)sqrt(energy * 2);
    energy += (double)r->response[0] * r->response[0];
    double gain = pow(10, -r->config.return_loss_db / 20) / sqrt(energy);
    for (size_t i = 0; i < r->tap_count; i++)
        r->response[i] *= (float)gain;
}

struct room_acoustics *room_acoustics_create(const struct room_acoustics_config *config)
{
    struct room_acoustics *r = base_alloc(sizeof *r);
    r->config = *config;
    r->random = config->seed;
    r->filled = PAST;
    build(r);
    return r;
}

static float cone(const struct room_acoustics *r, float x)
{
    return r->config.saturates ? 0.35f * tanhf(x / 0.35f + 0.1f) : x; // not even symmetrical
}

// Nearly all the time of the tests that have a room goes here: four taps at a time. `from` is what the loudspeaker
// played at no delay; past the last tap the response is 0.
static void reverberate(const struct room_acoustics *r, const float *from, float *restrict sum)
{
    for (size_t t = 0; t < r->tap_count; t += 4) {
        const float *a = from - r->taps[t], *b = from - r->taps[t + 1], *c = from - r->taps[t + 2],
                    *d = from - r->taps[t + 3];
        const float *gain = r->response + t;
        for (size_t i = 0; i < BLOCK; i++)
            sum[i] += gain[0] * a[i] + gain[1] * b[i] + gain[2] * c[i] + gain[3] * d[i];
    }
}

void room_acoustics_run(struct room_acoustics *r, const int16_t *played, const int16_t *near, int16_t *heard)
{
    float sum[BLOCK] = {0};
    size_t delay = (size_t)(r->config.delay_ms * RATE / 1000);
    double hiss = r->config.noise_dbfs < 0 ? pow(10, r->config.noise_dbfs / 20) * sqrt(3) : 0;
    if (r->filled == ARRAY_LEN(r->past)) {
        memmove(r->past, r->past + PAST, PAST * sizeof *r->past);
        r->filled = PAST;
    }
    float *now = r->past + r->filled;
    for (size_t i = 0; i < BLOCK; i++)
        now[i] = cone(r, (float)played[i] / 32768);
    r->filled += BLOCK;
    reverberate(r, now - delay, sum);
    for (size_t i = 0; i < BLOCK; i++) {
        double out = sum[i] + (near ? near[i] / 32768.0 : 0) + hiss * noise(r);
        heard[i] = (int16_t)CLAMP(heard[i] + lrint(out * 32768), -32768, 32767);
    }
}

void room_acoustics_destroy(struct room_acoustics *r)
{
    free(r);
}
