// Does the queue grow? Over lines whose queue grows, stands, empties, or only trembles.
#include "client/net/trend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct line {
    struct trend trend;
    int64_t sent_us, delay_us;
    bool grew, shrank;
};

// 20 ms apart; each comes `step` later than the one before would, plus or minus `tremble`.
static void send(struct line *l, unsigned count, int64_t step_us, int64_t tremble_us)
{
    for (unsigned i = 0; i < count; i++) {
        l->sent_us += 20000;
        l->delay_us += step_us;
        int64_t by = tremble_us * (int64_t)(i * 7 % 5) / 4;
        trend_packet(&l->trend, l->sent_us, l->sent_us + 7000000 + l->delay_us + by);
        l->grew |= l->trend.verdict == TREND_GROWS;
        l->shrank |= l->trend.verdict == TREND_SHRINKS;
    }
}

static void steady(void **state)
{
    (void)state;
    struct line l = {0};
    trend_init(&l.trend);
    send(&l, 500, 0, 0);
    assert_false(l.grew || l.shrank);
    send(&l, 500, 0, 8000);
    assert_false(l.grew || l.shrank);
}

static void grows_and_empties(void **state)
{
    (void)state;
    struct line l = {0};
    trend_init(&l.trend);
    send(&l, 100, 0, 2000);
    assert_false(l.grew);
    send(&l, 25, 3000, 2000); // 15 % more than fits, for half a second
    assert_true(l.grew);
    l.shrank = false;
    send(&l, 25, -3000, 2000);
    assert_true(l.shrank);
    l.grew = false;
    send(&l, 200, 0, 2000);
    assert_int_equal(l.trend.verdict, TREND_STEADY);
}

// A pause of seconds says nothing, and what was known of the line stays.
static void pause(void **state)
{
    (void)state;
    struct line l = {0};
    trend_init(&l.trend);
    send(&l, 500, 0, 8000);
    double threshold = l.trend.threshold_ms;
    l.sent_us += 5000000;
    l.delay_us += 90000;
    send(&l, 10, 0, 8000);
    assert_false(l.grew || l.shrank);
    assert_float_equal(l.trend.threshold_ms, threshold, 0.01);
}

// What was sent before the open group is left out.
static void late(void **state)
{
    (void)state;
    struct line l = {0};
    trend_init(&l.trend);
    send(&l, 50, 0, 0);
    struct trend before = l.trend;
    trend_packet(&l.trend, l.sent_us - 100000, l.sent_us + 9000000);
    assert_memory_equal(&before, &l.trend, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(steady), cmocka_unit_test(grows_and_empties),
                                       cmocka_unit_test(pause), cmocka_unit_test(late)};
    return cmocka_run_group_tests_name("trend", tests, NULL, NULL);
}
