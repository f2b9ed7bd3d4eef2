// What the relay reports of what we sent, against what we kept of it.
#include "client/net/sent_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

enum { AHEAD_US = 20000000, WAY_US = 30000 }; // the relay's clock, and the way to it

static struct sent_log *sent;
static struct bandwidth bandwidth;

static int setup(void **state)
{
    (void)state;
    sent = calloc(1, sizeof *sent);
    sent_log_init(sent);
    bandwidth_init(&bandwidth, &(struct bandwidth_limits){300e3, 100e3, 2e6}, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(sent);
    return 0;
}

static uint64_t sent_us(uint64_t number)
{
    return 1000000 + number * 10000;
}

static void send(uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++)
        sent_log_add(sent, 0, n, 972, 0, sent_us(n)); // 1000 on the wire
}

// A report made when `base + count - 1` has just arrived; bit i of `missing`: base + i has not.
static bool report(uint64_t base, unsigned count, uint64_t missing, uint64_t repaired)
{
    uint64_t at = sent_us(base + count - 1) + WAY_US + AHEAD_US;
    struct feedback_arrivals a = {.base = (uint32_t)base, .count = (uint16_t)count, .time = wire_hoptime(at)};
    for (unsigned i = 0; i < count; i++) {
        uint16_t offset = (uint16_t)((count - 1 - i) * 10000 / FEEDBACK_OFFSET_US);
        if (repaired >> i & 1)
            offset = FEEDBACK_OFFSET_NONE;
        a.item[i] = missing >> i & 1 ? FEEDBACK_OFFSET_NONE : (uint16_t)(FEEDBACK_ARRIVED | offset);
    }
    return sent_log_arrivals(sent, &a, &bandwidth, at - AHEAD_US + WAY_US);
}

static void all_came(void **state)
{
    (void)state;
    send(1, 40);
    assert_int_equal(sent->flight, 40000);
    assert_true(report(1, 20, 0, 0));
    assert_int_equal(sent->flight, 20000);
    assert_false(report(1, 20, 0, 0)); // nothing new
    assert_true(report(1, 40, 0, 0));  // the twenty before it again
    assert_int_equal(sent->flight, 0);
    assert_int_equal(sent->told, 40);
    assert_int_equal(sent->lost, 0);
    assert_float_equal(sent->rtt_ms, 60, 0.5);
    assert_float_equal(bandwidth_received_bps(&bandwidth), 800e3, 30e3);
}

// A hole is a loss when three newer ones have come; each is told of once.
static void lost(void **state)
{
    (void)state;
    send(1, 20);
    report(1, 5, 1u << 3, 0);
    assert_int_equal(sent->lost, 0);
    report(1, 7, 1u << 3, 0);
    assert_int_equal(sent->lost, 1);
    report(1, 20, 1u << 3, 0);
    assert_int_equal(sent->lost, 1);
    assert_int_equal(sent->flight, 0);
}

// What came as a repair had been lost, but its bytes are there.
static void repaired(void **state)
{
    (void)state;
    send(1, 30);
    report(1, 20, 0, 1u << 4);
    report(1, 30, 0, 1u << 4);
    assert_int_equal(sent->lost, 1);
    double with = bandwidth_received_bps(&bandwidth);
    teardown(NULL);
    setup(NULL);
    send(1, 30);
    report(1, 20, 1u << 4, 0);
    report(1, 30, 1u << 4, 0);
    assert_int_equal(sent->lost, 1);
    assert_true(bandwidth_received_bps(&bandwidth) < with);
}

// A line that was cut for long lost all of that while. It carries as much as before: no loss is told of.
static void cut(void **state)
{
    (void)state;
    double loss[2];
    for (unsigned long_cut = 0; long_cut < 2; long_cut++) {
        unsigned gone = long_cut ? 20 : 10; // 10 ms each
        send(1, 60);
        report(1, 20, 0, 0);
        report(21, 40, (UINT64_C(1) << gone) - 1, 0);
        bandwidth_report(&bandwidth, 60, false, 2000000);
        assert_int_equal(sent->lost, gone);
        assert_int_equal(sent->flight, 0);
        loss[long_cut] = bandwidth_loss(&bandwidth);
        teardown(NULL);
        setup(NULL);
    }
    assert_true(loss[0] > 0.1 && loss[1] == 0);
}

// Reports that were lost say nothing: what no report spoke of is not held to be lost.
static void unknown(void **state)
{
    (void)state;
    send(1, 60);
    report(1, 10, 0, 0);
    report(41, 20, 0, 0);
    assert_int_equal(sent->lost, 0);
    assert_int_equal(sent->flight, 0);
}

// A stranger's numbers, long ago or never sent, change nothing.
static void nonsense(void **state)
{
    (void)state;
    send(1, 10);
    assert_false(report(5000, 64, 0x5555, 0));
    assert_int_equal(sent->flight, 10000);
    send(11, 3000); // the ring is full: the oldest are forgotten
    assert_true(sent->flight <= (size_t)SENT_LOG_RING * 1000);
    assert_false(report(1, 64, 0, 0));
    sent_log_tick(sent, sent_us(3000) + 2000001);
    assert_int_equal(sent->flight, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_came, setup, teardown),
        cmocka_unit_test_setup_teardown(lost, setup, teardown),
        cmocka_unit_test_setup_teardown(repaired, setup, teardown),
        cmocka_unit_test_setup_teardown(cut, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(nonsense, setup, teardown),
    };
    return cmocka_run_group_tests_name("sent_log", tests, NULL, NULL);
}
