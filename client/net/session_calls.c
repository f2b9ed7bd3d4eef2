// Calling somebody, and being called. A call becomes a room of two without a number: the caller sends its invite key
// past the relay (shared/call_offer.h), the answer to it is to come in, and when one of the two is gone it is over.
//
// What the relay says is believed as little as elsewhere: it rings only for an offer that this very caller has sealed
// to our registration, and once; in the room only he is given keys; and nothing rings longer than RING_US, whatever the
// relay does not say. What cannot ring - we are busy, or he is a stranger - is refused at once, and told as missed.
#include "session_parts.h"

#include "shared/call_offer.h"
#include "shared/log.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    SECOND = 1000000,
    RING_US = 35 * SECOND,  // the relay ends it after 30
    ENTER_US = 10 * SECOND, // from the answer to the room
    MEET_US = 90 * SECOND,  // from the room to the other one's proof
    TAKEN_BACK_US = 5 * SECOND
};

static bool is_ours(const struct session *s)
{
    enum session_call_phase p = s->call.phase;
    return p == SESSION_CALL_WAITING || p == SESSION_CALL_ASKED || p == SESSION_CALL_RINGS;
}

// `with`: NULL = unknown.
static void tell_ended(struct session *s, uint32_t ring, const uint8_t with[32], enum call_end end)
{
    struct notice *n = notice_new(NOTICE_CALL_ENDED);
    n->ring = ring;
    n->end = end;
    if (with)
        memcpy(n->identity, with, sizeof n->identity);
    s->io.notice(s->io.ctx, n);
}

static void tell_missed(struct session *s, const char *name, const uint8_t identity[32])
{
    struct notice *n = notice_new(NOTICE_MISSED);
    snprintf(n->name, sizeof n->name, "%s", name);
    memcpy(n->identity, identity, sizeof n->identity);
    s->io.notice(s->io.ctx, n);
}

static void send_hangup(struct session *s, uint32_t ring, enum control_call_end why)
{
    struct control c = {.type = CONTROL_HANGUP, .call = {.id = ring, .end = why}};
    if (s->link_up)
        s->io.control(s->io.ctx, control_write(&c));
}

// It is over before it has begun; main is told by whom it concerns.
static void clear(struct session *s, uint64_t now_us)
{
    if (s->want == SESSION_CALL)
        session_room_leave(s, now_us);
    memset(&s->call, 0, sizeof s->call); // rung: we have asked for nothing
    sodium_memzero(s->people.secret->offered, sizeof s->people.secret->offered);
}

// It rings no more, and our person did not end it.
static void end(struct session *s, enum call_end why, uint64_t now_us)
{
    struct session_call c = s->call;
    clear(s, now_us);
    tell_ended(s, c.told, c.identity, why);
    if (c.phase == SESSION_CALL_RINGING)
        tell_missed(s, c.name, c.identity);
}

void session_calls_drop(struct session *s, enum control_call_end why, uint64_t now_us)
{
    struct session_call was = s->call;
    if (was.phase == SESSION_CALL_RINGING) {
        send_hangup(s, was.ring, why);
    } else if (was.phase == SESSION_CALL_RINGS) {
        send_hangup(s, was.ring, CONTROL_CALL_CANCELLED);
    } else if (was.phase == SESSION_CALL_ASKED) { // its number is still to come
        s->taken_back = s->call_request;
        s->taken_back_us = now_us;
    }
    clear(s, now_us);
    if (was.phase == SESSION_CALL_RINGING && why == CONTROL_CALL_BUSY) { // nobody has refused it, nor heard it yet
        tell_ended(s, was.told, was.identity, CALL_END_CANCELLED);
        tell_missed(s, was.name, was.identity);
    }
}

// ---- calling ----

static bool ask(struct session *s, const struct people_entry *to)
{
    uint8_t sealed[CALL_OFFER_SIZE];
    char text[2 * CALL_OFFER_SIZE];
    struct call_offer offer = {.picture = s->call.picture};
    struct control c = {.type = CONTROL_CALL, .request = s->request + 1};
    room_keys_begin(&s->keys);
    s->secret->has_invite_key = true;
    randombytes_buf(s->secret->invite_key, sizeof s->secret->invite_key);
    room_keys_set_invite(&s->keys, s->secret->invite_key);
    memcpy(offer.invite_key, s->secret->invite_key, sizeof offer.invite_key);
    memcpy(offer.from, s->config.identity, sizeof offer.from);
    memcpy(offer.to, to->identity, sizeof offer.to);
    bool ok = call_offer_seal(sealed, &offer, to->key, room_keys_join_secret(&s->keys));
    sodium_memzero(&offer, sizeof offer);
    if (!ok)
        return false;
    memcpy(c.call.to, to->identity, sizeof c.call.to);
    memcpy(c.call.key, s->keys.join_public, sizeof c.call.key);
    session_room_sign_join(s, c.call.signature);
    c.call.data = keys_base64(text, sizeof text, sealed, sizeof sealed);
    s->request = s->call_request = c.request;
    s->asked = true;
    s->call.phase = SESSION_CALL_ASKED;
    s->io.control(s->io.ctx, control_write(&c));
    return true;
}

void session_calls_ask(struct session *s, uint64_t now_us)
{
    if (s->call.phase == SESSION_CALL_TALKING) { // our place is lost, and no number leads back
        session_calls_over(s, now_us);
        return;
    }
    const struct people_entry *to = people_list_find(&s->people.list, s->call.identity);
    if (s->call.phase == SESSION_CALL_WAITING && !(to && ask(s, to)))
        end(s, CALL_END_GONE, now_us);
}

static void answer(struct session *s, uint64_t now_us)
{
    struct control c = {.type = CONTROL_ANSWER, .request = s->request + 1};
    uint8_t *offered = s->people.secret->offered;
    room_keys_begin(&s->keys);
    s->secret->has_invite_key = true;
    memcpy(s->secret->invite_key, offered, sizeof s->secret->invite_key);
    sodium_memzero(offered, sizeof s->people.secret->offered);
    room_keys_set_invite(&s->keys, s->secret->invite_key);
    c.call.id = s->call.ring;
    memcpy(c.call.key, s->keys.join_public, sizeof c.call.key);
    session_room_sign_join(s, c.call.signature);
    s->request = s->call_request = c.request;
    s->want = SESSION_CALL;
    s->asked = true;
    s->call.phase = SESSION_CALL_ANSWERED;
    s->call.until_us = now_us + ENTER_US;
    s->io.control(s->io.ctx, control_write(&c));
}

static void start(struct session *s, const struct command *c, uint64_t now_us)
{
    if (s->call.phase == SESSION_CALL_RINGING && memcmp(s->call.identity, c->identity, 32) == 0) {
        s->call.ours = true; // both want to talk, and main may not have heard it ring
        answer(s, now_us);
        return;
    }
    session_calls_drop(s, CONTROL_CALL_BUSY, now_us);
    if (s->in_room || s->want != SESSION_NOTHING)
        session_room_leave(s, now_us);
    const struct people_entry *to = people_list_find(&s->people.list, c->identity);
    if (!to || !to->shown || to->trust == CALL_TRUST_STRANGER || !s->link_up || !s->welcomed) {
        tell_ended(s, 0, c->identity, CALL_END_GONE);
        return;
    }
    s->call = (struct session_call){
        .phase = SESSION_CALL_WAITING, .ours = true, .picture = c->flag, .until_us = now_us + RING_US};
    memcpy(s->call.name, to->name, sizeof s->call.name);
    memcpy(s->call.identity, to->identity, sizeof s->call.identity);
    s->want = SESSION_CALL;
    s->retry_us = now_us;
}

// Of our own call main may know no number, or still that of one before; a busy box names another's.
static bool is_meant(const struct session *s, const struct command *c)
{
    bool ours = s->call.ours && c->type == COMMAND_HANGUP && c->end != CALL_END_BUSY;
    return s->call.phase != SESSION_CALL_NONE && (c->ring == s->call.told || ours);
}

static void hang_up(struct session *s, const struct command *c, uint64_t now_us)
{
    struct session_call was = s->call;
    if (!is_meant(s, c))
        return; // it is over already
    session_calls_drop(s, c->end == CALL_END_BUSY ? CONTROL_CALL_BUSY : CONTROL_CALL_NOT_NOW, now_us);
    // NOTICE_RINGING or NOTICE_ROOM has crossed the order: main must neither ring nor stay where nobody is.
    bool unheard = was.has_key && was.told == was.ring && c->ring != was.told;
    if (was.phase == SESSION_CALL_TALKING || unheard)
        tell_ended(s, was.told, was.identity, CALL_END_CANCELLED);
}

void session_calls_command(struct session *s, const struct command *c, uint64_t now_us)
{
    if (c->type == COMMAND_CALL)
        start(s, c, now_us);
    else if (c->type == COMMAND_HANGUP)
        hang_up(s, c, now_us);
    else if (!is_meant(s, c))
        tell_ended(s, c->ring, NULL, CALL_END_GONE); // it was over before the person had answered
    else if (s->call.phase == SESSION_CALL_RINGING)
        answer(s, now_us);
}

// ---- what the relay says of ours ----

static void on_calling(struct session *s, const struct control *c)
{
    if (s->call.phase == SESSION_CALL_ASKED && c->request == s->call_request) {
        s->call.phase = SESSION_CALL_RINGS;
        s->call.ring = s->call.told = c->call.id;
        struct notice *n = notice_new(NOTICE_CALLING);
        n->ring = c->call.id;
        memcpy(n->identity, s->call.identity, sizeof n->identity);
        s->io.notice(s->io.ctx, n);
        return;
    }
    if (c->request && c->request == s->taken_back)
        s->taken_back = 0;
    send_hangup(s, c->call.id, CONTROL_CALL_CANCELLED); // not ours any more
}

bool session_calls_failed(struct session *s, const struct control *c, uint64_t now_us)
{
    if (!c->request || (c->request != s->call_request && c->request != s->taken_back))
        return false;
    if (c->request == s->taken_back)
        s->taken_back = 0;
    if (c->request != s->call_request)
        return true;
    if (s->call.phase == SESSION_CALL_ASKED)
        end(s, c->error.code == CONTROL_ERROR_IN_A_CALL ? CALL_END_BUSY : CALL_END_GONE, now_us);
    else if (s->call.phase == SESSION_CALL_ANSWERED)
        end(s, CALL_END_GONE, now_us);
    return true;
}

static void on_ended(struct session *s, const struct control *c, uint64_t now_us)
{
    static const enum call_end ends[] = {
        [CONTROL_CALL_CANCELLED] = CALL_END_CANCELLED, [CONTROL_CALL_NOT_NOW] = CALL_END_NOT_NOW,
        [CONTROL_CALL_BUSY] = CALL_END_BUSY,           [CONTROL_CALL_NO_ANSWER] = CALL_END_NO_ANSWER,
        [CONTROL_CALL_GONE] = CALL_END_GONE,
    };
    enum session_call_phase p = s->call.phase;
    if (c->call.id == s->call.ring &&
        (p == SESSION_CALL_RINGS || p == SESSION_CALL_RINGING || p == SESSION_CALL_ANSWERED))
        end(s, ends[c->call.end], now_us);
}

// ---- being called ----

// Opened and for the first time; else the relay has made it up, or says again what it has kept.
static bool genuine(struct session *s, const struct control *c, struct call_offer *offer, uint64_t now_us)
{
    uint8_t sealed[CALL_OFFER_SIZE];
    size_t n = 0;
    return memcmp(c->call.identity, s->config.identity, 32) != 0 &&
           statement_signed(c->call.signature, c->call.name, c->call.identity, c->call.key) && s->people.asked &&
           c->call.data && keys_unbase64(sealed, sizeof sealed, &n, c->call.data) &&
           call_offer_open(offer, sealed, n, c->call.identity, s->config.identity, c->call.key,
                           s->people.secret->registration) &&
           session_people_fresh(s, c->call.key, now_us);
}

static void keep_caller(struct session *s, const struct control *c, const struct call_offer *offer, uint64_t now_us)
{
    s->call = (struct session_call){.phase = SESSION_CALL_RINGING,
                                    .ring = c->call.id,
                                    .told = c->call.id,
                                    .picture = offer->picture,
                                    .has_key = true,
                                    .until_us = now_us + RING_US};
    memcpy(s->call.name, c->call.name, sizeof s->call.name);
    memcpy(s->call.identity, c->call.identity, sizeof s->call.identity);
    memcpy(s->call.key, c->call.key, sizeof s->call.key);
    memcpy(s->people.secret->offered, offer->invite_key, sizeof offer->invite_key);
}

static void ring(struct session *s, enum call_trust trust)
{
    struct notice *n = notice_new(NOTICE_RINGING);
    n->ring = s->call.told;
    n->flag = s->call.picture;
    n->trust = trust;
    memcpy(n->name, s->call.name, sizeof n->name);
    memcpy(n->identity, s->call.identity, sizeof n->identity);
    s->io.notice(s->io.ctx, n);
}

static void take_ringing(struct session *s, const struct control *c, const struct call_offer *offer, uint64_t now_us)
{
    enum call_trust t = s->io.judge ? s->io.judge(s->io.ctx, c->call.name, c->call.identity) : CALL_TRUST_NEW;
    bool glare = is_ours(s) && memcmp(c->call.identity, s->call.identity, 32) == 0;
    bool busy = s->in_room || s->want != SESSION_NOTHING || s->call.phase != SESSION_CALL_NONE;
    uint32_t told = s->call.told;
    if (t == CALL_TRUST_STRANGER || (busy && !glare)) {
        send_hangup(s, c->call.id, CONTROL_CALL_BUSY);
        tell_missed(s, c->call.name, c->call.identity);
        return;
    }
    keep_caller(s, c, offer, now_us);
    if (!glare) {
        ring(s, t);
        return;
    }
    // Each has called the other: ours, which the relay refuses, becomes his, and nobody has to say that he wants to
    // talk.
    s->call.ours = true;
    s->call.told = told;
    answer(s, now_us);
}

static void on_ringing(struct session *s, const struct control *c, uint64_t now_us)
{
    struct call_offer offer = {.picture = false};
    if (s->call.phase == SESSION_CALL_RINGING && c->call.id == s->call.ring)
        return; // said twice
    if (genuine(s, c, &offer, now_us)) {
        take_ringing(s, c, &offer, now_us);
    } else {
        log_warn("session", "a call that is not for this registration, or was said before: it does not ring");
        send_hangup(s, c->call.id, CONTROL_CALL_BUSY);
    }
    sodium_memzero(&offer, sizeof offer);
}

static void on_missed(struct session *s, const struct control *c, uint64_t now_us)
{
    if (memcmp(c->call.identity, s->config.identity, 32) != 0 && s->people.asked &&
        statement_signed(c->call.signature, c->call.name, c->call.identity, c->call.key) &&
        session_people_fresh(s, c->call.key, now_us))
        tell_missed(s, c->call.name, c->call.identity);
}

void session_calls_control(struct session *s, const struct control *c, uint64_t now_us)
{
    if (c->type == CONTROL_CALLING)
        on_calling(s, c);
    else if (c->type == CONTROL_RINGING)
        on_ringing(s, c, now_us);
    else if (c->type == CONTROL_CALL_ENDED)
        on_ended(s, c, now_us);
    else
        on_missed(s, c, now_us);
}

// ---- in the room of two ----

void session_calls_forget(struct session *s)
{
    if (s->want == SESSION_CALL)
        memset(&s->call, 0, sizeof s->call);
}

void session_calls_entered(struct session *s, uint64_t now_us)
{
    s->call.phase = SESSION_CALL_TALKING;
    s->call.until_us = now_us + MEET_US;
}

bool session_calls_with(const struct session *s, const struct session_member *m)
{
    const struct session_call *c = &s->call;
    return c->phase != SESSION_CALL_TALKING || (memcmp(m->identity, c->identity, 32) == 0 &&
                                                (!c->has_key || !m->has_key || memcmp(m->key, c->key, 32) == 0));
}

void session_calls_over(struct session *s, uint64_t now_us)
{
    struct session_call was = s->call;
    clear(s, now_us);
    tell_ended(s, 0, was.identity, CALL_END_GONE);
}

void session_calls_down(struct session *s, uint64_t now_us)
{
    s->taken_back = 0;                                        // with its connection
    if (s->call.phase == SESSION_CALL_TALKING && !s->in_room) // the place was lost before
        session_calls_over(s, now_us);
    else if (s->call.phase != SESSION_CALL_NONE && s->call.phase != SESSION_CALL_TALKING)
        end(s, CALL_END_GONE, now_us);
}

// He may be gone again before the next turn.
void session_calls_came(struct session *s, const struct session_member *m)
{
    s->call.listed = s->call.listed || (session_calls_talking(s) && session_calls_with(s, m));
}

// He has left; or he never came, as far as he has proved.
static bool is_over(struct session *s, uint64_t now_us)
{
    struct session_call *c = &s->call;
    bool here = false;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        if (!m->used || !session_calls_with(s, m))
            continue;
        here = true;
        c->proved = c->proved || (m->introduced && room_keys_confirmed(&s->keys, m->id));
        if (m->trust == CALL_TRUST_CHANGED) // our person may still say that it is he
            c->until_us = now_us + MEET_US;
    }
    return (c->listed && !here) || (!c->proved && now_us >= c->until_us);
}

static uint64_t tick_talking(struct session *s, uint64_t now_us)
{
    if (!is_over(s, now_us))
        return s->call.proved ? UINT64_MAX : s->call.until_us;
    session_calls_over(s, now_us);
    return UINT64_MAX;
}

bool session_calls_may_ask(struct session *s, uint64_t now_us)
{
    if (s->taken_back && now_us - s->taken_back_us >= TAKEN_BACK_US)
        s->taken_back = 0;
    return !s->taken_back;
}

uint64_t session_calls_tick(struct session *s, uint64_t now_us)
{
    enum session_call_phase p = s->call.phase;
    if (p == SESSION_CALL_NONE)
        return UINT64_MAX;
    if (p == SESSION_CALL_TALKING)
        return tick_talking(s, now_us);
    if (now_us < s->call.until_us)
        return s->call.until_us;
    if (p == SESSION_CALL_RINGING)
        send_hangup(s, s->call.ring, CONTROL_CALL_BUSY);
    else if (p == SESSION_CALL_RINGS)
        send_hangup(s, s->call.ring, CONTROL_CALL_CANCELLED);
    end(s, p == SESSION_CALL_ANSWERED ? CALL_END_GONE : CALL_END_NO_ANSWER, now_us);
    return UINT64_MAX;
}
