#include "speaker.h"

#include "client/sounds.h"
#include "client/device_thread.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "output_delay.h"
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
    LINGER_US = 2000000,   // a device takes time to open: what follows soon finds it open
    LOOK_US = 100000,      // at an open one: often enough to find a pause in what is said
    QUIET_PEAK = 33,       // -60 dBFS
    QUIET_US = 100000,     // so long nothing was heard: a device opened anew is not heard either
    PATIENCE_US = 1000000, // for such a pause, when the device does not keep up
    SKIP_MOST = 50         // blocks that nobody heard while it was opened anew
};

struct speaker {
    struct speaker_config config; // fixed by create
    char *spec;                   // fixed while the thread runs
    struct device_thread thread;
    atomic_bool awake; // changes under the thread's lock
    atomic_bool off;
    atomic_int loudness;   // percent
    struct voices *voices; // rendered by exactly one thread: SDL's while a device is open, else ours

    struct mixer mixer; // of the rendering thread, like the next two
    int16_t block[AUDIO_BLOCK];
    size_t block_left;
    float gain;                // of the last block
    struct output_delay delay; // also; and of the speaker thread while no device is open
    uint64_t closed_us;        // also: the device was closed then, to be opened anew; 0 = it was not
    atomic_int change;         // of the blocks of the open device: over 0 = to longer ones, under 0 = to shorter ones
    atomic_uint quiet_us;      // so long nothing was to be heard
    atomic_uint_least64_t underruns;
    atomic_uint heard_after_us; // mixed, heard so much later; 0 = no device
    struct speaker_file *file;  // speaker thread
    struct sound_watch watch;   // speaker thread
    uint64_t wanted_us;         // speaker thread: when it was last wanted
    uint64_t change_us;         // speaker thread: since when other blocks are wanted; 0 = they are not
};

static void watch(struct speaker *s)
{
    s->watch = (struct sound_watch){.wanted = s->spec,
                                    .missing = N_("No loudspeaker found. You will not hear others."),
                                    .stuck = N_("The loudspeaker does not answer. You will not hear others."),
                                    .ctx = s->config.ctx,
                                    .on_failed = s->config.on_failed,
                                    .on_said = s->config.on_said};
}

struct speaker *speaker_create(const struct speaker_config *config)
{
    struct speaker *s = base_alloc(sizeof *s);
    s->config = *config;
    s->spec = base_strdup(config->spec ? config->spec : "auto");
    s->voices = voices_create();
    output_delay_init(&s->delay);
    atomic_store(&s->loudness, 100);
    s->gain = 1;
    device_thread_init(&s->thread);
    watch(s);
    return s;
}

static bool is_device(const struct speaker *s)
{
    return strcmp(s->spec, "none") != 0 && strncmp(s->spec, "file:", 5) != 0;
}

// By squares: every step of a volume key is about as much louder. From block to block it goes evenly.
static void turn_down(struct speaker *s)
{
    float part = (float)atomic_load_explicit(&s->loudness, memory_order_relaxed) / 100, to = part * part;
    if (s->gain != 1 || to != 1)
        for (size_t i = 0; i < AUDIO_BLOCK; i++)
            s->mixer.sum[i] *= s->gain + (to - s->gain) * (float)i / AUDIO_BLOCK;
    s->gain = to;
}

static void render(struct speaker *s, uint64_t heard_us)
{
    mixer_clear(&s->mixer);
    voices_mix(s->voices, &s->mixer, clock_now_us(), heard_us);
    if (atomic_load_explicit(&s->off, memory_order_relaxed))
        mixer_clear(&s->mixer);
    if (s->config.sounds)
        sounds_mix(s->config.sounds, s->mixer.sum, AUDIO_BLOCK);
    turn_down(s);
    mixer_finish(&s->mixer, s->block);
    if (s->config.on_played)
        s->config.on_played(s->config.ctx, s->block, heard_us);
}

static void measure_quiet(struct speaker *s)
{
    unsigned quiet_us = atomic_load_explicit(&s->quiet_us, memory_order_relaxed) + BLOCK_US;
    for (size_t i = 0; i < AUDIO_BLOCK && quiet_us; i++)
        if (s->block[i] > QUIET_PEAK || s->block[i] < -QUIET_PEAK)
            quiet_us = 0;
    atomic_store_explicit(&s->quiet_us, MIN(quiet_us, (unsigned)QUIET_US), memory_order_relaxed);
}

static void watch_delay(struct speaker *s, size_t count, uint64_t now_us, uint64_t first_us)
{
    if (output_delay_asked(&s->delay, count, now_us))
        atomic_store_explicit(&s->underruns, s->delay.underruns, memory_order_relaxed);
    atomic_store_explicit(&s->change, output_delay_change(&s->delay), memory_order_relaxed);
    atomic_store_explicit(&s->heard_after_us, (unsigned)(first_us - MIN(now_us, first_us)), memory_order_relaxed);
}

// What nobody could hear while the device was opened anew is left out instead of being late from now on.
static void skip_missed(struct speaker *s, uint64_t now_us)
{
    for (unsigned i = 0; i < SKIP_MOST && s->closed_us + BLOCK_US <= now_us; i++, s->closed_us += BLOCK_US) {
        mixer_clear(&s->mixer);
        voices_mix(s->voices, &s->mixer, s->closed_us, 0);
    }
    s->closed_us = 0;
}

// SDL's playback thread.
static void play(void *ctx, int16_t *samples, size_t count, uint64_t first_us)
{
    struct speaker *s = ctx;
    uint64_t now_us = clock_now_us();
    if (s->closed_us)
        skip_missed(s, now_us);
    watch_delay(s, count, now_us, first_us);
    for (size_t done = 0, n; done < count; done += n) {
        if (s->block_left == 0) {
            render(s, first_us + done * 1000000 / RATE);
            measure_quiet(s);
            s->block_left = AUDIO_BLOCK;
        }
        n = MIN(count - done, s->block_left);
        memcpy(samples + done, s->block + AUDIO_BLOCK - s->block_left, n * sizeof *samples);
        s->block_left -= n;
    }
}

// Under the thread's lock.
static bool is_wanted(const struct speaker *s)
{
    return atomic_load(&s->awake) || (s->config.sounds && sounds_busy(s->config.sounds));
}

static bool may_sleep(void *ctx)
{
    return !is_wanted(ctx);
}

// Nobody is heard: sleep. True when stop was called.
static bool sleep_until_wanted(struct speaker *s)
{
    bool stopping = device_thread_wait_while(&s->thread, may_sleep, s, UINT64_MAX);
    s->wanted_us = clock_now_us();
    return stopping;
}

static bool still_wanted(struct speaker *s)
{
    uint64_t now = clock_now_us();
    device_thread_lock(&s->thread);
    if (is_wanted(s))
        s->wanted_us = now;
    device_thread_unlock(&s->thread);
    return now - s->wanted_us < LINGER_US;
}

// Render by our own clock until stop or `until_us`: into the file, or for the meters alone. True at stop.
static bool run_clocked(struct speaker *s, uint64_t until_us)
{
    for (uint64_t due = clock_now_us(); due < until_us; due += BLOCK_US) {
        uint64_t now = clock_now_us();
        if (now > due + BEHIND_US) // suspended: what was missed is not played after
            due = now;
        if (device_thread_wait(&s->thread, due))
            return true;
        render(s, due);
        if (!s->file)
            continue;
        if (speaker_file_write(s->file, s->block, AUDIO_BLOCK))
            continue;
        log_error("speaker", "cannot write the sound file");
        sound_watch_tell(&s->watch, N_("The sound file cannot be written."));
        speaker_file_close(s->file);
        s->file = NULL;
    }
    return false;
}

static void run_file(struct speaker *s)
{
    for (;;) {
        s->file = speaker_file_open(s->spec + 5);
        sound_watch_tell(&s->watch, s->file ? "" : N_("The sound file cannot be written."));
        bool stopped = run_clocked(s, s->file ? UINT64_MAX : clock_now_us() + RETRY_US);
        speaker_file_close(s->file);
        s->file = NULL;
        if (stopped)
            return;
    }
}

// Other blocks are wanted, and now is the time: nothing is being said, or it cannot wait.
static bool is_to_change(struct speaker *s)
{
    int change = atomic_load_explicit(&s->change, memory_order_relaxed);
    uint64_t now = clock_now_us();
    if (change == 0 || s->change_us == 0)
        s->change_us = change ? now : 0;
    if (change == 0)
        return false;
    return atomic_load_explicit(&s->quiet_us, memory_order_relaxed) >= QUIET_US ||
           (change > 0 && now - s->change_us > PATIENCE_US);
}

static struct sound_device *open_device(struct speaker *s)
{
    struct sound_device_config config = {false, s->spec, output_delay_samples(&s->delay), s, play};
    bool other = false;
    output_delay_open(&s->delay, clock_now_us());
    s->block_left = 0;
    s->change_us = 0;
    atomic_store(&s->change, 0);
    struct sound_device *device = sound_device_open(&config, &s->thread);
    if (!device)
        s->closed_us = 0;
    const char *name = device ? sound_device_name(device, &other) : NULL;
    if (!device_thread_wait(&s->thread, 0))
        sound_watch_opened(&s->watch, name, other, clock_now_us());
    return device;
}

// Until nobody is heard any more, or it has to be opened anew; `change`: with other blocks. True when stop was called.
static bool stay_open(struct speaker *s, struct sound_device *device, bool *change)
{
    while (still_wanted(s) && !*change) {
        if (device_thread_wait(&s->thread, clock_now_us() + LOOK_US))
            return true;
        if (!sound_watch_looked(&s->watch, sound_device_look(device), 0, clock_now_us()))
            return false;
        *change = is_to_change(s);
    }
    return false;
}

static void run_device(struct speaker *s)
{
    while (!sleep_until_wanted(s)) {
        bool change = false;
        struct sound_device *device = open_device(s);
        // Without one, go on measuring who speaks.
        bool stopped = device ? stay_open(s, device, &change) : run_clocked(s, clock_now_us() + SOUND_DEVICE_RETRY_US);
        sound_device_close(device); // from here on we render ourselves
        atomic_store(&s->heard_after_us, 0);
        s->closed_us = change ? clock_now_us() : 0;
        if (change)
            log_info("speaker", "other blocks ms=%u underruns=%u", output_delay_samples(&s->delay) * 1000 / RATE,
                     (unsigned)s->delay.underruns);
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
    return device_thread_start(&s->thread, "speaker", run, s);
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
                  bool copy, uint64_t now_us)
{
    voices_push(s->voices, member, number, ts, payload, size, copy, now_us);
}

bool speaker_get_figures(struct speaker *s, uint16_t member, struct speaker_figures *out)
{
    return voices_get_figures(s->voices, member, out);
}

void speaker_set_hold(struct speaker *s, uint16_t member, uint32_t hold_us)
{
    voices_set_hold(s->voices, member, hold_us);
}

void speaker_get_output(struct speaker *s, struct speaker_output *out)
{
    out->delay_ms = atomic_load(&s->heard_after_us) / 1000.0;
    out->underruns = atomic_load(&s->underruns);
}

bool speaker_set_volume(struct speaker *s, uint16_t member, int percent)
{
    return voices_set_volume(s->voices, member, percent);
}

void speaker_forget_volumes(struct speaker *s)
{
    voices_forget_volumes(s->voices);
}

void speaker_set_loudness(struct speaker *s, int percent)
{
    atomic_store(&s->loudness, CLAMP(percent, 0, 100));
}

void speaker_set_off(struct speaker *s, bool off)
{
    atomic_store(&s->off, off);
}

void speaker_set_awake(struct speaker *s, bool awake)
{
    if (atomic_load(&s->awake) == awake)
        return; // main says it each turn, and who looks after the device is not to be woken each time
    device_thread_lock(&s->thread);
    atomic_store(&s->awake, awake);
    device_thread_unlock(&s->thread);
}

void speaker_look(struct speaker *s)
{
    device_thread_lock(&s->thread); // so that it cannot fall asleep between looking and waiting
    device_thread_unlock(&s->thread);
}

void speaker_stop(struct speaker *s)
{
    device_thread_stop(&s->thread);
}

void speaker_join(struct speaker *s)
{
    device_thread_join(&s->thread);
}

bool speaker_change(struct speaker *s, const char *spec)
{
    speaker_stop(s);
    speaker_join(s);
    sound_watch_tell(&s->watch, ""); // what was wrong with the other one is no longer said
    free(s->spec);
    s->spec = base_strdup(spec);
    output_delay_init(&s->delay); // another one may be quicker
    watch(s);
    return speaker_start(s);
}

void speaker_destroy(struct speaker *s)
{
    if (!s)
        return;
    voices_destroy(s->voices);
    device_thread_destroy(&s->thread);
    free(s->spec);
    free(s);
}
