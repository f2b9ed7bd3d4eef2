// Keys while a call rings, and what is left of the home screen when nobody is there.
#include "client/ui/idle.h"
#include "client/ui/ringing.h"

#include "unit.h"

#include <math.h>

static const uint64_t START = 50000000, LATER = 51000000;

static struct ringing begin(struct call_ring *ring, enum call_trust trust)
{
    struct ringing r = {0};
    *ring = (struct call_ring){.id = 7, .trust = trust, .since_us = START};
    ringing_follow(&r, ring, START);
    return r;
}

static void test_deaf_at_first(void **state)
{
    (void)state;
    struct call_ring ring;
    struct ringing r = begin(&ring, CALL_TRUST_NEW);
    static const enum input_action all[] = {INPUT_PRESS, INPUT_BACK, INPUT_LEFT, INPUT_RIGHT, INPUT_LEAVE};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_int_equal(ringing_key(&r, &ring, all[i], false, START + 799999), RINGING_NOTHING);
    assert_int_equal(ringing_key(&r, &ring, INPUT_NONE, true, START + 799999), RINGING_NOTHING);
    assert_int_equal(r.focus, RINGING_ANSWER);
    assert_int_equal(ringing_key(&r, &ring, INPUT_PRESS, false, START + 800000), RINGING_ANSWERS);
    // Another call: deaf again.
    ring.id = 8;
    ringing_follow(&r, &ring, LATER);
    assert_int_equal(ringing_key(&r, &ring, INPUT_PRESS, false, LATER + 1), RINGING_NOTHING);
}

static void test_every_button(void **state)
{
    (void)state;
    struct call_ring ring;
    struct ringing r = begin(&ring, CALL_TRUST_VERIFIED);
    static const enum ringing_does does[] = {RINGING_ANSWERS, RINGING_ANSWERS_SOUND, RINGING_REFUSES};
    assert_int_equal(ringing_key(&r, &ring, INPUT_LEFT, false, LATER), RINGING_MOVED); // stops at the end
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ringing_key(&r, &ring, INPUT_PRESS, false, LATER), does[i]);
        assert_int_equal(ringing_key(&r, &ring, i % 2 ? INPUT_DOWN : INPUT_RIGHT, false, LATER), RINGING_MOVED);
    }
    assert_int_equal(ringing_key(&r, &ring, INPUT_PRESS, false, LATER), RINGING_REFUSES);
    assert_int_equal(ringing_key(&r, &ring, INPUT_BACK, false, LATER), RINGING_REFUSES);
    assert_int_equal(ringing_key(&r, &ring, INPUT_NONE, true, LATER), RINGING_ANSWERS);
    assert_int_equal(ringing_key(&r, &ring, INPUT_CHAT, false, LATER), RINGING_NOTHING);
}

static void test_doubt_begins_on_not_now(void **state)
{
    (void)state;
    struct call_ring ring;
    assert_int_equal(begin(&ring, CALL_TRUST_CHANGED).focus, RINGING_REFUSE);
    assert_int_equal(begin(&ring, CALL_TRUST_STRANGER).focus, RINGING_REFUSE);
    struct ringing r = begin(&ring, CALL_TRUST_NEW);
    ring.trust = CALL_TRUST_CHANGED; // learnt while it rings
    ringing_follow(&r, &ring, LATER);
    assert_int_equal(r.focus, RINGING_REFUSE);
    ringing_key(&r, &ring, INPUT_LEFT, false, LATER);
    ringing_follow(&r, &ring, LATER + 1); // and where one has gone since one stays
    assert_int_equal(r.focus, RINGING_SOUND);
}

// Whichever key it is, at whatever time: it stops the call from being answered by itself and does nothing else.
static void test_any_key_stays(void **state)
{
    (void)state;
    for (int action = INPUT_NONE; action <= INPUT_PAGE_DOWN; action++)
        for (uint64_t at = START; at < START + 6000000; at += 700000) {
            struct call_ring ring;
            struct ringing r = begin(&ring, CALL_TRUST_VERIFIED);
            ring.answers_at_us = START + 5000000;
            assert_true(ringing_counting(&r, &ring));
            assert_int_equal(ringing_key(&r, &ring, (enum input_action)action, false, at), RINGING_STAYS);
            assert_false(ringing_counting(&r, &ring));
            assert_int_equal(ringing_key(&r, &ring, INPUT_PRESS, false, at + 500000), RINGING_NOTHING);
            assert_int_equal(ringing_key(&r, &ring, INPUT_PRESS, false, at + 800000), RINGING_ANSWERS);
        }
}

static void test_seconds(void **state)
{
    (void)state;
    struct call_ring ring = {.since_us = START, .answers_at_us = START + 5000000};
    assert_int_equal(ringing_seconds(&ring, START), 5);
    assert_int_equal(ringing_seconds(&ring, START + 999999), 5);
    assert_int_equal(ringing_seconds(&ring, START + 1000000), 4);
    assert_int_equal(ringing_seconds(&ring, START + 4999999), 1);
    assert_int_equal(ringing_seconds(&ring, START + 9000000), 1);
    assert_true(ringing_closed(&ring, START) == 0.0);
    assert_true(fabs(ringing_closed(&ring, START + 2000000) - 0.4) < 1e-9);
    uint64_t at = START;
    for (unsigned s = 5; s > 1; s--) {
        at = ringing_next(&ring, at);
        assert_int_equal(ringing_seconds(&ring, at - 1), s);
        assert_int_equal(ringing_seconds(&ring, at), s - 1);
    }
}

static void test_calling(void **state)
{
    (void)state;
    struct call_ring ring;
    struct ringing r = begin(&ring, CALL_TRUST_NEW);
    assert_int_equal(ringing_calling_key(&r, INPUT_PRESS, START + 1), RINGING_NOTHING); // OK twice calls once
    assert_int_equal(ringing_calling_key(&r, INPUT_BACK, START + 1), RINGING_STOPS);
    assert_int_equal(ringing_calling_key(&r, INPUT_PRESS, LATER), RINGING_STOPS);
    assert_int_equal(ringing_calling_key(&r, INPUT_RIGHT, LATER), RINGING_NOTHING);
}

static void test_idle(void **state)
{
    (void)state;
    const uint64_t minute = 60000000;
    struct idle idle = {.touched_us = 5};
    assert_false(idle_follow(&idle, true, 0, 100 * minute)); // never
    assert_int_equal(idle_due(&idle, true, 0), UINT64_MAX);
    assert_int_equal(idle_due(&idle, true, 10), 10 * minute + 5);
    assert_false(idle_follow(&idle, true, 10, 10 * minute + 4));
    assert_true(idle_follow(&idle, true, 10, 10 * minute + 5));
    assert_false(idle_follow(&idle, true, 10, 10 * minute + 6)); // once
    assert_int_equal(idle_due(&idle, true, 10), UINT64_MAX);
    assert_true(idle_touch(&idle, 11 * minute));
    assert_false(idle_touch(&idle, 11 * minute));
    assert_false(idle_follow(&idle, true, 10, 20 * minute));
    assert_false(idle_follow(&idle, false, 10, 40 * minute)); // a call is no idleness, however long it is
    assert_false(idle_follow(&idle, true, 10, 41 * minute));
    assert_true(idle_follow(&idle, true, 10, 50 * minute));
    idle_follow(&idle, false, 10, 51 * minute); // a call wakes it
    assert_false(idle.on);
}

// Never long at one place, never outside, never a leap.
static void test_drift(void **state)
{
    (void)state;
    double before_x = 0, before_y = 0;
    for (int64_t minute = 29000000; minute < 29000000 + 5000; minute++) {
        double x, y;
        idle_place(minute, 900, 500, &x, &y);
        assert_true(x >= 0 && x <= 900 && y >= 0 && y <= 500);
        double way = hypot(x - before_x, y - before_y);
        if (minute > 29000000)
            assert_true(way > 0 && way < IDLE_DRIFT + 1e-6);
        before_x = x;
        before_y = y;
    }
    double x, y;
    idle_place(5, -3, 0, &x, &y);
    assert_true(x == 0.0 && y == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deaf_at_first),
        cmocka_unit_test(test_every_button),
        cmocka_unit_test(test_doubt_begins_on_not_now),
        cmocka_unit_test(test_any_key_stays),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_calling),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_drift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
