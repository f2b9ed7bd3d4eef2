// The control plane over sequences of messages on several connections, closings, worker events and time. An input is
// lines: a first byte says what to do, the rest is the message. "%R", "%C", "%T", "%D" and more in a message stand for
// the room's secrets and ids, so that the fuzzer gets inside. Ann is host, Bob stands outside. Beyond the sanitizers:
// who is in no room hears nothing of one, who waits is counted, and all tables stay bounded.
#include "tests/unit/control_rig.h"

#include "shared/bytes.h"

enum { CONNS = 4, TEXT_MAX = 4096 };

static struct crig *rig;
static uint32_t conn[CONNS];
static char code[8], ticket[512], token[48], described[600], identity[48], number[3][12];

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void remember_room(const struct control *room)
{
    snprintf(code, sizeof code, "%06u", room->room.code % 1000000u);
    keys_base64(ticket, sizeof ticket, room->room.ticket, room->room.ticket_size);
    struct descriptor d;
    uint8_t secret[64], bytes[DESCRIPTOR_MAX];
    room_describe(&rig->logic->rooms.room[0], &d);
    crig_identity("Ann", d.creator, secret);
    keys_base64(identity, sizeof identity, d.creator, 32);
    keys_base64(described, sizeof described, bytes, descriptor_sign(&d, secret, secret, bytes));
}

// The word for a letter after "%", or NULL.
static const char *word(uint8_t letter)
{
    const struct room_member *a = rig->logic->conn[conn[0]].member, *b = rig->logic->conn[conn[1]].member;
    snprintf(number[0], sizeof number[0], "%u", a ? a->id : 1u);
    snprintf(number[1], sizeof number[1], "%u", b ? b->id : 2u);
    snprintf(number[2], sizeof number[2], "%u", rig->logic->last_knock);
    switch (letter) {
    case 'C':
        return code;
    case 'T':
        return ticket;
    case 'R':
        return token;
    case 'D':
        return described;
    case 'I':
        return identity;
    case 'A':
        return number[0];
    case 'B':
        return number[1];
    case 'K':
        return number[2];
    default:
        return NULL;
    }
}

static void reset(void)
{
    uint8_t t[32] = {'t'};
    struct control room;
    if (rig)
        crig_end(rig);
    rig = crig_start();
    keys_base64(token, sizeof token, t, sizeof t);
    for (unsigned i = 0; i < CONNS; i++)
        conn[i] = i < 2 ? crig_hello(rig, i ? "Bob" : "Ann") : crig_open(rig);
    crig_create(rig, conn[0], &room);
    remember_room(&room);
    control_free(&room);
    crig_clear(rig);
}

static size_t expand(char *out, const uint8_t *in, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n && at < TEXT_MAX - 600; i++) {
        const char *with = NULL;
        if (in[i] == '%' && i + 1 < n)
            with = word(in[i + 1]);
        if (!with) {
            out[at++] = (char)in[i];
            continue;
        }
        memcpy(out + at, with, strlen(with));
        at += strlen(with);
        i++;
    }
    return at;
}

static void no_room_no_news(uint32_t k)
{
    static const enum control_type inner[] = {CONTROL_ROOM,   CONTROL_JOINED,     CONTROL_AWAY,       CONTROL_BOX,
                                              CONTROL_TICKET, CONTROL_ROOM_STATE, CONTROL_DESCRIPTOR, CONTROL_KNOCK};
    if (rig->logic->conn[k].member)
        return;
    for (unsigned i = 0; i < ARRAY_LEN(inner); i++)
        check(crig_count(rig, k, inner[i]) == 0, "a stranger heard a room");
}

// Only hosts and who knocks hear what is said at the door.
static void the_door_is_private(void)
{
    static const char words[] = "{\"type\":\"door\"";
    for (unsigned i = 0; i < rig->out_count; i++) {
        const struct control_logic_conn *k = &rig->logic->conn[rig->out[i].conn];
        if (strncmp(rig->out[i].text, words, sizeof words - 1) != 0)
            continue;
        check(k->knock || (k->member && k->member->role == ROOM_HOST), "words at the door went elsewhere");
        check(k->door_in <= WIRE_DOOR_MESSAGES && k->door_out <= WIRE_DOOR_MESSAGES, "too many words");
    }
}

static void rooms_are_sound(void)
{
    for (unsigned i = 0; i < ROOMS_MAX; i++) {
        const struct room *r = &rig->logic->rooms.room[i];
        unsigned waiting = 0, members = 0;
        if (!r->used)
            continue;
        for (unsigned k = 0; k < CONTROL_LOGIC_CONNS; k++) {
            const struct control_logic_conn *c = &rig->logic->conn[k];
            waiting += c->knock && c->knock_room == r->id;
            members += c->room == r;
            check(!c->knock || !c->member, "somebody waits inside");
            check(c->knock || !c->knock_door, "words of somebody who has gone are kept");
        }
        check(waiting == r->waiting && waiting <= ROOM_WAITING, "who waits is not counted");
        check(r->count && members <= r->count && r->host_count <= DESCRIPTOR_HOSTS, "a room is not sound");
    }
}

static void step(uint8_t op, const uint8_t *line, size_t n)
{
    char text[TEXT_MAX];
    unsigned i = op % CONNS;
    switch (op / CONNS % 8) {
    case 0: { // closed, and another one comes
        control_logic_closed(rig->logic, conn[i], rig->now);
        conn[i] = crig_open(rig);
        rig->closed[conn[i]] = false;
        break;
    }
    case 1:
        rig->now += (uint64_t)op * 100000;
        control_logic_tick(rig->logic, rig->now, rig->wall_s += op / 10);
        break;
    case 2: { // the worker's word about a member
        struct room *r = &rig->logic->rooms.room[0];
        struct core_event e = {.type = (enum core_event_type)(op >> 5 & 3), .room = r->id};
        e.sender = r->member[n % 4].id;
        e.join_id = r->member[n % 4].join_id;
        control_logic_event(rig->logic, &e, rig->now);
        break;
    }
    case 3:
        rig->key = (uint8_t)(rig->key + (n == 1)); // one byte: the ticket key is lost
        if (n <= 1)                                // restart
            crig_boot(rig, n == 0);
        for (unsigned k = 0; n <= 1 && k < CONNS; k++)
            conn[k] = crig_open(rig);
        break;
    default: {
        bool outside = !rig->logic->conn[conn[i]].member;
        size_t m = expand(text, line, n);
        rig->now += 50000;
        if (!rig->closed[conn[i]])
            control_logic_message(rig->logic, conn[i], text, m, rig->now);
        if (outside)
            no_room_no_news(conn[i]);
        break;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reset();
    for (unsigned steps = 0; size && steps < 64; steps++) {
        uint8_t op = *data++;
        size--;
        const uint8_t *end = memchr(data, '\n', size);
        size_t n = end ? (size_t)(end - data) : size;
        step(op, data, n);
        data += n;
        size -= n;
        if (size) {
            data++;
            size--;
        }
        rooms_are_sound();
        the_door_is_private();
        check(rig->logic->rooms.count <= CONNS + 1u && rig->logic->rooms.members <= 64, "rooms grew");
        crig_clear(rig);
    }
    return 0;
}
