#include "assembler.h"

#include "shared/bytes.h"
#include "shared/wire.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = WIRE_JITTER_DATAGRAMS, NAL_IDR = 5, NAL_STAP_A = 24, NAL_FU_A = 28 };
_Static_assert((WINDOW & (WINDOW - 1)) == 0, "numbers are reduced by masking");
_Static_assert(WINDOW *WIRE_DATAGRAM_MAX <= WIRE_JITTER_BYTES, "the count bounds the bytes");
_Static_assert(WINDOW *WIRE_DATAGRAM_MAX <= WIRE_FRAME_MAX, "a frame fits its limit whatever is in the window");

struct slot {
    uint8_t *data; // NULL = empty
    uint32_t number, ts;
    uint16_t size;
    uint8_t mark;
    uint64_t arrived_us;
};

// Everything here belongs to the thread that calls.
struct assembler {
    struct slot slots[WINDOW]; // datagram n lies in n mod WINDOW; numbers are in [floor, newest]
    uint32_t floor, newest;
    bool started; // floor and newest stand
    bool fixed;   // something below floor was handed out or given up: older numbers are late
    bool synced;  // the decoder can go on with the frame at floor
    bool wants_refresh;
    uint32_t hole; // the first missing number, when hole_known
    bool hole_known;
    uint64_t hole_since_us, deadline_us;
    uint32_t patience_us;
    struct assembler_figures figures;
};

static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static struct slot *slot_of(struct assembler *a, uint32_t number)
{
    struct slot *s = &a->slots[number & (WINDOW - 1)];
    return s->data && s->number == number ? s : NULL;
}

static void slot_free(struct slot *s)
{
    free(s->data);
    s->data = NULL;
}

struct assembler *assembler_create(void)
{
    struct assembler *a = base_alloc(sizeof *a);
    a->deadline_us = UINT64_MAX;
    a->patience_us = ASSEMBLER_HOLE_US;
    return a;
}

void assembler_set_patience(struct assembler *a, uint32_t us)
{
    a->patience_us = MIN(us, WIRE_JITTER_MS * 1000u);
}

void assembler_reset(struct assembler *a)
{
    for (size_t i = 0; i < WINDOW; i++)
        slot_free(&a->slots[i]);
    a->started = a->fixed = a->synced = a->wants_refresh = a->hole_known = false;
    a->deadline_us = UINT64_MAX;
}

void assembler_destroy(struct assembler *a)
{
    if (!a)
        return;
    assembler_reset(a);
    free(a);
}

// Forget everything below `number`, counting what never came and what was whole but of no use.
static void raise_floor(struct assembler *a, uint32_t number, bool skipped)
{
    uint32_t distance = number - a->floor;
    if (distance > WINDOW) { // a leap: the walk below would pass by what is in the window now
        a->figures.lost += distance;
        for (size_t i = 0; i < WINDOW; i++) {
            a->figures.lost -= a->slots[i].data != NULL;
            slot_free(&a->slots[i]);
        }
        a->floor = number;
    }
    for (; a->floor != number; a->floor++) {
        struct slot *s = slot_of(a, a->floor);
        if (!s) {
            a->figures.lost++;
            continue;
        }
        if (skipped && s->mark & WIRE_MARK_END)
            a->figures.frames_skipped++;
        slot_free(s);
    }
    if (before(a->newest, a->floor - 1))
        a->newest = a->floor - 1;
    a->fixed = true;
    a->hole_known = false;
}

static void give_up(struct assembler *a)
{
    if (a->synced)
        a->figures.frames_given_up++;
    a->synced = false;
    a->wants_refresh = true;
}

// Make room for `number` in the window. False when it is late.
static bool place(struct assembler *a, uint32_t number)
{
    if (!a->started) {
        a->started = true;
        a->floor = number;
        a->newest = number;
        return true;
    }
    if (before(number, a->floor)) {
        // Before anything was handed out an older one may still belong to the first keyframe.
        if (a->fixed || a->newest - number >= WINDOW)
            return false;
        a->floor = number;
        a->hole_known = false;
        return true;
    }
    if (number - a->floor >= WINDOW) {
        give_up(a);
        raise_floor(a, number - (WINDOW - 1), true);
    }
    if (before(a->newest, number))
        a->newest = number;
    return true;
}

void assembler_push(struct assembler *a, uint32_t number, uint32_t ts, uint8_t mark, const uint8_t *payload,
                    size_t size, uint64_t now_us)
{
    a->figures.datagrams++;
    if (size == 0 || size > WIRE_DATAGRAM_MAX) {
        a->figures.malformed++;
        return;
    }
    if (!place(a, number)) {
        a->figures.late++;
        return;
    }
    if (slot_of(a, number)) {
        a->figures.duplicates++;
        return;
    }
    struct slot *s = &a->slots[number & (WINDOW - 1)];
    *s = (struct slot){.data = base_alloc(size),
                       .number = number,
                       .ts = ts,
                       .size = (uint16_t)size,
                       .mark = mark,
                       .arrived_us = now_us};
    memcpy(s->data, payload, size);
}

struct output {
    uint8_t *data; // NULL = only measure
    size_t size;
    bool idr;
    uint8_t fragmented; // NAL type of the FU-A in progress, 0 = none
};

static void put(struct output *o, const uint8_t *p, size_t n)
{
    if (o->data)
        memcpy(o->data + o->size, p, n);
    o->size += n;
}

static bool begin_nal(struct output *o, uint8_t header)
{
    static const uint8_t start_code[4] = {0, 0, 0, 1};
    unsigned type = header & 0x1f;
    if (header & 0x80 || type == 0 || type >= NAL_STAP_A)
        return false;
    o->idr |= type == NAL_IDR;
    put(o, start_code, sizeof start_code);
    put(o, &header, 1);
    return true;
}

static bool put_fragment(struct output *o, const struct slot *s)
{
    if (s->size < 3)
        return false;
    bool first = s->data[1] & 0x80, last = s->data[1] & 0x40;
    uint8_t type = s->data[1] & 0x1f;
    if (first && (last || o->fragmented || !begin_nal(o, (uint8_t)((s->data[0] & 0xe0) | type))))
        return false;
    if (!first && (!o->fragmented || o->fragmented != type))
        return false;
    put(o, s->data + 2, s->size - 2u);
    o->fragmented = last ? 0 : type;
    return true;
}

static bool put_aggregate(struct output *o, const struct slot *s)
{
    struct bytes_reader r = bytes_reader(s->data + 1, s->size - 1u);
    if (r.left == 0)
        return false;
    while (r.left > 0) {
        size_t size = bytes_u16(&r);
        const uint8_t *nal = bytes_take(&r, size);
        if (!nal || size == 0 || !begin_nal(o, nal[0]))
            return false;
        put(o, nal + 1, size - 1);
    }
    return true;
}

static bool put_payload(struct output *o, const struct slot *s)
{
    unsigned type = s->data[0] & 0x1f;
    if (type == NAL_FU_A && !(s->data[0] & 0x80))
        return put_fragment(o, s);
    if (o->fragmented)
        return false;
    if (type == NAL_STAP_A)
        return put_aggregate(o, s);
    if (!begin_nal(o, s->data[0]))
        return false;
    put(o, s->data + 1, s->size - 1u);
    return true;
}

// Put the datagrams [first, last], all present, together. False when they are malformed.
static bool put_together(struct assembler *a, uint32_t first, uint32_t last, struct output *o)
{
    o->size = 0;
    o->fragmented = 0;
    for (uint32_t n = first; n != last + 1; n++)
        if (!put_payload(o, slot_of(a, n)))
            return false;
    return !o->fragmented && o->size > 0 && o->size <= WIRE_FRAME_MAX;
}

static bool hand_out(struct assembler *a, uint32_t first, uint32_t last, struct recv_frame *out)
{
    struct output o = {0};
    bool marked = slot_of(a, first)->mark & WIRE_MARK_INDEPENDENT;
    bool good = put_together(a, first, last, &o);
    if (!good)
        a->figures.malformed++;
    if (!good || (!a->synced && !(marked && o.idr))) {
        give_up(a);
        raise_floor(a, last + 1, true);
        return false;
    }
    *out = (struct recv_frame){.ts = slot_of(a, first)->ts, .keyframe = marked && o.idr};
    out->data = o.data = base_alloc(o.size + ASSEMBLER_PADDING);
    put_together(a, first, last, &o);
    out->size = o.size;
    for (uint32_t n = first; n != last + 1; n++)
        out->arrived_us = MAX(out->arrived_us, slot_of(a, n)->arrived_us);
    if (first != a->floor) {
        if (a->synced)
            a->figures.frames_given_up++; // overtaken by a keyframe
        raise_floor(a, first, true);
    }
    raise_floor(a, last + 1, false);
    a->synced = true;
    a->wants_refresh = false;
    a->figures.frames++;
    return true;
}

enum shape { WHOLE, HOLE, BROKEN };

// How the frame beginning at `first` stands: WHOLE with its last number, HOLE with the missing one, BROKEN (marks that
// make no frame) with the last number to throw away.
static enum shape shape_of(struct assembler *a, uint32_t first, uint32_t *at)
{
    struct slot *head = slot_of(a, first);
    *at = first;
    if (!head)
        return HOLE;
    if (!(head->mark & WIRE_MARK_START))
        return BROKEN;
    for (uint32_t n = first; !before(a->newest, n); n++) {
        struct slot *s = slot_of(a, n);
        *at = n;
        if (!s)
            return HOLE;
        if (n != first && (s->ts != head->ts || s->mark & WIRE_MARK_START)) {
            *at = n - 1;
            return BROKEN;
        }
        if (s->mark & WIRE_MARK_END)
            return WHOLE;
    }
    *at = a->newest + 1;
    return HOLE;
}

// Whether the missing number `hole` is to be waited for no longer; else sets the deadline.
static bool hole_is_over(struct assembler *a, uint32_t hole, uint64_t now_us)
{
    if (before(a->newest, hole))
        return false; // not missing yet
    if (!a->hole_known || a->hole != hole) {
        a->hole_known = true;
        a->hole = hole;
        a->hole_since_us = now_us;
    }
    unsigned newer = 0;
    bool later = false;
    for (uint32_t n = hole + 1; !before(a->newest, n) && newer < ASSEMBLER_HOLE_NEWER; n++) {
        struct slot *s = slot_of(a, n);
        later |= s && s->mark & WIRE_MARK_START;
        newer += s && later;
    }
    uint64_t patience = newer >= ASSEMBLER_HOLE_NEWER ? a->patience_us : WIRE_JITTER_MS * 1000u;
    if (now_us >= a->hole_since_us + patience)
        return true;
    a->deadline_us = a->hole_since_us + patience;
    return false;
}

// The first number from `from` on that begins a keyframe. False when there is none.
static bool find_keyframe(struct assembler *a, uint32_t from, uint32_t *number)
{
    const uint8_t marks = WIRE_MARK_START | WIRE_MARK_INDEPENDENT;
    for (uint32_t n = from; !before(a->newest, n); n++) {
        struct slot *s = slot_of(a, n);
        if (s && (s->mark & marks) == marks) {
            *number = n;
            return true;
        }
    }
    return false;
}

// A keyframe that is whole ends every wait: nothing before it is needed any more.
static bool find_whole_keyframe(struct assembler *a, uint32_t from, uint32_t *first, uint32_t *last)
{
    for (uint32_t n = from; find_keyframe(a, n, first); n = *first + 1)
        if (shape_of(a, *first, last) == WHOLE)
            return true;
    return false;
}

// Without a keyframe what is older than the buffer may hold goes.
static void drop_old(struct assembler *a, uint64_t now_us)
{
    while (!before(a->newest, a->floor)) {
        struct slot *s = slot_of(a, a->floor);
        if (s && s->arrived_us + WIRE_JITTER_MS * 1000u > now_us)
            return;
        if (!s && !a->fixed) { // nothing was ever there
            a->floor++;
            continue;
        }
        raise_floor(a, a->floor + 1, true);
    }
}

// One step while waiting for a keyframe. False when nothing more can be done now.
static bool search_step(struct assembler *a, uint64_t now_us, struct recv_frame *out, bool *done)
{
    uint32_t first, last;
    if (find_whole_keyframe(a, a->floor, &first, &last)) {
        *done = hand_out(a, first, last, out);
        return true;
    }
    drop_old(a, now_us);
    if (!find_keyframe(a, a->floor, &first)) {
        a->wants_refresh = !before(a->newest, a->floor) || a->fixed;
        return false;
    }
    enum shape shape = shape_of(a, first, &last);
    if (shape == BROKEN || (shape == HOLE && hole_is_over(a, last, now_us))) {
        raise_floor(a, last + 1, true);
        return true;
    }
    return false; // it is still coming
}

bool assembler_pop(struct assembler *a, uint64_t now_us, struct recv_frame *out)
{
    a->deadline_us = UINT64_MAX;
    while (a->started && !before(a->newest, a->floor)) {
        bool done = false;
        if (!a->synced) {
            if (!search_step(a, now_us, out, &done))
                return false;
        } else {
            uint32_t at, first, last;
            enum shape shape = shape_of(a, a->floor, &at);
            if (shape == WHOLE) {
                done = hand_out(a, a->floor, at, out);
            } else if (find_whole_keyframe(a, a->floor, &first, &last)) {
                done = hand_out(a, first, last, out);
            } else if (shape == BROKEN || hole_is_over(a, at, now_us)) {
                give_up(a);
                raise_floor(a, at + 1, true);
            } else {
                return false;
            }
        }
        if (done)
            return true;
    }
    return false;
}

bool assembler_needs_refresh(const struct assembler *a)
{
    return a->wants_refresh && !a->synced;
}

uint64_t assembler_deadline(const struct assembler *a)
{
    return a->deadline_us;
}

void assembler_get_figures(const struct assembler *a, struct assembler_figures *out)
{
    *out = a->figures;
}
