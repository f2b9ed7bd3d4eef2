// How much has come within a day, and what is made of a text that says so.
#include "unit.h"

#include "client/file_day.h"

enum { HOUR = 3600, MOST = 1000 };

static void test_a_day(void **state)
{
    (void)state;
    struct file_day d = {.from_s = 0};
    uint64_t now = 1000000000;
    assert_true(file_day_allows(&d, MOST, MOST, now));
    assert_int_equal(d.from_s, now);
    d.bytes = 400;
    assert_true(file_day_allows(&d, 600, MOST, now + HOUR));
    assert_false(file_day_allows(&d, 601, MOST, now + 23 * HOUR));
    assert_false(file_day_allows(&d, UINT64_MAX, MOST, now));
    assert_int_equal(d.from_s, now);
    assert_true(file_day_allows(&d, 601, MOST, now + 25 * HOUR)); // another one
    assert_int_equal(d.from_s, now + 25 * HOUR);
    d.bytes = MOST;
    assert_true(file_day_allows(&d, 1, MOST, now)); // a clock that was set back: no day lasts for years
    assert_int_equal(d.bytes, 0);
}

static void test_there_and_back(void **state)
{
    (void)state;
    static const struct file_day days[] = {{0, 0}, {1700000000, 8589934592}, {UINT64_MAX, UINT64_MAX}};
    char text[FILE_DAY_TEXT + 1];
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct file_day d = {.from_s = 7, .bytes = 7};
        file_day_write(text, &days[i]);
        assert_int_equal(strlen(text), FILE_DAY_TEXT);
        file_day_read(&d, text, FILE_DAY_TEXT);
        assert_int_equal(d.from_s, days[i].from_s);
        assert_int_equal(d.bytes, days[i].bytes);
    }
}

// Cut off anywhere, or with any byte changed to what is no digit: as if nothing had come.
static void test_damaged(void **state)
{
    (void)state;
    char text[FILE_DAY_TEXT + 1];
    struct file_day d;
    file_day_write(text, &(struct file_day){.from_s = 1700000000, .bytes = 5});
    for (size_t n = 0; n < FILE_DAY_TEXT; n++) {
        char *cut = malloc(n + 1), was = text[n];
        memcpy(cut, text, n);
        d.bytes = 7;
        file_day_read(&d, cut, n);
        assert_int_equal(d.from_s + d.bytes, 0);
        free(cut);
        text[n] = 'x';
        file_day_read(&d, text, FILE_DAY_TEXT);
        assert_int_equal(d.from_s + d.bytes, 0);
        text[n] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_day), cmocka_unit_test(test_there_and_back),
                                       cmocka_unit_test(test_damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
