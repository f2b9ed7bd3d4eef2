#include "ask.h"

#include "acts.h"
#include "hash.h"
#include "people.h"
#include "shared/base.h"
#include "shared/keys.h"

#include <stdio.h>
#include <string.h>

struct topic {
    enum ask_kind kind;
    uint32_t id;
    uint64_t join_id, number;
};

static const struct call_member *member_of(const struct call *call, uint32_t id, uint64_t join_id)
{
    for (size_t i = 0; i < call->member_count; i++)
        if (call->members[i].id == id && (join_id == 0 || call->members[i].join_id == join_id))
            return &call->members[i];
    return NULL;
}

static uint64_t hash_of(const char *words)
{
    return hash_words(HASH_START, words);
}

static bool name_is_away(const struct ask *ask, const char *name)
{
    for (size_t i = 0; i < ask->name_away_count; i++)
        if (ask->name_away[i] == hash_of(name))
            return true;
    return false;
}

static void put_name_away(struct ask *ask, const char *name)
{
    if (name_is_away(ask, name))
        return;
    if (ask->name_away_count == ASK_NAMES_MAX) {
        memmove(&ask->name_away[0], &ask->name_away[1], (ASK_NAMES_MAX - 1) * sizeof ask->name_away[0]);
        ask->name_away_count--;
    }
    ask->name_away[ask->name_away_count++] = hash_of(name);
}

// The relay numbers knocks: under one number another may come, and the keys are to wait again.
static uint64_t who(const struct call_knock *knock)
{
    char key[44];
    return hash_words(hash_of(keys_base64(key, sizeof key, knock->identity, sizeof knock->identity)), knock->name);
}

static bool knock_is_away(const struct ask *ask, uint32_t id)
{
    for (size_t i = 0; i < ask->knock_away_count; i++)
        if (ask->knock_away[i] == id)
            return true;
    return false;
}

// Knocks that have gone need not be remembered: what is kept never outgrows what waits.
static void prune_knocks(struct ask *ask, const struct call *call)
{
    size_t kept = 0;
    for (size_t i = 0; i < ask->knock_away_count; i++)
        for (size_t k = 0; k < call->knock_count; k++)
            if (call->knocks[k].id == ask->knock_away[i]) {
                ask->knock_away[kept++] = ask->knock_away[i];
                break;
            }
    ask->knock_away_count = kept;
}

static void put_knock_away(struct ask *ask, uint32_t id)
{
    if (!knock_is_away(ask, id) && ask->knock_away_count < CALL_KNOCKS_MAX)
        ask->knock_away[ask->knock_away_count++] = id;
}

static void put_compare_away(struct ask *ask, const struct call *call, bool stopped)
{
    ask->compare_away = true;
    ask->away_stopped = stopped;
    ask->away_state = call->compare;
    ask->away_with = call->compare_with;
    snprintf(ask->away_number, sizeof ask->away_number, "%s", call->compare_number);
}

static struct topic compare_topic(struct ask *ask, const struct call *call)
{
    static const enum ask_kind kinds[] = {ASK_NONE, ASK_WAITING, ASK_NUMBER, ASK_ENDED};
    struct topic none = {.kind = ASK_NONE};
    if (ask->compare_away) {
        bool same = call->compare == ask->away_state && call->compare_with == ask->away_with &&
                    strcmp(call->compare_number, ask->away_number) == 0;
        // One that I have stopped need not be told to have failed; a new one comes up again.
        if (ask->away_stopped && call->compare == CALL_COMPARE_FAILED && call->compare_with == ask->away_with) {
            put_compare_away(ask, call, true);
            return none;
        }
        if (same)
            return none;
        ask->compare_away = false;
    }
    if (call->compare == CALL_COMPARE_NONE || !member_of(call, call->compare_with, 0))
        return none;
    return (struct topic){kinds[call->compare], call->compare_with, 0, hash_of(call->compare_number)};
}

static struct topic choose(struct ask *ask, const struct call *call)
{
    if (ask->open == ASK_LISTENING)
        return (struct topic){.kind = ASK_LISTENING};
    struct topic compare = compare_topic(ask, call);
    if (compare.kind != ASK_NONE) {
        ask->open = ASK_NONE;
        return compare;
    }
    bool of_person = ask->open == ASK_PERSON || ask->open == ASK_REMOVING;
    bool of_host = ask->open == ASK_REMOVING || ask->open == ASK_ROOM || ask->open == ASK_ENDING;
    if ((of_person && !member_of(call, ask->open_id, ask->open_join_id)) || (of_host && !acts_hosting(call)) ||
        (ask->open == ASK_SHARE && (call->share.on || ask->share >= call->share.count)))
        ask->open = ASK_NONE;
    if (ask->open != ASK_NONE)
        return (struct topic){ask->open, ask->open_id, ask->open_join_id, 0};
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        if (!m->self && m->trust == CALL_TRUST_CHANGED && !name_is_away(ask, m->name))
            return (struct topic){ASK_CHANGED, m->id, m->join_id, 0};
    }
    for (size_t i = 0; people_am_host(call) && i < call->knock_count; i++)
        if (!knock_is_away(ask, call->knocks[i].id))
            return (struct topic){ASK_KNOCK, call->knocks[i].id, 0, who(&call->knocks[i])};
    return (struct topic){.kind = ASK_NONE};
}

// The button that has the focus first: never the one that agrees to something doubtful.
static size_t first_focus(const struct ask *ask, const struct call *call)
{
    if (ask->kind == ASK_NUMBER)
        return 1;
    for (size_t i = 0; ask->kind == ASK_KNOCK && i < call->knock_count; i++)
        if (call->knocks[i].id == ask->id)
            return call->knocks[i].trust == CALL_TRUST_CHANGED ? 1 : 0;
    return 0;
}

static void remember_focus(struct ask *ask, const struct call *call)
{
    enum ask_answer out[ASK_BUTTONS_MAX];
    size_t count = ask_buttons(ask, call, out);
    if (count)
        ask->on = out[MIN(ask->focus, count - 1)];
}

// A button that comes or goes does not push another one under the finger; the one that has gone leaves the way out.
static void keep_focus(struct ask *ask, const struct call *call)
{
    enum ask_answer out[ASK_BUTTONS_MAX];
    size_t count = ask_buttons(ask, call, out), at = count;
    for (size_t i = count; i > 0; i--)
        if (out[i - 1] == ask->on)
            at = i - 1;
    for (size_t i = count; at == count && i > 0; i--)
        if (out[i - 1] == ASK_CLOSE)
            at = i - 1;
    ask->focus = at < count ? at : 0;
    remember_focus(ask, call);
}

static bool comes_by_itself(enum ask_kind kind)
{
    return kind < ASK_PERSON || kind > ASK_SHARE;
}

bool ask_follow(struct ask *ask, const struct call *call, bool in_room, uint64_t now_us)
{
    enum ask_kind before = ask->kind;
    if (!in_room) {
        memset(ask, 0, sizeof *ask);
        return before != ASK_NONE;
    }
    prune_knocks(ask, call);
    struct topic t = choose(ask, call);
    if (t.kind == ask->kind && t.id == ask->id && t.join_id == ask->join_id && t.number == ask->number) {
        keep_focus(ask, call);
        return false;
    }
    ask->kind = t.kind;
    ask->id = t.id;
    ask->join_id = t.join_id;
    ask->number = t.number;
    ask->since_us = now_us;
    ask->taken = false;
    ask->guarded = comes_by_itself(t.kind);
    ask->focus = first_focus(ask, call);
    remember_focus(ask, call);
    return true;
}

void ask_open_safety(struct ask *ask)
{
    ask->open = ASK_SAFETY;
    ask->open_id = 0;
    ask->open_join_id = 0;
}

void ask_open_recording(struct ask *ask)
{
    ask->open = ASK_RECORDING;
    ask->open_id = 0;
    ask->open_join_id = 0;
}

void ask_open_share(struct ask *ask)
{
    ask->open = ASK_SHARE;
    ask->open_id = 0;
    ask->open_join_id = 0;
    ask->share = 0;
}

void ask_open_room(struct ask *ask)
{
    ask->open = ASK_ROOM;
    ask->open_id = 0;
    ask->open_join_id = 0;
}

void ask_open_person(struct ask *ask, const struct call_member *member)
{
    ask->open = member->self ? ASK_SELF : ASK_PERSON;
    ask->open_id = member->id;
    ask->open_join_id = member->join_id;
}

// With two people in the room it is clear who compares with whom.
static const struct call_member *only_other(const struct call *call)
{
    const struct call_member *other = NULL;
    for (size_t i = 0; i < call->member_count; i++) {
        if (!acts_can_compare(&call->members[i]))
            continue;
        if (other)
            return NULL;
        other = &call->members[i];
    }
    return other;
}

static size_t put(enum ask_answer out[ASK_BUTTONS_MAX], enum ask_answer first, enum ask_answer second)
{
    out[0] = first;
    out[1] = second;
    return first == second ? 1 : 2;
}

size_t ask_buttons(const struct ask *ask, const struct call *call, enum ask_answer out[ASK_BUTTONS_MAX])
{
    switch (ask->kind) {
    case ASK_NONE:
        return 0;
    case ASK_WAITING:
        return put(out, ASK_STOP, ASK_STOP);
    case ASK_NUMBER:
        return put(out, ASK_SAME, ASK_DIFFERENT);
    case ASK_SAFETY:
        return only_other(call) ? put(out, ASK_COMPARE, ASK_CLOSE) : put(out, ASK_CLOSE, ASK_CLOSE);
    case ASK_PERSON:
        return acts_of_person(call, member_of(call, ask->id, ask->join_id), ask->can_pin, ask->can_send, out);
    case ASK_SELF:
        return acts_of_me(ask->can_pin, out);
    case ASK_REMOVING:
        return put(out, ASK_CLOSE, ASK_REMOVE_SURE);
    case ASK_ROOM:
        return acts_of_room(out);
    case ASK_ENDING:
        return put(out, ASK_CLOSE, ASK_END_SURE);
    case ASK_RECORDING:
        return put(out, ASK_CLOSE, ASK_RECORD_SURE);
    case ASK_CHANGED:
        return put(out, ASK_CLOSE, ASK_TRUST);
    case ASK_KNOCK:
        return put(out, ASK_ADMIT, ASK_DENY);
    case ASK_SHARE: // it begins on what shows nothing
        out[0] = ASK_CLOSE;
        out[1] = call->share.count > 1 ? ASK_SHARE_OTHER : ASK_SHARE_SURE;
        out[2] = ASK_SHARE_SURE;
        return call->share.count > 1 ? 3 : 2;
    case ASK_LISTENING:
    case ASK_ENDED:
        break;
    }
    return put(out, ASK_CLOSE, ASK_CLOSE);
}

void ask_move(struct ask *ask, const struct call *call, int steps)
{
    enum ask_answer out[ASK_BUTTONS_MAX];
    int count = (int)ask_buttons(ask, call, out);
    ask->focus = (size_t)CLAMP((int)ask->focus + steps, 0, MAX(count - 1, 0));
    remember_focus(ask, call);
}

bool ask_ready(const struct ask *ask, uint64_t now_us)
{
    return !ask->guarded || now_us - ask->since_us >= ASK_GUARD_MS * 1000u;
}

// The card goes at once; what it was about is not asked again.
static void put_away(struct ask *ask, const struct call *call, bool stopped)
{
    const struct call_member *m = member_of(call, ask->id, ask->join_id);
    ask->open = ASK_NONE;
    if (ask->kind == ASK_WAITING || ask->kind == ASK_NUMBER || ask->kind == ASK_ENDED)
        put_compare_away(ask, call, stopped);
    else if (ask->kind == ASK_KNOCK)
        put_knock_away(ask, ask->id);
    else if ((ask->kind == ASK_CHANGED || ask->kind == ASK_PERSON) && m && m->trust == CALL_TRUST_CHANGED)
        put_name_away(ask, m->name);
}

static struct ask_order order(enum ui_action action, uint32_t id)
{
    return (struct ask_order){.wanted = true, .action = action, .id = id};
}

// What leaves the card open, or opens the next one.
static bool goes_on(struct ask *ask, const struct call *call, enum ask_answer chosen, struct ask_order *out)
{
    switch (chosen) {
    case ASK_REMOVE:
        ask->open = ASK_REMOVING;
        ask->open_id = ask->id;
        ask->open_join_id = ask->join_id;
        return true;
    case ASK_END:
        ask->open = ASK_ENDING;
        return true;
    case ASK_CODE:
        ask_open_safety(ask);
        return true;
    case ASK_SHARE_OTHER:
        ask->share = call->share.count ? (ask->share + 1) % call->share.count : 0;
        return true;
    case ASK_LOBBY: // the button shows what it is now
        *out = order(UI_LOBBY, !call->lobby);
        return true;
    case ASK_LOCK:
        *out = order(UI_LOCK, !call->locked);
        return true;
    case ASK_CLOSE: // not removed, not ended: where one was
        if (ask->kind != ASK_REMOVING && ask->kind != ASK_ENDING)
            return false;
        ask->open = ask->kind == ASK_REMOVING ? ASK_PERSON : ASK_ROOM;
        return true;
    default:
        return false;
    }
}

static struct ask_order order_of(const struct ask *ask, enum ask_answer chosen, uint32_t id)
{
    static const enum ui_action actions[] = {[ASK_ADMIT] = UI_ADMIT,
                                             [ASK_DENY] = UI_DENY,
                                             [ASK_COMPARE] = UI_COMPARE,
                                             [ASK_SAME] = UI_COMPARE_SAME,
                                             [ASK_DIFFERENT] = UI_COMPARE_STOP,
                                             [ASK_STOP] = UI_COMPARE_STOP,
                                             [ASK_TRUST] = UI_TRUST,
                                             [ASK_MUTE] = UI_MUTE,
                                             [ASK_HOST] = UI_ROLE_HOST,
                                             [ASK_GUEST] = UI_ROLE_GUEST,
                                             [ASK_REMOVE_SURE] = UI_KICK,
                                             [ASK_HAND] = UI_HAND,
                                             [ASK_MUTE_ALL] = UI_MUTE,
                                             [ASK_RECORD_SURE] = UI_RECORD,
                                             [ASK_END_SURE] = UI_END_ROOM,
                                             [ASK_SHARE_SURE] = UI_SHARE};
    struct ask_order out = order(actions[chosen], id);
    if (chosen == ASK_MUTE_ALL || chosen == ASK_END_SURE || chosen == ASK_HAND)
        out.id = 0;
    if (chosen == ASK_RECORD_SURE)
        out.id = 1;
    if (chosen == ASK_SHARE_SURE)
        out.id = 1 + (uint32_t)ask->share;
    out.compared = chosen == ASK_SAME;
    out.pin = chosen == ASK_PIN;
    out.hide = chosen == ASK_HIDE;
    out.send = chosen == ASK_SEND;
    out.wanted = !out.pin && !out.hide && !out.send;
    out.self = ask->kind == ASK_SELF;
    out.join_id = ask->join_id;
    return out;
}

static struct ask_order answer(struct ask *ask, const struct call *call, enum ask_answer chosen)
{
    const struct call_member *other = only_other(call);
    uint32_t id = ask->kind == ASK_SAFETY ? (other ? other->id : 0) : ask->id;
    bool ended = ask->kind == ASK_ENDED;
    struct ask_order out = {.wanted = false};
    if (goes_on(ask, call, chosen, &out))
        return out;
    put_away(ask, call, chosen != ASK_SAME);
    if (chosen == ASK_CLOSE) // a comparison that failed is told to the session as over
        return ended ? order(UI_COMPARE_STOP, id) : out;
    if (chosen == ASK_DIFFERENT)
        ask->open = ASK_LISTENING;
    return order_of(ask, chosen, id);
}

struct ask_order ask_press(struct ask *ask, const struct call *call)
{
    enum ask_answer out[ASK_BUTTONS_MAX];
    size_t count = ask_buttons(ask, call, out);
    if (count == 0)
        return (struct ask_order){.wanted = false};
    return answer(ask, call, out[MIN(ask->focus, count - 1)]);
}

struct ask_order ask_back(struct ask *ask, const struct call *call)
{
    // Everybody who waits now is put aside together: he is still in the list of people.
    for (size_t i = 0; ask->kind == ASK_KNOCK && i < call->knock_count; i++)
        put_knock_away(ask, call->knocks[i].id);
    return answer(ask, call, ask->kind == ASK_WAITING || ask->kind == ASK_NUMBER ? ASK_STOP : ASK_CLOSE);
}
