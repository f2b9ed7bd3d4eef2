// The large picture in speaker view: after two seconds of speech, for at least four.
#include "client/ui/talker.h"
#include "shared/base.h"

#include "unit.h"

enum { MS = 1000 };

static struct talker talker;
static struct talker_voice voice[3];
static uint64_t now, next;

static void begin(void)
{
    talker = (struct talker){0};
    for (uint16_t i = 0; i < 3; i++)
        voice[i] = (struct talker_voice){.id = (uint16_t)(i + 1)};
    now = 10000 * MS;
    talker_follow(&talker, voice, 3, now, &next);
    now += 60000 * MS;
}

static bool at(uint64_t ms)
{
    return talker_follow(&talker, voice, 3, now + ms * MS, &next);
}

static void test_two_seconds(void **state)
{
    (void)state;
    begin();
    assert_int_equal(talker.large, 1); // somebody is large from the start
    voice[1].speaking = true;
    assert_false(at(0));
    assert_int_equal(next, now + 2000 * MS);
    assert_false(at(1999));
    assert_true(at(2000));
    assert_int_equal(talker.large, 2);
    assert_false(at(2001));
}

static void test_four_seconds(void **state)
{
    (void)state;
    begin();
    voice[1].speaking = true;
    at(0);
    at(2000);
    voice[1].speaking = false;
    voice[0].speaking = true;
    at(2100);
    assert_false(at(5999)); // two seconds of speech, but the other has had it for less than four
    assert_int_equal(next, now + 6000 * MS);
    assert_true(at(6000));
    assert_int_equal(talker.large, 1);
}

// A cough a minute later is not the third second of what he said before.
static void test_silence_counts_anew(void **state)
{
    (void)state;
    begin();
    voice[1].speaking = true;
    at(0);
    voice[1].speaking = false;
    at(500);
    assert_int_equal(next, UINT64_MAX);
    voice[1].speaking = true;
    assert_false(at(30000));
    assert_false(at(31999));
    assert_true(at(32000));
}

static void test_two_at_once(void **state)
{
    (void)state;
    begin();
    voice[2].speaking = true;
    at(0);
    voice[1].speaking = true; // somebody says yes meanwhile
    at(1500);
    assert_true(at(2000));
    assert_int_equal(talker.large, 3);
    // Who is large and goes on talking keeps it.
    assert_false(at(60000));
    assert_int_equal(talker.large, 3);
}

static void test_leaves(void **state)
{
    (void)state;
    begin();
    assert_true(talker_follow(&talker, voice + 1, 2, now, &next)); // he has left: no picture stays of him
    assert_int_equal(talker.large, 2);
    assert_false(talker_follow(&talker, voice, 0, now, &next));
    assert_int_equal(talker.large, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_seconds), cmocka_unit_test(test_four_seconds),
                                       cmocka_unit_test(test_silence_counts_anew), cmocka_unit_test(test_two_at_once),
                                       cmocka_unit_test(test_leaves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
