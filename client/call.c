#include "call.h"

#include "secrets.h"

#include "shared/base.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUTED_US = 3000000 }; // so long after somebody has said that he is muted there may be sound of before

static const float HEARD_LEVEL = 0.001f; // over it something can be heard at all

bool call_trust_good(enum call_trust trust)
{
    return trust == CALL_TRUST_NEW || trust == CALL_TRUST_VERIFIED;
}

const char *call_trust_name(enum call_trust trust)
{
    static const char *const names[] = {"waiting", "new", "verified", "ghost", "changed", "stranger", "not-admitted"};
    return names[trust];
}

const char *call_kind_name(enum call_kind kind)
{
    static const char *const names[] = {"person", "camera", "library", "film", "recorder"};
    return names[kind];
}

const char *call_file_state_name(enum call_file_state state)
{
    static const char *const names[] = {"preparing", "offered", "asked",     "running", "waiting",
                                        "done",      "refused", "cancelled", "failed"};
    return names[state];
}

bool call_file_over(enum call_file_state state)
{
    return state >= CALL_FILE_DONE;
}

struct call_file *call_file_by_id(struct call *call, uint32_t id)
{
    for (size_t i = 0; i < call->file_count; i++)
        if (call->files[i].id == id)
            return &call->files[i];
    return NULL;
}

struct call_file *call_file_add(struct call *call)
{
    static uint32_t last_id;
    size_t oldest = 0;
    while (oldest < call->file_count && !call_file_over(call->files[oldest].state))
        oldest++;
    if (call->file_count == CALL_FILES_MAX) {
        if (oldest == call->file_count)
            return NULL;
        call->file_count--;
        memmove(&call->files[oldest], &call->files[oldest + 1], (call->file_count - oldest) * sizeof call->files[0]);
    }
    struct call_file *f = &call->files[call->file_count++];
    *f = (struct call_file){.id = ++last_id};
    return f;
}

bool call_hear(struct call_member *member, float level, uint64_t now_us)
{
    bool muted = member->muted && now_us <= member->muted_us + MUTED_US;
    bool speaking = level > CALL_SPEAKING_LEVEL && !muted, heard = !member->self && level > HEARD_LEVEL;
    bool changed = speaking != member->speaking || (heard && !member->heard_us);
    member->level = level;
    member->speaking = speaking;
    member->heard_us = heard ? now_us : member->heard_us;
    return changed;
}

size_t call_people(const struct call *call)
{
    size_t people = 0;
    for (size_t i = 0; i < call->member_count; i++)
        people += call->members[i].kind == CALL_KIND_PERSON;
    return people;
}

bool call_greets(const struct call_member *member, enum call_kind kind)
{
    return member->greet && kind == CALL_KIND_PERSON;
}

void call_learn_kind(struct call_member *member, enum call_kind kind)
{
    if (!member->told)
        member->kind = kind;
}

bool call_says_joined(const struct call_member *member)
{
    return member->greet && member->kind != CALL_KIND_CAMERA && member->kind != CALL_KIND_RECORDER;
}

struct call_member *call_member_by_id(struct call *call, uint16_t id)
{
    for (size_t i = 0; i < call->member_count; i++)
        if (call->members[i].id == id)
            return &call->members[i];
    return NULL;
}

struct call_member *call_self(struct call *call)
{
    for (size_t i = call->member_count; i > 0; i--)
        if (call->members[i - 1].self)
            return &call->members[i - 1];
    return NULL;
}

// A place in the log for a new line; the oldest goes first.
static struct call_chat_line *chat_place(struct call *call, size_t at)
{
    // Numbers go on over every call of the process, so a line seen once is never taken for another.
    static uint32_t last_number;
    if (call->chat_count == CALL_CHAT_MAX) {
        secrets_free(call->chat[0].text);
        memmove(&call->chat[0], &call->chat[1], (CALL_CHAT_MAX - 1) * sizeof call->chat[0]);
        call->chat_count--;
        call->chat_mark -= call->chat_mark > 0;
        at--;
    }
    memmove(&call->chat[at + 1], &call->chat[at], (call->chat_count - at) * sizeof call->chat[0]);
    call->chat_count++;
    call->chat_changes++;
    call->chat[at] = (struct call_chat_line){.number = ++last_number};
    return &call->chat[at];
}

static struct call_chat_line *chat_fill(struct call_chat_line *line, const char *name, const char *text, int64_t at_ms,
                                        bool mine)
{
    line->at_ms = at_ms;
    line->mine = mine;
    snprintf(line->name, sizeof line->name, "%s", name);
    line->text = base_strdup(text);
    return line;
}

struct call_chat_line *call_chat_add(struct call *call, uint16_t from, const char *name, const char *text,
                                     int64_t at_ms, bool mine)
{
    struct call_chat_line *line = chat_place(call, call->chat_count);
    line->from = from;
    if (!mine)
        call->chat_unread++;
    return chat_fill(line, name, text, at_ms, mine);
}

struct call_chat_line *call_chat_insert(struct call *call, uint64_t id, const uint8_t identity[32], const char *name,
                                        const char *text, int64_t at_ms, bool mine)
{
    for (size_t i = 0; i < call->chat_count; i++)
        if (call->chat[i].id == id && memcmp(call->chat[i].identity, identity, 32) == 0)
            return NULL;
    if (call->chat_count == CALL_CHAT_MAX && call->chat_mark == 0)
        return NULL;
    struct call_chat_line *line = chat_place(call, call->chat_mark);
    call->chat_mark++;
    line->id = id;
    memcpy(line->identity, identity, 32);
    return chat_fill(line, name, text, at_ms, mine);
}

struct call_chat_line *call_chat_mine(struct call *call, uint32_t number)
{
    for (size_t i = call->chat_count; i > 0; i--)
        if (call->chat[i - 1].mine && call->chat[i - 1].number == number)
            return &call->chat[i - 1];
    return NULL;
}

void call_remove_knock(struct call *call, uint32_t id)
{
    for (size_t i = 0; i < call->knock_count; i++)
        if (call->knocks[i].id == id) {
            memmove(&call->knocks[i], &call->knocks[i + 1], (call->knock_count - i - 1) * sizeof call->knocks[0]);
            call->knock_count--;
            return;
        }
}

struct call_knock *call_add_knock(struct call *call, uint32_t id, const char *name)
{
    call_remove_knock(call, id); // told again after a reconnect
    if (call->knock_count == CALL_KNOCKS_MAX)
        return NULL; // the relay lets no more wait
    struct call_knock *k = &call->knocks[call->knock_count++];
    *k = (struct call_knock){.id = id, .trust = CALL_TRUST_NEW};
    snprintf(k->name, sizeof k->name, "%s", name);
    return k;
}

struct call_person *call_person_by_identity(struct call *call, const uint8_t identity[32])
{
    for (size_t i = 0; i < call->people_count; i++)
        if (memcmp(call->people[i].identity, identity, 32) == 0)
            return &call->people[i];
    return NULL;
}

static size_t missed_times(const struct call *call, size_t at)
{
    size_t times = 0;
    for (size_t i = 0; i < call->missed_count; i++)
        times += memcmp(call->missed[i].identity, call->missed[at].identity, 32) == 0;
    return times;
}

void call_add_missed(struct call *call, const char *name, const uint8_t identity[32], int64_t at_ms)
{
    size_t least = call->missed_count;
    for (size_t i = call->missed_count; call->missed_count == CALL_MISSED_MAX && i-- > 0;)
        if (least == call->missed_count || missed_times(call, i) > missed_times(call, least))
            least = i;
    call->missed_count = MIN(call->missed_count + 1, (size_t)CALL_MISSED_MAX);
    memmove(&call->missed[1], &call->missed[0], least * sizeof call->missed[0]);
    call->missed[0] = (struct call_missed){.at_ms = at_ms};
    snprintf(call->missed[0].name, sizeof call->missed[0].name, "%s", name);
    memcpy(call->missed[0].identity, identity, 32);
}

bool call_set_hand(struct call *call, struct call_member *member, bool up)
{
    bool raised = up && !member->hand;
    member->hand = up;
    if (raised)
        member->hand_turn = ++call->hand_turns;
    return raised;
}

void call_clear_room(struct call *call)
{
    call->state_told = false;
    call->hand_turns = 0;
    call->private_call = false;
    call->knock_count = 0;
    call->waiting = call->lobby = call->locked = false;
    call->epoch = 0;
    memset(call->members, 0, sizeof call->members);
    call->member_count = 0;
    call->code[0] = '\0';
    sodium_memzero(call->invite, sizeof call->invite);
    call->safety_code[0] = '\0';
    call->compare = CALL_COMPARE_NONE;
    call->compare_number[0] = '\0';
}

void call_clear_chat(struct call *call)
{
    for (size_t i = 0; i < call->chat_count; i++)
        secrets_free(call->chat[i].text);
    sodium_memzero(call->chat, sizeof call->chat);
    call->chat_count = call->chat_mark = 0;
    call->chat_unread = 0;
    call->chat_changes++;
}

void call_destroy(struct call *call)
{
    call_clear_chat(call);
    sodium_memzero(call, sizeof *call);
}
