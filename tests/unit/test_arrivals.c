// Connections before their hello: how many, for how long, and who goes when there are too many.
#include "relay/arrivals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arrivals *a;
static char owner[4096]; // their addresses are what matters

static int start(void **state)
{
    (void)state;
    a = calloc(1, sizeof *a);
    return a ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(a);
    return 0;
}

static unsigned add(unsigned host, unsigned who, uint64_t now_us)
{
    void *evicted;
    unsigned place = arrivals_add(a, host, &owner[who], now_us, &evicted);
    assert_null(evicted);
    return place;
}

static void one_source_has_so_many(void **state)
{
    (void)state;
    unsigned first = add(7, 0, 0);
    for (unsigned i = 1; i < WIRE_TCP_PER_SOURCE_MAX; i++) {
        assert_true(arrivals_may(a, 7));
        add(7, i, 0);
    }
    assert_false(arrivals_may(a, 7));
    assert_true(arrivals_may(a, 8));
    arrivals_remove(a, first);
    assert_true(arrivals_may(a, 7));
    arrivals_remove(a, first); // twice is once
    arrivals_remove(a, ARRIVALS_NONE);
    assert_int_equal(a->count, WIRE_TCP_PER_SOURCE_MAX - 1);
    assert_int_equal(a->by_host[7], WIRE_TCP_PER_SOURCE_MAX - 1);
}

static void when_all_places_are_taken_the_oldest_of_the_greediest_goes(void **state)
{
    (void)state;
    void *evicted;
    unsigned who = 0;
    add(1, who++, 0); // alone, and the oldest of all
    for (unsigned host = 2; host < 9; host++)
        for (unsigned i = 0; i < 32; i++)
            add(host, who++, 0);
    for (unsigned i = 0; i < 31; i++)
        add(9, who++, 0);
    assert_int_equal(a->count, ARRIVALS_MAX);
    arrivals_add(a, 100, &owner[who++], 5, &evicted);
    assert_ptr_equal(evicted, &owner[1]); // the first of host 2
    assert_int_equal(a->count, ARRIVALS_MAX);
    arrivals_add(a, 101, &owner[who++], 5, &evicted);
    assert_ptr_equal(evicted, &owner[33]); // now host 3 holds most
    assert_int_equal(a->by_host[2], 31);
    for (unsigned i = 0; i < 1000; i++) { // a flood of single ones ends up replacing itself, the oldest first
        arrivals_add(a, 200 + i, &owner[who++], 5, &evicted);
        assert_non_null(evicted);
    }
    arrivals_add(a, 102, &owner[who], 5, &evicted);
    assert_ptr_equal(evicted, &owner[who - ARRIVALS_MAX]);
    assert_int_equal(a->count, ARRIVALS_MAX);
}

static void each_step_has_its_time(void **state)
{
    (void)state;
    unsigned sits = add(1, 0, 0), hurries = add(2, 1, 0), late = add(3, 2, 0);
    (void)sits;
    arrivals_secured(a, hurries, 1000000);
    arrivals_secured(a, hurries, 4000000); // the first counts
    arrivals_secured(a, late, 4900000);
    assert_null(arrivals_expired(a, 5000000));
    assert_ptr_equal(arrivals_expired(a, 5000001), &owner[0]);
    assert_null(arrivals_expired(a, 6000000));
    assert_ptr_equal(arrivals_expired(a, 6000001), &owner[1]);
    assert_null(arrivals_expired(a, 9900000));
    assert_ptr_equal(arrivals_expired(a, 9900001), &owner[2]);
    assert_null(arrivals_expired(a, UINT64_MAX));
    assert_int_equal(a->count, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(one_source_has_so_many),
        T(when_all_places_are_taken_the_oldest_of_the_greediest_goes),
        T(each_step_has_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
