// A relay core in virtual time with fake members around it, for tests and fuzz targets. No sockets.
#ifndef PARLOUR_TESTS_RELAY_RIG_H
#define PARLOUR_TESTS_RELAY_RIG_H

#include "relay/core.h"
#include "shared/ctrl.h"
#include "shared/feedback.h"
#include "shared/keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define RIG __attribute__((unused)) static

enum { RIG_OUT = 4096, RIG_EVENTS = 256 };

struct rig_sent {
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n;
    struct addr to;
};

struct rig {
    struct core *core;
    uint64_t now, wall_s;
    uint8_t ticket_key[32], boot_nonce[16];
    struct rig_sent *out;
    unsigned out_count;
    size_t out_bytes;
    struct core_event event[RIG_EVENTS];
    unsigned event_count;
    bool events_full; // refuse events, as a full mailbox does
};

struct rig_peer {
    struct ticket ticket;
    uint8_t sealed[WIRE_TICKET_MAX];
    size_t sealed_size;
    struct addr addr;
    uint64_t nonce;
    uint8_t up[16], down[16];
    uint64_t media, other; // last numbers used
};

RIG void rig_emit(void *ctx, const uint8_t *p, size_t n, size_t segment, const struct addr *to)
{
    struct rig *r = ctx;
    r->out_bytes += n;
    for (size_t at = 0; at < n && r->out_count < RIG_OUT; at += segment) {
        struct rig_sent *s = &r->out[r->out_count++];
        s->n = MIN(segment, n - at);
        memcpy(s->p, p + at, s->n);
        s->to = *to;
    }
}

RIG bool rig_event(void *ctx, const struct core_event *e)
{
    struct rig *r = ctx;
    if (r->events_full || r->event_count == RIG_EVENTS)
        return false;
    r->event[r->event_count++] = *e;
    return true;
}

// A fresh start of the same relay: other boot nonce, same ticket key.
RIG void rig_boot(struct rig *r, uint8_t boot)
{
    struct core_config c = {.emit = rig_emit, .event = rig_event, .ctx = r};
    core_destroy(r->core);
    memset(r->ticket_key, 7, sizeof r->ticket_key);
    memset(r->boot_nonce, boot, sizeof r->boot_nonce);
    c.ticket_key = r->ticket_key;
    memcpy(c.boot_nonce, r->boot_nonce, sizeof c.boot_nonce);
    memset(c.boot_secret, boot + 1, sizeof c.boot_secret);
    if (!addr_literal(&c.own, "10.0.0.100", 5001))
        abort();
    r->core = core_create(&c, r->wall_s);
    r->out_count = r->event_count = 0;
}

// Start, or start over; the struct was zeroed before the first time.
RIG void rig_start(struct rig *r)
{
    struct rig_sent *out = r->out ? r->out : calloc(RIG_OUT, sizeof *out);
    core_destroy(r->core);
    if (sodium_init() < 0)
        abort();
    memset(r, 0, sizeof *r);
    r->out = out;
    r->now = 1000000000;
    r->wall_s = 1700000000;
    rig_boot(r, 1);
}

RIG void rig_end(struct rig *r)
{
    core_destroy(r->core);
    free(r->out);
    memset(r, 0, sizeof *r);
}

RIG void rig_clear(struct rig *r)
{
    r->out_count = r->event_count = 0;
    r->out_bytes = 0;
}

RIG void rig_give(struct rig *r, const uint8_t *p, size_t n, const struct addr *from)
{
    uint8_t copy[2048];
    memcpy(copy, p, n);
    core_datagram(r->core, copy, n, from, r->now);
}

// Ticks as the worker does, for `ms`.
RIG void rig_wait(struct rig *r, unsigned ms)
{
    for (unsigned t = 0; t < ms; t += CORE_TICK_US / 1000) {
        r->now += CORE_TICK_US;
        core_tick(r->core, r->now, r->wall_s);
    }
}

RIG void rig_address(struct addr *a, unsigned host, uint16_t port)
{
    char text[32] = "10.0.0.";
    size_t n = strlen(text);
    if (host >= 100)
        text[n++] = (char)('0' + host / 100);
    if (host >= 10)
        text[n++] = (char)('0' + host / 10 % 10);
    text[n++] = (char)('0' + host % 10);
    text[n] = 0;
    if (!addr_literal(a, text, port))
        abort();
}

RIG void rig_make_peer(struct rig *r, struct rig_peer *p, uint32_t room, uint16_t sender)
{
    memset(p, 0, sizeof *p);
    p->ticket.room = room;
    p->ticket.code = 123456;
    p->ticket.sender = sender;
    p->ticket.join_id = 1000u + sender;
    p->ticket.epoch = 1;
    p->ticket.expiry = r->wall_s + 3600;
    memset(p->ticket.hop_key, sender, sizeof p->ticket.hop_key);
    memcpy(p->ticket.name, "Ann", 4);
    p->sealed_size = ticket_seal(&p->ticket, r->ticket_key, p->sealed);
    rig_address(&p->addr, sender, 4000);
}

// What the control thread does at create and join.
RIG void rig_add(struct rig *r, const struct rig_peer *p)
{
    struct core_command c = {.type = CORE_ADD, .room = p->ticket.room, .epoch = 1, .sender = p->ticket.sender};
    c.join_id = p->ticket.join_id;
    memcpy(c.hop_key, p->ticket.hop_key, sizeof c.hop_key);
    core_command(r->core, &c, r->now);
}

RIG void rig_hello(struct rig *r, const struct rig_peer *p)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl c = {.op = CTRL_HELLO, .nonce = p->nonce, .ticket = p->sealed, .ticket_size = p->sealed_size};
    rig_give(r, out, ctrl_write(&c, p->ticket.sender, p->ticket.room, out), &p->addr);
}

// The newest CTRL of this op sent to an address.
RIG const struct rig_sent *rig_find(const struct rig *r, const struct addr *to, uint8_t type, uint8_t op)
{
    for (unsigned i = r->out_count; i-- > 0;)
        if (addr_equal(&r->out[i].to, to) && r->out[i].p[0] == type &&
            (type == WIRE_MEDIA || type == WIRE_FILE || r->out[i].p[WIRE_HEADER] == op))
            return &r->out[i];
    return NULL;
}

RIG unsigned rig_count(const struct rig *r, const struct addr *to, uint8_t type, uint8_t op)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->out_count; i++)
        n += addr_equal(&r->out[i].to, to) && r->out[i].p[0] == type &&
             (type == WIRE_MEDIA || type == WIRE_FILE || r->out[i].p[WIRE_HEADER] == op);
    return n;
}

// Make the PROOF for a challenge. Returns its size.
RIG size_t rig_proof(struct rig *r, struct rig_peer *p, const struct rig_sent *challenge, uint8_t *out)
{
    struct ctrl c;
    if (!ctrl_read(&c, challenge->p, challenge->n))
        return 0;
    keys_hop(p->up, p->down, p->ticket.hop_key, p->nonce, c.boot_nonce);
    if (!wire_verify(challenge->p, challenge->n, p->down, 0))
        return 0;
    c.op = CTRL_PROOF;
    c.ticket = p->sealed;
    c.ticket_size = p->sealed_size;
    size_t n = ctrl_write(&c, p->ticket.sender, p->ticket.room, out);
    wire_stamp(out, n, p->up, 0, r->now);
    return n;
}

// The whole handshake with a new nonce; true when PONG came.
RIG bool rig_join(struct rig *r, struct rig_peer *p)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    p->nonce++;
    p->media = p->other = 0;
    unsigned before = rig_count(r, &p->addr, WIRE_CTRL, CTRL_PONG);
    rig_hello(r, p);
    const struct rig_sent *challenge = rig_find(r, &p->addr, WIRE_CTRL, CTRL_CHALLENGE);
    size_t n = challenge ? rig_proof(r, p, challenge, out) : 0;
    if (!n)
        return false;
    rig_give(r, out, n, &p->addr);
    return rig_count(r, &p->addr, WIRE_CTRL, CTRL_PONG) == before + 1;
}

// Members 1 to n of a room, made, known and joined.
RIG bool rig_enter(struct rig *r, struct rig_peer *const peers[], unsigned n, uint32_t room)
{
    for (unsigned i = 0; i < n; i++) {
        rig_make_peer(r, peers[i], room, (uint16_t)(1 + i));
        rig_add(r, peers[i]);
        if (!rig_join(r, peers[i]))
            return false;
    }
    return true;
}

RIG size_t rig_media_bytes(struct rig *r, struct rig_peer *p, uint8_t slot, uint8_t mark, uint8_t *out)
{
    size_t n = 200;
    memset(out, 0xA5, n);
    wire_write(
        &(struct wire_header){
            .type = WIRE_MEDIA, .mark = mark, .sender = p->ticket.sender, .room = p->ticket.room, .slot = slot},
        out);
    wire_stamp(out, n, p->up, ++p->media, r->now);
    return n;
}

RIG void rig_media(struct rig *r, struct rig_peer *p, uint8_t slot, uint8_t mark)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    rig_give(r, out, rig_media_bytes(r, p, slot, mark, out), &p->addr);
}

RIG void rig_finish_feedback(struct rig *r, struct rig_peer *p, struct bytes_writer *w, uint8_t *out)
{
    size_t n = feedback_end(w, out);
    wire_stamp(out, n, p->up, ++p->other, r->now);
    rig_give(r, out, n, &p->addr);
}

// Want the camera of one sender at a layer; 0xFF = nothing of anybody.
RIG void rig_watch(struct rig *r, struct rig_peer *p, uint16_t sender, uint8_t camera, uint16_t kbps)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_layers l = {.count = 1, .item = {{.sender = sender, .camera = camera, .camera_kbps = kbps}}};
    struct bytes_writer w = feedback_begin(out, p->ticket.sender, p->ticket.room);
    feedback_put_layers(&w, &l);
    rig_finish_feedback(r, p, &w, out);
}

RIG void rig_refresh(struct rig *r, struct rig_peer *p, uint16_t sender, uint8_t slot)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_refresh f = {.sender = sender, .slot = slot};
    struct bytes_writer w = feedback_begin(out, p->ticket.sender, p->ticket.room);
    feedback_put_refresh(&w, &f);
    rig_finish_feedback(r, p, &w, out);
}

RIG void rig_ping(struct rig *r, struct rig_peer *p)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl c = {
        .op = CTRL_PING, .media_number = p->media + 1, .other_number = p->other + 2, .epoch = 1, .time = 5};
    size_t n = ctrl_write(&c, p->ticket.sender, p->ticket.room, out);
    wire_stamp(out, n, p->up, ++p->other, r->now);
    rig_give(r, out, n, &p->addr);
}

#endif
