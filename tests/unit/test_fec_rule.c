// How much parity: by table, and against a simulated channel; and what loss is measured to be.
#include "tests/unit/unit.h"

#include <math.h>

#include "shared/fec.h"
#include "shared/fec_rule.h"
#include "shared/loss.h"

static unsigned rows(double loss, double burst, double rtt_ms, unsigned k, enum fec_kind kind)
{
    struct fec_rule r = {0};
    return fec_rule(&r, &(struct fec_path){loss, burst, rtt_ms}, k, kind);
}

static void table(void **state)
{
    (void)state;
    static const struct {
        double loss, burst, rtt_ms;
        unsigned k;
        enum fec_kind kind;
        unsigned m;
    } t[] = {
        {0, 1, 50, 6, FEC_PICTURE, 0},     {0.009, 1, 200, 6, FEC_PICTURE, 0}, {0.05, 1, 20, 6, FEC_PICTURE, 0},
        {0.05, 1, 50, 6, FEC_PICTURE, 1},  {0.10, 1, 50, 6, FEC_PICTURE, 2},   {0.20, 1, 50, 6, FEC_PICTURE, 3},
        {0.30, 1, 50, 6, FEC_PICTURE, 3},  {0.05, 1, 200, 6, FEC_PICTURE, 2},  {0.10, 1, 200, 6, FEC_PICTURE, 3},
        {0.20, 1, 200, 6, FEC_PICTURE, 6}, {0.30, 1, 200, 6, FEC_PICTURE, 6},  {0.30, 1, 200, 36, FEC_PICTURE, 8},
        {0.30, 1, 200, 1, FEC_PICTURE, 1}, {0.05, 1, 50, 20, FEC_KEYFRAME, 3}, {0.05, 1, 50, 20, FEC_PICTURE, 2},
        {0.10, 4, 200, 6, FEC_PICTURE, 3}, {0.20, 1, 50, 2, FEC_SOUND, 3},     {0.01, 1, 20, 2, FEC_SOUND, 1},
        {0.05, 1, 20, 2, FEC_SOUND, 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        unsigned m = rows(t[i].loss, t[i].burst, t[i].rtt_ms, t[i].k, t[i].kind);
        if (m != t[i].m)
            fail_msg("row %zu: %u instead of %u", i, m, t[i].m);
    }
}

static void more_of_everything_never_gives_less(void **state)
{
    (void)state;
    for (unsigned k = 1; k <= FEC_GROUP; k++)
        for (unsigned kind = FEC_PICTURE; kind <= FEC_SOUND; kind++)
            for (unsigned h = 20; h <= 200; h += 30)
                for (unsigned p = 1; p < 60; p++) {
                    unsigned m = rows(p / 100.0, 1, h, k, kind);
                    assert_true(m <= FEC_ROWS && m <= k + (kind == FEC_SOUND));
                    assert_true(rows((p + 1) / 100.0, 1, h, k, kind) >= m);
                    assert_true(rows(p / 100.0, 1, h + 30, k, kind) >= m);
                    if (kind == FEC_PICTURE)
                        assert_true(rows(p / 100.0, 1, h, k, FEC_KEYFRAME) >= m);
                }
}

static void it_stays_on_for_a_while(void **state)
{
    (void)state;
    struct fec_rule r = {0};
    struct fec_path path = {0.008, 1, 200};
    assert_int_equal(fec_rule(&r, &path, 6, FEC_PICTURE), 0);
    path.loss = 0.011;
    assert_true(fec_rule(&r, &path, 6, FEC_PICTURE) > 0);
    path.loss = 0.008;
    assert_true(fec_rule(&r, &path, 6, FEC_PICTURE) > 0);
    path.loss = 0.004;
    assert_int_equal(fec_rule(&r, &path, 6, FEC_PICTURE), 0);
    path.loss = 0.008;
    assert_int_equal(fec_rule(&r, &path, 6, FEC_PICTURE), 0);
}

static uint64_t random_state = 1;
static double any(void)
{
    return random_part(&random_state);
}

// The figure the rule goes by is what such a channel does, and the measure finds the channel's own figures.
static void residue_is_that_of_the_channel(void **state)
{
    (void)state;
    static const struct fec_path path[] = {{0.05, 1, 0}, {0.2, 1, 0}, {0.1, 4, 0}, {0.3, 3, 0}};
    enum { GROUPS = 100000, K = 6, M = 2 };
    for (size_t i = 0; i < ARRAY_LEN(path); i++) {
        double burst = MAX(path[i].burst, 1 / (1 - path[i].loss)), to_bad = path[i].loss / (1 - path[i].loss) / burst;
        unsigned failed = 0, sent = 0;
        struct loss measured = {0};
        bool bad = any() < path[i].loss;
        unsigned run = 0;
        for (unsigned g = 0; g < GROUPS; g++) {
            unsigned lost = 0;
            for (unsigned n = 0; n < K + M; n++) {
                bad = bad ? any() > 1 / burst : any() < to_bad;
                lost += bad;
                loss_count(&measured, bad, &run, 1000000 + sent++);
            }
            failed += lost > M;
        }
        double residue = fec_rule_residue(&path[i], K, M), part = (double)failed / GROUPS;
        assert_true(part > residue * 0.93 - 0.001 && part < residue * 1.07 + 0.001);
        assert_true(fabs(loss_share(&measured, 1000000 + sent) - path[i].loss) < 0.01);
        assert_true(fabs(loss_burst(&measured, 1000000 + sent) - burst) < 0.1 * burst);
    }
}

static void count(struct loss *l, unsigned many, bool lost, uint64_t now_us)
{
    static unsigned run;
    while (many--)
        loss_count(l, lost, &run, now_us);
}

static void loss_is_that_of_two_seconds(void **state)
{
    (void)state;
    struct loss l = {0};
    uint64_t now = 100000000;
    count(&l, 10, true, now);
    count(&l, 9, false, now);
    assert_true(loss_share(&l, now) == 0 && loss_burst(&l, now) == 10); // too few to tell
    count(&l, 81, false, now);
    assert_true(loss_share(&l, now) == 0.1);
    count(&l, 100, false, now + 1000000);
    assert_true(loss_share(&l, now + 1000000) == 0.05);
    assert_true(loss_share(&l, now + 1800000) == 0.05);
    assert_true(loss_share(&l, now + 2000000) == 0);
    assert_true(loss_share(&l, now + 60000000) == 0 && loss_burst(&l, now + 60000000) == 1);
    count(&l, LOSS_CUT, true, now + 60000000);
    count(&l, 20, false, now + 60000000);
    assert_true(loss_share(&l, now + 60000000) == 0.5 && loss_burst(&l, now + 60000000) == LOSS_BURST_MAX);
}

// A line that was cut for a while is not one that loses: parity would be no help.
static void a_cut_is_no_loss(void **state)
{
    (void)state;
    struct loss l = {0};
    count(&l, 100, false, 100000000);
    count(&l, LOSS_CUT + 1, true, 100000000);
    count(&l, 100, false, 100000000);
    assert_true(loss_share(&l, 100000000) == 0 && loss_burst(&l, 100000000) == 1);
    count(&l, 1, true, 100000000); // the next is one again
    count(&l, 99, false, 100000000);
    assert_true(fabs(loss_share(&l, 100000000) - 1.0 / 300) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(more_of_everything_never_gives_less),
        cmocka_unit_test(it_stays_on_for_a_while),
        cmocka_unit_test(residue_is_that_of_the_channel),
        cmocka_unit_test(loss_is_that_of_two_seconds),
        cmocka_unit_test(a_cut_is_no_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
