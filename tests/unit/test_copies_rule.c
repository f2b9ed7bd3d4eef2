// How many older packets travel in each of our sound.
#include "tests/unit/unit.h"

#include "client/net/copies_rule.h"

enum { SECOND_US = 1000000, NONE = 0, ONE = 1, SPREAD_ONE = 2, TWO = 3, SPREAD_TWO = 5 };

static void table(void **state)
{
    (void)state;
    static const struct {
        struct copies_path path;
        unsigned distances;
    } rows[] = {
        {{0, 1, 0, 1e6, 0}, NONE},          {{0.019, 1, 0, 1e6, 0}, NONE},    {{0.02, 1, 0, 1e6, 0}, ONE},
        {{0.11, 1.1, 0, 1e6, 0}, ONE},      {{0.12, 1.1, 0, 1e6, 0}, TWO},    {{0.30, 1.4, 0, 1e6, 0}, TWO},
        {{0.30, 1.4, 0, 219e3, 0}, ONE},    {{0.30, 1.4, 0, 109e3, 0}, NONE}, {{0, 1, 0.003, 1e6, 0}, NONE},
        {{0, 1, 0.004, 1e6, 0}, ONE},       {{0.05, 1, 0.02, 1e6, 0}, TWO},   {{0, 1, 0.02, 200e3, 0}, ONE},
        {{0.10, 4, 0, 1e6, 0}, SPREAD_ONE}, {{0.30, 1, 0, 1e6, 60}, TWO},     {{0.30, 1, 0, 1e6, 61}, NONE},
        {{0.15, 4, 0, 1e6, 0}, SPREAD_TWO},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct copies_rule r = {0};
        unsigned got = copies_rule(&r, &rows[i].path, 1);
        if (got != rows[i].distances)
            fail_msg("row %zu: %u", i, got);
    }
}

static unsigned after(struct copies_rule *r, double loss, uint64_t *now_us, unsigned seconds)
{
    unsigned got = 0;
    for (uint64_t end = *now_us + seconds * (uint64_t)SECOND_US; *now_us < end; *now_us += 20000)
        got = copies_rule(r, &(struct copies_path){loss, 1, 0, 1e6, 0}, *now_us);
    return got;
}

// More at once, fewer one by one after 5 s each that did without; loss about a limit moves nothing.
static void steady(void **state)
{
    (void)state;
    struct copies_rule r = {0};
    uint64_t now = 7 * SECOND_US;
    assert_int_equal(after(&r, 0.13, &now, 1), TWO);
    assert_int_equal(after(&r, 0.10, &now, 30), TWO);
    assert_int_equal(after(&r, 0.05, &now, 4), TWO);
    assert_int_equal(after(&r, 0.10, &now, 1), TWO); // and the 5 s begin anew
    assert_int_equal(after(&r, 0.05, &now, 4), TWO);
    assert_int_equal(after(&r, 0.05, &now, 2), ONE);
    assert_int_equal(after(&r, 0.013, &now, 30), ONE);
    assert_int_equal(after(&r, 0.013, &now, 1), ONE);
    assert_int_equal(after(&r, 0, &now, 4), ONE);
    assert_int_equal(after(&r, 0, &now, 2), NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(steady)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
