// Calls: one rings at another's, and what becomes of it.
#include "control_parts.h"

#include <stdio.h>
#include <string.h>

static uint32_t conn_of(const struct control_logic *l, uint32_t at)
{
    return l->people.person[at].conn;
}

static void tell_end(struct control_logic *l, uint32_t at, uint32_t call, enum control_call_end why)
{
    struct control m = {.type = CONTROL_CALL_ENDED};
    m.call.id = call;
    m.call.end = why;
    control_send(l, conn_of(l, at), &m);
}

// `ringing` and `missed`: who calls, as he has signed it.
static void tell_caller(struct control_logic *l, uint32_t to, uint32_t from, const struct control *call,
                        enum control_type type, uint32_t id)
{
    const struct people_person *p = &l->people.person[from];
    struct control m = {.type = type};
    m.call.id = id;
    m.call.data = call->call.data;
    memcpy(m.call.name, p->name, sizeof m.call.name);
    memcpy(m.call.identity, p->identity, sizeof m.call.identity);
    memcpy(m.call.key, call->call.key, sizeof m.call.key);
    memcpy(m.call.signature, call->call.signature, sizeof m.call.signature);
    control_send(l, conn_of(l, to), &m);
}

static struct people_call *call_of(struct control_logic *l, uint32_t conn)
{
    uint32_t at = control_person(l, conn);
    return at == PEOPLE_NOBODY ? NULL : people_call_of(&l->people, l->people.person[at].call);
}

// Whether the caller may call at all.
static bool may_call(struct control_logic *l, uint32_t conn, uint32_t request, uint64_t now_us)
{
    const struct control_logic_conn *k = &l->conn[conn];
    if (!k->person)
        control_fail(l, conn, request, CONTROL_ERROR_NOT_NOW, "Register first.");
    else if (l->draining)
        control_fail(l, conn, request, CONTROL_ERROR_DRAINING, "The relay is about to restart; try again soon.");
    else if (!guard_call(&l->guard, k->host, now_us))
        control_fail(l, conn, request, CONTROL_ERROR_BUSY, "Too many calls; try again later.");
    else if (k->member || call_of(l, conn))
        control_fail(l, conn, request, CONTROL_ERROR_IN_A_CALL, "You are in a call.");
    else
        return true;
    return false;
}

void control_take_call(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    if (!may_call(l, conn, x->request, now_us))
        return;
    uint32_t from = control_person(l, conn), to = people_find(&l->people, x->call.to);
    if (to == PEOPLE_NOBODY || to == from || conn_of(l, to) == PEOPLE_NOBODY) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_HERE, "They are not here.");
        return;
    }
    // From however many places: nobody is rung, or told of calls, without end; and nobody uses that up for all others.
    if (!guard_ring(&l->guard, l->conn[conn].host, x->call.to, now_us) ||
        !guard_take(&l->people.person[to].rings, now_us, 1, WIRE_RINGS_PER_S, WIRE_RINGS_BURST)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_BUSY, "Too many calls there; try again later.");
        return;
    }
    if (l->conn[conn_of(l, to)].member || l->people.person[to].call) {
        control_fail(l, conn, x->request, CONTROL_ERROR_IN_A_CALL, "They are in another call.");
        tell_caller(l, to, from, x, CONTROL_MISSED, 0);
        return;
    }
    struct people_call *c = people_ring(&l->people, from, to, now_us);
    if (!c) {
        control_fail(l, conn, x->request, CONTROL_ERROR_FULL, "Too many calls ring.");
        return;
    }
    c->request = x->request;
    memcpy(c->key, x->call.key, sizeof c->key);
    memcpy(c->signature, x->call.signature, sizeof c->signature);
    struct control m = {.type = CONTROL_CALLING, .request = x->request, .call.id = c->id};
    control_send(l, conn, &m);
    tell_caller(l, to, from, x, CONTROL_RINGING, c->id);
}

void control_take_call_answer(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct people_call *c = call_of(l, conn);
    if (!c || c->id != x->call.id || c->to != control_person(l, conn)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "It rings no more.");
        return;
    }
    struct people_call was = *c;
    people_end_call(&l->people, c);
    struct room *r =
        room_members_free(&l->rooms) >= 2 ? room_create_call(&l->rooms, l->config.random, l->config.ctx) : NULL;
    if (!r) {
        control_fail(l, conn, x->request, CONTROL_ERROR_FULL, "The relay is full.");
        tell_end(l, was.from, was.id, CONTROL_CALL_GONE);
        return;
    }
    r->created = l->wall_s;
    const struct control_entry caller = {ROOM_GUEST, was.request, was.key, was.signature};
    const struct control_entry answers = {ROOM_GUEST, x->request, x->call.key, x->call.signature};
    control_enter_call(l, r, (const uint32_t[]){conn_of(l, was.from), conn},
                       (const struct control_entry[]){caller, answers}, now_us);
}

void control_take_hangup(struct control_logic *l, uint32_t conn, const struct control *x)
{
    struct people_call *c = call_of(l, conn);
    if (!c || c->id != x->call.id)
        return;
    bool caller = c->from == control_person(l, conn);
    uint32_t other = caller ? c->to : c->from, id = c->id;
    people_end_call(&l->people, c);
    if (caller)
        tell_end(l, other, id, CONTROL_CALL_CANCELLED);
    else
        tell_end(l, other, id, x->call.end == CONTROL_CALL_BUSY ? CONTROL_CALL_BUSY : CONTROL_CALL_NOT_NOW);
}

void control_drop_call(struct control_logic *l, uint32_t conn, enum control_call_end why)
{
    struct people_call *c = call_of(l, conn);
    if (!c)
        return;
    struct people_call was = *c;
    people_end_call(&l->people, c);
    tell_end(l, was.from, was.id, why);
    tell_end(l, was.to, was.id, why);
}

void control_tick_calls(struct control_logic *l, uint64_t now_us)
{
    for (struct people_call *c; (c = people_overdue(&l->people, now_us));)
        control_drop_call(l, conn_of(l, c->from), CONTROL_CALL_NO_ANSWER);
}
