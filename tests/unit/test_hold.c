// The key that is held to talk: when a hold begins, and what ends it how.
#include "client/ui/hold.h"
#include "tests/unit/unit.h"

enum { CALL = 3, CALL_WITH_PEOPLE = 5, S = 1000000 };

static void begins_with_a_press_alone(void **state)
{
    (void)state;
    struct hold h = {.down = false};
    assert_int_equal(hold_press(&h, SDLK_SPACE, true, CALL, S), HOLD_NOTHING); // down since before it was ours
    assert_int_equal(hold_press(&h, SDLK_SPACE, false, 0, S), HOLD_NOTHING);   // while one writes
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, S), HOLD_NOTHING);
    assert_int_equal(hold_press(&h, SDLK_SPACE, false, CALL, S), HOLD_BEGINS);
    for (int i = 1; i < 50; i++) {
        assert_int_equal(hold_press(&h, SDLK_SPACE, i % 2, CALL, S + i * S / 25), HOLD_NOTHING);
        assert_int_equal(hold_look(&h, CALL), HOLD_NOTHING);
    }
    assert_int_equal(hold_release(&h, SDLK_m, true, 4 * S), HOLD_NOTHING); // another key
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, 4 * S), HOLD_ENDS);
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, 4 * S), HOLD_NOTHING);
}

static void a_tap_is_no_hold(void **state)
{
    (void)state;
    struct hold h = {.down = false};
    hold_press(&h, SDLK_SPACE, false, CALL, S);
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, S + HOLD_TAP_US - 1), HOLD_TAPPED);
    hold_press(&h, SDLK_SPACE, false, CALL, 2 * S);
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, 2 * S + HOLD_TAP_US), HOLD_ENDS);
}

static void is_lost_with_the_focus(void **state)
{
    (void)state;
    struct hold h = {.down = false};
    hold_press(&h, SDLK_SPACE, false, CALL, S);
    assert_int_equal(hold_release(&h, SDLK_SPACE, false, 3 * S), HOLD_LOST); // SDL lets go of every key
    hold_press(&h, SDLK_SPACE, false, CALL, 4 * S);
    assert_int_equal(hold_look(&h, 0), HOLD_LOST); // or says it without
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, 5 * S), HOLD_NOTHING);
    // SDL presses again what is down when the focus comes back.
    hold_focus(&h, 6 * S);
    assert_int_equal(hold_press(&h, SDLK_SPACE, false, CALL, 6 * S), HOLD_NOTHING);
    assert_int_equal(hold_press(&h, SDLK_SPACE, true, CALL, 7 * S), HOLD_NOTHING);
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, 7 * S), HOLD_NOTHING);
    assert_int_equal(hold_press(&h, SDLK_SPACE, false, CALL, 7 * S), HOLD_BEGINS);
}

static void is_lost_with_another_screen(void **state)
{
    (void)state;
    struct hold h = {.down = false};
    hold_press(&h, SDLK_SPACE, false, CALL, S);
    assert_int_equal(hold_look(&h, CALL_WITH_PEOPLE), HOLD_LOST);
    assert_int_equal(hold_look(&h, CALL), HOLD_NOTHING);
    assert_int_equal(hold_press(&h, SDLK_SPACE, true, CALL, 2 * S), HOLD_NOTHING); // the same press still
    assert_int_equal(hold_release(&h, SDLK_SPACE, true, 2 * S), HOLD_NOTHING);
    assert_int_equal(hold_press(&h, SDLK_SPACE, false, CALL_WITH_PEOPLE, 3 * S), HOLD_BEGINS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_a_press_alone),
        cmocka_unit_test(a_tap_is_no_hold),
        cmocka_unit_test(is_lost_with_the_focus),
        cmocka_unit_test(is_lost_with_another_screen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
