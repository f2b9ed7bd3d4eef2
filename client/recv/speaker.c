#include "speaker.h"

#include "client/sound_device.h"
#include "client/sounds.h"
#include "client/worker.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "speaker_file.h"
#include "voices.h"
#include "client/language.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    BLOCK_US = 10000,
    RETRY_US = 2000000,
    BEHIND_US = 200000,
    LINGER_US = 2000000 // a device takes time to open: what follows soon finds it open
};

struct speaker {
    struct speaker_config config; // fixed by create
    char *spec;                   // fixed while the thread runs
    struct worker worker;
    bool awake; // under the worker's lock
    atomic_bool off;
    struct voices *voices; // rendered by exactly one thread: SDL's while a device is open, else ours

    struct mixer mixer; // of the rendering thread, like the next two
    int16_t block[MIXER_BLOCK];
    size_t block_left;
    struct speaker_file *file; // speaker thread
    bool failed;               // speaker thread: told, and not yet taken back
    uint64_t wanted_us;        // speaker thread: when it was last wanted
};

struct speaker *speaker_create(const struct speaker_config *config)
{
    struct speaker *s = base_alloc(sizeof *s);
    s->config = *config;
    s->spec = base_strdup(config->spec ? config->spec : "auto");
    s->voices = voices_create();
    worker_init(&s->worker);
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
static void play(void *ctx, int16_t *samples, size_t count, uint64_t first_us)
{
    struct speaker *s = ctx;
    for (size_t done = 0, n; done < count; done += n) {
        if (s->block_left == 0) {
            render(s, first_us + done * 1000000 / RATE);
            s->block_left = MIXER_BLOCK;
        }
        n = MIN(count - done, s->block_left);
        memcpy(samples + done, s->block + MIXER_BLOCK - s->block_left, n * sizeof *samples);
        s->block_left -= n;
    }
}

// Under the worker's lock.
static bool is_wanted(const struct speaker *s)
{
    return s->awake || (s->config.sounds && sounds_busy(s->config.sounds));
}

static bool may_sleep(void *ctx)
{
    return !is_wanted(ctx);
}

// Nobody is heard: sleep. True when stop was called.
static bool sleep_until_wanted(struct speaker *s)
{
    bool stopping = worker_wait_while(&s->worker, may_sleep, s, UINT64_MAX);
    s->wanted_us = clock_now_us();
    return stopping;
}

static bool still_wanted(struct speaker *s)
{
    uint64_t now = clock_now_us();
    worker_lock(&s->worker);
    if (is_wanted(s))
        s->wanted_us = now;
    worker_unlock(&s->worker);
    return now - s->wanted_us < LINGER_US;
}

// Render by our own clock until stop or `until_us`: into the file, or for the meters alone. True at stop.
static bool run_clocked(struct speaker *s, uint64_t until_us)
{
    for (uint64_t due = clock_now_us(); due < until_us; due += BLOCK_US) {
        uint64_t now = clock_now_us();
        if (now > due + BEHIND_US) // suspended: what was missed is not played after
            due = now;
        if (worker_wait(&s->worker, due))
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

static void run_device(struct speaker *s)
{
    const struct sound_device_config config = {false, s->spec, MIXER_BLOCK, s, play};
    while (!sleep_until_wanted(s)) {
        s->block_left = 0;
        struct sound_device *device = sound_device_open(&config);
        tell(s, device ? "" : N_("Sound cannot be played: no loudspeaker was found."));
        // Without one, go on measuring who speaks.
        bool stopped = !device && run_clocked(s, clock_now_us() + SOUND_DEVICE_RETRY_US);
        while (device && !stopped && sound_device_works(device) && still_wanted(s))
            stopped = worker_wait(&s->worker, clock_now_us() + SOUND_DEVICE_LOOK_US);
        if (device && !sound_device_works(device))
            log_warn("speaker", "device went away");
        sound_device_close(device); // waits for the callback: from here on we render ourselves
        if (stopped)
            return;
    }
}

static void run_none(struct speaker *s)
{
    while (!sleep_until_wanted(s))
        while (still_wanted(s))
            if (run_clocked(s, clock_now_us() + SOUND_DEVICE_LOOK_US))
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
    return worker_start(&s->worker, "speaker", run, s);
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
    worker_lock(&s->worker);
    s->awake = awake;
    worker_unlock(&s->worker);
}

void speaker_look(struct speaker *s)
{
    worker_lock(&s->worker); // so that it cannot fall asleep between looking and waiting
    worker_unlock(&s->worker);
}

void speaker_stop(struct speaker *s)
{
    worker_stop(&s->worker);
}

void speaker_join(struct speaker *s)
{
    worker_join(&s->worker);
}

bool speaker_change(struct speaker *s, const char *spec)
{
    speaker_stop(s);
    speaker_join(s);
    free(s->spec);
    s->spec = base_strdup(spec);
    tell(s, ""); // what was wrong with the other one is no longer said
    return speaker_start(s);
}

void speaker_destroy(struct speaker *s)
{
    if (!s)
        return;
    voices_destroy(s->voices);
    worker_destroy(&s->worker);
    free(s->spec);
    free(s);
}
