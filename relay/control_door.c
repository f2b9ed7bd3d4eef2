// In front of a room: knocking, being let in or sent away, and what hosts and who knocks say to each other meanwhile.
#include "control_parts.h"

#include <stdlib.h>
#include <string.h>

static void tell_hosts(struct control_logic *l, const struct room *r, const struct control *m)
{
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (r->member[i].used && r->member[i].role == ROOM_HOST)
            control_send(l, r->member[i].conn, m);
}

static void describe_knock(const struct control_logic_conn *k, struct control *out)
{
    memset(out, 0, sizeof *out);
    out->type = CONTROL_KNOCK;
    out->knock.id = k->knock;
    memcpy(out->knock.name, k->name, sizeof out->knock.name);
    memcpy(out->knock.identity, k->identity, sizeof out->knock.identity);
    memcpy(out->knock.key, k->knock_key, sizeof out->knock.key);
    memcpy(out->knock.signature, k->knock_signature, sizeof out->knock.signature);
    out->knock.door = k->knock_door;
}

void control_knock(struct control_logic *l, uint32_t conn, struct room *r, const struct control *join, bool token,
                   bool proved, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct control m = {.type = CONTROL_WAITING, .request = join->request};
    if (r->waiting >= ROOM_WAITING) {
        control_fail(l, conn, join->request, CONTROL_ERROR_FULL, "Too many people wait to be let in.");
        return;
    }
    // From however many places: what strangers bring to the door must not fill the hosts' connections.
    if (!guard_take(&r->knocks, now_us, 1, WIRE_KNOCKS_PER_S, WIRE_KNOCKS_BURST)) {
        control_fail(l, conn, join->request, CONTROL_ERROR_BUSY, "Too many people knock there; try again later.");
        return;
    }
    if (++l->last_knock == 0)
        l->last_knock = 1;
    r->waiting++;
    k->knock = l->last_knock;
    k->knock_room = r->id;
    k->knock_request = join->request;
    k->knock_token = token;
    k->knock_proved = proved;
    memcpy(k->knock_key, join->join.key, sizeof k->knock_key);
    memcpy(k->knock_signature, join->join.signature, sizeof k->knock_signature);
    k->knock_door = join->join.door ? base_strdup(join->join.door) : NULL;
    k->door_in = k->door_out = 0;
    control_send(l, conn, &m);
    describe_knock(k, &m);
    tell_hosts(l, r, &m);
}

void control_tell_knocks(struct control_logic *l, const struct room *r, uint32_t conn)
{
    struct control m;
    for (uint32_t i = 0; r->waiting && i < CONTROL_LOGIC_CONNS; i++) {
        if (!l->conn[i].knock || l->conn[i].knock_room != r->id)
            continue;
        describe_knock(&l->conn[i], &m);
        control_send(l, conn, &m);
    }
}

static void forget(struct control_logic_conn *k)
{
    k->knock = 0;
    free(k->knock_door);
    k->knock_door = NULL;
}

void control_unknock(struct control_logic *l, uint32_t conn)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct control m = {.type = CONTROL_KNOCK_GONE, .knock.id = k->knock};
    struct room *r = k->knock ? room_by_id(&l->rooms, k->knock_room) : NULL;
    forget(k);
    if (!r)
        return;
    r->waiting--;
    tell_hosts(l, r, &m);
}

void control_end_knocks(struct control_logic *l, uint32_t room_id)
{
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        struct control_logic_conn *k = &l->conn[i];
        if (!k->knock || k->knock_room != room_id)
            continue;
        forget(k);
        control_fail(l, i, k->knock_request, CONTROL_ERROR_NO_ROOM, "The room has ended.");
    }
}

static void let_in(struct control_logic *l, uint32_t conn, struct room *r, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    control_unknock(l, conn);
    const struct control_entry e = {ROOM_GUEST, k->knock_request, k->knock_key, k->knock_signature};
    control_enter(l, conn, r, &e, now_us);
}

void control_open_door(struct control_logic *l, struct room *r, uint64_t now_us)
{
    for (uint32_t i = 0; r->waiting && i < CONTROL_LOGIC_CONNS; i++)
        if (l->conn[i].knock && l->conn[i].knock_room == r->id && l->conn[i].knock_token)
            let_in(l, i, r, now_us);
}

void control_let_pass(struct control_logic *l, struct room *r, uint64_t now_us)
{
    for (uint32_t i = 0; r->waiting && i < CONTROL_LOGIC_CONNS && r->count < WIRE_ROOM_MEMBERS_MAX; i++) {
        const struct control_logic_conn *k = &l->conn[i];
        if (k->knock && k->knock_room == r->id && k->knock_proved && room_lets_pass(r, k->identity))
            let_in(l, i, r, now_us);
    }
}

static uint32_t find_knock(const struct control_logic *l, const struct room *r, uint32_t knock)
{
    for (uint32_t i = 0; knock && i < CONTROL_LOGIC_CONNS; i++)
        if (l->conn[i].knock == knock && l->conn[i].knock_room == r->id)
            return i;
    return ROOM_NO_CONN;
}

void control_take_answer(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    const struct control_logic_conn *host = &l->conn[conn];
    struct room *r = host->room;
    if (!host->member || host->member->role != ROOM_HOST) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_ALLOWED, "Only a host may do this.");
        return;
    }
    uint32_t i = find_knock(l, r, x->knock.id);
    if (i == ROOM_NO_CONN) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "Nobody waits there any more.");
    } else if (x->type == CONTROL_DENY) {
        control_unknock(l, i);
        control_fail(l, i, l->conn[i].knock_request, CONTROL_ERROR_DENIED, "The host did not let you in.");
    } else if (r->count >= WIRE_ROOM_MEMBERS_MAX) { // he goes on waiting
        control_fail(l, conn, x->request, CONTROL_ERROR_FULL, "The room is full.");
    } else {
        let_in(l, i, r, now_us);
    }
}

// ---- what is said at the door ----

static void from_host(struct control_logic *l, const struct control_logic_conn *host, const struct control *x)
{
    struct control out = {.type = CONTROL_DOOR, .door.id = host->member->id, .door.data = x->door.data};
    uint32_t i = find_knock(l, host->room, x->door.knock);
    if (i == ROOM_NO_CONN || l->conn[i].door_out >= WIRE_DOOR_MESSAGES)
        return;
    l->conn[i].door_out++;
    control_send(l, i, &out);
}

static void from_knocker(struct control_logic *l, struct control_logic_conn *k, const struct control *x)
{
    struct control out = {.type = CONTROL_DOOR, .door.knock = k->knock, .door.data = x->door.data};
    struct room *r = room_by_id(&l->rooms, k->knock_room);
    const struct room_member *host = r && x->door.id ? room_member(r, x->door.id) : NULL;
    if (!host || host->role != ROOM_HOST || host->conn == ROOM_NO_CONN || k->door_in >= WIRE_DOOR_MESSAGES)
        return;
    k->door_in++;
    control_send(l, host->conn, &out);
}

// What does not fit is dropped without a word: an answer would tell who knocks which members there are.
void control_take_door(struct control_logic *l, uint32_t conn, const struct control *x)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (k->knock)
        from_knocker(l, k, x);
    else if (k->member && k->member->role == ROOM_HOST)
        from_host(l, k, x);
}
