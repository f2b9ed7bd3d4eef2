// Chirps to be played into one ear of a room and found again in the other: how long sound takes.
//
//   chirps make COUNT GAP_MS NOISE
//
// writes 16-bit mono to standard output: a chirp each GAP_MS over noise of this amplitude.
//
//   chirps find < TWO_CHANNELS
//
// prints for each chirp in the second channel the ms until the same one is in the first and how alike both are, 0..1;
// or "none" when it is not within half a second.
#include "shared/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    LENGTH = RATE * 40 / 1000,
    LEAD = RATE / 2,     // before the first one
    WITHIN = RATE / 2,   // so late at most
    BEFORE = RATE / 500, // so early at most: a ruler without a delay may be off by a sample
    APART = RATE / 4,    // peaks closer to each other are the same chirp
    RECORDING_MAX = RATE * 300
};

// Within speech's band, where the codec keeps its shape; the window keeps its ends from clicking.
static void make_chirp(double *out)
{
    double phase = 0;
    for (int i = 0; i < LENGTH; i++) {
        double part = (double)i / LENGTH;
        phase += 2 * M_PI * (400 + 2800 * part) / RATE;
        out[i] = sin(phase) * sin(M_PI * part) * sin(M_PI * part);
    }
}

static int make(long count, long gap_ms, double noise)
{
    double chirp[LENGTH];
    make_chirp(chirp);
    long gap = gap_ms * RATE / 1000, total = LEAD + count * gap;
    uint32_t random = 1;
    for (long i = 0; i < total; i++) {
        random = random * 1664525 + 1013904223;
        double value = noise * ((double)(random >> 8) / 0x800000 - 1);
        long at = i < LEAD ? -1 : (i - LEAD) % gap;
        if (at >= 0 && at < LENGTH)
            value += 0.4 * 32767 * chirp[at];
        int16_t sample = (int16_t)lrint(value);
        if (fwrite(&sample, sizeof sample, 1, stdout) != 1)
            return 1;
    }
    return 0;
}

// How alike the chirp and what stands here are, -1..1; 0 where there is next to nothing.
static double alike(const double *chirp, double chirp_power, const float *at)
{
    double product = 0, power = 0;
    for (int i = 0; i < LENGTH; i++) {
        product += chirp[i] * (double)at[i];
        power += (double)at[i] * (double)at[i];
    }
    return power < 1000.0 * LENGTH ? 0 : product / sqrt(power * chirp_power);
}

// Where between from and to (exclusive) it is most alike; to - from > 0. *how = how much.
static long best_place(const double *chirp, double chirp_power, const float *sound, long from, long to, double *how)
{
    long best = from;
    *how = -1;
    for (long i = from; i < to; i++) {
        double now = alike(chirp, chirp_power, sound + i);
        if (now > *how) {
            *how = now;
            best = i;
        }
    }
    return best;
}

static long read_channels(float *first, float *second, long room)
{
    int16_t pair[2];
    long count = 0;
    while (count < room && fread(pair, sizeof pair, 1, stdin) == 1) {
        first[count] = pair[0];
        second[count++] = pair[1];
    }
    return count;
}

static int find(void)
{
    double chirp[LENGTH], chirp_power = 0, how;
    make_chirp(chirp);
    for (int i = 0; i < LENGTH; i++)
        chirp_power += chirp[i] * chirp[i];
    float *ear = base_alloc(RECORDING_MAX * sizeof *ear), *mouth = base_alloc(RECORDING_MAX * sizeof *mouth);
    long count = read_channels(ear, mouth, RECORDING_MAX), last = count - LENGTH - WITHIN;
    for (long i = BEFORE; i < last; i++) {
        if (alike(chirp, chirp_power, mouth + i) < 0.7)
            continue;
        long said = best_place(chirp, chirp_power, mouth, i, MIN(i + LENGTH, last), &how);
        long heard = best_place(chirp, chirp_power, ear, said - BEFORE, said + WITHIN, &how);
        if (how < 0.4)
            puts("none");
        else
            printf("%.3f %.2f\n", (double)(heard - said) * 1000 / RATE, how);
        i = said + APART;
    }
    free(ear);
    free(mouth);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "make") == 0)
        return make(strtol(argv[2], NULL, 10), MAX(strtol(argv[3], NULL, 10), 100), strtod(argv[4], NULL));
    if (argc == 2 && strcmp(argv[1], "find") == 0)
        return find();
    fputs("chirps make COUNT GAP_MS NOISE | chirps find\n", stderr);
    return 64;
}
