// The lock-free ring between two threads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/packet_ring.h"
#include "client/thread.h"

#include <sched.h>

static void order_and_bound(void **state)
{
    (void)state;
    struct packet_ring r;
    int items[9];
    packet_ring_init(&r, 8);
    assert_null(packet_ring_take(&r));
    for (unsigned round = 0; round < 1000; round++) {
        for (size_t i = 0; i < 8; i++)
            assert_true(packet_ring_push(&r, &items[i]));
        assert_false(packet_ring_push(&r, &items[8]));
        for (size_t i = 0; i < 8; i++)
            assert_ptr_equal(packet_ring_take(&r), &items[i]);
        assert_null(packet_ring_take(&r));
        if (round % 3 == 0) { // move the start
            assert_true(packet_ring_push(&r, &items[0]));
            assert_ptr_equal(packet_ring_take(&r), &items[0]);
        }
    }
    packet_ring_destroy(&r);
}

static void counters_wrap(void **state)
{
    (void)state;
    struct packet_ring r;
    packet_ring_init(&r, 4);
    atomic_store(&r.head, UINT32_MAX - 1);
    atomic_store(&r.tail, UINT32_MAX - 1);
    int items[4];
    for (size_t i = 0; i < 4; i++)
        assert_true(packet_ring_push(&r, &items[i]));
    assert_false(packet_ring_push(&r, &items[0]));
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(packet_ring_take(&r), &items[i]);
    assert_null(packet_ring_take(&r));
    packet_ring_destroy(&r);
}

enum { ITEMS = 500000 };

struct parcel {
    uintptr_t value; // plain memory: a sanitizer sees it when the ring does not order it
};

static struct parcel parcels[64];

static void *produce(void *arg)
{
    struct packet_ring *r = arg;
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        struct parcel *p = &parcels[i % 64];
        p->value = i; // free again: the ring holds 16, and what was taken is never looked at later
        while (!packet_ring_push(r, p))
            sched_yield();
    }
    return NULL;
}

static void two_threads(void **state)
{
    (void)state;
    struct packet_ring to;
    packet_ring_init(&to, 16);
    pthread_t thread;
    assert_true(thread_start(&thread, "producer", produce, &to));
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        struct parcel *p;
        while (!(p = packet_ring_take(&to)))
            sched_yield();
        if (p->value != i)
            fail();
    }
    pthread_join(thread, NULL);
    packet_ring_destroy(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_bound),
        cmocka_unit_test(counters_wrap),
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
