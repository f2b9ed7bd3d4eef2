// When microphone and camera are open: what is promised to people, over thousands of random courses of events
// (PARLOUR_SEEDS=N: so many; PARLOUR_SEED=N: from that seed), and the single cases by name.
#include "tests/unit/unit.h"

#include "client/privacy.h"

#define MIC    PRIVACY_MICROPHONE
#define CAMERA PRIVACY_CAMERA

enum { EVENTS = PRIVACY_CAMERA_BACK + 1, COURSE = 200 };

// What the person here has said so far, kept apart from the code under test.
struct person {
    bool on[PRIVACY_DEVICES]; // his last word about it; not after a mute
    bool picture;             // false: this call has been answered without
    bool asked, in;           // he has asked, called or answered; and what came of it
    bool calls;               // he has called, and nobody has answered yet
    bool held, tries;
    bool plugged[PRIVACY_DEVICES];
};

static void over(struct person *h)
{
    h->asked = h->in = h->calls = h->held = h->tries = false;
    h->picture = true;
}

static void hears(struct person *h, enum privacy_event e)
{
    switch (e) {
    case PRIVACY_SWITCH_MICROPHONE:
        h->on[MIC] = h->on[MIC] == h->held;
        h->held = false;
        break;
    case PRIVACY_SWITCH_CAMERA:
        h->on[CAMERA] = !(h->on[CAMERA] && h->picture);
        h->picture = true;
        break;
    case PRIVACY_HOLD:
        h->held = h->in;
        break;
    case PRIVACY_RELEASE:
        h->held = false;
        break;
    case PRIVACY_HOLD_LOST:
        if (h->held)
            h->on[MIC] = false;
        h->held = false;
        break;
    case PRIVACY_ASK:
    case PRIVACY_CALL:
    case PRIVACY_ANSWER:
    case PRIVACY_ANSWER_SOUND:
        over(h);
        h->asked = true;
        h->calls = e == PRIVACY_CALL;
        h->picture = e != PRIVACY_ANSWER_SOUND;
        break;
    case PRIVACY_LEAVE:
    case PRIVACY_OVER:
        over(h);
        break;
    case PRIVACY_ENTER:
        h->in = h->asked;
        h->calls = false;
        break;
    case PRIVACY_MUTE:
        h->on[MIC] = h->held = false;
        break;
    case PRIVACY_TRY:
        h->tries = h->tries || !h->asked;
        break;
    case PRIVACY_TRIED:
    case PRIVACY_RING:
        h->tries = false;
        break;
    case PRIVACY_MICROPHONE_LOST:
    case PRIVACY_MICROPHONE_BACK:
        h->plugged[MIC] = e == PRIVACY_MICROPHONE_BACK;
        break;
    case PRIVACY_CAMERA_LOST:
    case PRIVACY_CAMERA_BACK:
        h->plugged[CAMERA] = e == PRIVACY_CAMERA_BACK;
        break;
    }
}

static bool open_now(const struct privacy *p, enum privacy_device d)
{
    return privacy_open(p, d) && !p->lost[d];
}

// What may turn a device on that was off: an act of the person's on it, his first entering of what he has asked for
// (the camera also the asking itself: his own picture), or its return.
static bool may_open(enum privacy_device d, enum privacy_event e, const struct person *before)
{
    if (e == PRIVACY_TRY)
        return !before->asked;
    if (e == PRIVACY_ENTER)
        return before->asked && !before->in;
    if (d == MIC && e == PRIVACY_RELEASE) // he was silent while he held it
        return before->held && before->on[MIC];
    if (d == MIC)
        return e == PRIVACY_SWITCH_MICROPHONE || e == PRIVACY_HOLD || e == PRIVACY_MICROPHONE_BACK;
    return e == PRIVACY_SWITCH_CAMERA || e == PRIVACY_ASK || e == PRIVACY_ANSWER || e == PRIVACY_CAMERA_BACK;
}

static void one_course(uint64_t seed)
{
    uint64_t r = seed;
    struct privacy p;
    struct person h = {.picture = true, .plugged = {true, true}};
    h.on[MIC] = unit_random(&r) % 4 > 0;
    h.on[CAMERA] = unit_random(&r) % 4 > 0;
    privacy_init(&p, h.on[MIC], h.on[CAMERA]);
    for (int i = 0; i < COURSE; i++) {
        enum privacy_event e = (enum privacy_event)(unit_random(&r) % EVENTS);
        if (unit_random(&r) % 4 == 0) // more of what leads somewhere
            e = unit_random(&r) % 2 ? PRIVACY_ENTER : PRIVACY_ASK;
        struct person before = h;
        bool was[PRIVACY_DEVICES] = {open_now(&p, MIC), open_now(&p, CAMERA)};
        privacy_event(&p, e);
        hears(&h, e);
        for (int k = 0; k < PRIVACY_DEVICES; k++) {
            enum privacy_device d = (enum privacy_device)k;
            bool open = open_now(&p, d);
            bool wanted = d == MIC ? h.on[MIC] != h.held : h.on[CAMERA] && h.picture;
            bool place = d == MIC ? h.in : h.asked && !h.calls;
            if (open && !was[d] && !may_open(d, e, &before))
                fail_msg("seed %llu step %d: event %d turned device %d on", (unsigned long long)seed, i, (int)e, k);
            if (open != ((h.tries || (wanted && place)) && h.plugged[d]))
                fail_msg("seed %llu step %d: after event %d device %d is %s", (unsigned long long)seed, i, (int)e, k,
                         open ? "open" : "closed");
            assert_int_equal(privacy_wants(&p, d), wanted);
            assert_int_equal(privacy_told(&p, d), wanted && h.asked && h.plugged[d]);
        }
    }
}

static void nothing_but_a_person_turns_anything_on(void **state)
{
    (void)state;
    const char *many = getenv("PARLOUR_SEEDS");
    uint64_t seed = unit_seed();
    unsigned long count = many ? strtoul(many, NULL, 10) : 5000;
    for (unsigned long i = 0; i < count; i++)
        one_course(seed + i);
}

// ---- by name ----

static struct privacy after(bool microphone, bool camera, size_t count, const enum privacy_event *events)
{
    struct privacy p;
    privacy_init(&p, microphone, camera);
    for (size_t i = 0; i < count; i++)
        privacy_event(&p, events[i]);
    return p;
}

#define AFTER(microphone, camera, ...)                                                                                 \
    after(microphone, camera, sizeof((enum privacy_event[]){__VA_ARGS__}) / sizeof(enum privacy_event),                \
          (enum privacy_event[]){__VA_ARGS__})

static void closed(struct privacy p)
{
    assert_false(privacy_open(&p, MIC) || privacy_open(&p, CAMERA));
}

static void ringing_and_calling_open_nothing(void **state)
{
    (void)state;
    closed(AFTER(true, true, PRIVACY_RING));
    closed(AFTER(true, true, PRIVACY_CALL));
    closed(AFTER(true, true, PRIVACY_RING, PRIVACY_ENTER)); // a room nobody here has asked for
    closed(AFTER(true, true, PRIVACY_CALL, PRIVACY_LEAVE, PRIVACY_ENTER));
    closed(AFTER(true, true, PRIVACY_CALL, PRIVACY_OVER, PRIVACY_ENTER));
    struct privacy p = AFTER(true, true, PRIVACY_CALL, PRIVACY_ENTER);
    assert_true(privacy_open(&p, MIC) && privacy_open(&p, CAMERA));
}

static void in_front_of_the_door_one_sees_oneself_and_nobody_hears(void **state)
{
    (void)state;
    struct privacy p = AFTER(true, true, PRIVACY_ASK);
    assert_true(privacy_open(&p, CAMERA));
    assert_false(privacy_open(&p, MIC));
}

static void trying_is_for_oneself_alone(void **state)
{
    (void)state;
    struct privacy p = AFTER(false, false, PRIVACY_TRY);
    assert_true(privacy_open(&p, MIC) && privacy_open(&p, CAMERA)); // also who has both off for calls
    assert_false(privacy_told(&p, MIC) || privacy_told(&p, CAMERA) || privacy_wants(&p, MIC));
    closed(AFTER(true, true, PRIVACY_TRY, PRIVACY_TRIED));
    closed(AFTER(true, true, PRIVACY_TRY, PRIVACY_RING));
    closed(AFTER(true, true, PRIVACY_TRY, PRIVACY_CALL));
    closed(AFTER(true, true, PRIVACY_TRY, PRIVACY_OVER));
    closed(AFTER(false, false, PRIVACY_TRY, PRIVACY_ASK, PRIVACY_ENTER));
    p = AFTER(false, false, PRIVACY_TRY, PRIVACY_ENTER); // a room nobody here has asked for
    assert_int_equal(p.place, PRIVACY_TRYING);
    closed(AFTER(false, false, PRIVACY_ASK, PRIVACY_ENTER, PRIVACY_TRY)); // not while others could hear it
}

static void without_picture_is_for_this_call_alone(void **state)
{
    (void)state;
    struct privacy p = AFTER(true, true, PRIVACY_RING, PRIVACY_ANSWER_SOUND, PRIVACY_ENTER);
    assert_true(privacy_open(&p, MIC));
    assert_false(privacy_open(&p, CAMERA) || privacy_wants(&p, CAMERA));
    privacy_event(&p, PRIVACY_LEAVE);
    privacy_event(&p, PRIVACY_ASK);
    assert_true(privacy_open(&p, CAMERA)); // as he had left it
    p = AFTER(true, false, PRIVACY_ANSWER_SOUND, PRIVACY_ENTER, PRIVACY_LEAVE, PRIVACY_ASK);
    assert_false(privacy_open(&p, CAMERA));
    p = AFTER(true, true, PRIVACY_ANSWER_SOUND, PRIVACY_ENTER, PRIVACY_SWITCH_CAMERA);
    assert_true(privacy_open(&p, CAMERA)); // he has changed his mind
}

static void a_mute_stays_through_everything_but_a_persons_act(void **state)
{
    (void)state;
    struct privacy p =
        AFTER(true, true, PRIVACY_ASK, PRIVACY_ENTER, PRIVACY_MUTE, PRIVACY_ENTER, PRIVACY_MICROPHONE_LOST,
              PRIVACY_MICROPHONE_BACK, PRIVACY_LEAVE, PRIVACY_ASK, PRIVACY_ENTER);
    assert_false(privacy_open(&p, MIC));
    assert_true(privacy_open(&p, CAMERA));
    privacy_event(&p, PRIVACY_SWITCH_MICROPHONE);
    assert_true(privacy_open(&p, MIC));
}

static void a_mute_beats_a_held_key(void **state)
{
    (void)state;
    struct privacy p = AFTER(false, false, PRIVACY_ASK, PRIVACY_ENTER, PRIVACY_HOLD);
    assert_true(privacy_open(&p, MIC));
    privacy_event(&p, PRIVACY_MUTE);
    assert_false(privacy_open(&p, MIC));
    privacy_event(&p, PRIVACY_RELEASE);
    assert_false(privacy_open(&p, MIC));
    p = AFTER(false, false, PRIVACY_HOLD, PRIVACY_ASK, PRIVACY_ENTER); // held before: not into a room
    assert_false(privacy_open(&p, MIC));
}

static void a_held_key_turns_the_microphone_around(void **state)
{
    (void)state;
    struct privacy p = AFTER(true, false, PRIVACY_ASK, PRIVACY_ENTER, PRIVACY_HOLD);
    assert_false(privacy_open(&p, MIC) || privacy_told(&p, MIC)); // silent while it is held
    privacy_event(&p, PRIVACY_HOLD);                              // and no less so when it is told twice
    assert_false(privacy_open(&p, MIC));
    privacy_event(&p, PRIVACY_RELEASE);
    assert_true(privacy_open(&p, MIC));
    privacy_event(&p, PRIVACY_HOLD);
    privacy_event(&p, PRIVACY_SWITCH_MICROPHONE); // M is the last word about what is shown
    privacy_event(&p, PRIVACY_RELEASE);
    assert_true(privacy_open(&p, MIC));
}

static void a_hold_that_is_lost_ends_silent(void **state)
{
    (void)state;
    for (int on = 0; on < 2; on++) {
        struct privacy p = AFTER(on, false, PRIVACY_ASK, PRIVACY_ENTER, PRIVACY_HOLD, PRIVACY_HOLD_LOST);
        assert_false(privacy_open(&p, MIC));
        privacy_event(&p, PRIVACY_RELEASE); // of the key, long after
        assert_false(privacy_open(&p, MIC));
        privacy_event(&p, PRIVACY_SWITCH_MICROPHONE);
        assert_true(privacy_open(&p, MIC));
    }
    struct privacy p = AFTER(true, false, PRIVACY_ASK, PRIVACY_ENTER, PRIVACY_HOLD_LOST); // of none
    assert_true(privacy_open(&p, MIC));
}

static void a_device_that_comes_back_is_what_it_was(void **state)
{
    (void)state;
    struct privacy p = AFTER(true, true, PRIVACY_ASK, PRIVACY_ENTER, PRIVACY_CAMERA_LOST);
    assert_true(privacy_open(&p, CAMERA)); // looked for
    assert_false(privacy_told(&p, CAMERA));
    privacy_event(&p, PRIVACY_SWITCH_CAMERA);
    privacy_event(&p, PRIVACY_CAMERA_BACK);
    assert_false(privacy_open(&p, CAMERA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_but_a_person_turns_anything_on),
        cmocka_unit_test(ringing_and_calling_open_nothing),
        cmocka_unit_test(in_front_of_the_door_one_sees_oneself_and_nobody_hears),
        cmocka_unit_test(trying_is_for_oneself_alone),
        cmocka_unit_test(without_picture_is_for_this_call_alone),
        cmocka_unit_test(a_mute_stays_through_everything_but_a_persons_act),
        cmocka_unit_test(a_mute_beats_a_held_key),
        cmocka_unit_test(a_held_key_turns_the_microphone_around),
        cmocka_unit_test(a_hold_that_is_lost_ends_silent),
        cmocka_unit_test(a_device_that_comes_back_is_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
