// One session, and a relay that plays the other persons as well - or lies.
#ifndef PARLOUR_TESTS_CALLS_RIG_H
#define PARLOUR_TESTS_CALLS_RIG_H

#include "unit.h"

#include "client/net/session.h"
#include "shared/call_offer.h"
#include "shared/control.h"
#include "shared/statement.h"
#include "tests/session_nowhere.h"

#include <sodium.h>

enum { S = 1000000 };

struct person { // somebody the relay speaks for
    const char *name;
    uint8_t identity[32], identity_secret[64];
    uint8_t registered[32], registered_secret[32];
    uint8_t join[32], join_secret[32], signature[STATEMENT_SIZE];
};

struct rig {
    uint8_t identity_secret[64];
    struct session session;
    struct session_config config;
    struct person bob, eve;
    uint8_t key[32], offer[CALL_OFFER_SIZE]; // of the session's registration; of its last call
    uint64_t now;
    uint32_t request; // of its last call, answer, create or register
    uint32_t hung_up;
    enum control_call_end why;
    char out[512];    // types of what it says to the relay
    char notes[1024]; // what main is told
    enum call_trust trust;
};

static inline void note(struct rig *r, const char *format, ...)
{
    va_list args;
    size_t n = strlen(r->notes);
    va_start(args, format);
    vsnprintf(r->notes + n, sizeof r->notes - n, format, args);
    va_end(args);
}

static inline void on_control(void *ctx, char *text)
{
    struct rig *r = ctx;
    struct control c;
    assert_true(control_read(&c, text, strlen(text)));
    size_t n = strlen(r->out), size;
    snprintf(r->out + n, sizeof r->out - n, "%s ", control_type_name(c.type));
    if (c.type == CONTROL_REGISTER) {
        memcpy(r->key, c.registration.key, 32);
        assert_true(statement_signed(c.registration.signature, r->config.name, r->config.identity, r->key));
        assert_true(statement_proved(c.registration.proof, r->session.challenge, r->config.identity));
    }
    if (c.type == CONTROL_CALL)
        assert_true(keys_unbase64(r->offer, sizeof r->offer, &size, c.call.data));
    if (c.type == CONTROL_HANGUP) {
        r->hung_up = c.call.id;
        r->why = c.call.end;
    }
    if (c.request)
        r->request = c.request;
    control_free(&c);
    free(text);
}

static inline void on_notice(void *ctx, struct notice *n)
{
    static const char *const ends[] = {"cancelled", "not-now", "busy", "no-answer", "gone"};
    static const char *const states[] = {"free", "busy", "away"};
    struct rig *r = ctx;
    if (n->type == NOTICE_REGISTERED)
        note(r, n->taken ? "taken " : n->flag ? "registered " : "unregistered ");
    else if (n->type == NOTICE_PEOPLE)
        note(r, "people ");
    else if (n->type == NOTICE_PERSON)
        note(r, "%s=%s ", n->name, n->flag ? "gone" : states[n->person]);
    else if (n->type == NOTICE_RINGING)
        note(r, "ringing:%s:%u%s ", n->name, (unsigned)n->ring, n->flag ? ":picture" : "");
    else if (n->type == NOTICE_CALLING)
        note(r, "calling:%u ", (unsigned)n->ring);
    else if (n->type == NOTICE_CALL_ENDED)
        note(r, "ended:%u:%s ", (unsigned)n->ring, ends[n->end]);
    else if (n->type == NOTICE_MISSED)
        note(r, "missed:%s ", n->name);
    else if (n->type == NOTICE_ROOM)
        note(r, n->private_call ? "call:%s " : "room%s ", n->name);
    else if (n->type == NOTICE_LEFT)
        note(r, "left:%s ", n->name);
    else if (n->type == NOTICE_TRUST)
        note(r, "%s:%s ", n->name, call_trust_name(n->trust));
    else if (n->type == NOTICE_ROOM_STATE || n->type == NOTICE_KNOCK || n->type == NOTICE_REFUSED)
        note(r, "never ");
    notice_free(n);
}

static inline enum call_trust judge(void *ctx, const char *name, const uint8_t identity[32])
{
    struct rig *r = ctx;
    (void)name;
    return memcmp(identity, r->bob.identity, 32) == 0 ? r->trust : CALL_TRUST_NEW;
}

static inline void say(struct rig *r, const struct control *c)
{
    char *text = control_write(c);
    session_control(&r->session, text, strlen(text), r->now);
    free(text);
    session_tick(&r->session, r->now);
}

static inline void expect(struct rig *r, const char *notes)
{
    assert_string_equal(r->notes, notes);
    r->notes[0] = 0;
}

static inline void expect_out(struct rig *r, const char *types)
{
    assert_string_equal(r->out, types);
    r->out[0] = 0;
}

static inline void pass(struct rig *r, uint64_t us)
{
    r->now += us;
    session_tick(&r->session, r->now);
}

static inline void new_join(struct person *p)
{
    crypto_kx_keypair(p->join, p->join_secret);
    statement_sign(p->signature, p->name, p->join, p->identity_secret);
}

static inline void make_person(struct person *p, const char *name)
{
    p->name = name;
    crypto_sign_keypair(p->identity, p->identity_secret);
    crypto_box_keypair(p->registered, p->registered_secret);
    new_join(p);
}

static inline void welcome(struct rig *r, bool resumed)
{
    struct control c = {.type = CONTROL_WELCOME};
    memcpy(c.welcome.version, CONTROL_VERSION, sizeof CONTROL_VERSION);
    c.welcome.resumed = resumed;
    c.welcome.has_challenge = true;
    randombytes_buf(c.welcome.challenge, 32);
    say(r, &c);
}

static inline void connect(struct rig *r, bool resumed)
{
    session_link_up(&r->session, r->now);
    welcome(r, resumed);
}

static inline struct control_person listed(const struct person *p, enum control_person_state state)
{
    struct control_person x = {.state = state};
    snprintf(x.name, sizeof x.name, "%s", p->name);
    memcpy(x.identity, p->identity, 32);
    memcpy(x.key, p->registered, 32);
    statement_sign(x.signature, p->name, p->registered, p->identity_secret);
    return x;
}

static inline void list(struct rig *r, bool whole, struct control_person x)
{
    struct control c = {.type = CONTROL_PEOPLE, .people = {.whole = whole, .count = 1}};
    c.people.person[0] = x;
    say(r, &c);
}

// Bob is in the list, and nothing else has happened.
static inline int rig_setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct session_io io = {.ctx = r,
                            .control = on_control,
                            .notice = on_notice,
                            .media_address = nowhere_media_address,
                            .datagram = nowhere_datagram,
                            .fresh_socket = nowhere_fresh_socket,
                            .gone = nowhere_gone,
                            .judge = judge};
    if (!r || sodium_init() < 0)
        return 1;
    r->now = S;
    r->trust = CALL_TRUST_NEW;
    snprintf(r->config.name, sizeof r->config.name, "Ann");
    crypto_sign_keypair(r->config.identity, r->identity_secret);
    r->config.identity_secret = r->identity_secret;
    r->config.registers = true;
    make_person(&r->bob, "Bob");
    make_person(&r->eve, "Eve");
    session_init(&r->session, &r->config, &io);
    connect(r, false);
    list(r, true, listed(&r->bob, CONTROL_PERSON_FREE));
    *state = r;
    return 0;
}

static inline int rig_teardown(void **state)
{
    struct rig *r = *state;
    session_destroy(&r->session);
    free(r);
    return 0;
}

static inline void begin(struct rig *r)
{
    expect(r, "registered people Bob=free ");
    expect_out(r, "hello register ");
}

// ---- what is said ----

static inline void order(struct rig *r, enum command_type type, uint32_t ring, const struct person *p)
{
    struct command *c = command_new(type);
    c->ring = ring;
    c->flag = true;
    if (p)
        memcpy(c->identity, p->identity, 32);
    session_command(&r->session, c, r->now);
    session_tick(&r->session, r->now);
}

static inline struct control about(enum control_type type, uint32_t id, const struct person *p)
{
    struct control c = {.type = type};
    c.call.id = id;
    if (p) {
        snprintf(c.call.name, sizeof c.call.name, "%s", p->name);
        memcpy(c.call.identity, p->identity, 32);
        memcpy(c.call.key, p->join, 32);
        memcpy(c.call.signature, p->signature, STATEMENT_SIZE);
    }
    return c;
}

static inline struct control calls(struct rig *r, uint32_t id, const struct person *p, char text[256])
{
    struct control c = about(CONTROL_RINGING, id, p);
    struct call_offer o = {.invite_key = {7}};
    uint8_t sealed[CALL_OFFER_SIZE];
    memcpy(o.from, p->identity, 32);
    memcpy(o.to, r->config.identity, 32);
    assert_true(call_offer_seal(sealed, &o, r->key, p->join_secret));
    c.call.data = keys_base64(text, 256, sealed, sizeof sealed);
    return c;
}

static inline void rings(struct rig *r, uint32_t id, const struct person *p)
{
    char text[256];
    struct control c = calls(r, id, p, text);
    say(r, &c);
}

static inline void ends(struct rig *r, uint32_t id, enum control_call_end why)
{
    struct control c = about(CONTROL_CALL_ENDED, id, NULL);
    c.call.end = why;
    say(r, &c);
}

static inline void calling(struct rig *r, uint32_t id)
{
    struct control c = about(CONTROL_CALLING, id, NULL);
    c.request = r->request;
    say(r, &c);
}

static inline struct control_member member(const struct person *p, uint16_t id)
{
    struct control_member m = {.id = id, .join_id = id * 10u, .has_key = true};
    snprintf(m.name, sizeof m.name, "%s", p->name);
    memcpy(m.identity, p->identity, 32);
    memcpy(m.key, p->join, 32);
    memcpy(m.signature, p->signature, STATEMENT_SIZE);
    return m;
}

static inline struct control room(uint32_t request, const struct person *p)
{
    struct control c = {.type = CONTROL_ROOM, .request = request};
    c.room.room = 99;
    c.room.code = CONTROL_NO_CODE;
    c.room.epoch = 1;
    c.room.self = 2;
    c.room.join_id = 42;
    c.room.media_port = 5001;
    c.room.ticket_size = 8;
    c.room.member_count = p != NULL;
    if (p)
        c.room.members[0] = member(p, 1);
    return c;
}

static inline void enters(struct rig *r, const struct person *p)
{
    struct control c = room(r->request, p);
    say(r, &c);
}

static inline void leaves(struct rig *r, uint16_t id, const char *why)
{
    struct control c = {.type = CONTROL_LEFT, .left = {.id = id}};
    snprintf(c.left.reason, sizeof c.left.reason, "%s", why);
    say(r, &c);
}

static inline void fails(struct rig *r, uint32_t request, enum control_error code)
{
    struct control c = {.type = CONTROL_ERROR, .request = request, .error = {.code = code, .text = "no"}};
    say(r, &c);
}

#endif
