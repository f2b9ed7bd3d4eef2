#include "sound_check.h"

#include "shared/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 8, RATE = SOUND_CHECK_RATE / STEP, CHIME = SOUND_CHECK_CHIME / STEP, MOST = SOUND_CHECK_MOST / STEP };
enum { PARTS = 6, PART = CHIME / PARTS };

static const double FROM_HZ = 600, TO_HZ = 2000, VOLUME = 0.35 * 32767;
// How much of a stretch of sound is the chime (1 = all of it), and how much more than of any other stretch. Speech and
// noise reach 0.15 and ten times now and then; a chime half as loud as the noise around it, in an echoing room, 0.4 and
// 28 times.
static const double LEAST = 0.25, TIMES = 15;
static const double SILENT = 1.5; // RMS, of 32767: a converter without anything connected

void sound_check_chime(int16_t out[SOUND_CHECK_CHIME])
{
    const double length = (double)SOUND_CHECK_CHIME / SOUND_CHECK_RATE, fade = 0.04;
    for (size_t i = 0; i < SOUND_CHECK_CHIME; i++) {
        double t = (double)i / SOUND_CHECK_RATE, edge = MIN(t, length - t);
        double volume = edge < fade ? 0.5 - 0.5 * cos(M_PI * edge / fade) : 1;
        out[i] =
            (int16_t)lrint(VOLUME * volume * sin(2 * M_PI * (FROM_HZ * t + (TO_HZ - FROM_HZ) / (2 * length) * t * t)));
    }
}

// An eighth of the samples, of which each is the mean of its surroundings.
static size_t thin(const int16_t *in, size_t count, float *out)
{
    size_t n = count >= 2 * STEP ? count / STEP - 1 : 0;
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t k = 0; k < 2 * STEP; k++)
            sum += (float)in[i * STEP + k] * (float)(k < STEP ? k + 1 : 2 * STEP - k);
        out[i] = sum / (STEP * (STEP + 1));
        mean += (double)out[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i] -= (float)(mean / (double)n); // what a cheap converter adds
    return n;
}

static double energy(const float *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static float dot(const float *a, const float *b, size_t count)
{
    float sum[8] = {0};
    for (size_t i = 0; i + 8 <= count; i += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += a[i + k] * b[i + k];
    return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

// How much like the chime every stretch is; returns how many there are. Each part of the chime counts by itself: a
// syllable or a knock is loud and may look like one of them, but not like all in a row.
static size_t compare(const float *heard, size_t count, const float *chime, float *like)
{
    size_t n = count > CHIME ? count - CHIME : 0;
    for (size_t i = 0; i < n; i++)
        like[i] = 0;
    for (size_t from = 0; from < CHIME; from += PART) {
        double whole = energy(chime + from, PART), here = energy(heard + from, n ? PART : 0);
        double least = SILENT * SILENT * PART; // what is hardly there is like nothing
        for (size_t i = 0; i < n; i++) {
            const float *x = heard + from + i;
            like[i] += here > least ? (float)((double)dot(x, chime + from, PART) / sqrt(whole * here)) / PARTS : 0;
            here += (double)x[PART] * (double)x[PART] - (double)x[0] * (double)x[0];
        }
    }
    for (size_t i = 0; i < n; i++)
        like[i] = fabsf(like[i]); // a microphone may be the wrong way round
    return n;
}

static bool stands_out(const float *like, size_t count, size_t *at)
{
    double around = 0;
    size_t others = 0, near = RATE / 10;
    *at = 0;
    for (size_t i = 1; i < count; i++)
        if (like[i] > like[*at])
            *at = i;
    for (size_t i = 0; i < count; i++)
        if (i + near < *at || i > *at + near) { // a room's echo is no other stretch
            around += (double)like[i] * (double)like[i];
            others++;
        }
    double best = count ? (double)like[*at] : 0;
    return best >= LEAST && best >= TIMES * sqrt(around / (double)MAX(others, (size_t)1));
}

enum sound_check_result sound_check_find(const int16_t *heard, size_t count, unsigned *after_ms)
{
    count = MIN(count, (size_t)SOUND_CHECK_MOST);
    int16_t *played = base_alloc(SOUND_CHECK_CHIME * sizeof *played);
    float *x = base_alloc((2 * MOST + CHIME) * sizeof *x), *like = x + MOST, *chime = like + MOST;
    sound_check_chime(played);
    thin(played, SOUND_CHECK_CHIME, chime);
    size_t n = thin(heard, count, x), at;
    bool silent = energy(x, n) <= SILENT * SILENT * (double)n;
    size_t stretches = compare(x, n, chime, like);
    bool found = !silent && stands_out(like, stretches, &at);
    if (found && after_ms)
        *after_ms = (unsigned)(at * 1000 / RATE);
    free(played);
    free(x);
    return found ? SOUND_CHECK_HEARD : silent ? SOUND_CHECK_SILENCE : SOUND_CHECK_NOT_HEARD;
}
