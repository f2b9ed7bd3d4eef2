#include "uplink.h"

#include "forward.h"
#include "handshake.h"
#include "history.h"
#include "parity.h"
#include "repair.h"
#include "switches.h"
#include "shared/ctrl.h"
#include "shared/feedback.h"
#include "shared/probe.h"

enum { APART_US = 20000, PROBE_APART_US = 900000 };

static const uint64_t bytes_per_s = WIRE_MEDIA_MBIT_PER_S * 125000ull;

void uplink_begin(struct uplink *u, struct table_member *m)
{
    u->m = m;
    u->count = 0;
    u->bytes = 0;
    u->newest = false;
    // All that this train will need, fetched at once: what the kernel did since has driven it out of the nearest cache.
    const struct table_room *r = &u->c->table.room[m->room];
    __builtin_prefetch(&m->key_up);
    __builtin_prefetch(&m->up[TABLE_SPACE_MEDIA]);
    __builtin_prefetch(&m->report[TABLE_SPACE_MEDIA]);
    __builtin_prefetch(r);
    __builtin_prefetch(&r->seat);
    // A look only: what has not proved itself must not use up anybody's limits.
    guard_bucket datagrams = m->datagrams, bytes = m->bytes;
    u->over = !guard_take(&datagrams, u->now_us, 1, WIRE_MEDIA_PER_S, WIRE_MEDIA_PER_S * WIRE_MEDIA_BURST_MS / 1000) ||
              !guard_take(&bytes, u->now_us, 1, bytes_per_s, bytes_per_s * WIRE_MEDIA_BURST_MS / 1000);
}

// Is it one of this session's datagrams, new and untouched? Gives the full number.
static bool admit(struct uplink *u, const struct wire_header *h, const uint8_t *p, size_t n, uint64_t *number)
{
    struct core_counters *count = &u->c->counters;
    struct table_member *m = u->m;
    enum table_space space = h->type == WIRE_MEDIA || h->type == WIRE_RTX ? TABLE_SPACE_MEDIA : TABLE_SPACE_OTHER;
    struct replay *window = &m->up[space];
    *number = replay_unwrap(window, h->hopseq);
    enum replay_verdict v = replay_check(window, *number, REPLAY_WINDOW);
    if (v == REPLAY_SEEN || v == REPLAY_OLD) {
        // Filled in by a repair it was late, not lost.
        if (v == REPLAY_SEEN && h->type == WIRE_MEDIA && report_misses(&m->report[space], *number) &&
            wire_verify(p, n, m->key_up, *number))
            report_arrived(&m->report[space], *number, false, true, u->came_us);
        count->replayed++;
        return false;
    }
    // 32 bits of tag are not enough to throw the window far ahead; the 128 of a trailer are.
    if (v == REPLAY_FAR_AHEAD && wire_is_media(h->type) && *number >= m->confirmed[space] + REPLAY_WINDOW) {
        count->far_ahead++;
        return false;
    }
    if (!wire_verify(p, n, m->key_up, *number)) {
        count->bad_tag++;
        return false;
    }
    u->newest |= *number > window->newest;
    replay_commit(window, *number);
    if (space == TABLE_SPACE_MEDIA)
        repair_arrived(m, *number, u->now_us);
    bool wanted = h->type != WIRE_FEEDBACK && h->type != WIRE_CTRL;
    report_arrived(&m->report[space], *number, h->type == WIRE_RTX, wanted, u->came_us);
    return true;
}

// Number it, rewrite its hop header once, keep it for repair, and add it to what goes out.
static void take_media(struct uplink *u, const struct wire_header *h, uint8_t *p, size_t n)
{
    struct core *c = u->c;
    struct table_member *m = u->m;
    struct table_room *r = &c->table.room[m->room];
    int at = table_slot_index(h->slot);
    if (!forward_slot_ok(h->type, h->slot)) {
        c->counters.malformed++;
        return;
    }
    // Everybody gets these without having asked: a flood of them would be everybody's.
    unsigned stream = wire_stream(h->slot);
    if ((stream == WIRE_STREAM_AUDIO || stream == WIRE_STREAM_META) &&
        !guard_take(&m->sound, u->now_us, 1, WIRE_SOUND_PER_S, WIRE_SOUND_PER_S)) {
        c->counters.over_limit++;
        return;
    }
    uint64_t seats = forward_receivers(&c->table, m, at), number = ++m->slot[at].number;
    if ((h->mark & (WIRE_MARK_START | WIRE_MARK_INDEPENDENT)) == (WIRE_MARK_START | WIRE_MARK_INDEPENDENT))
        forward_keyframe(m, h->slot);
    if (h->type == WIRE_RTX) // down it is the first copy, with a number of its own
        p[0] = WIRE_MEDIA;
    bool waited = false;
    if (m->switching && at >= REPAIR_VIDEO_FIRST && at < REPAIR_VIDEO_END) {
        seats |= switches_leavers(c, m, h->slot, p, u->now_us);
        waited = forward_waiting(&c->table, m, h->slot) != 0;
    }
    if (!seats && !waited) {
        c->counters.unwanted++;
        return;
    }
    wire_stamp(p, n, r->down, number, u->now_us);
    c->train_kept = true;
    if (h->type != WIRE_FILE) {
        repair_forwarded(m, at, h->mark);
        history_keep(c->history, core_stream(m, at), number, p, n, u->now_us);
    }
    if (seats)
        fanout_add(c, &u->out, r, seats, p, n, u->now_us);
    if (waited)
        switches_datagram(c, m, at, h, p, number, u->now_us);
    if (seats & r->lossy && at < REPAIR_VIDEO_END && parity_ends(&m->parity.slot[at], at, h->mark, number)) {
        fanout_send(c, &u->out, u->now_us); // rows follow what they are made of
        parity_send(c, m, at, seats, u->now_us);
    }
}

// What his parity gives back enters as if it had come; lost it is all the same.
static void take_mended(struct uplink *u, const struct fec_mended *mended)
{
    struct core *c = u->c;
    struct table_member *m = u->m;
    struct replay *window = &m->up[TABLE_SPACE_MEDIA];
    for (unsigned i = 0; i < mended->count; i++) {
        uint64_t number = mended->item[i].number;
        uint8_t *p = (uint8_t *)mended->item[i].data;
        size_t n = mended->item[i].size;
        struct wire_header h;
        if (replay_check(window, number, REPLAY_WINDOW) != REPLAY_NEW || !wire_read(&h, p, n))
            continue;
        replay_commit(window, number);
        repair_arrived(m, number, u->now_us);
        c->counters.mended++;
        u->count++;
        u->bytes += n;
        take_media(u, &h, p, n);
        parity_keep(c, m, number, p, n, u->now_us);
        fanout_send(c, &u->out, u->now_us); // the bytes go with the next group
    }
}

static void mend(struct uplink *u)
{
    const struct fec_mended *mended;
    while ((mended = parity_mend(u->c, u->m, u->now_us))) {
        // Copies go behind the train that is being read.
        history_advance(u->c->history, u->train);
        u->train = 0;
        take_mended(u, mended);
    }
}

static void take_parity(struct uplink *u, const uint8_t *p, size_t n)
{
    parity_push(u->c, u->m, p, n, u->now_us);
    mend(u);
}

// The member tells what it has sent: jumps that far are believed, and what did not come is missing.
static void take_head(struct uplink *u, uint64_t first, uint64_t newest)
{
    uint64_t *confirmed = &u->m->confirmed[TABLE_SPACE_MEDIA];
    *confirmed = MAX(*confirmed, newest + 1);
    repair_heads(u->m, first, newest, u->now_us);
}

static void take_feedback(struct uplink *u, const uint8_t *p, size_t n, uint64_t number)
{
    struct core *c = u->c;
    struct table_member *m = u->m;
    struct bytes_reader all = feedback_body(p, n), body, check = all;
    struct feedback_layers layers;
    struct feedback_refresh refresh;
    struct feedback_heads heads;
    struct feedback_nack nack;
    struct feedback_path path;
    int type;
    while ((type = feedback_next(&check, &body)) > 0)
        ;
    if (type < 0) { // a length past the end drops the whole datagram
        c->counters.malformed++;
        return;
    }
    while ((type = feedback_next(&all, &body)) > 0) {
        if (type == FEEDBACK_LAYERS && number > m->layers_number && feedback_read_layers(&layers, body)) {
            m->layers_number = number;
            forward_layers(&c->table, m, &layers, u->now_us);
        } else if (type == FEEDBACK_REFRESH && feedback_read_refresh(&refresh, body)) {
            forward_refresh(&c->table, m, &refresh);
        } else if (type == FEEDBACK_HEADS && feedback_read_heads(&heads, body)) {
            for (unsigned i = 0; i < heads.count; i++)
                if (heads.item[i].slot == FEEDBACK_SESSION)
                    take_head(u, heads.item[i].first, heads.item[i].newest);
        } else if (type == FEEDBACK_NACK && feedback_read_nack(&nack, body)) {
            repair_nack(c, m, &nack, u->now_us);
        } else if (type == FEEDBACK_PATH && feedback_read_path(&path, body)) {
            parity_path(c, m, &path, u->now_us);
        }
    }
    repair_tell(c, m, u->now_us);
    core_send_refreshes(c, &c->table.room[m->room], u->now_us);
}

static void take_ctrl(struct uplink *u, const struct ctrl *x)
{
    struct table_member *m = u->m;
    uint8_t out[WIRE_DATAGRAM_MAX];
    if (x->op == CTRL_PING) {
        if (x->media_number)
            take_head(u, 0, x->media_number - 1);
        m->seen_epoch = MAX(m->seen_epoch, x->epoch);
        struct ctrl pong = {.op = CTRL_PONG, .time = x->time, .received = u->now_us, .sent = u->now_us};
        core_send(u->c, m, out, ctrl_write(&pong, 0, m->room_id, out), &m->addr, u->now_us);
    } else if (x->op == CTRL_PONG) {
        repair_pong(m, x, u->now_us);
    } else if (x->op == CTRL_BYE) {
        m->left_reason = CORE_LEFT_BYE;
        core_set_state(u->c, m, TABLE_LEFT, u->now_us);
    }
}

// As many bytes as it wants, all at once: how fast they come out of its line is what it wants to know.
static void take_probe(struct uplink *u, const uint8_t *p, size_t n)
{
    struct table_member *m = u->m;
    uint8_t out[WIRE_DATAGRAM_MAX];
    size_t wanted = probe_wanted(p, n), size = MIN((size_t)WIRE_DATAGRAM_MAX, wanted / PROBE_ANSWERS);
    if (!wanted || (m->probed_us && u->now_us - m->probed_us < PROBE_APART_US))
        return;
    m->probed_us = u->now_us;
    for (size_t sent = 0; sent < wanted; sent += MAX(size, (size_t)PROBE_FILL_MIN))
        core_send(u->c, m, out, probe_fill(out, 0, m->room_id, size), &m->addr, u->now_us);
}

void uplink_datagram(struct uplink *u, const struct wire_header *h, uint8_t *p, size_t n)
{
    struct table_member *m = u->m;
    uint64_t number;
    struct ctrl x;
    if (!m->proved || m->state == TABLE_LEFT)
        return;
    if (u->over) {
        u->c->counters.over_limit++;
        return;
    }
    if (!admit(u, h, p, n, &number))
        return;
    u->count++;
    u->bytes += n;
    m->heard_us = u->now_us;
    if (m->state == TABLE_AWAY)
        core_set_state(u->c, m, TABLE_LIVE, u->now_us);
    switch (h->type) {
    case WIRE_MEDIA:
    case WIRE_RTX:
    case WIRE_FILE:
        take_media(u, h, p, n);
        if (m->repair_hot.parity && h->type != WIRE_FILE) {
            parity_keep(u->c, m, number, p, n, u->now_us);
            mend(u);
        }
        break;
    case WIRE_FEC:
        take_parity(u, p, n);
        break;
    case WIRE_FEEDBACK:
        take_feedback(u, p, n, number);
        break;
    case WIRE_CTRL:
        if (ctrl_read(&x, p, n))
            take_ctrl(u, &x);
        break;
    case WIRE_PROBE:
        take_probe(u, p, n);
        break;
    default:
        break;
    }
}

void uplink_end(struct uplink *u)
{
    struct table_member *m = u->m;
    if (!m)
        return;
    fanout_send(u->c, &u->out, u->now_us);
    u->m = NULL;
    bool here = addr_equal(&m->addr, u->from);
    if (u->over && here)
        core_over_limit(u->c, u->from);
    if (!u->count)
        return;
    // Charged afterwards, even beyond the end: the next train is then refused.
    guard_charge(&m->datagrams, u->now_us, u->count, WIRE_MEDIA_PER_S);
    guard_charge(&m->bytes, u->now_us, u->bytes, bytes_per_s);
    // Long before anything is refused: at line rate the buffer that all share is full within milliseconds.
    if (guard_ahead(&m->datagrams, u->now_us) > APART_US || guard_ahead(&m->bytes, u->now_us) > APART_US)
        core_over_limit(u->c, u->from);
    if (u->newest && !here && m->state != TABLE_LEFT)
        handshake_moved(u->c, m, u->from, u->now_us);
    m->due_us = 0;
    repair_ask(u->c, m, u->now_us);
    core_send_reports(u->c, m, u->now_us);
}
