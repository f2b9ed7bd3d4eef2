// The sealed last second, kept for retransmission.
#include "relay/history.h"

#include <setjmp.h>
#include <stdarg.h>

#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { MS = 1000 };

static const uint8_t *find(struct history *h, uint64_t stream, uint64_t number, uint64_t now_us)
{
    size_t n = 0;
    return history_find(h, stream, number, &n, now_us);
}

// Kept by reference where it was received, copied from anywhere else: found by stream and number alone.
static void test_found_as_it_was_sent(void **state)
{
    (void)state;
    struct history *h = history_create(19 * HISTORY_TRAIN_MAX);
    uint8_t other[300];
    size_t n;
    uint8_t *room = history_room(h);
    memset(room, 1, 1000);
    memset(room + 1000, 2, 500);
    memset(other, 3, sizeof other);
    history_keep(h, 7, 41, room, 1000, 5000 * MS);
    history_keep(h, 7, 42, room + 1000, 500, 5000 * MS);
    assert_ptr_equal(history_find(h, 7, 41, &n, 5001 * MS), room);
    assert_ptr_equal(history_find(h, 7, 42, &n, 5001 * MS), room + 1000); // also while it is being received
    history_advance(h, 1500);
    history_keep(h, 8, 41, other, sizeof other, 5000 * MS);
    memset(other, 9, sizeof other);

    assert_ptr_equal(history_find(h, 7, 42, &n, 5100 * MS), room + 1000);
    assert_int_equal(n, 500);
    const uint8_t *copy = history_find(h, 8, 41, &n, 5100 * MS);
    assert_non_null(copy);
    assert_int_equal(n, sizeof other);
    assert_int_equal(copy[299], 3);
    assert_null(find(h, 8, 42, 5100 * MS));
    assert_null(find(h, 9, 41, 5100 * MS));
    history_destroy(h);
}

static void test_forgets_after_a_second(void **state)
{
    (void)state;
    struct history *h = history_create(1 << 20);
    history_keep(h, 1, 1, (const uint8_t *)"x", 1, 0);
    assert_non_null(find(h, 1, 1, HISTORY_US));
    assert_null(find(h, 1, 1, HISTORY_US + MS));
    history_destroy(h);
}

// However much goes through, what is found is never bytes of something newer, nor of the train being received.
static void test_the_oldest_goes_first(void **state)
{
    (void)state;
    struct history *h = history_create(1 << 20);
    uint64_t found = 0;
    for (uint64_t number = 1; number <= 20000; number++) {
        uint8_t *room = history_room(h);
        memset(room, 0xEE, HISTORY_TRAIN_MAX); // the kernel may write all of it
        size_t n, size = 200 + number % 1000;
        memcpy(room, &number, sizeof number);
        history_keep(h, 3, number, room, size, 0);
        history_advance(h, size);
        for (uint64_t back = 0; back < 2000 && back < number; back += 97) {
            const uint8_t *p = history_find(h, 3, number - back, &n, 0);
            uint64_t says;
            if (!p)
                continue;
            memcpy(&says, p, sizeof says);
            assert_true(says == number - back);
            assert_int_equal(n, 200 + says % 1000);
            found++;
        }
        assert_non_null(find(h, 3, number, 0));
    }
    assert_true(found > 20000 * 10); // about a megabyte's worth is there all the time
    history_destroy(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_as_it_was_sent),
        cmocka_unit_test(test_forgets_after_a_second),
        cmocka_unit_test(test_the_oldest_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
