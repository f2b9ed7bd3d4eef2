// Who is in the room, as a session sees it.
#include "session_parts.h"

#include "shared/control.h"
#include "shared/statement.h"

#include <stdio.h>
#include <string.h>

enum { MISSING_US = WIRE_LEFT_MS * 1000 };

struct session_member *session_room_member(struct session *s, uint16_t id)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used && s->members[i].id == id)
            return &s->members[i];
    return NULL;
}

struct notice *session_roster_about(enum notice_type type, const struct session_member *m)
{
    struct notice *n = notice_new(type);
    n->member = m->id;
    n->join_id = m->join_id;
    memcpy(n->name, m->name, sizeof n->name);
    memcpy(n->identity, m->identity, sizeof n->identity);
    return n;
}

void session_roster_introduce(struct session *s, uint16_t to)
{
    session_tell_state(s, to);
    session_orders_greet(s, to);
}

void session_roster_remove(struct session *s, struct session_member *m, bool silent, uint64_t now_us)
{
    struct notice *n = session_roster_about(NOTICE_LEFT, m);
    n->silent = silent;
    room_keys_remove(&s->keys, m->id, now_us);
    session_forget_member(s, m->id);
    session_compare_gone(s, m->id);
    m->used = false;
    if (!silent)
        session_chat_left(s, m);
    s->io.notice(s->io.ctx, n);
    session_subscribe(s, now_us);
}

// The first key that is signed stays: a join has one.
static void take_key(struct session_member *m, const struct control_member *c)
{
    if (!c->has_key || m->stated)
        return;
    memcpy(m->key, c->key, sizeof m->key);
    m->has_key = true;
    m->stated = statement_signed(c->signature, m->name, m->identity, m->key);
}

void session_roster_add(struct session *s, const struct control_member *c, bool silent, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, c->id);
    if (m && m->join_id != c->join_id) {
        session_roster_remove(s, m, true, now_us);
        m = NULL;
    }
    bool fresh = !m;
    // With oneself no more than a room has, and the screen shows: nobody is here unseen.
    for (unsigned i = 0; !m && i < WIRE_ROOM_MEMBERS_MAX - 1; i++)
        if (!s->members[i].used)
            m = &s->members[i];
    if (!m || c->id == s->self)
        return;
    if (fresh) {
        *m = (struct session_member){.used = true, .id = c->id, .join_id = c->join_id};
        m->before_us = silent && s->before_us;
        memcpy(m->name, c->name, sizeof m->name);
        memcpy(m->identity, c->identity, sizeof m->identity);
        struct notice *n = session_roster_about(NOTICE_JOINED, m);
        n->silent = silent;
        s->io.notice(s->io.ctx, n);
    }
    m->missing_us = 0;
    take_key(m, c);
    if (m->before_us && m->stated)
        orders_met(&s->orders, m->identity);
    session_calls_came(s, m);
    session_trust_judge(s, m, now_us);
    session_roster_away(s, c->id, c->away);
}

void session_roster_away(struct session *s, uint16_t id, bool away)
{
    struct session_member *m = session_room_member(s, id);
    if (!m || m->away == away)
        return;
    m->away = away;
    struct notice *n = session_roster_about(NOTICE_AWAY, m);
    n->flag = away;
    s->io.notice(s->io.ctx, n);
}

static uint64_t tick_member(struct session *s, struct session_member *m, size_t members, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    if (m->got_due_us && now_us >= m->got_due_us)
        session_chat_receipt(s, m, members);
    if (m->got_due_us)
        next = m->got_due_us;
    // A rebuilt room knows only who has come back; the others get their 30 seconds, counted while we are connected.
    if (m->missing_us && session_room_can_talk(s)) {
        if (now_us - m->missing_us > MISSING_US) {
            session_roster_remove(s, m, false, now_us);
            session_orders_left(s, now_us);
            session_history_left(s, true, now_us);
        } else {
            next = MIN(next, m->missing_us + MISSING_US + 1);
        }
    }
    return next;
}

uint64_t session_roster_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    size_t members = 1;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        members += s->members[i].used;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used)
            next = base_sooner(next, tick_member(s, &s->members[i], members, now_us));
    return next;
}
