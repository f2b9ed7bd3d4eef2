#include "control_parts.h"

#include "shared/ctrl.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPARE_CONNS = 64, PAGE = 32, TICKET_S = 3600, TICKET_RENEW_US = 600000000 };

struct control_logic *control_logic_create(const struct control_logic_config *config, uint64_t now_us, uint64_t wall_s)
{
    struct control_logic *l = base_alloc(sizeof *l);
    uint8_t secret[16];
    l->config = *config;
    l->started_us = now_us;
    l->wall_s = wall_s;
    config->random(config->ctx, secret, sizeof secret);
    guard_init(&l->guard, secret);
    return l;
}

void control_logic_destroy(struct control_logic *l)
{
    if (!l)
        return;
    sodium_memzero(&l->config, sizeof l->config);
    for (unsigned i = 0; i < ROOMS_MAX; i++) // not all of it: most pages were never touched
        if (l->rooms.room[i].used)
            sodium_memzero(&l->rooms.room[i], sizeof l->rooms.room[i]);
    for (uint32_t i = 0; i < l->conns_touched; i++)
        free(l->conn[i].knock_door);
    free(l);
}

// ---- out ----

void control_send(struct control_logic *l, uint32_t conn, const struct control *m)
{
    if (conn == ROOM_NO_CONN || l->conn[conn].closing)
        return;
    l->config.send(l->config.ctx, conn, control_write(m));
}

void control_send_text(struct control_logic *l, uint32_t conn, char *text)
{
    if (l->conn[conn].closing)
        free(text);
    else
        l->config.send(l->config.ctx, conn, text);
}

void control_close(struct control_logic *l, uint32_t conn, uint64_t now_us)
{
    if (l->conn[conn].closing)
        return;
    l->conn[conn].closing = true;
    control_unregister(l, conn, now_us);
    l->config.close(l->config.ctx, conn);
}

void control_fail(struct control_logic *l, uint32_t conn, uint32_t request, enum control_error code, const char *text)
{
    struct control m = {.type = CONTROL_ERROR, .request = request, .error.code = code};
    snprintf(m.error.text, sizeof m.error.text, "%s", text);
    control_send(l, conn, &m);
}

void control_send_room(struct control_logic *l, const struct room *r, const struct room_member *but,
                       const struct control *m)
{
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (r->member[i].used && &r->member[i] != but)
            control_send(l, r->member[i].conn, m);
}

static void describe(const struct room_member *m, struct control_member *out)
{
    memset(out, 0, sizeof *out);
    out->id = m->id;
    out->join_id = m->join_id;
    snprintf(out->name, sizeof out->name, "%s", m->name);
    memcpy(out->identity, m->identity, sizeof out->identity);
    memcpy(out->key, m->key, sizeof out->key);
    memcpy(out->signature, m->signature, sizeof out->signature);
    out->has_key = m->has_key;
    out->away = m->away;
}

void control_announce(struct control_logic *l, const struct room *r, const struct room_member *m)
{
    struct control x = {.type = CONTROL_JOINED};
    describe(m, &x.joined);
    control_send_room(l, r, m, &x);
}

static void announce_away(struct control_logic *l, const struct room *r, const struct room_member *m)
{
    struct control x = {.type = CONTROL_AWAY};
    x.away.id = m->id;
    x.away.away = m->away;
    control_send_room(l, r, m, &x);
}

static size_t make_ticket(struct control_logic *l, const struct room *r, const struct room_member *m,
                          uint8_t out[WIRE_TICKET_MAX])
{
    struct ticket t;
    room_ticket(r, m, l->wall_s + TICKET_S, &t);
    size_t n = ticket_seal(&t, l->config.ticket_key, out);
    sodium_memzero(&t, sizeof t);
    return n;
}

void control_send_roster(struct control_logic *l, struct room *r, struct room_member *self, uint32_t request,
                         bool resumed, uint64_t now_us)
{
    struct control m = {.type = CONTROL_ROOM, .request = request};
    m.room.room = r->id;
    m.room.code = r->code;
    m.room.epoch = r->epoch;
    m.room.self = self->id;
    m.room.join_id = self->join_id;
    m.room.resumed = resumed;
    snprintf(m.room.media_host, sizeof m.room.media_host, "%s", l->config.media_host);
    m.room.media_port = l->config.media_port;
    memcpy(m.room.hop_key, self->hop_key, sizeof m.room.hop_key);
    keys_room_secret(m.room.room_secret, l->config.ticket_key, r->id, r->epoch);
    m.room.ticket_size = make_ticket(l, r, self, m.room.ticket);
    self->ticket_us = now_us;

    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++) {
        if (!r->member[i].used || &r->member[i] == self)
            continue;
        if (m.room.member_count == PAGE) {
            m.room.more = true;
            control_send(l, self->conn, &m);
            m.room.member_count = 0;
        }
        describe(&r->member[i], &m.room.members[m.room.member_count++]);
    }
    m.room.more = false;
    control_send(l, self->conn, &m);
    sodium_memzero(&m, sizeof m);
    self->epoch = r->epoch;
    control_send_state(l, r, self->conn);
    control_send_descriptor(l, r, self->conn);
    if (self->role == ROOM_HOST)
        control_tell_knocks(l, r, self->conn);
}

void control_send_ticket(struct control_logic *l, const struct room *r, struct room_member *m, uint64_t now_us)
{
    struct control x = {.type = CONTROL_TICKET};
    x.ticket.epoch = r->epoch;
    keys_room_secret(x.ticket.room_secret, l->config.ticket_key, r->id, r->epoch);
    x.ticket.ticket_size = make_ticket(l, r, m, x.ticket.ticket);
    m->ticket_us = now_us;
    m->epoch = r->epoch;
    control_send(l, m->conn, &x);
    sodium_memzero(&x, sizeof x);
}

// ---- members ----

void control_add(struct control_logic *l, const struct room *r, const struct room_member *m)
{
    struct core_command x = {.type = CORE_ADD, .room = r->id, .epoch = r->epoch, .sender = m->id};
    x.join_id = m->join_id;
    x.rebuilt = r->rebuilt;
    memcpy(x.hop_key, m->hop_key, sizeof x.hop_key);
    l->config.command(l->config.ctx, &x);
    sodium_memzero(&x, sizeof x);
}

void control_attach(struct control_logic *l, uint32_t conn, struct room *r, struct room_member *m, uint64_t now_us)
{
    control_drop_call(l, conn, CONTROL_CALL_BUSY); // whoever rings: it is in a room now
    if (m->conn != ROOM_NO_CONN && m->conn != conn) {
        uint32_t old = m->conn;
        control_fail(l, old, 0, CONTROL_ERROR_REPLACED, "You came back on another connection.");
        l->conn[old].room = NULL;
        l->conn[old].member = NULL;
        control_close(l, old, now_us);
    }
    m->conn = conn;
    l->conn[conn].room = r;
    l->conn[conn].member = m;
}

void control_remove(struct control_logic *l, struct room *r, struct room_member *m, enum control_removal why)
{
    static const char *const reasons[] = {"left", "lost", "kicked", "ended"};
    static const uint8_t byes[] = {0, 0, CTRL_BYE_KICKED, CTRL_BYE_ENDED};
    struct core_command x = {.type = CORE_REMOVE, .room = r->id, .sender = m->id, .join_id = m->join_id};
    struct control left = {.type = CONTROL_LEFT};
    uint32_t conn = m->conn, id = r->id;
    bool host = m->role == ROOM_HOST;
    x.lost = why == CONTROL_GONE_LOST;
    x.bye = byes[why];
    l->config.command(l->config.ctx, &x);
    left.left.id = m->id;
    snprintf(left.left.reason, sizeof left.left.reason, "%s", reasons[why]);
    // Who did not leave himself hears it, too: the lost join anew, for the others it is over.
    if (why != CONTROL_GONE_ENDED)
        control_send_room(l, r, m, &left);
    if (why != CONTROL_GONE_LEFT)
        control_send(l, conn, &left);
    if (conn != ROOM_NO_CONN) {
        l->conn[conn].room = NULL;
        l->conn[conn].member = NULL;
    }
    room_remove(&l->rooms, r, m, why != CONTROL_GONE_LOST);
    if (!r->used)
        control_end_knocks(l, id);
    else if (host && why != CONTROL_GONE_ENDED)
        control_send_state(l, r, ROOM_NO_CONN);
}

// ---- in ----

static void take_leave(struct control_logic *l, uint32_t conn, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct room *r = k->room;
    control_unknock(l, conn);
    if (!k->member)
        return;
    control_remove(l, r, k->member, CONTROL_GONE_LEFT);
    control_settle(l, r, now_us);
}

static void take_box(struct control_logic *l, uint32_t conn, const struct control *x)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (!k->member) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "You are in no room.");
        return;
    }
    for (size_t i = 0; i < x->box.count; i++) {
        struct control out = {.type = CONTROL_BOX};
        out.box.from = k->member->id; // never what the client says
        out.box.to = x->box.boxes[i].to;
        out.box.alone = out.box.to != 0;
        out.box.boxes[0] = x->box.boxes[i];
        out.box.count = 1;
        if (out.box.to == 0) {
            control_send_room(l, k->room, k->member, &out);
            continue;
        }
        const struct room_member *to = room_member(k->room, out.box.to);
        if (to)
            control_send(l, to->conn, &out);
    }
}

static void dispatch_people(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    switch (x->type) {
    case CONTROL_REGISTER:
        control_take_register(l, conn, x, now_us);
        break;
    case CONTROL_PRESENCE:
        control_take_presence(l, conn, x);
        break;
    case CONTROL_CALL:
        control_take_call(l, conn, x, now_us);
        break;
    case CONTROL_ANSWER:
        control_take_call_answer(l, conn, x, now_us);
        break;
    case CONTROL_HANGUP:
        control_take_hangup(l, conn, x);
        break;
    default: // a relay's message, sent by a client
        control_fail(l, conn, x->request, CONTROL_ERROR_BAD_MESSAGE, "This is not a client's message.");
        break;
    }
}

static void dispatch(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (!k->greeted && x->type != CONTROL_HELLO) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "Say hello first.");
        control_close(l, conn, now_us);
        return;
    }
    switch (x->type) {
    case CONTROL_HELLO:
        if (k->greeted)
            control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "You have said hello.");
        else
            control_take_hello(l, conn, x, now_us);
        break;
    case CONTROL_CREATE:
        control_take_create(l, conn, x, now_us);
        break;
    case CONTROL_JOIN:
        control_take_join(l, conn, x, now_us);
        break;
    case CONTROL_LEAVE:
        take_leave(l, conn, now_us);
        break;
    case CONTROL_BOX:
        take_box(l, conn, x);
        break;
    case CONTROL_ADMIT:
    case CONTROL_DENY:
        control_take_answer(l, conn, x, now_us);
        break;
    case CONTROL_KICK:
    case CONTROL_LOCK:
    case CONTROL_LOBBY:
    case CONTROL_ROLE:
    case CONTROL_END:
        control_take_order(l, conn, x, now_us);
        break;
    case CONTROL_PASS:
        control_take_pass(l, conn, x, now_us);
        break;
    case CONTROL_DOOR:
        control_take_door(l, conn, x);
        break;
    case CONTROL_DESCRIPTOR:
        control_take_descriptor(l, conn, x);
        break;
    default:
        dispatch_people(l, conn, x, now_us);
        break;
    }
}

// ---- the shell's calls ----

// Places are kept free for whoever comes: when few are left, of those in no room the one who has sat there longest
// among the most from one source goes. Members of rooms stay.
static void make_room_for_one(struct control_logic *l, uint64_t now_us)
{
    uint16_t by_host[GUARD_SOURCES] = {0};
    unsigned staying = 0;
    uint32_t worst = ROOM_NO_CONN;
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        const struct control_logic_conn *k = &l->conn[i];
        if (!k->used || k->closing)
            continue;
        staying++;
        if (!k->member)
            by_host[k->host]++;
    }
    for (uint32_t i = 0; staying >= CONTROL_LOGIC_CONNS - SPARE_CONNS && i < CONTROL_LOGIC_CONNS; i++) {
        const struct control_logic_conn *k = &l->conn[i], *w = &l->conn[worst == ROOM_NO_CONN ? i : worst];
        if (!k->used || k->closing || k->member)
            continue;
        if (worst == ROOM_NO_CONN || by_host[k->host] > by_host[w->host] ||
            (by_host[k->host] == by_host[w->host] && k->opened_us < w->opened_us))
            worst = i;
    }
    if (worst != ROOM_NO_CONN)
        control_close(l, worst, now_us);
}

uint32_t control_logic_open(struct control_logic *l, const struct addr *from, uint64_t now_us)
{
    make_room_for_one(l, now_us);
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        struct control_logic_conn *k = &l->conn[i];
        if (k->used)
            continue;
        memset(k, 0, sizeof *k);
        k->used = true;
        l->conns_touched = MAX(l->conns_touched, i + 1);
        k->host = guard_host(&l->guard, from);
        k->opened_us = now_us;
        l->config.random(l->config.ctx, k->challenge, sizeof k->challenge);
        return i;
    }
    return ROOM_NO_CONN;
}

size_t control_logic_message_max(const struct control_logic *l, uint32_t conn)
{
    return l->conn[conn].greeted ? WIRE_CONTROL_MAX : WIRE_CONTROL_FIRST_MAX;
}

bool control_logic_seat(const struct control_logic *l, uint32_t conn, uint32_t *room, uint16_t *sender)
{
    const struct control_logic_conn *k = &l->conn[conn];
    if (!k->member)
        return false;
    *room = k->room->id;
    *sender = k->member->id;
    return true;
}

bool control_logic_greeted(const struct control_logic *l, uint32_t conn)
{
    return l->conn[conn].greeted;
}

void control_logic_message(struct control_logic *l, uint32_t conn, const char *text, size_t n, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct control x;
    if (!k->used || k->closing)
        return;
    if (!guard_take(&k->messages, now_us, 1, WIRE_CONTROL_PER_S, WIRE_CONTROL_BURST)) {
        control_fail(l, conn, 0, CONTROL_ERROR_BUSY, "Too many messages; one was not taken.");
        return;
    }
    if (n > control_logic_message_max(l, conn) || !control_read(&x, text, n)) {
        control_fail(l, conn, 0, CONTROL_ERROR_BAD_MESSAGE, "This message cannot be read.");
        if (!k->greeted)
            control_close(l, conn, now_us);
        return;
    }
    dispatch(l, conn, &x, now_us);
    control_free(&x);
}

void control_logic_closed(struct control_logic *l, uint32_t conn, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (!k->used)
        return;
    k->closing = true; // it hears nothing more
    control_unregister(l, conn, now_us);
    control_unknock(l, conn);
    if (k->member)
        k->member->conn = ROOM_NO_CONN; // not leaving: its datagrams decide
    memset(k, 0, sizeof *k);
}

void control_logic_event(struct control_logic *l, const struct core_event *e, uint64_t now_us)
{
    if (e->type == CORE_PROVED && e->rebuilt)
        control_take_proved(l, e, now_us);
    struct room *r = room_by_id(&l->rooms, e->room);
    struct room_member *m = r ? room_member(r, e->sender) : NULL;
    if (!m || m->join_id != e->join_id)
        return;
    bool away = e->type == CORE_AWAY;
    if (e->type == CORE_LEFT) {
        control_remove(l, r, m, e->reason == CORE_LEFT_BYE ? CONTROL_GONE_LEFT : CONTROL_GONE_LOST);
        control_settle(l, r, now_us);
    } else if (m->away != away) {
        m->away = away;
        announce_away(l, r, m);
    }
}

void control_logic_tick(struct control_logic *l, uint64_t now_us, uint64_t wall_s)
{
    l->wall_s = wall_s;
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        struct control_logic_conn *k = &l->conn[i];
        if (!k->used)
            continue;
        if (!k->greeted && now_us - k->opened_us > WIRE_FIRST_MESSAGE_MS * 1000ull)
            control_close(l, i, now_us);
        else if (k->member && now_us - k->member->ticket_us > TICKET_RENEW_US)
            control_send_ticket(l, k->room, k->member, now_us);
    }
    for (unsigned i = 0, left = l->rooms.count; i < ROOMS_MAX && left > 0; i++)
        if (l->rooms.room[i].used) {
            control_settle(l, &l->rooms.room[i], now_us);
            left--;
        }
    control_tick_calls(l, now_us);
    control_tick_people(l, now_us);
}

void control_logic_drain(struct control_logic *l)
{
    const struct control m = {.type = CONTROL_DRAINING};
    l->draining = true;
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++)
        if (l->conn[i].used && l->conn[i].greeted)
            control_send(l, i, &m);
}
