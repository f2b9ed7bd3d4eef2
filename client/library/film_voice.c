#include "film_voice.h"

#include "client/send/audio_encoder.h"
#include "client/thread.h"
#include "film_sound.h"
#include "shared/clock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    BLOCK_US = 10000,
    KBPS = 48,
    LATE_US = 500000 // the machine stood still: what should have been heard meanwhile is left out
};

struct film_voice {
    struct film_voice_config config;
    struct film_sound *sound; // the voice's thread, like the next
    uint64_t at_us;           // of the film: what is read next
    struct audio_encoder *encoder;
    pthread_t thread;
    bool started;
    atomic_bool stop, over;
    atomic_llong seek_ms; // -1 = nowhere
};

struct film_voice *film_voice_create(const struct film_voice_config *config)
{
    struct film_voice *v = base_alloc(sizeof *v);
    v->config = *config;
    v->config.path = NULL; // it is the caller's
    atomic_init(&v->seek_ms, -1);
    atomic_init(&v->stop, false);
    v->sound = film_sound_open(config->path, &v->stop);
    if (v->sound)
        v->encoder = audio_encoder_create(
            &(struct audio_encoder_config){.kbps = KBPS, .ctx = config->ctx, .on_audio = config->on_audio});
    if (v->encoder)
        return v;
    film_voice_destroy(v);
    return NULL;
}

static void go_to(struct film_voice *v, uint64_t ms)
{
    film_sound_seek(v->sound, ms);
    v->at_us = ms * 1000;
    atomic_store(&v->over, false);
}

// When to look again.
static uint64_t turn(struct film_voice *v, uint64_t now_us)
{
    int16_t block[FILM_SOUND_BLOCK];
    long long seek = atomic_exchange(&v->seek_ms, -1);
    if (seek >= 0)
        go_to(v, (uint64_t)seek);
    uint64_t due = atomic_load(&v->over) ? 0 : v->config.when(v->config.ctx, v->at_us);
    if (!due || due > now_us + BLOCK_US) // it stands still, or has just gone elsewhere
        return now_us + BLOCK_US;
    if (due > now_us)
        return due;
    if (now_us - due > LATE_US) {
        go_to(v, (v->at_us + (now_us - due)) / 1000);
        return now_us;
    }
    if (!film_sound_read(v->sound, block)) {
        atomic_store(&v->over, true);
        return now_us + BLOCK_US;
    }
    audio_encoder_push(v->encoder, block, FILM_SOUND_BLOCK, due);
    v->at_us += BLOCK_US;
    return due + BLOCK_US;
}

static void *run(void *ctx)
{
    struct film_voice *v = ctx;
    while (!atomic_load(&v->stop)) {
        uint64_t now = clock_now_us(), next = turn(v, now);
        now = clock_now_us();
        if (next <= now)
            continue;
        struct timespec t = {0, (long)MIN(next - now, (uint64_t)BLOCK_US) * 1000};
        nanosleep(&t, NULL);
    }
    return NULL;
}

bool film_voice_start(struct film_voice *v)
{
    v->started = thread_start(&v->thread, "film-sound", run, v);
    return v->started;
}

void film_voice_stop(struct film_voice *v)
{
    atomic_store(&v->stop, true);
}

void film_voice_seek(struct film_voice *v, uint64_t ms)
{
    atomic_store(&v->seek_ms, (long long)ms);
}

bool film_voice_over(struct film_voice *v)
{
    return atomic_load(&v->over) && atomic_load(&v->seek_ms) < 0;
}

void film_voice_rate(struct film_voice *v, unsigned kbps, unsigned loss_pct)
{
    audio_encoder_set_bitrate(v->encoder, CLAMP(kbps * 3 / 2, 16, KBPS)); // music wants more than a voice
    audio_encoder_set_loss(v->encoder, loss_pct);
}

uint32_t film_voice_ts(struct film_voice *v, uint64_t now_us)
{
    return audio_encoder_ts(v->encoder, now_us);
}

void film_voice_join(struct film_voice *v)
{
    if (v->started)
        pthread_join(v->thread, NULL);
    v->started = false;
}

void film_voice_destroy(struct film_voice *v)
{
    if (!v)
        return;
    film_sound_close(v->sound);
    audio_encoder_destroy(v->encoder);
    free(v);
}
