#include "sound_device.h"

#include "shared/clock.h"
#include "shared/log.h"

#include <SDL2/SDL.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct sound_device {
    struct sound_device_config config;
    SDL_AudioDeviceID id;
};

// SDL's functions that open, close and start devices may not run side by side.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static size_t users; // of SDL's audio, under the mutex

// SDL's audio thread.
static void SDLCALL samples(void *ctx, Uint8 *stream, int length)
{
    struct sound_device *d = ctx;
    size_t count = (size_t)length / sizeof(int16_t);
    uint64_t now = clock_now_us(), lasts_us = count * 1000000 / SOUND_DEVICE_RATE;
    // The newest sample of a microphone came just now; while this block is filled, as much is being played.
    uint64_t time_us = d->config.capture ? now - lasts_us : now + lasts_us;
    d->config.on_samples(d->config.ctx, (int16_t *)(void *)stream, count, time_us);
}

static SDL_AudioDeviceID open_locked(struct sound_device *d)
{
    const struct sound_device_config *c = &d->config;
    SDL_AudioSpec want = {.freq = SOUND_DEVICE_RATE,
                          .format = AUDIO_S16SYS,
                          .channels = 1,
                          .samples = (Uint16)c->block,
                          .callback = samples,
                          .userdata = d};
    // Not by SDL_InitSubSystem, whose counts the main thread changes, too.
    if (!SDL_GetCurrentAudioDriver() && SDL_AudioInit(NULL) != 0)
        return 0;
    const char *name = strcmp(c->wanted, "auto") == 0 ? NULL : c->wanted;
    SDL_AudioDeviceID id = SDL_OpenAudioDevice(name, c->capture, &want, NULL, 0);
    if (id)
        SDL_PauseAudioDevice(id, 0);
    return id;
}

// The last one turns the light off: what is tried next begins with a look at which sound there is.
static void leave_locked(void)
{
    if (--users == 0)
        SDL_AudioQuit();
}

struct sound_device *sound_device_open(const struct sound_device_config *config)
{
    struct sound_device *d = base_alloc(sizeof *d);
    d->config = *config;
    pthread_mutex_lock(&mutex);
    users++;
    d->id = open_locked(d);
    if (!d->id) {
        log_info("sound", "cannot open %s reason=\"%s\"", config->capture ? "microphone" : "speaker", SDL_GetError());
        leave_locked();
    }
    pthread_mutex_unlock(&mutex);
    if (d->id)
        return d;
    free(d);
    return NULL;
}

bool sound_device_works(struct sound_device *d)
{
    return SDL_GetAudioDeviceStatus(d->id) != SDL_AUDIO_STOPPED;
}

void sound_device_close(struct sound_device *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&mutex);
    SDL_CloseAudioDevice(d->id);
    leave_locked();
    pthread_mutex_unlock(&mutex);
    free(d);
}
