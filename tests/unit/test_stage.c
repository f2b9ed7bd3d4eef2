// The call screen by keys, drawn without a window: what is pinned, which page is shown, where the arrows go.
#include "stage_rig.h"

static void add(uint16_t id, bool self)
{
    struct call_member *m = &call.members[call.member_count++];
    *m = (struct call_member){.id = id, .join_id = 100u + id, .trust = CALL_TRUST_NEW, .known = true, .self = self};
    snprintf(m->name, sizeof m->name, "Person %u", (unsigned)id);
}

static void remove_at(size_t at)
{
    memmove(&call.members[at], &call.members[at + 1], (call.member_count - at - 1) * sizeof call.members[0]);
    call.member_count--;
}

static void room(size_t count)
{
    memset(&call, 0, sizeof call);
    call.phase = CALL_IN_ROOM;
    for (size_t i = 1; i <= count; i++)
        add((uint16_t)i, i == count);
    pass(6000);
    actions = 0;
}

static void test_pin(void **state)
{
    (void)state;
    room(5);
    int small = width_of(2);
    KEYS("2");
    assert_true(width_of(2) > 1.8 * width_of(1));
    KEYS("4"); // another in its place
    assert_true(width_of(4) > 1.8 * width_of(2));
    KEYS("9"); // there is nobody
    assert_true(width_of(4) > 1.8 * width_of(2));
    // Who is away for a moment finds his place again, who has left does not keep it.
    call.members[3].away = true;
    assert_int_equal(width_of(4), 0);
    call.members[3].away = false;
    assert_true(width_of(4) > 1.8 * width_of(2));
    remove_at(3);
    assert_int_equal(width_of(1), width_of(2));
    add(4, false); // under the same number, but it is another
    call.members[4].join_id = 999;
    struct call_member me = call.members[3];
    call.members[3] = call.members[4];
    call.members[4] = me;
    assert_int_equal(width_of(4), small);
    // In speaker view the pinned one is the large one, whoever talks.
    KEYS("3", "w");
    call.members[0].speaking = true;
    pass(8000);
    assert_true(width_of(3) > 3 * width_of(1));
    KEYS("w", "3");
}

// Whatever somebody says that he is, or the relay of him: who is heard is shown. And who records is said of him, also
// while he is away.
static void test_heard(void **state)
{
    (void)state;
    static const enum call_kind kinds[] = {CALL_KIND_RECORDER, CALL_KIND_LIBRARY, CALL_KIND_FILM};
    SDL_Rect at;
    uint64_t signature;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        room(4);
        call.members[1].kind = kinds[i];
        assert_int_equal(width_of(2), 0);
        call_hear(&call.members[1], 0.01f, now);
        assert_true(width_of(2) > 0);
        pass(6000);
        assert_true(width_of(2) > 0); // and stays where he is in his pauses
    }
    room(4);
    struct call_member *m = &call.members[1];
    m->away = true;
    assert_int_equal(width_of(2), 0);
    call_hear(m, 0.01f, now);
    assert_true(width_of(2) > 0);
    pass(5000);
    assert_int_equal(width_of(2), 0);
    assert_false(signs_recording(ui, &at, &signature));
    m->recording = true;
    assert_true(signs_recording(ui, &at, &signature));
    // Who says that he is muted and goes on is seen to speak.
    call_hear(m, 0.5f, now);
    assert_true(m->speaking);
    m->muted = true;
    m->muted_us = now;
    call_hear(m, 0.5f, now + 1000000); // of before
    assert_false(m->speaking);
    assert_true(call_hear(m, 0.5f, now + 4000000));
    assert_true(m->speaking);
    assert_true(call_hear(m, 0, now + 4000000));
    assert_false(m->speaking);
}

static void test_pages(void **state)
{
    (void)state;
    room(50);
    assert_true(width_of(1) > 0 && width_of(49) > 0);
    assert_int_equal(width_of(50), 0);
    KEYS("Page_Down", "Page_Down");
    assert_int_equal(width_of(1), 0);
    assert_true(width_of(50) > 0);
    KEYS("Page_Up");
    assert_true(width_of(1) > 0);
    // By arrows: beyond the right edge lies the next page, beyond its left edge the one before.
    KEYS("Right", "Up", "Right", "Right", "Right", "Right", "Right", "Right");
    assert_true(width_of(50) > 0 && width_of(1) == 0);
    KEYS("Left");
    assert_true(width_of(1) > 0);
    KEYS("Escape");
    remove_at(0); // the last page has nobody any more
    assert_true(width_of(50) > 0 && width_of(2) > 0);
}

static void test_arrows(void **state)
{
    (void)state;
    room(5);
    KEYS("Right", "Up", "Up", "Left", "Return", "Return"); // the first picture, its card, Pin
    assert_true(width_of(1) > 1.8 * width_of(2));
    KEYS("1");
    // Down from the lowest picture leads back to the bar: its first button is the microphone.
    KEYS("Escape", "Right", "Up", "Down", "Return");
    assert_int_equal(last_action, UI_TOGGLE_MICROPHONE);
    KEYS("Escape");
    // A panel that opens has the arrows: the second person there, not the picture above.
    KEYS("Right", "Up", "p", "Down", "Return", "Right", "Return");
    assert_int_equal(last_action, UI_COMPARE);
    assert_int_equal(last_id, 2);
    assert_string_equal(ui_panel_name(ui), "people");
    KEYS("Escape");
}

// With arrows, OK and Back alone: a hand, and nothing ends by going back.
static void test_more(void **state)
{
    (void)state;
    room(3);
    KEYS("Left", "Right", "Right", "Right", "Right", "Right", "Return", "Return");
    assert_int_equal(actions, 1);
    assert_int_equal(last_action, UI_HAND);
    KEYS("Escape", "Return"); // back in the first row, on More
    KEYS("Return");
    assert_int_equal(actions, 2);
    KEYS("Escape", "Escape", "Escape", "Escape");
    assert_int_equal(actions, 2);
    assert_string_equal(ui_screen_name(ui), "call");
}

// A host's last steps are never where a held or repeated key leads.
static void test_host(void **state)
{
    (void)state;
    room(3);
    call.members[2].host = true;
    pass(100);
    KEYS("p", "Return", "Right", "Right", "Right", "Right", "Right", "Return", "Return");
    assert_int_equal(actions, 0); // asked once more, and "Not now" had the focus
    KEYS("Right", "Right", "Right", "Right", "Right", "Return", "Right", "Return");
    assert_int_equal(last_action, UI_KICK);
    assert_int_equal(last_id, 1);
    actions = 0;
    call.members[2].host = false;
    pass(100);
    KEYS("Return", "Right", "Right", "Right", "Right", "Right", "Return");
    assert_int_equal(actions, 0); // a guest's card ends with Close
    KEYS("Escape", "Escape", "Escape");
}

static bool said_silent;

static void written(const char *words, bool cut)
{
    said_silent |= strstr(words, "asked to be silent") && !cut;
}

// Who asks all others to be silent sees that it was done.
static void test_mute_all(void **state)
{
    (void)state;
    room(3);
    call.members[2].host = true;
    pass(100);
    ui->pen.written = written;
    KEYS("Right", "Right", "Right", "Right", "Right", "Right", "Return", "Right", "Right", "Right", "Right", "Return");
    KEYS("Right", "Right");
    pass(400);
    assert_false(said_silent);
    KEYS("Return");
    assert_int_equal(last_action, UI_MUTE);
    assert_int_equal(last_id, 0);
    pass(400);
    assert_true(said_silent);
    ui->pen.written = NULL;
    KEYS("Escape", "Escape");
}

// A screen is large, the newest of two; who pins or wants the grid has it so. One's own is small, or only said.
static void test_screens(void **state)
{
    (void)state;
    room(2);
    call.members[1].screen = true; // mine, with one other: no tile
    assert_int_equal(screen_width_of(2), 0);
    call.members[1].screen = false;
    call.members[0].screen = true;
    assert_true(screen_width_of(1) > 3 * width_of(1) && width_of(1) > 0 && width_of(2) > 0);
    call.members[0].screen = false;
    assert_int_equal(screen_width_of(1), 0);
    assert_int_equal(width_of(1), 1280);
    room(4);
    call.members[0].screen = true;
    assert_true(screen_width_of(1) > 3 * width_of(2));
    call.members[1].screen = true;
    assert_true(screen_width_of(2) > 3 * screen_width_of(1) && screen_width_of(1) > 0);
    KEYS("2"); // the second tile is the first one's screen
    assert_true(screen_width_of(1) > 3 * screen_width_of(2));
    KEYS("2", "w");
    assert_int_equal(screen_width_of(1), width_of(1));
    call.members[2].screen = true; // a new one is to be seen
    assert_true(screen_width_of(3) > 3 * width_of(1));
    pass(10000); // nothing comes of any of them
    assert_int_equal(screen_width_of(3), width_of(1));
    call.members[0].screen = call.members[1].screen = call.members[2].screen = false;
    call.members[3].screen = true;
    assert_int_equal(screen_width_of(4), width_of(4));
}

static void test_share(void **state)
{
    (void)state;
    room(3);
    KEYS("d");
    assert_int_equal(last_action, UI_SHARE_LOOK);
    KEYS("Return"); // nothing can be shown: no card
    KEYS("Escape");
    call.share.count = 2;
    snprintf(call.share.choice[1], sizeof call.share.choice[1], "Letters");
    KEYS("d", "Return"); // it begins on what shows nothing
    assert_int_equal(last_action, UI_SHARE_LOOK);
    KEYS("d", "Right", "Right", "Return");
    assert_int_equal(last_action, UI_SHARE);
    assert_int_equal(last_id, 1);
    KEYS("d", "Right", "Return", "Right", "Return"); // another thing, the window
    assert_int_equal(last_action, UI_SHARE);
    assert_int_equal(last_id, 2);
    call.share.on = true;
    KEYS("d"); // at once
    assert_int_equal(last_action, UI_SHARE);
    assert_int_equal(last_id, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pin),     cmocka_unit_test(test_pages), cmocka_unit_test(test_arrows),
        cmocka_unit_test(test_more),    cmocka_unit_test(test_host),  cmocka_unit_test(test_mute_all),
        cmocka_unit_test(test_screens), cmocka_unit_test(test_share), cmocka_unit_test(test_heard)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
