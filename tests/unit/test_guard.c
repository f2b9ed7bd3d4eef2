// Token buckets and guess counters, with injected time.
#include "relay/guard.h"
#include "shared/wire.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct guard *guard;
static struct addr one, two;

static int start(void **state)
{
    (void)state;
    static const uint8_t secret[16] = {1, 2, 3};
    guard = calloc(1, sizeof *guard);
    guard_init(guard, secret);
    return !guard || !addr_literal(&one, "192.0.2.1", 1000) || !addr_literal(&two, "198.51.100.7", 1000);
}

static int end(void **state)
{
    (void)state;
    free(guard);
    return 0;
}

static void a_bucket_gives_its_burst_then_its_rate(void **state)
{
    (void)state;
    guard_bucket b = 0;
    uint64_t now = 5000000;
    unsigned got = 0;
    for (unsigned i = 0; i < 1000; i++)
        got += guard_take(&b, now, 1, 20, 100);
    assert_int_equal(got, 100);
    got = 0;
    for (unsigned ms = 0; ms < 10000; ms++)
        got += guard_take(&b, now += 1000, 1, 20, 100);
    assert_in_range(got, 199, 200);
    assert_true(guard_take(&b, now + 3600000000u, 100, 20, 100)); // full again, and not more
    assert_false(guard_take(&b, now + 3600000000u, 1, 20, 100));
}

static void a_refused_take_costs_nothing(void **state)
{
    (void)state;
    guard_bucket b = 0;
    assert_false(guard_take(&b, 1000, 101, 20, 100));
    assert_true(guard_take(&b, 1000, 100, 20, 100));
}

static void a_bucket_never_gives_more_than_an_exact_one(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        uint64_t rate = 1 + randombytes_uniform(20000000), burst = 1 + randombytes_uniform(3000000), now = 1000000000;
        guard_bucket b = 0;
        double tokens = (double)burst;
        for (unsigned i = 0; i < 500; i++) {
            uint64_t step = randombytes_uniform(100000), cost = 1 + randombytes_uniform((uint32_t)burst);
            now += step;
            tokens += (double)step * (double)rate / 1e6;
            if (tokens > (double)burst)
                tokens = (double)burst;
            bool took = guard_take(&b, now, cost, rate, burst);
            if (took)
                tokens -= (double)cost;
            // 1 us of rate is what rounding to whole ns per take can add up to here
            assert_true(tokens > -((double)rate / 1e6) - 1);
            if (!took)
                assert_true(tokens < (double)cost + (double)rate / 1e6 + 1);
        }
    }
}

static void sources_are_prefixes(void **state)
{
    (void)state;
    struct addr a, b;
    assert_true(addr_literal(&a, "192.0.2.1", 5) && addr_literal(&b, "::ffff:192.0.2.1", 6));
    assert_int_equal(guard_source(guard, &a), guard_source(guard, &b));
    assert_true(addr_literal(&a, "2001:db8::1", 5) && addr_literal(&b, "2001:db8::ffff:2", 6));
    assert_int_equal(guard_source(guard, &a), guard_source(guard, &b));
    assert_true(addr_literal(&b, "2001:db8:0:1::1", 6));
    assert_int_not_equal(guard_source(guard, &a), guard_source(guard, &b));
    assert_true(addr_literal(&a, "127.0.0.1", 5) && addr_literal(&b, "127.0.0.1", 6));
    assert_int_not_equal(guard_source(guard, &a), guard_source(guard, &b));
    assert_int_equal(guard_host(guard, &a), guard_host(guard, &b));
}

static void each_thing_asked_has_its_rate(void **state)
{
    (void)state;
    unsigned h = guard_host(guard, &one), hello = 0, join = 0, call = 0, registered = 0;
    for (unsigned i = 0; i < 2000; i++) {
        hello += guard_hello(guard, h, 1);
        join += guard_join(guard, h, 1);
        call += guard_call(guard, h, 1);
        registered += guard_register(guard, h, 1);
    }
    assert_int_equal(hello, WIRE_HELLO_BURST);
    assert_int_equal(join, WIRE_JOINS_BURST);
    assert_int_equal(call, WIRE_CALLS_BURST);
    assert_int_equal(registered, WIRE_REGISTERS_BURST);
    assert_true(guard_hello(guard, guard_host(guard, &two), 1));
}

static void wrong_codes_block_ever_longer(void **state)
{
    (void)state;
    unsigned h = guard_host(guard, &one), other = guard_host(guard, &two);
    uint64_t now = 1000000, wait = 30;
    for (unsigned i = 0; i < WIRE_WRONG_CODES; i++) {
        assert_true(guard_may_guess(guard, h, now));
        guard_wrong_guess(guard, h, now);
        now += 1000000;
    }
    for (unsigned round = 0; round < 8; round++) {
        uint64_t last = now - 1000000;
        assert_false(guard_may_guess(guard, h, last + wait * 1000000 - 1));
        assert_true(guard_may_guess(guard, h, last + wait * 1000000));
        assert_true(guard_may_guess(guard, other, now));
        now = last + wait * 1000000;
        guard_wrong_guess(guard, h, now);
        now += 1000000;
        wait = wait * 2 > 600 ? 600 : wait * 2;
    }
}

static void an_old_mistake_is_forgotten(void **state)
{
    (void)state;
    unsigned h = guard_host(guard, &one);
    uint64_t now = 1000000;
    for (unsigned i = 0; i < 100; i++, now += 70000000) { // ten in ten minutes are needed
        guard_wrong_guess(guard, h, now);
        assert_true(guard_may_guess(guard, h, now + 1000000));
    }
}

static void the_whole_relay_has_a_guess_rate(void **state)
{
    (void)state;
    unsigned n = 0;
    for (unsigned i = 0; i < 1000; i++) {
        unsigned source = i * 4 % GUARD_SOURCES;
        if (!guard_may_guess(guard, source, 1000000))
            continue;
        guard_wrong_guess(guard, source, 1000000);
        n++;
    }
    assert_int_equal(n, WIRE_WRONG_CODES_RELAY_PER_S);
    assert_true(guard_may_guess(guard, 1, 3000000));
}

// Each source has a share of the calls to each person.
static void one_source_has_a_share_of_the_rings(void **state)
{
    const uint8_t bob[32] = {1}, cat[32] = {2};
    uint64_t now = 1000000;
    (void)state;
    for (unsigned i = 0; i < WIRE_RINGS_SOURCE_BURST; i++)
        assert_true(guard_ring(guard, 5, bob, now));
    assert_false(guard_ring(guard, 5, bob, now));
    assert_true(guard_ring(guard, 6, bob, now) && guard_ring(guard, 5, cat, now));
    now += WIRE_RINGS_SOURCE_S * 1000000;
    assert_true(guard_ring(guard, 5, bob, now));
    assert_false(guard_ring(guard, 5, bob, now));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(a_bucket_gives_its_burst_then_its_rate),
        T(a_refused_take_costs_nothing),
        T(a_bucket_never_gives_more_than_an_exact_one),
        T(sources_are_prefixes),
        T(each_thing_asked_has_its_rate),
        T(one_source_has_a_share_of_the_rings),
        T(wrong_codes_block_ever_longer),
        T(an_old_mistake_is_forgotten),
        T(the_whole_relay_has_a_guess_rate),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
