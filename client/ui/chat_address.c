#include "chat_address.h"

#include "shared/base.h"

#include <string.h>

enum chat_address_state chat_address_state(const struct chat_address *a, const struct call *call, uint16_t *member)
{
    enum chat_address_state state = a->one ? CHAT_ADDRESS_GONE : CHAT_ADDRESS_ALL;
    *member = 0;
    for (size_t i = 0; a->one && i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        if (m->self || memcmp(m->identity, a->identity, sizeof a->identity) != 0)
            continue;
        if (!call_trust_good(m->trust)) {
            state = CHAT_ADDRESS_DOUBTED;
            continue;
        }
        *member = m->id;
        return CHAT_ADDRESS_HERE;
    }
    return state;
}

void chat_address_set(struct chat_address *a, const struct call_member *member)
{
    *a = (struct chat_address){.one = member != NULL};
    if (!member)
        return;
    memcpy(a->identity, member->identity, sizeof a->identity);
    memcpy(a->name, member->name, sizeof a->name);
}

size_t chat_address_rows(const struct call *call)
{
    size_t n = 1;
    for (size_t i = 0; i < call->member_count && !call->private_call; i++)
        n += !call->members[i].self;
    return n;
}

const struct call_member *chat_address_row(const struct call *call, size_t row)
{
    for (size_t i = 0; row > 0 && i < call->member_count; i++)
        if (!call->members[i].self && --row == 0)
            return &call->members[i];
    return NULL;
}

static void focus_on(struct chat_address *a, const struct call_member *m)
{
    a->focus = m ? m->id : 0;
    a->focus_join = m ? m->join_id : 0;
    a->lost = false;
}

void chat_address_open(struct chat_address *a, const struct call *call)
{
    uint16_t member;
    a->choosing = true;
    a->top = 0;
    focus_on(a, NULL);
    if (chat_address_state(a, call, &member) != CHAT_ADDRESS_HERE)
        return;
    for (size_t i = 1; i < chat_address_rows(call); i++)
        if (chat_address_row(call, i)->id == member)
            focus_on(a, chat_address_row(call, i));
}

size_t chat_address_focus(struct chat_address *a, const struct call *call)
{
    for (size_t i = 1; a->focus && i < chat_address_rows(call); i++) {
        const struct call_member *m = chat_address_row(call, i);
        if (m->id == a->focus && m->join_id == a->focus_join)
            return i;
    }
    if (a->focus) {
        focus_on(a, NULL);
        a->lost = true;
    }
    return 0;
}

void chat_address_move(struct chat_address *a, const struct call *call, int steps)
{
    int at = (int)chat_address_focus(a, call) + steps, last = (int)chat_address_rows(call) - 1;
    focus_on(a, chat_address_row(call, (size_t)CLAMP(at, 0, last)));
}

bool chat_address_choose(struct chat_address *a, const struct call *call)
{
    const struct call_member *m = chat_address_row(call, chat_address_focus(a, call));
    if (a->lost) { // it was somebody else's row when the finger went down
        a->lost = false;
        return false;
    }
    if (m && !call_trust_good(m->trust))
        return false;
    chat_address_set(a, m);
    return true;
}
