// The whole relay core over sequences of datagrams, trains, commands and time: strangers' bytes, members' bytes and
// feedback under good keys, captured datagrams played again from elsewhere, moves, restarts. Beyond the sanitizers:
// - an address that has not proved itself gets challenges only, never more than three times the bytes it sent;
// - a stranger's bytes earn nothing, what is played again is forwarded to nobody;
// - what goes to a member comes from his room;
// - the tables stay within their limits and agree with each other.
#include "tests/unit/relay_rig.h"

#include "relay/history.h"
#include "shared/bytes.h"

#include <stdio.h>

enum { PEERS = 5, ROOM = 0x01020304, ADDRESSES = 64, CAPTURED = 16, CHALLENGE = 81, TRAIN = 16 };

// What an address has sent and got while it had proved nothing, and in which room it was a member's.
struct place {
    struct addr addr;
    bool proved;
    unsigned rooms; // bit: room - ROOM
    size_t in, out;
};

struct captured {
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n;
};

static struct rig rig;
static struct rig_peer peer[PEERS];
static struct place place[ADDRESSES];
static unsigned places;
static struct captured captured[CAPTURED];
static unsigned captured_count;

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static struct place *place_of(const struct addr *a)
{
    for (unsigned i = 0; i < places; i++)
        if (addr_equal(&place[i].addr, a))
            return &place[i];
    struct place *x = &place[places < ADDRESSES ? places++ : ADDRESSES - 1];
    *x = (struct place){.addr = *a};
    return x;
}

static void reset(void)
{
    rig_start(&rig);
    places = captured_count = 0;
    for (unsigned i = 0; i < PEERS; i++)
        rig_make_peer(&rig, &peer[i], i == 3 ? ROOM + 1 : ROOM, (uint16_t)(i + 1));
    for (unsigned i = 0; i < 3; i++) // the others come by their tickets, or not
        rig_add(&rig, &peer[i]);
}

static void remember(const uint8_t *p, size_t n)
{
    struct captured *x = &captured[captured_count++ % CAPTURED];
    if (n > sizeof x->p)
        return;
    memcpy(x->p, p, n);
    x->n = n;
}

static void give(const uint8_t *p, size_t n, const struct addr *from)
{
    place_of(from)->in += n;
    remember(p, n);
    rig_give(&rig, p, n, from);
}

// Fuzzed bytes as they are.
static void raw(struct bytes_reader *in, const struct addr *from)
{
    size_t n = bytes_u16(in) % 1400;
    n = MIN(n, in->left);
    const uint8_t *p = bytes_take(in, n);
    if (p)
        give(p, n, from);
}

// A fuzzed body under a good header, number and key.
static void sealed(struct bytes_reader *in, struct rig_peer *p, uint8_t type)
{
    uint8_t out[WIRE_DATAGRAM_MAX] = {0};
    size_t n = (size_t)bytes_u16(in) % (WIRE_DATAGRAM_MAX - 60);
    uint8_t slot = bytes_u8(in), mark = bytes_u8(in);
    int32_t jump = (int8_t)bytes_u8(in);
    n = MIN(n, in->left);
    const uint8_t *body = bytes_take(in, n);
    if (!body)
        return;
    bool media = wire_is_media(type);
    wire_write(&(struct wire_header){.type = type,
                                     .mark = media ? mark : 0,
                                     .sender = p->ticket.sender,
                                     .room = p->ticket.room,
                                     .slot = media ? slot : 0},
               out);
    memcpy(out + WIRE_HEADER, body, n);
    size_t size = WIRE_HEADER + n + (media ? 25 : WIRE_TRAILER);
    uint64_t *number = type == WIRE_MEDIA || type == WIRE_RTX ? &p->media : &p->other;
    *number = (uint64_t)MAX((int64_t)*number + 1 + jump, 1);
    wire_stamp(out, size, p->up, *number, rig.now);
    give(out, size, &p->addr);
}

static void block(struct bytes_writer *w, uint8_t type, const uint8_t *body, size_t n)
{
    bytes_put_u8(w, type);
    bytes_put_u16(w, (uint16_t)n);
    bytes_put(w, body, n);
}

// Feedback as a client writes it, about members and slots that exist: what is watched, asked for again, named.
static void feedback(struct bytes_reader *in, struct rig_peer *p)
{
    uint8_t out[WIRE_DATAGRAM_MAX], body[64];
    struct bytes_writer w = feedback_begin(out, p->ticket.sender, p->ticket.room);
    for (unsigned i = bytes_u8(in) % 4 + 1; i > 0; i--) {
        uint8_t kind = bytes_u8(in), slot = bytes_u8(in), a = bytes_u8(in), b = bytes_u8(in);
        struct bytes_writer x = bytes_writer(body, sizeof body);
        uint16_t sender = peer[a % PEERS].ticket.sender;
        switch (kind % 5) {
        case 0: // LAYERS: everybody, each with a byte
            bytes_put_u8(&x, PEERS);
            for (unsigned k = 0; k < PEERS; k++) {
                bytes_put_u16(&x, peer[k].ticket.sender);
                bytes_put_u8(&x, (uint8_t)(b << k | slot));
                bytes_put_u8(&x, (uint8_t)(slot << k));
                bytes_put_u32(&x, (uint32_t)b << 16);
            }
            bytes_put_u8(&x, 1);
            bytes_put_u16(&x, sender);
            bytes_put_u8(&x, 0x30 | (slot & 15));
            break;
        case 1: // NACK
            bytes_put_u16(&x, sender);
            bytes_put_u8(&x, slot);
            bytes_put_u8(&x, 1);
            bytes_put_u32(&x, b);
            bytes_put_u32(&x, 0xFFFFFFFF >> (a & 31));
            break;
        case 2: // HEADS
            bytes_put_u8(&x, 1);
            bytes_put_u16(&x, sender);
            bytes_put_u8(&x, slot);
            bytes_put_u48(&x, a);
            bytes_put_u48(&x, (uint64_t)b << (slot & 31));
            break;
        case 3: // REFRESH
            bytes_put_u16(&x, sender);
            bytes_put_u8(&x, slot);
            bytes_put_u8(&x, b & 1);
            bytes_put_u32(&x, a);
            break;
        default: // PATH
            bytes_put_u16(&x, (uint16_t)(a << 8 | b));
            bytes_put_u8(&x, slot);
            bytes_put_u8(&x, 0);
            bytes_put_u16(&x, b);
            break;
        }
        static const uint8_t types[] = {FEEDBACK_LAYERS, 2, FEEDBACK_HEADS, FEEDBACK_REFRESH, 7};
        block(&w, types[kind % 5], body, (size_t)(x.at - body));
    }
    size_t n = feedback_end(&w, out);
    if (!n)
        return;
    wire_stamp(out, n, p->up, ++p->other, rig.now);
    give(out, n, &p->addr);
}

// A train as the worker takes one: received into the history's room, kept there when something of it was forwarded.
static void train(struct bytes_reader *in, struct rig_peer *p)
{
    struct history *h = rig.core->history;
    uint8_t *room = history_room(h), slot = bytes_u8(in), mark = bytes_u8(in), spoil = bytes_u8(in);
    unsigned count = bytes_u8(in) % TRAIN + 1;
    size_t size = 45 + bytes_u16(in) % (WIRE_MEDIA_MAX - 45 + 1), n = size * count;
    for (unsigned i = 0; i < count; i++) {
        uint8_t *d = room + i * size;
        memset(d, 0xA5, size);
        wire_write(&(struct wire_header){.type = spoil & 0x40 ? WIRE_RTX : WIRE_MEDIA,
                                         .mark = i == 0 ? mark : mark & 0x5F,
                                         .sender = p->ticket.sender,
                                         .room = p->ticket.room,
                                         .slot = slot},
                   d);
        wire_stamp(d, size, p->up, ++p->media, rig.now);
        remember(d, size);
        if ((spoil & 0x8F) == (0x80 | i)) // one of them broken
            d[size / 2] ^= 1, d[9] ^= 1;
    }
    if (spoil & 0x20) // the last one shorter
        n -= size / 2;
    place_of(&p->addr)->in += n;
    core_train(rig.core, room, n, size, &p->addr, rig.now, rig.now);
    if (rig.core->train_kept)
        history_advance(h, n);
}

static void join(struct rig_peer *p)
{
    if (rig_count(&rig, &p->addr, WIRE_CTRL, CTRL_CHALLENGE) >= 100)
        return;
    struct place *x = place_of(&p->addr);
    x->in += WIRE_HELLO_SIZE;
    if (!rig_join(&rig, p))
        return;
    x->proved = true;
    x->rooms |= 1u << (p->ticket.room - ROOM);
}

// Played again from elsewhere: what the relay has taken before is forwarded to nobody, whoever sends it.
static void replay(uint8_t which)
{
    struct addr thief;
    const struct captured *x = &captured[which % CAPTURED];
    if (!captured_count || (captured_count < CAPTURED && which % CAPTURED >= captured_count) || x->n == 0)
        return;
    rig_address(&thief, 60u + which % 3, 6);
    unsigned before = rig.out_count;
    place_of(&thief)->in += x->n;
    rig_give(&rig, x->p, x->n, &thief);
    rig_give(&rig, x->p, x->n, &thief);
    unsigned media = 0;
    for (unsigned i = before; i < rig.out_count; i++)
        media +=
            rig.out[i].p[0] == WIRE_MEDIA && memcmp(rig.out[i].p + 20, x->p + 20, MIN(x->n, rig.out[i].n) - 20) == 0;
    check(media < PEERS, "a replayed datagram was forwarded twice");
}

static void command(struct bytes_reader *in, const struct rig_peer *p, uint8_t who)
{
    struct core_command c = {.type = (enum core_command_type)(bytes_u8(in) % 3), .room = p->ticket.room};
    c.epoch = 1u + (who >> 4) % 3;
    c.sender = p->ticket.sender;
    c.join_id = p->ticket.join_id;
    c.lost = who & 1;
    c.bye = who >> 6;
    memcpy(c.hop_key, p->ticket.hop_key, sizeof c.hop_key);
    core_command(rig.core, &c, rig.now);
}

static void step(struct bytes_reader *in)
{
    static const uint8_t types[] = {WIRE_MEDIA, WIRE_RTX, WIRE_FEC, WIRE_FEEDBACK, WIRE_CTRL, WIRE_FILE, WIRE_PROBE};
    uint8_t op = bytes_u8(in), who = bytes_u8(in);
    struct rig_peer *p = &peer[who % PEERS];
    struct addr stranger;
    switch (op % 16) {
    case 0: {
        rig_address(&stranger, 50, 50);
        size_t before = rig.out_bytes;
        raw(in, &stranger);
        check(rig.out_bytes == before, "a stranger's bytes earned an answer");
        break;
    }
    case 1:
        raw(in, &p->addr);
        break;
    case 2:
        join(p);
        break;
    case 3:
        rig_address(&p->addr, 10u + who % 5, (uint16_t)(1 + who % 8));
        break;
    case 4:
        rig_wait(&rig, who == 255 ? 31000 : bytes_u8(in)); // now and then long enough to be gone
        break;
    case 5:
        command(in, p, who);
        break;
    case 6:
        if (who == 255)
            rig_boot(&rig, (uint8_t)(2 + bytes_u8(in)));
        rig.events_full = who & 1;
        break;
    case 7:
        place_of(&p->addr)->in += WIRE_HELLO_SIZE;
        rig_hello(&rig, p);
        break;
    case 8:
    case 9:
        feedback(in, p);
        break;
    case 10:
    case 11:
        train(in, p);
        break;
    case 12:
        replay(who);
        break;
    default:
        sealed(in, p, types[(op / 16) % ARRAY_LEN(types)]);
        break;
    }
}

static void check_tables(void)
{
    const struct table *t = &rig.core->table;
    unsigned members = 0;
    check(t->members <= PEERS && t->rooms <= 2, "tables grew");
    for (unsigned i = 0; i < PEERS + 1; i++) {
        const struct table_member *m = &t->member[i];
        if (!m->used)
            continue;
        members++;
        check(t->room[m->room].seat[m->seat] == i, "a seat and its member differ");
        check(!(t->room[m->room].live >> m->seat & 1) || m->proved, "live without proof");
    }
    check(members == t->members, "members miscounted");
}

// Everything sent in this step, against who is known at the address it went to.
static void check_sent(unsigned from)
{
    for (unsigned i = from; i < rig.out_count; i++) {
        const struct rig_sent *s = &rig.out[i];
        struct place *x = place_of(&s->to);
        struct wire_header h;
        check(wire_read(&h, s->p, s->n), "the relay sent what nobody can read");
        bool challenge = h.type == WIRE_CTRL && s->p[WIRE_HEADER] == CTRL_CHALLENGE;
        check(x->proved || (challenge && s->n == CHALLENGE),
              "an address that proved nothing got more than a challenge");
        check(!x->proved || challenge || (h.room - ROOM < 2 && x->rooms >> (h.room - ROOM) & 1),
              "a member got another room's datagram");
        x->out += challenge ? s->n : 0;
        check(x->out <= 3 * x->in, "challenges amplify"); // as RFC 9000 §8 has it
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader in = bytes_reader(data, size);
    reset();
    for (unsigned i = 0; i < 64 && in.left; i++) {
        unsigned before = rig.out_count;
        step(&in);
        check_tables();
        check_sent(before);
        if (rig.out_count > RIG_OUT / 2)
            rig_clear(&rig);
        rig.event_count = 0;
    }
    return 0;
}
