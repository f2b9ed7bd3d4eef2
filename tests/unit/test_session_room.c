// What a hostile relay may choose: which `room` a session goes into - the answer to what it has asked, and none else,
// since before it asks it has no keys of its own - and ids and numbers, which may mean another from one moment to the
// next.
#include "unit.h"

#include "client/net/session.h"
#include "shared/control.h"
#include "shared/statement.h"
#include "tests/session_nowhere.h"

#include <sodium.h>

struct seen {
    unsigned rooms, joined, boxes, asked, knocks;
    uint32_t request, order; // of the last `join`, of the last `lock`
};

static void on_control(void *ctx, char *text)
{
    struct seen *s = ctx;
    struct control c;
    if (control_read(&c, text, strlen(text))) {
        s->boxes += c.type == CONTROL_BOX;
        s->order = c.type == CONTROL_LOCK ? c.request : s->order;
        if (c.type == CONTROL_JOIN) {
            s->asked++;
            s->request = c.request;
        }
        control_free(&c);
    }
    free(text);
}

static void on_notice(void *ctx, struct notice *n)
{
    struct seen *s = ctx;
    s->rooms += n->type == NOTICE_ROOM;
    s->joined += n->type == NOTICE_JOINED;
    s->knocks += n->type == NOTICE_KNOCK;
    notice_free(n);
}

struct rig {
    uint8_t identity_secret[64];
    struct session session;
    struct seen seen;
};

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    struct session_config config = {.name = "Ann"};
    struct session_io io = {.ctx = &r->seen,
                            .control = on_control,
                            .notice = on_notice,
                            .media_address = nowhere_media_address,
                            .datagram = nowhere_datagram,
                            .fresh_socket = nowhere_fresh_socket,
                            .gone = nowhere_gone};
    if (!r || sodium_init() < 0)
        return 1;
    crypto_sign_keypair(config.identity, r->identity_secret);
    config.identity_secret = r->identity_secret;
    session_init(&r->session, &config, &io);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    session_destroy(&r->session);
    free(r);
    return 0;
}

static void join_by_link(struct rig *r)
{
    struct command *c = command_new(COMMAND_JOIN);
    c->code = 123456;
    c->has_invite_key = true;
    memset(c->invite_key, 7, sizeof c->invite_key);
    session_command(&r->session, c, 1000);
}

// A room with one member, whose join key the relay has made and signed itself.
static void say_room(struct rig *r, uint32_t request, uint64_t join_id, bool more)
{
    uint8_t key[32], key_secret[32], identity[32], identity_secret[64];
    struct control c = {.type = CONTROL_ROOM, .request = request};
    crypto_kx_keypair(key, key_secret);
    crypto_sign_keypair(identity, identity_secret);
    c.room.room = 99;
    c.room.code = 123456;
    c.room.epoch = 1;
    c.room.self = 2;
    c.room.join_id = join_id;
    c.room.more = more;
    c.room.media_port = 5001;
    c.room.ticket_size = 8;
    c.room.member_count = 1;
    struct control_member *m = &c.room.members[0];
    m->id = 1;
    m->join_id = 41;
    memcpy(m->name, "Bob", 4);
    memcpy(m->identity, identity, 32);
    memcpy(m->key, key, 32);
    m->has_key = true;
    statement_sign(m->signature, "Bob", key, identity_secret);
    char *text = control_write(&c);
    session_control(&r->session, text, strlen(text), 2000);
    free(text);
    session_tick(&r->session, 3000);
}

static void welcome(struct rig *r)
{
    struct control c = {.type = CONTROL_WELCOME};
    memcpy(c.welcome.version, CONTROL_VERSION, sizeof CONTROL_VERSION);
    c.welcome.has_challenge = true;
    char *text = control_write(&c);
    session_control(&r->session, text, strlen(text), 1500);
    free(text);
    session_tick(&r->session, 1600);
}

// It would seal with keys of zeros, and with no invite key.
static void room_before_anything_was_asked(void **state)
{
    struct rig *r = *state;
    session_link_up(&r->session, 0);
    join_by_link(r);
    say_room(r, 0, 42, false);
    assert_int_equal(r->seen.asked, 0);
    assert_int_equal(r->seen.rooms + r->seen.joined + r->seen.boxes, 0);
    say_room(r, r->session.request, 42, false);
    assert_int_equal(r->seen.rooms + r->seen.joined + r->seen.boxes, 0);
    welcome(r);
    assert_int_equal(r->seen.asked, 1);
    say_room(r, r->seen.request, 42, false);
    assert_int_equal(r->seen.rooms, 1);
    assert_int_equal(r->seen.joined, 1);
    assert_true(r->seen.boxes > 0);
}

// Another room under the keys of this one; and a list that is a page of none.
static void room_that_nobody_asked_for(void **state)
{
    struct rig *r = *state;
    session_link_up(&r->session, 0);
    join_by_link(r);
    welcome(r);
    say_room(r, 0, 42, true);
    say_room(r, r->seen.request + 1, 42, true);
    assert_int_equal(r->seen.rooms + r->seen.joined, 0);
    say_room(r, r->seen.request, 42, false);
    assert_int_equal(r->seen.rooms, 1); // and not as a second page of what was not taken
    say_room(r, 0, 43, false);
    say_room(r, r->seen.request, 43, false);
    assert_int_equal(r->seen.rooms, 1);
    assert_int_equal(r->session.join_id, 42);
    say_room(r, 0, 42, false); // ours, once more
    assert_int_equal(r->seen.rooms, 2);
}

static enum call_trust changed(void *ctx, const char *name, const uint8_t identity[32])
{
    (void)ctx;
    (void)name;
    (void)identity;
    return CALL_TRUST_CHANGED;
}

// The relay may give the id to another while a person looks at the card.
static void trust_is_in_whom_the_person_saw(void **state)
{
    struct rig *r = *state;
    struct command *c = command_new(COMMAND_TRUST);
    r->session.io.judge = changed;
    session_link_up(&r->session, 0);
    join_by_link(r);
    welcome(r);
    say_room(r, r->seen.request, 42, false);
    c->member = 1;
    memset(c->identity, 5, sizeof c->identity);
    session_command(&r->session, c, 4000);
    assert_int_equal(session_room_member(&r->session, 1)->trust, CALL_TRUST_CHANGED);
    assert_false(session_room_member(&r->session, 1)->introduced);
    c = command_new(COMMAND_TRUST);
    c->member = 1;
    memcpy(c->identity, session_room_member(&r->session, 1)->identity, sizeof c->identity);
    session_command(&r->session, c, 4000);
    assert_true(session_room_member(&r->session, 1)->introduced);
}

// "No knock" is what admitting a member says; no one at the door may stand there under it.
static void knock_without_number(void **state)
{
    struct rig *r = *state;
    struct control k = {.type = CONTROL_KNOCK};
    uint8_t key_secret[32], identity_secret[64];
    session_link_up(&r->session, 0);
    join_by_link(r);
    welcome(r);
    say_room(r, r->seen.request, 42, false);
    crypto_kx_keypair(k.knock.key, key_secret);
    crypto_sign_keypair(k.knock.identity, identity_secret);
    memcpy(k.knock.name, "Eve", 4);
    statement_sign(k.knock.signature, "Eve", k.knock.key, identity_secret);
    for (unsigned id = 0; id < 2; id++) {
        k.knock.id = id;
        char *text = control_write(&k);
        session_control(&r->session, text, strlen(text), 4000);
        free(text);
        assert_int_equal(r->seen.knocks, id);
    }
}

// Whom the screen has no place for is given no keys either.
static void nobody_is_here_unseen(void **state)
{
    struct rig *r = *state;
    uint8_t identity_secret[64], key_secret[32];
    session_link_up(&r->session, 0);
    join_by_link(r);
    welcome(r);
    say_room(r, r->seen.request, 42, false);
    for (unsigned i = 0; i < 60; i++) {
        struct control c = {.type = CONTROL_JOINED};
        c.joined.id = (uint16_t)(100 + i);
        c.joined.join_id = 1000 + i;
        memcpy(c.joined.name, "Eve", 4);
        crypto_kx_keypair(c.joined.key, key_secret);
        crypto_sign_keypair(c.joined.identity, identity_secret);
        c.joined.has_key = true;
        statement_sign(c.joined.signature, "Eve", c.joined.key, identity_secret);
        char *text = control_write(&c);
        session_control(&r->session, text, strlen(text), 4000);
        free(text);
    }
    assert_int_equal(r->seen.joined, CALL_MEMBERS_MAX - 1);
    assert_non_null(session_room_member(&r->session, 147));
    assert_null(session_room_member(&r->session, 148));
}

static void say_error(struct rig *r, uint32_t request, uint64_t now_us)
{
    struct control c = {.type = CONTROL_ERROR, .request = request};
    c.error.code = CONTROL_ERROR_NOT_NOW;
    memcpy(c.error.text, "no", 3);
    char *text = control_write(&c);
    session_control(&r->session, text, strlen(text), now_us);
    free(text);
}

static void lock(struct rig *r, uint64_t now_us)
{
    struct command *c = command_new(COMMAND_HOST);
    c->order = COMMAND_LOCK;
    c->flag = true;
    session_command(&r->session, c, now_us);
    assert_true(r->session.orders.locked);
}

// Or it could open a room that a host has locked, whenever it likes, by that host's own signature.
static void refusal_comes_soon_or_not_at_all(void **state)
{
    struct rig *r = *state;
    session_link_up(&r->session, 0);
    session_command(&r->session, command_new(COMMAND_CREATE), 1000);
    welcome(r);
    say_room(r, r->session.request, 42, false);
    lock(r, 5000000);
    assert_true(r->seen.order >= 0x40000000);
    say_error(r, r->seen.order, 15000001);
    assert_true(r->session.orders.locked);
    lock(r, 20000000); // locked already: nothing to take back
    say_error(r, r->seen.order, 20000001);
    assert_true(r->session.orders.locked);
    struct command *c = command_new(COMMAND_HOST);
    c->order = COMMAND_LOCK;
    session_command(&r->session, c, 21000000);
    lock(r, 22000000);
    say_error(r, r->seen.order, 22500000);
    assert_false(r->session.orders.locked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trust_is_in_whom_the_person_saw, setup, teardown),
        cmocka_unit_test_setup_teardown(refusal_comes_soon_or_not_at_all, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_here_unseen, setup, teardown),
        cmocka_unit_test_setup_teardown(knock_without_number, setup, teardown),
        cmocka_unit_test_setup_teardown(room_before_anything_was_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(room_that_nobody_asked_for, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
