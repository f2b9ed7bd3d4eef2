#include "copies.h"

#include "shared/bytes.h"

#include <string.h>

enum { MISSED_OVER = 512 };
enum {
    FOLLOWS = 0x80000000u,
    TS_BITS = 14,
    SIZE_BITS = 10,
    TS_MAX = (1 << TS_BITS) - 1,
    SIZE_MAX_10 = (1 << SIZE_BITS) - 1
};

// RFC 2198's block headers, with the distance where it has the payload type.
static bool read_heads(struct copies *out, struct bytes_reader *r)
{
    while (r->left > 0 && *r->at & 0x80) {
        if (out->count == COPIES_MOST)
            return false;
        uint32_t head = bytes_u32(r);
        struct copies_part *x = &out->older[out->count++];
        *x = (struct copies_part){.back = head >> (TS_BITS + SIZE_BITS) & 0x7f,
                                  .ts_back = head >> SIZE_BITS & TS_MAX,
                                  .size = head & SIZE_MAX_10};
        bool falls = out->count == 1 || (x->back < x[-1].back && x->ts_back < x[-1].ts_back);
        if (r->failed || x->back == 0 || x->back >= COPIES_SEEN || x->ts_back == 0 || x->size == 0 || !falls)
            return false;
    }
    return out->count > 0 && bytes_u8(r) == 0 && !r->failed;
}

bool copies_read(struct copies *out, const uint8_t *p, size_t n)
{
    struct bytes_reader r = bytes_reader(p, n);
    *out = (struct copies){0};
    if (!read_heads(out, &r))
        return false;
    for (unsigned i = 0; i < out->count; i++)
        out->older[i].data = bytes_take(&r, out->older[i].size);
    out->size = r.left;
    out->data = bytes_take(&r, r.left);
    return !r.failed && out->size > 0;
}

// The kept packet `back` before this place; NULL when there is none that may travel.
static const struct copies_part *part_of(const struct copies_out *c, const struct copies_place *place, unsigned back,
                                         struct copies_part *part)
{
    for (unsigned i = 0; i < COPIES_KEPT; i++) {
        const struct copies_place *x = &c->kept[i].place;
        uint32_t ts_back = place->ts - x->ts;
        if (c->kept[i].size == 0 || x->kid != place->kid || x->ctr + back != place->ctr || ts_back == 0 ||
            ts_back > COPIES_SPAN)
            continue;
        *part = (struct copies_part){back, ts_back, c->kept[i].data, c->kept[i].size};
        return part;
    }
    return NULL;
}

size_t copies_pack(const struct copies_out *c, unsigned distances, const struct copies_place *place,
                   const uint8_t *payload, size_t n, uint8_t *out, size_t room)
{
    struct copies_part part[COPIES_MOST];
    unsigned count = 0;
    size_t size = 1 + n;
    for (unsigned back = 1; back <= COPIES_KEPT && count < COPIES_MOST; back++)
        if (distances >> (back - 1) & 1 && part_of(c, place, back, &part[count]) &&
            size + COPIES_HEAD + part[count].size <= room)
            size += COPIES_HEAD + part[count++].size;
    if (count == 0)
        return 0;
    struct bytes_writer w = bytes_writer(out, room);
    for (unsigned i = count; i-- > 0;)
        bytes_put_u32(&w, FOLLOWS | (uint32_t)part[i].back << (TS_BITS + SIZE_BITS) | part[i].ts_back << SIZE_BITS |
                              (uint32_t)part[i].size);
    bytes_put_u8(&w, 0);
    for (unsigned i = count; i-- > 0;)
        bytes_put(&w, part[i].data, part[i].size);
    bytes_put(&w, payload, n);
    return room - w.left;
}

void copies_keep(struct copies_out *c, const struct copies_place *place, const uint8_t *payload, size_t n)
{
    unsigned at = c->next++ % COPIES_KEPT;
    c->kept[at].size = 0;
    if (n == 0 || n > COPIES_SIZE_MAX)
        return;
    c->kept[at].place = *place;
    c->kept[at].size = (uint16_t)n;
    memcpy(c->kept[at].data, payload, n);
}

static void go_on(struct copies_seen *s, uint32_t ahead)
{
    if (!s->any || ahead >= COPIES_SEEN) { // of what was before it nothing is known
        s->bits = 0;
        s->own = UINT64_MAX;
        ahead = 1;
    }
    for (; ahead; ahead--) {
        double missed = !(s->own >> (COPIES_DUE - 1) & 1);
        s->missed += (missed - s->missed) / MISSED_OVER;
        s->bits <<= 1;
        s->own <<= 1;
    }
}

bool copies_fresh(struct copies_seen *s, uint32_t number, bool copy)
{
    int32_t ahead = (int32_t)(number - s->newest);
    if (!s->any || ahead > 0) {
        go_on(s, (uint32_t)ahead);
        s->newest = number;
        s->any = true;
        ahead = 0;
    }
    if (ahead <= -COPIES_SEEN)
        return !copy;
    uint64_t bit = (uint64_t)1 << -ahead;
    bool fresh = !(s->bits & bit);
    s->bits |= bit;
    s->own |= copy ? 0 : bit;
    return fresh;
}
