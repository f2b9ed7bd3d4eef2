// What strangers write must not be able to hide, turn round or tower over anything.
#include "client/ui/field.h"
#include "client/text_clean.h"
#include "client/utf8.h"
#include "shared/base.h"
#include "tests/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void expect(const char *in, const char *want, bool lines)
{
    char out[256];
    size_t n = text_clean(out, sizeof out, in, strlen(in), 2000, lines);
    assert_string_equal(out, want);
    assert_int_equal(n, strlen(want));
}

static void test_controls(void **state)
{
    (void)state;
    expect("a\x01\x1b[31mb\x7f", "a[31mb", true);
    expect("a\xC2\x85z", "az", true); // C1
    expect("one\r\ntwo", "one\ntwo", true);
    expect("one\ntwo", "one two", false);
    expect("tab\there", "tab here", true);
}

static void test_direction_and_invisible(void **state)
{
    (void)state;
    expect("a\u202Eb\u2066c\u200Fd\u061Ce\uFEFFf\u200Bg", "abcdefg", true);
    expect("x\U000E0041y\uFFF9z", "xyz", true);
    expect("\u2028", "\n", true);
}

static void test_joiners(void **state)
{
    (void)state;
    expect("👨\u200D👩\u200D👧", "👨\u200D👩\u200D👧", true);
    expect("a\u200D", "a", true);
    expect("\u200Da", "a", true);
    expect("a\u200D\u200Db", "a\u200Db", true);
    expect("می\u200Cخواهم", "می\u200Cخواهم", true);
    expect("1\u200D2", "12", true);
}

static void test_marks(void **state)
{
    (void)state;
    expect("a\u0301\u0302\u0303\u0304\u0305\u0306b", "a\u0301\u0302\u0303\u0304b", true);
}

static void test_broken(void **state)
{
    (void)state;
    expect("a\xFFz", "a\uFFFDz", true);
    expect("\xC0\xAF", "\uFFFD\uFFFD", true);           // overlong
    expect("\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD", true); // half a surrogate pair
    expect("cut \xE2\x82", "cut \uFFFD\uFFFD", true);
}

static void test_bounds(void **state)
{
    (void)state;
    char out[8];
    assert_int_equal(text_clean(out, sizeof out, "日本語", 9, 2000, true), 6);
    assert_string_equal(out, "日本");
    assert_int_equal(text_clean(out, sizeof out, "abcdef", 6, 3, true), 3);
    assert_int_equal(text_clean(out, 0, "abc", 3, 3, true), 0);
    // Any bytes give valid UTF-8.
    uint64_t random = 7;
    for (int i = 0; i < 20000; i++) {
        char in[24], clean[96];
        for (size_t k = 0; k < sizeof in; k++)
            in[k] = (char)random_next(&random);
        size_t n = text_clean(clean, sizeof clean, in, sizeof in, 100, i & 1);
        uint32_t code;
        for (size_t k = 0, step; k < n; k += step) {
            step = utf8_next(clean + k, n - k, &code);
            assert_true(step > 0 && (code != UTF8_BAD || step == 3));
        }
    }
}

static void test_field(void **state)
{
    (void)state;
    static struct field f;
    field_clear(&f);
    field_insert(&f, "ab\nc");
    assert_string_equal(f.text, "ab c");
    field_left(&f);
    field_backspace(&f);
    assert_string_equal(f.text, "abc");
    field_insert(&f, "é日");
    assert_string_equal(f.text, "abé日c");
    field_backspace(&f);
    field_delete(&f);
    assert_string_equal(f.text, "abé");
    field_home(&f);
    field_delete(&f);
    field_end(&f);
    field_insert(&f, "👨\u200D👩");
    field_backspace(&f); // a picture of several parts goes whole
    assert_string_equal(f.text, "bé");
    field_clear(&f);
    assert_true(field_blank(&f));
    for (int i = 0; i < 2100; i++)
        field_insert(&f, "日");
    assert_int_equal(utf8_count(f.text, f.length), FIELD_CODES);
    assert_int_equal(f.caret, f.length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_controls), cmocka_unit_test(test_direction_and_invisible),
                                       cmocka_unit_test(test_joiners),  cmocka_unit_test(test_marks),
                                       cmocka_unit_test(test_broken),   cmocka_unit_test(test_bounds),
                                       cmocka_unit_test(test_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
