// How long a file's place is held for who takes nothing, in a time of the test's own.
#include "unit.h"

#include "client/net/file_patience.h"

enum { TICK_US = 100000, SECOND = 1000000 };

struct line {
    double bytes_a_second;
    bool wanted;
    bool theirs;
};

// Seconds until the place is given up; `most` when it is not.
static unsigned seconds(struct line l, unsigned most)
{
    struct file_patience p;
    uint64_t from = 7 * SECOND, now = from;
    file_patience_begin(&p, now);
    for (; now - from < (uint64_t)most * SECOND; now += TICK_US) {
        double moved = l.bytes_a_second * (double)(now - from) / SECOND;
        if (file_patience_over(&p, (uint64_t)moved, l.theirs, l.wanted, now))
            return (unsigned)((now - from) / SECOND);
    }
    return most;
}

static void test_who_takes_nothing(void **state)
{
    (void)state;
    assert_int_equal(seconds((struct line){.wanted = true, .theirs = true}, 100), 20);
    assert_int_equal(seconds((struct line){.theirs = true}, 1000), 300);
    assert_int_equal(seconds((struct line){.wanted = true}, 1000), 1000); // it is our disk that gives nothing
}

static void test_who_is_slow(void **state)
{
    (void)state;
    assert_int_equal(seconds((struct line){2048, true, true}, 4000), 4000);
    assert_int_equal(seconds((struct line){1030, true, true}, 4000), 4000);
    assert_in_range(seconds((struct line){512, true, true}, 4000), 39, 42); // a chunk now and then does not do
    assert_in_range(seconds((struct line){100, true, true}, 4000), 21, 24);
}

// What has come at full speed before does not count for the minutes after it; what was waited alone counts at once.
static void test_then_it_stands(void **state)
{
    (void)state;
    struct file_patience p;
    uint64_t now = SECOND;
    file_patience_begin(&p, now);
    for (unsigned i = 0; i < 600; i++)
        assert_false(file_patience_over(&p, i * 100000ull, true, true, now += TICK_US));
    for (unsigned i = 0; i < 199; i++)
        assert_false(file_patience_over(&p, 60000000, true, true, now += TICK_US));
    for (unsigned i = 0; i < 600; i++)
        assert_false(file_patience_over(&p, 60000000, true, false, now += TICK_US));
    assert_true(file_patience_over(&p, 60000000, true, true, now += TICK_US));
    // A machine that slept an hour.
    file_patience_begin(&p, now);
    assert_false(file_patience_over(&p, 0, true, true, now += 3600ull * SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_takes_nothing), cmocka_unit_test(test_who_is_slow),
                                       cmocka_unit_test(test_then_it_stands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
