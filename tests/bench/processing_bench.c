// What echo, noise and gain cost against encoding the same sound: CPU time of 10 ms of each, in turns. The sound is
// noise that comes and goes like syllables, played and heard again. `processing_bench [SECONDS]`
#include "client/audio_processing.h"
#include "client/send/audio_encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = AUDIO_BLOCK, BLOCK_US = 10000, SECOND = 100, ECHO = 3 };

static void dropped(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker)
{
    (void)data;
    (void)ts;
    (void)voice_marker;
    *(size_t *)ctx += size;
}

static void make(int16_t *block, uint64_t n)
{
    static uint32_t random = 1;
    for (size_t i = 0; i < BLOCK; i++) {
        random = random * 1664525u + 1013904223u;
        block[i] = n % 30 < 20 ? (int16_t)((int32_t)random >> 19) : 0;
    }
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 20;
    size_t bytes = 0;
    struct audio_processing *p = audio_processing_create();
    struct audio_encoder *e = audio_encoder_create(
        &(struct audio_encoder_config){.codec = AUDIO_ENCODER_OPUS, .ctx = &bytes, .on_audio = dropped});
    if (!p || !e || seconds < 1)
        return 1;
    audio_processing_set_on(p, true);
    static int16_t played[ECHO + 1][BLOCK];
    double processing = 0, playback = 0, encoding = 0;
    for (uint64_t n = 1; n <= (uint64_t)seconds * SECOND; n++) {
        uint64_t now_us = 1000000 + n * BLOCK_US;
        int16_t heard[BLOCK];
        memmove(played[1], played[0], ECHO * sizeof played[0]);
        make(played[0], n);
        for (size_t i = 0; i < BLOCK; i++)
            heard[i] = played[ECHO][i] / 2;
        double a = cpu_us();
        audio_processing_far(p, played[0], now_us + BLOCK_US);
        double b = cpu_us();
        audio_processing_near(p, heard, now_us - BLOCK_US);
        double c = cpu_us();
        audio_encoder_push(e, played[ECHO], BLOCK, now_us - BLOCK_US);
        double d = cpu_us();
        playback += b - a;
        processing += c - b;
        encoding += d - c;
    }
    double blocks = (double)seconds * SECOND;
    printf("of 10 ms: playback thread %.1f us, capture thread %.0f us, Opus %.0f us: ratio %.2f\n", playback / blocks,
           processing / blocks, encoding / blocks, (playback + processing) / encoding);
    audio_encoder_destroy(e);
    audio_processing_destroy(p);
    return 0;
}
