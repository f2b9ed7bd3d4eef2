#include "ctrl.h"

#include "bytes.h"

#include <sodium.h>

static bool read_ticket(struct ctrl *c, struct bytes_reader *r)
{
    c->ticket_size = bytes_u16(r);
    if (c->ticket_size > WIRE_TICKET_MAX)
        return false;
    c->ticket = bytes_take(r, c->ticket_size);
    return c->ticket != NULL;
}

static void read_challenge(struct ctrl *c, struct bytes_reader *r)
{
    c->nonce = bytes_u64(r);
    bytes_copy(r, c->boot_nonce, 16);
    c->t = bytes_u32(r);
    bytes_copy(r, c->cookie, 16);
}

bool ctrl_read(struct ctrl *c, const uint8_t *p, size_t n)
{
    if (n <= WIRE_HEADER + WIRE_TRAILER || n > WIRE_DATAGRAM_MAX || p[1] || p[19])
        return false;
    *c = (struct ctrl){.op = (enum ctrl_op)p[WIRE_HEADER]};
    bool hello = c->op == CTRL_HELLO;
    struct bytes_reader r = bytes_reader(p + WIRE_HEADER + 1, n - WIRE_HEADER - 1 - (hello ? 0 : WIRE_TRAILER));
    switch (c->op) {
    case CTRL_HELLO:
        c->nonce = bytes_u64(&r);
        if (n < WIRE_HELLO_SIZE || !read_ticket(c, &r))
            return false;
        bytes_take(&r, r.left); // padding
        break;
    case CTRL_CHALLENGE:
        read_challenge(c, &r);
        break;
    case CTRL_PROOF:
        read_challenge(c, &r);
        if (!read_ticket(c, &r))
            return false;
        break;
    case CTRL_PING:
        c->media_number = bytes_u64(&r);
        c->other_number = bytes_u64(&r);
        c->epoch = bytes_u32(&r);
        c->time = bytes_u64(&r);
        break;
    case CTRL_PONG:
        c->time = bytes_u64(&r);
        c->received = bytes_u64(&r);
        c->sent = bytes_u64(&r);
        break;
    case CTRL_BYE:
        c->reason = bytes_u8(&r);
        break;
    default:
        return false;
    }
    return !r.failed && r.left == 0;
}

static void put_challenge(struct bytes_writer *w, const struct ctrl *c)
{
    bytes_put_u64(w, c->nonce);
    bytes_put(w, c->boot_nonce, 16);
    bytes_put_u32(w, c->t);
    bytes_put(w, c->cookie, 16);
}

size_t ctrl_write(const struct ctrl *c, uint16_t sender, uint32_t room, uint8_t *out)
{
    wire_write(&(struct wire_header){.type = WIRE_CTRL, .sender = sender, .room = room}, out);
    struct bytes_writer w = bytes_writer(out + WIRE_HEADER, WIRE_DATAGRAM_MAX - WIRE_HEADER - WIRE_TRAILER);
    size_t all = w.left;
    bytes_put_u8(&w, (uint8_t)c->op);
    switch (c->op) {
    case CTRL_HELLO:
        bytes_put_u64(&w, c->nonce);
        bytes_put_u16(&w, (uint16_t)c->ticket_size);
        bytes_put(&w, c->ticket, c->ticket_size);
        size_t used = WIRE_HEADER + (all - w.left);
        if (used < WIRE_HELLO_SIZE) {
            memset(out + used, 0, WIRE_HELLO_SIZE - used);
            return WIRE_HELLO_SIZE;
        }
        return used;
    case CTRL_CHALLENGE:
        put_challenge(&w, c);
        break;
    case CTRL_PROOF:
        put_challenge(&w, c);
        bytes_put_u16(&w, (uint16_t)c->ticket_size);
        bytes_put(&w, c->ticket, c->ticket_size);
        break;
    case CTRL_PING:
        bytes_put_u64(&w, c->media_number);
        bytes_put_u64(&w, c->other_number);
        bytes_put_u32(&w, c->epoch);
        bytes_put_u64(&w, c->time);
        break;
    case CTRL_PONG:
        bytes_put_u64(&w, c->time);
        bytes_put_u64(&w, c->received);
        bytes_put_u64(&w, c->sent);
        break;
    case CTRL_BYE:
        bytes_put_u8(&w, c->reason);
        break;
    }
    return WIRE_HEADER + (all - w.left) + WIRE_TRAILER;
}

void ctrl_cookie(uint8_t out[16], const uint8_t boot_secret[16], const uint8_t address[16], uint16_t port,
                 uint64_t nonce, uint32_t t)
{
    uint8_t in[30];
    struct bytes_writer w = bytes_writer(in, sizeof in);
    bytes_put(&w, address, 16);
    bytes_put_u16(&w, port);
    bytes_put_u64(&w, nonce);
    bytes_put_u32(&w, t);
    crypto_shorthash_siphashx24(out, in, sizeof in, boot_secret);
}
