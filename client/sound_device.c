#define _GNU_SOURCE
#include "sound_device.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "device_thread.h"
#include "thread.h"

#include <SDL2/SDL.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_BLOCK = 240, // samples
    OPEN_US = 3000000,
    CLOSE_US = 300000,
    FINISH_US = 1000000,
    STEP_US = 10000,
    POLL_US = 250000,
    IDLE_US = 300000, // what follows that soon finds it begun
    STUCK_US = 3000000,
    REFUSED_US = 5000000, // a device that is there and does not open is let alone for so long
    FAITH_US = 10000000,  // a sound server that has ended is waited for before its devices are taken without it
    CLOSING_MAX = 3       // that hold on, of each direction: no further one is opened until one of them lets go
};

enum phase { ASKED, OPENING, OPEN, CLOSING, OVER };

struct sound_device {
    struct sound_device_config config; // fixed, like wanted
    char wanted[DEVICE_NAMES_SIZE];
    pthread_mutex_t gate;     // held while on_samples is called
    bool live;                // under the gate
    _Atomic uint64_t last_us; // when SDL last called, or it was opened
    atomic_bool returns;      // the wanted one is there again

    // Under system.mutex
    enum phase phase;
    bool left;      // by its owner
    unsigned holds; // owner, system
    struct sound_device *next;

    // Sound thread until it is open, then fixed
    SDL_AudioDeviceID id;
    char name[DEVICE_NAMES_SIZE];
    bool other;
};

static struct {
    pthread_mutex_t mutex; // never held while SDL is called, but for a device's status, which waits for nothing
    pthread_cond_t cond;
    bool ready, running, finish;
    struct sound_device *devices;
    struct device_names names[2]; // as last seen; [1]: microphones
    unsigned asked, answered;     // for the names
    bool known;                   // they have been seen at all
    bool doubtful;                // something has failed since SDL's audio began
    // Sound thread
    bool begun;       // SDL's audio
    uint64_t idle_us; // since when no device is open; 0 = one is
    char driver[32];
    uint64_t lost_us;       // when that driver was last in use
    uint64_t refused_us[2]; // when a device that is there did not open
} sys = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static bool is_server(const char *driver)
{
    return !strcmp(driver, "pulseaudio") || !strcmp(driver, "pipewire");
}

static const char *what(const struct sound_device *d)
{
    return d->config.capture ? "microphone" : "speaker";
}

static void lock(void)
{
    pthread_mutex_lock(&sys.mutex);
    if (!sys.ready)
        thread_cond_init(&sys.cond);
    sys.ready = true;
}

static void unlock(void)
{
    pthread_cond_broadcast(&sys.cond);
    pthread_mutex_unlock(&sys.mutex);
}

// Under the lock. The last hold frees it.
static void let_go(struct sound_device *d)
{
    if (--d->holds > 0)
        return;
    pthread_mutex_destroy(&d->gate);
    free(d);
}

// Under the lock.
static void forget(struct sound_device *d)
{
    struct sound_device **at = &sys.devices;
    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    let_go(d);
}

// ---- SDL's audio thread ----

static void SDLCALL samples(void *ctx, Uint8 *stream, int length)
{
    struct sound_device *d = ctx;
    size_t count = (size_t)length / sizeof(int16_t);
    uint64_t now = clock_now_us(), lasts_us = count * 1000000 / SOUND_DEVICE_RATE;
    // The newest sample of a microphone came just now; while this is filled, a block is being played.
    uint64_t time_us = d->config.capture ? now - lasts_us : now + d->config.block * 1000000ull / SOUND_DEVICE_RATE;
    atomic_store_explicit(&d->last_us, now, memory_order_relaxed);
    pthread_mutex_lock(&d->gate); // somebody else has it only to close the device
    if (d->live)
        d->config.on_samples(d->config.ctx, (int16_t *)(void *)stream, count, time_us);
    else if (!d->config.capture)
        memset(stream, 0, (size_t)length);
    pthread_mutex_unlock(&d->gate);
}

// ---- closing ----

// A thread of its own: may last as long as the device likes.
static void *close_device(void *arg)
{
    struct sound_device *d = arg;
    uint64_t began_us = clock_now_us();
    SDL_CloseAudioDevice(d->id);
    log_debug("sound", "closed %s ms=%u", what(d), (unsigned)((clock_now_us() - began_us) / 1000));
    lock();
    d->phase = OVER;
    unlock();
    return NULL;
}

// Under the lock, for one that is open. False when there is no thread to be had: it is open still.
static bool start_closing(struct sound_device *d)
{
    pthread_t thread;
    bool stopped = SDL_GetAudioDeviceStatus(d->id) == SDL_AUDIO_STOPPED; // SDL knows, and waits for nothing
    d->phase = CLOSING;
    if (!thread_start(&thread, "sound-close", close_device, d)) {
        d->phase = OPEN;
        return false;
    }
    pthread_detach(thread);
    sys.doubtful |= stopped;
    return true;
}

// ---- the sound thread ----

// False when there is no sound to be had now.
static bool begin(void)
{
    if (sys.begun)
        return true;
    bool faithful = is_server(sys.driver) && clock_now_us() - sys.lost_us < FAITH_US;
    // Not by SDL_InitSubSystem, whose counts the main thread changes, too.
    if (SDL_AudioInit(faithful ? sys.driver : NULL) != 0)
        return false;
    snprintf(sys.driver, sizeof sys.driver, "%s", SDL_GetCurrentAudioDriver());
    log_debug("sound", "driver=%s", sys.driver);
    return sys.begun = true;
}

static void end(void)
{
    if (!sys.begun)
        return;
    SDL_AudioQuit();
    sys.begun = false;
    sys.lost_us = clock_now_us();
    lock();
    sys.doubtful = false;
    unlock();
}

static void read_names(bool capture, struct device_names *out)
{
    out->count = 0;
    int n = SDL_GetNumAudioDevices(capture);
    for (int i = 0; i < n; i++) {
        const char *name = SDL_GetAudioDeviceName(i, capture);
        if (name && *name)
            device_names_add(out, name, NULL, NULL);
    }
}

// Under the lock.
static size_t count_closing(bool capture)
{
    size_t n = 0;
    for (const struct sound_device *d = sys.devices; d; d = d->next)
        n += d->phase == CLOSING && d->config.capture == capture;
    return n;
}

static bool any_in_use(void)
{
    for (const struct sound_device *d = sys.devices; d; d = d->next)
        if (d->phase == OPENING || d->phase == OPEN || d->phase == CLOSING)
            return true;
    return false;
}

// One whose server has ended is still open: SDL knows the devices of that server only, until it is closed, too.
static bool any_stopped(void)
{
    for (const struct sound_device *d = sys.devices; d; d = d->next)
        if (d->phase == OPEN && SDL_GetAudioDeviceStatus(d->id) == SDL_AUDIO_STOPPED)
            return true;
    return false;
}

// PulseAudio's library reads how much sound its server is to hold from here. SDL would let it hold as much as one call
// of ours gives; but what makes up for our being late is the server's share alone, so we give it less at a time,
// sooner.
static char server_holds[sizeof "PULSE_LATENCY_MSEC=NN"] = "PULSE_LATENCY_MSEC=10";
static bool holds_ours; // nobody has set it before us

static unsigned block_of(const struct sound_device_config *c)
{
    if (!holds_ours || strcmp(sys.driver, "pulseaudio") != 0)
        return c->block;
    unsigned ms = MIN(c->block * 1000 / SOUND_DEVICE_RATE, 99u);
    snprintf(strchr(server_holds, '=') + 1, 3, "%u", ms); // in place: others may look for other names meanwhile
    return c->capture || c->block < 2 * LEAST_BLOCK ? c->block : MIN(c->block / 2, 2u * LEAST_BLOCK);
}

static SDL_AudioDeviceID open_one(struct sound_device *d, const char *name)
{
    SDL_AudioSpec want = {.freq = SOUND_DEVICE_RATE,
                          .format = AUDIO_S16SYS,
                          .channels = 1,
                          .samples = (Uint16)block_of(&d->config),
                          .callback = samples,
                          .userdata = d};
    return SDL_OpenAudioDevice(name, d->config.capture, &want, NULL, 0);
}

// What a sound server told SDL of its own choice may be gone; but when there is only one, that is it.
static void name_default(struct sound_device *d, struct device_names *names)
{
    SDL_AudioSpec spec;
    char *name = NULL;
    d->name[0] = 0;
    if (SDL_GetDefaultAudioInfo(&name, &spec, d->config.capture) == 0 && name)
        snprintf(d->name, sizeof d->name, "%s", name);
    SDL_free(name);
    read_names(d->config.capture, names);
    if (!d->name[0] && names->count == 1)
        memcpy(d->name, names->list[0].name, sizeof d->name);
}

// The wanted one, or the one the system would take. Without a microphone a sound server takes what the loudspeaker
// plays for one: that is none, unless somebody has asked for it by the server's own means.
static void open_any(struct sound_device *d)
{
    bool capture = d->config.capture;
    struct device_names *names = base_alloc(sizeof *names);
    read_names(capture, names);
    bool automatic = !strcmp(d->wanted, "auto"), none = names->count == 0;
    int at = automatic ? -1 : device_names_find(names, d->wanted);
    if (at >= 0) {
        d->id = open_one(d, names->list[at].name);
        memcpy(d->name, names->list[at].name, sizeof d->name);
        if (!d->id)
            sys.refused_us[capture] = clock_now_us();
    }
    bool nothing = capture && none && is_server(sys.driver) && !SDL_getenv("PULSE_SOURCE");
    if (!d->id && !nothing) {
        d->id = open_one(d, NULL);
        d->other = !automatic;
        name_default(d, names);
    }
    free(names);
}

// Called and left with the lock held. Others wait for their turn: SDL opens one device at a time, too.
static void open_device(struct sound_device *d)
{
    bool stopped = any_stopped(), full = count_closing(d->config.capture) >= CLOSING_MAX;
    bool anew = sys.doubtful && !any_in_use();
    d->phase = OPENING;
    unlock();
    if (anew)
        end(); // what SDL knows of a sound server that has ended is not true any more
    if (!stopped && !full && begin())
        open_any(d);
    atomic_store(&d->last_us, clock_now_us());
    if (d->id) {
        SDL_PauseAudioDevice(d->id, 0);
        log_info("sound", "open %s driver=%s name=\"%s\"", what(d), sys.driver, d->name);
    } else
        log_info("sound", "cannot open %s reason=\"%s\"", what(d),
                 stopped ? "the sound server has ended"
                 : full  ? "others do not close"
                         : SDL_GetError());
    lock();
    d->phase = d->id ? OPEN : OVER;
    sys.doubtful |= !d->id;
}

// Under the lock: the first device that something is to be done with.
static struct sound_device *next_work(void)
{
    for (struct sound_device *d = sys.devices; d; d = d->next)
        if ((d->phase == ASKED) || (d->left && (d->phase == OPEN || d->phase == OVER)))
            return d;
    return NULL;
}

// Called and left with the lock held.
static void work_on(struct sound_device *d)
{
    if (d->phase == OVER) {
        forget(d);
    } else if (d->phase == ASKED) {
        open_device(d);
    } else if (!start_closing(d)) {
        d->phase = CLOSING;
        unlock();
        close_device(d);
        lock();
    }
}

// Called and left with the lock held: what is there, for those who ask, and for those who have another than they want.
static void look_around(void)
{
    static struct device_names now[2];
    unsigned asked = sys.asked;
    unlock();
    for (int i = 0; i < 2; i++)
        if (begin())
            read_names(i == 1, &now[i]);
        else
            now[i].count = 0;
    lock();
    memcpy(sys.names, now, sizeof now);
    sys.answered = asked;
    sys.known = true;
    for (struct sound_device *d = sys.devices; d; d = d->next) {
        bool capture = d->config.capture;
        if (d->phase != OPEN || !d->other)
            continue;
        if (device_names_find(&now[capture], d->wanted) < 0)
            sys.refused_us[capture] = 0; // what did not open was just being unplugged
        else if (clock_now_us() > sys.refused_us[capture] + REFUSED_US)
            atomic_store(&d->returns, true);
    }
}

static bool any_other(void)
{
    for (const struct sound_device *d = sys.devices; d; d = d->next)
        if (d->phase == OPEN && d->other)
            return true;
    return false;
}

// Called and left with the lock held. What is tried after a while, or after a failure, begins with a look at which
// sound there is. Returns when to come again.
static uint64_t rest(void)
{
    uint64_t now = clock_now_us();
    if (!sys.begun || any_in_use()) {
        sys.idle_us = 0;
        return UINT64_MAX;
    }
    if (!sys.idle_us)
        sys.idle_us = now;
    if (!sys.doubtful && !sys.finish && now < sys.idle_us + IDLE_US)
        return sys.idle_us + IDLE_US;
    unlock();
    end();
    lock();
    return now;
}

static void *run(void *arg)
{
    (void)arg;
    uint64_t look_us = 0;
    lock();
    for (;;) {
        struct sound_device *d = next_work();
        bool asked = sys.asked != sys.answered;
        uint64_t rest_us = d || asked ? UINT64_MAX : rest();
        if (d) {
            work_on(d);
        } else if (asked || (any_other() && clock_now_us() >= look_us)) {
            look_us = clock_now_us() + POLL_US;
            look_around();
        } else if (sys.finish && !sys.begun) {
            break;
        } else if (rest_us > clock_now_us()) {
            thread_cond_wait_until(&sys.cond, &sys.mutex, any_other() ? look_us : rest_us);
        }
    }
    sys.running = sys.finish = false;
    unlock();
    return NULL;
}

// Under the lock.
static bool start(void)
{
    pthread_t thread;
    if (!sys.running && thread_start(&thread, "sound", run, NULL)) {
        sys.running = true;
        pthread_detach(thread); // it may be held for ever by a sound server that does not answer
    }
    return sys.running;
}

// ---- everybody else ----

void sound_device_introduce(void)
{
    SDL_SetHint(SDL_HINT_AUDIO_DEVICE_APP_NAME, "Parlour");
    SDL_SetHint(SDL_HINT_AUDIO_DEVICE_STREAM_NAME, "Call");
    SDL_SetHint(SDL_HINT_AUDIO_DEVICE_STREAM_ROLE, "phone");
    if (!getenv("PULSE_LATENCY_MSEC"))
        holds_ours = putenv(server_holds) == 0;
    setenv("PULSE_PROP_media.role", "phone", 0); // its backend does not know that hint
}

static bool is_decided(const struct sound_device *d)
{
    lock();
    bool decided = d->phase >= OPEN;
    pthread_mutex_unlock(&sys.mutex); // nothing has changed: nobody is to be woken
    return decided;
}

struct sound_device *sound_device_open(const struct sound_device_config *config, struct device_thread *thread)
{
    struct sound_device *d = base_alloc(sizeof *d);
    d->config = *config;
    snprintf(d->wanted, sizeof d->wanted, "%s", config->wanted);
    d->config.wanted = d->wanted;
    pthread_mutex_init(&d->gate, NULL);
    d->live = true;
    d->holds = 2;
    lock();
    bool started = start();
    d->phase = started ? ASKED : OVER;
    if (started) {
        d->next = sys.devices;
        sys.devices = d;
    } else
        d->holds = 1;
    unlock();
    uint64_t end_us = clock_now_us() + OPEN_US;
    while (!is_decided(d) && clock_now_us() < end_us && !device_thread_wait(thread, clock_now_us() + STEP_US))
        ;
    lock();
    bool open = d->phase == OPEN, late = d->phase < OPEN && clock_now_us() >= end_us;
    unlock();
    if (open)
        return d;
    if (late)
        log_warn("sound", "the %s does not open", what(d));
    sound_device_close(d);
    return NULL;
}

enum sound_device_state sound_device_look(struct sound_device *d)
{
    if (SDL_GetAudioDeviceStatus(d->id) == SDL_AUDIO_STOPPED)
        return SOUND_DEVICE_GONE;
    if (clock_now_us() > atomic_load(&d->last_us) + STUCK_US)
        return SOUND_DEVICE_STUCK;
    return atomic_load(&d->returns) ? SOUND_DEVICE_RETURNS : SOUND_DEVICE_WORKS;
}

void sound_device_close(struct sound_device *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->gate); // waits for the block that is on its way
    d->live = false;
    pthread_mutex_unlock(&d->gate);
    uint64_t end_us = clock_now_us() + CLOSE_US;
    lock();
    d->left = true;
    if (d->phase == ASKED)
        forget(d); // or those who try again and again would wait in a row that nobody serves
    else if (d->phase == OPEN)
        (void)start_closing(d); // else the sound thread does, but another device may be holding that
    pthread_cond_broadcast(&sys.cond);
    // One that is just being opened is closed by the sound thread next.
    while (d->phase >= OPENING && d->phase <= CLOSING && thread_cond_wait_until(&sys.cond, &sys.mutex, end_us))
        ;
    if (d->phase >= OPENING && d->phase <= CLOSING)
        log_warn("sound", "the %s does not close", what(d));
    let_go(d);
    unlock();
}

const char *sound_device_name(const struct sound_device *d, bool *other)
{
    *other = d->other;
    return d->name;
}

bool sound_device_list(bool capture, struct device_names *out, uint64_t wait_us)
{
    uint64_t end_us = clock_now_us() + wait_us;
    lock();
    unsigned mine = ++sys.asked;
    bool started = start();
    pthread_cond_broadcast(&sys.cond);
    while (started && (int)(sys.answered - mine) < 0 && thread_cond_wait_until(&sys.cond, &sys.mutex, end_us))
        ;
    *out = sys.names[capture];
    bool known = sys.known;
    unlock();
    return known;
}

void sound_device_finish(void)
{
    uint64_t end_us = clock_now_us() + FINISH_US;
    lock();
    sys.finish = true;
    pthread_cond_broadcast(&sys.cond);
    while (sys.running && thread_cond_wait_until(&sys.cond, &sys.mutex, end_us))
        ;
    if (sys.running)
        log_warn("sound", "the sound server does not answer");
    sys.finish = false;
    unlock();
}
