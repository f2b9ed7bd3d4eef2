// Joining from the home screen: a number, a link, a passphrase.
#include "client/ui/home_join.h"
#include "shared/base.h"

#include "unit.h"

static void test_code(void **state)
{
    (void)state;
    char code[7];
    static const char *const good[] = {"428193", "428 193", " 428 193 ", "428-193", "4 2 8 1 9 3", "428\u2009193"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(home_join_code(code, good[i]));
        assert_string_equal(code, "428193");
    }
    static const char *const bad[] = {
        "", "42819", "4281933", "42819a", "428.193", "428 193 blue", "parlour://h/r/428193", "\xE2\x80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(home_join_code(code, bad[i]));
}

static void test_enter(void **state)
{
    (void)state;
    static struct home_join v;
    static char text[HOME_JOIN_MAX];
    v.open = true;
    field_insert(&v.field, "hello");
    assert_int_equal(home_join_enter(&v, text), HOME_ENTER_BAD);
    assert_true(v.open);
    field_clear(&v.field);
    field_insert(&v.field, "  parlour://relay.example/r/428193#k=x ");
    assert_int_equal(home_join_enter(&v, text), HOME_ENTER_LINK);
    assert_string_equal(text, "parlour://relay.example/r/428193#k=x");
    assert_false(v.open);
    // A number goes on to the passphrase, which Enter skips.
    v.open = true;
    field_insert(&v.field, "428 193");
    assert_int_equal(home_join_enter(&v, text), HOME_ENTER_ON);
    assert_true(v.passphrase_open);
    assert_int_equal(home_join_enter(&v, text), HOME_ENTER_CODE);
    assert_string_equal(text, "428193");
    v.open = true;
    field_insert(&v.field, "428193");
    home_join_enter(&v, text);
    field_insert(&v.passphrase, "blue boat");
    assert_int_equal(home_join_enter(&v, text), HOME_ENTER_CODE);
    assert_string_equal(text, "428193 blue boat");
}

static void test_nothing_stays(void **state)
{
    (void)state;
    static struct home_join v;
    static char text[HOME_JOIN_MAX];
    v.open = true;
    field_insert(&v.field, "428193");
    home_join_enter(&v, text);
    field_insert(&v.passphrase, "blue boat");
    home_join_back(&v); // to the number, which is still there
    assert_true(v.open && !v.passphrase_open);
    assert_int_equal(v.field.length, 6);
    for (size_t i = 0; i < sizeof v.passphrase.text; i++)
        assert_int_equal(v.passphrase.text[i], 0);
    home_join_back(&v);
    assert_false(v.open);
    home_join_close(&v);
    assert_int_equal(v.field.length, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_enter),
        cmocka_unit_test(test_nothing_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
