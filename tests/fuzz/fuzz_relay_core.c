// The whole relay core over sequences of datagrams, commands and time: strangers' bytes, members' bytes under good
// keys, moves, restarts. Beyond the sanitizers: nobody unproved costs more bytes than he sent, output goes only to
// addresses that proved themselves or were challenged, and the tables stay within their limits.
#include "tests/unit/relay_rig.h"

#include "shared/bytes.h"

#include <stdio.h>

enum { PEERS = 4, ROOM = 0x01020304 };

static struct rig rig;
static struct rig_peer peer[PEERS];

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void reset(void)
{
    rig_start(&rig);
    for (unsigned i = 0; i < PEERS; i++)
        rig_make_peer(&rig, &peer[i], i == 3 ? ROOM + 1 : ROOM, (uint16_t)(i + 1));
    for (unsigned i = 0; i < 2; i++) // the others come by their tickets, or not
        rig_add(&rig, &peer[i]);
}

// Fuzzed bytes as they are.
static void raw(struct bytes_reader *in, const struct addr *from)
{
    size_t n = MIN((size_t)bytes_u16(in) % 1400, in->left);
    const uint8_t *p = bytes_take(in, n);
    if (p)
        rig_give(&rig, p, n, from);
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
    rig_give(&rig, out, size, &p->addr);
}

static void step(struct bytes_reader *in)
{
    static const uint8_t types[] = {WIRE_MEDIA, WIRE_RTX, WIRE_FEC, WIRE_FEEDBACK, WIRE_CTRL, WIRE_FILE, WIRE_PROBE};
    uint8_t op = bytes_u8(in), who = bytes_u8(in);
    struct rig_peer *p = &peer[who % PEERS];
    struct addr stranger;
    switch (op % 12) {
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
        if (rig_count(&rig, &p->addr, WIRE_CTRL, CTRL_CHALLENGE) < 100)
            (void)rig_join(&rig, p);
        break;
    case 3:
        rig_address(&p->addr, 10u + who % 5, (uint16_t)(1 + who));
        break;
    case 4:
        rig_wait(&rig, who == 255 ? 31000 : bytes_u8(in)); // now and then long enough to be gone
        break;
    case 5: {
        struct core_command c = {.type = bytes_u8(in) & 1 ? CORE_ADD : CORE_REMOVE, .room = p->ticket.room, .epoch = 1};
        c.sender = p->ticket.sender;
        c.join_id = p->ticket.join_id;
        c.lost = who & 1;
        c.bye = who >> 6;
        memcpy(c.hop_key, p->ticket.hop_key, sizeof c.hop_key);
        core_command(rig.core, &c, rig.now);
        break;
    }
    case 6:
        if (who == 255)
            rig_boot(&rig, (uint8_t)(2 + bytes_u8(in)));
        rig.events_full = who & 1;
        break;
    case 7:
        rig_hello(&rig, p);
        break;
    default:
        sealed(in, p, types[(op / 12) % ARRAY_LEN(types)]);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader in = bytes_reader(data, size);
    reset();
    for (unsigned i = 0; i < 64 && in.left; i++) {
        step(&in);
        check_tables();
        if (rig.out_count > RIG_OUT / 2)
            rig_clear(&rig);
        rig.event_count = 0;
    }
    return 0;
}
