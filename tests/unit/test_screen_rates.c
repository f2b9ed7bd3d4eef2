#include "tests/unit/unit.h"

#include "client/net/screen_rates.h"

enum { SECOND = 1000000, HALF = 0, FULL = 1 };

static struct screen_rates r;
static uint64_t now_us;

static int start(void **state)
{
    (void)state;
    r = (struct screen_rates){0};
    now_us = 5 * (uint64_t)SECOND;
    return 0;
}

static void watch(unsigned half, unsigned full, unsigned limit)
{
    const struct ladder_watch w[BUDGET_SCREENS] = {{half, 0}, {full, limit}};
    screen_rates_watched(&r, w, now_us);
}

static void choose(double kbps, unsigned seconds)
{
    for (uint64_t end = now_us + (uint64_t)seconds * SECOND; now_us <= end; now_us += SECOND / 10)
        screen_rates_choose(&r, kbps * 1000, now_us);
}

static void nothing_is_made_unseen(void **state)
{
    (void)state;
    watch(1, 1, 0);
    choose(9000, 1);
    assert_int_equal(r.layer[FULL].kbps, 0); // it is not shown
    assert_int_equal(screen_rates_wish_kbps(&r), 0);
    screen_rates_set(&r, true);
    choose(9000, 1);
    assert_int_equal(r.layer[FULL].kbps, 0); // nobody watches
    watch(0, 1, 0);
    choose(9000, 1);
    assert_int_equal(r.layer[HALF].kbps, 0);
    assert_int_equal(r.layer[FULL].kbps, 3000);
    assert_int_equal(screen_rates_wish_kbps(&r), 3000);
    watch(1, 0, 0);
    choose(9000, 4);
    assert_int_equal(r.layer[FULL].kbps, 250); // he may come back
    choose(9000, 2);
    assert_int_equal(r.layer[FULL].kbps, 0);
    assert_int_equal(r.layer[HALF].kbps, 800);
}

static void a_low_rate_costs_pictures_not_lines(void **state)
{
    (void)state;
    screen_rates_set(&r, true);
    watch(0, 1, 0);
    choose(280, 1);
    assert_int_equal(r.layer[FULL].fps, 5);
    assert_int_equal(r.layer[FULL].width, 1920);
    assert_int_equal(r.layer[FULL].height, 1080);
    choose(2000, 2); // not at once: it costs a keyframe
    assert_int_equal(r.layer[FULL].fps, 5);
    assert_int_equal(r.layer[FULL].kbps, 2000);
    choose(2000, 2);
    assert_int_equal(r.layer[FULL].fps, 30);
}

static void who_watches_says_how_much(void **state)
{
    (void)state;
    screen_rates_set(&r, true);
    watch(0, 2, 700);
    choose(9000, 1);
    assert_int_equal(r.layer[FULL].kbps, 700);
    watch(0, 2, 10); // no less than its least
    choose(9000, 1);
    assert_int_equal(r.layer[FULL].kbps, 250);
}

static void both_get_their_least_first(void **state)
{
    (void)state;
    screen_rates_set(&r, true);
    watch(1, 1, 0);
    choose(600, 1);
    assert_int_equal(r.layer[HALF].kbps, 100);
    assert_int_equal(r.layer[FULL].kbps, 500);
}

// Beside a page that stands still the camera gets nearly all of it.
static void the_camera_beside_it(void **state)
{
    (void)state;
    assert_true(screen_rates_camera_bps(2e6, 0, 5e5) == 2e6); // nothing is shown
    assert_true(screen_rates_camera_bps(2e6, 1e6, 0) == 1.7e6);
    assert_true(screen_rates_camera_bps(2e6, 1e6, 5e5) == 1.35e6);
    assert_true(screen_rates_camera_bps(2e6, 1e6, 9e6) == 1e6);
    assert_true(screen_rates_camera_bps(2e6, 3e6, 9e6) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup(nothing_is_made_unseen, start),
                                       cmocka_unit_test_setup(a_low_rate_costs_pictures_not_lines, start),
                                       cmocka_unit_test_setup(who_watches_says_how_much, start),
                                       cmocka_unit_test_setup(both_get_their_least_first, start),
                                       cmocka_unit_test(the_camera_beside_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
