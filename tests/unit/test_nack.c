// What is missing in a number space and when it is asked for; random arrivals against the plainest possible model.
#include "tests/unit/unit.h"

#include "shared/nack.h"

enum { MS = 1000 };

static struct nack n;
static struct feedback_nack got;
static struct nack_rule rule;

static int start(void **state)
{
    (void)state;
    memset(&n, 0, sizeof n);
    rule = nack_rule(60 * MS);
    return 0;
}

static bool asks_for(uint64_t number)
{
    for (unsigned i = 0; i < got.count; i++) {
        uint32_t ahead = (uint32_t)number - got.item[i].base;
        if (ahead == 0 || (ahead <= 32 && got.item[i].mask >> (ahead - 1) & 1))
            return true;
    }
    return false;
}

static unsigned ask(uint64_t now_us)
{
    return nack_ask(&n, &rule, &got, now_us);
}

static void constants_of_the_hop(void **state)
{
    (void)state;
    static const struct {
        uint64_t rtt_ms;
        uint32_t again_ms, give_up_ms;
    } table[] = {{0, 20, 250}, {1, 20, 250}, {60, 20, 250}, {90, 30, 360}, {200, 66, 800}, {5000, 333, 1000}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct nack_rule r = nack_rule(table[i].rtt_ms * MS);
        assert_int_equal(r.wait_us, 5 * MS);
        assert_int_equal(r.again_us / MS, table[i].again_ms);
        assert_int_equal(r.give_up_us / MS, table[i].give_up_ms);
    }
}

static void order_asks_for_nothing(void **state)
{
    (void)state;
    for (uint64_t i = 100; i < 200; i++)
        assert_false(nack_arrived(&n, i, i * MS));
    assert_int_equal(ask(1000 * MS), 0);
    assert_true(nack_due(&n, &rule, 1000 * MS) == UINT64_MAX);
}

static void a_hole_is_asked_for_after_five_ms_and_again(void **state)
{
    (void)state;
    nack_arrived(&n, 10, 1000 * MS);
    nack_arrived(&n, 12, 1000 * MS);
    assert_int_equal(ask(1004 * MS), 0);
    assert_int_equal(nack_due(&n, &rule, 1004 * MS), 1005 * MS);
    assert_int_equal(ask(1005 * MS), 1);
    assert_true(asks_for(11) && !asks_for(10) && !asks_for(12));
    assert_int_equal(ask(1006 * MS), 0);
    assert_int_equal(nack_due(&n, &rule, 1006 * MS), 1025 * MS);
    assert_int_equal(ask(1025 * MS), 1);
    assert_true(nack_arrived(&n, 11, 1026 * MS));
    assert_false(nack_arrived(&n, 11, 1026 * MS));
    assert_int_equal(ask(1100 * MS), 0);
}

// Reordering within the 5 ms costs nothing.
static void what_comes_late_is_not_asked_for(void **state)
{
    (void)state;
    nack_arrived(&n, 1, 1000 * MS);
    nack_arrived(&n, 3, 1001 * MS);
    assert_true(nack_arrived(&n, 2, 1004 * MS));
    assert_int_equal(ask(1010 * MS), 0);
}

static void given_up_in_time(void **state)
{
    (void)state;
    nack_arrived(&n, 1, 1000 * MS);
    nack_arrived(&n, 3, 1000 * MS);
    for (uint64_t t = 1005; t <= 1250; t += 5)
        ask(t * MS);
    assert_int_equal(n.count, 1);
    assert_true(nack_due(&n, &rule, 1250 * MS) <= 1252 * MS);
    ask(1251 * MS);
    assert_int_equal(n.count, 0);
    assert_int_equal(n.given_up, 1);
}

// A space that is known to begin with 1, as a session's does.
static void the_beginning_counts(void **state)
{
    (void)state;
    nack_reset(&n, 1);
    nack_arrived(&n, 4, 1000 * MS);
    assert_int_equal(ask(1010 * MS), 3);
    assert_true(asks_for(1) && asks_for(2) && asks_for(3));
}

static void heads(void **state)
{
    static const struct {
        const char *what;
        uint64_t seen, first, newest, missing_from, missing_to; // seen = the one number that came before, 0 = none
    } table[] = {
        {"all of it is missing", 0, 7, 9, 7, 9},
        {"nothing has been sent since", 0, 7, 6, 0, 0},
        {"the end is missing", 5, 3, 8, 3, 8},
        {"the beginning is", 5, 3, 5, 3, 4},
        {"what came before was not for us", 5, 9, 10, 9, 10},
        {"only the newest is told", 5, 0, 7, 6, 7},
        {"only the newest, and nothing came yet", 0, 0, 7, 7, 7},
        {"an older one", 5, 0, 3, 0, 0},
        {"the newest before the first", 5, 9, 3, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        unsigned expected = 0;
        memset(&n, 0, sizeof n);
        if (table[i].seen)
            nack_arrived(&n, table[i].seen, 1000 * MS);
        for (unsigned times = 0; times < 3; times++) // they come three times
            nack_heads(&n, table[i].first, table[i].newest, 1000 * MS);
        ask(1010 * MS);
        for (uint64_t x = 1; x < 20; x++) {
            bool missing = x >= table[i].missing_from && x <= table[i].missing_to && x != table[i].seen;
            expected += missing;
            if (asks_for(x) != missing)
                fail_msg("%s: %u", table[i].what, (unsigned)x);
        }
        assert_int_equal(n.count, expected);
    }
}

// Of more than there is room for the newest are kept.
static void bursts_are_bounded(void **state)
{
    (void)state;
    nack_arrived(&n, 1, 1000 * MS);
    nack_arrived(&n, 1000000, 1000 * MS);
    assert_int_equal(n.count, NACK_HOLES);
    assert_int_equal(n.given_up, 999998 - NACK_HOLES);
    assert_int_equal(ask(1010 * MS), NACK_HOLES);
    assert_true(asks_for(999999) && asks_for(1000000 - NACK_HOLES));
    nack_arrived(&n, 1000101, 1020 * MS);
    assert_int_equal(n.count, NACK_HOLES);
    nack_heads(&n, 1, UINT64_MAX - 1, 1030 * MS);
    assert_int_equal(n.count, NACK_HOLES);
    nack_heads(&n, 0, UINT64_MAX, 1030 * MS); // nonsense of a peer
    assert_int_equal(n.count, NACK_HOLES);
}

static void numbers_unwrap(void **state)
{
    static const struct {
        uint64_t newest;
        uint32_t low;
        uint64_t number;
    } table[] = {{10, 7, 7},
                 {0x100000003, 0xfffffff0, 0xfffffff0},
                 {0x0ffffffff, 0x00000002, 0x100000002},
                 {10, 0xfffffff0, 0xfffffff0},
                 {0x7fffffffffff, 0xffffffff, 0x7fffffffffff}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_true(nack_unwrap(table[i].newest, table[i].low) == table[i].number);
}

// Any order, copies and losses: asked for is exactly what has not come among what is known to have been sent.
static void against_a_model(void **state)
{
    (void)state;
    uint64_t seed = unit_seed();
    for (unsigned round = 0; round < 200; round++) {
        bool came[200] = {0};
        unsigned newest = 0, first = 0;
        memset(&n, 0, sizeof n);
        for (unsigned i = 1; i < 150; i++) {
            unsigned late = (unsigned)(unit_random(&seed) % 20), x = i > late ? i - late : 1;
            if (unit_random(&seed) % 4 == 0)
                continue;
            if (!first || x > newest)
                newest = MAX(newest, x);
            if (!first)
                first = x;
            if (x >= first) {
                assert_int_equal(nack_arrived(&n, x, 1000 * MS), x < newest && !came[x]);
                came[x] = true;
            }
        }
        ask(1010 * MS);
        for (unsigned x = 1; x < 200; x++)
            assert_int_equal(asks_for(x), first && x > first && x < newest && !came[x]);
    }
}

static void repeats_are_paid_for(void **state)
{
    struct nack_budget b = {0};
    (void)state;
    assert_false(nack_afford(&b, 0, 100, 1000 * MS)); // nothing was sent
    assert_true(nack_afford(&b, 1000, 600, 1100 * MS));
    assert_true(nack_afford(&b, 1000, 400, 1200 * MS));
    assert_false(nack_afford(&b, 1000, 1, 1300 * MS));
    assert_true(nack_afford(&b, 1000, 900, 2100 * MS)); // of the second before
    assert_false(nack_afford(&b, 1000, 200, 2200 * MS));
    assert_false(nack_afford(&b, 1000, 500, 60000 * MS)); // nothing for a long time
    b = (struct nack_budget){0};
    assert_true(nack_afford(&b, 500, 500, 9000000000)); // the first time: all until now
    for (uint64_t s = 1; s <= 10; s++)
        nack_sample(&b, 500 + s * 100, 9000000000 + s * 1000000);
    assert_true(nack_afford(&b, 1500, 100, 9010500000));
    assert_false(nack_afford(&b, 1500, 100, 9010600000));
}

static void copies_and_what_is_under_way(void **state)
{
    unsigned times = 0, rounds = 0;
    (void)state;
    for (; times < NACK_TIMES; rounds++)
        times += nack_copies(times, false);
    assert_int_equal(times, NACK_TIMES);
    assert_int_equal(rounds, 5);
    assert_true(nack_copies(0, true) == 2 && nack_copies(2, true) == 2 && nack_copies(7, true) == 1);
    assert_true(nack_in_flight(1000 * MS, false, 100 * MS, 1089 * MS));
    assert_false(nack_in_flight(1000 * MS, false, 100 * MS, 1090 * MS));
    assert_true(nack_in_flight(1000 * MS, true, 100 * MS, 1114 * MS));
    assert_false(nack_in_flight(1000 * MS, true, 100 * MS, 1115 * MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(constants_of_the_hop, start),
        cmocka_unit_test_setup(order_asks_for_nothing, start),
        cmocka_unit_test_setup(a_hole_is_asked_for_after_five_ms_and_again, start),
        cmocka_unit_test_setup(what_comes_late_is_not_asked_for, start),
        cmocka_unit_test_setup(given_up_in_time, start),
        cmocka_unit_test_setup(the_beginning_counts, start),
        cmocka_unit_test_setup(heads, start),
        cmocka_unit_test_setup(bursts_are_bounded, start),
        cmocka_unit_test_setup(numbers_unwrap, start),
        cmocka_unit_test_setup(against_a_model, start),
        cmocka_unit_test_setup(repeats_are_paid_for, start),
        cmocka_unit_test_setup(copies_and_what_is_under_way, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
