// Who speaks while his microphone is off is told so; not for a cough, not for what the loudspeaker plays, not all the
// time.
#include "client/mute_hint.h"
#include "tests/unit/unit.h"

enum { LOOK = 100000 };

// Looks ten times a second until `seconds` are over; returns how often it told.
static unsigned live(struct mute_hint *h, uint64_t *now, double seconds, bool voice, bool others)
{
    unsigned told = 0;
    for (int i = 0; i < (int)(seconds * 10); i++, *now += LOOK)
        told += mute_hint_look(h, voice, others, *now);
    return told;
}

static void who_speaks_is_told_once(void **state)
{
    (void)state;
    struct mute_hint h = {0};
    uint64_t now = 5000000;
    assert_int_equal(live(&h, &now, 0.6, true, false), 0); // a cough
    assert_int_equal(live(&h, &now, 2, false, false), 0);
    assert_int_equal(live(&h, &now, 0.5, true, false), 0);
    assert_int_equal(live(&h, &now, 0.2, false, false), 0); // between two words
    assert_int_equal(live(&h, &now, 0.5, true, false), 1);
    assert_int_equal(live(&h, &now, 15, true, false), 0);
    assert_int_equal(live(&h, &now, 10, true, false), 1);
    assert_int_equal(live(&h, &now, 60, false, false), 0);
}

static void others_are_not_he(void **state)
{
    (void)state;
    struct mute_hint h = {0};
    uint64_t now = 5000000;
    assert_int_equal(live(&h, &now, 30, true, true), 0);
    assert_int_equal(live(&h, &now, 0.5, true, false), 0); // the room's echo of them
    assert_int_equal(live(&h, &now, 3, true, false), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_speaks_is_told_once),
        cmocka_unit_test(others_are_not_he),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
