#include "switches.h"

#include "forward.h"
#include "repair.h"
#include "shared/bytes.h"
#include "shared/feedback.h"

enum {
    LAYERS = TABLE_VIDEO_SLOTS / 2,
    SUB_STREAMS = 4,
    AGAIN_US = 500000,
    LEAVE_US = 1000000,
    KEYFRAME_MOST = 1024 // datagrams from its first to the one that makes it whole
};

static unsigned index_of(unsigned stream, unsigned layer)
{
    return table_video_slot(WIRE_SLOT(stream, layer));
}

static int slot_of(unsigned stream, unsigned layer)
{
    return table_slot_index(WIRE_SLOT(stream, layer));
}

static void note(struct table_member *from, unsigned video)
{
    uint8_t bit = (uint8_t)(1u << video);
    bool any = from->layer[video].waiting || from->layer[video].leaving;
    from->switching = (uint8_t)(any ? from->switching | bit : from->switching & ~bit);
}

// Sub-streams up to `most` (-1: none) of one layer.
static void subscribe(struct table_member *from, unsigned seat, int slot_index, int most)
{
    uint64_t bit = (uint64_t)1 << seat;
    for (int sub = 0; sub < SUB_STREAMS; sub++) {
        uint64_t *receivers = &from->slot[slot_index + sub].receivers;
        *receivers = sub <= most ? *receivers | bit : *receivers & ~bit;
    }
}

static void wait_for(struct table_member *from, unsigned seat, unsigned stream, int layer)
{
    uint64_t bit = (uint64_t)1 << seat;
    for (unsigned i = 0; i < LAYERS; i++) {
        struct table_layer *l = &from->layer[index_of(stream, i)];
        if ((int)i != layer) {
            l->waiting &= ~bit;
        } else if (!(l->waiting & bit)) {
            if (!l->waiting) // one that began before may lack datagrams that nobody wanted then
                l->keyframe.any = false;
            l->waiting |= bit;
            l->leaving &= ~bit;
            from->refresh[index_of(stream, i)].pending = true;
        }
        note(from, index_of(stream, i));
    }
}

// Tell `to` from where on, so that what he misses is found; all sub-streams of a layer begin together.
static void begin(struct table_member *from, struct table_member *to, int slot_index, int most, uint64_t first)
{
    subscribe(from, to->seat, slot_index, most);
    repair_subscribed(to, from, slot_index, first);
    for (int sub = 1; sub <= most; sub++)
        repair_subscribed(to, from, slot_index + sub, from->slot[slot_index + sub].number + 1);
}

static int current(const struct table_member *from, unsigned seat, unsigned stream)
{
    for (unsigned i = 0; i < LAYERS; i++)
        if (from->slot[slot_of(stream, i)].receivers >> seat & 1)
            return (int)i;
    return -1;
}

void switches_want(struct table_member *from, struct table_member *to, unsigned stream, uint8_t want)
{
    int layer = want & FEEDBACK_WANT ? (int)feedback_layer(want) : -1, most = want >> 2 & 3;
    int old = current(from, to->seat, stream);
    bool at_once = old < 0 || layer < 0 || layer == old || want & FEEDBACK_NOW;
    wait_for(from, to->seat, stream, at_once ? -1 : layer);
    if (!at_once)
        return;
    for (unsigned i = 0; i < LAYERS; i++)
        if ((int)i != layer)
            subscribe(from, to->seat, slot_of(stream, i), -1);
    if (layer < 0)
        return;
    int slot_index = slot_of(stream, (unsigned)layer);
    if (layer == old) {
        subscribe(from, to->seat, slot_index, most);
        return;
    }
    from->layer[index_of(stream, (unsigned)layer)].leaving &= ~((uint64_t)1 << to->seat);
    begin(from, to, slot_index, most, from->slot[slot_index].number + 1);
    from->refresh[index_of(stream, (unsigned)layer)].pending = true;
}

uint64_t switches_leave(const struct table_member *from, uint8_t slot)
{
    unsigned stream = wire_stream(slot), layer = wire_layer(slot);
    uint64_t seats = 0;
    for (unsigned i = 0; i < LAYERS; i++)
        if (i != layer)
            seats |= from->layer[index_of(stream, i)].waiting;
    return seats;
}

static uint32_t read_u32(const uint8_t *p)
{
    struct bytes_reader r = bytes_reader(p, 4);
    return bytes_u32(&r);
}

uint64_t switches_leavers(struct core *c, struct table_member *from, uint8_t slot, const uint8_t *p, uint64_t now_us)
{
    unsigned video = table_video_slot(slot);
    struct table_layer *l = &from->layer[video];
    if (!l->leaving || slot & (SUB_STREAMS - 1))
        return 0;
    if (now_us - l->leave_us > LEAVE_US || (int32_t)(read_u32(p + WIRE_HEADER) - l->leave_ts) >= 0) {
        l->leaving = 0;
        note(from, video);
    }
    return l->leaving & c->table.room[from->room].live;
}

// ---- the keyframe ----

// Count it by the seal's counter, which has no holes: true when the newest keyframe is whole.
static bool count(struct table_layer *l, const struct wire_header *h, const uint8_t *p, uint64_t number)
{
    uint32_t ts = read_u32(p + WIRE_HEADER), ctr = read_u32(p + WIRE_TS_END + 1);
    uint8_t kid = p[WIRE_TS_END];
    if (!(h->mark & WIRE_MARK_INDEPENDENT))
        return false;
    if (!l->keyframe.any || (int32_t)(ts - l->keyframe.ts) > 0 || kid != l->keyframe.kid) {
        l->keyframe.any = true;
        l->keyframe.began = l->keyframe.ended = false;
        l->keyframe.kid = kid;
        l->keyframe.ts = ts;
        l->keyframe.first = number;
        l->keyframe.came = 0;
    } else if (ts != l->keyframe.ts) {
        return false; // an older one
    }
    l->keyframe.came++;
    if (h->mark & WIRE_MARK_START) {
        l->keyframe.began = true;
        l->keyframe.first_ctr = ctr;
    }
    if (h->mark & WIRE_MARK_END) {
        l->keyframe.ended = true;
        l->keyframe.last_ctr = ctr;
    }
    return l->keyframe.began && l->keyframe.ended &&
           l->keyframe.came == l->keyframe.last_ctr - l->keyframe.first_ctr + 1 &&
           number - l->keyframe.first < KEYFRAME_MOST;
}

static void leave(struct table_member *from, unsigned seat, unsigned stream, uint32_t ts, uint64_t now_us)
{
    int old = current(from, seat, stream);
    if (old < 0)
        return;
    struct table_layer *l = &from->layer[index_of(stream, (unsigned)old)];
    subscribe(from, seat, slot_of(stream, (unsigned)old), -1);
    l->leaving |= (uint64_t)1 << seat;
    l->leave_ts = ts;
    l->leave_us = now_us;
    note(from, index_of(stream, (unsigned)old));
}

static void go_over(struct core *c, struct table_member *from, unsigned seat, int slot_index, uint64_t now_us)
{
    uint8_t slot = table_slot_of(slot_index);
    struct table_layer *l = &from->layer[table_video_slot(slot)];
    struct table_member *to = &c->table.member[c->table.room[from->room].seat[seat]];
    const struct table_want *want = &to->want[from->seat];
    uint8_t byte = wire_stream(slot) == WIRE_STREAM_CAMERA ? want->camera : want->screen;
    leave(from, seat, wire_stream(slot), l->keyframe.ts, now_us);
    l->waiting &= ~((uint64_t)1 << seat);
    begin(from, to, slot_index, byte >> 2 & 3, l->keyframe.first);
    repair_tell(c, to, now_us); // first: else what lies before would pass for lost
    repair_catch_up(c, to, from, slot_index, l->keyframe.first, now_us);
}

void switches_datagram(struct core *c, struct table_member *from, int slot_index, const struct wire_header *h,
                       const uint8_t *p, uint64_t number, uint64_t now_us)
{
    unsigned video = table_video_slot(h->slot);
    struct table_layer *l = &from->layer[video];
    if (!count(l, h, p, number))
        return;
    for (uint64_t seats = forward_waiting(&c->table, from, h->slot); seats; seats &= seats - 1)
        go_over(c, from, (unsigned)__builtin_ctzll(seats), slot_index, now_us);
    l->keyframe.any = false;
    note(from, video);
    forward_watched_soon(from, now_us);
}

void switches_tick(struct table_member *from, uint64_t now_us)
{
    for (unsigned i = 0; i < TABLE_VIDEO_SLOTS; i++)
        if (from->layer[i].waiting && now_us - from->refresh[i].sent_us >= AGAIN_US)
            from->refresh[i].pending = true;
}
