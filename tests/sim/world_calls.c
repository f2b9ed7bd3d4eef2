// What main makes of people and calls, as the app does: one screen at a time, changed by what the person does and by
// notices alone. What must never be is kept in `wrong`.
#include "world.h"

#include <string.h>

static void show(struct world *w, unsigned index, enum world_screen screen, unsigned with, uint32_t ring)
{
    struct world_calls *c = &w->people[index].calls;
    c->screen = screen;
    c->with = with;
    c->ring = ring;
    c->since_us = w->now_us;
}

static void go_home(struct world *w, unsigned index)
{
    show(w, index, WORLD_HOME, 0, 0);
    w->people[index].in_room = false;
    w->people[index].roster_count = 0;
}

static void wrong(struct world_calls *c, const char *what)
{
    if (!c->wrong)
        c->wrong = what;
}

static unsigned who(const struct world *w, const uint8_t identity[32])
{
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        if (w->has_identity[i] && memcmp(w->identity[i], identity, 32) == 0)
            return i;
    return WORLD_PEOPLE;
}

static struct command *order(enum command_type type, uint32_t ring)
{
    struct command *c = command_new(type);
    c->ring = ring;
    c->end = CALL_END_NOT_NOW;
    return c;
}

void world_call(struct world *w, unsigned index, unsigned whom)
{
    struct world_person *p = &w->people[index];
    if (!p->exists || p->calls.screen != WORLD_HOME || !p->calls.listed[whom])
        return;
    struct command *c = order(COMMAND_CALL, 0);
    memcpy(c->identity, w->identity[whom], 32);
    w->called[index][whom]++;
    show(w, index, WORLD_CALLING, whom, 0);
    session_command(&p->session, c, w->now_us);
}

void world_answer(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    if (!p->exists || p->calls.screen != WORLD_RUNG)
        return;
    show(w, index, WORLD_ANSWERING, p->calls.with, p->calls.ring);
    session_command(&p->session, order(COMMAND_ANSWER, p->calls.ring), w->now_us);
}

void world_meet(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    if (!p->exists || p->calls.screen != WORLD_HOME)
        return;
    show(w, index, WORLD_MEETING, 0, 0);
    world_create_room(w, index);
}

void world_hang_up(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    if (!p->exists || p->calls.screen == WORLD_HOME)
        return;
    bool in = p->calls.screen == WORLD_TALKING || p->calls.screen == WORLD_MEETING;
    uint32_t ring = p->calls.ring;
    go_home(w, index);
    session_command(&p->session, in ? command_new(COMMAND_LEAVE) : order(COMMAND_HANGUP, ring), w->now_us);
}

// ---- notices ----

static void on_room(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    if (!n->private_call && c->screen != WORLD_MEETING)
        wrong(c, "in a room where nobody asked for one");
    if (!n->private_call)
        return;
    if (c->screen == WORLD_HOME || c->screen == WORLD_RUNG || c->screen == WORLD_MEETING)
        wrong(c, "in a call that was neither made nor answered");
    else if (who(w, n->identity) != c->with)
        wrong(c, "in a call with somebody else");
    else if (c->screen != WORLD_TALKING)
        show(w, index, WORLD_TALKING, c->with, c->ring);
}

static void on_ended(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    bool rings = c->screen == WORLD_CALLING || c->screen == WORLD_RUNG || c->screen == WORLD_ANSWERING;
    if (rings && n->ring == c->ring)
        c->ends[n->end]++;
    if ((rings && n->ring == c->ring) || (c->screen == WORLD_TALKING && n->ring == 0))
        go_home(w, index);
    else
        wrong(c, "the end of a call that is not there");
}

static void on_person(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    unsigned other = who(w, n->identity);
    if (other == WORLD_PEOPLE || other == index || !call_trust_good(n->trust)) {
        wrong(c, "somebody in the list who is nobody");
        return;
    }
    c->listed[other] = !n->flag;
    c->state[other] = n->person;
}

void world_calls_notice(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    switch (n->type) {
    case NOTICE_REGISTERED:
        c->registered = n->flag;
        break;
    case NOTICE_PEOPLE:
        memset(c->listed, 0, sizeof c->listed);
        break;
    case NOTICE_PERSON:
        on_person(w, index, n);
        break;
    case NOTICE_CALLING:
        if (c->screen == WORLD_CALLING)
            c->ring = n->ring;
        else
            wrong(c, "it rings there, and nobody calls");
        break;
    case NOTICE_RINGING:
        if (c->screen == WORLD_HOME)
            show(w, index, WORLD_RUNG, who(w, n->identity), n->ring);
        else
            wrong(c, "it rings where somebody is busy");
        break;
    case NOTICE_CALL_ENDED:
        on_ended(w, index, n);
        break;
    case NOTICE_MISSED:
        c->missed[who(w, n->identity) % WORLD_PEOPLE]++;
        break;
    case NOTICE_ROOM:
        on_room(w, index, n);
        break;
    case NOTICE_REFUSED:
        if (c->screen == WORLD_MEETING)
            go_home(w, index);
        else
            wrong(c, "refused, where nobody asked for a room");
        break;
    default:
        break;
    }
}
