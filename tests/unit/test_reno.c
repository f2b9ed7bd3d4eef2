// NewReno, its steps one by one, and a whole transfer beside a second machine written after the RFCs' own sentences.
#include "tests/unit/unit.h"

#include "client/net/reno.h"

#include <math.h>

enum { MSS = 1000 };

static struct reno r;

static int setup(void **state)
{
    (void)state;
    reno_init(&r, MSS);
    return 0;
}

static void doubles_each_round_trip(void **state)
{
    (void)state;
    assert_int_equal(r.cwnd, 10 * MSS);
    uint64_t una = 0;
    for (int round = 1; round <= 4; round++) {
        double window = r.cwnd;
        for (double acked = 0; acked < window; acked += 2 * MSS)
            reno_acked(&r, 2 * MSS, una += 2, true);
        assert_int_equal(r.cwnd, 10 * MSS << round);
        assert_int_equal(r.state, RENO_SLOW_START);
    }
    reno_acked(&r, 2 * MSS, una, false); // who does not use his window learns nothing about a larger one
    assert_int_equal(r.cwnd, 160 * MSS);
}

static void one_more_each_round_trip(void **state)
{
    (void)state;
    assert_true(reno_lost(&r, 40 * MSS, 100));
    assert_int_equal(r.state, RENO_RECOVERY);
    assert_int_equal(r.ssthresh, 20 * MSS);
    assert_int_equal(r.cwnd, 20 * MSS);
    assert_false(reno_lost(&r, 20 * MSS, 120)); // of the same window
    reno_acked(&r, 5 * MSS, 99, true);
    assert_int_equal(r.cwnd, 20 * MSS);
    reno_acked(&r, MSS, 100, true);
    assert_int_equal(r.state, RENO_AVOIDANCE);
    for (int i = 0; i < 20; i++)
        reno_acked(&r, MSS, 101 + i, true);
    assert_int_equal(r.cwnd, 21 * MSS);
    assert_true(reno_lost(&r, 3 * MSS, 200));
    assert_int_equal(r.ssthresh, 2 * MSS); // never less
}

static void after_silence(void **state)
{
    (void)state;
    reno_round_trip(&r, 100000);
    assert_int_equal(r.rto_us, 300000); // srtt + 4 rttvar, RFC 6298 section 2.2
    reno_timed_out(&r, 16 * MSS, 50);
    assert_int_equal(r.cwnd, MSS);
    assert_int_equal(r.ssthresh, 8 * MSS);
    assert_int_equal(r.rto_us, 600000);
    reno_timed_out(&r, MSS, 50);
    assert_int_equal(r.ssthresh, 8 * MSS); // halved once for one loss
    assert_int_equal(r.rto_us, 1200000);
    assert_false(reno_lost(&r, MSS, 50));
    for (uint64_t una = 1; una <= 7; una++)
        reno_acked(&r, MSS, una, true);
    assert_int_equal(r.cwnd, 8 * MSS);
    assert_int_equal(r.state, RENO_TIMEOUT); // until what was under way is acked
    assert_int_equal(r.rto_us, 300000);
    reno_acked(&r, MSS, 50, true);
    assert_int_equal(r.state, RENO_AVOIDANCE);
    for (int i = 0; i < 20; i++)
        reno_timed_out(&r, MSS, 50);
    assert_int_equal(r.rto_us, RENO_RTO_MOST_US);
}

static void round_trips(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        reno_round_trip(&r, 50000);
    assert_int_equal(r.rto_us, RENO_RTO_LEAST_US);
    reno_round_trip(&r, 450000); // srtt 100 ms, rttvar about 100 ms
    assert_in_range(r.rto_us, 480000, 520000);
}

static void a_queue_ends_slow_start(void **state)
{
    (void)state;
    reno_enough(&r);
    assert_int_equal(r.state, RENO_AVOIDANCE);
    for (uint64_t una = 1; una <= 10; una++)
        reno_acked(&r, MSS, una, true);
    assert_int_equal(r.cwnd, 11 * MSS);
    assert_true(reno_lost(&r, 11 * MSS, 20));
    double before = r.ssthresh;
    reno_enough(&r); // elsewhere it has nothing to say
    assert_true(r.ssthresh == before && r.state == RENO_RECOVERY);
}

// ---- the second machine: whole segments, as RFC 5681 3.1 and 3.2, RFC 6582 3.2 and RFC 6675 5 tell it ----

struct reference {
    long cwnd, ssthresh, partial; // bytes; acked since avoidance last added a segment
    long recovery_point, timeout_point;
    bool in_recovery, repeated;
};

static void reference_ack(struct reference *m, long bytes, long una)
{
    m->repeated = false;
    if (m->in_recovery) { // RFC 6675 section 5 step B: it ends when RecoveryPoint is acked; cwnd was set at its start
        m->in_recovery = una < m->recovery_point;
        return;
    }
    while (bytes > 0) { // a segment at a time
        long n = bytes < MSS ? bytes : MSS;
        bytes -= n;
        if (m->cwnd < m->ssthresh) {
            long room = m->ssthresh - m->cwnd;
            m->cwnd += n < room ? n : room; // cwnd += min(N, SMSS)
            n -= n < room ? n : room;
        }
        m->partial += n; // section 3.1: recommended counting: SMSS when cwnd bytes have been acked
        if (m->partial >= m->cwnd) {
            m->partial -= m->cwnd;
            m->cwnd += MSS;
        }
    }
}

static void reference_loss(struct reference *m, long flight, long next, long una)
{
    if (m->in_recovery || una < m->timeout_point)
        return;
    m->ssthresh = flight / 2 > 2 * MSS ? flight / 2 : 2 * MSS; // equation 4
    m->cwnd = m->ssthresh;
    m->partial = 0;
    m->in_recovery = true;
    m->recovery_point = next;
}

static void reference_timeout(struct reference *m, long flight, long next)
{
    if (!m->repeated)
        m->ssthresh = flight / 2 > 2 * MSS ? flight / 2 : 2 * MSS;
    m->repeated = true;
    m->cwnd = MSS; // the loss window
    m->partial = 0;
    m->in_recovery = false;
    m->timeout_point = next;
}

static void as_the_rfcs_tell_it(void **state)
{
    (void)state;
    uint64_t seed = unit_seed();
    for (int run = 0; run < 200; run++) {
        struct reference m = {.cwnd = 10 * MSS, .ssthresh = 1 << 30};
        reno_init(&r, MSS);
        long una = 0, next = 0;
        for (int step = 0; step < 3000; step++) {
            while ((next - una) * MSS < (long)r.cwnd)
                next++;
            long flight = (next - una) * MSS;
            uint64_t dice = unit_random(&seed) % 100;
            if (dice < 2) {
                reno_lost(&r, (double)flight, (uint64_t)next);
                reference_loss(&m, flight, next, una);
            } else if (dice == 2 && unit_random(&seed) % 8 == 0) {
                reno_timed_out(&r, (double)flight, (uint64_t)next);
                reference_timeout(&m, flight, next);
            } else {
                long n = 1 + (long)(unit_random(&seed) % 2);
                n = n < next - una ? n : next - una;
                una += n;
                reno_acked(&r, (double)n * MSS, (uint64_t)una, true);
                reference_ack(&m, n * MSS, una);
            }
            assert_int_equal(lround(r.cwnd), m.cwnd);
            if (!isinf(r.ssthresh))
                assert_int_equal(lround(r.ssthresh), m.ssthresh);
            assert_int_equal(r.state == RENO_RECOVERY, m.in_recovery);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(doubles_each_round_trip, setup), cmocka_unit_test_setup(one_more_each_round_trip, setup),
        cmocka_unit_test_setup(after_silence, setup),           cmocka_unit_test_setup(round_trips, setup),
        cmocka_unit_test_setup(a_queue_ends_slow_start, setup), cmocka_unit_test_setup(as_the_rfcs_tell_it, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
