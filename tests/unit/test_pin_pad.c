// The number before the settings of a locked box.
#include "client/ui/pin_pad.h"
#include "tests/unit/unit.h"

static enum pin_pad_result type(struct pin_pad *pad, const char *digits, uint64_t now)
{
    enum pin_pad_result r = PIN_PAD_ON;
    for (; *digits; digits++)
        r = pin_pad_digit(pad, "4281", *digits - '0', now);
    return r;
}

static void opens(void **state)
{
    (void)state;
    struct pin_pad pad = {.length = 0};
    assert_int_equal(type(&pad, "428", 0), PIN_PAD_ON);
    assert_int_equal(type(&pad, "1", 0), PIN_PAD_RIGHT);
    assert_int_equal(type(&pad, "4280", 0), PIN_PAD_WRONG);
    assert_true(pad.said && pad.length == 0);
    assert_string_equal(pad.typed, "");
    assert_int_equal(type(&pad, "4281", 0), PIN_PAD_RIGHT);
    // The beginning of it is not it.
    pad.focus = 11;
    assert_int_equal(pin_pad_press(&pad, "4281", 0), PIN_PAD_ON);
    type(&pad, "42", 0);
    assert_int_equal(pin_pad_press(&pad, "4281", 0), PIN_PAD_WRONG);
}

static void by_arrows(void **state)
{
    (void)state;
    struct pin_pad pad = {.length = 0};
    pin_pad_move(&pad, -1, -1); // stays at 1
    pin_pad_move(&pad, 0, 1);
    assert_int_equal(pin_pad_press(&pad, "4281", 0), PIN_PAD_ON); // 4
    pin_pad_move(&pad, 1, -1);
    pin_pad_press(&pad, "4281", 0); // 2
    pin_pad_press(&pad, "4281", 0); // 2 too many
    pin_pad_move(&pad, -1, 3);
    pin_pad_press(&pad, "4281", 0); // one back
    assert_string_equal(pad.typed, "42");
    pin_pad_move(&pad, 1, -1);
    pin_pad_press(&pad, "4281", 0); // 8
    pin_pad_move(&pad, -1, -5);
    assert_int_equal(pin_pad_press(&pad, "4281", 0), PIN_PAD_RIGHT);
}

static void waits(void **state)
{
    (void)state;
    struct pin_pad pad = {.length = 0};
    for (int i = 0; i < PIN_PAD_TRIES; i++) {
        assert_false(pin_pad_waits(&pad, 1000));
        assert_int_equal(type(&pad, "0000", 1000), PIN_PAD_WRONG);
        pin_pad_open(&pad); // opening it again is no way round
    }
    assert_true(pin_pad_waits(&pad, 1000));
    assert_int_equal(type(&pad, "4281", 1000 + PIN_PAD_WAIT_US - 1), PIN_PAD_ON);
    assert_int_equal(pad.length, 0);
    assert_int_equal(type(&pad, "4281", 1000 + PIN_PAD_WAIT_US), PIN_PAD_RIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(opens), cmocka_unit_test(by_arrows), cmocka_unit_test(waits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
