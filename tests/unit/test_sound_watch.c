// What is said of a sound device, and when it is opened anew: once for each thing that happens.
#include "tests/unit/unit.h"

#include "client/sound_watch.h"

static char story[512];

static void note(const char *what, const char *text)
{
    size_t n = strlen(story);
    snprintf(story + n, sizeof story - n, "%s:%s;", what, text);
}

static void failed(void *ctx, const char *sentence)
{
    (void)ctx;
    note("f", sentence);
}

static void said(void *ctx, enum sound_said what, const char *wanted, const char *now)
{
    static const char *const names[] = {"other", "return", "silent"};
    (void)ctx;
    note(names[what], wanted);
    note("by", now);
}

static struct sound_watch fresh(void)
{
    story[0] = 0;
    return (struct sound_watch){
        .wanted = "desk", .missing = "none", .stuck = "stuck", .on_failed = failed, .on_said = said};
}

static void tells(const char *expected)
{
    assert_string_equal(story, expected);
    story[0] = 0;
}

#define S(seconds) ((uint64_t)((seconds)*1000000))

static void gone_and_back(void **state)
{
    (void)state;
    struct sound_watch w = fresh();
    sound_watch_opened(&w, "desk", false, S(1));
    assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, 0, S(2)));
    tells("");
    assert_false(sound_watch_looked(&w, SOUND_DEVICE_GONE, 0, S(3)));
    sound_watch_opened(&w, "room", true, S(3));
    tells("other:desk;by:room;");
    assert_false(sound_watch_looked(&w, SOUND_DEVICE_GONE, 0, S(4)));
    sound_watch_opened(&w, "room", true, S(4));
    tells("");
    assert_false(sound_watch_looked(&w, SOUND_DEVICE_RETURNS, 0, S(5)));
    sound_watch_opened(&w, "desk", false, S(5));
    tells("return:desk;by:desk;");
}

static void none_at_all(void **state)
{
    (void)state;
    struct sound_watch w = fresh();
    for (int i = 1; i < 4; i++)
        sound_watch_opened(&w, NULL, false, S(i));
    tells("f:none;");
    sound_watch_opened(&w, "desk", false, S(5));
    tells("f:;");
}

static void one_that_hangs(void **state)
{
    (void)state;
    struct sound_watch w = fresh();
    sound_watch_opened(&w, "desk", false, S(1));
    assert_false(sound_watch_looked(&w, SOUND_DEVICE_STUCK, 0, S(4))); // once may happen
    sound_watch_opened(&w, "desk", false, S(4));
    assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, 0, S(5)));
    tells("");
    assert_false(sound_watch_looked(&w, SOUND_DEVICE_STUCK, 0, S(8)));
    tells("f:stuck;");
    sound_watch_opened(&w, "desk", false, S(8)); // says nothing yet
    sound_watch_opened(&w, NULL, false, S(9));   // those that hang are not closed
    assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, 0, S(10)));
    tells("");
    assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, 0, S(14)));
    tells("f:;");
    sound_watch_opened(&w, NULL, false, S(15));
    tells("f:none;");
}

static void silence(void **state)
{
    (void)state;
    struct sound_watch w = fresh();
    sound_watch_opened(&w, "desk", false, S(1));
    assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, S(2.9), S(4)));
    assert_false(sound_watch_looked(&w, SOUND_DEVICE_WORKS, S(3), S(4.1))); // opened anew first
    sound_watch_opened(&w, "desk", false, S(4.2));
    assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, 1, S(4.3))); // nothing has come yet
    tells("");
    for (int i = 0; i < 5; i++)
        assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, S(3 + i), S(7.3 + i)));
    tells("silent:desk;by:;");
    assert_true(sound_watch_looked(&w, SOUND_DEVICE_WORKS, 0, S(13))); // it is heard, and then again it is not
    assert_false(sound_watch_looked(&w, SOUND_DEVICE_WORKS, S(3), S(17)));
    tells("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gone_and_back), cmocka_unit_test(none_at_all),
                                       cmocka_unit_test(one_that_hangs), cmocka_unit_test(silence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
