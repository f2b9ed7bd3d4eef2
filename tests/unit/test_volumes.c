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

static void kept_as_text(void **state)
{
    (void)state;
    static char text[VOLUMES_TEXT_MAX], again[VOLUMES_TEXT_MAX];
    struct volumes v = {.count = 0}, back;
    for (unsigned n = 0; n < VOLUMES_MAX + 3; n++)
        set(&v, n, n % 2 ? 200 : (int)n % 90);
    size_t size = volumes_write(&v, text);
    assert_true(size < sizeof text);
    volumes_read(&back, text, size);
    assert_int_equal(back.count, VOLUMES_MAX);
    assert_int_equal(volumes_write(&back, again), size);
    assert_memory_equal(text, again, size);
}

static void other_lines_are_left_out(void **state)
{
    (void)state;
#define KEY "0700000000000000000000000000000000000000000000000000000000000000"
    static const char *const bad[] = {KEY " 201",    KEY " -1", KEY "  5", KEY " ",   KEY,         KEY " 1000",
                                      "x" KEY " 50", "",        " 50",     KEY " 5x", KEY "00 50", "\n\n\n"};
    struct volumes v;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        volumes_read(&v, bad[i], strlen(bad[i]));
        assert_int_equal(v.count, 0);
    }
    const char *good = "rubbish\n" KEY " 50\n" KEY " 70\n"; // the first of two is the one set last
    volumes_read(&v, good, strlen(good));
    assert_int_equal(v.count, 1);
    assert_int_equal(v.rows[0].percent, 50);
    uint64_t seed = unit_seed();
    for (unsigned i = 0; i < 20000; i++) { // any bytes
        char text[200];
        size_t n = unit_random(&seed) % sizeof text;
        unit_fill(&seed, text, n);
        if (n > 70)
            memcpy(text, good + 8, 64);
        volumes_read(&v, text, n);
        assert_true(v.count <= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_by_identity),
        cmocka_unit_test(full_forgets_the_oldest),
        cmocka_unit_test(kept_as_text),
        cmocka_unit_test(other_lines_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
