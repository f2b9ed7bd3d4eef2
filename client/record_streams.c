#include "record_streams.h"

#include "client/sps.h"
#include "shared/wire.h"

#include <opus/opus_defines.h>
#include <opus/opus.h>
#include <stdio.h>
#include <string.h>

enum {
    SOUND_RATE = 48000,
    PICTURE_RATE = 90000,
    NAL_SPS = 7,
    NAL_PPS = 8,
    SILENCE = 2,         // bytes of an Opus packet that says nothing (DTX)
    ASK_US = 500000,     // for one keyframe
    QUIET_US = 500000,   // a layer of ours that has not come for so long is over
    UNTOLD_US = 2000000, // so much longer waits what came before its sender told of his clock, each second
    FORGET = SOUND_RATE  // a packet so much older than the newest is of another beginning
};

void record_streams_init(struct record_streams *s, bool l16)
{
    memset(s, 0, sizeof *s);
    s->l16 = l16;
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++)
        s->streams[i].track = s->streams[i].old_track = RECORD_STREAMS_NONE;
}

void record_streams_destroy(struct record_streams *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++)
        record_order_destroy(&s->streams[i].order);
}

void record_streams_end(struct record_streams *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++)
        record_order_flush(&s->streams[i].order);
}

// ---- people ----

static struct record_person *find_member(struct record_streams *s, uint16_t member)
{
    for (size_t i = 0; i < ARRAY_LEN(s->people); i++)
        if (s->people[i].used && s->people[i].here && s->people[i].member == member)
            return &s->people[i];
    return NULL;
}

static void forget(struct record_stream *st)
{
    record_order_destroy(&st->order);
    st->used = false;
    st->track = st->old_track = RECORD_STREAMS_NONE;
}

static bool is_recorded(const struct record_streams *s, size_t person)
{
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++) {
        const struct record_stream *st = &s->streams[i];
        if (st->used && st->person == person && (st->first || st->track >= 0 || st->old_track >= 0))
            return true;
    }
    return false;
}

static struct record_person *place_for(struct record_streams *s, const uint8_t identity[32])
{
    struct record_person *place = NULL;
    for (size_t i = 0; i < ARRAY_LEN(s->people); i++) {
        struct record_person *p = &s->people[i];
        if (p->used && !p->here && !memcmp(p->identity, identity, sizeof p->identity))
            return p;
        if (!place && (!p->used || (!p->here && !is_recorded(s, i))))
            place = p;
    }
    for (size_t i = 0; place && i < ARRAY_LEN(s->streams); i++)
        if (s->streams[i].person == place - s->people)
            forget(&s->streams[i]); // of who was there before
    return place;
}

static void begin_anew(struct record_stream *st)
{
    record_clock_init(&st->clock, st->kind == WIRE_STREAM_AUDIO ? SOUND_RATE : PICTURE_RATE);
    st->going = st->heard = st->refused = false;
    st->slot = 0;
    for (struct record_item *item = st->first; item; item = item->next)
        item->told = true; // what he tells from now on is of another clock
}

void record_streams_member(struct record_streams *s, uint16_t member, const uint8_t identity[32], const char *name,
                           bool camera)
{
    struct record_person *p = find_member(s, member);
    if (p && !memcmp(p->identity, identity, sizeof p->identity)) {
        p->camera = camera;
        return;
    }
    if (p)
        p->here = false;
    p = place_for(s, identity);
    if (!p)
        return;
    *p = (struct record_person){.used = true, .here = true, .camera = camera, .member = member};
    memcpy(p->identity, identity, sizeof p->identity);
    snprintf(p->name, sizeof p->name, "%s", name);
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++)
        if (s->streams[i].used && s->streams[i].person == p - s->people)
            begin_anew(&s->streams[i]);
}

void record_streams_gone(struct record_streams *s, uint16_t member)
{
    struct record_person *p = find_member(s, member);
    if (p)
        p->here = false;
}

const struct record_person *record_streams_person(const struct record_streams *s, const struct record_stream *st)
{
    return &s->people[st->person];
}

// ---- streams ----

static struct record_stream *find(struct record_streams *s, uint16_t member, uint8_t slot, bool make)
{
    unsigned kind = wire_stream(slot);
    const struct record_person *p = find_member(s, member);
    struct record_stream *place = NULL;
    if (!p || kind > WIRE_STREAM_SCREEN)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++) {
        struct record_stream *st = &s->streams[i];
        if (st->used && st->person == p - s->people && st->kind == kind)
            return st;
        if (!place && !st->used)
            place = st;
    }
    if (!make || !place)
        return NULL;
    *place = (struct record_stream){.used = true,
                                    .person = (uint8_t)(p - s->people),
                                    .kind = (uint8_t)kind,
                                    .track = RECORD_STREAMS_NONE,
                                    .old_track = RECORD_STREAMS_NONE,
                                    .last_ms = -1};
    begin_anew(place);
    return place;
}

void record_streams_expect_sound(struct record_streams *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->people); i++)
        if (s->people[i].used && s->people[i].here)
            find(s, s->people[i].member, WIRE_SLOT(WIRE_STREAM_AUDIO, 0), true);
}

// What came before he told of his clock lies where it came, late by encoder and way: it goes to where he captured it.
static void place_anew(struct record_stream *st)
{
    uint64_t before = 0;
    for (struct record_item *item = st->first; item; before = item->at_us, item = item->next) {
        uint64_t came = item->at_us;
        item->at_us = MAX(item->told ? came : record_clock_again(&st->clock, item->ts, came), before);
        if (item->placed)
            item->shown_us = MAX(item->shown_us + (item->at_us - came), item->at_us); // wraps there and back
        item->told |= st->clock.told;
    }
}

void record_streams_clock(struct record_streams *s, const struct record_item *told, uint64_t now_us)
{
    struct record_stream *st = find(s, told->member, told->slot, true);
    if (!st)
        return;
    struct record_person *p = &s->people[st->person];
    if (p->said_us == told->at_us) {
        record_clock_set(&st->clock, told->ts, p->taken_us);
    } else {
        record_clock_told(&st->clock, told->ts, told->at_us, now_us);
        if (st->clock.told && st->clock.ts == told->ts) {
            p->said_us = told->at_us;
            p->taken_us = st->clock.at_us;
        }
    }
    place_anew(st);
}

static void append(struct record_stream *st, struct record_item *item)
{
    item->next = NULL;
    *(st->first ? &st->last->next : &st->first) = item;
    st->last = item;
    st->waiting += item->size;
}

struct record_item *record_streams_pop(struct record_stream *st)
{
    struct record_item *item = st->first;
    if (!item)
        return NULL;
    st->first = item->next;
    st->last = st->first ? st->last : NULL;
    st->waiting -= item->size;
    record_order_forget(&st->order, item);
    st->newest = item->ts;
    st->heard = true;
    item->next = NULL;
    return item;
}

// ---- pictures ----

// The SPS and PPS of a keyframe. True when both are in it.
static bool keep_headers(struct record_stream *st, const uint8_t *data, size_t size)
{
    struct sps sps;
    bool found, parts[2] = {false, false};
    size_t n = 0, from = 0, type = 0;
    if (!sps_check_frame(data, size, &sps, &found) || !found)
        return false;
    for (size_t i = 0; i <= size; i++) {
        bool start = i + 3 < size && !data[i] && !data[i + 1] && data[i + 2] == 1;
        if (!start && i < size)
            continue;
        size_t end = start && i > from && i && !data[i - 1] ? i - 1 : i; // a start code may have four bytes
        if (type == NAL_SPS || type == NAL_PPS) {
            if (n + 4 + (end - from) > sizeof st->headers)
                return false;
            memcpy(st->headers + n, "\0\0\0\1", 4);
            memcpy(st->headers + n + 4, data + from, end - from);
            n += 4 + (end - from);
            parts[type == NAL_PPS] = true;
        }
        if (start) {
            from = i + 3;
            type = data[from] & 0x1f;
            i += 2;
        }
    }
    if (!parts[0] || !parts[1])
        return false;
    st->headers_size = n;
    st->order.depth = sps.reorder;
    st->width = sps.width;
    st->height = sps.height;
    return true;
}

static void ask_for(struct record_stream *st, const struct record_item *item, uint64_t now_us, struct record_ask *ask)
{
    if (st->asked_us && now_us < st->asked_us + ASK_US)
        return;
    st->asked_us = now_us;
    *ask = (struct record_ask){true, item->member, item->slot};
}

// Of ours there are several layers at once: the largest, from one of its keyframes on.
static bool is_ours(struct record_stream *st, const struct record_item *item, uint64_t now_us, struct record_ask *ask)
{
    bool over = !st->going || now_us > st->seen_us + QUIET_US;
    if (item->slot == st->slot && st->going)
        return true;
    if (!over && wire_layer(item->slot) < wire_layer(st->slot))
        return false;
    if (!item->keyframe)
        ask_for(st, item, now_us, ask);
    return item->keyframe;
}

static bool take_picture(struct record_stream *st, struct record_item *item, uint64_t now_us, struct record_ask *ask)
{
    if (item->member == 0 && !is_ours(st, item, now_us, ask))
        return false;
    if (item->keyframe && !keep_headers(st, item->data, item->size))
        return false;
    if (!st->going && item->keyframe)
        record_order_flush(&st->order); // of before
    if (!st->going && !item->keyframe) {
        ask_for(st, item, now_us, ask);
        return false;
    }
    st->going = true;
    st->slot = item->slot;
    st->seen_us = now_us;
    uint64_t at = record_clock_when(&st->clock, item->ts, now_us);
    item->at_us = st->last ? MAX(at, st->last->at_us) : at; // in the order they are decoded in
    item->told = st->clock.told;
    append(st, item);
    record_order_add(&st->order, item);
    return true;
}

// ---- sound ----

unsigned record_streams_audio_ms(const struct record_streams *s, const struct record_item *item)
{
    if (s->l16)
        return (unsigned)(item->size / 2 / (SOUND_RATE / 1000));
    int samples = item->size ? opus_packet_get_nb_samples(item->data, (opus_int32)item->size, SOUND_RATE) : 0;
    return samples > 0 ? (unsigned)samples / (SOUND_RATE / 1000) : 0;
}

// Sorted in, as repairs come late; copies of one that is there are no second one.
static bool take_sound(struct record_streams *s, struct record_stream *st, struct record_item *item, uint64_t now_us,
                       bool *useful)
{
    *useful = false;
    item->placed = true;
    if (!record_streams_audio_ms(s, item) || (!s->l16 && item->size <= SILENCE))
        return false;
    int32_t after = (int32_t)(item->ts - st->newest);
    if (st->heard && after <= 0 && after > -FORGET)
        return false;
    if (!st->heard && !st->first && !s->l16)
        st->stereo = opus_packet_get_nb_channels(item->data) == 2;
    struct record_item **at = &st->first;
    uint64_t before = 0;
    item->at_us = record_clock_when(&st->clock, item->ts, now_us);
    item->told = st->clock.told;
    for (; *at && (int32_t)((*at)->ts - item->ts) < 0; at = &(*at)->next)
        before = (*at)->at_us;
    if (*at && (*at)->ts == item->ts)
        return false;
    item->at_us = MAX(item->at_us, before);
    if (!*at) {
        append(st, item);
        return true;
    }
    item->at_us = MIN(item->at_us, (*at)->at_us);
    item->next = *at;
    *at = item;
    st->waiting += item->size;
    return true;
}

bool record_streams_take(struct record_streams *s, struct record_item *item, uint64_t now_us, struct record_ask *ask,
                         bool *useful)
{
    struct record_stream *st = find(s, item->member, item->slot, true);
    *useful = st != NULL && !st->refused;
    if (!*useful)
        return false;
    if (item->type == RECORD_ITEM_AUDIO)
        return take_sound(s, st, item, now_us, useful);
    *useful = false; // what comes before a keyframe is not missed
    return take_picture(st, item, now_us, ask);
}

// ---- what is next ----

struct record_stream *record_streams_fresh(struct record_streams *s)
{
    struct record_stream *best = NULL;
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++) {
        struct record_stream *st = &s->streams[i];
        if (st->used && st->first && st->track < 0 && st->old_track < 0)
            if (!best || st->first->at_us < best->first->at_us)
                best = st;
    }
    return best;
}

struct record_stream *record_streams_next(struct record_streams *s, uint64_t until_us)
{
    struct record_stream *best = NULL;
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++) {
        struct record_stream *st = &s->streams[i];
        bool tracked = st->track >= 0 || st->old_track >= 0;
        if (!st->used || !tracked || !st->first || !st->first->placed)
            continue;
        if (st->first->at_us + (st->first->told ? 0 : UNTOLD_US) > until_us)
            continue;
        if (!best || st->first->at_us < best->first->at_us)
            best = st;
    }
    return best;
}

bool record_streams_complete(const struct record_streams *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++) {
        const struct record_stream *st = &s->streams[i];
        if (st->used && st->first && !st->first->told && st->track < 0 && st->old_track < 0)
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(s->people); i++) {
        bool seen = !s->people[i].used || !s->people[i].here || !s->people[i].camera;
        for (size_t k = 0; k < ARRAY_LEN(s->streams) && !seen; k++) {
            const struct record_stream *st = &s->streams[k];
            seen = st->used && st->person == i && st->kind == WIRE_STREAM_CAMERA &&
                   (st->first || st->track >= 0 || st->refused);
        }
        if (!seen)
            return false;
    }
    return true;
}

uint64_t record_streams_oldest(const struct record_streams *s)
{
    uint64_t oldest = UINT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(s->streams); i++)
        if (s->streams[i].used && s->streams[i].first)
            oldest = MIN(oldest, s->streams[i].first->at_us);
    return oldest;
}
