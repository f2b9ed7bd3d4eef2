#include "tests/unit/unit.h"

#include "client/send/screen_pace.h"

enum { MS = 1000, SECOND = 1000000 };

static struct screen_pace p;
static uint64_t now_us;
static unsigned looks, sent;

static int start(void **state)
{
    (void)state;
    p = (struct screen_pace){0};
    now_us = 77 * (uint64_t)SECOND;
    return 0;
}

// For so long, with this share changing at each look.
static void go(uint64_t us, double share, bool held, unsigned most)
{
    looks = sent = 0;
    for (uint64_t end = now_us + us; now_us < end;) {
        looks++;
        sent += screen_pace_look(&p, share, false, held, most, now_us);
        uint64_t next = screen_pace_next_us(&p);
        assert_true(next > now_us && next <= now_us + SECOND);
        now_us = next;
    }
}

static void follows_what_changes(void **state)
{
    (void)state;
    go(3 * SECOND, 0.5, false, 30);
    assert_in_range(sent, 89, 91);
    go(5 * SECOND, 0, false, 30); // becomes sharp, and then hardly anything
    go(10 * SECOND, 0, false, 30);
    assert_in_range(looks, 49, 51);
    assert_in_range(sent, 10, 11);
    go(2 * SECOND, 0.001, false, 30); // somebody writes
    assert_in_range(sent, 29, 32);
}

static void a_new_page_becomes_sharp(void **state)
{
    (void)state;
    assert_true(screen_pace_look(&p, 1, false, false, 30, now_us));
    now_us = screen_pace_next_us(&p);
    go(2 * SECOND, 0, false, 30);
    assert_true(sent >= SCREEN_PACE_PAGE - 1);
    go(6 * SECOND, 0, false, 30);
    go(6 * SECOND, 0, false, 30);
    assert_in_range(sent, 6, 7);
    // Whoever comes later waits for no change.
    assert_true(screen_pace_look(&p, 0, true, false, 30, now_us));
    now_us = screen_pace_next_us(&p);
    go(2 * SECOND, 0, false, 30);
    assert_true(sent >= SCREEN_PACE_PAGE - 1);
}

static void held_it_keeps_what_is_new(void **state)
{
    (void)state;
    go(10 * SECOND, 0, false, 30);
    assert_false(screen_pace_look(&p, 0.4, false, true, 30, now_us));
    now_us = screen_pace_next_us(&p);
    go(1 * SECOND, 0, true, 30);
    assert_int_equal(sent, 0);
    assert_true(screen_pace_look(&p, 0, false, false, 30, now_us)); // at the first chance
}

static void no_more_than_the_rate_allows(void **state)
{
    (void)state;
    go(4 * SECOND, 0.9, false, 10);
    assert_in_range(sent, 39, 41);
    go(4 * SECOND, 0.9, false, 0); // no less than five
    assert_in_range(sent, 19, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(follows_what_changes, start),
                                       cmocka_unit_test_setup(a_new_page_becomes_sharp, start),
                                       cmocka_unit_test_setup(held_it_keeps_what_is_new, start),
                                       cmocka_unit_test_setup(no_more_than_the_rate_allows, start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
