// The level of the microphone as people see it: calm, whatever the sound does.
#include "client/ui/meter.h"
#include "tests/unit/unit.h"

static bool changes(struct meter *m, float level, uint64_t now_us)
{
    unsigned before = m->step;
    meter_feed(m, level, now_us);
    return m->step != before;
}

static void rises_at_once_and_falls_by_steps(void **state)
{
    (void)state;
    struct meter m = {.step = 0};
    uint64_t now = 1000000;
    assert_true(changes(&m, 0.2f, now));
    assert_int_equal(m.step, 4);
    assert_false(changes(&m, 0, now + METER_FALL_US - 1)); // the gap between two words
    assert_true(changes(&m, 0, now + METER_FALL_US));
    assert_int_equal(m.step, 3);
    for (unsigned i = 2; i <= 10; i++)
        meter_feed(&m, 0, now + i * METER_FALL_US);
    assert_int_equal(m.step, 0);
    assert_false(changes(&m, 0.0039f, now + 20 * METER_FALL_US)); // a room's own noise
}

static void does_not_flicker(void **state)
{
    (void)state;
    struct meter m = {.step = 0};
    unsigned count = 0;
    for (unsigned ms = 0; ms < 10000; ms += 10) // as wild as sound can be
        count += changes(&m, ms / 10 % 2 ? 1.0f : 0.0f, 1000000 + ms * 1000u);
    assert_true(count <= 100); // 10 s: hardly ever more than one step down and one up in 200 ms
    assert_int_equal(meter_step_of(1), METER_STEPS);
    assert_int_equal(meter_step_of(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rises_at_once_and_falls_by_steps),
        cmocka_unit_test(does_not_flicker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
