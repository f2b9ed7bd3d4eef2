// The control plane over sequences of messages on several connections, closings, worker events and time. An input is
// lines: a first byte says what to do, the rest is the message. "%R", "%C", "%T" in a message stand for the room's
// secrets, so that the fuzzer gets inside. Beyond the sanitizers: who is in no room hears nothing of one, and all
// tables stay bounded.
#include "tests/unit/control_rig.h"

#include "shared/bytes.h"

enum { CONNS = 4, TEXT_MAX = 4096 };

static struct crig *rig;
static uint32_t conn[CONNS];
static char code[8], ticket[512], token[48];

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
            with = in[i + 1] == 'C' ? code : in[i + 1] == 'T' ? ticket : in[i + 1] == 'R' ? token : NULL;
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
    if (rig->logic->conn[k].member)
        return;
    check(crig_count(rig, k, CONTROL_BOX) == 0 && crig_count(rig, k, CONTROL_JOINED) == 0, "a stranger heard a room");
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
        if (n == 0) // restart
            crig_boot(rig, true);
        for (unsigned k = 0; n == 0 && k < CONNS; k++)
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
        check(rig->logic->rooms.count <= CONNS + 1u && rig->logic->rooms.members <= 64, "rooms grew");
        crig_clear(rig);
    }
    return 0;
}
