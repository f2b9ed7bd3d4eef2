#include "sounds.h"

#include "shared/base.h"
#include "sounds_data.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    RATE = 48000,
    FADE = RATE * 5 / 1000,
    AGAIN = RATE * 50 / 1000,
    VOICES = 2 * SOUNDS_AT_ONCE, // as many again may be fading out
    RING_REST = RATE * 16 / 10,
    CALLING_REST = RATE * 22 / 10
};

struct order {
    enum sound sound;
    unsigned stops; // how often all had been stopped before
};

struct voice { // playback thread
    enum sound sound;
    uint32_t at;     // the next sample
    uint32_t fading; // samples of its fade that are left; 0 = it does not end early
    unsigned number; // counts up: the lowest is the oldest
    float gain;
    bool live, repeats;
};

struct sounds {
    // Main writes orders and tail, playback head. A stop overtakes what waits before it.
    struct order orders[SOUNDS_WAITING];
    atomic_uint tail, head, stops;
    atomic_uint repeat; // main writes: turn << 8 | sound
    atomic_bool sounding;
    _Atomic float gain;

    const int16_t *clip; // main writes both while clip_left is 0
    size_t clip_count;
    atomic_size_t clip_left; // samples that are still to be played
    atomic_bool clip_stop;

    enum sound asked; // main thread: what repeats

    // playback thread
    struct voice voices[VOICES];
    unsigned last_number, seen_stops, seen_repeat;
    enum sound repeated;
    bool first_round;
    int64_t until_next; // samples to the next round
    float now_gain;
};

struct sounds *sounds_create(void)
{
    struct sounds *s = base_alloc(sizeof *s);
    s->asked = s->repeated = SOUND_NONE;
    s->seen_repeat = SOUND_NONE;
    atomic_init(&s->repeat, SOUND_NONE);
    sounds_set_volume(s, SOUNDS_VOLUME);
    s->now_gain = atomic_load(&s->gain);
    return s;
}

void sounds_destroy(struct sounds *s)
{
    free(s);
}

// ---- main thread ----

void sounds_play(struct sounds *s, enum sound sound)
{
    unsigned tail = atomic_load_explicit(&s->tail, memory_order_relaxed);
    // Acquire: playback must be done with the place before it is written again.
    if (tail - atomic_load_explicit(&s->head, memory_order_acquire) == SOUNDS_WAITING)
        return;
    s->orders[tail % SOUNDS_WAITING] = (struct order){sound, atomic_load_explicit(&s->stops, memory_order_relaxed)};
    atomic_store_explicit(&s->tail, tail + 1, memory_order_release);
}

void sounds_loop(struct sounds *s, enum sound sound)
{
    if (sound == s->asked)
        return;
    s->asked = sound;
    unsigned turn = (atomic_load_explicit(&s->repeat, memory_order_relaxed) >> 8) + 1;
    atomic_store_explicit(&s->repeat, turn << 8 | sound, memory_order_release);
}

void sounds_stop(struct sounds *s)
{
    sounds_loop(s, SOUND_NONE);
    atomic_fetch_add_explicit(&s->stops, 1, memory_order_release);
}

void sounds_set_volume(struct sounds *s, int volume)
{
    float v = (float)CLAMP(volume, 0, 100) / 100;
    atomic_store_explicit(&s->gain, v * v, memory_order_relaxed); // squared, as ears count
}

void sounds_clip(struct sounds *s, const int16_t *samples, size_t count)
{
    if (sounds_clip_busy(s))
        return;
    s->clip = samples;
    s->clip_count = count;
    atomic_store(&s->clip_stop, false);
    atomic_store(&s->clip_left, count);
}

void sounds_clip_stop(struct sounds *s)
{
    atomic_store(&s->clip_stop, true);
}

bool sounds_clip_busy(const struct sounds *s)
{
    return atomic_load(&s->clip_left) != 0;
}

bool sounds_busy(const struct sounds *s)
{
    // Playback says that it sounds before it takes an order away.
    return (atomic_load(&s->repeat) & 0xff) != SOUND_NONE || atomic_load(&s->tail) != atomic_load(&s->head) ||
           atomic_load(&s->sounding) || sounds_clip_busy(s);
}

// ---- playback thread ----

static void fade_out(struct voice *v)
{
    if (v->at == 0)
        v->live = false; // nobody has heard it
    else if (v->live && !v->fading)
        v->fading = FADE;
}

// A place for one more. Those that fade are gone before the next block, so with four at once there always is one.
static struct voice *make_room(struct sounds *s)
{
    struct voice *oldest = NULL, *place = NULL;
    size_t count = 0;
    for (size_t i = 0; i < VOICES; i++) {
        struct voice *v = &s->voices[i];
        if (!v->live || v->fading)
            continue;
        count++;
        if (!v->repeats && (!oldest || s->last_number - v->number > s->last_number - oldest->number))
            oldest = v;
    }
    if (count >= SOUNDS_AT_ONCE && oldest)
        fade_out(oldest);
    for (size_t i = 0; i < VOICES && !place; i++)
        if (!s->voices[i].live)
            place = &s->voices[i];
    return place;
}

static void begin(struct sounds *s, enum sound sound, float gain, bool repeats)
{
    for (size_t i = 0; i < VOICES; i++) {
        const struct voice *v = &s->voices[i];
        if (v->live && !v->fading && v->sound == sound && v->at < AGAIN)
            return;
    }
    struct voice *v = make_room(s);
    if (v)
        *v = (struct voice){.sound = sound, .number = ++s->last_number, .gain = gain, .live = true, .repeats = repeats};
}

static void obey(struct sounds *s)
{
    unsigned tail = atomic_load_explicit(&s->tail, memory_order_acquire);
    unsigned head = atomic_load_explicit(&s->head, memory_order_relaxed);
    unsigned stops = atomic_load_explicit(&s->stops, memory_order_acquire); // not older than the orders before tail
    if (head != tail)
        atomic_store(&s->sounding, true);
    for (size_t i = 0; i < VOICES && stops != s->seen_stops; i++)
        fade_out(&s->voices[i]);
    s->seen_stops = stops;
    for (; head != tail; head++) {
        const struct order *o = &s->orders[head % SOUNDS_WAITING];
        if (o->stops == stops && o->sound < SOUND_COUNT)
            begin(s, o->sound, 1, false);
    }
    atomic_store_explicit(&s->head, head, memory_order_release);
}

static void repeat(struct sounds *s, size_t count)
{
    unsigned asked = atomic_load_explicit(&s->repeat, memory_order_acquire);
    if (asked != s->seen_repeat) {
        for (size_t i = 0; i < VOICES; i++)
            if (s->voices[i].repeats)
                fade_out(&s->voices[i]);
        s->seen_repeat = asked;
        s->repeated = (enum sound)(asked & 0xff);
        s->first_round = true;
        s->until_next = 0;
    }
    if (s->repeated == SOUND_NONE)
        return;
    if (s->until_next <= 0) {
        begin(s, s->repeated, s->repeated == SOUND_RING && s->first_round ? 0.5f : 1, true);
        s->first_round = false;
        s->until_next += sounds_data[s->repeated].count + (s->repeated == SOUND_RING ? RING_REST : CALLING_REST);
    }
    s->until_next -= (int64_t)count;
}

// `from` to `to`: the volume over the block.
static void add(struct voice *v, float *sum, size_t count, float from, float to)
{
    const struct sounds_data *d = &sounds_data[v->sound];
    for (size_t i = 0; i < count && v->live; i++) {
        float volume = from + (to - from) * (float)i / (float)count;
        float fade = v->fading ? (float)v->fading / FADE : 1;
        sum[i] += d->samples[v->at++] * v->gain * volume * fade;
        if (v->at == d->count || (v->fading && --v->fading == 0))
            v->live = false;
    }
}

static void add_clip(struct sounds *s, float *sum, size_t count)
{
    size_t left = atomic_load(&s->clip_left), n = MIN(count, left);
    for (size_t i = 0; i < n; i++)
        sum[i] += s->clip[s->clip_count - left + i];
    if (left)
        atomic_store(&s->clip_left, atomic_load(&s->clip_stop) ? 0 : left - n);
}

void sounds_mix(struct sounds *s, float *sum, size_t count)
{
    obey(s);
    repeat(s, count);
    float gain = atomic_load_explicit(&s->gain, memory_order_relaxed);
    bool sounding = false;
    for (size_t i = 0; i < VOICES; i++) {
        if (s->voices[i].live)
            add(&s->voices[i], sum, count, s->now_gain, gain);
        sounding |= s->voices[i].live;
    }
    s->now_gain = gain;
    add_clip(s, sum, count);
    atomic_store(&s->sounding, sounding);
}
