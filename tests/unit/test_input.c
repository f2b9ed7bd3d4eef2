// What a key means, when it means nothing, and how keys are named.
#include "client/ui/input.h"
#include "tests/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static enum input_action press(const char *name, bool typing, uint64_t since, bool kiosk)
{
    SDL_Keycode key;
    uint16_t modifiers;
    assert_true(input_parse(name, &key, &modifiers));
    return input_lookup(key, modifiers, typing, since, kiosk);
}

static void test_keys(void **state)
{
    (void)state;
    assert_int_equal(press("m", false, 10000, false), INPUT_MICROPHONE);
    assert_int_equal(press("V", false, 10000, false), INPUT_CAMERA);
    assert_int_equal(press("Ctrl+D", false, 10000, false), INPUT_LEAVE);
    assert_int_equal(press("d", false, 10000, false), INPUT_SHARE);
    assert_int_equal(press("d", true, 0, false), INPUT_NONE);
    assert_int_equal(press("F11", false, 10000, false), INPUT_FULL_SCREEN);
    assert_int_equal(press("?", false, 10000, false), INPUT_HELP);
    assert_int_equal(press("Shift+/", false, 10000, false), INPUT_HELP);
    assert_int_equal(press("Escape", false, 10000, false), INPUT_BACK);
    assert_int_equal(press("Ctrl++", false, 10000, false), INPUT_TEXT_LARGER);
    assert_int_equal(press("Ctrl+=", false, 10000, false), INPUT_TEXT_LARGER);
    assert_int_equal(press("Ctrl+0", false, 10000, false), INPUT_TEXT_NORMAL);
    assert_int_equal(press("0", false, 10000, false), INPUT_HIDE_ME);
    assert_int_equal(press("Left", false, 10000, false), INPUT_LEFT);
    assert_int_equal(press("PageUp", false, 10000, false), INPUT_PAGE_UP);
    assert_int_equal(press("p", false, 10000, false), INPUT_PEOPLE);
    assert_int_equal(press("y", false, 10000, false), INPUT_SAFETY_CODE);
    assert_int_equal(press("Tab", false, 10000, false), INPUT_ANSWER);
    assert_int_equal(press("r", false, 10000, false), INPUT_HAND);
    assert_int_equal(press("1", false, 10000, false), INPUT_PIN_1);
    assert_int_equal(press("9", false, 10000, false), INPUT_PIN_9);
    assert_int_equal(press("Keypad 5", false, 10000, false), INPUT_PIN_5);
    assert_int_equal(press("3", true, 0, false), INPUT_NONE); // a number that is being typed
    assert_int_equal(press("Alt+m", false, 10000, false), INPUT_NONE);
}

static void test_typing(void **state)
{
    (void)state;
    // No letter acts while a field has the focus.
    for (char c = 'a'; c <= 'z'; c++) {
        char name[2] = {c, '\0'};
        assert_int_equal(press(name, true, 0, false), INPUT_NONE);
    }
    assert_int_equal(press("0", true, 0, false), INPUT_NONE);
    assert_int_equal(press("?", true, 0, false), INPUT_NONE);
    assert_int_equal(press("Escape", true, 0, false), INPUT_BACK);
    assert_int_equal(press("Ctrl+D", true, 0, false), INPUT_LEAVE);
    assert_int_equal(press("Up", true, 0, false), INPUT_UP);
    assert_int_equal(press("Tab", true, 0, false), INPUT_ANSWER); // the way to a card while writing
    // M and V are held back a moment longer: the hand is still writing.
    assert_int_equal(press("m", false, 299, false), INPUT_NONE);
    assert_int_equal(press("v", false, 299, false), INPUT_NONE);
    assert_int_equal(press("c", false, 0, false), INPUT_CHAT);
    assert_int_equal(press("m", false, 300, false), INPUT_MICROPHONE);
}

static void test_kiosk(void **state)
{
    (void)state;
    assert_int_equal(press("Ctrl+Q", false, 10000, true), INPUT_NONE);
    assert_int_equal(press("F11", false, 10000, true), INPUT_NONE);
    assert_int_equal(press("f", false, 10000, true), INPUT_NONE);
    assert_int_equal(press("Ctrl+D", false, 10000, true), INPUT_LEAVE);
    assert_int_equal(press("Ctrl+Q", false, 10000, false), INPUT_QUIT);
}

static void test_table(void **state)
{
    (void)state;
    size_t count;
    const struct input_key *keys = input_table(&count);
    for (size_t i = 0; i < count; i++) {
        assert_true(keys[i].column == INPUT_UNLISTED || (keys[i].words && keys[i].cap[0]));
        for (size_t k = 0; k < i; k++) // no key means two things
            assert_false(keys[i].key == keys[k].key && keys[i].ctrl == keys[k].ctrl);
    }
}

static void refused(const char *spec, const char *why)
{
    char error[200] = "";
    if (input_bind(spec, error, sizeof error))
        fail_msg("%s was taken", spec);
    if (!strstr(error, why))
        fail_msg("%s: \"%s\" does not say \"%s\"", spec, error, why);
}

static void test_bindings(void **state)
{
    (void)state;
    char error[200] = "";
    assert_true(input_bind("chat=T, microphone=F5,connection=Ctrl+K,help=none", error, sizeof error));
    assert_int_equal(press("t", false, 10000, false), INPUT_CHAT);
    assert_int_equal(press("c", false, 10000, false), INPUT_NONE); // given away
    assert_int_equal(press("F5", false, 10000, false), INPUT_MICROPHONE);
    assert_int_equal(press("F5", true, 10000, false), INPUT_MICROPHONE); // writes nothing
    assert_int_equal(press("F5", false, 100, false), INPUT_NONE);        // still held back after writing
    assert_int_equal(press("m", false, 10000, false), INPUT_NONE);
    assert_int_equal(press("t", true, 10000, false), INPUT_NONE);
    assert_int_equal(press("Ctrl+K", true, 10000, false), INPUT_CONNECTION);
    assert_int_equal(press("?", false, 10000, false), INPUT_NONE);
    assert_int_equal(press("F1", false, 10000, false), INPUT_NONE);
    assert_int_equal(input_lookup(SDLK_AUDIOMUTE, 0, false, 10000, false), INPUT_MICROPHONE); // of the headset
    assert_string_equal(input_cap(INPUT_CHAT), "T");
    assert_string_equal(input_cap(INPUT_MICROPHONE), "F5");
    assert_string_equal(input_cap(INPUT_HELP), "");
    assert_string_equal(input_cap(INPUT_CONNECTION), ""); // not a single key

    refused("chat=Escape", "way through");
    refused("chat=Left", "way through");
    refused("chat=OK", "way through");
    refused("chat=Back", "way through");
    refused("fly=F", "no action 'fly'");
    refused("chat=NoSuchKey", "no key 'NoSuchKey'");
    refused("chat=Alt+C", "Ctrl");
    refused("chat=V", "two actions");
    refused("chat=F5,camera=F5", "two actions");
    refused("chat", "ACTION=KEY");
    refused("chat=", "ACTION=KEY");
    refused("=F5", "no action");
    assert_int_equal(press("t", false, 10000, false), INPUT_CHAT); // a refused one changes nothing

    assert_true(input_bind("none", error, sizeof error));
    for (char c = 33; c < 127; c++)
        assert_int_equal(input_lookup(c, 0, false, 10000, false), INPUT_NONE);
    assert_int_equal(press("Escape", false, 10000, false), INPUT_BACK);
    assert_int_equal(press("F1", false, 10000, false), INPUT_HELP);
    assert_int_equal(press("Ctrl+D", false, 10000, false), INPUT_LEAVE);
    assert_int_equal(press("Return", false, 10000, false), INPUT_PRESS);
    assert_true(input_bind("none,chat=C", error, sizeof error));
    assert_int_equal(press("c", false, 10000, false), INPUT_CHAT);
    assert_int_equal(press("v", false, 10000, false), INPUT_NONE);
    assert_true(input_bind("microphone=C,chat=M", error, sizeof error)); // changed over
    assert_int_equal(press("c", false, 10000, false), INPUT_MICROPHONE);
    assert_true(input_bind("chat=,,hand=#", error, sizeof error));
    assert_int_equal(press(",", false, 10000, false), INPUT_CHAT);
    assert_int_equal(press("#", false, 10000, false), INPUT_HAND);
    assert_true(input_bind("", error, sizeof error));
    assert_int_equal(press("m", false, 10000, false), INPUT_MICROPHONE);
    assert_int_equal(press("Ctrl+,", true, 0, true), INPUT_SETTINGS);
    // Any text is taken or refused, and says why.
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        static const char *const parts[] = {"chat", "=", ",",    "F5", "none",      "Ctrl+",
                                            "C",    " ", "help", "1",  "microphone"};
        char spec[120] = "";
        for (int k = 0; k < 9; k++)
            strncat(spec, parts[random_next(&seed) % (sizeof parts / sizeof parts[0])], sizeof spec - strlen(spec) - 1);
        error[0] = 0;
        if (!input_bind(spec, error, sizeof error))
            assert_true(error[0] != 0);
        assert_int_equal(press("Escape", false, 10000, true), INPUT_BACK);
    }
    assert_true(input_bind("", error, sizeof error));
}

static void test_names(void **state)
{
    (void)state;
    SDL_Keycode key;
    uint16_t modifiers;
    assert_false(input_parse("NoSuchKey", &key, &modifiers));
    assert_false(input_parse("", &key, &modifiers));
    assert_true(input_parse("ctrl+d", &key, &modifiers));
    assert_int_equal(key, SDLK_d);
    assert_int_equal(modifiers, KMOD_LCTRL);
    assert_true(input_parse("OK", &key, &modifiers));
    assert_int_equal(key, SDLK_RETURN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys),     cmocka_unit_test(test_typing),
                                       cmocka_unit_test(test_kiosk),    cmocka_unit_test(test_table),
                                       cmocka_unit_test(test_bindings), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
