// Who can be called, calling, being called, and answering by itself.
#include "app_parts.h"

#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/log.h"
#include "ui/words.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_US = 60 * 1000000 }; // of ringing and connecting, together

bool app_calls_idle(const struct app *a)
{
    return a->call.phase == CALL_HOME || a->call.phase == CALL_FAILED;
}

// What has become of a call, at the bottom of the screen.
static void say(struct app *a, const char *icon, const char *format, const char *name)
{
    char text[CALL_SENTENCE_MAX];
    snprintf(text, sizeof text, format, name);
    if (a->ui)
        ui_toast(a->ui, icon, "call", text);
}

static void event(struct app *a, const char *name, const char *who, const uint8_t identity[32])
{
    char fingerprint[KEYS_FINGERPRINT_TEXT];
    keys_fingerprint_text(fingerprint, identity);
    if (a->ipc)
        ipc_event(a->ipc, json_pack("{s:s,s:s,s:s}", "event", name, "name", who, "fingerprint", fingerprint));
}

// ---- who is there ----

static void look_up(struct app *a, const uint8_t identity[32], bool *paired, bool *met)
{
    *paired = identities_paired(a->identities, identity);
    *met = identities_met_before(a->identities, identity);
}

static void on_person(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    struct call_person *p = call_person_by_identity(c, n->identity);
    if (p) {
        size_t at = (size_t)(p - c->people);
        memmove(p, p + 1, (c->people_count - at - 1) * sizeof *p);
        c->people_count--;
    }
    if (n->flag || c->people_count == CALL_PEOPLE_MAX)
        return;
    size_t at = 0;
    while (at < c->people_count && strcmp(c->people[at].name, n->name) <= 0)
        at++;
    p = &c->people[at];
    memmove(p + 1, p, (c->people_count - at) * sizeof *p);
    c->people_count++;
    *p = (struct call_person){.state = n->person, .answers = n->answers, .trust = n->trust};
    snprintf(p->name, sizeof p->name, "%s", n->name);
    memcpy(p->identity, n->identity, sizeof p->identity);
    look_up(a, p->identity, &p->paired, &p->met);
}

static void look_up_again(struct app *a)
{
    struct call *c = &a->call;
    for (size_t i = 0; i < c->people_count; i++)
        look_up(a, c->people[i].identity, &c->people[i].paired, &c->people[i].met);
    if (c->phase == CALL_CALLING || c->phase == CALL_RINGING)
        look_up(a, c->ring.identity, &c->ring.paired, &c->ring.met);
    ui_invalidate(a->ui);
}

static void on_registered(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    if (a->ipc && n->flag && !c->registered)
        ipc_event(a->ipc, json_pack("{s:s}", "event", "registered"));
    if (a->ipc && n->taken && !c->name_taken)
        ipc_event(a->ipc, json_pack("{s:s}", "event", "name-taken"));
    c->registered = n->flag;
    c->name_taken = n->taken;
}

static void on_missed(struct app *a, const struct notice *n)
{
    call_add_missed(&a->call, n->name, n->identity, clock_wall_ms());
    event(a, "missed", n->name, n->identity);
    if (!app_calls_idle(a)) // at home it stands in the list
        say(a, "phone", WORD_HAS_CALLED, n->name);
}

// ---- calling and ringing ----

void app_calls_over(struct app *a, enum privacy_event e)
{
    struct call *c = &a->call;
    app_media_privacy(a, e);
    app_media_leave(a);
    call_clear_room(c);
    c->ring = (struct call_ring){.id = 0};
    c->phase = CALL_HOME;
    c->sentence[0] = c->advice[0] = 0;
    a->unreached_us = 0;
}

static void hang_up(struct app *a, uint32_t ring, enum call_end end)
{
    struct command *c = command_new(COMMAND_HANGUP);
    c->ring = ring;
    c->end = end;
    app_send(a, c);
}

static bool connecting(const struct call *c) // answered, and not yet in
{
    return c->phase == CALL_JOINING && c->private_call;
}

bool app_calls_hang_up(struct app *a)
{
    struct call *c = &a->call;
    if (c->phase != CALL_CALLING && c->phase != CALL_RINGING && !connecting(c))
        return false;
    hang_up(a, c->ring.id, c->phase == CALL_RINGING ? CALL_END_NOT_NOW : CALL_END_CANCELLED);
    app_calls_over(a, PRIVACY_LEAVE);
    return true;
}

static void leave_target(struct app *a) // no room is ours to go on with
{
    a->creating = a->has_target = false;
    invite_wipe(&a->target);
    a->call.sentence[0] = a->call.advice[0] = 0;
}

const char *app_calls_call(struct app *a, const uint8_t identity[32])
{
    struct call *c = &a->call;
    const struct call_person *p = call_person_by_identity(c, identity);
    if (!app_calls_idle(a))
        return "in a call already";
    if (!p)
        return "nobody can be called by this";
    if (p->state == CALL_PERSON_BUSY) {
        say(a, "phone", WORD_END_BUSY, p->name);
        return "in another call";
    }
    struct command *call = command_new(COMMAND_CALL);
    memcpy(call->identity, identity, sizeof call->identity);
    call->flag = privacy_wants(&a->privacy, PRIVACY_CAMERA);
    if (!app_send(a, call))
        return "too many commands wait";
    leave_target(a);
    call_clear_room(c);
    c->phase = CALL_CALLING;
    c->ring = (struct call_ring){
        .trust = p->trust, .paired = p->paired, .met = p->met, .picture = true, .since_us = clock_now_us()};
    snprintf(c->ring.name, sizeof c->ring.name, "%s", p->name);
    memcpy(c->ring.identity, identity, sizeof c->ring.identity);
    app_media_privacy(a, PRIVACY_CALL);
    app_send_state(a);
    event(a, "calling", c->ring.name, identity);
    return NULL;
}

static void answer(struct app *a, uint32_t ring, enum privacy_event how)
{
    struct call *c = &a->call;
    if (c->phase != CALL_RINGING || c->ring.id != ring)
        return; // it has ended meanwhile
    struct command *command = command_new(COMMAND_ANSWER);
    command->ring = ring;
    if (!app_send(a, command))
        return; // it rings on
    leave_target(a);
    call_clear_room(c);
    c->private_call = true;
    c->phase = CALL_JOINING;
    a->joining_us = clock_now_us();
    app_media_privacy(a, how);
    app_send_state(a);
}

// ---- by itself ----

static struct auto_answer conditions(const struct app *a)
{
    return (struct auto_answer){.on = a->answers,
                                .quiet = app_quiet(a),
                                .delay_s = a->answer_delay_s,
                                .paired = a->call.ring.paired,
                                .trust = a->call.ring.trust};
}

static void on_ringing(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    if (c->phase == CALL_CALLING && memcmp(c->ring.identity, n->identity, sizeof n->identity) == 0) {
        c->ring.id = n->ring; // each calls the other: our order, which the session is about to read, answers his
        return;
    }
    if (!app_calls_idle(a)) {               // somebody has just gone elsewhere here
        hang_up(a, n->ring, CALL_END_BUSY); // the session says that it was missed
        return;
    }
    c->ring = (struct call_ring){.id = n->ring, .trust = n->trust, .picture = n->flag, .since_us = clock_now_us()};
    snprintf(c->ring.name, sizeof c->ring.name, "%s", n->name);
    memcpy(c->ring.identity, n->identity, sizeof c->ring.identity);
    look_up(a, c->ring.identity, &c->ring.paired, &c->ring.met);
    struct auto_answer now = conditions(a);
    c->ring.answers_at_us = auto_answer_begin(&now, c->ring.since_us);
    c->phase = CALL_RINGING;
    app_media_privacy(a, PRIVACY_RING);
    event(a, "ringing", n->name, n->identity);
}

static void answer_by_itself(struct app *a, uint64_t now_us)
{
    struct call_ring *r = &a->call.ring;
    struct auto_answer now = conditions(a);
    uint64_t before = r->answers_at_us;
    r->answers_at_us = auto_answer_still(&now, before);
    if (r->answers_at_us != before)
        ui_invalidate(a->ui);
    if (!r->answers_at_us || now_us < r->answers_at_us)
        return;
    char fingerprint[KEYS_FINGERPRINT_TEXT];
    keys_fingerprint_text(fingerprint, r->identity);
    log_info("app", "a call was answered by itself name=\"%s\" fingerprint=%s", r->name, fingerprint);
    event(a, "auto-answer", r->name, r->identity);
    answer(a, r->id, PRIVACY_ANSWER);
    ui_invalidate(a->ui);
}

// ---- how it ended ----

static void on_ended(struct app *a, const struct notice *n)
{
    static const char *const reasons[] = {"cancelled", "not-now", "busy", "no-answer", "gone"};
    struct call *c = &a->call;
    bool in = c->private_call && (c->phase == CALL_IN_ROOM || c->phase == CALL_RECONNECTING);
    bool rings = c->phase == CALL_CALLING || c->phase == CALL_RINGING || connecting(c);
    bool his = n->ring ? n->ring == c->ring.id : memcmp(n->identity, c->ring.identity, sizeof n->identity) == 0;
    if (!(in || rings) || !his)
        return; // of a call that is no more
    if (a->ipc)
        ipc_event(a->ipc,
                  json_pack("{s:s,s:s,s:s}", "event", "call-ended", "reason", reasons[n->end], "name", c->ring.name));
    if (in)
        say(a, "leave", WORD_HAS_LEFT, c->ring.name);
    else if (c->phase == CALL_RINGING || connecting(c))
        say(a, "phone", WORD_HAS_STOPPED_CALLING, c->ring.name);
    else if (n->end == CALL_END_NO_ANSWER)
        say(a, "phone", WORD_END_NO_ANSWER, c->ring.name);
    else if (n->end == CALL_END_BUSY)
        say(a, "phone", WORD_END_BUSY, c->ring.name);
    else if (n->end == CALL_END_NOT_NOW)
        say(a, "phone", WORD_END_NOT_NOW, c->ring.name);
    else
        say(a, "phone", WORD_END_GONE, c->ring.name);
    app_calls_over(a, PRIVACY_OVER);
}

bool app_calls_stale(struct app *a, const struct notice *n)
{
    const struct call *c = &a->call;
    if (!app_calls_idle(a) && c->phase != CALL_RINGING)
        return n->private_call != (c->private_call || c->phase == CALL_CALLING) ||
               (n->private_call && memcmp(n->identity, c->ring.identity, sizeof n->identity) != 0);
    if (n->private_call) // answered in the moment it was given up; a room has been left by an order of its own
        hang_up(a, 0, CALL_END_CANCELLED);
    return true;
}

// ---- what comes ----

void app_calls_notice(struct app *a, const struct notice *n)
{
    switch (n->type) {
    case NOTICE_REGISTERED:
        on_registered(a, n);
        break;
    case NOTICE_PEOPLE:
        a->call.people_count = 0;
        break;
    case NOTICE_PERSON:
        on_person(a, n);
        break;
    case NOTICE_RINGING:
        on_ringing(a, n);
        break;
    case NOTICE_CALLING:
        if (a->call.phase == CALL_CALLING && memcmp(a->call.ring.identity, n->identity, sizeof n->identity) == 0)
            a->call.ring.id = n->ring;
        break;
    case NOTICE_CALL_ENDED:
        on_ended(a, n);
        break;
    case NOTICE_MISSED:
        on_missed(a, n);
        break;
    default:
        break;
    }
}

static void call_by_text(struct app *a, const char *text)
{
    uint8_t identity[32];
    size_t n = 0;
    if (!text || !keys_unbase64(identity, sizeof identity, &n, text) || n != sizeof identity)
        return;
    const struct call *c = &a->call;
    for (size_t i = 0; i < c->missed_count && !call_person_by_identity(&a->call, identity); i++)
        if (memcmp(c->missed[i].identity, identity, sizeof identity) == 0) {
            say(a, "phone", WORD_END_GONE, c->missed[i].name);
            return;
        }
    app_calls_call(a, identity);
}

void app_calls_action(struct app *a, enum ui_action action, uint32_t id, const char *text)
{
    struct call *c = &a->call;
    switch (action) {
    case UI_CALL:
        call_by_text(a, text);
        break;
    case UI_ANSWER:
        answer(a, id, PRIVACY_ANSWER);
        break;
    case UI_ANSWER_SOUND:
        answer(a, id, PRIVACY_ANSWER_SOUND);
        break;
    case UI_REFUSE:
        if (c->phase == CALL_RINGING && c->ring.id == id)
            app_calls_hang_up(a);
        break;
    case UI_STOP_CALLING:
        if (c->phase == CALL_CALLING)
            app_calls_hang_up(a);
        break;
    case UI_STAY:
        if (c->phase == CALL_RINGING && c->ring.id == id)
            c->ring.answers_at_us = 0;
        break;
    case UI_MISSED_SEEN:
        for (size_t i = 0; i < c->missed_count; i++)
            c->missed[i].seen = true;
        break;
    case UI_AWAY:
        a->away = id != 0;
        break;
    default:
        break;
    }
}

// Others see whether somebody is in front of the screen, and whether it answers by itself.
static void tell_presence(struct app *a)
{
    bool answers = a->answers && !app_quiet(a);
    if (a->away == a->away_told && answers == a->answers_told)
        return;
    struct command *c = command_new(COMMAND_PRESENCE);
    c->flag = a->away_told = a->away;
    c->answers = a->answers_told = answers;
    app_send(a, c);
}

// The session ends what rings too long. Should main and session ever differ, no screen rings for ever.
static void end_what_hangs(struct app *a, uint64_t now_us)
{
    const struct call *c = &a->call;
    bool rings = c->phase == CALL_CALLING || c->phase == CALL_RINGING || connecting(c);
    if (!rings || now_us - c->ring.since_us < LONGEST_US)
        return;
    log_warn("app", "a call neither begins nor ends");
    app_calls_hang_up(a);
    ui_invalidate(a->ui);
}

uint64_t app_calls_tick(struct app *a, uint64_t now_us)
{
    tell_presence(a);
    end_what_hangs(a, now_us);
    if (atomic_exchange(&a->known_changed, false))
        look_up_again(a);
    if (a->call.phase != CALL_RINGING || !a->call.ring.answers_at_us)
        return UINT64_MAX;
    answer_by_itself(a, now_us);
    return a->call.phase == CALL_RINGING && a->call.ring.answers_at_us ? a->call.ring.answers_at_us : UINT64_MAX;
}
