// From the microphone to the loudspeaker and nothing else: what the sound devices alone take of the way from mouth to
// ear. Opens both as the client does, 10 ms at a time, and hands each block on as soon as it is asked for.
//   bare_sound SECONDS      prints how often the loudspeaker found nothing
#include "shared/base.h"
#include "shared/clock.h"

#include <SDL2/SDL.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { RATE = 48000, BLOCK = 480, RING = 65536 };

struct loop {
    int16_t ring[RING];
    atomic_uint written, read;
    atomic_uint empty;
};

static void SDLCALL capture(void *ctx, Uint8 *stream, int length)
{
    struct loop *l = ctx;
    const int16_t *samples = (const void *)stream;
    unsigned at = atomic_load(&l->written), count = (unsigned)length / 2;
    for (unsigned i = 0; i < count; i++)
        l->ring[(at + i) % RING] = samples[i];
    atomic_store(&l->written, at + count);
}

static void SDLCALL play(void *ctx, Uint8 *stream, int length)
{
    struct loop *l = ctx;
    int16_t *samples = (void *)stream;
    unsigned at = atomic_load(&l->read), there = atomic_load(&l->written) - at, count = (unsigned)length / 2;
    if (there > count * 2) { // more than is needed: older than it must be
        at += there - count * 2;
        there = count * 2;
    }
    bool enough = there >= count;
    for (unsigned i = 0; i < count; i++)
        samples[i] = enough ? l->ring[(at + i) % RING] : 0;
    if (enough)
        at += count;
    else
        atomic_fetch_add(&l->empty, 1);
    atomic_store(&l->read, at);
}

static SDL_AudioDeviceID open_one(struct loop *l, bool microphone)
{
    SDL_AudioSpec want = {.freq = RATE, .format = AUDIO_S16SYS, .channels = 1, .samples = BLOCK};
    want.callback = microphone ? capture : play;
    want.userdata = l;
    SDL_AudioDeviceID device = SDL_OpenAudioDevice(NULL, microphone, &want, NULL, 0);
    if (device)
        SDL_PauseAudioDevice(device, 0);
    return device;
}

int main(int argc, char **argv)
{
    long seconds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (seconds <= 0)
        return 64;
    struct loop *l = base_alloc(sizeof *l);
    if (SDL_Init(SDL_INIT_AUDIO) != 0 || !open_one(l, true) || !open_one(l, false)) {
        fprintf(stderr, "bare_sound: %s\n", SDL_GetError());
        free(l);
        return 1;
    }
    clock_sleep_until(clock_now_us() + (uint64_t)seconds * 1000000);
    SDL_Quit();
    printf("empty=%u\n", atomic_load(&l->empty));
    free(l);
    return 0;
}
