// The known answer was computed with Python's hashlib.blake2b.
#include "tests/unit/unit.h"

#include "shared/safety.h"

#include <sodium.h>

static struct safety_member member(uint8_t first, const char *name)
{
    struct safety_member m = {.name = name};
    unit_count(m.identity, 32, first);
    return m;
}

static void known_answer(void **state)
{
    char out[SAFETY_TEXT];
    (void)state;
    const struct safety_member two[] = {member(0x40, "Bob"), member(1, "Ada")};
    safety_code(out, "428193", two, 2);
    assert_string_equal(out, "83076 27312 44962 71581 62137");
    assert_int_equal(strlen(out), SAFETY_TEXT - 1);
}

static void the_order_does_not_matter(void **state)
{
    char out[SAFETY_TEXT], again[SAFETY_TEXT];
    (void)state;
    // Two boxes of one person, and two of one name.
    struct safety_member m[] = {member(9, "Ann"), member(9, "Ann at home"), member(3, "Cy"), member(7, "Cy")};
    safety_code(out, "000000", m, 4);
    for (unsigned turn = 0; turn < 24; turn++) {
        unsigned i = turn % 3, j = turn % 4;
        struct safety_member swap = m[i];
        m[i] = m[j];
        m[j] = swap;
        safety_code(again, "000000", m, 4);
        assert_string_equal(out, again);
    }
}

static void everything_counts(void **state)
{
    char out[SAFETY_TEXT], other[SAFETY_TEXT];
    (void)state;
    const struct safety_member two[] = {member(1, "Ada"), member(5, "Bob")};
    struct safety_member changed[3];
    safety_code(out, "428193", two, 2);
    safety_code(other, "428194", two, 2);
    assert_string_not_equal(out, other);
    safety_code(other, "428193", two, 1);
    assert_string_not_equal(out, other);
    for (unsigned bit = 0; bit < 256; bit++) {
        memcpy(changed, two, sizeof two);
        changed[1].identity[bit / 8] ^= (uint8_t)(1 << bit % 8);
        safety_code(other, "428193", changed, 2);
        assert_string_not_equal(out, other);
    }
    memcpy(changed, two, sizeof two);
    changed[0].name = "Bob"; // the names swapped
    changed[1].name = "Ada";
    safety_code(other, "428193", changed, 2);
    assert_string_not_equal(out, other);
    memcpy(changed, two, sizeof two);
    changed[2] = changed[1]; // listed twice
    safety_code(other, "428193", changed, 3);
    assert_string_not_equal(out, other);
}

static void how_many(void **state)
{
    static char name[300];
    struct safety_member *many = calloc(SAFETY_MEMBERS_MAX + 1, sizeof *many);
    char out[SAFETY_TEXT], other[SAFETY_TEXT];
    (void)state;
    for (unsigned i = 0; i <= SAFETY_MEMBERS_MAX; i++)
        many[i] = member((uint8_t)i, "x");
    memset(out, 'x', sizeof out);
    safety_code(out, "428193", many, 0);
    assert_string_equal(out, "");
    safety_code(out, "428193", many, SAFETY_MEMBERS_MAX + 1);
    assert_string_equal(out, "");
    safety_code(out, "428193", many, SAFETY_MEMBERS_MAX);
    assert_int_equal(strlen(out), SAFETY_TEXT - 1);
    assert_int_equal(strspn(out, "0123456789 "), SAFETY_TEXT - 1);
    for (unsigned i = 0; i < SAFETY_TEXT - 1; i++)
        assert_int_equal(out[i] == ' ', i % 6 == 5);
    memset(name, 'n', sizeof name - 1);
    many[0].name = name;
    safety_code(out, "428193", many, 1);
    name[254] = 'm'; // the last byte that counts
    safety_code(other, "428193", many, 1);
    assert_string_not_equal(out, other);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer),
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(everything_counts),
        cmocka_unit_test(how_many),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
