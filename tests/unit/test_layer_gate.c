// What cannot be made smaller is left out up to a keyframe when too much waits.
#include "client/net/layer_gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { MS = 1000, SECOND = 1000000 };

static void up_to_a_keyframe(void **state)
{
    (void)state;
    struct layer_gate g = {0};
    uint64_t now = SECOND;
    assert_true(layer_gate_takes(&g, 1, true, 0, now));
    assert_true(layer_gate_takes(&g, 1, false, 600 * MS, now));
    assert_false(layer_gate_takes(&g, 1, false, 800 * MS, now));
    assert_false(layer_gate_takes(&g, 1, false, 0, now)); // it would build on that one
    assert_false(layer_gate_takes(&g, 1, true, 400 * MS, now));
    assert_true(layer_gate_takes(&g, 1, true, 300 * MS, now));
    assert_true(layer_gate_takes(&g, 1, false, 0, now));
}

static void the_largest_first(void **state)
{
    (void)state;
    struct layer_gate g = {0};
    uint64_t now = SECOND;
    assert_true(layer_gate_takes(&g, 0, true, 0, now));
    assert_true(layer_gate_takes(&g, 2, true, 0, now));
    assert_true(layer_gate_takes(&g, 0, false, 800 * MS, now));
    assert_false(layer_gate_takes(&g, 2, false, 800 * MS, now));
    assert_false(layer_gate_takes(&g, 0, false, 800 * MS, now)); // now it is the largest
}

static void asks_once_there_is_room(void **state)
{
    (void)state;
    struct layer_gate g = {0};
    uint64_t now = SECOND;
    assert_int_equal(layer_gate_asks(&g, 0, now), 0);
    layer_gate_lost(&g, 2);
    layer_gate_lost(&g, 0);
    assert_int_equal(layer_gate_asks(&g, 500 * MS, now), 0);
    assert_int_equal(layer_gate_asks(&g, 100 * MS, now), 5);
    assert_int_equal(layer_gate_asks(&g, 0, now + 400 * MS), 0);
    assert_true(layer_gate_takes(&g, 0, true, 0, now));
    assert_int_equal(layer_gate_asks(&g, 0, now + 600 * MS), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(up_to_a_keyframe), cmocka_unit_test(the_largest_first),
                                       cmocka_unit_test(asks_once_there_is_room)};
    return cmocka_run_group_tests_name("layer_gate", tests, NULL, NULL);
}
