#include "mic.h"

#include "client/sound_watch.h"
#include "client/device_names.h"
#include "client/device_thread.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "client/language.h"

#include <SDL2/SDL.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    BLOCK_US = 10000,
    RETRY_US = 2000000,
    BEHIND_US = 200000,
    FILE_SECONDS_MAX = 600 // the rest of a longer file is left out
};

struct mic {
    struct mic_config config; // fixed by create
    char *spec;               // fixed by create
    struct device_thread thread;
    atomic_bool listens;    // also while muted; changes under the thread's lock, too
    _Atomic uint64_t on_us; // when it was turned on; changes before `muted`
    atomic_bool muted;      // changes under the thread's lock
    _Atomic float level;

    int16_t block[AUDIO_BLOCK]; // capturing thread: SDL's while a device is open, else ours
    size_t block_count;
    _Atomic uint64_t quiet_us; // for so long it has given nothing but exact zeros; 1 = nothing yet
    struct sound_watch watch;  // mic thread
};

struct mic *mic_create(const struct mic_config *config)
{
    struct mic *m = base_alloc(sizeof *m);
    m->config = *config;
    m->spec = base_strdup(config->spec ? config->spec : "auto");
    device_thread_init(&m->thread);
    m->watch = (struct sound_watch){.wanted = m->spec,
                                    .missing = N_("No microphone found. Others will see you."),
                                    .stuck = N_("The microphone does not answer. Others will see you."),
                                    .ctx = config->ctx,
                                    .on_failed = config->on_failed,
                                    .on_said = config->on_said};
    return m;
}

static bool has_prefix(const struct mic *m, const char *prefix)
{
    return strncmp(m->spec, prefix, strlen(prefix)) == 0;
}

// One block, whose first sample was captured at capture_us.
static void deliver(struct mic *m, const int16_t *samples, uint64_t capture_us)
{
    double power = 0;
    for (size_t i = 0; i < AUDIO_BLOCK; i++)
        power += (double)samples[i] * samples[i];
    float now = (float)(sqrt(power / AUDIO_BLOCK) / 32768);
    float before = atomic_load_explicit(&m->level, memory_order_relaxed) * 0.967f; // falls within about 300 ms
    atomic_store_explicit(&m->level, now > before ? now : before < 0.0001f ? 0 : before, memory_order_relaxed);
    uint64_t quiet_us = atomic_load_explicit(&m->quiet_us, memory_order_relaxed);
    atomic_store_explicit(&m->quiet_us, power > 0 ? 0 : quiet_us + BLOCK_US, memory_order_relaxed);
    // What was captured before it was turned on is nobody's, also where it listened meanwhile.
    if (!atomic_load(&m->muted) && capture_us >= atomic_load(&m->on_us))
        m->config.on_pcm(m->config.ctx, samples, AUDIO_BLOCK, capture_us);
}

// SDL's capture thread.
static void capture(void *ctx, int16_t *samples, size_t count, uint64_t first_us)
{
    struct mic *m = ctx;
    for (size_t done = 0, n; done < count; done += n) {
        uint64_t before = (uint64_t)m->block_count * 1000000 / RATE, at = (uint64_t)done * 1000000 / RATE;
        n = MIN(count - done, AUDIO_BLOCK - m->block_count);
        memcpy(m->block + m->block_count, samples + done, n * sizeof *samples);
        m->block_count += n;
        if (m->block_count == AUDIO_BLOCK) {
            deliver(m, m->block, first_us + at - before);
            m->block_count = 0;
        }
    }
}

// And nobody listens: the device is closed.
static bool is_muted(void *ctx)
{
    struct mic *m = ctx;
    return atomic_load(&m->muted) && !atomic_load(&m->listens);
}

static bool is_heard(void *ctx)
{
    return !is_muted(ctx);
}

// True when stop was called.
static bool wait_while_muted(struct mic *m)
{
    atomic_store(&m->level, 0);
    return device_thread_wait_while(&m->thread, is_muted, m, UINT64_MAX);
}

// The samples again and again, a block each 10 ms, until stop.
static void play_loop(struct mic *m, const int16_t *samples, size_t count)
{
    size_t at = 0;
    for (uint64_t due = clock_now_us() + BLOCK_US;; due += BLOCK_US) {
        if (is_muted(m)) {
            if (wait_while_muted(m))
                return;
            due = clock_now_us() + BLOCK_US;
        }
        for (size_t i = 0; i < AUDIO_BLOCK; i++, at = at + 1 == count ? 0 : at + 1)
            m->block[i] = samples[at];
        uint64_t now = clock_now_us();
        if (now > due + BEHIND_US) // suspended: what was missed is not said after
            due = now;
        if (device_thread_wait(&m->thread, due))
            return;
        deliver(m, m->block, due - BLOCK_US);
    }
}

static void run_tone(struct mic *m)
{
    double frequency = strtod(m->spec + 5, NULL);
    if (!(frequency >= 1 && frequency <= 20000))
        frequency = 440;
    // A whole number of periods, to a tenth of a hertz, so that the loop does not click.
    frequency = round(frequency * 10) / 10;
    size_t count = (size_t)RATE * 10;
    int16_t *samples = base_alloc(count * sizeof *samples);
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)lrint(0.2512 * 32767 * sin(2 * M_PI * frequency * (double)i / RATE)); // -12 dBFS
    play_loop(m, samples, count);
    free(samples);
}

// The whole file at 48 kHz mono. NULL when it cannot be read or is empty.
static int16_t *load_file(const char *path, size_t *count)
{
    SDL_AudioSpec spec;
    Uint8 *raw;
    Uint32 raw_size;
    if (!SDL_LoadWAV(path, &spec, &raw, &raw_size))
        return NULL;
    SDL_AudioStream *stream = SDL_NewAudioStream(spec.format, spec.channels, spec.freq, AUDIO_S16SYS, 1, RATE);
    int16_t *samples = NULL;
    uint64_t frame = (uint64_t)SDL_AUDIO_BITSIZE(spec.format) / 8 * spec.channels;
    uint64_t most = (uint64_t)FILE_SECONDS_MAX * (uint64_t)MAX(spec.freq, 1) * frame;
    *count = 0;
    if (stream && SDL_AudioStreamPut(stream, raw, (int)MIN(MIN((uint64_t)raw_size, most), (uint64_t)INT32_MAX)) == 0 &&
        SDL_AudioStreamFlush(stream) == 0) {
        int size = SDL_AudioStreamAvailable(stream);
        samples = size > 1 ? base_alloc((size_t)size) : NULL;
        int got = samples ? SDL_AudioStreamGet(stream, samples, size) : 0;
        *count = got > 0 ? (size_t)got / sizeof *samples : 0;
    }
    if (stream)
        SDL_FreeAudioStream(stream);
    SDL_FreeWAV(raw);
    if (*count > 0)
        return samples;
    free(samples);
    return NULL;
}

static void run_file(struct mic *m)
{
    size_t count;
    int16_t *samples;
    while (!(samples = load_file(m->spec + 5, &count))) {
        sound_watch_tell(&m->watch, N_("The sound file cannot be read."));
        if (device_thread_wait(&m->thread, clock_now_us() + RETRY_US))
            return;
    }
    sound_watch_tell(&m->watch, "");
    play_loop(m, samples, count);
    free(samples);
}

// Until it is to be silent, or has to be opened anew. True when stop was called.
static bool stay_open(struct mic *m, struct sound_device *device)
{
    for (;;) {
        if (device_thread_wait_while(&m->thread, is_heard, m, clock_now_us() + SOUND_DEVICE_LOOK_US))
            return true;
        if (is_muted(m) ||
            !sound_watch_looked(&m->watch, sound_device_look(device), atomic_load(&m->quiet_us), clock_now_us()))
            return false;
    }
}

static void run_device(struct mic *m)
{
    const struct sound_device_config config = {true, m->spec, AUDIO_BLOCK, m, capture};
    while (!wait_while_muted(m)) {
        bool other = false;
        m->block_count = 0;
        atomic_store(&m->quiet_us, 1);
        struct sound_device *device = sound_device_open(&config, &m->thread);
        const char *name = device ? sound_device_name(device, &other) : NULL;
        bool stopped = device_thread_wait(&m->thread, 0);
        if (!stopped && is_heard(m))
            sound_watch_opened(&m->watch, name, other, clock_now_us());
        if (!stopped)
            stopped =
                device ? stay_open(m, device) : device_thread_wait(&m->thread, clock_now_us() + SOUND_DEVICE_RETRY_US);
        sound_device_close(device);
        atomic_store(&m->level, 0);
        if (stopped)
            return;
    }
}

static void *run(void *arg)
{
    struct mic *m = arg;
    if (device_names_sound(m->spec))
        run_device(m);
    else if (has_prefix(m, "tone:"))
        run_tone(m);
    else if (has_prefix(m, "file:"))
        run_file(m);
    else
        device_thread_wait(&m->thread, UINT64_MAX);
    return NULL;
}

bool mic_start(struct mic *m)
{
    return device_thread_start(&m->thread, "mic", run, m);
}

void mic_set_muted(struct mic *m, bool muted)
{
    device_thread_lock(&m->thread);
    if (atomic_load(&m->muted) && !muted)
        atomic_store(&m->on_us, clock_now_us());
    atomic_store(&m->muted, muted);
    device_thread_unlock(&m->thread);
}

void mic_set_listening(struct mic *m, bool listens)
{
    device_thread_lock(&m->thread);
    atomic_store(&m->listens, listens);
    device_thread_unlock(&m->thread);
}

float mic_level(struct mic *m)
{
    return atomic_load(&m->level);
}

void mic_stop(struct mic *m)
{
    device_thread_stop(&m->thread);
}

void mic_join(struct mic *m)
{
    device_thread_join(&m->thread);
}

void mic_destroy(struct mic *m)
{
    if (!m)
        return;
    device_thread_destroy(&m->thread);
    free(m->spec);
    free(m);
}
