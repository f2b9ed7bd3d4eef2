#include "media_rx.h"

#include "client/recv/assembler.h"
#include "shared/bytes.h"
#include "shared/keys.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { TS_AT = 20, SEAL_AT = 24, KEYS_US = 1000000 };

void media_rx_init(struct media_rx *rx, struct room_keys *keys, const struct media_rx_io *io)
{
    memset(rx, 0, sizeof *rx);
    rx->keys = keys;
    rx->io = *io;
}

static void drop_held(struct media_rx *rx, size_t i)
{
    free(rx->held[i].data);
    memmove(&rx->held[i], &rx->held[i + 1], (rx->held_count - i - 1) * sizeof rx->held[0]);
    rx->held_count--;
}

static void close_stream(struct media_stream *st)
{
    for (unsigned i = 0; i < MEDIA_RX_KEYS; i++)
        seal_key_destroy(&st->keys[i].key);
    assembler_destroy(st->assembler);
    memset(st, 0, sizeof *st);
}

void media_rx_destroy(struct media_rx *rx)
{
    while (rx->held_count)
        drop_held(rx, 0);
    for (unsigned i = 0; i < rx->stream_end; i++)
        close_stream(&rx->streams[i]);
    rx->stream_end = 0;
}

static struct media_past *find_past(struct media_rx *rx, uint16_t sender, const uint8_t mark[16])
{
    for (unsigned i = 0; i < MEDIA_RX_PAST; i++)
        if (rx->past[i].order && rx->past[i].sender == sender && memcmp(rx->past[i].mark, mark, 16) == 0)
            return &rx->past[i];
    return NULL;
}

static void keep_past(struct media_rx *rx, uint16_t sender, const uint8_t mark[16], uint64_t newest)
{
    struct media_past *at = find_past(rx, sender, mark), *oldest = &rx->past[0], *own = NULL;
    unsigned owns = 0;
    for (unsigned i = 0; !at && i < MEDIA_RX_PAST; i++) {
        struct media_past *p = &rx->past[i];
        if (p->order < oldest->order)
            oldest = p;
        if (p->order && p->sender == sender) {
            owns++;
            own = !own || p->order < own->order ? p : own;
        }
    }
    if (!at)
        at = owns >= MEDIA_RX_PAST_SENDER ? own : oldest;
    *at = (struct media_past){.sender = sender, .newest = newest, .order = ++rx->past_order};
    memcpy(at->mark, mark, sizeof at->mark);
}

void media_rx_forget(struct media_rx *rx, uint16_t sender)
{
    for (unsigned i = 0; i < rx->stream_end; i++) {
        struct media_stream *st = &rx->streams[i];
        if (!st->used || st->sender != sender)
            continue;
        for (unsigned k = 0; k < MEDIA_RX_KEYS; k++)
            if (st->keys[k].used && st->keys[k].seen.newest)
                keep_past(rx, sender, st->keys[k].mark, st->keys[k].seen.newest);
        close_stream(st);
    }
    while (rx->stream_end && !rx->streams[rx->stream_end - 1].used)
        rx->stream_end--;
}

struct media_stream *media_rx_find(struct media_rx *rx, uint16_t sender, uint8_t slot)
{
    for (unsigned i = 0; i < rx->stream_end; i++)
        if (rx->streams[i].used && rx->streams[i].sender == sender && rx->streams[i].slot == slot)
            return &rx->streams[i];
    return NULL;
}

static bool is_video(uint8_t slot)
{
    return wire_stream(slot) == WIRE_STREAM_CAMERA || wire_stream(slot) == WIRE_STREAM_SCREEN;
}

static unsigned streams_of(const struct media_rx *rx, uint16_t sender)
{
    unsigned n = 0;
    for (unsigned i = 0; i < rx->stream_end; i++)
        n += rx->streams[i].used && rx->streams[i].sender == sender;
    return n;
}

// A stream exists once something of it could be opened; a full table refuses new ones, and so does a sender's share.
static struct media_stream *open_stream(struct media_rx *rx, uint16_t sender, uint8_t slot)
{
    struct media_stream *st = media_rx_find(rx, sender, slot);
    if (!st && streams_of(rx, sender) >= MEDIA_RX_SENDER)
        return NULL;
    for (unsigned i = 0; !st && i < MEDIA_RX_STREAMS; i++)
        if (!rx->streams[i].used) {
            st = &rx->streams[i];
            rx->stream_end = MAX(rx->stream_end, i + 1);
            *st = (struct media_stream){.used = true, .sender = sender, .slot = slot};
            if (is_video(slot))
                st->assembler = assembler_create();
        }
    return st;
}

// Opening contexts live as long as their bases: one that went earlier would take its replay window along.
static void drop_dead_keys(const struct room_keys *keys, struct media_stream *st, uint64_t now_us)
{
    for (unsigned i = 0; i < MEDIA_RX_KEYS; i++) {
        if (st->keys[i].used && !room_keys_lives(keys, st->sender, st->keys[i].serial, now_us)) {
            seal_key_destroy(&st->keys[i].key);
            memset(&st->keys[i], 0, sizeof st->keys[i]);
        }
    }
}

// The opening context of a base, -1 when there is no room: there are as many as a member has bases.
static int key_index(struct media_rx *rx, struct media_stream *st, const struct room_keys_base *base, uint64_t now_us)
{
    int take = -1;
    for (int i = 0; i < MEDIA_RX_KEYS; i++)
        if (st->keys[i].used && st->keys[i].serial == base->serial)
            return i;
    drop_dead_keys(rx->keys, st, now_us);
    for (int i = 0; take < 0 && i < MEDIA_RX_KEYS; i++)
        if (!st->keys[i].used)
            take = i;
    if (take < 0)
        return -1;
    uint8_t slot_key[32];
    keys_slot(slot_key, base->base, st->slot);
    bool ok = seal_key_init(&st->keys[take].key, slot_key, base->number % 8, false);
    crypto_generichash(st->keys[take].mark, sizeof st->keys[take].mark, slot_key, sizeof slot_key, NULL, 0);
    sodium_memzero(slot_key, sizeof slot_key);
    if (!ok)
        return -1;
    st->keys[take].used = true;
    st->keys[take].serial = base->serial;
    const struct media_past *past = find_past(rx, st->sender, st->keys[take].mark);
    if (past)
        replay_begin_after(&st->keys[take].seen, past->newest);
    return take;
}

static void count(struct media_stream *st, const struct media_packet *p)
{
    if (!st->newest)
        st->first = p->number;
    st->newest = MAX(st->newest, p->number);
    st->received++;
    st->second_bytes += p->size;
    // RFC 3550 §6.4.1 on the first packet of each timestamp
    if (st->last_arrival_us && p->ts != st->last_ts) {
        double clock = wire_stream(st->slot) == WIRE_STREAM_AUDIO ? 48e3 : 90e3;
        double d =
            (double)(int64_t)(p->now_us - st->last_arrival_us) - (double)(int32_t)(p->ts - st->last_ts) * 1e6 / clock;
        if (fabs(d) < 1e6)
            st->jitter_us += (fabs(d) - st->jitter_us) / 16;
    }
    if (p->ts != st->last_ts || !st->last_arrival_us) {
        st->last_arrival_us = p->now_us;
        st->last_ts = p->ts;
    }
}

// Counters start anew with each key. The hop's numbers tell how many packets lie between two keys, so that the running
// number has a hole where something was lost and none where nothing was.
static uint32_t running_number(struct media_stream *st, int k, uint64_t number, uint64_t ctr)
{
    uint32_t offset = (uint32_t)(ctr - SEAL_CTR_FIRST);
    if (!st->keys[k].counted) {
        uint64_t between = st->any && number > st->hop_newest ? number - st->hop_newest : 0;
        uint32_t here = st->running_newest + (uint32_t)MAX(between, (uint64_t)offset + 1);
        st->keys[k].base = here - offset;
        st->keys[k].counted = true;
    }
    uint32_t running = st->keys[k].base + offset;
    if (!st->any || (int32_t)(running - st->running_newest) > 0) {
        st->running_newest = running;
        st->hop_newest = number;
        st->any = true;
    }
    return running;
}

static void deliver(struct media_rx *rx, struct media_stream *st, const struct media_packet *p)
{
    count(st, p);
    if (rx->io.opened)
        rx->io.opened(rx->io.ctx, p);
    if (st->assembler) {
        assembler_push(st->assembler, p->running, p->ts, p->mark, p->payload, p->size, p->now_us);
        rx->io.frames(rx->io.ctx, st, p->now_us);
    } else {
        rx->io.packet(rx->io.ctx, st, p);
    }
}

enum opening { OPENED, NOT_OURS, NO_KEY };

static enum opening try_open(struct media_rx *rx, const uint8_t *p, size_t n, uint64_t number, uint64_t now_us)
{
    struct wire_header h;
    uint8_t kid, metadata[SEAL_METADATA], payload[WIRE_DATAGRAM_MAX];
    uint64_t ctr;
    size_t size;
    if (!wire_read(&h, p, n) || !seal_peek(p + SEAL_AT, n - SEAL_AT, &kid, &ctr))
        return NOT_OURS;
    const struct room_keys_base *base = room_keys_base(rx->keys, h.sender, kid, now_us);
    if (!base) {
        if (room_keys_has(rx->keys, h.sender))
            room_keys_ask(rx->keys, h.sender, now_us);
        return NO_KEY;
    }
    struct media_stream *st = open_stream(rx, h.sender, h.slot);
    int k = st ? key_index(rx, st, base, now_us) : -1;
    if (k < 0)
        return NOT_OURS;
    // The counter starts at 2^24; the window wants small numbers from 1.
    uint64_t seen = ctr - SEAL_CTR_FIRST + 1;
    enum replay_verdict v = replay_check(&st->keys[k].seen, seen, REPLAY_WINDOW_SFRAME);
    if (v == REPLAY_SEEN || v == REPLAY_OLD)
        return NOT_OURS;
    seal_metadata(metadata, p);
    if (!seal_open(&st->keys[k].key, metadata, p + SEAL_AT, n - SEAL_AT, payload, &size) || size == 0)
        return NOT_OURS;
    replay_commit(&st->keys[k].seen, seen);
    struct bytes_reader r = bytes_reader(p + TS_AT, 4);
    struct media_packet packet = {.sender = h.sender,
                                  .slot = h.slot,
                                  .mark = h.mark,
                                  .ts = bytes_u32(&r),
                                  .number = number,
                                  .ctr = ctr,
                                  .running = running_number(st, k, number, ctr),
                                  .payload = payload,
                                  .size = size,
                                  .now_us = now_us};
    deliver(rx, st, &packet);
    return OPENED;
}

// Its key has not come in time: the box may have been lost on its way.
static void give_up_oldest(struct media_rx *rx, uint64_t now_us)
{
    struct wire_header h;
    if (wire_read(&h, rx->held[0].data, rx->held[0].size))
        room_keys_ask(rx->keys, h.sender, now_us);
    drop_held(rx, 0);
}

static void hold(struct media_rx *rx, const uint8_t *p, size_t n, uint64_t number, uint64_t now_us)
{
    if (rx->held_count == MEDIA_RX_HELD)
        give_up_oldest(rx, now_us);
    struct media_held *h = &rx->held[rx->held_count++];
    *h = (struct media_held){base_alloc(n), n, number, now_us};
    memcpy(h->data, p, n);
}

enum media_rx_verdict media_rx_push(struct media_rx *rx, const uint8_t *p, size_t n, uint64_t number, uint64_t now_us)
{
    switch (try_open(rx, p, n, number, now_us)) {
    case OPENED:
        return MEDIA_RX_OPENED;
    case NO_KEY:
        hold(rx, p, n, number, now_us);
        return MEDIA_RX_KEPT;
    case NOT_OURS:
        break;
    }
    rx->unopened++;
    return MEDIA_RX_REFUSED;
}

void media_rx_key_came(struct media_rx *rx, uint64_t now_us)
{
    for (size_t i = 0; i < rx->held_count;) {
        struct media_held h = rx->held[i];
        if (try_open(rx, h.data, h.size, h.number, now_us) == NO_KEY)
            i++;
        else
            drop_held(rx, i);
    }
}

void media_rx_second(struct media_rx *rx, double seconds)
{
    for (unsigned i = 0; i < rx->stream_end; i++) {
        struct media_stream *st = &rx->streams[i];
        if (!st->used)
            continue;
        st->kbps = (double)st->second_bytes * 8 / 1000 / seconds;
        st->fps_in = (double)st->second_frames / seconds;
        // Over all the time, so that what a repair brings in the next second was never lost.
        uint64_t expected = st->newest ? st->newest + 1 - st->first : 0;
        st->lost = expected > st->received ? expected - st->received : 0;
        st->second_bytes = st->second_frames = 0;
    }
}

uint64_t media_rx_tick(struct media_rx *rx, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    while (rx->held_count && now_us - rx->held[0].at_us > MEDIA_RX_HOLD_US)
        give_up_oldest(rx, now_us);
    if (rx->held_count)
        next = rx->held[0].at_us + MEDIA_RX_HOLD_US + 1;
    bool keys_due = now_us >= rx->keys_due_us;
    if (keys_due)
        rx->keys_due_us = now_us + KEYS_US;
    for (unsigned i = 0; i < rx->stream_end; i++) {
        struct media_stream *st = &rx->streams[i];
        if (st->used && keys_due)
            drop_dead_keys(rx->keys, st, now_us);
        if (!st->used || !st->assembler)
            continue;
        if (rx->patience_us)
            assembler_set_patience(st->assembler, rx->patience_us);
        uint64_t due = assembler_deadline(st->assembler);
        if (due <= now_us) {
            rx->io.frames(rx->io.ctx, st, now_us); // a hole may be given up now
            due = assembler_deadline(st->assembler);
        }
        next = MIN(next, due);
    }
    return next;
}
