#include "media_queue.h"

#include <stdlib.h>
#include <string.h>

// Frames are told apart by sender, slot and timestamp. A place that two frames share forgets the older one, which
// may then arrive incomplete, as after any loss.
enum { ALIGN = 16, URGENT_BYTES = 64 << 10, FRAMES = 256 };
enum frame_state { FRAME_WHOLE, FRAME_BEGUN, FRAME_DROPPED };

struct record { // before each datagram
    uint64_t at_us;
    uint16_t size;
    bool dead;
    uint8_t pad[5];
};

struct line { // records one after the other; moved to the front when they reach the end
    uint8_t *data;
    size_t size, first, end; // bytes
};

struct frame {
    uint32_t key, ts; // key: sender << 8 | slot
    uint8_t state;
};

struct media_queue {
    struct line urgent, bulk;
    struct frame frames[FRAMES];
    uint64_t dropped;
    uint8_t memory[MEDIA_QUEUE_BYTES] __attribute__((aligned(ALIGN)));
};

_Static_assert(sizeof(struct record) == ALIGN, "records keep their alignment");

struct media_queue *media_queue_create(void)
{
    struct media_queue *q = base_alloc(sizeof *q);
    q->urgent = (struct line){.data = q->memory, .size = URGENT_BYTES};
    q->bulk = (struct line){.data = q->memory + URGENT_BYTES, .size = MEDIA_QUEUE_BYTES - URGENT_BYTES};
    return q;
}

void media_queue_destroy(struct media_queue *q)
{
    free(q);
}

// ---- a line of records ----

static struct record *record_at(const struct line *l, size_t at)
{
    return (struct record *)(void *)(l->data + at);
}

static uint8_t *bytes_of(struct record *x)
{
    return (uint8_t *)(x + 1);
}

static size_t space_of(size_t n)
{
    return sizeof(struct record) + (n + ALIGN - 1) / ALIGN * ALIGN;
}

static struct record *next_of(struct record *x)
{
    return (struct record *)(void *)((uint8_t *)x + space_of(x->size));
}

// The oldest that is alive, or NULL.
static struct record *oldest(struct line *l)
{
    for (; l->first < l->end; l->first += space_of(record_at(l, l->first)->size))
        if (!record_at(l, l->first)->dead)
            return record_at(l, l->first);
    l->first = l->end = 0;
    return NULL;
}

// Give back what the dead take.
static void close_ranks(struct line *l)
{
    size_t to = 0;
    for (size_t at = l->first; at < l->end;) {
        size_t step = space_of(record_at(l, at)->size);
        if (!record_at(l, at)->dead) {
            memmove(l->data + to, l->data + at, step);
            to += step;
        }
        at += step;
    }
    l->first = 0;
    l->end = to;
}

static bool fits(struct line *l, size_t n)
{
    if (l->end + space_of(n) > l->size)
        close_ranks(l);
    return l->end + space_of(n) <= l->size;
}

static void append(struct line *l, const uint8_t *p, size_t n, uint64_t now_us)
{
    struct record *x = record_at(l, l->end);
    *x = (struct record){.at_us = now_us, .size = (uint16_t)n};
    memcpy(bytes_of(x), p, n);
    l->end += space_of(n);
}

// ---- frames ----

static bool is_urgent(const uint8_t *p)
{
    unsigned stream = wire_stream(p[19]);
    return !wire_is_media(p[0]) || stream == WIRE_STREAM_AUDIO || stream == WIRE_STREAM_META;
}

// Of several datagrams: only pictures are.
static bool is_part(const uint8_t *p, size_t n)
{
    return (p[0] == WIRE_MEDIA || p[0] == WIRE_RTX) && !is_urgent(p) && n >= WIRE_TS_END;
}

static uint32_t key_of(const uint8_t *p)
{
    return (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[19];
}

static uint32_t ts_of(const uint8_t *p)
{
    return (uint32_t)p[20] << 24 | (uint32_t)p[21] << 16 | (uint32_t)p[22] << 8 | p[23];
}

static struct frame *place_of(struct media_queue *q, const uint8_t *p)
{
    return &q->frames[(key_of(p) * 2654435761u + ts_of(p) * 2246822519u) >> 24];
}

static enum frame_state state_of(struct media_queue *q, const uint8_t *p)
{
    const struct frame *f = place_of(q, p);
    return f->key == key_of(p) && f->ts == ts_of(p) ? (enum frame_state)f->state : FRAME_WHOLE;
}

static void set_state(struct media_queue *q, const uint8_t *p, enum frame_state state)
{
    *place_of(q, p) = (struct frame){key_of(p), ts_of(p), (uint8_t)state};
}

static void kill_one(struct media_queue *q, struct record *x)
{
    x->dead = true;
    q->dropped++;
}

// All that waits of the frame `x` belongs to; what is still to come of it is refused.
static void drop_frame(struct media_queue *q, struct record *x)
{
    const uint8_t *p = bytes_of(x);
    struct record *end = record_at(&q->bulk, q->bulk.end);
    bool ended = false;
    if (!is_part(p, x->size)) {
        kill_one(q, x);
        return;
    }
    for (struct record *y = x; y < end; y = next_of(y)) {
        const uint8_t *d = bytes_of(y);
        if (y->dead || !is_part(d, y->size) || key_of(d) != key_of(p) || ts_of(d) != ts_of(p))
            continue;
        ended = ended || (d[1] & WIRE_MARK_END);
        kill_one(q, y);
    }
    set_state(q, p, ended ? FRAME_WHOLE : FRAME_DROPPED);
}

static bool has_begun(struct media_queue *q, struct record *x)
{
    return is_part(bytes_of(x), x->size) && state_of(q, bytes_of(x)) == FRAME_BEGUN;
}

static void drop_old_frames(struct media_queue *q, uint64_t now_us)
{
    struct record *end;
    struct record *x = oldest(&q->bulk);
    if (!x)
        return;
    // They stand in the order in which they came.
    for (end = record_at(&q->bulk, q->bulk.end); x < end && now_us - x->at_us > MEDIA_QUEUE_US; x = next_of(x))
        if (!x->dead && (!has_begun(q, x) || now_us - x->at_us > MEDIA_QUEUE_BEGUN_US))
            drop_frame(q, x);
}

// Make room for pictures: the oldest frame of which nothing has left, else the one that has begun.
static void drop_one_frame(struct media_queue *q)
{
    struct record *end = record_at(&q->bulk, q->bulk.end), *first = oldest(&q->bulk);
    for (struct record *x = first; x && x < end; x = next_of(x))
        if (!x->dead && !has_begun(q, x)) {
            drop_frame(q, x);
            return;
        }
    if (first)
        drop_frame(q, first);
}

// ---- in and out ----

void media_queue_push(struct media_queue *q, const uint8_t *p, size_t n, uint64_t now_us)
{
    if (n < WIRE_DATAGRAM_MIN || n > WIRE_DATAGRAM_MAX)
        return;
    struct record *x;
    if (is_urgent(p)) {
        while (!fits(&q->urgent, n) && (x = oldest(&q->urgent)))
            kill_one(q, x);
        append(&q->urgent, p, n, now_us);
        return;
    }
    drop_old_frames(q, now_us);
    while (!fits(&q->bulk, n) && oldest(&q->bulk))
        drop_one_frame(q);
    if (is_part(p, n) && state_of(q, p) == FRAME_DROPPED) {
        q->dropped++;
        return;
    }
    append(&q->bulk, p, n, now_us);
}

static size_t take(struct record *x, uint8_t *out)
{
    memcpy(out, bytes_of(x), x->size);
    x->dead = true;
    return x->size;
}

size_t media_queue_pop(struct media_queue *q, uint8_t out[WIRE_DATAGRAM_MAX], uint64_t now_us)
{
    struct record *x;
    while ((x = oldest(&q->urgent))) {
        // Sound that is late has been made up for; what the protocol says is still true.
        if (!wire_is_media(bytes_of(x)[0]) || now_us - x->at_us <= MEDIA_QUEUE_US)
            return take(x, out);
        kill_one(q, x);
    }
    drop_old_frames(q, now_us);
    x = oldest(&q->bulk);
    if (!x)
        return 0;
    size_t n = take(x, out);
    if (is_part(out, n))
        set_state(q, out, out[1] & WIRE_MARK_END ? FRAME_WHOLE : FRAME_BEGUN);
    return n;
}

bool media_queue_empty(struct media_queue *q)
{
    return !oldest(&q->urgent) && !oldest(&q->bulk);
}

void media_queue_clear(struct media_queue *q)
{
    q->urgent.first = q->urgent.end = q->bulk.first = q->bulk.end = 0;
    memset(q->frames, 0, sizeof q->frames);
}

uint64_t media_queue_dropped(const struct media_queue *q)
{
    return q->dropped;
}
