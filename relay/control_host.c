// What hosts order, and what follows: the room's state, its epoch, its descriptor, and who is host when nobody is.
#include "control_parts.h"

#include <string.h>

bool control_frozen(const struct room *r, uint64_t now_us)
{
    return now_us < r->frozen_us;
}

// ---- state ----

void control_send_state(struct control_logic *l, const struct room *r, uint32_t conn)
{
    struct control m = {.type = CONTROL_ROOM_STATE};
    m.state.epoch = r->epoch;
    m.state.created = r->created;
    m.state.lobby = r->lobby;
    m.state.locked = r->locked;
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (r->member[i].used && r->member[i].role == ROOM_HOST && m.state.host_count < DESCRIPTOR_HOSTS)
            m.state.hosts[m.state.host_count++] = r->member[i].id;
    memcpy(m.state.host_keys, r->host, sizeof m.state.host_keys);
    m.state.host_key_count = r->host_count;
    if (conn == ROOM_NO_CONN)
        control_send_room(l, r, NULL, &m);
    else
        control_send(l, conn, &m);
}

void control_send_descriptor(struct control_logic *l, const struct room *r, uint32_t conn)
{
    struct control m = {.type = CONTROL_DESCRIPTOR};
    if (!r->descriptor_size)
        return;
    memcpy(m.descriptor.bytes, r->descriptor, r->descriptor_size);
    m.descriptor.size = r->descriptor_size;
    if (conn == ROOM_NO_CONN)
        control_send_room(l, r, NULL, &m);
    else
        control_send(l, conn, &m);
}

static void give_epoch(struct control_logic *l, const struct room *r)
{
    const struct core_command x = {.type = CORE_EPOCH, .room = r->id, .epoch = r->epoch};
    l->config.command(l->config.ctx, &x);
}

void control_raise(struct control_logic *l, struct room *r, uint64_t now_us)
{
    r->epoch++;
    give_epoch(l, r);
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (r->member[i].used)
            control_send_ticket(l, r, &r->member[i], now_us);
    control_send_state(l, r, ROOM_NO_CONN);
}

void control_drop_lower(struct control_logic *l, struct room *r)
{
    give_epoch(l, r);
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX && r->used; i++)
        if (r->member[i].used && r->member[i].epoch < r->epoch)
            control_remove(l, r, &r->member[i], CONTROL_GONE_LOST);
}

void control_settle(struct control_logic *l, struct room *r, uint64_t now_us)
{
    if (!r->used || control_frozen(r, now_us) || room_hosts(r))
        return;
    struct room_member *heir = room_heir(r);
    if (!heir || !room_set_host(r, heir, true))
        return;
    control_raise(l, r, now_us);
    control_tell_knocks(l, r, heir->conn);
}

// ---- orders ----

static void kick(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct room *r = l->conn[conn].room;
    struct room_member *m = room_member(r, x->order.id);
    if (!m || m == l->conn[conn].member) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "There is no such other member.");
        return;
    }
    control_remove(l, r, m, CONTROL_GONE_KICKED);
    control_raise(l, r, now_us);
}

static void set_role(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct room *r = l->conn[conn].room;
    struct room_member *m = room_member(r, x->order.id);
    if (!m) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "There is no such member.");
        return;
    }
    if ((m->role == ROOM_HOST) == x->order.on)
        return;
    if (!x->order.on && room_hosts(r) == 1) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "Somebody must be host; make another one first.");
        return;
    }
    if (!room_set_host(r, m, x->order.on)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_FULL, "There are as many hosts as may be.");
        return;
    }
    control_raise(l, r, now_us);
    if (x->order.on)
        control_tell_knocks(l, r, m->conn);
}

static void set_door(struct control_logic *l, struct room *r, bool *what, bool on, uint64_t now_us)
{
    if (*what == on)
        return;
    *what = on;
    control_raise(l, r, now_us);
    if (!r->lobby && !r->locked)
        control_open_door(l, r, now_us);
    else if (r->lobby)
        control_let_pass(l, r, now_us); // no lock any more
}

static void end(struct control_logic *l, struct room *r)
{
    room_end(&l->rooms, r);
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (r->member[i].used)
            control_remove(l, r, &r->member[i], CONTROL_GONE_ENDED);
}

void control_take_order(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    const struct control_logic_conn *k = &l->conn[conn];
    struct room *r = k->room;
    if (!k->member || k->member->role != ROOM_HOST) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_ALLOWED, "Only a host may do this.");
        return;
    }
    if (x->type != CONTROL_END && control_frozen(r, now_us)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW,
                     "The relay has restarted and people are still coming back; try again in half a minute.");
        return;
    }
    switch (x->type) {
    case CONTROL_KICK:
        kick(l, conn, x, now_us);
        break;
    case CONTROL_ROLE:
        set_role(l, conn, x, now_us);
        break;
    case CONTROL_LOCK:
        set_door(l, r, &r->locked, x->order.on, now_us);
        break;
    case CONTROL_LOBBY:
        set_door(l, r, &r->lobby, x->order.on, now_us);
        break;
    default:
        end(l, r);
        break;
    }
}

// Changes nothing for who is in: no new epoch, and as good while members are still coming back.
void control_take_pass(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    const struct control_logic_conn *k = &l->conn[conn];
    if (!k->member || k->member->role != ROOM_HOST) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_ALLOWED, "Only a host may do this.");
        return;
    }
    memcpy(k->room->pass, x->pass.hashes, sizeof k->room->pass);
    k->room->pass_count = x->pass.count;
    control_let_pass(l, k->room, now_us);
}

// ---- descriptor ----

void control_take_descriptor(struct control_logic *l, uint32_t conn, const struct control *x)
{
    const struct control_logic_conn *k = &l->conn[conn];
    struct room *r = k->room;
    struct descriptor d, now;
    if (!k->member) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "You are in no room.");
        return;
    }
    if (!descriptor_open(&d, x->descriptor.bytes, x->descriptor.size)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_BAD_MESSAGE, "This descriptor is not signed by its creator.");
        return;
    }
    room_describe(r, &now);
    if (!descriptor_same(&d, &now)) { // it has changed meanwhile, and he has been told
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "It does not describe the room as it is.");
        return;
    }
    // A room that came back by tickets does not know its creator: then a host's word counts.
    if (r->has_creator ? memcmp(d.creator, r->creator, sizeof r->creator) != 0 : k->member->role != ROOM_HOST) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_ALLOWED, "Only the room's creator may describe it.");
        return;
    }
    if (r->descriptor_size == x->descriptor.size && memcmp(r->descriptor, x->descriptor.bytes, x->descriptor.size) == 0)
        return;
    r->has_creator = true;
    memcpy(r->creator, d.creator, sizeof r->creator);
    memcpy(r->descriptor, x->descriptor.bytes, x->descriptor.size);
    r->descriptor_size = x->descriptor.size;
    control_send_descriptor(l, r, ROOM_NO_CONN);
}
