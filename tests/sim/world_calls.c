// What main makes of people and calls, as the app does: one screen at a time, changed by what the person does and by
// notices alone. Both may be on their way for a while: they cross. What must never be is kept in `wrong`.
#include "world.h"

#include <stdlib.h>
#include <string.h>

struct world_letter {
    struct world_letter *next;
    uint64_t due_us;
    struct notice notice;    // without its texts
    struct command *command; // NULL: it is a notice
};

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
}

static unsigned who(const struct world *w, const uint8_t identity[32])
{
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        if (w->has_identity[i] && memcmp(w->identity[i], identity, 32) == 0)
            return i;
    return WORLD_PEOPLE;
}

// ---- on the way ----

static void post(struct world *w, unsigned index, struct command *command, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    struct world_letter *l = calloc(1, sizeof *l), **at = command ? &c->to_session : &c->to_main;
    uint64_t *last = &c->last_us[command != NULL];
    *last = MAX(*last, w->now_us + (uint64_t)(world_random(w) * (double)w->main_late_us));
    l->due_us = *last;
    l->command = command;
    if (n)
        l->notice = *n;
    l->notice.text = l->notice.advice = NULL;
    while (*at)
        at = &(*at)->next;
    *at = l;
}

static void give(struct world *w, unsigned index, struct command *c)
{
    if (w->main_late_us)
        post(w, index, c, NULL);
    else
        session_command(&w->people[index].session, c, w->now_us);
}

static struct world_letter *take(struct world_letter **list, uint64_t now_us)
{
    struct world_letter *l = *list;
    if (!l || l->due_us > now_us)
        return NULL;
    *list = l->next;
    return l;
}

// ---- what the person does ----

static struct command *hang_up(uint32_t ring, enum call_end end)
{
    struct command *c = command_new(COMMAND_HANGUP);
    c->ring = ring;
    c->end = end;
    return c;
}

void world_call(struct world *w, unsigned index, unsigned whom)
{
    struct world_person *p = &w->people[index];
    if (!p->exists || p->calls.screen != WORLD_HOME || !p->calls.listed[whom])
        return;
    struct command *c = command_new(COMMAND_CALL);
    memcpy(c->identity, w->identity[whom], 32);
    w->called[index][whom]++;
    show(w, index, WORLD_CALLING, whom, 0);
    give(w, index, c);
}

void world_answer(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    if (!p->exists || p->calls.screen != WORLD_RUNG)
        return;
    struct command *c = command_new(COMMAND_ANSWER);
    c->ring = p->calls.ring;
    show(w, index, WORLD_ANSWERING, p->calls.with, p->calls.ring);
    give(w, index, c);
}

void world_meet(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    if (!p->exists || p->calls.screen != WORLD_HOME)
        return;
    show(w, index, WORLD_MEETING, 0, 0);
    give(w, index, command_new(COMMAND_CREATE));
}

void world_hang_up(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    enum world_screen screen = p->calls.screen;
    uint32_t ring = p->calls.ring;
    if (!p->exists || screen == WORLD_HOME)
        return;
    go_home(w, index);
    if (screen == WORLD_TALKING || screen == WORLD_MEETING)
        give(w, index, command_new(COMMAND_LEAVE));
    else
        give(w, index, hang_up(ring, screen == WORLD_RUNG ? CALL_END_NOT_NOW : CALL_END_CANCELLED));
}

// ---- notices ----

static void on_room(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    bool rings = c->screen == WORLD_CALLING || c->screen == WORLD_ANSWERING;
    if (n->private_call && rings && who(w, n->identity) == c->with)
        show(w, index, WORLD_TALKING, c->with, c->ring);
    else if (n->private_call && (c->screen == WORLD_HOME || c->screen == WORLD_RUNG))
        give(w, index, hang_up(0, CALL_END_CANCELLED)); // given up in the moment it was answered
}

static void on_ringing(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    unsigned from = who(w, n->identity);
    if (c->screen == WORLD_HOME) {
        show(w, index, WORLD_RUNG, from, n->ring);
    } else if (c->screen == WORLD_CALLING && c->with == from) {
        c->ring = n->ring;
    } else {
        give(w, index, hang_up(n->ring, CALL_END_BUSY)); // and is told of a missed call
    }
}

static void on_ended(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    bool rings = c->screen == WORLD_CALLING || c->screen == WORLD_RUNG || c->screen == WORLD_ANSWERING;
    if (!rings && c->screen != WORLD_TALKING)
        return;
    if (n->ring ? n->ring != c->ring : who(w, n->identity) != c->with)
        return; // of a call that is no more
    c->ends[n->end] += rings;
    go_home(w, index);
}

static void on_person(struct world *w, unsigned index, const struct notice *n)
{
    struct world_calls *c = &w->people[index].calls;
    unsigned other = who(w, n->identity);
    if (other == WORLD_PEOPLE || other == index || !call_trust_good(n->trust)) {
        c->wrong = "somebody in the list who is nobody";
        return;
    }
    c->listed[other] = !n->flag;
    c->state[other] = n->person;
}

static void apply(struct world *w, unsigned index, const struct notice *n)
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
        if (c->screen == WORLD_CALLING && who(w, n->identity) == c->with)
            c->ring = n->ring;
        break;
    case NOTICE_RINGING:
        on_ringing(w, index, n);
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
        else if (!w->main_late_us)
            c->wrong = "refused, where nobody asked for a room";
        break;
    default:
        break;
    }
}

void world_calls_notice(struct world *w, unsigned index, const struct notice *n)
{
    if (w->main_late_us)
        post(w, index, NULL, n);
    else
        apply(w, index, n);
}

void world_calls_step(struct world *w, unsigned index)
{
    struct world_person *p = &w->people[index];
    struct world_letter *l;
    while ((l = take(&p->calls.to_session, w->now_us))) {
        session_command(&p->session, l->command, w->now_us);
        p->tick_us = 0;
        free(l);
    }
    while ((l = take(&p->calls.to_main, w->now_us))) {
        apply(w, index, &l->notice);
        free(l);
    }
}

// When the next letter is there.
uint64_t world_calls_due(const struct world_person *p)
{
    const struct world_letter *a = p->calls.to_session, *b = p->calls.to_main;
    return MIN(a ? a->due_us : UINT64_MAX, b ? b->due_us : UINT64_MAX);
}

void world_calls_forget(struct world_person *p)
{
    struct world_letter *l;
    while ((l = take(&p->calls.to_session, UINT64_MAX))) {
        command_free(l->command);
        free(l);
    }
    while ((l = take(&p->calls.to_main, UINT64_MAX)))
        free(l);
}
