#include "repair.h"

#include "forward.h"
#include "history.h"
#include "parity.h"
#include "pages.h"
#include "shared/bytes.h"
#include "shared/ctrl.h"

#include <stdlib.h>
#include <string.h>

enum { COUNTERS = 1 << 14, SECOND = 1000000, HEADS_AGAIN_US = 30000 };

struct counter {
    uint64_t key; // receiver, slot and number, mixed
    uint64_t at_us;
    unsigned times;
};

struct repair {
    struct counter counter[COUNTERS];
};

struct repair *repair_create(void)
{
    return pages_alloc(sizeof(struct repair));
}

void repair_destroy(struct repair *r)
{
    pages_free(r, sizeof *r);
}

// ---- what members sent ----

void repair_session(struct table_member *m)
{
    nack_reset(&m->repair.holes, 1);
    m->repair_hot.expected = 1;
    m->repair_hot.missing = false;
    m->repair.rtt_us = 0;
    parity_session(m);
}

// While nothing is missing only `expected` is counted.
static void catch_up(struct table_member *m)
{
    if (m->repair_hot.expected)
        m->repair.holes.next = m->repair_hot.expected;
}

static void note_holes(struct table_member *m)
{
    m->repair_hot.missing = m->repair.holes.count > 0;
    m->repair_hot.expected = m->repair_hot.missing ? 0 : m->repair.holes.next;
}

void repair_arrived_late(struct table_member *m, uint64_t number, uint64_t now_us)
{
    catch_up(m);
    nack_arrived(&m->repair.holes, number, now_us);
    note_holes(m);
}

void repair_heads(struct table_member *m, uint64_t first, uint64_t newest, uint64_t now_us)
{
    catch_up(m);
    nack_heads(&m->repair.holes, first, newest, now_us);
    note_holes(m);
    m->due_us = 0;
}

void repair_pong(struct table_member *m, const struct ctrl *pong, uint64_t now_us)
{
    uint64_t held = pong->sent - pong->received;
    if (pong->time == 0 || pong->time > now_us || pong->sent < pong->received || now_us - pong->time < held)
        return;
    uint64_t rtt = MAX(now_us - pong->time - held, (uint64_t)1);
    if (rtt < 10 * SECOND)
        m->repair.rtt_us = m->repair.rtt_us ? (m->repair.rtt_us * 7 + rtt) / 8 : rtt;
}

static void send_feedback(struct core *c, struct table_member *m, struct bytes_writer *w, uint8_t *out, uint64_t now_us)
{
    size_t n = feedback_end(w, out);
    if (n)
        core_send(c, m, out, n, &m->addr, now_us);
}

void repair_ask(struct core *c, struct table_member *m, uint64_t now_us)
{
    struct feedback_nack x;
    uint8_t out[WIRE_DATAGRAM_MAX];
    if (!m->repair_hot.missing)
        return;
    struct nack_rule rule = nack_rule(m->repair.rtt_us);
    rule.wait_us = nack_wait_us(m->repair_hot.parity ? m->parity.up_us : 0, m->repair.rtt_us, now_us);
    unsigned asked = nack_ask(&m->repair.holes, &rule, &x, now_us);
    note_holes(m);
    if (!asked)
        return;
    x.sender = m->sender;
    x.slot = FEEDBACK_SESSION;
    struct bytes_writer w = feedback_begin(out, 0, m->room_id);
    feedback_put_nack(&w, &x);
    send_feedback(c, m, &w, out, now_us);
}

// ---- what members miss ----

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9u;
    return x ^ x >> 32;
}

// When this datagram left for all, by its own header.
static uint64_t sent_at(const uint8_t *held, uint64_t now_us)
{
    struct bytes_reader r = bytes_reader(held + 16, 3);
    uint64_t sent_us = wire_hoptime_unwrap(bytes_u24(&r), now_us);
    return MIN(sent_us, now_us);
}

// How many copies to send now: none when this receiver has had enough of this number, or one may still be on its way.
static unsigned count_repeat(struct repair *r, const struct table_member *to, uint64_t stream, uint64_t number,
                             bool sound, uint64_t sent_us, uint64_t now_us)
{
    uint64_t key = mix(mix(mix(to->serial) + stream) + number);
    struct counter *x = &r->counter[key % COUNTERS];
    if (x->key != key || now_us - x->at_us > 2u * HISTORY_US)
        *x = (struct counter){.key = key, .at_us = sent_us};
    if (x->times >= NACK_TIMES || nack_in_flight(x->at_us, x->times > 0, to->repair.rtt_us, now_us))
        return 0;
    unsigned copies = nack_copies(x->times, sound);
    x->times += copies;
    x->at_us = now_us;
    return copies;
}

static void send_again(struct core *c, struct table_member *to, uint64_t number, const uint8_t *held, size_t n,
                       unsigned copies, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    memcpy(out, held, n);
    out[0] = WIRE_RTX;
    wire_stamp(out, n, c->table.room[to->room].down, number, now_us);
    c->counters.repeated += copies;
    c->counters.out += copies;
    c->counters.out_bytes += copies * n;
    for (; copies; copies--)
        c->config.emit(c->config.ctx, out, n, n, &to->addr);
}

// False when nothing more may be repeated to him now.
static bool repeat(struct core *c, struct table_member *to, uint64_t stream, uint64_t number, uint64_t now_us)
{
    size_t n;
    const uint8_t *held = history_find(c->history, stream, number, &n, now_us);
    uint64_t sent_us = held ? sent_at(held, now_us) : 0;
    if (!held || n > WIRE_DATAGRAM_MAX || sent_us < to->back_us)
        return true;
    bool sound = wire_stream(held[WIRE_HEADER - 1]) == WIRE_STREAM_AUDIO;
    unsigned copies = count_repeat(c->repair, to, stream, number, sound, sent_us, now_us);
    if (!copies)
        return true;
    if (!nack_afford(&to->repair.budget, to->forwarded_bytes, copies * n, now_us))
        return false;
    send_again(c, to, number, held, n, copies, now_us);
    return true;
}

void repair_nack(struct core *c, struct table_member *m, const struct feedback_nack *x, uint64_t now_us)
{
    const struct table_member *from = table_find(&c->table, m->room_id, x->sender);
    int at = table_slot_index(x->slot);
    if (!from || at < 0 || !(forward_receivers(&c->table, from, at) >> m->seat & 1))
        return;
    uint64_t stream = core_stream(from, at), newest = from->slot[at].number;
    for (unsigned i = 0; i < x->count; i++) {
        uint64_t base = nack_unwrap(newest, x->item[i].base);
        uint64_t bits = (uint64_t)x->item[i].mask << 1 | 1;
        // One datagram may ask for thousands: a member gets no more looked up than he may send.
        if (!guard_take(&m->asked, now_us, (unsigned)__builtin_popcountll(bits), WIRE_MEDIA_PER_S,
                        WIRE_MEDIA_PER_S * WIRE_MEDIA_BURST_MS / 1000)) {
            c->counters.over_limit++;
            return;
        }
        for (; bits; bits &= bits - 1) {
            uint64_t number = base + (unsigned)__builtin_ctzll(bits);
            if (number <= newest && !repeat(c, m, stream, number, now_us))
                return;
        }
    }
}

// A first copy for him, by the name of a repeat: its number is not the next one. He may ask for it again as for any.
void repair_catch_up(struct core *c, struct table_member *to, const struct table_member *from, int slot_index,
                     uint64_t first, uint64_t now_us)
{
    uint64_t stream = core_stream(from, slot_index);
    for (uint64_t number = first; number <= from->slot[slot_index].number; number++) {
        size_t n;
        const uint8_t *held = history_find(c->history, stream, number, &n, now_us);
        if (!held || n > WIRE_DATAGRAM_MAX)
            continue;
        uint64_t key = mix(mix(mix(to->serial) + stream) + number);
        c->repair->counter[key % COUNTERS] = (struct counter){.key = key, .at_us = now_us};
        to->forwarded_bytes += n;
        send_again(c, to, number, held, n, 1, now_us);
    }
}

// ---- what was sent last ----

void repair_subscribed(struct table_member *to, const struct table_member *from, int slot_index, uint64_t first)
{
    struct repair_state *s = &to->repair;
    uint8_t slot = table_slot_of(slot_index);
    unsigned i = 0;
    while (i < s->head_count && (s->head[i].sender != from->sender || s->head[i].slot != slot))
        i++;
    if (i == REPAIR_HEADS) {
        memmove(s->head, s->head + 1, (REPAIR_HEADS - 1) * sizeof s->head[0]);
        i--;
    }
    s->head_count = MAX(s->head_count, i + 1);
    s->head[i] = (struct repair_head){first, from->sender, slot, REPAIR_HEADS_TIMES};
    s->heads_due_us = 0;
    to->repair_hot.heads = true;
    to->due_us = 0;
}

static bool add_head(struct core *c, const struct table_member *to, const struct repair_head *x,
                     struct feedback_heads *out)
{
    const struct table_member *from = table_find(&c->table, to->room_id, x->sender);
    int at = table_slot_index(x->slot);
    if (!from || from->slot[at].number + 1 < x->first || !(from->slot[at].receivers >> to->seat & 1))
        return false; // he is gone, another has his id, or it is not wanted any more
    out->item[out->count].sender = x->sender;
    out->item[out->count].slot = x->slot;
    out->item[out->count].first = x->first;
    out->item[out->count++].newest = from->slot[at].number;
    return true;
}

void repair_tell(struct core *c, struct table_member *to, uint64_t now_us)
{
    struct repair_state *s = &to->repair;
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_heads heads = {0};
    unsigned kept = 0;
    if (!to->repair_hot.heads || now_us < s->heads_due_us)
        return;
    for (unsigned i = 0; i < s->head_count; i++) {
        struct repair_head x = s->head[i];
        if (add_head(c, to, &x, &heads) && --x.times)
            s->head[kept++] = x;
    }
    s->head_count = kept;
    s->heads_due_us = now_us + HEADS_AGAIN_US;
    to->repair_hot.heads = kept > 0;
    if (!heads.count)
        return;
    struct bytes_writer w = feedback_begin(out, 0, to->room_id);
    feedback_put_heads(&w, &heads);
    send_feedback(c, to, &w, out, now_us);
}

static void look_at_slots(struct core *c, struct table_member *m)
{
    struct repair_hot *hot = &m->repair_hot;
    struct repair_state *s = &m->repair;
    s->quiet = s->before & ~hot->active;
    s->before = hot->alone;
    hot->slots = s->quiet || s->before;
    hot->active = hot->alone = 0;
    if (s->quiet)
        c->table.room[m->room].quiet = true;
}

void repair_tick(struct core *c, struct table_member *m, uint64_t now_us)
{
    repair_ask(c, m, now_us);
    repair_tell(c, m, now_us);
    if (now_us - m->pinged_us >= SECOND || now_us - m->sent_us >= WIRE_KEEPALIVE_MS * 1000u) // as often as a PING
        nack_sample(&m->repair.budget, m->forwarded_bytes, now_us);
    if (m->repair_hot.slots && c->ticks % REPAIR_QUIET_TICKS == 0)
        look_at_slots(c, m);
}

// One HEADS for each receiver, over all who fell quiet in this tick.
void repair_tick_room(struct core *c, struct table_room *r, uint64_t now_us)
{
    struct {
        const struct table_member *from;
        int at;
    } quiet[FEEDBACK_LIST_MAX];
    unsigned count = 0;
    r->quiet = false;
    for (uint64_t live = r->live; live; live &= live - 1) {
        const struct table_member *m = &c->table.member[r->seat[__builtin_ctzll(live)]];
        for (uint64_t slots = m->repair.quiet; slots && count < ARRAY_LEN(quiet); slots &= slots - 1) {
            quiet[count].from = m;
            quiet[count++].at = __builtin_ctzll(slots);
        }
    }
    for (uint64_t live = count ? r->live : 0; live; live &= live - 1) {
        struct table_member *to = &c->table.member[r->seat[__builtin_ctzll(live)]];
        struct feedback_heads heads = {0};
        uint8_t out[WIRE_DATAGRAM_MAX];
        for (unsigned i = 0; i < count; i++) {
            if (!(forward_receivers(&c->table, quiet[i].from, quiet[i].at) >> to->seat & 1))
                continue;
            heads.item[heads.count].sender = quiet[i].from->sender;
            heads.item[heads.count].slot = table_slot_of(quiet[i].at);
            heads.item[heads.count++].newest = quiet[i].from->slot[quiet[i].at].number;
        }
        if (!heads.count)
            continue;
        struct bytes_writer w = feedback_begin(out, 0, to->room_id);
        feedback_put_heads(&w, &heads);
        send_feedback(c, to, &w, out, now_us);
    }
}
