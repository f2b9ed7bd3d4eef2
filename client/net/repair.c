#include "repair.h"

#include <stdlib.h>
#include <string.h>

enum {
    SENT_US = 1000000,
    BLOCK_HEAD = 7,
    ITEM = 8,
    SPARING_US = 20000,
    SPARED_US = 60000, // nothing is under way that could fill a hole: a keyframe is asked for soon
    GAP_MOST_US = 100000,
    TAIL_QUEUE_MS = 10,  // beyond it the rest of a frame may well be in the queue
    SOUND_QUEUE_MS = 100 // beyond it no repair of sound comes in time
};
enum { ROOM_US = 25000, ROOM_RTT_MAX_US = 1000000 };
static const double LOSING = 0.02, LOSING_LESS = 0.01; // shares: from here on, and until there

static uint64_t rtt_us(const struct net_repair *r) // 0 = unknown
{
    return r->hop->rtt_ms < 0 ? 0 : (uint64_t)(r->hop->rtt_ms * 1000) + 1;
}

static struct nack_rule rule_of(const struct net_repair *r)
{
    return nack_rule(rtt_us(r));
}

uint32_t net_repair_patience(const struct net_repair *r)
{
    return r->sparing ? SPARED_US : rule_of(r).give_up_us;
}

uint32_t net_repair_room(struct net_repair *r, uint64_t now_us)
{
    double share = loss_share(&r->hop->loss_down, now_us);
    r->losing = !r->off && share >= (r->losing ? LOSING_LESS : LOSING);
    return r->losing ? (uint32_t)MIN(rtt_us(r), (uint64_t)ROOM_RTT_MAX_US) + ROOM_US : 0;
}

void net_repair_init(struct net_repair *r, struct hop *hop)
{
    memset(r, 0, sizeof *r);
    r->hop = hop;
}

static void drop_sent(struct net_repair *r)
{
    struct net_repair_sent *x = &r->sent[r->oldest++ % NET_REPAIR_SENT];
    free(x->data);
    x->data = NULL;
}

static void drop_spaces(struct net_repair *r)
{
    while (r->space_count)
        free(r->spaces[--r->space_count]);
}

void net_repair_reset(struct net_repair *r)
{
    while (r->oldest < r->next)
        drop_sent(r);
    drop_spaces(r);
    r->oldest = r->next = r->told = 0;
}

void net_repair_off(struct net_repair *r, bool off)
{
    if (off && !r->off)
        net_repair_reset(r);
    r->off = off;
}

// The relay has started anew, or we have another session with it: all numbers begin again.
static void follow_session(struct net_repair *r)
{
    if (r->sessions == r->hop->sessions)
        return;
    r->sessions = r->hop->sessions;
    net_repair_reset(r);
}

// ---- up ----

void net_repair_sent(struct net_repair *r, const uint8_t *p, size_t n, uint64_t now_us)
{
    uint64_t number = r->hop->media_number - 1;
    follow_session(r);
    r->sent_bytes += n;
    r->sent_us = now_us;
    if (r->off)
        return;
    if (number != r->next) {
        while (r->oldest < r->next)
            drop_sent(r);
        r->oldest = r->next = number;
    }
    while (r->oldest < r->next &&
           (r->next - r->oldest == NET_REPAIR_SENT || now_us - r->sent[r->oldest % NET_REPAIR_SENT].at_us > SENT_US))
        drop_sent(r);
    struct net_repair_sent *x = &r->sent[r->next++ % NET_REPAIR_SENT];
    *x = (struct net_repair_sent){.data = base_alloc(n), .number = number, .at_us = now_us, .size = (uint16_t)n};
    memcpy(x->data, p, n);
}

const uint8_t *net_repair_kept(void *ctx, uint64_t number, size_t *n)
{
    const struct net_repair *r = ctx;
    if (number < r->oldest || number >= r->next)
        return NULL;
    *n = r->sent[number % NET_REPAIR_SENT].size;
    return r->sent[number % NET_REPAIR_SENT].data;
}

// False when no more may be sent again now.
static bool repeat(struct net_repair *r, uint64_t number, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    uint64_t round_us = rtt_us(r) + (uint64_t)(r->queue_up_ms * 1000);
    if (number < r->oldest || number >= r->next)
        return true;
    struct net_repair_sent *x = &r->sent[number % NET_REPAIR_SENT];
    if (x->times == NACK_TIMES || now_us - x->at_us > SENT_US ||
        nack_in_flight(x->times ? x->again_us : x->at_us, x->times > 0, round_us, now_us))
        return true;
    unsigned copies = nack_copies(x->times, wire_stream(x->data[WIRE_HEADER - 1]) == WIRE_STREAM_AUDIO);
    if (!nack_afford(&r->budget, r->sent_bytes, copies * x->size, now_us))
        return false;
    memcpy(out, x->data, x->size);
    out[0] = WIRE_RTX;
    x->times = (uint8_t)(x->times + copies);
    x->again_us = now_us;
    for (; copies; copies--)
        r->repeated += hop_send_again(r->hop, out, x->size, number, now_us);
    return true;
}

void net_repair_answer(struct net_repair *r, const struct feedback_nack *x, uint64_t now_us)
{
    follow_session(r);
    // What is repeated into a queue of the little that fits comes too late, and more gets lost for it.
    if (r->off || r->hop->choked || r->oldest == r->next)
        return;
    for (unsigned i = 0; i < x->count; i++) {
        uint64_t base = nack_unwrap(r->next - 1, x->item[i].base), bits = (uint64_t)x->item[i].mask << 1 | 1;
        for (; bits; bits &= bits - 1)
            if (!repeat(r, base + (unsigned)__builtin_ctzll(bits), now_us))
                return;
    }
}

// ---- down ----

const struct net_repair_space *net_repair_find(const struct net_repair *r, uint16_t sender, uint8_t slot)
{
    for (size_t i = 0; i < r->space_count; i++)
        if (r->spaces[i]->sender == sender && r->spaces[i]->slot == slot)
            return r->spaces[i];
    return NULL;
}

// Meta is said anew each second, and files repair themselves.
static bool is_repaired(uint8_t slot)
{
    return wire_stream(slot) <= WIRE_STREAM_SCREEN;
}

static struct net_repair_space *space_of(struct net_repair *r, uint16_t sender, uint8_t slot, bool make)
{
    struct net_repair_space *s = (struct net_repair_space *)net_repair_find(r, sender, slot);
    if (s || !make || r->space_count == NET_REPAIR_SPACES)
        return s;
    s = base_alloc(sizeof *s);
    s->sender = sender;
    s->slot = slot;
    r->spaces[r->space_count++] = s;
    return s;
}

void net_repair_arrived(struct net_repair *r, const struct hop_datagram *d, uint32_t ts, bool opened, uint64_t now_us)
{
    follow_session(r);
    if (r->off || !is_repaired(d->header.slot))
        return;
    struct net_repair_space *s = space_of(r, d->header.sender, d->header.slot, opened);
    if (!s)
        return;
    nack_arrived(&s->nack, d->number, now_us);
    s->repaired += d->header.type == WIRE_RTX;
    s->mended += d->mended;
    if (d->number > s->newest) {
        if (d->number == s->newest + 1 && ts == s->newest_ts)
            s->gap_us += ((int32_t)MIN(now_us - s->newest_us, (uint64_t)GAP_MOST_US) - s->gap_us) / 4;
        s->newest = d->number;
        s->newest_us = now_us;
        s->newest_ts = ts;
        s->tail_asked = 0;
    }
    if (d->header.mark & WIRE_MARK_END && (!s->any_end || (int32_t)(ts - s->end_ts) > 0)) {
        s->any_end = true;
        s->end_ts = ts;
    }
}

void net_repair_heads(struct net_repair *r, uint16_t sender, uint8_t slot, uint64_t first, uint64_t newest,
                      uint64_t now_us)
{
    follow_session(r);
    if (r->off || !is_repaired(slot))
        return;
    struct net_repair_space *s = space_of(r, sender, slot, true);
    if (s)
        nack_heads(&s->nack, first, newest, now_us);
}

void net_repair_parity(struct net_repair *r, uint16_t sender, uint8_t slot, uint64_t now_us)
{
    struct net_repair_space *s = r->off ? NULL : space_of(r, sender, slot, false);
    if (s)
        s->parity_us = now_us;
}

void net_repair_forget(struct net_repair *r, uint16_t sender)
{
    for (size_t i = 0; i < r->space_count;) {
        if (r->spaces[i]->sender != sender) {
            i++;
            continue;
        }
        free(r->spaces[i]);
        r->spaces[i] = r->spaces[--r->space_count];
    }
}

// ---- asking ----

static uint64_t tail_due(const struct net_repair_space *s, const struct nack_rule *rule)
{
    bool unfinished = s->newest && (!s->any_end || (int32_t)(s->newest_ts - s->end_ts) > 0);
    if (!unfinished || s->nack.next > s->newest + 1 || s->tail_asked == NACK_TIMES)
        return UINT64_MAX;
    return s->tail_asked ? s->tail_us + rule->again_us : s->newest_us + NACK_TAIL_US + 2 * (uint64_t)s->gap_us;
}

static void put_tail(struct net_repair_space *s, const struct nack_rule *rule, struct feedback_nack *x, uint64_t now_us)
{
    if (tail_due(s, rule) > now_us || x->count == FEEDBACK_NACK_MAX)
        return;
    x->item[x->count++] = (struct feedback_nack_item){(uint32_t)(s->newest + 1), (1u << (NACK_TAIL - 1)) - 1};
    s->tail_us = now_us;
    s->tail_asked++;
}

struct message {
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct bytes_writer w;
    bool any;
};

static void begin(const struct net_repair *r, struct message *m)
{
    m->w = feedback_begin(m->p, r->hop->sender, r->hop->room);
    m->any = false;
}

static void send(struct net_repair *r, struct message *m, uint64_t now_us)
{
    if (m->any)
        hop_send_other(r->hop, m->p, feedback_end(&m->w, m->p), now_us);
    begin(r, m);
}

static void put_nack(struct net_repair *r, struct message *m, const struct feedback_nack *x, uint64_t now_us)
{
    if (m->w.left < BLOCK_HEAD + (size_t)ITEM * x->count)
        send(r, m, now_us);
    feedback_put_nack(&m->w, x);
    m->any = true;
}

// When nothing was sent for a while, nothing shows the relay that the last of it was lost.
static uint64_t tell_newest(struct net_repair *r, struct message *m, uint64_t now_us)
{
    if (r->oldest == r->next || r->told == r->next - 1)
        return UINT64_MAX;
    if (now_us < r->sent_us + NACK_QUIET_US)
        return r->sent_us + NACK_QUIET_US;
    struct feedback_heads h = {.count = 1};
    h.item[0].sender = r->hop->sender;
    h.item[0].slot = FEEDBACK_SESSION;
    h.item[0].first = r->oldest;
    h.item[0].newest = r->told = r->next - 1;
    feedback_put_heads(&m->w, &h);
    m->any = true;
    return UINT64_MAX;
}

uint64_t net_repair_tick(struct net_repair *r, uint64_t now_us)
{
    struct message m;
    struct nack_rule rule = rule_of(r);
    uint64_t next = UINT64_MAX;
    follow_session(r);
    nack_sample(&r->budget, r->sent_bytes, now_us);
    if (r->off || r->hop->state != HOP_UP)
        return next;
    begin(r, &m);
    next = tell_newest(r, &m, now_us);
    for (size_t i = 0; i < r->space_count; i++) {
        struct net_repair_space *s = r->spaces[i];
        struct feedback_nack x = {.sender = s->sender, .slot = s->slot};
        bool sound = wire_stream(s->slot) == WIRE_STREAM_AUDIO;
        if (sound ? r->queue_ms > SOUND_QUEUE_MS : r->sparing) {
            next = MIN(next, now_us + SPARING_US);
            continue;
        }
        rule.wait_us = nack_wait_us(s->parity_us, rtt_us(r), now_us);
        nack_ask(&s->nack, &rule, &x, now_us);
        if (r->queue_ms <= TAIL_QUEUE_MS)
            put_tail(s, &rule, &x, now_us);
        uint64_t tail = tail_due(s, &rule);
        if (tail < now_us) // the queue forbids it
            tail = now_us + SPARING_US;
        if (x.count) {
            put_nack(r, &m, &x, now_us);
            s->nacks++;
        }
        next = base_sooner(next, base_sooner(nack_due(&s->nack, &rule, now_us), tail));
    }
    send(r, &m, now_us);
    return next;
}
