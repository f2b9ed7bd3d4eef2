// What is said at the door: between the hosts of a room and who knocks there, and nobody else.
#include "control_pair.h"

static uint32_t eve, cat; // who knock

static void say_door(uint32_t conn, uint32_t knock, uint16_t id, const char *data)
{
    struct control c = {.type = CONTROL_DOOR, .door.knock = knock, .door.id = id, .door.data = data};
    crig_say(rig, conn, &c);
}

// By the number alone; the knock's number.
static uint32_t knock_at(uint32_t conn, uint32_t code, const char *door)
{
    struct control c = {.type = CONTROL_JOIN, .join.code = code, .join.door = door};
    memset(c.join.key, (int)conn + 1, 32);
    crig_sign(rig->logic->conn[conn].name, c.join.key, c.join.signature);
    crig_say(rig, conn, &c);
    return rig->logic->conn[conn].knock;
}

static void begin(void)
{
    pair_up();
    eve = crig_hello(rig, "Eve");
    cat = crig_hello(rig, "Cat");
    crig_clear(rig);
}

static void heard_door(uint32_t conn, uint32_t knock, uint16_t id, const char *data)
{
    assert_true(crig_heard(rig, conn, CONTROL_DOOR, &x));
    assert_int_equal(x.door.knock, knock);
    assert_int_equal(x.door.id, id);
    assert_string_equal(x.door.data, data);
    control_free(&x);
}

static void set_host(uint32_t by, uint16_t id, bool host)
{
    struct control c = {.type = CONTROL_ROLE, .order.id = id, .order.on = host};
    crig_say(rig, by, &c);
    crig_clear(rig);
}

static void first_words_come_with_the_knock(void **state)
{
    (void)state;
    begin();
    uint32_t first = knock_at(eve, room.room.code, "AQID"), second = knock_at(cat, room.room.code, NULL);
    assert_true(first && second && first != second);
    assert_int_equal(crig_count(rig, bob, CONTROL_KNOCK), 0);
    assert_true(crig_heard(rig, ann, CONTROL_KNOCK, &x));
    assert_int_equal(x.knock.id, second);
    assert_null(x.knock.door);
    control_free(&x);
    control_logic_closed(rig->logic, cat, rig->now);
    // Who becomes host later hears them too.
    struct control c = {.type = CONTROL_ROLE, .order.id = mine.room.self, .order.on = true};
    crig_say(rig, ann, &c);
    assert_int_equal(crig_count(rig, bob, CONTROL_KNOCK), 1);
    assert_true(crig_heard(rig, bob, CONTROL_KNOCK, &x));
    assert_int_equal(x.knock.id, first);
    assert_string_equal(x.knock.door, "AQID");
    assert_true(statement_signed(x.knock.signature, x.knock.name, x.knock.identity, x.knock.key));
    control_free(&x);
}

static void words_pass_both_ways_and_nowhere_else(void **state)
{
    static char longest[WIRE_DOOR_TEXT + 1];
    (void)state;
    begin();
    memset(longest, 'x', WIRE_DOOR_TEXT);
    uint32_t knock = knock_at(eve, room.room.code, longest);
    knock_at(cat, room.room.code, NULL);
    crig_clear(rig);
    say_door(ann, knock, 0, longest);
    assert_int_equal(rig->out_count, 1);
    heard_door(eve, 0, room.room.self, longest);
    crig_clear(rig);
    say_door(eve, 0, room.room.self, "BBBB");
    assert_int_equal(rig->out_count, 1);
    heard_door(ann, knock, 0, "BBBB");
    set_host(ann, mine.room.self, true);
    say_door(eve, 0, mine.room.self, "CCCC"); // of two hosts the one that is named
    assert_int_equal(rig->out_count, 1);
    heard_door(bob, knock, 0, "CCCC");
    crig_clear(rig);
    struct control admit = {.type = CONTROL_ADMIT, .knock.id = knock};
    say_door(bob, knock, 0, "DDDD");
    crig_say(rig, bob, &admit);
    assert_string_equal(strstr(rig->out[0].text, "DDDD") ? "first" : "", "first"); // the grant, then the room
    assert_int_equal(crig_count(rig, eve, CONTROL_ROOM), 1);
}

static void all_else_is_dropped_without_a_word(void **state)
{
    (void)state;
    begin();
    struct control other;
    uint32_t dan = crig_hello(rig, "Dan");
    crig_create(rig, dan, &other);
    control_free(&other);
    uint32_t there = knock_at(cat, other.room.code, NULL), here = knock_at(eve, room.room.code, NULL);
    uint32_t out = crig_hello(rig, "Out");
    const struct {
        uint32_t conn, knock;
        uint16_t id;
    } table[] = {
        {eve, 0, mine.room.self}, // a guest
        {eve, 0, 0xfffe},         // nobody
        {eve, here, 0},           // as a host would
        {eve, there, 0},          //
        {cat, 0, room.room.self}, // another room's host, unless his own has the same id
        {ann, there, 0},          // who knocks at another room
        {ann, 999, 0},            // nobody
        {ann, 0, mine.room.self}, // as if he knocked
        {bob, here, 0},           // no host
        {bob, 0, room.room.self}, //
        {out, 0, room.room.self}, // in no room, at no door
        {out, here, 0},           //
    };
    assert_int_not_equal(other.room.self, room.room.self);
    for (unsigned i = 0; i < ARRAY_LEN(table); i++) {
        crig_clear(rig);
        say_door(table[i].conn, table[i].knock, table[i].id, "AAAA");
        if (rig->out_count)
            fail_msg("row %u was answered or handed on: %s", i, rig->out[0].text);
    }
    set_host(ann, mine.room.self, true);
    set_host(bob, room.room.self, false);
    say_door(eve, 0, room.room.self, "AAAA"); // no host any more
    say_door(ann, here, 0, "AAAA");
    struct control deny = {.type = CONTROL_DENY, .knock.id = here};
    assert_int_equal(rig->out_count, 0);
    crig_say(rig, bob, &deny);
    crig_clear(rig);
    say_door(eve, 0, mine.room.self, "AAAA"); // nor at the door
    say_door(bob, here, 0, "AAAA");
    assert_int_equal(rig->out_count, 0);
    control_logic_closed(rig->logic, bob, rig->now);
    knock_at(eve, room.room.code, NULL);
    crig_clear(rig);
    say_door(eve, 0, mine.room.self, "AAAA"); // a host, but his WebSocket is away
    assert_int_equal(rig->out_count, 0);
    assert_int_equal(rig->logic->conn[eve].door_in, 0);
}

static void so_many_each_way_and_no_more(void **state)
{
    (void)state;
    begin();
    for (unsigned round = 0; round < 2; round++) { // each knock anew
        uint32_t knock = knock_at(eve, room.room.code, "AQID");
        crig_clear(rig);
        for (unsigned i = 0; i < WIRE_DOOR_MESSAGES + 5; i++) {
            say_door(ann, knock, 0, "AAAA");
            say_door(eve, 0, room.room.self, "BBBB");
        }
        assert_int_equal(crig_count(rig, eve, CONTROL_DOOR), WIRE_DOOR_MESSAGES);
        assert_int_equal(crig_count(rig, ann, CONTROL_DOOR), WIRE_DOOR_MESSAGES);
        assert_int_equal(rig->out_count, 2 * WIRE_DOOR_MESSAGES);
        struct control leave = {.type = CONTROL_LEAVE};
        crig_say(rig, eve, &leave);
        assert_null(rig->logic->conn[eve].knock_door);
    }
}

static void knocks_come_no_faster_than_hosts_can_hear(void **state)
{
    const struct control leave = {.type = CONTROL_LEAVE};
    unsigned taken = 0;
    (void)state;
    begin();
    uint64_t begun = rig->now;
    for (unsigned i = 0; i < 100; i++) {
        uint32_t k = crig_hello(rig, "Eve"); // a new one each time: only the room sees them together
        rig->now = begun;
        rig->logic->conn[k].host = i;
        taken += knock_at(k, room.room.code, NULL) != 0;
        rig->now = begun;
        crig_say(rig, k, &leave);
    }
    assert_in_range(taken, WIRE_KNOCKS_BURST, WIRE_KNOCKS_BURST + 1);
    crig_clear(rig);
    knock_at(eve, room.room.code, NULL);
    assert_true(crig_heard(rig, eve, CONTROL_ERROR, &x));
    assert_int_equal(x.error.code, CONTROL_ERROR_BUSY);
    control_free(&x);
    rig->now = begun + 5000000;
    assert_true(knock_at(eve, room.room.code, NULL));
}

static void who_does_not_sign_does_not_knock(void **state)
{
    char text[256], key[48];
    uint8_t zeros[32] = {0};
    (void)state;
    begin();
    snprintf(text, sizeof text, "{\"type\":\"join\",\"code\":\"%06u\",\"key\":\"%s\"}", room.room.code % 1000000u,
             keys_base64(key, sizeof key, zeros, sizeof zeros));
    control_logic_message(rig->logic, eve, text, strlen(text), rig->now);
    error_is(eve, CONTROL_ERROR_BAD_MESSAGE);
    assert_int_equal(crig_count(rig, ann, CONTROL_KNOCK), 0);
    assert_int_equal(rig->logic->conn[eve].knock, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(first_words_come_with_the_knock),           T(words_pass_both_ways_and_nowhere_else),
        T(all_else_is_dropped_without_a_word),        T(so_many_each_way_and_no_more),
        T(knocks_come_no_faster_than_hosts_can_hear), T(who_does_not_sign_does_not_knock),
    };
    return cmocka_run_group_tests_name("control_door", tests, NULL, NULL);
}
