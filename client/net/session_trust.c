// Who of those the relay lists is given keys. A member counts when its join key is signed by its identity
// (shared/statement.h), what this box knows of that identity does not speak against it, and the room's hosts have let
// it in; and it is shown as one of us once something it sealed under the pair key has opened. Everybody else is shown
// as what it is, and nothing is sealed for it.
#include "session_parts.h"

#include "shared/log.h"

#include <string.h>

enum { SECOND = 1000000, PROOF_US = 5 * SECOND };

static enum call_trust verdict(struct session *s, const struct session_member *m)
{
    if (!m->has_key)
        return CALL_TRUST_WAITING;
    if (!m->stated || !session_calls_with(s, m))
        return CALL_TRUST_GHOST;
    if (session_orders_judge(s, m->identity, m->key, m->join_id) != CALL_TRUST_NEW)
        return CALL_TRUST_NOT_ADMITTED;
    enum call_trust t = s->io.judge ? s->io.judge(s->io.ctx, m->name, m->identity) : CALL_TRUST_NEW;
    return t == CALL_TRUST_CHANGED && m->accepted ? CALL_TRUST_NEW : t;
}

static void show(struct session *s, struct session_member *m, enum call_trust t)
{
    if (m->shown && t == m->trust)
        return;
    m->shown = true;
    m->trust = t;
    struct notice *n = session_roster_about(NOTICE_TRUST, m);
    n->trust = t;
    s->io.notice(s->io.ctx, n);
    if (t != CALL_TRUST_WAITING && !call_trust_good(t))
        log_warn("session", "a member is given no keys id=%u why=%s", m->id, call_trust_name(t));
}

static void shut_out(struct session *s, struct session_member *m, uint64_t now_us)
{
    room_keys_remove(&s->keys, m->id, now_us);
    session_layers_shut_out(s, m);
    session_forget_member(s, m->id);
    session_compare_gone(s, m->id);
    m->keyed = m->introduced = false;
    session_subscribe(s, now_us);
}

void session_trust_judge(struct session *s, struct session_member *m, uint64_t now_us)
{
    enum call_trust t = verdict(s, m);
    bool was_in = m->introduced;
    if (call_trust_good(t) && !m->introduced) {
        struct keys_side side = {.join_id = m->join_id};
        memcpy(side.identity, m->identity, sizeof side.identity);
        memcpy(side.key, m->key, sizeof side.key);
        m->introduced = room_keys_add(&s->keys, m->id, &side, now_us);
        m->since_us = now_us;
        if (m->introduced && m->shown)
            room_keys_ask(&s->keys, m->id, now_us); // what it told us while it was shut out could not be opened
        if (m->introduced)
            session_roster_introduce(s, m->id);
        else
            t = CALL_TRUST_GHOST; // a key nobody can use
    }
    if (was_in && !call_trust_good(t))
        shut_out(s, m, now_us);
    if (call_trust_good(t) && !room_keys_confirmed(&s->keys, m->id))
        t = now_us - m->since_us < PROOF_US ? CALL_TRUST_WAITING : CALL_TRUST_GHOST;
    show(s, m, t);
}

void session_trust_all(struct session *s, uint64_t now_us)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used)
            session_trust_judge(s, &s->members[i], now_us);
}

void session_trust_confirmed(struct session *s, struct session_member *m, uint64_t now_us)
{
    orders_met(&s->orders, m->identity);
    if (s->io.met)
        s->io.met(s->io.ctx, m->name, m->identity);
    session_trust_judge(s, m, now_us);
}

uint64_t session_trust_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        struct session_member *m = &s->members[i];
        if (!m->used || !m->introduced || m->trust != CALL_TRUST_WAITING)
            continue;
        if (now_us - m->since_us >= PROOF_US)
            session_trust_judge(s, m, now_us);
        else
            next = MIN(next, m->since_us + PROOF_US);
    }
    return next;
}

// A person accepts that this name is somebody else's now.
void session_trust_accept(struct session *s, uint16_t id, const uint8_t identity[32], uint64_t now_us)
{
    struct session_member *m = session_room_member(s, id);
    if (!m || memcmp(m->identity, identity, sizeof m->identity) != 0)
        return; // the id is another's by now
    m->accepted = true;
    session_trust_judge(s, m, now_us);
}
