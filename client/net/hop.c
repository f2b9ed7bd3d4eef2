#include "hop.h"

#include "hop_loss.h"

#include "shared/ctrl.h"
#include "shared/keys.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

enum { SECOND = 1000000, MS = 1000, OLD_SECRET_US = 10 * SECOND, PROBES = 8 };

void hop_init(struct hop *h, const struct hop_io *io)
{
    memset(h, 0, sizeof *h);
    h->io = *io;
    h->rtt_ms = -1;
    h->figures.rtt_ms = -1;
}

static void clear_spaces(struct hop *h)
{
    memset(h->spaces, 0, sizeof h->spaces);
    memset(&h->session_window, 0, sizeof h->session_window);
    h->media_number = h->other_number = 1;
    h->up_newest = h->up_told = h->up_came = h->up_reported = h->up_lost = 0;
    h->sessions++;
    h->has_clock = false; // another start of the relay may have another clock
}

static void derive_room_down(struct hop *h)
{
    keys_room_down(h->room_down, h->room_secret, h->boot_nonce);
    keys_room_down(h->old_room_down, h->old_room_secret, h->boot_nonce);
}

void hop_enter(struct hop *h, const struct hop_entry *e, uint64_t fresh_nonce, uint64_t now_us)
{
    bool same = h->state != HOP_IDLE && h->room == e->room && h->sender == e->sender &&
                sodium_memcmp(h->hop_key, e->hop_key, 32) == 0;
    if (!same) {
        clear_spaces(h);
        h->has_keys = false;
        h->nonce = fresh_nonce;
        memcpy(h->hop_key, e->hop_key, 32);
        memcpy(h->room_secret, e->room_secret, 32);
        h->old_room_secret_until = 0;
        h->room = e->room;
        h->sender = e->sender;
        h->state = HOP_HELLO;
    }
    hop_renew(h, e->epoch, e->room_secret, e->ticket, e->ticket_size, now_us);
    if (!same || !hop_alive(h, now_us))
        hop_rehello(h, now_us);
}

void hop_renew(struct hop *h, uint32_t epoch, const uint8_t room_secret[32], const uint8_t *ticket, size_t ticket_size,
               uint64_t now_us)
{
    if (h->state == HOP_IDLE || ticket_size > sizeof h->ticket)
        return;
    memcpy(h->ticket, ticket, ticket_size);
    h->ticket_size = ticket_size;
    if (epoch != h->epoch)
        h->ping_us = 0; // the relay waits for everybody's word before it uses the new key
    h->epoch = epoch;
    if (sodium_memcmp(h->room_secret, room_secret, 32) != 0) {
        memcpy(h->old_room_secret, h->room_secret, 32);
        memcpy(h->room_secret, room_secret, 32);
        h->old_room_secret_until = now_us + OLD_SECRET_US;
    }
    if (h->has_keys)
        derive_room_down(h);
}

static void emit(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us)
{
    h->sent_us = now_us;
    h->up_bytes += n;
    h->io.send(h->io.ctx, p, n);
}

// Give it its number, and send it.
static void send_numbered(struct hop *h, enum hop_sent kind, uint8_t *p, size_t n, uint64_t number, uint64_t now_us)
{
    wire_stamp(p, n, h->up, number, now_us);
    emit(h, p, n, now_us);
    if (h->io.sent)
        h->io.sent(h->io.ctx, kind, number, n, now_us);
}

static void send_ctrl(struct hop *h, const struct ctrl *c, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n = ctrl_write(c, h->sender, h->room, p);
    send_numbered(h, HOP_SENT_OTHER, p, n, h->other_number++, now_us);
}

static void send_hello(struct hop *h, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct ctrl c = {.op = CTRL_HELLO, .nonce = h->nonce, .ticket = h->ticket, .ticket_size = h->ticket_size};
    h->hello_us = now_us;
    emit(h, p, ctrl_write(&c, h->sender, h->room, p), now_us);
}

void hop_rehello(struct hop *h, uint64_t now_us)
{
    if (h->state == HOP_IDLE)
        return;
    h->hello_since_us = now_us;
    send_hello(h, now_us);
}

static void send_ping(struct hop *h, uint64_t now_us)
{
    h->ping_us = now_us;
    send_ctrl(h,
              &(struct ctrl){.op = CTRL_PING,
                             .media_number = h->media_number,
                             .other_number = h->other_number + 1,
                             .epoch = h->epoch,
                             .time = now_us},
              now_us);
}

void hop_leave(struct hop *h, uint64_t now_us)
{
    if (h->has_keys)
        send_ctrl(h, &(struct ctrl){.op = CTRL_BYE, .reason = CTRL_BYE_LEAVE}, now_us);
    struct hop_io io = h->io;
    unsigned sessions = h->sessions;
    sodium_memzero(h, sizeof *h);
    hop_init(h, &io);
    h->sessions = sessions + 1;
}

// ---- receiving ----

static struct hop_space *find_space(struct hop *h, uint16_t sender, uint8_t slot, bool parity)
{
    unsigned at = (sender * 31u + slot * 7u) % HOP_SPACES;
    for (unsigned i = 0; i < PROBES; i++) {
        struct hop_space *s = &h->spaces[(at + i) % HOP_SPACES];
        if (s->used && s->sender == sender && s->slot == slot && s->parity == parity)
            return s;
    }
    return NULL;
}

// Only for what has proved itself: a stranger must not push a space out.
static struct hop_space *make_space(struct hop *h, uint16_t sender, uint8_t slot, bool parity)
{
    unsigned at = (sender * 31u + slot * 7u) % HOP_SPACES;
    struct hop_space *take = &h->spaces[at];
    for (unsigned i = 1; i < PROBES && take->used; i++) {
        struct hop_space *s = &h->spaces[(at + i) % HOP_SPACES];
        if (!s->used || s->last_us < take->last_us)
            take = s;
    }
    *take = (struct hop_space){.used = true, .parity = parity, .sender = sender, .slot = slot};
    return take;
}

void hop_forget(struct hop *h, uint16_t sender)
{
    for (unsigned i = 0; i < HOP_SPACES; i++)
        if (h->spaces[i].sender == sender)
            h->spaces[i].used = false;
}

static void take_keys(struct hop *h, const uint8_t boot_nonce[16])
{
    if (h->has_keys && memcmp(h->boot_nonce, boot_nonce, 16) == 0)
        return; // a move, or the relay asks again: keys and counters stay
    memcpy(h->boot_nonce, boot_nonce, 16);
    keys_hop(h->up, h->down, h->hop_key, h->nonce, boot_nonce);
    clear_spaces(h);
    derive_room_down(h);
    h->has_keys = true;
}

static bool answer_challenge(struct hop *h, const struct ctrl *c, const uint8_t *p, size_t n, uint64_t now_us)
{
    uint8_t up[16], down[16], out[WIRE_DATAGRAM_MAX];
    // While all is well only the relay's own start, of which we know, may ask: an old challenge must not undo our keys.
    bool another_start = h->has_keys && memcmp(c->boot_nonce, h->boot_nonce, 16) != 0;
    if (c->nonce != h->nonce || (another_start && hop_alive(h, now_us)))
        return false;
    keys_hop(up, down, h->hop_key, h->nonce, c->boot_nonce);
    if (!wire_verify(p, n, down, 0))
        return false;
    take_keys(h, c->boot_nonce);
    struct ctrl proof = *c;
    proof.op = CTRL_PROOF;
    proof.ticket = h->ticket;
    proof.ticket_size = h->ticket_size;
    size_t size = ctrl_write(&proof, h->sender, h->room, out);
    wire_stamp(out, size, up, 0, now_us);
    emit(h, out, size, now_us);
    h->hello_us = now_us; // give the proof its round trip
    return true;
}

static void heard(struct hop *h, uint64_t now_us)
{
    h->heard_us = now_us;
    if (h->state == HOP_HELLO) {
        h->state = HOP_UP;
        send_ping(h, now_us); // the first round trip time, and the relay learns our numbers
    }
}

// The quickest exchange tells the clocks apart best; after a minute a newer one is believed.
static void measure_clock(struct hop *h, const struct ctrl *c, uint64_t rtt_us, uint64_t now_us)
{
    if (h->has_clock && rtt_us > h->clock_rtt_us && now_us - h->clock_at_us < 60u * SECOND)
        return;
    h->has_clock = true;
    h->clock_rtt_us = rtt_us;
    h->clock_at_us = now_us;
    h->clock_offset_us = (int64_t)(c->received / 2 + c->sent / 2) - (int64_t)(c->time / 2 + now_us / 2);
}

static enum hop_verdict receive_ctrl(struct hop *h, const struct ctrl *c, uint64_t now_us, struct hop_datagram *d)
{
    switch (c->op) {
    case CTRL_PING:
        send_ctrl(h, &(struct ctrl){.op = CTRL_PONG, .time = c->time, .received = now_us, .sent = now_us}, now_us);
        return HOP_HANDLED;
    case CTRL_PONG: {
        int64_t rtt = (int64_t)(now_us - c->time) - (int64_t)(c->sent - c->received);
        if (c->time && c->time <= now_us && rtt >= 0 && rtt < 10 * SECOND) {
            double ms = (double)rtt / MS;
            h->rtt_ms = h->rtt_ms < 0 ? ms : h->rtt_ms + (ms - h->rtt_ms) / 8;
            measure_clock(h, c, (uint64_t)rtt, now_us);
        }
        return HOP_HANDLED;
    }
    case CTRL_BYE:
        d->bye = c->reason;
        return HOP_GOODBYE;
    default:
        return HOP_DROP;
    }
}

// RFC 3550 §6.4.1 interarrival jitter, over everything the relay stamps.
static void measure_jitter(struct hop *h, uint32_t hoptime, uint64_t now_us)
{
    uint64_t hop = h->has_jitter ? wire_hoptime_unwrap(hoptime, h->last_hop_us + (now_us - h->last_arrival_us)) : 0;
    if (!h->has_jitter) {
        h->has_jitter = true;
        hop = wire_hoptime_unwrap(hoptime, now_us);
    } else {
        double delta = (double)(int64_t)(now_us - h->last_arrival_us) - (double)(int64_t)(hop - h->last_hop_us);
        h->jitter_us += (fabs(delta) - h->jitter_us) / 16;
    }
    h->last_hop_us = hop;
    h->last_arrival_us = now_us;
}

static enum hop_verdict receive_session(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us,
                                        struct hop_datagram *d)
{
    struct ctrl c;
    bool is_ctrl = d->header.type == WIRE_CTRL && ctrl_read(&c, p, n);
    if (is_ctrl && c.op == CTRL_CHALLENGE)
        return answer_challenge(h, &c, p, n, now_us) ? HOP_HANDLED : HOP_DROP;
    if (!h->has_keys || d->header.sender != 0)
        return HOP_DROP;
    d->number = replay_unwrap(&h->session_window, d->header.hopseq);
    if (replay_check(&h->session_window, d->number, REPLAY_WINDOW) != REPLAY_NEW ||
        !wire_verify(p, n, h->down, d->number))
        return HOP_DROP;
    replay_commit(&h->session_window, d->number);
    heard(h, now_us);
    measure_jitter(h, d->header.hoptime, now_us);
    if (is_ctrl)
        return receive_ctrl(h, &c, now_us, d);
    if (d->header.type == WIRE_FEEDBACK) {
        hop_loss_reported(h, p, n, now_us);
        return HOP_FEEDBACK;
    }
    return HOP_HANDLED;
}

static enum hop_verdict receive_media(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us,
                                      struct hop_datagram *d)
{
    if (!h->has_keys || d->header.sender == 0 || d->header.sender == h->sender)
        return HOP_DROP;
    static const struct replay nothing;
    d->space = find_space(h, d->header.sender, d->header.slot, false);
    const struct replay *window = d->space ? &d->space->window : &nothing;
    d->number = replay_unwrap(window, d->header.hopseq);
    enum replay_verdict fresh = replay_check(window, d->number, REPLAY_WINDOW);
    // A jump far ahead is believed when the end-to-end seal opens: nobody on the path can make one.
    if (fresh == REPLAY_OLD)
        return HOP_DROP;
    if (!wire_verify(p, n, h->room_down, d->number) &&
        !(now_us < h->old_room_secret_until && wire_verify(p, n, h->old_room_down, d->number)))
        return HOP_DROP;
    if (fresh == REPLAY_SEEN) { // a repair crossed with what it repeats; it proves nothing new
        if (d->header.type == WIRE_MEDIA)
            hop_loss_late(d->space, d->number);
        d->seen = true;
        return HOP_HANDLED;
    }
    heard(h, now_us);
    if (!d->space)
        d->space = make_space(h, d->header.sender, d->header.slot, false);
    d->space->last_us = now_us;
    if (d->header.type == WIRE_MEDIA)
        measure_jitter(h, d->header.hoptime, now_us);
    return HOP_MEDIA;
}

// Parity says nothing that the seals of what it mends do not prove, and saying it again does no harm. So its window
// only spares work, a jump far ahead is believed, and it is no sign of life.
static enum hop_verdict receive_parity(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us,
                                       struct hop_datagram *d)
{
    if (!h->has_keys || d->header.sender == 0 || d->header.sender == h->sender)
        return HOP_DROP;
    static const struct replay nothing;
    struct hop_space *s = find_space(h, d->header.sender, d->header.slot, true);
    const struct replay *window = s ? &s->window : &nothing;
    d->number = replay_unwrap(window, d->header.hopseq);
    if (!wire_verify(p, n, h->room_down, d->number) &&
        !(now_us < h->old_room_secret_until && wire_verify(p, n, h->old_room_down, d->number)))
        return HOP_DROP;
    if (replay_check(window, d->number, REPLAY_WINDOW) == REPLAY_SEEN)
        return HOP_HANDLED;
    if (!s)
        s = make_space(h, d->header.sender, d->header.slot, true);
    s->last_us = now_us;
    replay_commit(&s->window, d->number);
    d->space = find_space(h, d->header.sender, d->header.slot, false);
    return d->space ? HOP_PARITY : HOP_HANDLED;
}

static enum hop_verdict verdict(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us, struct hop_datagram *d)
{
    if (!wire_is_media(d->header.type))
        return receive_session(h, p, n, now_us, d);
    return d->header.type == WIRE_FEC ? receive_parity(h, p, n, now_us, d) : receive_media(h, p, n, now_us, d);
}

enum hop_verdict hop_receive(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us, struct hop_datagram *d)
{
    memset(d, 0, sizeof *d);
    d->now_us = now_us;
    enum hop_verdict v = HOP_DROP;
    if (h->state != HOP_IDLE && wire_read(&d->header, p, n) && d->header.room == h->room)
        v = verdict(h, p, n, now_us, d);
    if (v == HOP_DROP)
        h->bad++;
    else
        h->down_bytes += n;
    return v;
}

bool hop_mended(struct hop *h, const uint8_t *p, size_t n, uint64_t number, uint64_t now_us, struct hop_datagram *d)
{
    memset(d, 0, sizeof *d);
    if (h->state == HOP_IDLE || !wire_read(&d->header, p, n) || d->header.room != h->room)
        return false;
    d->number = number;
    d->now_us = now_us;
    d->mended = true;
    d->space = find_space(h, d->header.sender, d->header.slot, false);
    return d->space && replay_check(&d->space->window, number, REPLAY_WINDOW) == REPLAY_NEW;
}

void hop_commit(struct hop *h, const struct hop_datagram *d)
{
    struct hop_space *s = d->space;
    if (d->header.type == WIRE_FILE) { // it fills the way until something is lost: that is no figure of the way
        replay_commit(&s->window, d->number);
        s->second_first = s->window.newest + 1;
        return;
    }
    bool lost = d->mended || d->header.type == WIRE_RTX;
    if (!s->window.newest)
        s->second_first = s->first = d->number;
    else if (d->number > s->window.newest)
        hop_loss_settle(h, s, d->number, d->now_us);
    replay_commit(&s->window, d->number);
    s->second_received += !lost;
    if (!lost && s->window.newest - d->number < 64)
        s->came |= (uint64_t)1 << (s->window.newest - d->number);
}

void hop_skip(struct hop *h, uint16_t sender, uint8_t slot, uint64_t first)
{
    struct hop_space *s = find_space(h, sender, slot, false);
    if (!s || first <= s->skipped)
        return;
    if (s->window.newest && first > s->window.newest + 1)
        s->second_first += first - MAX(s->window.newest + 1, s->skipped);
    s->skipped = first;
}

// ---- sending ----

bool hop_send_media(struct hop *h, uint8_t *p, size_t n, uint64_t now_us)
{
    if (h->state != HOP_UP)
        return false;
    send_numbered(h, HOP_SENT_MEDIA, p, n, h->media_number++, now_us);
    return true;
}

bool hop_send_again(struct hop *h, uint8_t *p, size_t n, uint64_t number, uint64_t now_us)
{
    if (h->state != HOP_UP)
        return false;
    send_numbered(h, HOP_SENT_AGAIN, p, n, number, now_us);
    return true;
}

bool hop_send_other(struct hop *h, uint8_t *p, size_t n, uint64_t now_us)
{
    if (h->state != HOP_UP)
        return false;
    send_numbered(h, HOP_SENT_OTHER, p, n, h->other_number++, now_us);
    return true;
}

// ---- time ----

static void measure_second(struct hop *h, uint64_t now_us)
{
    double s = (double)(now_us - h->second_us) / SECOND;
    uint64_t expected = 0, received = 0;
    for (unsigned i = 0; i < HOP_SPACES; i++) {
        struct hop_space *sp = &h->spaces[i];
        if (!sp->used || sp->parity || sp->window.newest + 1 <= sp->second_first)
            continue;
        expected += MAX(sp->window.newest + 1 - sp->second_first, sp->second_received);
        received += sp->second_received;
        sp->second_first = sp->window.newest + 1;
        sp->second_received = 0;
    }
    h->figures = (struct hop_figures){
        .rtt_ms = h->rtt_ms,
        .loss_up_pct = h->up_reported ? 100.0 * (double)h->up_lost / (double)h->up_reported : 0,
        .loss_down_pct = expected ? 100.0 * (double)(expected - received) / (double)expected : 0,
        .jitter_ms = h->jitter_us / MS,
        .up_kbps = (double)h->up_bytes * 8 / 1000 / s,
        .down_kbps = (double)h->down_bytes * 8 / 1000 / s,
    };
    h->up_reported = h->up_lost = 0;
    h->up_bytes = h->down_bytes = 0;
    h->second_us = now_us;
}

// WIRE §3: 250 ms for 10 s, 1 s for 60 s, then every 5 s, for ever.
static uint64_t retry_us(const struct hop *h, uint64_t now_us)
{
    uint64_t since = now_us - h->hello_since_us;
    if (since < SECOND / 2)
        return 100 * MS;
    return since < 10 * SECOND ? 250 * MS : since < 70 * SECOND ? SECOND : 5 * SECOND;
}

bool hop_alive(const struct hop *h, uint64_t now_us)
{
    return h->state == HOP_UP && now_us - h->heard_us < WIRE_SUSPECT_MS * MS;
}

uint64_t hop_tick(struct hop *h, uint64_t now_us)
{
    if (h->second_us == 0)
        h->second_us = now_us;
    if (now_us - h->second_us >= SECOND)
        measure_second(h, now_us);
    if (h->state == HOP_IDLE)
        return UINT64_MAX;
    bool silent = h->state == HOP_UP && !hop_alive(h, now_us);
    if (silent || h->state == HOP_HELLO) {
        if (silent && h->hello_since_us <= h->heard_us) { // suspicion begins: perhaps our address is dead
            h->hello_since_us = now_us;
            h->hello_us = 0;
        }
        if (now_us - h->hello_us >= retry_us(h, now_us)) {
            if (now_us - h->socket_us >= SECOND && now_us - h->hello_since_us >= SECOND / 2) {
                h->socket_us = now_us;
                h->io.fresh_socket(h->io.ctx);
            }
            send_hello(h, now_us);
        }
    }
    if (h->state == HOP_UP && (now_us - h->ping_us >= SECOND || now_us - h->sent_us >= WIRE_KEEPALIVE_MS * MS))
        send_ping(h, now_us);
    uint64_t next = MIN(h->second_us + SECOND, h->sent_us + WIRE_KEEPALIVE_MS * MS);
    if (h->state != HOP_UP || silent)
        next = MIN(next, h->hello_us + retry_us(h, now_us));
    else
        next = MIN(next, h->heard_us + WIRE_SUSPECT_MS * MS);
    if (h->state == HOP_UP)
        next = MIN(next, h->ping_us + SECOND);
    return MAX(next, now_us + MS);
}
