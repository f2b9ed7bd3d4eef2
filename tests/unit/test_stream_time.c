// Times in files: worked out by hand, and at the ends of what can be written down.
#include "tests/unit/unit.h"

#include "client/send/stream_time.h"

static void usual(void **state)
{
    (void)state;
    assert_int_equal(stream_time_us(90000, 1, 90000), 1000000);
    assert_int_equal(stream_time_us(-3003, 1, 30000), -100100);
    assert_int_equal(stream_time_us(1, 1, 3), 333333);
    assert_int_equal(stream_time_us(2, 1, 3), 666667);
    assert_int_equal(stream_time_ms(12800, 1, 12800), 1000);
    assert_int_equal(stream_time_ms(7, 1, 1), 7000);
    assert_int_equal(stream_time_clamp(42), 42);
}

static void never_beyond(void **state)
{
    (void)state;
    static const int64_t far[] = {INT64_MAX, INT64_MAX - 1, INT64_MAX / 2, STREAM_TIME_MOST_US};
    static const int units[][2] = {{1, 1}, {INT32_MAX, 1}, {1000, 1}, {INT32_MAX, INT32_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(far); i++)
        for (size_t k = 0; k < ARRAY_LEN(units); k++) {
            assert_int_equal(stream_time_us(far[i], units[k][0], units[k][1]), STREAM_TIME_MOST_US);
            assert_int_equal(stream_time_us(-far[i], units[k][0], units[k][1]), -STREAM_TIME_MOST_US);
        }
    assert_int_equal(stream_time_us(INT64_MIN, 1, 1), -STREAM_TIME_MOST_US);
    assert_int_equal(stream_time_ms(INT64_MIN, INT32_MAX, 1), -STREAM_TIME_MOST_US / 1000);
    assert_int_equal(stream_time_clamp(INT64_MIN), -STREAM_TIME_MOST_US);
    assert_int_equal(stream_time_clamp(INT64_MAX), STREAM_TIME_MOST_US);
    assert_true(STREAM_TIME_MOST_US < INT64_MAX / 10000); // ten thousand of them can be added
}

static void no_unit(void **state)
{
    (void)state;
    assert_int_equal(stream_time_us(5, 0, 1), 0);
    assert_int_equal(stream_time_us(5, 1, 0), 0);
    assert_int_equal(stream_time_us(INT64_MIN, -1, -1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(usual), cmocka_unit_test(never_beyond),
                                       cmocka_unit_test(no_unit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
