#include "sound_rules.h"

#include "shared/base.h"

#include <string.h>

enum { SECOND = 1000000 };

static bool is_told_of(const struct call *c)
{
    return !c->private_call && call_people(c) < SOUND_RULES_CROWD; // a call of two begins and ends with its own sounds
}

static bool waits_already(const struct call *c, uint32_t knock)
{
    for (size_t i = 0; i < c->knock_count; i++)
        if (c->knocks[i].id == knock)
            return true;
    return false;
}

enum sound sound_rules_notice(const struct call *call, const struct notice *n, bool typing)
{
    const struct call_member *m = NULL;
    for (size_t i = 0; i < call->member_count; i++)
        if (call->members[i].id == n->member)
            m = &call->members[i];
    switch (n->type) {
    case NOTICE_TRUST: // who has joined is announced once its keys have proved it, and it has said what it is
        return m && m->told && !m->known && call_trust_good(n->trust) && call_greets(m, m->kind) && is_told_of(call)
                   ? SOUND_JOINED
                   : SOUND_NONE;
    case NOTICE_STATE:
        return m && !m->told && m->known && call_greets(m, n->kind) && is_told_of(call) ? SOUND_JOINED : SOUND_NONE;
    case NOTICE_LEFT:
        return m && m->known && m->kind == CALL_KIND_PERSON && !n->silent && is_told_of(call) ? SOUND_LEFT : SOUND_NONE;
    case NOTICE_KNOCK:
        return waits_already(call, n->knock) ? SOUND_NONE : SOUND_KNOCK; // told to hosts only
    case NOTICE_CHAT:
        return n->older || typing ? SOUND_NONE : SOUND_MESSAGE;
    case NOTICE_NOT_DONE:
        return SOUND_NOT_POSSIBLE;
    default:
        return SOUND_NONE;
    }
}

static bool is_own(enum sound sound)
{
    return sound >= SOUND_MICROPHONE_ON && sound <= SOUND_STEP_3;
}

bool sound_rules_may(struct sound_rules *r, enum sound sound, uint64_t now_us)
{
    uint64_t *free_us = &r->free_us[sound];
    if (is_own(sound))
        return true;
    uint64_t from_us = MAX(*free_us, now_us);
    if (from_us - now_us > (SOUND_RULES_BURST - 1) * (uint64_t)SOUND_RULES_REFILL_US)
        return false;
    *free_us = from_us + SOUND_RULES_REFILL_US;
    return true;
}

static bool is_in(enum call_phase phase)
{
    return phase == CALL_IN_ROOM || phase == CALL_RECONNECTING;
}

static enum sound of_phase(const struct sound_rules *r, const struct call *c)
{
    if (is_in(r->phase) && is_in(c->phase))
        return c->phase == CALL_RECONNECTING ? SOUND_LOST : SOUND_BACK;
    if (is_in(c->phase))
        return c->private_call ? SOUND_ANSWERED : SOUND_NONE;
    if (is_in(r->phase)) // who leaves a room knows it; a call is over, and a room may be, by somebody else's hand
        return r->private_call || c->phase == CALL_FAILED ? SOUND_ENDED : SOUND_NONE;
    bool was_called = r->phase == CALL_CALLING || (r->phase == CALL_JOINING && r->private_call); // by us, or answered
    return was_called && (c->phase == CALL_HOME || c->phase == CALL_FAILED) ? SOUND_ENDED : SOUND_NONE;
}

static void play(struct sound_rules_now *now, enum sound sound)
{
    if (sound != SOUND_NONE)
        now->sounds[now->count++] = sound;
}

// It rings until the last three seconds, which have a step each.
static void count_down(struct sound_rules *r, uint64_t answers_at_us, uint64_t now_us, struct sound_rules_now *now)
{
    uint64_t rest = answers_at_us > now_us ? answers_at_us - now_us : 0;
    if (rest > SOUND_RULES_STEPS_US) {
        now->loop = SOUND_RING;
        now->look_us = answers_at_us - SOUND_RULES_STEPS_US;
        return;
    }
    unsigned left = (unsigned)((rest + SECOND - 1) / SECOND);
    if (left && left != r->left)
        play(now, left == 3 ? SOUND_STEP_1 : left == 2 ? SOUND_STEP_2 : SOUND_STEP_3);
    if (left)
        now->look_us = answers_at_us - (uint64_t)(left - 1) * SECOND;
    r->left = left;
}

static bool knows_done(const struct sound_rules *r, uint32_t id)
{
    for (size_t i = 0; i < r->done_count; i++)
        if (r->done[i] == id)
            return true;
    return false;
}

// Files that were offered, and those that have arrived.
static void look_at_files(struct sound_rules *r, const struct call *c, bool typing, struct sound_rules_now *now)
{
    uint32_t offered = r->offered, done[CALL_FILES_MAX];
    size_t count = 0, fresh = 0;
    for (size_t i = 0; i < c->file_count; i++) {
        const struct call_file *f = &c->files[i];
        if (f->state == CALL_FILE_ASKED)
            offered = MAX(offered, f->id);
        if (f->state != CALL_FILE_DONE)
            continue;
        fresh += !knows_done(r, f->id);
        done[count++] = f->id;
    }
    if (offered > r->offered && !typing)
        play(now, SOUND_MESSAGE);
    if (fresh)
        play(now, SOUND_FILE_DONE);
    r->offered = offered;
    memcpy(r->done, done, count * sizeof *done);
    r->done_count = count;
}

void sound_rules_look(struct sound_rules *r, const struct call *c, bool typing, uint64_t now_us,
                      struct sound_rules_now *now)
{
    *now = (struct sound_rules_now){.loop = SOUND_NONE, .look_us = UINT64_MAX};
    if (c->phase == CALL_CALLING && c->ring.id) // not before it rings there
        now->loop = SOUND_CALLING;
    if (c->phase != CALL_RINGING || !c->ring.answers_at_us)
        r->left = 0;
    if (c->phase == CALL_RINGING && c->ring.answers_at_us)
        count_down(r, c->ring.answers_at_us, now_us, now);
    else if (c->phase == CALL_RINGING)
        now->loop = SOUND_RING;
    look_at_files(r, c, typing, now);
    if (r->begun && c->phase != r->phase) {
        play(now, of_phase(r, c)); // what it does to microphone and camera makes no sound of its own
    } else if (r->begun) {
        if (c->microphone_on != r->microphone_on)
            play(now, c->microphone_on ? SOUND_MICROPHONE_ON : SOUND_MICROPHONE_OFF);
        if (c->camera_on != r->camera_on)
            play(now, c->camera_on ? SOUND_CAMERA_ON : SOUND_CAMERA_OFF);
    }
    r->begun = true;
    r->phase = c->phase;
    r->private_call = c->private_call;
    r->microphone_on = c->microphone_on;
    r->camera_on = c->camera_on;
}
