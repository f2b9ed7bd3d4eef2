// The card that waits for an answer: which one there is, what its buttons do, when its keys count.
#include "client/ui/ask.h"
#include "client/ui/ask_view.h"
#include "shared/base.h"

#include "unit.h"

enum { MS = 1000 };

static struct call call;
static struct ask ask;
static uint64_t now;

static void room(size_t members, bool host)
{
    memset(&call, 0, sizeof call);
    memset(&ask, 0, sizeof ask);
    now = 1000000;
    call.member_count = members;
    for (size_t i = 0; i < members; i++) {
        call.members[i] = (struct call_member){.id = (uint16_t)(i + 1), .join_id = 100 + i, .trust = CALL_TRUST_NEW};
        snprintf(call.members[i].name, sizeof call.members[i].name, "Person %zu", i + 1);
    }
    call.members[members - 1].self = true;
    call.members[members - 1].host = host;
}

static enum ask_kind follow(void)
{
    ask_follow(&ask, &call, true, now);
    return ask.kind;
}

static struct ask_order press(void)
{
    struct ask_order o = ask_press(&ask, &call);
    follow();
    return o;
}

static struct ask_order back(void)
{
    struct ask_order o = ask_back(&ask, &call);
    follow();
    return o;
}

static void knock(uint32_t id, enum call_trust trust)
{
    call_add_knock(&call, id, "Robert Klein");
    call.knocks[call.knock_count - 1].trust = trust;
}

static void compare(enum call_compare_state state, const char *number)
{
    call.compare = state;
    call.compare_with = 1;
    snprintf(call.compare_number, sizeof call.compare_number, "%s", number);
}

static void test_knock(void **state)
{
    (void)state;
    room(2, true);
    assert_int_equal(follow(), ASK_NONE);
    knock(7, CALL_TRUST_NEW);
    assert_int_equal(follow(), ASK_KNOCK);
    assert_false(ask_ready(&ask, now + 799 * MS)); // a key meant for something else lets nobody in
    assert_true(ask_ready(&ask, now + 800 * MS));
    struct ask_order o = press();
    assert_true(o.wanted && o.action == UI_ADMIT && o.id == 7);
    assert_int_equal(ask.kind, ASK_NONE); // at once, whenever the relay confirms it
    call_remove_knock(&call, 7);
    knock(8, CALL_TRUST_NEW);
    follow();
    ask_move(&ask, &call, 1);
    ask_move(&ask, &call, 1);
    o = press();
    assert_true(o.action == UI_DENY && o.id == 8);
    // Another under the number of one that is being looked at: the keys wait again.
    knock(9, CALL_TRUST_NEW);
    follow();
    now += 5000 * MS;
    knock(9, CALL_TRUST_NEW);
    call.knocks[call.knock_count - 1].identity[31] ^= 1;
    follow();
    assert_false(ask_ready(&ask, now));
    call_remove_knock(&call, 9);
    // Guests answer no door.
    room(2, false);
    knock(7, CALL_TRUST_NEW);
    assert_int_equal(follow(), ASK_NONE);
}

static void test_next_knock_waits_again(void **state)
{
    (void)state;
    room(2, true);
    knock(7, CALL_TRUST_NEW);
    knock(8, CALL_TRUST_CHANGED);
    follow();
    now += 5000 * MS;
    press();
    assert_int_equal(ask.id, 8);
    assert_false(ask_ready(&ask, now + 1));
    // Of one who is not the one we know, "Not now" comes first.
    struct ask_order o = press();
    assert_true(o.action == UI_DENY && o.id == 8);
}

static void test_knock_put_aside(void **state)
{
    (void)state;
    room(2, true);
    knock(7, CALL_TRUST_NEW);
    knock(8, CALL_TRUST_NEW);
    follow();
    assert_false(back().wanted); // Esc neither lets in nor refuses
    assert_int_equal(ask.kind, ASK_NONE);
    knock(9, CALL_TRUST_NEW);
    assert_int_equal(follow(), ASK_KNOCK);
    assert_int_equal(ask.id, 9);
    // Knocks that have gone are forgotten, so the memory of them is bounded.
    back();
    for (uint32_t id = 100; id < 1000; id++) {
        call.knock_count = 0;
        knock(id, CALL_TRUST_NEW);
        assert_int_equal(follow(), ASK_KNOCK);
        back();
        assert_int_equal(ask.knock_away_count, 1);
    }
}

static void test_compare(void **state)
{
    (void)state;
    room(2, false);
    ask_open_safety(&ask);
    assert_int_equal(follow(), ASK_SAFETY);
    assert_true(ask_ready(&ask, now)); // opened by hand: its keys count at once
    struct ask_order o = press();
    assert_true(o.action == UI_COMPARE && o.id == 1);
    assert_int_equal(ask.kind, ASK_NONE);
    compare(CALL_COMPARE_ASKED, "");
    assert_int_equal(follow(), ASK_WAITING);
    compare(CALL_COMPARE_NUMBER, "428193");
    assert_int_equal(follow(), ASK_NUMBER);
    assert_false(ask_ready(&ask, now));
    enum ask_answer out[ASK_BUTTONS_MAX];
    assert_int_equal(ask_buttons(&ask, &call, out), 2);
    assert_true(out[ask.focus] == ASK_DIFFERENT); // nobody agrees by pressing on
    // Another number in its place is another question: nobody agrees to one he has not read.
    now += 5000 * MS;
    ask_move(&ask, &call, -1);
    compare(CALL_COMPARE_NUMBER, "428194");
    follow();
    assert_false(ask_ready(&ask, now));
    ask_buttons(&ask, &call, out);
    assert_true(out[ask.focus] == ASK_DIFFERENT);
    ask_move(&ask, &call, -1);
    o = press();
    assert_true(o.action == UI_COMPARE_SAME && o.id == 1 && o.compared);
    assert_int_equal(ask.kind, ASK_NONE);
    // The other one says that it is different: that I hear of.
    compare(CALL_COMPARE_FAILED, "");
    assert_int_equal(follow(), ASK_ENDED);
    o = press();
    assert_true(o.action == UI_COMPARE_STOP);
    assert_int_equal(ask.kind, ASK_NONE);
    compare(CALL_COMPARE_NONE, "");
    assert_int_equal(follow(), ASK_NONE);
}

static void test_different(void **state)
{
    (void)state;
    room(3, false);
    compare(CALL_COMPARE_NUMBER, "428193");
    follow();
    struct ask_order o = press();
    assert_true(o.wanted && o.action == UI_COMPARE_STOP && !o.compared);
    assert_int_equal(ask.kind, ASK_LISTENING);
    compare(CALL_COMPARE_FAILED, ""); // how the session calls what I have stopped
    assert_int_equal(follow(), ASK_LISTENING);
    assert_false(press().wanted);
    assert_int_equal(ask.kind, ASK_NONE);
    assert_int_equal(follow(), ASK_NONE);
    // A new comparison is a new card.
    compare(CALL_COMPARE_ASKED, "");
    assert_int_equal(follow(), ASK_WAITING);
    o = back();
    assert_true(o.action == UI_COMPARE_STOP);
    assert_int_equal(ask.kind, ASK_NONE); // another time is no alarm
    compare(CALL_COMPARE_NONE, "");
    follow();
    compare(CALL_COMPARE_ASKED, "");
    assert_int_equal(follow(), ASK_WAITING);
    // With somebody who has left there is nothing to compare.
    memmove(&call.members[0], &call.members[1], 2 * sizeof call.members[0]);
    call.member_count = 2;
    assert_int_equal(follow(), ASK_NONE);
}

static void test_who_can_be_compared(void **state)
{
    (void)state;
    enum ask_answer out[ASK_BUTTONS_MAX];
    room(3, false);
    ask_open_safety(&ask);
    follow();
    assert_int_equal(ask_buttons(&ask, &call, out), 1); // with whom? That is asked in the list of people
    assert_int_equal(out[0], ASK_CLOSE);
    call.members[1].trust = CALL_TRUST_GHOST;
    assert_int_equal(ask_buttons(&ask, &call, out), 2);
    for (int t = CALL_TRUST_WAITING; t <= CALL_TRUST_NOT_ADMITTED; t++) {
        room(2, false);
        call.members[0].trust = (enum call_trust)t;
        ask_open_person(&ask, &call.members[0]);
        assert_int_equal(follow(), ASK_PERSON);
        size_t n = ask_buttons(&ask, &call, out);
        bool compares = false, trusts = false;
        for (size_t i = 0; i < n; i++) {
            compares |= out[i] == ASK_COMPARE;
            trusts |= out[i] == ASK_TRUST;
        }
        assert_int_equal(compares, t == CALL_TRUST_NEW || t == CALL_TRUST_VERIFIED);
        assert_int_equal(trusts, t == CALL_TRUST_CHANGED);
        assert_true(out[ask.focus] != ASK_TRUST);
    }
}

static bool offers(enum ask_answer what)
{
    enum ask_answer out[ASK_BUTTONS_MAX];
    size_t count = ask_buttons(&ask, &call, out);
    assert_true(count <= ASK_BUTTONS_MAX);
    for (size_t i = 0; i < count; i++)
        if (out[i] == what)
            return true;
    return false;
}

static void go_to(enum ask_answer what)
{
    for (int i = 0; i < ASK_BUTTONS_MAX && ask.on != what; i++)
        ask_move(&ask, &call, 1);
    assert_int_equal(ask.on, what);
}

static void open_person(size_t members, bool host)
{
    room(members, host);
    ask.can_pin = members > 2;
    ask_open_person(&ask, &call.members[0]);
    assert_int_equal(follow(), ASK_PERSON);
}

// Guests see no host's buttons, and in a private call nobody is a host of anybody.
static void test_who_may_act(void **state)
{
    (void)state;
    static const enum ask_answer of_hosts[] = {ASK_MUTE, ASK_HOST, ASK_REMOVE};
    for (int kind = 0; kind < 3; kind++) { // guest, host, private call
        open_person(3, kind != 0);
        call.private_call = kind == 2;
        follow();
        for (size_t i = 0; i < ARRAY_LEN(of_hosts); i++)
            assert_int_equal(offers(of_hosts[i]), kind == 1);
        assert_true(offers(ASK_PIN) && offers(ASK_COMPARE) && offers(ASK_CLOSE));
        ask_open_room(&ask);
        assert_int_equal(follow(), kind == 1 ? ASK_ROOM : ASK_NONE);
    }
    open_person(2, false);
    assert_false(offers(ASK_PIN)); // of two there is only one large picture
    // Whoever loses the part of host loses the card with it.
    open_person(3, true);
    go_to(ASK_REMOVE);
    press();
    assert_int_equal(ask.kind, ASK_REMOVING);
    call.members[2].host = false;
    assert_int_equal(follow(), ASK_NONE);
}

static void test_acts(void **state)
{
    (void)state;
    static const struct {
        enum ask_answer press;
        enum ui_action action;
    } acts[] = {{ASK_MUTE, UI_MUTE}, {ASK_HOST, UI_ROLE_HOST}, {ASK_COMPARE, UI_COMPARE}};
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        open_person(3, true);
        go_to(acts[i].press);
        struct ask_order o = press();
        assert_true(o.wanted && o.action == acts[i].action && o.id == 1);
        assert_int_equal(ask.kind, ASK_NONE);
    }
    open_person(3, true);
    call.members[0].host = true;
    follow();
    assert_false(offers(ASK_HOST));
    go_to(ASK_GUEST);
    assert_int_equal(press().action, UI_ROLE_GUEST);
    // A pin is nobody else's business.
    open_person(3, false);
    go_to(ASK_PIN);
    struct ask_order o = press();
    assert_true(!o.wanted && o.pin && !o.self && o.id == 1 && o.join_id == 100);
    ask_open_person(&ask, &call.members[2]);
    assert_int_equal(follow(), ASK_SELF);
    go_to(ASK_HAND);
    o = press();
    assert_true(o.wanted && o.action == UI_HAND);
}

// What ends or loses something is asked once more, and the focus does not begin on it.
static void test_asks_once_more(void **state)
{
    (void)state;
    open_person(3, true);
    assert_true(ask.on != ASK_REMOVE);
    go_to(ASK_REMOVE);
    assert_false(press().wanted);
    assert_int_equal(ask.kind, ASK_REMOVING);
    assert_int_equal(ask.on, ASK_CLOSE);
    assert_false(press().wanted); // not now: back to what one was looking at
    assert_int_equal(ask.kind, ASK_PERSON);
    go_to(ASK_REMOVE);
    press();
    assert_false(back().wanted);
    assert_int_equal(ask.kind, ASK_PERSON);
    go_to(ASK_REMOVE);
    press();
    go_to(ASK_REMOVE_SURE);
    struct ask_order o = press();
    assert_true(o.wanted && o.action == UI_KICK && o.id == 1);
    assert_int_equal(ask.kind, ASK_NONE);
    ask_open_room(&ask);
    follow();
    assert_true(ask.on != ASK_END);
    go_to(ASK_END);
    assert_false(press().wanted);
    assert_int_equal(ask.kind, ASK_ENDING);
    assert_int_equal(ask.on, ASK_CLOSE);
    go_to(ASK_END_SURE);
    o = press();
    assert_true(o.wanted && o.action == UI_END_ROOM && o.id == 0);
}

static void test_room(void **state)
{
    (void)state;
    room(3, true);
    ask_open_room(&ask);
    assert_int_equal(follow(), ASK_ROOM);
    struct ask_order o = press();
    assert_true(o.wanted && o.action == UI_LOBBY && o.id == 1);
    assert_int_equal(ask.kind, ASK_ROOM); // stays: one sees it change
    call.lobby = true;
    o = press();
    assert_true(o.action == UI_LOBBY && o.id == 0);
    go_to(ASK_LOCK);
    o = press();
    assert_true(o.action == UI_LOCK && o.id == 1);
    go_to(ASK_MUTE_ALL);
    o = press();
    assert_true(o.wanted && o.action == UI_MUTE && o.id == 0);
    assert_int_equal(ask.kind, ASK_NONE);
}

// Buttons come and go under the finger: none takes the place of the one it is on.
static void test_focus_stays_on_its_button(void **state)
{
    (void)state;
    open_person(3, true);
    go_to(ASK_CLOSE);
    ask.can_pin = false;
    follow();
    assert_int_equal(ask.on, ASK_CLOSE);
    call.members[0].trust = CALL_TRUST_GHOST; // no more to compare, mute or name host
    follow();
    assert_int_equal(ask.on, ASK_CLOSE);
    open_person(3, true);
    go_to(ASK_MUTE);
    call.members[0].trust = CALL_TRUST_GHOST;
    follow();
    assert_int_equal(ask.on, ASK_CLOSE); // the way out, not the one that slipped under it
    assert_false(press().wanted);
}

static void test_changed(void **state)
{
    (void)state;
    room(3, true);
    knock(7, CALL_TRUST_NEW);
    call.members[0].trust = CALL_TRUST_CHANGED;
    assert_int_equal(follow(), ASK_CHANGED); // before the door
    assert_false(ask_ready(&ask, now));
    assert_false(press().wanted); // "Not now" has the focus
    assert_int_equal(ask.kind, ASK_KNOCK);
    // He comes again under that name: it has been said. Under another name it is said again.
    call.members[0].join_id = 555;
    assert_int_equal(follow(), ASK_KNOCK);
    snprintf(call.members[0].name, sizeof call.members[0].name, "Grete");
    assert_int_equal(follow(), ASK_CHANGED);
    ask_move(&ask, &call, 1);
    struct ask_order o = press();
    assert_true(o.action == UI_TRUST && o.id == 1);
    assert_int_equal(ask.kind, ASK_KNOCK);
    // However many names a stranger makes up, the memory of them does not grow.
    for (int i = 0; i < 500; i++) {
        snprintf(call.members[0].name, sizeof call.members[0].name, "Name %d", i);
        assert_int_equal(follow(), ASK_CHANGED);
        back();
    }
    assert_int_equal(ask.name_away_count, ASK_NAMES_MAX);
}

static void test_opened_goes_with_its_person(void **state)
{
    (void)state;
    room(3, false);
    ask_open_person(&ask, &call.members[0]);
    follow();
    call.members[0].join_id = 999; // the number has been given to somebody else
    assert_int_equal(follow(), ASK_NONE);
    // A comparison that begins takes the place of what was opened.
    ask_open_safety(&ask);
    follow();
    compare(CALL_COMPARE_NUMBER, "000001");
    assert_int_equal(follow(), ASK_NUMBER);
    assert_true(ask_follow(&ask, &call, false, now)); // out of the room: nothing is asked any more
    assert_int_equal(ask.kind, ASK_NONE);
    assert_int_equal(ask.open, ASK_NONE);
}

static void test_words(void **state)
{
    (void)state;
    struct ask_card card;
    room(2, true);
    knock(7, CALL_TRUST_NEW);
    follow();
    ask_view_card(&card, &ask, &call, true);
    assert_string_equal(card.title, "Robert Klein is at the door");
    assert_string_equal(card.second, "New screen, not met before");
    assert_string_equal(card.initials, "RK");
    knock(8, CALL_TRUST_NEW);
    ask_view_card(&card, &ask, &call, true);
    assert_non_null(strstr(card.second, "1 more is waiting"));
    uint64_t before = ask_view_signature(&card);
    knock(9, CALL_TRUST_NEW);
    ask_view_card(&card, &ask, &call, true);
    assert_non_null(strstr(card.second, "2 more are waiting"));
    assert_true(ask_view_signature(&card) != before);
    compare(CALL_COMPARE_NUMBER, "428193");
    follow();
    ask_view_card(&card, &ask, &call, true);
    assert_string_equal(card.number, "428 193");
    assert_string_equal(card.title, "Does Person 1 see the same number?");
    press();
    ask_view_card(&card, &ask, &call, true);
    assert_string_equal(card.title, "Somebody may be listening in.");
    press();
    compare(CALL_COMPARE_NONE, "");
    call.members[0].trust = CALL_TRUST_CHANGED;
    follow();
    ask_view_card(&card, &ask, &call, true);
    assert_string_equal(card.title, "This is not the screen you know as Person 1.");
    assert_true(card.refuses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_knock),
        cmocka_unit_test(test_next_knock_waits_again),
        cmocka_unit_test(test_knock_put_aside),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_different),
        cmocka_unit_test(test_who_can_be_compared),
        cmocka_unit_test(test_who_may_act),
        cmocka_unit_test(test_acts),
        cmocka_unit_test(test_asks_once_more),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_focus_stays_on_its_button),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_opened_goes_with_its_person),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
