#include "people.h"

#include "shared/base.h"

const struct call_member *people_self(const struct call *call)
{
    for (size_t i = call->member_count; i > 0; i--)
        if (call->members[i - 1].self)
            return &call->members[i - 1];
    return NULL;
}

bool people_am_host(const struct call *call)
{
    const struct call_member *self = people_self(call);
    return self && self->host;
}

unsigned people_known(const struct call *call)
{
    unsigned known = 0;
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        known += m->kind == CALL_KIND_PERSON && (m->self || call_trust_good(m->trust));
    }
    return known;
}

unsigned people_hand(const struct call *call, const struct call_member *member)
{
    unsigned rank = 1;
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        // Turns are never the same; should they be, the order of the call decides.
        rank += m->hand && m != member &&
                (m->hand_turn < member->hand_turn || (m->hand_turn == member->hand_turn && m < member));
    }
    return member->hand ? rank : 0;
}

size_t people_rows(const struct call *call, struct people_row rows[PEOPLE_ROWS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; people_am_host(call) && i < call->knock_count && i < CALL_KNOCKS_MAX; i++)
        rows[n++] = (struct people_row){PEOPLE_KNOCK, call->knocks[i].id, 0, i};
    size_t members = MIN(call->member_count, (size_t)CALL_MEMBERS_MAX), hands = 0;
    for (size_t i = 0; i < members; i++)
        hands += call->members[i].hand;
    size_t first = n, next = n + hands;
    for (size_t i = 0; i < members; i++) {
        const struct call_member *m = &call->members[i];
        rows[m->hand ? first + people_hand(call, m) - 1 : next++] =
            (struct people_row){PEOPLE_MEMBER, m->id, m->join_id, i};
        n++;
    }
    rows[n++] = (struct people_row){PEOPLE_CODE, 0, 0, 0};
    return n;
}

size_t people_focus(struct people *people, const struct people_row *rows, size_t count)
{
    const struct people_row *f = &people->focus;
    for (size_t i = 0; i < count; i++)
        if (rows[i].kind == f->kind && rows[i].id == f->id && rows[i].join_id == f->join_id) {
            people->at = i;
            return i;
        }
    people->at = MIN(people->at, count - 1);
    people->focus = rows[people->at];
    people->refuse = false;
    people->lost = true;
    return people->at;
}

static void focus_on(struct people *people, const struct people_row *rows, size_t at)
{
    people->focus = rows[at];
    people->at = at;
    people->refuse = people->lost = false;
}

void people_open(struct people *people, const struct call *call)
{
    struct people_row rows[PEOPLE_ROWS_MAX];
    people_rows(call, rows);
    people->top = 0;
    focus_on(people, rows, 0);
}

void people_move(struct people *people, const struct call *call, int steps)
{
    struct people_row rows[PEOPLE_ROWS_MAX];
    size_t count = people_rows(call, rows), at = people_focus(people, rows, count);
    int to = CLAMP((int)at + steps, 0, (int)count - 1);
    if (to != (int)at)
        focus_on(people, rows, (size_t)to);
}

bool people_aside(struct people *people, const struct call *call, int steps)
{
    struct people_row rows[PEOPLE_ROWS_MAX];
    size_t count = people_rows(call, rows), at = people_focus(people, rows, count);
    if (rows[at].kind != PEOPLE_KNOCK)
        return false;
    people->refuse = steps > 0;
    return true;
}

const struct call_member *people_chosen(struct people *people, const struct call *call)
{
    struct people_row rows[PEOPLE_ROWS_MAX];
    size_t count = people_rows(call, rows), at = people_focus(people, rows, count);
    return rows[at].kind == PEOPLE_MEMBER ? &call->members[rows[at].index] : NULL;
}
