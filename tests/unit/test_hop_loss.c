// What the relay's reports say is lost on our way up, however few come in each.
#include "tests/unit/unit.h"

#include "client/net/hop.h"
#include "client/net/hop_loss.h"
#include "shared/feedback.h"

enum { COUNT = 600, MS = 1000, AGAIN = 2 };

enum fate { CAME, LOST, REPAIRED, LATE }; // late: after the first report of it

static struct hop hop;

static void report(const enum fate *fate, unsigned base, unsigned end, unsigned newest_before, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct feedback_arrivals a = {.base = base, .count = (uint16_t)(end - base)};
    for (unsigned n = base; n < end; n++) {
        bool told_before = n < newest_before;
        enum fate f = fate[n];
        a.item[n - base] = f == CAME || (f == LATE && told_before) ? FEEDBACK_ARRIVED | 40
                           : f == REPAIRED && told_before          ? FEEDBACK_ARRIVED | FEEDBACK_OFFSET_NONE
                                                                   : 0;
    }
    struct bytes_writer w = feedback_begin(p, 0, 1);
    feedback_put_arrivals(&w, &a);
    hop_loss_reported(&hop, p, feedback_end(&w, p), now_us);
}

// `each` numbers a report, 20 ms apart, of which every `lose`th report is lost. The share lost in the last two seconds.
static double share(const enum fate *fate, unsigned each, unsigned lose)
{
    uint64_t now = 0;
    memset(&hop, 0, sizeof hop);
    hop.media_number = COUNT;
    for (unsigned end = 1 + each, i = 0; end <= COUNT; end += each, i++) {
        now += each * 20 * MS;
        if (!lose || i % lose)
            report(fate, end > (AGAIN + 1) * each ? end - (AGAIN + 1) * each : 1, end, end - each, now);
    }
    return loss_share(&hop.loss_up, now);
}

static void fill(enum fate fate[COUNT], enum fate usual, enum fate other, unsigned every)
{
    for (unsigned n = 0; n < COUNT; n++)
        fate[n] = every && n % every == 0 ? other : usual;
}

static void measured(void **state)
{
    (void)state;
    static const struct {
        enum fate other;
        unsigned every, each, lose;
        double share;
    } rows[] = {
        {LOST, 0, 5, 0, 0},    {LOST, 5, 5, 0, 0.2},  {LOST, 5, 1, 0, 0.2},     {LOST, 5, 8, 0, 0.2},
        {LOST, 5, 20, 0, 0.2}, {LOST, 5, 5, 3, 0.2},  {REPAIRED, 5, 5, 0, 0.2}, {LATE, 5, 5, 0, 0},
        {LATE, 5, 1, 0, 0},    {LOST, 10, 5, 0, 0.1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum fate fate[COUNT];
        fill(fate, CAME, rows[i].other, rows[i].every);
        double got = share(fate, rows[i].each, rows[i].lose);
        if (got < rows[i].share - 0.03 || got > rows[i].share + 0.03)
            fail_msg("row %zu: %.3f", i, got);
    }
}

// Of what no report spoke of nothing is known; nor does a full line count, or a report of what was never sent.
static void what_does_not_count(void **state)
{
    (void)state;
    enum fate fate[COUNT];
    fill(fate, LOST, LOST, 0);
    memset(&hop, 0, sizeof hop);
    hop.media_number = COUNT;
    report(fate, 1, 30, 1, 0);
    assert_int_equal(hop.up_reported, 29 - 16);
    fill(fate, CAME, CAME, 0);
    report(fate, 500, 530, 500, 0);
    assert_int_equal(hop.up_reported, 29 + 30 - 16);
    assert_int_equal(hop.up_lost, 29);
    report(fate, COUNT - 20, COUNT + 40, COUNT, 0);
    assert_int_equal(hop.up_newest, COUNT - 1);
    memset(&hop, 0, sizeof hop);
    hop.media_number = COUNT;
    hop.full_up = true;
    fill(fate, LOST, LOST, 0);
    report(fate, 1, 60, 1, 0);
    assert_true(loss_share(&hop.loss_up, 0) <= 0 && hop.up_lost > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(measured), cmocka_unit_test(what_does_not_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
