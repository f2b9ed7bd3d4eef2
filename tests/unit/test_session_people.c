// A lying relay: which calls ring and which do not, who is let into a room of two, and who is in the list of people.
#include "calls_rig.h"

// ---- lies ----

static void calls_that_nobody_made(void **state)
{
    struct rig *r = *state;
    char text[256];
    begin(r);
    rings(r, 5, &r->bob);
    ends(r, 5, CONTROL_CALL_CANCELLED);
    expect(r, "ringing:Bob:5 ended:5:cancelled missed:Bob ");
    rings(r, 6, &r->bob); // the same join key once more
    assert_int_equal(r->hung_up, 6);
    struct control c = about(CONTROL_RINGING, 7, &r->bob); // no offer
    new_join(&r->bob);
    c.call.data = "AAAA";
    say(r, &c);
    assert_int_equal(r->hung_up, 7);
    new_join(&r->bob);
    c = calls(r, 8, &r->bob, text); // under another's name
    memcpy(c.call.identity, r->eve.identity, 32);
    say(r, &c);
    assert_int_equal(r->hung_up, 8);
    c = calls(r, 9, &r->bob, text); // Eve's word that Bob's join key is hers
    memcpy(c.call.identity, r->eve.identity, 32);
    snprintf(c.call.name, sizeof c.call.name, "Eve");
    statement_sign(c.call.signature, "Eve", r->bob.join, r->eve.identity_secret);
    say(r, &c);
    assert_int_equal(r->hung_up, 9);
    c = calls(r, 10, &r->bob, text); // another name
    snprintf(c.call.name, sizeof c.call.name, "Rob");
    say(r, &c);
    assert_int_equal(r->hung_up, 10);
    c = calls(r, 11, &r->bob, text); // to another registration of ours
    session_link_down(&r->session, r->now);
    connect(r, false);
    list(r, true, listed(&r->bob, CONTROL_PERSON_FREE));
    r->notes[0] = 0;
    say(r, &c);
    assert_int_equal(r->hung_up, 11);
    expect(r, "");
}

static void calls_before_we_were_registered(void **state)
{
    struct rig *r = *state;
    char text[256];
    struct control c = calls(r, 5, &r->bob, text);
    session_link_down(&r->session, r->now);
    r->notes[0] = 0;
    session_link_up(&r->session, r->now);
    say(r, &c);
    expect(r, "");
}

// Every call a key is good for has come: a new key, and not an old one forgotten.
static void calls_are_remembered(void **state)
{
    struct rig *r = *state;
    char first_text[256];
    uint8_t key[32];
    begin(r);
    struct control first = calls(r, 1, &r->bob, first_text);
    for (uint32_t i = 0; i < SESSION_OFFERS; i++) {
        rings(r, i + 1, &r->bob);
        ends(r, i + 1, CONTROL_CALL_CANCELLED);
        expect(r, r->notes);
        new_join(&r->bob);
    }
    memcpy(key, r->key, 32);
    rings(r, 1000, &r->bob);
    assert_int_equal(r->hung_up, 1000);
    expect(r, "");
    r->out[0] = 0;
    pass(r, 11 * S);
    expect_out(r, "register ");
    assert_memory_not_equal(key, r->key, 32);
    say(r, &first);
    expect(r, "");
    new_join(&r->bob);
    rings(r, 1001, &r->bob);
    expect(r, "ringing:Bob:1001 ");
}

static void rooms_that_nobody_asked_for(void **state)
{
    struct rig *r = *state;
    struct control c;
    begin(r);
    c = room(r->request, &r->bob);
    say(r, &c); // nothing asked
    rings(r, 5, &r->bob);
    c = room(r->request, &r->bob);
    say(r, &c); // not answered
    expect(r, "ringing:Bob:5 ");
    order(r, COMMAND_ANSWER, 5, NULL);
    c = room(r->request + 1, &r->bob);
    say(r, &c);
    c = room(r->request, &r->bob);
    c.room.code = 123456; // a room with a number
    say(r, &c);
    expect(r, "");
    assert_false(r->session.in_room);
    order(r, COMMAND_CREATE, 0, NULL);
    c = room(r->request, &r->bob); // and one without, in place of what was created
    say(r, &c);
    expect(r, "");
    assert_false(r->session.in_room);
}

// In a call only he is given keys whom it is with, under the key he called with; and there is no host.
static void third_member_in_a_call(void **state)
{
    struct rig *r = *state;
    struct control c = {.type = CONTROL_JOINED};
    struct person twin = r->bob;
    begin(r);
    rings(r, 5, &r->bob);
    order(r, COMMAND_ANSWER, 5, NULL);
    enters(r, &r->bob);
    c.joined = member(&r->eve, 3);
    say(r, &c);
    new_join(&twin); // his identity, but not who called
    c.joined = member(&twin, 4);
    say(r, &c);
    expect(r, "ringing:Bob:5 call:Bob Bob:waiting Eve:ghost Bob:ghost ");
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        assert_int_equal(r->session.members[i].introduced, i == 0);
    c = (struct control){.type = CONTROL_ROOM_STATE, .state = {.epoch = 1, .host_count = 1, .host_key_count = 1}};
    c.state.hosts[0] = 3;
    memcpy(c.state.host_keys[0], r->eve.identity, 32);
    say(r, &c);
    c = (struct control){.type = CONTROL_KNOCK, .knock = {.id = 1, .name = "Eve"}};
    memcpy(c.knock.identity, r->eve.identity, 32);
    memcpy(c.knock.key, r->eve.join, 32);
    memcpy(c.knock.signature, r->eve.signature, STATEMENT_SIZE);
    say(r, &c);
    expect(r, "");
    leaves(r, 1, "left"); // who remains is nobody
    expect(r, "left:Bob ended:0:gone ");
}

static void call_is_over_when_the_place_is_lost(void **state)
{
    static const char *const reasons[] = {"lost", "kicked", "ended"};
    struct rig *r = *state;
    begin(r);
    for (unsigned i = 0; i < 4; i++) {
        new_join(&r->bob);
        rings(r, 5 + i, &r->bob);
        order(r, COMMAND_ANSWER, 5 + i, NULL);
        enters(r, &r->bob);
        r->notes[0] = 0;
        if (i < 3)
            leaves(r, 2, reasons[i]);
        else
            fails(r, 0, CONTROL_ERROR_TICKET);
        expect(r, "ended:0:gone ");
        assert_false(r->session.in_room);
        assert_int_equal(r->session.want, SESSION_NOTHING);
    }
}

// ---- the list ----

static void list_is_believed_where_it_is_signed(void **state)
{
    struct rig *r = *state;
    struct control_person x = listed(&r->eve, CONTROL_PERSON_FREE);
    begin(r);
    snprintf(x.name, sizeof x.name, "Eva");
    list(r, false, x);
    x = listed(&r->eve, CONTROL_PERSON_FREE);
    x.key[0] ^= 1;
    list(r, false, x);
    x = listed(&r->eve, CONTROL_PERSON_FREE);
    memcpy(x.identity, r->bob.identity, 32);
    list(r, false, x);
    memcpy(x.identity, r->config.identity, 32); // oneself
    statement_sign(x.signature, x.name, x.key, r->identity_secret);
    list(r, false, x);
    expect(r, "");
    list(r, false, listed(&r->bob, CONTROL_PERSON_BUSY));
    list(r, false, listed(&r->eve, CONTROL_PERSON_AWAY));
    expect(r, "Bob=busy Eve=away ");
    r->eve.name = "bob"; // her own word, and a name that is here
    list(r, false, listed(&r->eve, CONTROL_PERSON_FREE));
    expect(r, "bob=gone ");
}

static void list_comes_in_pages(void **state)
{
    struct rig *r = *state;
    struct control c = {.type = CONTROL_PEOPLE, .people = {.whole = true, .more = true, .count = 1}};
    begin(r);
    c.people.person[0] = listed(&r->eve, CONTROL_PERSON_FREE);
    say(r, &c);
    expect(r, "people Eve=free ");
    c.people.whole = c.people.more = false;
    c.people.person[0] = listed(&r->bob, CONTROL_PERSON_FREE);
    say(r, &c);
    expect(r, "Bob=free ");
}

// Another program with our identity: what it is told is its own.
static void place_that_another_has_taken(void **state)
{
    struct rig *r = *state;
    begin(r);
    fails(r, 0, CONTROL_ERROR_REPLACED);
    expect(r, "unregistered people ");
    list(r, true, listed(&r->bob, CONTROL_PERSON_FREE));
    rings(r, 5, &r->bob);
    pass(r, 100 * S);
    expect(r, "");
    expect_out(r, "hangup ");
}

static void name_that_is_taken(void **state)
{
    struct rig *r = *state;
    session_link_down(&r->session, r->now);
    connect(r, false);
    r->notes[0] = r->out[0] = 0;
    fails(r, r->request, CONTROL_ERROR_NAME_TAKEN);
    expect(r, "people taken ");
    list(r, true, listed(&r->bob, CONTROL_PERSON_FREE));
    expect(r, "");
    pass(r, 61 * S); // he may have gone
    expect_out(r, "register ");
    fails(r, r->request, CONTROL_ERROR_NAME_TAKEN);
    expect(r, "");
    pass(r, 61 * S);
    list(r, true, listed(&r->bob, CONTROL_PERSON_FREE));
    expect(r, "registered people Bob=free ");
    session_link_down(&r->session, r->now);
    expect(r, "unregistered people ");
}

static void others_are_told_how_we_are(void **state)
{
    struct rig *r = *state;
    struct command *c;
    begin(r);
    for (unsigned i = 0; i < 3; i++) {
        c = command_new(COMMAND_PRESENCE);
        c->flag = i < 2;
        session_command(&r->session, c, r->now);
    }
    expect_out(r, "presence presence ");
}

static void give_name(struct rig *r, const char *name)
{
    struct command *c = command_new(COMMAND_NAME);
    c->text = base_strdup(name);
    session_command(&r->session, c, r->now);
}

// The rig checks that every registration is signed under the name it expects.
static void new_name_waits_for_a_connection(void **state)
{
    struct rig *r = *state;
    begin(r);
    session_link_down(&r->session, r->now);
    session_link_up(&r->session, r->now); // says hello
    give_name(r, "Anna");
    r->out[0] = 0;
    welcome(r, false);
    expect_out(r, "register "); // as in hello
    snprintf(r->config.name, sizeof r->config.name, "Anna");
    session_link_down(&r->session, r->now);
    r->out[0] = 0;
    connect(r, false);
    expect_out(r, "hello register ");
    assert_string_equal(r->session.config.name, "Anna");
}

static void missed_calls_are_signed(void **state)
{
    struct rig *r = *state;
    struct control c = about(CONTROL_MISSED, 0, &r->bob);
    begin(r);
    say(r, &c);
    say(r, &c); // the same once more
    expect(r, "missed:Bob ");
    new_join(&r->bob);
    c = about(CONTROL_MISSED, 0, &r->bob);
    c.call.signature[5] ^= 1;
    say(r, &c);
    expect(r, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_that_nobody_made, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(calls_before_we_were_registered, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(calls_are_remembered, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(rooms_that_nobody_asked_for, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(third_member_in_a_call, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(call_is_over_when_the_place_is_lost, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(list_is_believed_where_it_is_signed, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(list_comes_in_pages, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(place_that_another_has_taken, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(name_that_is_taken, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(others_are_told_how_we_are, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(new_name_waits_for_a_connection, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(missed_calls_are_signed, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
