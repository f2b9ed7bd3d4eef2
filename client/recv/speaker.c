#include "speaker.h"

#include "client/sound_lock.h"
#include "client/sounds.h"
#include "client/thread.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "speaker_file.h"
#include "voices.h"
#include "client/language.h"

#include <SDL2/SDL.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    BLOCK_US = 10000,
    RETRY_US = 2000000,
    LOOK_US = 500000,
    BEHIND_US = 200000,
    LINGER_US = 2000000 // a device takes time to open: what follows soon finds it open
};

struct speaker {
    struct speaker_config config; // fixed by create
    char *spec;                   // fixed while the thread runs
    pthread_t thread;             // of the owner: start and join
    bool running;
    pthread_mutex_t mutex; // covers stopping and awake
    pthread_cond_t cond;
    bool stopping, awake;
    atomic_bool off;
    struct voices *voices; // rendered by exactly one thread: SDL's while a device is open, else ours

    struct mixer mixer; // of the rendering thread, like the next two
    int16_t block[MIXER_BLOCK];
    size_t block_left;
    struct speaker_file *file; // speaker thread
    bool failed;               // speaker thread: told, and not yet taken back
    uint64_t wanted_us;        // speaker thread: when it was last wanted
    bool has_sdl;              // of the owner until start, then of the speaker thread
};

struct speaker *speaker_create(const struct speaker_config *config)
{
    struct speaker *s = base_alloc(sizeof *s);
    s->config = *config;
    s->spec = base_strdup(config->spec ? config->spec : "auto");
    s->voices = voices_create();
    pthread_mutex_init(&s->mutex, NULL);
    thread_cond_init(&s->cond);
    return s;
}

static bool is_device(const struct speaker *s)
{
    return strcmp(s->spec, "none") != 0 && strncmp(s->spec, "file:", 5) != 0;
}

static void tell(struct speaker *s, const char *sentence)
{
    bool failed = *sentence != '\0';
    if (failed != s->failed && s->config.on_failed)
        s->config.on_failed(s->config.ctx, sentence);
    s->failed = failed;
}

static void render(struct speaker *s, uint64_t heard_us)
{
    mixer_clear(&s->mixer);
    voices_mix(s->voices, &s->mixer, clock_now_us());
    if (atomic_load_explicit(&s->off, memory_order_relaxed))
        mixer_clear(&s->mixer);
    if (s->config.sounds)
        sounds_mix(s->config.sounds, s->mixer.sum, MIXER_BLOCK);
    mixer_finish(&s->mixer, s->block);
    if (s->config.on_played)
        s->config.on_played(s->config.ctx, s->block, heard_us);
}

// SDL's playback thread.
static void SDLCALL play(void *ctx, Uint8 *stream, int length)
{
    struct speaker *s = ctx;
    size_t wanted = (size_t)length / sizeof(int16_t), done = 0;
    uint64_t begins_us = clock_now_us() + wanted * 1000000 / RATE; // while this is filled, as much is being played
    for (size_t n; wanted > 0; wanted -= n, done += n) {
        if (s->block_left == 0) {
            render(s, begins_us + done * 1000000 / RATE);
            s->block_left = MIXER_BLOCK;
        }
        n = MIN(wanted, s->block_left);
        memcpy(stream + done * sizeof(int16_t), s->block + MIXER_BLOCK - s->block_left, n * sizeof(int16_t));
        s->block_left -= n;
    }
}

static bool is_wanted(const struct speaker *s)
{
    return s->awake || (s->config.sounds && sounds_busy(s->config.sounds));
}

// Nobody is heard: sleep. True when stop was called.
static bool sleep_until_wanted(struct speaker *s)
{
    pthread_mutex_lock(&s->mutex);
    while (!s->stopping && !is_wanted(s))
        thread_cond_wait_until(&s->cond, &s->mutex, UINT64_MAX);
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->mutex);
    s->wanted_us = clock_now_us();
    return stopping;
}

static bool still_wanted(struct speaker *s)
{
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&s->mutex);
    if (is_wanted(s))
        s->wanted_us = now;
    pthread_mutex_unlock(&s->mutex);
    return now - s->wanted_us < LINGER_US;
}

// True when stop was called before deadline_us.
static bool wait_for_stop(struct speaker *s, uint64_t deadline_us)
{
    pthread_mutex_lock(&s->mutex);
    while (!s->stopping && thread_cond_wait_until(&s->cond, &s->mutex, deadline_us))
        ;
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->mutex);
    return stopping;
}

// Render by our own clock until stop or `until_us`: into the file, or for the meters alone. True at stop.
static bool run_clocked(struct speaker *s, uint64_t until_us)
{
    for (uint64_t due = clock_now_us(); due < until_us; due += BLOCK_US) {
        uint64_t now = clock_now_us();
        if (now > due + BEHIND_US) // suspended: what was missed is not played after
            due = now;
        if (wait_for_stop(s, due))
            return true;
        render(s, due);
        if (!s->file)
            continue;
        if (speaker_file_write(s->file, s->block, MIXER_BLOCK))
            continue;
        log_error("speaker", "cannot write the sound file");
        tell(s, N_("The sound file cannot be written."));
        speaker_file_close(s->file);
        s->file = NULL;
    }
    return false;
}

static void run_file(struct speaker *s)
{
    for (;;) {
        s->file = speaker_file_open(s->spec + 5);
        tell(s, s->file ? "" : N_("The sound file cannot be written."));
        bool stopped = run_clocked(s, s->file ? UINT64_MAX : clock_now_us() + RETRY_US);
        speaker_file_close(s->file);
        s->file = NULL;
        if (stopped)
            return;
    }
}

static SDL_AudioDeviceID open_device(struct speaker *s)
{
    SDL_AudioSpec want = {
        .freq = RATE, .format = AUDIO_S16SYS, .channels = 1, .samples = MIXER_BLOCK, .callback = play};
    want.userdata = s;
    sound_lock_take();
    if (!s->has_sdl)
        s->has_sdl = SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
    const char *name = strcmp(s->spec, "auto") == 0 ? NULL : s->spec;
    SDL_AudioDeviceID device = s->has_sdl ? SDL_OpenAudioDevice(name, 0, &want, NULL, 0) : 0;
    if (device)
        SDL_PauseAudioDevice(device, 0);
    sound_lock_release();
    return device;
}

static void close_device(SDL_AudioDeviceID device)
{
    sound_lock_take();
    SDL_CloseAudioDevice(device);
    sound_lock_release();
}

static void run_device(struct speaker *s)
{
    while (!sleep_until_wanted(s)) {
        s->block_left = 0;
        SDL_AudioDeviceID device = open_device(s);
        tell(s, device ? "" : N_("Sound cannot be played: no loudspeaker was found."));
        if (!device) { // go on measuring who speaks meanwhile
            if (run_clocked(s, clock_now_us() + RETRY_US))
                return;
            continue;
        }
        bool stopped = false, there = true;
        while (!stopped && there && still_wanted(s)) {
            stopped = wait_for_stop(s, clock_now_us() + LOOK_US);
            there = SDL_GetAudioDeviceStatus(device) != SDL_AUDIO_STOPPED;
        }
        close_device(device); // waits for the callback: from here on we render ourselves
        if (stopped)
            return;
        if (!there)
            log_warn("speaker", "device went away");
    }
}

static void run_none(struct speaker *s)
{
    while (!sleep_until_wanted(s))
        while (still_wanted(s))
            if (run_clocked(s, clock_now_us() + LOOK_US))
                return;
}

static void *run(void *arg)
{
    struct speaker *s = arg;
    if (is_device(s))
        run_device(s);
    else if (strcmp(s->spec, "none") == 0)
        run_none(s);
    else
        run_file(s);
    return NULL;
}

bool speaker_start(struct speaker *s)
{
    if (is_device(s) && !s->has_sdl) {
        sound_lock_take();
        s->has_sdl = SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
        sound_lock_release();
    }
    s->running = thread_start(&s->thread, "speaker", run, s);
    return s->running;
}

bool speaker_add(struct speaker *s, uint16_t member, enum audio_decoder_codec codec)
{
    return voices_add(s->voices, member, codec);
}

void speaker_remove(struct speaker *s, uint16_t member)
{
    voices_remove(s->voices, member);
}

void speaker_push(struct speaker *s, uint16_t member, uint32_t number, uint32_t ts, const uint8_t *payload, size_t size,
                  uint64_t now_us)
{
    voices_push(s->voices, member, number, ts, payload, size, now_us);
}

bool speaker_get_figures(struct speaker *s, uint16_t member, struct speaker_figures *out)
{
    return voices_get_figures(s->voices, member, out);
}

bool speaker_set_volume(struct speaker *s, uint16_t member, int percent)
{
    return voices_set_volume(s->voices, member, percent);
}

void speaker_forget_volumes(struct speaker *s)
{
    voices_forget_volumes(s->voices);
}

void speaker_set_off(struct speaker *s, bool off)
{
    atomic_store(&s->off, off);
}

void speaker_set_awake(struct speaker *s, bool awake)
{
    pthread_mutex_lock(&s->mutex);
    if (awake && !s->awake)
        pthread_cond_broadcast(&s->cond);
    s->awake = awake;
    pthread_mutex_unlock(&s->mutex);
}

void speaker_look(struct speaker *s)
{
    pthread_mutex_lock(&s->mutex); // so that it cannot fall asleep between looking and waiting
    pthread_cond_broadcast(&s->cond);
    pthread_mutex_unlock(&s->mutex);
}

void speaker_stop(struct speaker *s)
{
    pthread_mutex_lock(&s->mutex);
    s->stopping = true;
    pthread_cond_broadcast(&s->cond);
    pthread_mutex_unlock(&s->mutex);
}

void speaker_join(struct speaker *s)
{
    if (s->running)
        pthread_join(s->thread, NULL);
    s->running = false;
}

bool speaker_change(struct speaker *s, const char *spec)
{
    speaker_stop(s);
    speaker_join(s);
    s->stopping = false;
    free(s->spec);
    s->spec = base_strdup(spec);
    tell(s, ""); // what was wrong with the other one is no longer said
    return speaker_start(s);
}

void speaker_destroy(struct speaker *s)
{
    if (!s)
        return;
    if (s->has_sdl) {
        sound_lock_take();
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
        sound_lock_release();
    }
    voices_destroy(s->voices);
    pthread_cond_destroy(&s->cond);
    pthread_mutex_destroy(&s->mutex);
    free(s->spec);
    free(s);
}
