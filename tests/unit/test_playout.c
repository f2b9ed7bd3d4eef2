// When a picture is to be shown: no delay on a quiet path, enough on a shaky one, and back again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/recv/playout.h"
#include "tests/random.h"

enum { STEP = 33333, TICKS = 3000 };

struct fixture {
    struct playout p;
    uint64_t sent;
    uint32_t ts;
    uint64_t random;
};

static struct fixture begin(void)
{
    struct fixture f = {.sent = 50000000, .ts = 0xffff0000u, .random = 12345};
    playout_init(&f.p);
    return f;
}

static uint32_t draw(struct fixture *f)
{
    return (uint32_t)random_next(&f->random) >> 8;
}

// One frame that takes delay_us; returns how long after its sending it is due.
static int64_t frame(struct fixture *f, uint64_t delay_us)
{
    uint64_t due = playout_due(&f->p, f->ts, f->sent + delay_us);
    int64_t after = (int64_t)(due - f->sent);
    f->ts += TICKS;
    f->sent += STEP;
    return after;
}

static void quiet_path_adds_nothing(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 2000; i++) // the timestamp wraps on the way
        assert_in_range(frame(&f, 10000), 9900, 10100);
    assert_true(playout_offset_us(&f.p) < 1000);
    assert_in_range((int64_t)playout_interval_us(&f.p), 33000, 33700);
}

static void shaky_path_is_smoothed(void **state)
{
    (void)state;
    struct fixture f = begin();
    unsigned late = 0;
    for (unsigned i = 0; i < 1500; i++) {
        uint64_t delay = 10000 + draw(&f) % 30000;
        int64_t due = frame(&f, delay);
        if (i >= 300)
            late += due < (int64_t)delay;
    }
    assert_true(late < 1200 * 8 / 100); // 95 % in time
    assert_in_range(playout_offset_us(&f.p), 25000, 31000);
    for (unsigned i = 0; i < 900; i++)
        frame(&f, 10000);
    assert_true(playout_offset_us(&f.p) < 2000); // and forgotten
}

static void goes_down_gently(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 300; i++)
        frame(&f, 10000 + (i % 2) * 40000);
    int64_t before = playout_offset_us(&f.p);
    assert_true(before > 35000);
    while (before > 2000) {
        frame(&f, 10000);
        int64_t now = playout_offset_us(&f.p);
        assert_true(before - now <= 2000);
        if (now == before && f.sent > 200000000)
            break;
        before = now;
    }
    assert_true(before <= 2000);
}

static void one_spike_delays_nothing(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 200; i++)
        frame(&f, 10000);
    frame(&f, 200000);
    assert_in_range(frame(&f, 10000), 9900, 12000);
}

static void longer_path_is_followed(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 300; i++)
        frame(&f, 10000);
    for (unsigned i = 0; i < 700; i++) // a route that is 50 ms longer: after 10 s it is the new minimum
        frame(&f, 60000);
    assert_in_range(frame(&f, 60000), 59000, 62000);
    assert_true(playout_offset_us(&f.p) < 2000);
}

// A machine that slept has a clock that stood while others' went on: nothing is kept back for that.
static void clock_that_stood(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 100; i++)
        frame(&f, 10000);
    f.ts += 8 * 90000;
    for (unsigned i = 0; i < 300; i++)
        assert_in_range(frame(&f, 10000), 9900, 260000);
}

static void drift_is_followed(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 20000; i++) { // 200 ppm for 11 minutes = 133 ms
        uint64_t due = playout_due(&f.p, f.ts, f.sent + 10000);
        if (i > 600)
            assert_in_range((int64_t)(due - f.sent), 5000, 13000);
        f.ts += TICKS;
        f.sent += STEP + (i % 10 < 2 ? 33u : 0u);
    }
}

static void new_clock_starts_anew(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 300; i++)
        frame(&f, 10000);
    f.ts += 0x40000000u;
    assert_in_range(frame(&f, 10000), 9900, 10100);
    f.ts -= 0x30000000u;
    assert_in_range(frame(&f, 10000), 9900, 10100);
}

// One very quick frame counts for 10 s. When it is forgotten the next ones are due no later than before.
static void forgetting_the_fastest_moves_nothing(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 100; i++)
        frame(&f, 30000);
    frame(&f, 10000);
    for (unsigned i = 0; i < 700; i++)
        assert_in_range(frame(&f, 30000), 29000, 32100);
}

// Even pictures: whatever comes, a frame is never due more than 2 ms too early after the one before; and of a path
// that shakes within bounds all but a few are on the beat.
static void pictures_stay_even(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 50; seed++) {
        struct fixture f = begin();
        f.random = seed * 2654435761u;
        unsigned uneven = 0;
        int64_t before = 0, shown = 0;
        for (unsigned i = 0; i < 3000; i++) {
            uint64_t delay = 10000 + draw(&f) % 15000 + (draw(&f) % 50 ? 0 : draw(&f) % 40000);
            int64_t after = frame(&f, delay);
            assert_true(i == 0 || after - before >= -2000);
            before = after;
            after = MAX(after, (int64_t)delay); // what is late is shown at once
            uneven += i >= 300 && llabs(after - shown) > 4000;
            shown = after;
        }
        assert_true(uneven < 2700 * 12 / 100);
    }
}

static void waits_for_repairs(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 100; i++)
        frame(&f, 10000);
    playout_set_room(&f.p, 75000);
    assert_in_range(frame(&f, 10000), 84900, 85100); // at once
    for (unsigned i = 0; i < 500; i++)               // and never by both: a repair is the jitter
        assert_in_range(frame(&f, i % 10 ? 10000 : 70000), 84900, 85100);
    playout_set_room(&f.p, 400000); // no more than is bearable
    assert_in_range(frame(&f, 10000), 139900, 140100);
    playout_set_room(&f.p, 0);
    int64_t before = 140100;
    for (unsigned i = 0; i < 400; i++) {
        int64_t after = frame(&f, 10000);
        assert_true(before - after <= 2100);
        before = after;
    }
    assert_in_range(before, 9900, 12000);
}

static void is_held_beside_all_else(void **state)
{
    (void)state;
    struct fixture f = begin();
    for (unsigned i = 0; i < 100; i++)
        frame(&f, 10000);
    playout_set_hold(&f.p, 30000);
    assert_in_range(frame(&f, 10000), 39900, 40100);
    playout_set_room(&f.p, 50000);
    assert_in_range(frame(&f, 10000), 89900, 90100);
    playout_set_hold(&f.p, 1000000); // no more than is bearable
    assert_in_range(frame(&f, 10000), 139900, 140100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_path_adds_nothing), cmocka_unit_test(shaky_path_is_smoothed),
        cmocka_unit_test(goes_down_gently),        cmocka_unit_test(one_spike_delays_nothing),
        cmocka_unit_test(longer_path_is_followed), cmocka_unit_test(drift_is_followed),
        cmocka_unit_test(new_clock_starts_anew),   cmocka_unit_test(forgetting_the_fastest_moves_nothing),
        cmocka_unit_test(pictures_stay_even),      cmocka_unit_test(waits_for_repairs),
        cmocka_unit_test(is_held_beside_all_else), cmocka_unit_test(clock_that_stood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
