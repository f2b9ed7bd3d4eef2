// The screens in front of a room, by key presses on a screen that nobody sees: home, nobody there, a call that rings.
#include "client/call.h"
#include "client/stats.h"
#include "client/ui/ui.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "shared/keys.h"

#include "unit.h"

static const uint64_t MINUTE = 60000000;

static struct {
    enum ui_action action;
    uint32_t id;
    char text[64];
} acts[16];
static size_t act_count;
static struct call call;
static const struct stats stats;
static struct ui *ui;
static uint64_t now;

static void action(void *ctx, enum ui_action what, uint32_t id, const char *text)
{
    (void)ctx;
    assert_true(act_count < ARRAY_LEN(acts));
    acts[act_count].action = what;
    acts[act_count].id = id;
    snprintf(acts[act_count++].text, sizeof acts[0].text, "%s", text ? text : "");
    for (size_t i = 0; what == UI_MISSED_SEEN && i < call.missed_count; i++)
        call.missed[i].seen = true;
}

static struct AVFrame *picture(void *ctx, uint16_t member, uint64_t now_us, uint64_t *next_us)
{
    (void)ctx;
    (void)member;
    (void)now_us;
    (void)next_us;
    return NULL;
}

static void frame(uint64_t later_us)
{
    now = MAX(now, clock_now_us()) + later_us;
    ui_frame(ui, &call, &stats, now);
}

// Pressed a good while after what was there came.
static void press(const char *key)
{
    frame(1000000);
    assert_true(ui_press(ui, key));
    frame(1000000);
}

static void expect(enum ui_action what, uint32_t id, const char *text)
{
    assert_int_equal(act_count, 1);
    assert_int_equal(acts[0].action, what);
    assert_int_equal(acts[0].id, id);
    assert_string_equal(acts[0].text, text);
    act_count = 0;
}

static void expect_nothing(void)
{
    assert_int_equal(act_count, 0);
}

static void comes(const char *name, enum call_person_state state)
{
    struct call_person *p = &call.people[call.people_count++];
    *p = (struct call_person){.state = state, .trust = CALL_TRUST_NEW};
    snprintf(p->name, sizeof p->name, "%s", name);
    memcpy(p->identity, name, strlen(name));
}

static const char *identity_of(const char *name)
{
    static char text[64];
    uint8_t identity[32] = {0};
    memcpy(identity, name, strlen(name));
    keys_base64(text, sizeof text, identity, 32);
    return text;
}

static int begin(void **state)
{
    (void)state;
    const char *sentence = "";
    static const struct ui_config config = {
        .width = 640, .height = 360, .headless = true, .display_path = "auto", .title = "test", .idle_after = 10};
    struct ui_ops ops = {.action = action, .picture = picture};
    memset(&call, 0, sizeof call);
    call.relay_reached = call.registered = true;
    act_count = 0;
    now = clock_now_us();
    ui = ui_create(&config, &ops, &sentence);
    frame(0);
    return ui ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ui_destroy(ui);
    call_destroy(&call);
    return 0;
}

static void ring(uint32_t id, uint64_t answers_in_us)
{
    call.phase = CALL_RINGING;
    call.ring = (struct call_ring){.id = id, .trust = CALL_TRUST_NEW, .name = "Amina", .since_us = now};
    call.ring.answers_at_us = answers_in_us ? now + answers_in_us : 0;
}

static void test_calls_who_has_the_focus(void **state)
{
    (void)state;
    comes("Amina", CALL_PERSON_FREE);
    comes("Jonas", CALL_PERSON_BUSY);
    comes("Marta", CALL_PERSON_AWAY);
    frame(1000000);
    press("Return");
    expect(UI_CALL, 0, identity_of("Amina"));
    press("Down");
    press("Return"); // says why not
    expect_nothing();
    press("m"); // the next whose name begins so
    press("Return");
    expect(UI_CALL, 0, identity_of("Marta"));
    press("Right");
    press("Return");
    expect(UI_CREATE_ROOM, 0, "");
    press("Left");
    press("Return");
    expect(UI_CALL, 0, identity_of("Amina"));
    // Gone between the last picture and the key: nobody else is called.
    call.people[0] = call.people[2];
    call.people_count = 1;
    assert_true(ui_press(ui, "Return"));
    expect_nothing();
    press("End");
    press("Return");
    assert_string_equal(ui_screen_name(ui), "settings");
    press("Escape");
    assert_string_equal(ui_screen_name(ui), "home");
}

static void in_call(bool of_two)
{
    call.phase = CALL_JOINING;
    call.private_call = of_two;
    frame(1000000);
    call.phase = CALL_IN_ROOM;
    frame(1000000);
    call.phase = CALL_HOME;
    call.private_call = false;
    frame(1000000);
}

static void test_back_at_whom_one_called(void **state)
{
    (void)state;
    comes("Amina", CALL_PERSON_FREE);
    comes("Jonas", CALL_PERSON_FREE);
    memcpy(call.back_code, "428193", sizeof call.back_code);
    frame(1000000);
    press("j");
    call.phase = CALL_CALLING;
    memcpy(call.ring.identity, call.people[1].identity, 32);
    frame(1000000);
    in_call(true);
    act_count = 0;
    press("Return"); // not into the room of some time ago
    expect(UI_CALL, 0, identity_of("Jonas"));
    in_call(false);
    act_count = 0;
    press("Return"); // out of a room, into it again
    expect(UI_TRY_AGAIN, 0, "");
}

static void test_nothing_to_try(void **state)
{
    (void)state;
    call.phase = CALL_FAILED;
    snprintf(call.sentence, sizeof call.sentence, "The room has ended.");
    press("Return");
    expect(UI_LEAVE, 0, "");
    snprintf(call.advice, sizeof call.advice, "Then try again.");
    press("Return");
    expect(UI_TRY_AGAIN, 0, "");
}

static void test_rooms(void **state)
{
    (void)state;
    snprintf(call.back_code, sizeof call.back_code, "428193");
    call.recent_count = 2;
    snprintf(call.recent[0].code, sizeof call.recent[0].code, "428193");
    snprintf(call.recent[1].code, sizeof call.recent[1].code, "771204");
    frame(1000000);
    press("Return");
    expect(UI_TRY_AGAIN, 0, "");
    press("Down");
    press("Return");
    expect(UI_RECENT, 1, "");
    static const char *const keys[] = {"1", "2", "3", "4", "5", "6", "Return", "Return"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        press(keys[i]);
    expect(UI_JOIN_CODE, 0, "123456");
}

static void test_missed(void **state)
{
    (void)state;
    comes("Amina", CALL_PERSON_FREE);
    call_add_missed(&call, "Amina", call.people[0].identity, clock_wall_ms());
    call.phase = CALL_JOINING;
    frame(1000000);
    call.phase = CALL_HOME;
    frame(1000000);
    expect_nothing();
    press("Return"); // seen, and called back
    assert_int_equal(act_count, 2);
    assert_int_equal(acts[0].action, UI_MISSED_SEEN);
    assert_int_equal(acts[1].action, UI_CALL);
    assert_string_equal(acts[1].text, identity_of("Amina"));
}

static void test_nobody_there(void **state)
{
    (void)state;
    comes("Amina", CALL_PERSON_FREE);
    press("5"); // a number is being typed
    frame(10 * MINUTE - 2000000);
    expect_nothing();
    frame(3000000);
    expect(UI_AWAY, 1, "");
    // Who comes and goes draws nothing any more, until the clock does.
    uint64_t presents = ui_presents(ui);
    int64_t minute = clock_wall_ms() / 60000;
    for (int i = 0; i < 20; i++) {
        comes("Zoe", CALL_PERSON_FREE);
        ui_invalidate(ui);
        frame(100000);
    }
    if (clock_wall_ms() / 60000 == minute)
        assert_int_equal(ui_presents(ui), presents);
    press("Return"); // wakes, and does nothing else
    expect(UI_AWAY, 0, "");
    press("Return"); // what was typed is forgotten, the focus is where it begins
    expect(UI_CALL, 0, identity_of("Amina"));
    // A ring wakes it; somebody is there when a key is pressed.
    frame(11 * MINUTE);
    expect(UI_AWAY, 1, "");
    ring(3, 0);
    frame(1000000);
    assert_string_equal(ui_screen_name(ui), "ringing");
    call.phase = CALL_HOME;
    frame(1000000);
    expect_nothing();
    press("Down");
    expect(UI_AWAY, 0, "");
    frame(9 * MINUTE);
    expect_nothing();
}

static void test_ring_covers_all(void **state)
{
    (void)state;
    static const char *const before[] = {"", "?", "Ctrl+,", "4"};
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        if (before[i][0])
            press(before[i]);
        ring((uint32_t)i + 1, 0);
        frame(1000000);
        assert_string_equal(ui_screen_name(ui), "ringing");
        assert_true(ui_press(ui, "Return")); // came with it
        expect_nothing();
        press("Escape");
        expect(UI_REFUSE, (uint32_t)i + 1, "");
        call.phase = CALL_HOME;
        frame(1000000);
        assert_string_equal(ui_screen_name(ui), "home");
    }
    // The number that was being typed has waited.
    static const char *const rest[] = {"2", "8", "1", "9", "3", "Return", "Return"};
    for (size_t i = 0; i < ARRAY_LEN(rest); i++)
        press(rest[i]);
    expect(UI_JOIN_CODE, 0, "428193");
}

static void test_ringing_keys(void **state)
{
    (void)state;
    static const struct {
        const char *keys[3];
        enum ui_action action;
    } table[] = {{{"Return"}, UI_ANSWER},
                 {{"a"}, UI_ANSWER},
                 {{"Right", "Return"}, UI_ANSWER_SOUND},
                 {{"Right", "Down", "Return"}, UI_REFUSE},
                 {{"Back"}, UI_REFUSE}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        ring((uint32_t)i + 10, 0);
        frame(1000000);
        for (size_t k = 0; k < 3 && table[i].keys[k]; k++)
            press(table[i].keys[k]);
        expect(table[i].action, (uint32_t)i + 10, "");
    }
    ring(30, 5000000);
    frame(100000);
    assert_true(ui_press(ui, "Ctrl+Q")); // any key
    expect(UI_STAY, 30, "");
    press("Return");
    expect(UI_ANSWER, 30, "");
}

// From everywhere a key leads on.
static void test_no_dead_end(void **state)
{
    (void)state;
    static const struct {
        enum call_phase phase;
        bool waiting;
        const char *key;
        enum ui_action action;
    } table[] = {{CALL_CALLING, false, "Return", UI_STOP_CALLING},
                 {CALL_CALLING, false, "Back", UI_STOP_CALLING},
                 {CALL_JOINING, false, "Return", UI_LEAVE},
                 {CALL_JOINING, false, "Back", UI_LEAVE},
                 {CALL_JOINING, true, "Back", UI_LEAVE},
                 {CALL_FAILED, false, "Return", UI_LEAVE},
                 {CALL_FAILED, false, "Back", UI_LEAVE}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        call.phase = table[i].phase;
        call.waiting = table[i].waiting;
        call.private_call = i % 2;
        snprintf(call.ring.name, sizeof call.ring.name, "Amina");
        frame(1000000);
        press(table[i].key);
        expect(table[i].action, 0, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_calls_who_has_the_focus, begin, end),
        cmocka_unit_test_setup_teardown(test_back_at_whom_one_called, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_to_try, begin, end),
        cmocka_unit_test_setup_teardown(test_rooms, begin, end),
        cmocka_unit_test_setup_teardown(test_missed, begin, end),
        cmocka_unit_test_setup_teardown(test_nobody_there, begin, end),
        cmocka_unit_test_setup_teardown(test_ring_covers_all, begin, end),
        cmocka_unit_test_setup_teardown(test_ringing_keys, begin, end),
        cmocka_unit_test_setup_teardown(test_no_dead_end, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
