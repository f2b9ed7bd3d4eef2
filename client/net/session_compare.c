// Two people compare a number (PROTOCOL.md §6, Comparing): compare.c's steps in signed boxes, and what the person is
// shown of it.
#include "session_parts.h"

#include <stdlib.h>
#include <string.h>

static struct compare_party party_of(const struct session_member *m)
{
    struct compare_party p = {.id = m->id};
    memcpy(p.identity, m->identity, sizeof p.identity);
    memcpy(p.key, m->key, sizeof p.key);
    return p;
}

static void send_step(struct session *s, uint16_t to, const struct compare_step *step)
{
    uint64_t n;
    char *text = compare_write(step);
    room_keys_send(&s->keys, to, text, &n);
    free(text);
}

static void show(struct session *s)
{
    const struct compare *c = &s->compare;
    if (c->state == s->compare_shown && c->them.id == s->compare_shown_with)
        return;
    s->compare_shown = c->state;
    s->compare_shown_with = c->them.id;
    struct notice *n = notice_new(NOTICE_COMPARE);
    n->member = c->them.id;
    n->compare = c->state;
    n->text = c->state == CALL_COMPARE_NUMBER ? base_strdup(c->number) : NULL;
    s->io.notice(s->io.ctx, n);
}

void session_compare_enter(struct session *s)
{
    struct compare_party me = {.id = s->self};
    memcpy(me.identity, s->config.identity, sizeof me.identity);
    memcpy(me.key, s->keys.join_public, sizeof me.key);
    compare_begin(&s->compare, s->hop.room, &me);
    show(s);
}

void session_compare_stop(struct session *s)
{
    struct compare_step step;
    uint16_t with = s->compare.them.id;
    if (compare_stop(&s->compare, &step))
        send_step(s, with, &step);
    show(s);
}

void session_compare_start(struct session *s, uint16_t id, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, id);
    struct compare_step step;
    if (!m || !call_trust_good(m->trust) || !session_room_can_talk(s))
        return;
    if (s->compare.state != CALL_COMPARE_NONE && s->compare.them.id != id)
        session_compare_stop(s);
    struct compare_party them = party_of(m);
    if (compare_start(&s->compare, &them, now_us, &step))
        send_step(s, id, &step);
    show(s);
}

void session_compare_take(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us)
{
    struct compare_step step, out;
    if (!call_trust_good(m->trust) || !compare_read(&step, o))
        return;
    struct compare_party them = party_of(m);
    if (compare_take(&s->compare, &them, &step, now_us, &out))
        send_step(s, m->id, &out);
    show(s);
}

void session_compare_gone(struct session *s, uint16_t id)
{
    compare_gone(&s->compare, id);
    show(s);
}

uint64_t session_compare_tick(struct session *s, uint64_t now_us)
{
    struct compare_step step;
    uint16_t with = s->compare.them.id;
    if (compare_late(&s->compare, now_us, &step)) {
        send_step(s, with, &step);
        show(s);
    }
    return compare_deadline(&s->compare);
}
