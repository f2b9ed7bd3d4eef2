// Sound and picture on one beat: nothing is held within what nobody notices, no more than is too much beyond it.
#include "tests/unit/unit.h"

#include "client/recv/lip_sync.h"

#include <math.h>

enum { LOOK_US = 100000 };

struct pair {
    struct lip_sync sync;
    uint64_t now;
    double sound_us, picture_us, far_us; // as they would be with nothing held
    bool patient;
    double heard_us; // as it is: sound is stretched to its hold by 50 ms a second
};

static void look(struct pair *p)
{
    double to = p->sound_us + lip_sync_sound_hold(&p->sync);
    p->heard_us += CLAMP(to - p->heard_us, -5000.0, 5000.0);
    p->now += LOOK_US;
    lip_sync_look(&p->sync,
                  &(struct lip_sync_look){.sound_us = p->heard_us,
                                          .picture_us = p->picture_us + lip_sync_picture_hold(&p->sync),
                                          .patient = p->patient,
                                          .picture_far_us = p->far_us},
                  p->now);
}

static double skew_of(const struct pair *p)
{
    return p->picture_us + lip_sync_picture_hold(&p->sync) - p->heard_us;
}

static struct pair begin(double sound_ms, double picture_ms)
{
    return (struct pair){
        .now = 5000000, .sound_us = sound_ms * 1000, .heard_us = sound_ms * 1000, .picture_us = picture_ms * 1000};
}

// The sound of a film waits for pictures that come late, and is back when they do so no more.
static void a_film_is_waited_for(void **state)
{
    (void)state;
    struct pair p = begin(30, 230);
    p.patient = true;
    p.far_us = 200000;
    for (unsigned k = 0; k < 60; k++)
        look(&p);
    assert_in_range(lip_sync_sound_hold(&p.sync), 140000, 180000);
    assert_true(fabs(skew_of(&p)) < 60000);
    p.picture_us = 60000;
    for (unsigned k = 0; k < 60; k++)
        look(&p);
    assert_in_range(lip_sync_sound_hold(&p.sync), 0, 20000);
    p.picture_us = 900000; // no longer than that
    for (unsigned k = 0; k < 100; k++)
        look(&p);
    assert_in_range(lip_sync_sound_hold(&p.sync), 249000, LIP_SYNC_PATIENT_MAX_US);
}

static void holds_what_is_too_much(void **state)
{
    (void)state;
    static const struct {
        double sound_ms, picture_ms;
        int sound_least, sound_most, picture_least, picture_most; // held at the end
        int skew_least, skew_most;
    } rows[] = {
        {50, 50, 0, 0, 0, 0, -1, 1},       {50, 99, 0, 0, 0, 0, 48, 50},        {50, 26, 0, 0, 0, 0, -25, -23},
        {50, 8, 0, 0, 15, 37, -26, -4},    {50, 120, 20, 60, 0, 0, 10, 50},     {20, 130, 60, 80, 0, 0, 25, 51},
        {20, 300, 79, 80, 0, 0, 199, 201}, {300, 20, 0, 0, 79, 80, -201, -199}, {120, 30, 0, 0, 63, 80, -26, -4},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pair p = begin(rows[i].sound_ms, rows[i].picture_ms);
        for (unsigned k = 0; k < 150; k++) {
            look(&p);
            if (k > 80) { // settled: good and still
                assert_in_range((int)lrint(skew_of(&p) / 1000) + 1000, rows[i].skew_least + 1000,
                                rows[i].skew_most + 1000);
            }
        }
        assert_in_range(lip_sync_sound_hold(&p.sync), rows[i].sound_least * 1000, rows[i].sound_most * 1000);
        assert_in_range(lip_sync_picture_hold(&p.sync), rows[i].picture_least * 1000, rows[i].picture_most * 1000);
    }
}

static void goes_gently(void **state)
{
    (void)state;
    struct pair p = begin(150, 20);
    for (unsigned k = 0; k < 400; k++) {
        double before = p.sync.hold_us;
        if (k == 100)
            p.picture_us = 300000; // repairs have become long
        if (k == 200)
            p.picture_us = 150000;
        look(&p);
        assert_true(fabs(p.sync.hold_us - before) <= 4001);
    }
    assert_true(skew_of(&p) > -26000 && skew_of(&p) < 51000);
}

// Sound does not wait for pictures that come much too late.
static void far_pictures_hold_nobody(void **state)
{
    (void)state;
    struct pair p = begin(50, 150);
    for (unsigned k = 0; k < 100; k++)
        look(&p);
    assert_true(lip_sync_sound_hold(&p.sync) > 30000);
    p.far_us = 131000;
    for (unsigned k = 0; k < 100; k++)
        look(&p);
    assert_int_equal(lip_sync_sound_hold(&p.sync), 0);
    p.picture_us = 0; // but pictures for sound
    for (unsigned k = 0; k < 100; k++)
        look(&p);
    assert_true(lip_sync_picture_hold(&p.sync) > 15000);
}

// Noise of 20 ms to and fro within bounds moves nothing.
static void noise_moves_little(void **state)
{
    (void)state;
    uint64_t random = unit_seed();
    struct pair p = begin(60, 50);
    for (unsigned k = 0; k < 3000; k++) {
        p.picture_us = 50000 + (double)(unit_random(&random) % 40000) - 20000;
        look(&p);
        assert_true(fabs(p.sync.hold_us) < 1);
    }
}

static void one_alone_is_not_held(void **state)
{
    (void)state;
    struct pair p = begin(120, 30);
    for (unsigned k = 0; k < 100; k++)
        look(&p);
    uint32_t held = lip_sync_picture_hold(&p.sync);
    assert_true(held > 0);
    for (unsigned k = 0; k < 90; k++) // a pause in what he says
        lip_sync_miss(&p.sync, false, p.now += LOOK_US);
    assert_int_equal(lip_sync_picture_hold(&p.sync), held);
    look(&p);
    for (unsigned k = 0; k < 102; k++)
        lip_sync_miss(&p.sync, false, p.now += LOOK_US);
    assert_int_equal(lip_sync_picture_hold(&p.sync), 0);
    assert_false(p.sync.known);
}

// Who listens for a while, and is seen, is in step as soon as he speaks again; his picture waits for nothing meanwhile.
static void who_listens_is_in_step_afterwards(void **state)
{
    (void)state;
    struct pair p = begin(30, 130);
    for (unsigned k = 0; k < 100; k++)
        look(&p);
    uint32_t held = lip_sync_sound_hold(&p.sync);
    assert_true(held > 40000);
    for (unsigned k = 0; k < 200; k++)
        lip_sync_miss(&p.sync, true, p.now += LOOK_US);
    assert_int_equal(lip_sync_sound_hold(&p.sync), held);
    look(&p);
    assert_int_equal(lip_sync_sound_hold(&p.sync), held);
    for (unsigned k = 0; k < 110; k++)
        lip_sync_miss(&p.sync, true, p.now += LOOK_US);
    for (unsigned k = 0; k < 102; k++) // his camera is off now
        lip_sync_miss(&p.sync, false, p.now += LOOK_US);
    assert_int_equal(lip_sync_sound_hold(&p.sync), 0);
    p = begin(120, 30);
    for (unsigned k = 0; k < 100; k++)
        look(&p);
    assert_true(lip_sync_picture_hold(&p.sync) > 0);
    for (unsigned k = 0; k < 102; k++)
        lip_sync_miss(&p.sync, true, p.now += LOOK_US);
    assert_int_equal(lip_sync_picture_hold(&p.sync), 0);
}

static void nonsense_is_not_believed(void **state)
{
    (void)state;
    struct lip_sync l = {0};
    static const double told[] = {3e6, -3e6, 1e15, -1e15, NAN, INFINITY};
    for (size_t i = 0; i < ARRAY_LEN(told); i++)
        for (unsigned k = 1; k < 50; k++) {
            lip_sync_look(&l, &(struct lip_sync_look){.sound_us = told[i]}, 1000000 + k * (uint64_t)LOOK_US);
            assert_true(l.hold_us > -1 && l.hold_us < 1 && !l.known);
        }
}

static void clocks_are_laid_side_by_side(void **state)
{
    (void)state;
    // Captured at 1 s of ours, heard 70 ms later; both clocks wrap between.
    uint32_t ts = 0xfffffff0u;
    uint64_t captured = 1000000, later = 70000;
    assert_in_range((int)lip_sync_sound_us(lip_sync_sound(ts, captured + later), lip_sync_sound(ts, captured)), 69950,
                    70050);
    assert_in_range((int)lip_sync_picture_us(lip_sync_picture(ts, captured + later), lip_sync_picture(ts, captured)),
                    69950, 70050);
    assert_in_range((int)lip_sync_sound_us(lip_sync_sound(ts, captured), lip_sync_sound(ts + 4800, captured)), 99950,
                    100050);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_film_is_waited_for),
        cmocka_unit_test(holds_what_is_too_much),
        cmocka_unit_test(goes_gently),
        cmocka_unit_test(far_pictures_hold_nobody),
        cmocka_unit_test(noise_moves_little),
        cmocka_unit_test(one_alone_is_not_held),
        cmocka_unit_test(who_listens_is_in_step_afterwards),
        cmocka_unit_test(nonsense_is_not_believed),
        cmocka_unit_test(clocks_are_laid_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
