// Lines from words, with a font whose every character is 10 wide (CJK 20).
#include "client/ui/text_wrap.h"
#include "client/utf8.h"
#include "shared/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int width_of(void *ctx, const char *text, size_t length)
{
    int width = 0;
    uint32_t code;
    (void)ctx;
    for (size_t i = 0, n; i < length; i += n) {
        n = utf8_next(text + i, length - i, &code);
        width += utf8_is_mark(code) ? 0 : utf8_is_wide(code) ? 20 : 10;
    }
    return width;
}

// Lines joined by '|'.
static void expect(const char *text, int width, const char *want)
{
    struct text_span span[32];
    char out[512] = "";
    size_t lines = text_wrap(text, strlen(text), width, width_of, NULL, span, ARRAY_LEN(span));
    for (size_t i = 0; i < lines; i++) {
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%.*s", i ? "|" : "", (int)span[i].length, text + span[i].start);
        assert_true(span[i].width <= width || span[i].length <= 4);
    }
    assert_string_equal(out, want);
}

static void test_words(void **state)
{
    (void)state;
    expect("", 100, "");
    expect("one two three", 70, "one two|three");
    expect("one two", 70, "one two");
    expect("one  two", 60, "one|two");
    expect("well-known thing", 60, "well-|known|thing");
    expect("at -7 degrees", 60, "at -7|degree|s");
    expect("a\nb\n\nc", 100, "a|b||c");
    expect("ends \n", 100, "ends");
}

static void test_long_words(void **state)
{
    (void)state;
    expect("abcdefghij", 40, "abcd|efgh|ij");
    expect("x abcdefghij y", 40, "x ab|cdef|ghij|y");
    expect("aaa", 5, "a|a|a"); // narrower than one letter: still ends
    expect("e\u0301e\u0301e\u0301", 20, "e\u0301e\u0301|e\u0301");
}

static void test_cjk(void **state)
{
    (void)state;
    expect("日本語の文", 60, "日本語|の文");
    expect("日本語。の", 60, "日本|語。の"); // a full stop never begins a line
    expect("ab日本", 40, "ab日|本");
}

static void test_bound(void **state)
{
    (void)state;
    struct text_span span[2];
    assert_int_equal(text_wrap("a b c d", 7, 10, width_of, NULL, span, 2), 4);
    assert_int_equal(text_wrap("a b c d", 7, 10, width_of, NULL, NULL, 0), 4);
    // 5000 capital letters: bounded time, every line fits.
    static char big[5000];
    static struct text_span many[1000];
    memset(big, 'W', sizeof big);
    assert_int_equal(text_wrap(big, sizeof big, 100, width_of, NULL, many, ARRAY_LEN(many)), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_long_words),
                                       cmocka_unit_test(test_cjk), cmocka_unit_test(test_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
