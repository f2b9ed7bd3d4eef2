// UDP or TCP: from what was heard and when.
#include "unit.h"

#include "client/net/path.h"

enum { MS = 1000, SECOND = 1000000, UDP = 1 << PATH_UDP, TCP = 1 << PATH_TCP, T0 = 50 * SECOND };

static struct path p;

static int start(void **state)
{
    (void)state;
    path_init(&p);
    path_begin(&p, T0);
    return 0;
}

static void prove(enum path_kind by, uint64_t now_us)
{
    assert_true(path_may_prove(&p, by, now_us));
    path_proved(&p, by, now_us);
}

static void move_to_tcp(uint64_t now_us)
{
    path_set_tcp(&p, true, now_us);
    prove(PATH_TCP, now_us);
    assert_true(path_heard(&p, PATH_TCP, now_us));
    assert_int_equal(p.kind, PATH_TCP);
}

static void test_udp_that_works_is_kept(void **state)
{
    (void)state;
    path_set_tcp(&p, true, T0);
    assert_int_equal(path_hello(&p, T0), UDP);
    prove(PATH_UDP, T0 + 20 * MS);
    for (uint64_t t = T0 + 40 * MS; t < T0 + 100 * (uint64_t)SECOND; t += 200 * MS) {
        assert_false(path_heard(&p, PATH_UDP, t));
        assert_int_equal(path_hello(&p, t), UDP);
        assert_false(path_may_prove(&p, PATH_TCP, t));
        assert_false(path_retry(&p, t));
    }
}

static void test_blocked_from_the_start(void **state)
{
    (void)state;
    assert_int_equal(path_hello(&p, T0 + 900 * MS), UDP); // no WebSocket: nothing else to try
    assert_false(path_set_tcp(&p, true, T0 + 100 * MS));
    assert_int_equal(path_hello(&p, T0 + PATH_FIRST_US - 1), UDP);
    assert_int_equal(path_hello(&p, T0 + PATH_FIRST_US), UDP | TCP);
    prove(PATH_TCP, T0 + 900 * MS);
    assert_true(path_heard(&p, PATH_TCP, T0 + 950 * MS));
    assert_int_equal(path_hello(&p, T0 + 1000 * MS), UDP); // what is asked from now on is whether UDP works
}

static void test_dies_in_a_call_and_comes_back(void **state)
{
    (void)state;
    path_set_tcp(&p, true, T0);
    path_heard(&p, PATH_UDP, T0 + SECOND);
    uint64_t t = T0 + SECOND + PATH_SILENT_US;
    assert_int_equal(path_hello(&p, t - 1), UDP);
    assert_int_equal(path_hello(&p, t), UDP | TCP);
    prove(PATH_TCP, t + 20 * MS);
    assert_true(path_heard(&p, PATH_TCP, t + 40 * MS));
    t += 40 * MS;
    unsigned tries = 0;
    for (uint64_t end = t + 65 * (uint64_t)SECOND; t < end; t += 50 * MS) {
        assert_false(path_heard(&p, PATH_TCP, t));
        tries += path_retry(&p, t);
    }
    assert_int_equal(tries, 6); // three, every 30 s
    prove(PATH_UDP, t);
    assert_false(path_heard(&p, PATH_TCP, t + 10 * MS));
    assert_true(path_heard(&p, PATH_UDP, t + 20 * MS));
    assert_false(path_heard(&p, PATH_TCP, t + 30 * MS)); // a straggler
    assert_int_equal(p.kind, PATH_UDP);
}

static void test_a_datagram_by_the_other_way_without_a_proof_changes_nothing(void **state)
{
    (void)state;
    path_heard(&p, PATH_UDP, T0 + 100 * MS);
    assert_false(path_heard(&p, PATH_TCP, T0 + 200 * MS));
    prove(PATH_TCP, T0 + SECOND);
    path_heard(&p, PATH_UDP, T0 + 7 * SECOND);
    assert_false(path_heard(&p, PATH_TCP, T0 + 7 * SECOND)); // that proof is too old
    assert_true(path_heard(&p, PATH_TCP, T0 + 9 * SECOND));  // but a relay that speaks only there is followed
}

static void test_no_flapping(void **state)
{
    (void)state;
    uint64_t t = T0, gap = 0;
    move_to_tcp(t);
    for (unsigned i = 0; i < 8; i++) { // UDP shakes hands and then carries nothing
        uint64_t since = t;
        while (!path_retry(&p, t))
            path_heard(&p, PATH_TCP, t += 100 * MS);
        assert_true(t - since >= gap);
        gap = t - since;
        prove(PATH_UDP, t);
        assert_true(path_heard(&p, PATH_UDP, t));
        t += 2 * SECOND;
        move_to_tcp(t);
    }
    assert_in_range(gap, 400 * (uint64_t)SECOND, 500 * (uint64_t)SECOND);
    path_route_changed(&p, t);
    assert_true(path_retry(&p, t)); // another network, another try, at once
}

static void test_the_websocket_goes_and_comes(void **state)
{
    (void)state;
    move_to_tcp(T0);
    assert_false(path_set_tcp(&p, false, T0 + SECOND));
    assert_int_equal(path_hello(&p, T0 + 2 * SECOND), UDP);
    assert_true(path_set_tcp(&p, true, T0 + 3 * SECOND)); // now, not after the next silence
    assert_int_equal(path_hello(&p, T0 + 3 * SECOND), UDP | TCP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_udp_that_works_is_kept, start),
        cmocka_unit_test_setup(test_blocked_from_the_start, start),
        cmocka_unit_test_setup(test_dies_in_a_call_and_comes_back, start),
        cmocka_unit_test_setup(test_a_datagram_by_the_other_way_without_a_proof_changes_nothing, start),
        cmocka_unit_test_setup(test_no_flapping, start),
        cmocka_unit_test_setup(test_the_websocket_goes_and_comes, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
