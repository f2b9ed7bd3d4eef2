// Numbers in words: rounding, groups, points, and which language has which.
#include "client/ui/figures.h"

#include "client/language.h"
#include "unit.h"

#include <math.h>

static void is(double value, int decimals, char point, char thousands, const char *expected)
{
    char out[FIGURES_SIZE];
    figures_write(out, sizeof out, value, decimals, point, thousands);
    assert_string_equal(out, expected);
}

static void numbers(void **state)
{
    (void)state;
    is(0, 0, '.', ',', "0");
    is(0, 1, ',', '.', "0,0");
    is(1.25, 2, '.', ',', "1.25");
    is(0.07, 2, ',', '.', "0,07");
    is(2.4, 1, ',', '.', "2,4");
    is(999.96, 1, ',', '.', "1.000,0");
    is(999, 0, '.', ',', "999");
    is(1000, 0, '.', ',', "1,000");
    is(55123, 0, ',', '.', "55.123");
    is(1234567.8, 1, '.', ',', "1,234,567.8");
    is(-1234.5, 1, ',', '.', "-1.234,5");
    is(-0.01, 1, '.', ',', "0.0"); // nothing is less than nothing
    is(-12, 0, '.', ',', "-12");
}

static void no_numbers(void **state)
{
    (void)state;
    is(NAN, 1, '.', ',', "–");
    is(INFINITY, 0, '.', ',', "–");
    is(-INFINITY, 0, '.', ',', "–");
    is(1e12, 0, '.', ',', "–");
    is(999999999999, 3, '.', ',', "999,999,999,999.000");
    is(-999999999999, 99, '.', ',', "-999,999,999,999.000");
    is(5.7, -1, '.', ',', "6");
    char small[4];
    figures_write(small, sizeof small, 123456, 0, '.', ',');
    assert_string_equal(small, "123");
}

static void languages(void **state)
{
    (void)state;
    char out[FIGURES_SIZE];
    language_choose("en");
    figures_here(out, sizeof out, 1234.5, 1);
    assert_string_equal(out, "1,234.5");
    language_choose("de");
    figures_here(out, sizeof out, 1234.5, 1);
    assert_string_equal(out, "1.234,5");
    language_choose("xx"); // there is none: English
    figures_here(out, sizeof out, 1234.5, 1);
    assert_string_equal(out, "1,234.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers), cmocka_unit_test(no_numbers),
                                       cmocka_unit_test(languages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
