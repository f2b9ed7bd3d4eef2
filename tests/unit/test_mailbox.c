// The bounded queue between threads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/mailbox.h"
#include "client/thread.h"
#include "shared/clock.h"

#include <stdatomic.h>
#include <stdlib.h>

static void count_wake(void *ctx)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

static void order_bound_and_wake(void **state)
{
    (void)state;
    struct mailbox m;
    atomic_uint wakes = 0;
    int items[5];
    void *out[5];
    mailbox_init(&m, 4, count_wake, &wakes);
    assert_null(mailbox_take(&m));
    for (size_t i = 0; i < 4; i++)
        assert_true(mailbox_push(&m, &items[i]));
    assert_false(mailbox_push(&m, &items[4])); // full: the caller keeps it
    assert_int_equal(wakes, 1);                // only when it was empty
    assert_ptr_equal(mailbox_take(&m), &items[0]);
    assert_true(mailbox_push(&m, &items[4]));
    assert_int_equal(wakes, 1);
    assert_int_equal(mailbox_take_all(&m, out, 2), 2);
    assert_ptr_equal(out[0], &items[1]);
    assert_int_equal(mailbox_take_all(&m, out, 5), 2);
    assert_ptr_equal(out[1], &items[4]);
    assert_true(mailbox_push(&m, &items[0]));
    assert_int_equal(wakes, 2);
    mailbox_destroy(&m, NULL);
}

static void stop_refuses_and_wakes(void **state)
{
    (void)state;
    struct mailbox m;
    atomic_uint wakes = 0;
    mailbox_init(&m, 4, count_wake, &wakes);
    assert_true(mailbox_push(&m, malloc(8)));
    mailbox_stop(&m);
    mailbox_stop(&m);
    assert_int_equal(wakes, 2);
    assert_true(mailbox_stopped(&m));
    int item;
    assert_false(mailbox_push(&m, &item));
    assert_null(mailbox_wait(&m, UINT64_MAX));
    void *left = mailbox_take(&m); // what is inside can still be drained
    assert_non_null(left);
    free(left);
    mailbox_destroy(&m, free);
}

static void waiting_ends_in_time(void **state)
{
    (void)state;
    struct mailbox m;
    mailbox_init(&m, 4, NULL, NULL);
    uint64_t begin = clock_now_us();
    assert_null(mailbox_wait(&m, begin + 30000));
    assert_true(clock_now_us() - begin >= 30000);
    mailbox_destroy(&m, NULL);
}

enum { ITEMS = 100000 };

static void *produce(void *arg)
{
    struct mailbox *m = arg;
    for (uintptr_t i = 1; i <= ITEMS; i++)
        while (!mailbox_push(m, (void *)i))
            ;
    return NULL;
}

static void two_threads(void **state)
{
    (void)state;
    struct mailbox m;
    mailbox_init(&m, 16, NULL, NULL);
    pthread_t thread;
    assert_true(thread_start(&thread, "producer", produce, &m));
    for (uintptr_t i = 1; i <= ITEMS; i++)
        assert_int_equal((uintptr_t)mailbox_wait(&m, UINT64_MAX), i);
    pthread_join(thread, NULL);
    assert_null(mailbox_take(&m));
    mailbox_destroy(&m, NULL);
}

static void *stop_soon(void *arg)
{
    clock_sleep_until(clock_now_us() + 20000);
    mailbox_stop(arg);
    return NULL;
}

static void stop_ends_a_wait(void **state)
{
    (void)state;
    struct mailbox m;
    mailbox_init(&m, 16, NULL, NULL);
    pthread_t thread;
    assert_true(thread_start(&thread, "stopper", stop_soon, &m));
    assert_null(mailbox_wait(&m, UINT64_MAX));
    pthread_join(thread, NULL);
    mailbox_destroy(&m, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_bound_and_wake), cmocka_unit_test(stop_refuses_and_wakes),
        cmocka_unit_test(waiting_ends_in_time), cmocka_unit_test(two_threads),
        cmocka_unit_test(stop_ends_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
