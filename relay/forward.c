#include "forward.h"

#include "switches.h"

#include <string.h>

enum { WATCHED_REPEATS = 3, LAYERS_COUNT = 4, SUB_STREAMS = 4 };

static struct table_room *room_of(const struct table *t, const struct table_member *m)
{
    return &t->room[m->room];
}

static bool is_video(unsigned stream)
{
    return stream == WIRE_STREAM_CAMERA || stream == WIRE_STREAM_SCREEN;
}

static bool is_file(unsigned stream)
{
    return stream == WIRE_STREAM_FILE || stream == WIRE_STREAM_FILE_ACK;
}

uint64_t forward_receivers(const struct table *t, const struct table_member *from, int slot_index)
{
    return from->slot[slot_index].receivers & room_of(t, from)->live & ~((uint64_t)1 << from->seat);
}

uint64_t forward_waiting(const struct table *t, const struct table_member *from, uint8_t slot)
{
    if (slot & (SUB_STREAMS - 1))
        return 0;
    return from->layer[table_video_slot(slot)].waiting & room_of(t, from)->live & ~((uint64_t)1 << from->seat);
}

bool forward_slot_ok(uint8_t type, uint8_t slot)
{
    if (table_slot_index(slot) < 0)
        return false;
    return (type == WIRE_FILE) == is_file(wire_stream(slot));
}

void forward_watched_soon(struct table_member *from, uint64_t now_us)
{
    from->watched_repeats = WATCHED_REPEATS;
    from->watched_due_us = now_us;
    from->due_us = 0;
}

void forward_watchers_changed(struct table *t, const struct table_room *r, uint64_t now_us)
{
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++)
        if (r->taken >> s & 1)
            forward_watched_soon(&t->member[r->seat[s]], now_us);
}

static bool set_bit(uint64_t *mask, unsigned seat, bool on)
{
    uint64_t bit = (uint64_t)1 << seat, before = *mask;
    *mask = on ? before | bit : before & ~bit;
    return *mask != before;
}

static void set_audio(struct table_member *from, unsigned seat, bool on)
{
    int first = table_slot_index(WIRE_SLOT(WIRE_STREAM_AUDIO, 0));
    for (int i = 0; i < 16; i++)
        set_bit(&from->slot[first + i].receivers, seat, on);
}

static bool want_equal(const struct table_want *a, const struct table_want *b)
{
    return a->camera == b->camera && a->screen == b->screen && a->camera_kbps == b->camera_kbps &&
           a->screen_kbps == b->screen_kbps;
}

static struct table_want want_of(const struct feedback_layers *l, uint16_t sender)
{
    for (unsigned i = 0; i < l->count; i++) {
        const struct feedback_layer *x = &l->item[i];
        if (x->sender == sender)
            return (struct table_want){x->camera, x->screen, x->camera_kbps, x->screen_kbps};
    }
    return (struct table_want){0};
}

static bool set_files(struct table_member *from, unsigned seat, const struct feedback_layers *l)
{
    uint64_t want[2] = {0, 0}; // bit = slot's low nibble, of file and file ack
    bool changed = false;
    for (unsigned i = 0; i < l->file_count; i++) {
        unsigned stream = wire_stream(l->file[i].slot);
        if (l->file[i].sender == from->sender && is_file(stream))
            want[stream - WIRE_STREAM_FILE] |= (uint64_t)1 << (l->file[i].slot & 15);
    }
    for (unsigned s = 0; s < 2; s++)
        for (unsigned i = 0; i < 16; i++) {
            int at = table_slot_index((uint8_t)((WIRE_STREAM_FILE + s) << 4 | i));
            changed |= set_bit(&from->slot[at].receivers, seat, want[s] >> i & 1);
        }
    return changed;
}

void forward_layers(struct table *t, struct table_member *to, const struct feedback_layers *layers, uint64_t now_us)
{
    struct table_room *r = room_of(t, to);
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++) {
        if (!(r->taken >> s & 1) || s == to->seat)
            continue;
        struct table_member *from = &t->member[r->seat[s]];
        struct table_want want = want_of(layers, from->sender), *have = &to->want[s];
        bool changed = set_files(from, to->seat, layers);
        if (!want_equal(&want, have)) {
            set_audio(from, to->seat, !(want.camera & FEEDBACK_NO_AUDIO));
            switches_want(from, to, WIRE_STREAM_CAMERA, want.camera);
            switches_want(from, to, WIRE_STREAM_SCREEN, want.screen);
            *have = want;
            changed = true;
        }
        if (changed)
            forward_watched_soon(from, now_us);
    }
}

void forward_refresh(struct table *t, const struct table_member *asker, const struct feedback_refresh *r)
{
    struct table_member *from = table_find(t, asker->room_id, r->sender);
    int at = table_slot_index(r->slot);
    if (!from || at < 0 || !is_video(wire_stream(r->slot)) ||
        !((forward_receivers(t, from, at) | forward_waiting(t, from, r->slot)) >> asker->seat & 1))
        return;
    struct table_refresh *f = &from->refresh[table_video_slot(r->slot)];
    // Of several askers the one who lost most decides: a request without a good ts covers all others.
    bool older = r->has_ts && (int32_t)(r->last_good_ts - f->last_good_ts) < 0;
    if (!f->pending) {
        f->has_ts = r->has_ts;
        f->last_good_ts = r->last_good_ts;
    } else if (!r->has_ts) {
        f->has_ts = false;
    } else if (f->has_ts && older) {
        f->last_good_ts = r->last_good_ts;
    }
    f->pending = true;
    from->due_us = 0;
}

bool forward_refresh_due(struct table_member *from, unsigned slot, struct feedback_refresh *out, uint64_t now_us)
{
    struct table_refresh *f = &from->refresh[slot];
    if (!f->pending || (f->sent_us && now_us - f->sent_us < WIRE_REFRESH_MS * 1000u))
        return false;
    unsigned stream = slot < LAYERS_COUNT ? WIRE_STREAM_CAMERA : WIRE_STREAM_SCREEN;
    *out = (struct feedback_refresh){.sender = from->sender,
                                     .slot = WIRE_SLOT(stream, slot % LAYERS_COUNT),
                                     .has_ts = f->has_ts,
                                     .last_good_ts = f->has_ts ? f->last_good_ts : 0};
    f->sent_us = now_us;
    f->pending = f->has_ts = false;
    return true;
}

void forward_keyframe(struct table_member *from, uint8_t slot)
{
    if (is_video(wire_stream(slot)))
        from->refresh[table_video_slot(slot)].pending = false;
}

// What those who watch a slot can take, 0 = all. Who is about to leave it counts only when nobody else is there: what
// he can take of it is why he leaves.
static unsigned limit_of(const struct table *t, const struct table_member *from, uint8_t slot, uint64_t seats)
{
    const struct table_room *r = room_of(t, from);
    uint64_t elsewhere = switches_leave(from, slot) & seats;
    unsigned least = 0;
    for (uint64_t left = seats & ~elsewhere ? seats & ~elsewhere : seats; left; left &= left - 1) {
        const struct table_want *w = &t->member[r->seat[__builtin_ctzll(left)]].want[from->seat];
        unsigned kbps = wire_stream(slot) == WIRE_STREAM_CAMERA ? w->camera_kbps : w->screen_kbps;
        if (kbps && (!least || kbps < least))
            least = kbps;
    }
    return least;
}

void forward_watched(const struct table *t, const struct table_member *from, struct feedback_watched *out)
{
    out->count = 0;
    for (int i = 0; i < TABLE_SLOTS && out->count < FEEDBACK_LIST_MAX; i++) {
        uint8_t slot = table_slot_of(i);
        unsigned stream = wire_stream(slot);
        uint64_t seats = forward_receivers(t, from, i);
        if (is_video(stream))
            seats |= forward_waiting(t, from, slot);
        if (!seats || !(is_video(stream) || is_file(stream)))
            continue;
        unsigned n = out->count++;
        out->item[n].slot = slot;
        out->item[n].watchers = (uint8_t)__builtin_popcountll(seats);
        out->item[n].kbps = (uint16_t)(is_video(stream) ? limit_of(t, from, slot, seats) : 0);
    }
}
