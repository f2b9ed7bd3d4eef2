// What our way up loses, from the relay's reports of it.
#include "tests/unit/unit.h"

#include "client/net/hop_loss.h"

#include "shared/feedback.h"

#include <math.h>

enum { SENT = 1000 };
static const uint64_t NOW = 5000000;

static struct hop hop;

static int setup(void **state)
{
    (void)state;
    memset(&hop, 0, sizeof hop);
    hop.media_number = SENT + 1;
    return 0;
}

// `lost` and `again` (came as a repair) of the numbers from base on: each one of so many, none when 0.
static void report(uint8_t space, uint32_t base, unsigned count, unsigned lost, unsigned again)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct feedback_arrivals a = {.space = space, .base = base, .count = (uint16_t)count};
    for (unsigned i = 0; i < count; i++) {
        a.item[i] = FEEDBACK_ARRIVED;
        if (again && (base + i) % again == 0)
            a.item[i] = FEEDBACK_ARRIVED | FEEDBACK_OFFSET_NONE;
        if (lost && (base + i) % lost == 0)
            a.item[i] = FEEDBACK_OFFSET_NONE;
    }
    struct bytes_writer w = feedback_begin(p, 0, 1);
    feedback_put_arrivals(&w, &a);
    hop_loss_reported(&hop, p, feedback_end(&w, p), NOW);
}

static void reports(unsigned lost, unsigned again)
{
    for (unsigned base = 1; base + 50 <= SENT + 1; base += 50)
        report(0, base, 50, lost, again);
}

static bool share_is(double share)
{
    return fabs(loss_share(&hop.loss_up, NOW) - share) < 0.005;
}

static void lost_and_repaired(void **state)
{
    (void)state;
    reports(0, 0);
    assert_true(share_is(0));
    setup(NULL);
    reports(10, 0);
    assert_true(share_is(0.1));
    setup(NULL);
    reports(0, 5); // it had been lost all the same
    assert_true(share_is(0.2));
}

// Each is counted once, however often it is told of, and not before newer ones are known.
static void each_once(void **state)
{
    (void)state;
    for (unsigned base = 1; base + 60 <= SENT + 1; base += 20)
        report(0, base, 60, 10, 0);
    assert_true(share_is(0.1));
    assert_in_range(hop.up_reported, SENT - 60, SENT);
    // What was told to be missing came after all.
    setup(NULL);
    for (unsigned base = 1; base + 20 <= SENT + 1; base += 10) {
        report(0, base, 20, 1, 0);
        report(0, base, 20, 0, 0);
    }
    assert_true(share_is(0));
}

// Numbers that were never sent, of whatever report, put nothing out of reach.
static void nonsense(void **state)
{
    (void)state;
    report(0, SENT + 500, 64, 1, 0);
    report(0, 0x80000000, 64, 1, 0);
    report(0, UINT32_MAX - 10, 64, 1, 0);
    report(1, 1, 64, 1, 0); // of the other numbers
    assert_int_equal(hop.up_reported, 0);
    reports(10, 0);
    assert_true(share_is(0.1));
}

static void a_queue_is_no_chance(void **state)
{
    (void)state;
    hop.full_up = true;
    reports(10, 0);
    assert_true(share_is(0));
    assert_in_range(hop.up_lost, 90, 100); // lost it is, and the figures say so
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lost_and_repaired, setup),
        cmocka_unit_test_setup(each_once, setup),
        cmocka_unit_test_setup(nonsense, setup),
        cmocka_unit_test_setup(a_queue_is_no_chance, setup),
    };
    return cmocka_run_group_tests_name("hop_loss", tests, NULL, NULL);
}
