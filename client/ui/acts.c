#include "acts.h"

#include "people.h"

bool acts_hosting(const struct call *call)
{
    return people_am_host(call) && !call->private_call;
}

bool acts_can_compare(const struct call_member *member)
{
    return member && !member->self && call_trust_good(member->trust);
}

size_t acts_of_person(const struct call *call, const struct call_member *member, bool can_pin, bool can_send,
                      enum ask_answer out[ASK_BUTTONS_MAX])
{
    size_t n = 0;
    bool good = acts_can_compare(member), hosting = member && acts_hosting(call);
    bool person = good && member->kind == CALL_KIND_PERSON;
    // Of one who is not who we know, the way out comes first and the host's acts with one who is here are not for him.
    if (member && member->trust == CALL_TRUST_CHANGED) {
        out[n++] = ASK_CLOSE;
        out[n++] = ASK_TRUST;
        if (hosting)
            out[n++] = ASK_REMOVE;
        return n;
    }
    if (good && can_pin)
        out[n++] = ASK_PIN;
    if (good)
        out[n++] = ASK_COMPARE;
    if (person && can_send)
        out[n++] = ASK_SEND;
    if (person && hosting) {
        out[n++] = ASK_MUTE;
        out[n++] = member->host ? ASK_GUEST : ASK_HOST;
    }
    out[n++] = ASK_CLOSE;
    if (hosting) // at the end: nobody comes upon it on the way
        out[n++] = ASK_REMOVE;
    return n;
}

size_t acts_of_me(bool can_pin, enum ask_answer out[ASK_BUTTONS_MAX])
{
    size_t n = 0;
    out[n++] = ASK_HAND;
    if (can_pin)
        out[n++] = ASK_PIN;
    out[n++] = ASK_HIDE;
    out[n++] = ASK_CODE;
    out[n++] = ASK_CLOSE;
    return n;
}

size_t acts_of_room(enum ask_answer out[ASK_BUTTONS_MAX])
{
    size_t n = 0;
    out[n++] = ASK_LOBBY;
    out[n++] = ASK_LOCK;
    out[n++] = ASK_MUTE_ALL;
    out[n++] = ASK_CLOSE;
    out[n++] = ASK_END;
    return n;
}
