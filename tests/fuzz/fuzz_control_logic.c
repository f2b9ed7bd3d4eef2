// The control plane over sequences of messages on several connections, closings, worker events and time. An input is
// lines: a first byte says what to do, the rest is the message. "%R", "%C", "%T", "%D" and more in a message stand for
// the room's secrets, ids and signatures of who speaks, so that the fuzzer gets inside. Ann is host, Bob stands
// outside; he and Cat are in the list of people. Beyond the sanitizers: who is in no room hears nothing of one, who is
// in no list nothing of it, who waits is counted, a call has two sides and its room two members, and all tables stay
// bounded.
#include "tests/unit/control_rig.h"

#include "shared/bytes.h"

enum { CONNS = 4, TEXT_MAX = 4096 };

static struct crig *rig;
static uint32_t conn[CONNS];
static uint32_t speaker; // the connection that says what is expanded
static char code[8], ticket[512], token[48], described[600], identity[48], number[4][12], signature[96];

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

static const char *base64(const uint8_t *p, size_t n)
{
    return keys_base64(signature, sizeof signature, p, n);
}

// Whose identity and signatures are these, by the name the connection has said, and "%Z" the key that is signed.
static const char *signed_word(uint8_t letter)
{
    static const uint8_t key[32];
    const struct control_logic_conn *k = &rig->logic->conn[speaker];
    uint8_t public_key[32], secret[64], out[STATEMENT_SIZE];
    crig_identity(letter == 'J' ? "Bob" : letter == 'L' ? "Cat" : k->name, public_key, secret);
    if (letter == 'Z')
        return base64(key, sizeof key);
    if (letter == 'S')
        statement_sign(out, k->name, key, secret);
    else if (letter == 'P')
        statement_prove(out, k->challenge, secret);
    else
        return letter == 'J' || letter == 'L' ? base64(public_key, 32) : NULL;
    return base64(out, sizeof out);
}

// The word for a letter after "%", or NULL.
static const char *word(uint8_t letter)
{
    const struct room_member *a = rig->logic->conn[conn[0]].member, *b = rig->logic->conn[conn[1]].member;
    snprintf(number[0], sizeof number[0], "%u", a ? a->id : 1u);
    snprintf(number[1], sizeof number[1], "%u", b ? b->id : 2u);
    snprintf(number[2], sizeof number[2], "%u", rig->logic->last_knock);
    snprintf(number[3], sizeof number[3], "%u", rig->logic->people.last_call);
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
    case 'N':
        return number[3];
    default:
        return signed_word(letter);
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
    conn[0] = crig_hello(rig, "Ann");
    conn[1] = crig_person(rig, "Bob");
    conn[2] = crig_person(rig, "Cat");
    conn[3] = crig_open(rig);
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

// Only who has registered hears of people and of calls.
static void the_list_is_for_who_is_in_it(void)
{
    for (unsigned i = 0; i < rig->out_count; i++) {
        static const char people[] = "{\"type\":\"people\"", ringing[] = "{\"type\":\"ringing\"";
        bool of_it = strncmp(rig->out[i].text, people, sizeof people - 1) == 0 ||
                     strncmp(rig->out[i].text, ringing, sizeof ringing - 1) == 0;
        check(!of_it || rig->logic->conn[rig->out[i].conn].person, "a stranger heard of people");
    }
}

static void people_are_sound(void)
{
    const struct people *all = &rig->logic->people;
    unsigned here = 0, ringing = 0, rung = 0;
    for (uint32_t i = 0; i < all->touched; i++) {
        const struct people_person *p = &all->person[i];
        here += p->used && p->conn != PEOPLE_NOBODY;
        rung += p->call != 0;
        check(!p->used || p->conn == PEOPLE_NOBODY || rig->logic->conn[p->conn].person == i + 1, "who is where");
        check(!p->call || (p->conn != PEOPLE_NOBODY && !rig->logic->conn[p->conn].member), "it rings at nobody's");
    }
    for (uint32_t i = 0; i < all->calls_touched; i++) {
        const struct people_call *c = &all->call[i];
        if (!c->id)
            continue;
        ringing++;
        check(all->person[c->from].call == c->id && all->person[c->to].call == c->id, "a call has one side");
        check(c->until_us <= rig->now + WIRE_RING_MS * 1000ull, "it rings without end");
    }
    check(here == all->here && ringing == all->ringing && rung == 2 * ringing, "people are not counted");
    for (unsigned k = 0; k < CONTROL_LOGIC_CONNS; k++) {
        uint32_t at = rig->logic->conn[k].person;
        check(!at || all->person[at - 1].conn == k, "who is nowhere");
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
        check(!room_is_call(r) ||
                  (r->count <= 2 && !r->host_count && !waiting && !r->lobby && !r->locked && r->epoch == 1),
              "a call is not for two");
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
        struct room *r = &rig->logic->rooms.room[n / 4 % 4];
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
        speaker = conn[i];
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
        people_are_sound();
        the_door_is_private();
        the_list_is_for_who_is_in_it();
        check(rig->logic->rooms.count <= 24 && rig->logic->rooms.members <= 64, "rooms grew");
        crig_clear(rig);
    }
    return 0;
}
