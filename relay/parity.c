#include "parity.h"

#include "history.h"
#include "pages.h"
#include "repair.h"

#include <string.h>

enum { SECOND = 1000000, PATH_APART_US = 100000, UP_STREAM = 0xFF, RTT_MS = 50 }; // UP_STREAM: no slot's index

struct place {
    uint32_t serial; // of the owner
    uint64_t used_us;
    struct fec_mender mender;
};

struct parity {
    struct fec_maker maker;
    struct fec_mended mended;
    struct place place[PARITY_MENDERS]; // its pages are touched only as they are used
};

struct parity *parity_create(void)
{
    return pages_alloc(sizeof(struct parity));
}

void parity_destroy(struct parity *x)
{
    pages_free(x, sizeof *x);
}

void parity_session(struct table_member *m)
{
    m->repair_hot.parity = false;
    m->parity.up_us = 0;
}

// ---- what members send ----

struct kept { // fec_find
    struct core *c;
    uint64_t stream, now_us;
};

static const uint8_t *find(void *ctx, uint64_t number, size_t *n)
{
    const struct kept *k = ctx;
    return history_find(k->c->history, k->stream, number, n, k->now_us);
}

static struct kept kept_up(struct core *c, const struct table_member *m, uint64_t now_us)
{
    return (struct kept){c, core_stream(m, UP_STREAM), now_us};
}

static struct place *place_of(struct parity *x, const struct table_member *m)
{
    return &x->place[m->serial % PARITY_MENDERS];
}

void parity_push(struct core *c, struct table_member *m, const uint8_t *p, size_t n, uint64_t now_us)
{
    struct place *x = place_of(c->parity, m);
    struct kept kept = kept_up(c, m, now_us);
    struct fec_head head;
    bool fresh = !m->repair_hot.parity;
    m->repair_hot.parity = true;
    m->parity.up_us = now_us;
    if (!fec_read(&head, p, n, m->up[TABLE_SPACE_MEDIA].newest) ||
        (x->serial != m->serial && x->used_us && now_us - x->used_us < SECOND))
        return;
    if (x->serial != m->serial || fresh) {
        memset(x->mender.group, 0, sizeof x->mender.group);
        x->mender.waiting = 0;
        x->serial = m->serial;
    }
    x->used_us = now_us;
    fec_push(&x->mender, &head, p, n, find, &kept);
}

void parity_keep(struct core *c, const struct table_member *m, uint64_t number, const uint8_t *p, size_t n,
                 uint64_t now_us)
{
    history_keep(c->history, core_stream(m, UP_STREAM), number, p, n, now_us);
    c->train_kept = true;
}

const struct fec_mended *parity_mend(struct core *c, struct table_member *m, uint64_t now_us)
{
    struct place *x = place_of(c->parity, m);
    struct kept kept = kept_up(c, m, now_us);
    const struct wire_header h = {.sender = m->sender, .room = m->room_id};
    if (now_us - m->parity.up_us > SECOND)
        parity_session(m); // he has stopped: his datagrams need not be kept twice
    if (x->serial != m->serial || !x->mender.waiting)
        return NULL;
    return fec_mend(&x->mender, &h, find, &kept, &c->parity->mended) ? &c->parity->mended : NULL;
}

// ---- what members get ----

void parity_path(struct core *c, struct table_member *m, const struct feedback_path *x, uint64_t now_us)
{
    if (m->parity.path_us && now_us - m->parity.path_us < PATH_APART_US)
        return; // each costs as many rules as there are kinds and lengths of groups
    memset(m->parity.rows, 0, sizeof m->parity.rows);
    m->parity.path = (struct fec_path){
        .loss = x->loss / 65535.0, .burst = MAX(x->burst / 8.0, 1.0), .rtt_ms = x->rtt_ms ? x->rtt_ms : RTT_MS};
    m->parity.path_us = now_us;
    c->table.room[m->room].lossy |= (uint64_t)1 << m->seat;
}

bool parity_ends(struct parity_slot *s, int slot_index, uint8_t mark, uint64_t number)
{
    if (number != s->first + s->count || !s->count) {
        s->first = number;
        s->count = 0;
        s->keyframe = false;
    }
    s->count++;
    s->keyframe |= (mark & WIRE_MARK_INDEPENDENT) != 0;
    bool ends = slot_index < REPAIR_VIDEO_FIRST ? s->count == PARITY_SOUND : (mark & WIRE_MARK_END) != 0;
    return ends || s->count == FEC_FRAME;
}

static unsigned rows_for(struct core *c, struct table_room *r, unsigned seat, unsigned k, enum fec_kind kind,
                         uint64_t now_us)
{
    struct parity_state *to = &c->table.member[r->seat[seat]].parity;
    if (now_us - to->path_us > PARITY_PATH_US) {
        r->lossy &= ~((uint64_t)1 << seat);
        to->rule.on = false;
        return 0;
    }
    if (!to->rows[kind][k])
        to->rows[kind][k] = (uint8_t)(1 + fec_rule(&to->rule, &to->path, k, kind));
    return to->rows[kind][k] - 1u;
}

// A row depends on no other: each receiver gets as many of the first as he needs.
static void send_group(struct core *c, struct table_member *from, int at, uint64_t first, unsigned k, uint64_t seats,
                       uint64_t now_us)
{
    struct table_room *r = &c->table.room[from->room];
    struct parity_slot *s = &from->parity.slot[at];
    enum fec_kind kind = at < REPAIR_VIDEO_FIRST ? FEC_SOUND : s->keyframe ? FEC_KEYFRAME : FEC_PICTURE;
    struct kept kept = {c, core_stream(from, at), now_us};
    const struct wire_header h = {.sender = from->sender, .room = from->room_id, .slot = table_slot_of(at)};
    uint64_t need[FEC_ROWS] = {0}; // seats, by row
    uint8_t out[WIRE_DATAGRAM_MAX];
    unsigned most = 0;
    for (uint64_t left = seats & r->lossy; left; left &= left - 1) {
        unsigned seat = (unsigned)__builtin_ctzll(left), m = rows_for(c, r, seat, k, kind, now_us);
        for (unsigned i = 0; i < m; i++)
            need[i] |= (uint64_t)1 << seat;
        most = MAX(most, m);
    }
    if (!most || !fec_make(&c->parity->maker, first, k, most, find, &kept))
        return;
    for (unsigned i = 0; i < most; i++) {
        size_t n = fec_write(&c->parity->maker, i, &h, out);
        wire_stamp(out, n, r->down, ++s->number, now_us);
        for (uint64_t left = need[i]; left; left &= left - 1) {
            struct table_member *to = &c->table.member[r->seat[__builtin_ctzll(left)]];
            c->counters.out++;
            c->counters.parity++;
            c->counters.out_bytes += n;
            c->config.emit(c->config.ctx, out, n, n, &to->addr);
        }
    }
}

void parity_send(struct core *c, struct table_member *from, int slot_index, uint64_t seats, uint64_t now_us)
{
    struct parity_slot *s = &from->parity.slot[slot_index];
    uint64_t first = s->first;
    for (unsigned i = 0, parts = fec_parts(s->count); i < parts; i++) {
        unsigned k = fec_part(s->count, i);
        send_group(c, from, slot_index, first, k, seats, now_us);
        first += k;
    }
    s->first = first;
    s->count = 0;
}
