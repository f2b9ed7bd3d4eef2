// Calls: what both sides hear of each way one can end, whatever crosses on the way, and the room of two it leads to.
#include "control_pair.h"

static uint32_t cat;
static uint32_t number; // of the call that rings

static void three(void)
{
    ann = crig_person(rig, "Ann");
    bob = crig_person(rig, "Bob");
    cat = crig_person(rig, "Cat");
    crig_tick(rig, 200000);
    crig_clear(rig);
}

static void call_by_key(uint32_t from, const uint8_t to[32], uint32_t request)
{
    struct control c = {.type = CONTROL_CALL, .request = request, .call.data = "AQID"};
    memcpy(c.call.to, to, 32);
    memset(c.call.key, (int)from + 1, 32);
    crig_sign(rig->logic->conn[from].name, c.call.key, c.call.signature);
    crig_say(rig, from, &c);
}

static void call(uint32_t from, const char *to, uint32_t request)
{
    uint8_t identity[32], secret[64];
    crig_identity(to, identity, secret);
    call_by_key(from, identity, request);
}

static void answer(uint32_t conn, uint32_t id, uint32_t request)
{
    struct control c = {.type = CONTROL_ANSWER, .request = request, .call.id = id};
    memset(c.call.key, (int)conn + 1, 32);
    crig_sign(rig->logic->conn[conn].name, c.call.key, c.call.signature);
    crig_say(rig, conn, &c);
}

static void hang_up(uint32_t conn, uint32_t id, enum control_call_end why)
{
    struct control c = {.type = CONTROL_HANGUP, .call.id = id, .call.end = why};
    crig_say(rig, conn, &c);
}

static void close_conn(uint32_t conn)
{
    control_logic_closed(rig->logic, conn, rig->now);
}

// Ann calls Bob, and it rings.
static void ring(void)
{
    three();
    call(ann, "Bob", 5);
    assert_true(crig_heard(rig, ann, CONTROL_CALLING, &x));
    assert_int_equal(x.request, 5);
    number = x.call.id;
    assert_true(number != 0);
    control_free(&x);
    assert_true(crig_heard(rig, bob, CONTROL_RINGING, &x));
    assert_int_equal(x.call.id, number);
    assert_string_equal(x.call.name, "Ann");
    assert_string_equal(x.call.data, "AQID");
    assert_true(statement_signed(x.call.signature, "Ann", x.call.identity, x.call.key));
    control_free(&x);
    crig_clear(rig);
}

static enum control_person_state state(uint32_t conn)
{
    uint32_t at = rig->logic->conn[conn].person - 1;
    return (enum control_person_state)rig->logic->people.person[at].told;
}

// ---- how it can end ----

static void cancels(void)
{
    hang_up(ann, number, CONTROL_CALL_CANCELLED);
}

static void cancels_with_another_word(void)
{
    hang_up(ann, number, CONTROL_CALL_BUSY);
}

static void does_not_want(void)
{
    hang_up(bob, number, CONTROL_CALL_NOT_NOW);
}

static void is_busy(void)
{
    hang_up(bob, number, CONTROL_CALL_BUSY);
}

static void lies_about_why(void)
{
    hang_up(bob, number, CONTROL_CALL_NO_ANSWER);
}

static void waits_long(void)
{
    crig_tick(rig, WIRE_RING_MS * 1000ull);
}

static void waits_not_long_enough(void)
{
    crig_tick(rig, WIRE_RING_MS * 1000ull - 300000);
}

static void caller_goes(void)
{
    close_conn(ann);
}

static void callee_goes(void)
{
    close_conn(bob);
}

static void caller_comes_anew(void)
{
    crig_person(rig, "Ann");
}

static void callee_comes_anew(void)
{
    crig_person(rig, "Bob");
}

static void caller_makes_a_room(void)
{
    crig_create(rig, ann, &x);
    control_free(&x);
}

static void callee_makes_a_room(void)
{
    crig_create(rig, bob, &x);
    control_free(&x);
}

static void another_hangs_up(void)
{
    hang_up(cat, number, CONTROL_CALL_NOT_NOW);
    answer(cat, number, 9);
    error_is(cat, CONTROL_ERROR_NOT_NOW);
}

static void another_number(void)
{
    hang_up(ann, number + 1, CONTROL_CALL_CANCELLED);
    hang_up(bob, number + 1, CONTROL_CALL_NOT_NOW);
    hang_up(bob, 0, CONTROL_CALL_NOT_NOW);
}

static void both_at_once(void)
{
    hang_up(ann, number, CONTROL_CALL_CANCELLED);
    hang_up(bob, number, CONTROL_CALL_NOT_NOW);
}

static void answered_too_late(void)
{
    hang_up(ann, number, CONTROL_CALL_CANCELLED);
    answer(bob, number, 6);
    error_is(bob, CONTROL_ERROR_NOT_NOW);
}

static void answered_when_the_caller_has_gone(void)
{
    close_conn(ann);
    answer(bob, number, 6);
    error_is(bob, CONTROL_ERROR_NOT_NOW);
}

static void caller_answers_himself(void)
{
    answer(ann, number, 6);
    error_is(ann, CONTROL_ERROR_NOT_NOW);
}

static void calls_back_meanwhile(void)
{
    call(bob, "Ann", 7); // he has not heard it ring yet
    error_is(bob, CONTROL_ERROR_IN_A_CALL);
    assert_int_equal(crig_count(rig, ann, CONTROL_MISSED), 0);
}

static void calls_another_too(void)
{
    call(ann, "Cat", 7);
    error_is(ann, CONTROL_ERROR_IN_A_CALL);
    assert_int_equal(crig_count(rig, cat, CONTROL_RINGING), 0);
}

static void the_relay_drains(void)
{
    control_logic_drain(rig->logic);
}

enum { STILL = 0 }; // rings on

static const struct {
    void (*act)(void);
    unsigned caller, callee; // enum control_call_end that each hears; STILL = nothing
    bool rings;              // afterwards
} OUTCOMES[] = {
    {cancels, STILL, CONTROL_CALL_CANCELLED, false},
    {cancels_with_another_word, STILL, CONTROL_CALL_CANCELLED, false},
    {does_not_want, CONTROL_CALL_NOT_NOW, STILL, false},
    {is_busy, CONTROL_CALL_BUSY, STILL, false},
    {lies_about_why, CONTROL_CALL_NOT_NOW, STILL, false},
    {waits_long, CONTROL_CALL_NO_ANSWER, CONTROL_CALL_NO_ANSWER, false},
    {waits_not_long_enough, STILL, STILL, true},
    {caller_goes, STILL, CONTROL_CALL_GONE, false},
    {callee_goes, CONTROL_CALL_GONE, STILL, false},
    {caller_comes_anew, CONTROL_CALL_GONE, CONTROL_CALL_GONE, false},
    {callee_comes_anew, CONTROL_CALL_GONE, CONTROL_CALL_GONE, false},
    {caller_makes_a_room, CONTROL_CALL_BUSY, CONTROL_CALL_BUSY, false},
    {callee_makes_a_room, CONTROL_CALL_BUSY, CONTROL_CALL_BUSY, false},
    {another_hangs_up, STILL, STILL, true},
    {another_number, STILL, STILL, true},
    {both_at_once, STILL, CONTROL_CALL_CANCELLED, false},
    {answered_too_late, STILL, CONTROL_CALL_CANCELLED, false},
    {answered_when_the_caller_has_gone, STILL, CONTROL_CALL_GONE, false},
    {caller_answers_himself, STILL, STILL, true},
    {calls_back_meanwhile, STILL, STILL, true},
    {calls_another_too, STILL, STILL, true},
    {the_relay_drains, STILL, STILL, true},
};

static void ended(uint32_t conn, unsigned why)
{
    assert_int_equal(crig_count(rig, conn, CONTROL_CALL_ENDED), why != STILL);
    if (why == STILL)
        return;
    assert_true(crig_heard(rig, conn, CONTROL_CALL_ENDED, &x));
    assert_int_equal(x.call.id, number);
    assert_int_equal(x.call.end, why);
    control_free(&x);
}

static void every_end(void **state_)
{
    (void)state_;
    for (size_t i = 0; i < ARRAY_LEN(OUTCOMES); i++) {
        crig_boot(rig, false);
        ring();
        OUTCOMES[i].act();
        ended(ann, OUTCOMES[i].caller);
        ended(bob, OUTCOMES[i].callee);
        assert_int_equal(rig->logic->people.ringing, OUTCOMES[i].rings);
        assert_int_equal(crig_count(rig, ann, CONTROL_ROOM) + crig_count(rig, bob, CONTROL_ROOM),
                         OUTCOMES[i].act == caller_makes_a_room || OUTCOMES[i].act == callee_makes_a_room);
        assert_int_equal(crig_count(rig, cat, CONTROL_CALL_ENDED), 0);
        // It is over once: time adds nothing.
        crig_clear(rig);
        crig_tick(rig, WIRE_RING_MS * 1000ull);
        ended(ann, OUTCOMES[i].rings ? CONTROL_CALL_NO_ANSWER : STILL);
        ended(bob, OUTCOMES[i].rings ? CONTROL_CALL_NO_ANSWER : STILL);
        assert_int_equal(rig->logic->people.ringing, 0);
    }
}

// ---- who may call whom ----

static void refusals(void **state_)
{
    uint8_t nobody[32] = {9};
    (void)state_;
    three();
    uint32_t dan = crig_hello(rig, "Dan"); // not registered
    call(dan, "Ann", 1);
    error_is(dan, CONTROL_ERROR_NOT_NOW);
    call(ann, "Dan", 1);
    error_is(ann, CONTROL_ERROR_NOT_HERE);
    call_by_key(ann, nobody, 1);
    error_is(ann, CONTROL_ERROR_NOT_HERE);
    call(ann, "Ann", 1);
    error_is(ann, CONTROL_ERROR_NOT_HERE);
    close_conn(cat);
    call(ann, "Cat", 1);
    error_is(ann, CONTROL_ERROR_NOT_HERE);
    assert_int_equal(crig_count(rig, ann, CONTROL_CALLING), 0);
    crig_create(rig, ann, &room);
    crig_clear(rig);
    call(ann, "Bob", 1);
    error_is(ann, CONTROL_ERROR_IN_A_CALL);
    assert_int_equal(crig_count(rig, bob, CONTROL_RINGING) + crig_count(rig, bob, CONTROL_MISSED), 0);
    call(bob, "Ann", 1);
    error_is(bob, CONTROL_ERROR_IN_A_CALL);
    assert_true(crig_heard(rig, ann, CONTROL_MISSED, &x)); // she may call back
    assert_string_equal(x.call.name, "Bob");
    assert_true(statement_signed(x.call.signature, "Bob", x.call.identity, x.call.key));
    control_free(&x);
    control_logic_drain(rig->logic);
    call(bob, "Ann", 1);
    error_is(bob, CONTROL_ERROR_DRAINING);
    assert_int_equal(crig_count(rig, ann, CONTROL_MISSED), 1);
}

static void who_is_rung_is_busy_for_others(void **state_)
{
    (void)state_;
    ring();
    for (unsigned i = 0; i < 2; i++) {
        call(cat, i ? "Ann" : "Bob", 3);
        error_is(cat, CONTROL_ERROR_IN_A_CALL);
        assert_int_equal(crig_count(rig, i ? ann : bob, CONTROL_MISSED), 1);
    }
    crig_tick(rig, 200000);
    assert_int_equal(state(ann), CONTROL_PERSON_BUSY);
    assert_int_equal(state(bob), CONTROL_PERSON_BUSY);
    assert_int_equal(state(cat), CONTROL_PERSON_FREE);
    hang_up(ann, number, CONTROL_CALL_CANCELLED);
    crig_tick(rig, 200000);
    assert_int_equal(state(ann), CONTROL_PERSON_FREE);
    assert_int_equal(state(bob), CONTROL_PERSON_FREE);
}

static void nobody_is_rung_without_end(void **state_)
{
    unsigned rung = 0;
    (void)state_;
    three();
    for (unsigned i = 0; i < 60; i++) {
        crig_clear(rig);
        rig->logic->conn[ann].host = i; // from somewhere else each time
        call(ann, "Bob", 1);
        unsigned rings = crig_count(rig, bob, CONTROL_RINGING);
        rung += rings;
        hang_up(ann, rig->logic->people.last_call, CONTROL_CALL_CANCELLED);
    }
    assert_in_range(rung, WIRE_RINGS_BURST, WIRE_RINGS_BURST + 60 * WIRE_RINGS_PER_S / 8 + 1);
    crig_clear(rig);
    call(ann, "Cat", 1); // others can be called all the while
    assert_int_equal(crig_count(rig, cat, CONTROL_RINGING), 1);
}

// From one source, as fast as it can: the calls of others ring all the while.
static void nobody_keeps_all_others_out(void **state_)
{
    unsigned rung = 0;
    (void)state_;
    three();
    rig->logic->conn[cat].host = rig->logic->conn[ann].host + 1;
    for (unsigned i = 0; i < 400; i++) {
        crig_clear(rig);
        call(i % 50 ? ann : cat, "Bob", 1);
        unsigned rings = crig_count(rig, bob, CONTROL_RINGING);
        assert_true(rings == 1 || i % 50);
        rung += rings;
        hang_up(bob, rig->logic->people.last_call, CONTROL_CALL_NOT_NOW);
    }
    assert_in_range(rung, WIRE_RINGS_SOURCE_BURST, 8 + WIRE_RINGS_SOURCE_BURST + 48 / WIRE_RINGS_SOURCE_S + 1);
}

// From one source: also when he calls another each time, and whoever is not here.
static void nobody_calls_without_end(void **state_)
{
    uint8_t to[32] = {1};
    unsigned busy = 0;
    (void)state_;
    three();
    for (unsigned i = 0; i < 200; i++) {
        crig_clear(rig);
        to[1] = (uint8_t)i;
        call_by_key(i % 2 ? ann : bob, to, 1);
        assert_true(crig_heard(rig, i % 2 ? ann : bob, CONTROL_ERROR, &x));
        busy += x.error.code == CONTROL_ERROR_BUSY;
        assert_true(x.error.code == CONTROL_ERROR_BUSY || x.error.code == CONTROL_ERROR_NOT_HERE);
        control_free(&x);
    }
    // 200 messages, one each 60 ms
    assert_int_equal(200 - busy, WIRE_CALLS_BURST + 199 * 60 * WIRE_CALLS_PER_S / 1000);
}

// ---- the room ----

static struct control room_of(uint32_t conn, uint32_t request)
{
    assert_int_equal(crig_count(rig, conn, CONTROL_ROOM), 1);
    assert_true(crig_heard(rig, conn, CONTROL_ROOM, &x));
    assert_int_equal(x.request, request);
    struct control found = x;
    control_free(&x);
    return found;
}

static void talk(void)
{
    ring();
    answer(bob, number, 6);
    room = room_of(ann, 5);
    mine = room_of(bob, 6);
    room.json = mine.json = NULL;
}

static void an_answer_brings_both_into_a_room(void **state_)
{
    (void)state_;
    talk();
    assert_true(room.room.code == CONTROL_NO_CODE && mine.room.code == CONTROL_NO_CODE);
    assert_int_equal(room.room.room, mine.room.room);
    assert_true(room.room.member_count == 1 && mine.room.member_count == 1);
    assert_int_equal(room.room.members[0].id, mine.room.self);
    assert_int_equal(mine.room.members[0].id, room.room.self);
    is_signed(&room.room.members[0]);
    is_signed(&mine.room.members[0]);
    assert_string_equal(room.room.members[0].name, "Bob");
    assert_string_equal(mine.room.members[0].name, "Ann");
    for (unsigned i = 0; i < 2; i++) { // each sees the other once
        uint32_t conn = i ? bob : ann;
        assert_int_equal(crig_count(rig, conn, CONTROL_JOINED) + crig_count(rig, conn, CONTROL_CALL_ENDED), 0);
        assert_true(crig_heard(rig, conn, CONTROL_ROOM_STATE, &x));
        assert_true(x.state.host_count == 0 && x.state.host_key_count == 0 && !x.state.lobby && !x.state.locked);
        control_free(&x);
    }
    assert_int_equal(rig->logic->people.ringing, 0);
    crig_tick(rig, 200000);
    assert_true(state(ann) == CONTROL_PERSON_BUSY && state(bob) == CONTROL_PERSON_BUSY);
    unsigned added = 0;
    for (unsigned i = 0; i < rig->command_count; i++)
        added += rig->command[i].type == CORE_ADD && rig->command[i].room == room.room.room;
    assert_int_equal(added, 2);
    answer(bob, number, 7); // again
    error_is(bob, CONTROL_ERROR_NOT_NOW);
}

static void a_box_reaches_the_other(void **state_)
{
    struct control c = {.type = CONTROL_BOX, .box.boxes = {{0, "AAAA"}}, .box.count = 1};
    (void)state_;
    talk();
    crig_say(rig, ann, &c);
    assert_int_equal(crig_count(rig, bob, CONTROL_BOX), 1);
    assert_int_equal(crig_count(rig, cat, CONTROL_BOX), 0);
}

static void nobody_finds_it_by_number(void **state_)
{
    (void)state_;
    talk();
    assert_null(room_by_code(&rig->logic->rooms, CONTROL_NO_CODE));
    static const char asked[] = "{\"type\":\"join\",\"request\":2,\"code\":\"%s\",\"key\":\"%s\",\"signature\":\"%s\"}";
    static const char *const codes[] = {"16777215", "999999", "000000", "", "ffffff"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        char text[512], key[48], signature[96];
        uint8_t zero[64] = {0};
        keys_base64(key, sizeof key, zero, 32);
        keys_base64(signature, sizeof signature, zero, 64);
        snprintf(text, sizeof text, asked, codes[i], key, signature);
        rig->now += 60000;
        control_logic_message(rig->logic, cat, text, strlen(text), rig->now);
        assert_null(rig->logic->conn[cat].member);
    }
    assert_int_equal(rig->logic->rooms.room[0].count, 2);
    assert_int_equal(rig->logic->rooms.room[0].waiting, 0);
}

static void two_calls_are_two_rooms(void **state_)
{
    (void)state_;
    talk();
    uint32_t dan = crig_person(rig, "Dan");
    call(cat, "Dan", 1);
    assert_true(crig_heard(rig, dan, CONTROL_RINGING, &x));
    answer(dan, x.call.id, 2);
    control_free(&x);
    assert_true(crig_heard(rig, dan, CONTROL_ROOM, &x));
    assert_true(x.room.room != room.room.room && x.room.member_count == 1);
    assert_string_equal(x.room.members[0].name, "Cat");
    control_free(&x);
    assert_int_equal(rig->logic->rooms.count, 2);
}

static void nobody_is_host_there(void **state_)
{
    static const enum control_type orders[] = {CONTROL_KICK, CONTROL_LOCK, CONTROL_LOBBY, CONTROL_ROLE, CONTROL_END};
    (void)state_;
    talk();
    for (unsigned i = 0; i < 20; i++)
        crig_tick(rig, 5000000);
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        struct control c = {.type = orders[i], .order.id = mine.room.self, .order.on = true};
        crig_say(rig, ann, &c);
        error_is(ann, CONTROL_ERROR_NOT_ALLOWED);
    }
    crig_clear(rig);
    struct control leave = {.type = CONTROL_LEAVE};
    crig_say(rig, bob, &leave);
    assert_int_equal(crig_count(rig, ann, CONTROL_LEFT), 1);
    crig_tick(rig, 200000);
    assert_int_equal(crig_count(rig, ann, CONTROL_ROOM_STATE), 0); // no heir
    assert_int_equal(rig->logic->rooms.room[0].epoch, 1);
    assert_int_equal(state(bob), CONTROL_PERSON_FREE);
    crig_say(rig, ann, &leave);
    assert_int_equal(rig->logic->rooms.count, 0);
}

static uint32_t resume(const char *name, const struct control *with)
{
    struct control c;
    uint32_t conn = crig_open(rig);
    crig_hello_message(&c, name);
    c.hello.has_key = true;
    memset(c.hello.key, 0x33, 32);
    crig_sign(name, c.hello.key, c.hello.signature);
    memcpy(c.hello.ticket, with->room.ticket, with->room.ticket_size);
    c.hello.ticket_size = with->room.ticket_size;
    crig_say(rig, conn, &c);
    return conn;
}

static void it_outlives_the_relay(void **state_)
{
    (void)state_;
    talk();
    struct control first = room, second = mine;
    crig_boot(rig, true);
    uint32_t a = resume("Ann", &first), b = resume("Bob", &second), c = resume("Cat", &second);
    assert_true(crig_heard(rig, b, CONTROL_ROOM, &x));
    assert_true(x.room.code == CONTROL_NO_CODE && x.room.room == first.room.room && x.room.member_count == 1);
    assert_int_equal(x.room.self, second.room.self);
    control_free(&x);
    error_is(c, CONTROL_ERROR_TICKET); // it is not hers
    for (unsigned i = 0; i < 20; i++)
        crig_tick(rig, 5000000); // no host is made when everybody could be back
    struct room *r = &rig->logic->rooms.room[0];
    assert_true(room_is_call(r) && r->count == 2 && r->epoch == 1 && r->host_count == 0);
    assert_true(rig->logic->conn[a].room == r && rig->logic->conn[b].room == r);
}

static void two_calls_come_back_side_by_side(void **state_)
{
    (void)state_;
    talk();
    struct control first = room;
    crig_boot(rig, false);
    talk();
    assert_true(first.room.room != room.room.room);
    struct control second = room;
    crig_boot(rig, true);
    uint32_t a = resume("Ann", &first), b = resume("Ann", &second);
    assert_true(rig->logic->conn[a].room && rig->logic->conn[b].room);
    assert_true(rig->logic->conn[a].room != rig->logic->conn[b].room);
}

static void a_full_relay_says_so(void **state_)
{
    (void)state_;
    ring();
    rig->logic->rooms.members_most = 1;
    answer(bob, number, 6);
    error_is(bob, CONTROL_ERROR_FULL);
    ended(ann, CONTROL_CALL_GONE);
    assert_true(rig->logic->rooms.count == 0 && rig->logic->rooms.members == 0 && rig->logic->people.ringing == 0);
}

static void who_waits_at_a_door_leaves_it(void **state_)
{
    (void)state_;
    three();
    crig_create(rig, cat, &room);
    crig_join(rig, bob, room.room.code, 0, &x);
    assert_int_equal(rig->logic->rooms.room[0].waiting, 1);
    call(ann, "Bob", 5);
    assert_true(crig_heard(rig, bob, CONTROL_RINGING, &x));
    answer(bob, x.call.id, 6);
    control_free(&x);
    assert_int_equal(rig->logic->rooms.room[0].waiting, 0);
    assert_int_equal(crig_count(rig, cat, CONTROL_KNOCK_GONE), 1);
    assert_int_equal(crig_count(rig, bob, CONTROL_ROOM), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        TEST(every_end),
        TEST(refusals),
        TEST(who_is_rung_is_busy_for_others),
        TEST(nobody_is_rung_without_end),
        TEST(nobody_keeps_all_others_out),
        TEST(nobody_calls_without_end),
        TEST(an_answer_brings_both_into_a_room),
        TEST(a_box_reaches_the_other),
        TEST(nobody_finds_it_by_number),
        TEST(two_calls_are_two_rooms),
        TEST(nobody_is_host_there),
        TEST(it_outlives_the_relay),
        TEST(two_calls_come_back_side_by_side),
        TEST(a_full_relay_says_so),
        TEST(who_waits_at_a_door_leaves_it),
    };
    return cmocka_run_group_tests_name("control_calls", tests, NULL, NULL);
}
