#include "film_boxes.h"

#include "shared/bytes.h"

#include <string.h>

enum { BOXES = 500000, DEPTH = 8, HEAD = 8, LONG_HEAD = 16 };

struct track {
    uint64_t samples, edits;
    bool sound, even; // even: each lasts one tick, so that they are read by the chunk and not listed
};

struct walk {
    const struct film_boxes *file;
    unsigned boxes, tracks;
    uint64_t samples, edits;
    struct track track;
};

struct box {
    char type[5];
    uint64_t at, end; // of what is in it
};

static const char *const holders[] = {"moov", "trak", "mdia", "minf", "stbl", "edts", "moof", "traf"};
static const struct {
    const char *type;
    unsigned bytes; // of an entry
} tables[] = {{"stts", 8}, {"ctts", 8}, {"stsc", 12}, {"stss", 4}, {"stco", 4}, {"co64", 8}};

static bool is(const struct box *b, const char *type)
{
    return memcmp(b->type, type, 4) == 0;
}

// False: there is none any more that could be read.
static bool next(const struct walk *w, uint64_t at, uint64_t end, struct box *b)
{
    uint8_t head[LONG_HEAD];
    if (end - at < HEAD || !w->file->read(w->file->ctx, at, head, HEAD))
        return false;
    struct bytes_reader r = bytes_reader(head, LONG_HEAD);
    uint64_t size = bytes_u32(&r), used = HEAD;
    memcpy(b->type, bytes_take(&r, 4), 4);
    b->type[4] = 0;
    if (size == 1) {
        used = LONG_HEAD;
        if (end - at < used || !w->file->read(w->file->ctx, at, head, LONG_HEAD))
            return false;
        size = bytes_u64(&r);
    }
    if (size && size < used)
        return false;
    b->at = at + used;
    b->end = size && size < end - at ? at + size : end;
    return true;
}

// The first bytes of what is in it; what is not there is nought.
static struct bytes_reader peek(const struct walk *w, const struct box *b, uint8_t out[LONG_HEAD])
{
    memset(out, 0, LONG_HEAD);
    size_t n = (size_t)MIN(b->end - b->at, (uint64_t)LONG_HEAD);
    if (n && !w->file->read(w->file->ctx, b->at, out, n))
        memset(out, 0, LONG_HEAD);
    return bytes_reader(out, LONG_HEAD);
}

static bool table_bounded(const struct walk *w, const struct box *b, unsigned entry, uint32_t *count, uint32_t *first)
{
    uint8_t head[LONG_HEAD];
    struct bytes_reader r = peek(w, b, head);
    bytes_u32(&r);
    *count = bytes_u32(&r);
    bytes_u32(&r);
    *first = bytes_u32(&r); // what stands second in the first entry
    return *count <= FILM_BOXES_SAMPLES && (uint64_t)*count * entry <= b->end - b->at;
}

static bool sizes_bounded(struct walk *w, const struct box *b)
{
    uint8_t head[LONG_HEAD];
    struct bytes_reader r = peek(w, b, head);
    bytes_u32(&r);
    uint32_t each = bytes_u32(&r);
    w->track.samples = bytes_u32(&r);
    bool listed = is(b, "stsz") && !each;
    return !listed || w->track.samples * 4 <= b->end - b->at;
}

// A piece of a film that is not in one: its pictures may be counted without taking any room.
static bool run_bounded(struct walk *w, const struct box *b)
{
    uint8_t head[LONG_HEAD];
    struct bytes_reader r = peek(w, b, head);
    bytes_u32(&r);
    w->samples += bytes_u32(&r);
    return w->samples <= FILM_BOXES_SAMPLES;
}

static bool leaf_bounded(struct walk *w, const struct box *b)
{
    uint8_t head[LONG_HEAD];
    uint32_t count, first;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        if (is(b, tables[i].type)) {
            bool good = table_bounded(w, b, tables[i].bytes, &count, &first);
            if (is(b, "stts"))
                w->track.even = count == 1 && first == 1;
            return good;
        }
    if (is(b, "stsz") || is(b, "stz2"))
        return sizes_bounded(w, b);
    if (is(b, "trun"))
        return run_bounded(w, b);
    struct bytes_reader r = peek(w, b, head);
    bytes_u32(&r);
    uint32_t second = bytes_u32(&r);
    if (is(b, "elst"))
        w->track.edits = second;
    if (is(b, "hdlr"))
        w->track.sound = memcmp(bytes_take(&r, 4), "soun", 4) == 0;
    return true;
}

static bool track_bounded(struct walk *w)
{
    const struct track *t = &w->track;
    w->samples += t->sound && t->even ? 0 : t->samples;
    w->edits += t->edits;
    return ++w->tracks <= FILM_BOXES_TRACKS && w->samples <= FILM_BOXES_SAMPLES && w->edits <= FILM_BOXES_EDITS;
}

static bool look(struct walk *w, uint64_t at, uint64_t end, unsigned depth)
{
    struct box b;
    for (; next(w, at, end, &b); at = b.end) {
        bool holds = false;
        for (size_t i = 0; i < ARRAY_LEN(holders); i++)
            holds |= is(&b, holders[i]);
        if (++w->boxes > BOXES || depth > DEPTH)
            return false;
        if (is(&b, "trak"))
            w->track = (struct track){0};
        if (holds ? !look(w, b.at, b.end, depth + 1) : !leaf_bounded(w, &b))
            return false;
        if (is(&b, "trak") && !track_bounded(w))
            return false;
    }
    return true;
}

bool film_boxes_bounded(const struct film_boxes *b)
{
    struct walk w = {.file = b};
    return look(&w, 0, b->size, 0);
}
