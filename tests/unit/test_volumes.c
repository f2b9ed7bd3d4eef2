// How loud a person wants others to be, kept by identity.
#include "tests/unit/unit.h"

#include "client/volumes.h"

#include <string.h>

static void who(uint8_t identity[32], unsigned n)
{
    memset(identity, 7, 32);
    identity[0] = (uint8_t)n;
    identity[31] = (uint8_t)(n >> 8);
}

static void set(struct volumes *v, unsigned n, int percent)
{
    uint8_t identity[32];
    who(identity, n);
    volumes_set(v, identity, percent);
}

static int get(const struct volumes *v, unsigned n)
{
    uint8_t identity[32];
    who(identity, n);
    return volumes_get(v, identity);
}

static void kept_by_identity(void **state)
{
    (void)state;
    struct volumes v = {.count = 0};
    assert_int_equal(get(&v, 1), 100);
    set(&v, 1, 40);
    set(&v, 2, 0);
    set(&v, 3, 150);
    assert_int_equal(get(&v, 1), 40);
    assert_int_equal(get(&v, 2), 0);
    assert_int_equal(get(&v, 3), 150);
    assert_int_equal(get(&v, 256 + 1), 100); // the whole key counts
    set(&v, 1, 60);
    assert_int_equal(v.count, 3);
    assert_int_equal(get(&v, 1), 60);
    volumes_set(&v, v.rows[2].identity, 70); // a row's own key
    assert_int_equal(get(&v, 2), 70);
    set(&v, 3, 100);
    assert_int_equal(v.count, 2);
    set(&v, 4, -5);
    set(&v, 5, 900);
    assert_int_equal(get(&v, 4), 0);
    assert_int_equal(get(&v, 5), 200);
}

static void full_forgets_the_oldest(void **state)
{
    (void)state;
    struct volumes v = {.count = 0};
    for (unsigned n = 0; n < VOLUMES_MAX; n++)
        set(&v, n, 50);
    set(&v, 0, 51); // set anew: no longer the oldest
    set(&v, 1000, 52);
    assert_int_equal(v.count, VOLUMES_MAX);
    assert_int_equal(get(&v, 0), 51);
    assert_int_equal(get(&v, 1), 100);
    assert_int_equal(get(&v, 2), 50);
    assert_int_equal(get(&v, 1000), 52);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_by_identity),
        cmocka_unit_test(full_forgets_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
