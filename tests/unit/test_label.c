// What looks the same is one name.
#include "tests/unit/unit.h"

#include "shared/label.h"

static void label(const char *name, const char *expected)
{
    char out[LABEL_MAX];
    label_of(out, name);
    assert_string_equal(out, expected);
}

static void names_are_labels(void **state)
{
    (void)state;
    label("Ada", "Ada");
    label("  Living   room ", "Living room");
    label("Living\xc2\xa0room", "Living room"); // no-break space
    label("\xe3\x80\x80"
          "A\xe2\x80\x83\xe2\x80\x83"
          "B",
          "A B"); // wide blanks
    label("A\xe2\x80\x8b"
          "d\xe2\x80\x8d"
          "a\xe2\x80\xae\xef\xbb\xbf",
          "Ada"); // zero width, joiner, override, mark
    label("A\xf0\x9b\xb2\xa0"
          "da",
          "Ada"); // shorthand format control
    label("A\xc2\x85\x7f\x1b[2J\n", "A[2J");
    label("\xe3\x85\xa4\xe2\xa0\x80", "?"); // blanks that are letters
    label("", "?");
    label("J\xc3\xb6rg \xf0\x9f\x90\x99", "J\xc3\xb6rg \xf0\x9f\x90\x99");
    label("a\xff"
          "b\xc3",
          "a\xef\xbf\xbd"
          "b\xef\xbf\xbd"); // broken
    label("\xc1\x90\x90\x90", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    label("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    char long_name[400], out[LABEL_MAX];
    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = 0;
    label_of(out, long_name);
    assert_int_equal(strlen(out), LABEL_MAX - 1);
}

static void case_of_letters_does_not_matter(void **state)
{
    (void)state;
    assert_true(label_same("Bob", "bOB"));
    assert_true(label_same("J\xc3\xb6rg", "j\xc3\xb6RG"));
    assert_false(label_same("Bob", "Bobby"));
    assert_false(label_same("J\xc3\xb6rg", "J\xc3\xa4rg"));
    assert_false(label_same("[", "{")); // only letters have a case
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_labels),
                                       cmocka_unit_test(case_of_letters_does_not_matter)};
    return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
