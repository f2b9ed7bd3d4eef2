#include "client/net/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

// kbit/s: what there is, what each wants at the most (camera and screen at least 80), and what each gets.
static void shares(void **state)
{
    (void)state;
    static const struct {
        double bps, most[BUDGET_STREAMS], gets[BUDGET_STREAMS];
    } rows[] = {
        {1000, {50, 0, 1400, 0}, {50, 0, 950, 0}},
        {3000, {50, 1500, 1400, 0}, {50, 1500, 1400, 0}},
        {3000, {50, 1500, 1400, 9000}, {50, 1500, 1400, 50}},
        {1600, {50, 1500, 1400, 9000}, {50, 1500, 0, 50}}, // 50 are no picture
        {1000, {50, 1500, 1400, 9000}, {50, 950, 0, 0}},
        {120, {50, 1500, 1400, 9000}, {50, 0, 0, 70}},
        {30, {50, 0, 1400, 100}, {50, 0, 0, 0}}, // the sound in any case
        {5000, {0, 0, 0, 100000}, {0, 0, 0, 5000}},
    };
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct budget_wish wish[BUDGET_STREAMS];
        struct budget b;
        for (unsigned k = 0; k < BUDGET_STREAMS; k++)
            wish[k] = (struct budget_wish){k == BUDGET_SCREEN || k == BUDGET_CAMERA ? 80 : 0, rows[i].most[k]};
        budget_split(&b, rows[i].bps, wish);
        for (unsigned k = 0; k < BUDGET_STREAMS; k++)
            assert_float_equal(b.bps[k], rows[i].gets[k], 1e-6);
    }
}

static void follow(void **state)
{
    (void)state;
    struct budget_rate r = {0};
    assert_true(budget_rate_follow(&r, 1000, 5000000));
    assert_false(budget_rate_follow(&r, 500, 5099999)); // too soon
    assert_false(budget_rate_follow(&r, 960, 6000000)); // too little
    assert_false(budget_rate_follow(&r, 1070, 6000000));
    assert_float_equal(r.bps, 1000, 0);
    assert_true(budget_rate_follow(&r, 940, 6000000));
    assert_true(budget_rate_follow(&r, 1020, 6100000)); // 8 % of 940
    assert_float_equal(r.bps, 1020, 0);
}

static void payload(void **state)
{
    (void)state;
    assert_float_equal(budget_payload(1188), 1117, 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shares), cmocka_unit_test(follow), cmocka_unit_test(payload)};
    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
