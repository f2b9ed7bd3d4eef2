// Which notice and which change of a call make which sound.
#include "tests/unit/unit.h"

#include "client/sound_rules.h"

#include "shared/base.h"

#include <string.h>

static struct call call; // large

static void room_of(size_t count)
{
    memset(&call, 0, sizeof call);
    call.phase = CALL_IN_ROOM;
    for (size_t i = 0; i < count; i++)
        call.members[i] = (struct call_member){.id = (uint16_t)(i + 1), .known = true, .self = i + 1 == count};
    call.member_count = count;
    call.members[0].known = false; // has just come
    call.members[0].greet = true;
}

static enum sound of(struct notice n)
{
    return sound_rules_notice(&call, &n, false);
}

static void who_joins_is_heard_once(void **state)
{
    (void)state;
    const struct notice proved = {.type = NOTICE_TRUST, .member = 1, .trust = CALL_TRUST_NEW};
    const struct notice told = {.type = NOTICE_STATE, .member = 1};
    room_of(2);
    assert_int_equal(of((struct notice){.type = NOTICE_JOINED, .member = 1}), SOUND_NONE); // anybody may say so
    assert_int_equal(of(proved), SOUND_NONE);                                              // and what is it?
    call.members[0].known = true;
    assert_int_equal(of(told), SOUND_JOINED);
    assert_int_equal(of((struct notice){.type = NOTICE_STATE, .member = 1, .kind = CALL_KIND_CAMERA}), SOUND_NONE);
    call.members[0].known = false;
    call.members[0].told = true;
    assert_int_equal(of(told), SOUND_NONE);
    assert_int_equal(of(proved), SOUND_JOINED); // it said so before it proved it
    call.members[0].kind = CALL_KIND_LIBRARY;
    assert_int_equal(of(proved), SOUND_NONE);
    call.members[0].kind = CALL_KIND_PERSON;
    assert_int_equal(of((struct notice){.type = NOTICE_TRUST, .member = 1, .trust = CALL_TRUST_CHANGED}), SOUND_NONE);
    assert_int_equal(of((struct notice){.type = NOTICE_TRUST, .member = 9, .trust = CALL_TRUST_NEW}), SOUND_NONE);
    call.members[0].known = true; // announced before
    assert_int_equal(of(proved), SOUND_NONE);
    room_of(2);
    call.members[0].greet = false; // was there when we came, or is back within the grace
    assert_int_equal(of(proved), SOUND_NONE);
    room_of(8);
    call.members[0].told = true;
    assert_int_equal(of(proved), SOUND_JOINED);
    room_of(9);
    call.members[0].told = true;
    assert_int_equal(of(proved), SOUND_NONE);
    call.members[1].kind = CALL_KIND_CAMERA; // is nobody in the crowd
    assert_int_equal(of(proved), SOUND_JOINED);
    room_of(2);
    call.private_call = true; // has a sound of its own
    assert_int_equal(of(proved), SOUND_NONE);
}

static void who_leaves_is_heard_if_he_was_one_of_us(void **state)
{
    (void)state;
    room_of(3);
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 2}), SOUND_LEFT);
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 2, .silent = true}), SOUND_NONE);
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 1}), SOUND_NONE); // never proved who he is
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 9}), SOUND_NONE);
    call.members[1].kind = CALL_KIND_CAMERA;
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 2}), SOUND_NONE);
    room_of(8);
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 2}), SOUND_LEFT);
    room_of(9);
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 2}), SOUND_NONE);
    room_of(2);
    call.private_call = true;
    assert_int_equal(of((struct notice){.type = NOTICE_LEFT, .member = 2}), SOUND_NONE);
}

static void a_drop_for_a_message_but_not_while_i_write(void **state)
{
    (void)state;
    struct notice n = {.type = NOTICE_CHAT, .member = 2};
    room_of(3);
    assert_int_equal(of(n), SOUND_MESSAGE);
    assert_int_equal(sound_rules_notice(&call, &n, true), SOUND_NONE);
    n.older = true;
    assert_int_equal(of(n), SOUND_NONE);
    assert_int_equal(of((struct notice){.type = NOTICE_DELIVERED}), SOUND_NONE);
}

static void one_knock_for_one_who_waits(void **state)
{
    (void)state;
    room_of(2);
    assert_int_equal(of((struct notice){.type = NOTICE_KNOCK, .knock = 7}), SOUND_KNOCK);
    call_add_knock(&call, 7, "Ines");
    assert_int_equal(of((struct notice){.type = NOTICE_KNOCK, .knock = 7}), SOUND_NONE); // told again
    assert_int_equal(of((struct notice){.type = NOTICE_KNOCK, .knock = 8}), SOUND_KNOCK);
    assert_int_equal(of((struct notice){.type = NOTICE_NOT_DONE}), SOUND_NOT_POSSIBLE);
}

// ---- changes of the call ----

static struct sound_rules rules;
static struct sound_rules_now now;

static bool typing;

static void look(uint64_t at_us)
{
    sound_rules_look(&rules, &call, typing, at_us, &now);
}

// The one sound of going from one phase to another.
static enum sound between(enum call_phase from, enum call_phase to, bool private_call)
{
    memset(&call, 0, sizeof call);
    memset(&rules, 0, sizeof rules);
    call.phase = from;
    call.private_call = private_call && from >= CALL_JOINING;
    look(1);
    assert_int_equal(now.count, 0); // the first look is no change
    call.phase = to;
    call.private_call = private_call && to >= CALL_JOINING && to <= CALL_RECONNECTING;
    call.microphone_on = call.camera_on = true; // by the way
    look(2);
    enum sound sound = now.count ? now.sounds[0] : SOUND_NONE;
    assert_true(now.count <= 1);
    look(3);
    assert_int_equal(now.count, 0);
    return sound;
}

static void phases_have_their_sounds(void **state)
{
    (void)state;
    static const struct {
        enum call_phase from, to;
        bool private_call;
        enum sound sound;
    } rows[] = {
        {CALL_CALLING, CALL_IN_ROOM, true, SOUND_ANSWERED},   {CALL_RINGING, CALL_IN_ROOM, true, SOUND_ANSWERED},
        {CALL_JOINING, CALL_IN_ROOM, true, SOUND_ANSWERED},   {CALL_JOINING, CALL_IN_ROOM, false, SOUND_NONE},
        {CALL_IN_ROOM, CALL_HOME, true, SOUND_ENDED},         {CALL_RECONNECTING, CALL_HOME, true, SOUND_ENDED},
        {CALL_IN_ROOM, CALL_HOME, false, SOUND_NONE},         {CALL_IN_ROOM, CALL_FAILED, false, SOUND_ENDED},
        {CALL_CALLING, CALL_HOME, false, SOUND_ENDED},        {CALL_JOINING, CALL_HOME, true, SOUND_ENDED},
        {CALL_JOINING, CALL_HOME, false, SOUND_NONE},         {CALL_CALLING, CALL_JOINING, false, SOUND_NONE},
        {CALL_RINGING, CALL_HOME, false, SOUND_NONE},         {CALL_JOINING, CALL_FAILED, false, SOUND_NONE},
        {CALL_IN_ROOM, CALL_RECONNECTING, false, SOUND_LOST}, {CALL_RECONNECTING, CALL_IN_ROOM, false, SOUND_BACK},
        {CALL_IN_ROOM, CALL_RECONNECTING, true, SOUND_LOST},  {CALL_RECONNECTING, CALL_IN_ROOM, true, SOUND_BACK},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("phase %d to %d\n", (int)rows[i].from, (int)rows[i].to);
        assert_int_equal(between(rows[i].from, rows[i].to, rows[i].private_call), rows[i].sound);
    }
}

static void switches_click(void **state)
{
    (void)state;
    memset(&rules, 0, sizeof rules);
    room_of(2);
    look(1);
    call.microphone_on = true;
    look(2);
    assert_true(now.count == 1 && now.sounds[0] == SOUND_MICROPHONE_ON);
    call.camera_on = true;
    look(3);
    assert_true(now.count == 1 && now.sounds[0] == SOUND_CAMERA_ON);
    call.microphone_on = call.camera_on = false;
    look(4);
    assert_true(now.count == 2 && now.sounds[0] == SOUND_MICROPHONE_OFF && now.sounds[1] == SOUND_CAMERA_OFF);
    look(5);
    assert_int_equal(now.count, 0);
}

static void rings_while_it_rings(void **state)
{
    (void)state;
    memset(&rules, 0, sizeof rules);
    memset(&call, 0, sizeof call);
    look(1);
    assert_int_equal(now.loop, SOUND_NONE);
    call.phase = CALL_CALLING;
    look(2);
    assert_int_equal(now.loop, SOUND_NONE); // the relay has not said that it rings
    call.ring.id = 5;
    look(3);
    assert_int_equal(now.loop, SOUND_CALLING);
    call.phase = CALL_RINGING;
    look(4);
    assert_int_equal(now.loop, SOUND_RING);
    assert_true(now.look_us == UINT64_MAX);
    call.phase = CALL_JOINING; // answered: at once
    look(5);
    assert_int_equal(now.loop, SOUND_NONE);
}

static void three_steps_before_it_answers_by_itself(void **state)
{
    (void)state;
    enum { SECOND = 1000000 };
    static const struct {
        uint64_t at_ms;
        enum sound loop, sound;
        uint64_t look_ms;
    } rows[] = {{0, SOUND_RING, SOUND_NONE, 2000},         {1999, SOUND_RING, SOUND_NONE, 2000},
                {2000, SOUND_NONE, SOUND_STEP_1, 3000},    {2500, SOUND_NONE, SOUND_NONE, 3000},
                {3000, SOUND_NONE, SOUND_STEP_2, 4000},    {3001, SOUND_NONE, SOUND_NONE, 4000},
                {4010, SOUND_NONE, SOUND_STEP_3, 5000},    {4999, SOUND_NONE, SOUND_NONE, 5000},
                {5000, SOUND_NONE, SOUND_NONE, UINT64_MAX}};
    memset(&rules, 0, sizeof rules);
    memset(&call, 0, sizeof call);
    call.phase = CALL_RINGING;
    call.ring.id = 5;
    call.ring.answers_at_us = 105 * (uint64_t)SECOND;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        look(100 * (uint64_t)SECOND + rows[i].at_ms * 1000);
        assert_int_equal(now.loop, rows[i].loop);
        assert_int_equal(now.count ? now.sounds[0] : SOUND_NONE, rows[i].sound);
        uint64_t due = rows[i].look_ms == UINT64_MAX ? UINT64_MAX : 100 * (uint64_t)SECOND + rows[i].look_ms * 1000;
        assert_true(now.look_us == due);
    }
    call.ring.answers_at_us = 0; // somebody is here: it rings on
    look(105 * (uint64_t)SECOND);
    assert_int_equal(now.loop, SOUND_RING);
}

static void nobody_makes_it_sound_all_the_time(void **state)
{
    (void)state;
    enum { SECOND = 1000000 };
    memset(&rules, 0, sizeof rules);
    uint64_t t = 50 * (uint64_t)SECOND;
    unsigned heard = 0;
    for (unsigned i = 0; i < 3; i++)
        assert_true(sound_rules_may(&rules, SOUND_MESSAGE, t));
    assert_false(sound_rules_may(&rules, SOUND_MESSAGE, t));
    assert_true(sound_rules_may(&rules, SOUND_KNOCK, t)); // each for itself
    for (unsigned ms = 0; ms < 60000; ms += 10)
        heard += sound_rules_may(&rules, SOUND_MESSAGE, t + ms * (uint64_t)1000);
    assert_in_range(heard, 29, 30); // a flood of a minute: one in two seconds
    t += 70 * (uint64_t)SECOND;
    for (unsigned i = 0; i < 3; i++) // and as before when it is over
        assert_true(sound_rules_may(&rules, SOUND_MESSAGE, t));
    for (unsigned i = 0; i < 50; i++) // a person at his own keys
        assert_true(sound_rules_may(&rules, i % 2 ? SOUND_MICROPHONE_ON : SOUND_MICROPHONE_OFF, t));
}

// An offer is a drop of water, but not while one writes; what has arrived, here or there, sounds once.
static void test_files(void **state)
{
    (void)state;
    memset(&call, 0, sizeof call);
    memset(&rules, 0, sizeof rules);
    call.phase = CALL_IN_ROOM;
    look(1);
    struct call_file *f = call_file_add(&call);
    f->state = CALL_FILE_ASKED;
    look(2);
    assert_int_equal(now.count, 1);
    assert_int_equal(now.sounds[0], SOUND_MESSAGE);
    look(3);
    assert_int_equal(now.count, 0);
    f->state = CALL_FILE_DONE;
    look(4);
    assert_int_equal(now.count, 1);
    assert_int_equal(now.sounds[0], SOUND_FILE_DONE);
    look(5);
    assert_int_equal(now.count, 0);
    typing = true;
    call_file_add(&call)->state = CALL_FILE_ASKED;
    look(6);
    assert_int_equal(now.count, 0);
    typing = false;
    look(7); // it is not told afterwards
    assert_int_equal(now.count, 0);
    for (size_t i = 0; i < 40; i++) // the table turns over
        call_file_add(&call)->state = CALL_FILE_DONE;
    look(8);
    assert_int_equal(now.count, 1);
    look(9);
    assert_int_equal(now.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_joins_is_heard_once),
                                       cmocka_unit_test(who_leaves_is_heard_if_he_was_one_of_us),
                                       cmocka_unit_test(one_knock_for_one_who_waits),
                                       cmocka_unit_test(a_drop_for_a_message_but_not_while_i_write),
                                       cmocka_unit_test(phases_have_their_sounds),
                                       cmocka_unit_test(switches_click),
                                       cmocka_unit_test(rings_while_it_rings),
                                       cmocka_unit_test(three_steps_before_it_answers_by_itself),
                                       cmocka_unit_test(nobody_makes_it_sound_all_the_time),
                                       cmocka_unit_test(test_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
