// Calling and being called: every end of a call, both at once, a relay that says nothing, a connection that breaks. No
// screen is left ringing.
#include "calls_rig.h"

// ---- calling ----

static void call_that_is_answered(void **state)
{
    struct rig *r = *state;
    struct call_offer o;
    begin(r);
    order(r, COMMAND_CALL, 0, &r->bob);
    expect_out(r, "call ");
    assert_true(call_offer_open(&o, r->offer, sizeof r->offer, r->config.identity, r->bob.identity,
                                r->session.keys.join_public, r->bob.registered_secret));
    assert_true(o.picture);
    calling(r, 5);
    expect(r, "calling:5 ");
    enters(r, &r->bob);
    expect(r, "call:Bob Bob:waiting ");
    assert_true(r->session.members[0].introduced);
    leaves(r, 1, "left");
    expect(r, "left:Bob ended:0:gone ");
    assert_false(r->session.in_room);
    assert_true(strstr(r->out, "leave") != NULL);
    pass(r, 60 * S);
    expect(r, "");
}

static void call_that_is_not_answered(void **state)
{
    static const struct {
        enum control_call_end said;
        const char *notes;
    } table[] = {{CONTROL_CALL_NOT_NOW, "calling:5 ended:5:not-now "},
                 {CONTROL_CALL_BUSY, "calling:5 ended:5:busy "},
                 {CONTROL_CALL_NO_ANSWER, "calling:5 ended:5:no-answer "},
                 {CONTROL_CALL_GONE, "calling:5 ended:5:gone "}};
    struct rig *r = *state;
    begin(r);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        order(r, COMMAND_CALL, 0, &r->bob);
        calling(r, 5);
        ends(r, 6, table[i].said); // of another call
        ends(r, 5, table[i].said);
        ends(r, 5, table[i].said);
        expect(r, table[i].notes);
        enters(r, &r->bob); // too late
        expect(r, "");
        assert_int_equal(r->session.want, SESSION_NOTHING);
    }
}

static void call_that_cannot_begin(void **state)
{
    static const struct {
        enum control_error code;
        const char *notes;
    } table[] = {{CONTROL_ERROR_IN_A_CALL, "ended:0:busy "}, {CONTROL_ERROR_NOT_HERE, "ended:0:gone "},
                 {CONTROL_ERROR_DRAINING, "ended:0:gone "},  {CONTROL_ERROR_FULL, "ended:0:gone "},
                 {CONTROL_ERROR_NOT_NOW, "ended:0:gone "},   {CONTROL_ERROR_BUSY, "ended:0:gone "}};
    struct rig *r = *state;
    begin(r);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        order(r, COMMAND_CALL, 0, &r->bob);
        fails(r, r->request, table[i].code);
        fails(r, r->request, table[i].code);
        expect(r, table[i].notes);
    }
    order(r, COMMAND_CALL, 0, &r->eve); // who is not in the list
    expect(r, "ended:0:gone ");
    list(r, false, (struct control_person){.state = CONTROL_PERSON_GONE});
    struct control_person gone = {.state = CONTROL_PERSON_GONE};
    memcpy(gone.identity, r->bob.identity, 32);
    list(r, false, gone);
    order(r, COMMAND_CALL, 0, &r->bob);
    expect(r, "Bob=gone ended:0:gone ");
    pass(r, 60 * S);
    expect(r, "");
}

static void relay_that_says_nothing(void **state)
{
    struct rig *r = *state;
    begin(r);
    order(r, COMMAND_CALL, 0, &r->bob);
    pass(r, 34 * S);
    expect(r, "");
    pass(r, 2 * S);
    expect(r, "ended:0:no-answer ");
    calling(r, 5); // now
    assert_int_equal(r->hung_up, 5);
    expect(r, "");
    order(r, COMMAND_CALL, 0, &r->bob);
    calling(r, 6);
    pass(r, 36 * S);
    expect(r, "calling:6 ended:6:no-answer ");
    assert_int_equal(r->hung_up, 6);
    rings(r, 7, &r->bob);
    pass(r, 36 * S);
    expect(r, "ringing:Bob:7 ended:7:no-answer missed:Bob ");
    assert_int_equal(r->hung_up, 7);
    new_join(&r->bob);
    rings(r, 8, &r->bob);
    order(r, COMMAND_ANSWER, 8, NULL);
    pass(r, 11 * S);
    expect(r, "ringing:Bob:8 ended:8:gone ");
    assert_int_equal(r->session.want, SESSION_NOTHING);
    new_join(&r->bob);
    rings(r, 9, &r->bob);
    order(r, COMMAND_ANSWER, 9, NULL);
    enters(r, NULL); // and nobody else comes
    expect(r, "ringing:Bob:9 call:Bob ");
    pass(r, 91 * S);
    expect(r, "ended:0:gone ");
    new_join(&r->bob);
    rings(r, 10, &r->bob);
    order(r, COMMAND_ANSWER, 10, NULL);
    enters(r, &r->bob); // who is listed, and proves nothing
    pass(r, 91 * S);
    expect(r, "ringing:Bob:10 call:Bob Bob:waiting Bob:ghost ended:0:gone ");
}

// What was taken back before the relay said a number: that call is ended when it has one, and nothing is asked before.
static void call_that_is_taken_back_at_once(void **state)
{
    struct rig *r = *state;
    begin(r);
    order(r, COMMAND_CALL, 0, &r->bob);
    uint32_t first = r->request;
    order(r, COMMAND_HANGUP, 0, NULL);
    expect_out(r, "call leave ");
    order(r, COMMAND_CALL, 0, &r->bob);
    expect_out(r, "");
    struct control c = about(CONTROL_CALLING, 5, NULL);
    c.request = first;
    say(r, &c);
    expect_out(r, "hangup call ");
    assert_int_equal(r->hung_up, 5);
    assert_int_equal(r->why, CONTROL_CALL_CANCELLED);
    fails(r, first, CONTROL_ERROR_NOT_HERE); // stale
    calling(r, 6);
    expect(r, "calling:6 ");
    order(r, COMMAND_HANGUP, 6, NULL);
    assert_int_equal(r->hung_up, 6);
    order(r, COMMAND_CALL, 0, &r->bob);
    order(r, COMMAND_HANGUP, 0, NULL);
    order(r, COMMAND_CREATE, 0, NULL);
    r->out[0] = 0;
    pass(r, 4 * S);
    expect_out(r, "");
    pass(r, 2 * S); // the relay does not answer: that must not hold up anything for ever
    expect_out(r, "create ");
    expect(r, "");
}

// He has left before we have had a turn.
static void call_that_is_over_at_once(void **state)
{
    struct rig *r = *state;
    begin(r);
    order(r, COMMAND_CALL, 0, &r->bob);
    struct control c = room(r->request, &r->bob), left = {.type = CONTROL_LEFT, .left = {.id = 1, .reason = "left"}};
    char *text = control_write(&c);
    session_control(&r->session, text, strlen(text), r->now);
    free(text);
    say(r, &left);
    expect(r, "call:Bob Bob:waiting left:Bob ended:0:gone ");
}

// A person here is asked whether it is he who is called so now; there is time to answer.
static void call_with_who_has_changed(void **state)
{
    struct rig *r = *state;
    begin(r);
    r->trust = CALL_TRUST_CHANGED;
    rings(r, 5, &r->bob);
    order(r, COMMAND_ANSWER, 5, NULL);
    enters(r, &r->bob);
    pass(r, 80 * S);
    pass(r, 80 * S);
    expect(r, "ringing:Bob:5 call:Bob Bob:changed ");
    assert_false(r->session.members[0].introduced);
    r->trust = CALL_TRUST_NEW;
    order(r, COMMAND_VERIFIED, 0, NULL);
    expect(r, "Bob:waiting ");
    assert_true(r->session.members[0].introduced);
}

// We wanted to call him who was about to ring here, and did not after all: that ring is not heard any more.
static void given_up_before_it_was_heard(void **state)
{
    struct rig *r = *state;
    begin(r);
    rings(r, 5, &r->bob);
    order(r, COMMAND_CALL, 0, &r->bob);
    order(r, COMMAND_HANGUP, 0, NULL);
    expect(r, "ringing:Bob:5 ended:5:cancelled ");
    expect_out(r, "answer leave ");
}

// The room came while the person gave up: main, which has gone home, is told so again.
static void hanging_up_crosses_the_room(void **state)
{
    struct rig *r = *state;
    begin(r);
    order(r, COMMAND_CALL, 0, &r->bob);
    calling(r, 5);
    enters(r, &r->bob);
    struct command *c = command_new(COMMAND_HANGUP);
    c->ring = 6; // somebody else's, who came too late
    c->end = CALL_END_BUSY;
    session_command(&r->session, c, r->now);
    assert_true(r->session.in_room);
    order(r, COMMAND_HANGUP, 5, NULL);
    assert_false(r->session.in_room);
    expect(r, "calling:5 call:Bob Bob:waiting ended:5:cancelled ");
}

// ---- being called ----

static void ring_that_is_answered(void **state)
{
    struct rig *r = *state;
    begin(r);
    rings(r, 5, &r->bob);
    rings(r, 5, &r->bob); // said twice
    expect(r, "ringing:Bob:5 ");
    order(r, COMMAND_ANSWER, 4, NULL); // of another, which is over
    expect(r, "ended:4:gone ");
    expect_out(r, "");
    order(r, COMMAND_ANSWER, 5, NULL);
    order(r, COMMAND_ANSWER, 5, NULL);
    expect_out(r, "answer ");
    assert_int_equal(r->session.secret->invite_key[0], 7);
    enters(r, &r->bob);
    expect(r, "call:Bob Bob:waiting ");
    assert_true(r->session.members[0].introduced);
    order(r, COMMAND_LEAVE, 0, NULL);
    assert_true(strstr(r->out, "leave") != NULL);
    expect(r, "");
}

static void ring_that_is_not_answered(void **state)
{
    static const struct {
        enum control_call_end said;
        const char *notes;
    } table[] = {{CONTROL_CALL_CANCELLED, "ringing:Bob:5 ended:5:cancelled missed:Bob "},
                 {CONTROL_CALL_NO_ANSWER, "ringing:Bob:5 ended:5:no-answer missed:Bob "},
                 {CONTROL_CALL_GONE, "ringing:Bob:5 ended:5:gone missed:Bob "}};
    struct rig *r = *state;
    begin(r);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        new_join(&r->bob);
        rings(r, 5, &r->bob);
        ends(r, 4, table[i].said);
        ends(r, 5, table[i].said);
        ends(r, 5, table[i].said);
        expect(r, table[i].notes);
    }
    new_join(&r->bob);
    rings(r, 5, &r->bob);
    order(r, COMMAND_HANGUP, 5, NULL); // by a person: nothing was missed, and main knows
    expect(r, "ringing:Bob:5 ");
    assert_int_equal(r->hung_up, 5);
    assert_int_equal(r->why, CONTROL_CALL_NOT_NOW);
    new_join(&r->bob);
    rings(r, 6, &r->bob);
    order(r, COMMAND_CREATE, 0, NULL); // something else
    assert_int_equal(r->hung_up, 6);
    assert_int_equal(r->why, CONTROL_CALL_BUSY);
    expect(r, "ringing:Bob:6 ended:6:cancelled missed:Bob "); // nobody has refused it
}

static void who_is_busy_is_not_rung(void **state)
{
    struct rig *r = *state;
    begin(r);
    list(r, false, listed(&r->eve, CONTROL_PERSON_FREE));
    expect(r, "Eve=free ");
    rings(r, 5, &r->bob);
    rings(r, 6, &r->eve);
    assert_int_equal(r->hung_up, 6);
    assert_int_equal(r->why, CONTROL_CALL_BUSY);
    expect(r, "ringing:Bob:5 missed:Eve ");
    order(r, COMMAND_HANGUP, 5, NULL);
    order(r, COMMAND_CALL, 0, &r->bob);
    new_join(&r->eve);
    rings(r, 7, &r->eve);
    assert_int_equal(r->hung_up, 7);
    order(r, COMMAND_CREATE, 0, NULL);
    new_join(&r->eve);
    rings(r, 8, &r->eve);
    assert_int_equal(r->hung_up, 8);
    expect(r, "missed:Eve missed:Eve ");
}

static void strangers_do_not_ring(void **state)
{
    struct rig *r = *state;
    begin(r);
    r->trust = CALL_TRUST_STRANGER;
    rings(r, 5, &r->bob);
    assert_int_equal(r->hung_up, 5);
    assert_int_equal(r->why, CONTROL_CALL_BUSY);
    expect(r, "missed:Bob ");
}

// Both call each other: his call is answered in place of ours, under the number main knows.
static void both_call_each_other(void **state)
{
    struct rig *r = *state;
    begin(r);
    order(r, COMMAND_CALL, 0, &r->bob);
    uint32_t request = r->request;
    r->out[0] = 0;
    rings(r, 5, &r->bob);
    expect_out(r, "answer ");
    fails(r, request, CONTROL_ERROR_IN_A_CALL); // of ours
    enters(r, &r->bob);
    expect(r, "call:Bob Bob:waiting ");
    order(r, COMMAND_LEAVE, 0, NULL);
    new_join(&r->bob);
    rings(r, 6, &r->bob);
    order(r, COMMAND_CALL, 0, &r->bob); // the ringing had not been seen yet
    assert_true(strstr(r->out, "answer") != NULL);
    expect(r, "ringing:Bob:6 ");
    enters(r, &r->bob);
    expect(r, "call:Bob Bob:waiting ");
    order(r, COMMAND_LEAVE, 0, NULL);
    order(r, COMMAND_CALL, 0, &r->bob);
    new_join(&r->bob);
    rings(r, 7, &r->bob);
    ends(r, 7, CONTROL_CALL_GONE);
    expect(r, "ended:0:gone "); // ours, as main knows it; he is not missed who was wanted
}

// ---- the connection ----

static void call_ends_with_the_connection(void **state)
{
    struct rig *r = *state;
    begin(r);
    order(r, COMMAND_CALL, 0, &r->bob);
    session_link_down(&r->session, r->now);
    expect(r, "ended:0:gone unregistered people ");
    order(r, COMMAND_CALL, 0, &r->bob);
    expect(r, "ended:0:gone ");
    connect(r, false);
    list(r, true, listed(&r->bob, CONTROL_PERSON_AWAY));
    rings(r, 5, &r->bob);
    session_link_down(&r->session, r->now);
    expect(r, "registered people Bob=away ringing:Bob:5 ended:5:gone missed:Bob unregistered people ");
    pass(r, 60 * S);
    expect(r, "");
}

static void call_outlives_the_connection(void **state)
{
    struct rig *r = *state;
    begin(r);
    rings(r, 5, &r->bob);
    order(r, COMMAND_ANSWER, 5, NULL);
    enters(r, &r->bob);
    session_link_down(&r->session, r->now);
    pass(r, 20 * S);
    assert_true(r->session.in_room);
    connect(r, true);
    struct control c = room(0, &r->bob);
    c.room.resumed = true;
    r->notes[0] = 0;
    say(r, &c);
    expect(r, "call:Bob ");
    assert_true(r->session.in_room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(call_that_is_answered, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_that_is_not_answered, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_that_cannot_begin, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(relay_that_says_nothing, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_that_is_taken_back_at_once, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_with_who_has_changed, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_that_is_over_at_once, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(given_up_before_it_was_heard, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(hanging_up_crosses_the_room, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(ring_that_is_answered, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(ring_that_is_not_answered, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(who_is_busy_is_not_rung, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(strangers_do_not_ring, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(both_call_each_other, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_ends_with_the_connection, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_outlives_the_connection, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
