// Which blocks a loudspeaker gets, against a model of one: it holds two blocks, asks when there is room for another,
// and stands still when it is empty.
#include "tests/unit/unit.h"

#include "client/recv/output_delay.h"

#include <math.h>

enum { SECOND_US = 1000000 };

struct model {
    struct output_delay delay;
    double now_us, queued_us;
    double late_us; // we come so late, each `every` times we are asked
    unsigned every, times;
    double period_us; // it asks at such times only; 0 = at any
    double speed;     // of its clock, 1 = ours
    unsigned opened;
    double stood_us; // altogether
};

static void model_init(struct model *m)
{
    *m = (struct model){.now_us = 1e9, .speed = 1};
    output_delay_init(&m->delay);
}

static void drain(struct model *m, double us)
{
    m->now_us += us;
    m->queued_us -= us * m->speed;
    if (m->queued_us < 0) {
        m->stood_us -= m->queued_us;
        m->queued_us = 0;
    }
}

static void reopen(struct model *m)
{
    output_delay_open(&m->delay, (uint64_t)m->now_us);
    m->opened++;
    m->now_us += 50000;
    m->queued_us = 0;
}

static void run(struct model *m, double seconds)
{
    if (m->opened == 0)
        reopen(m);
    for (double end_us = m->now_us + seconds * SECOND_US; m->now_us < end_us; m->times++) {
        double block_us = output_delay_samples(&m->delay) / 0.048;
        double most_us = fmax(block_us, m->period_us);
        drain(m, fmax(0, m->queued_us - most_us) / m->speed);
        if (m->period_us > 0 && m->queued_us > most_us - 1)
            drain(m, ceil(m->now_us / m->period_us) * m->period_us - m->now_us);
        if (m->every && m->times % m->every == m->every - 1)
            drain(m, m->late_us);
        output_delay_asked(&m->delay, output_delay_samples(&m->delay), (uint64_t)m->now_us);
        m->queued_us += block_us;
        if (output_delay_change(&m->delay))
            reopen(m);
    }
}

static unsigned block_ms(const struct model *m)
{
    return output_delay_samples(&m->delay) / 48;
}

static void begins_with_10_ms(void **state)
{
    (void)state;
    struct model m;
    model_init(&m);
    assert_int_equal(block_ms(&m), 10);
    run(&m, 20);
    assert_int_equal(block_ms(&m), 10);
    assert_int_equal(m.opened, 1);
}

static void as_short_as_is_kept_up_with(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        double late_ms, period_ms;
        unsigned every, least_ms, most_ms;
    } rows[] = {{"never late", 0, 0, 0, 5, 5},
                {"a little late", 2, 0, 50, 5, 5},
                {"too late for 5 ms", 9, 0, 100, 10, 10},
                {"too late for 10 ms", 16, 0, 100, 20, 20},
                {"too late for 20 ms", 32, 0, 100, 40, 40},
                {"too late for all", 100, 0, 100, 40, 40},
                {"asks each 10 ms", 0, 10, 0, 5, 10},
                {"asks each 21 ms", 0, 21.33, 0, 20, 40}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct model m;
        model_init(&m);
        m.late_us = rows[i].late_ms * 1000;
        m.every = rows[i].every;
        m.period_us = rows[i].period_ms * 1000;
        run(&m, 300);
        unsigned longest = 0, shortest = 99;
        for (unsigned n = 0; n < 20; n++) { // it may be trying what is shorter just now
            run(&m, 1);
            longest = MAX(longest, block_ms(&m));
            shortest = MIN(shortest, block_ms(&m));
        }
        if (longest > rows[i].most_ms || longest < rows[i].least_ms)
            fail_msg("%s: %u to %u ms", rows[i].what, shortest, longest);
    }
}

static void grows_at_once(void **state)
{
    (void)state;
    struct model m;
    model_init(&m);
    run(&m, 10);
    m.late_us = 15000;
    m.every = 20;
    run(&m, 1);
    assert_int_equal(block_ms(&m), 20);
    assert_true(m.delay.underruns >= 1);
    uint64_t before = m.delay.underruns;
    run(&m, 25);
    assert_true(m.delay.underruns <= before + 1);
}

static void one_moment_is_not_enough(void **state)
{
    (void)state;
    struct model m;
    model_init(&m);
    run(&m, 10);
    drain(&m, 80000);
    run(&m, 15);
    assert_int_equal(block_ms(&m), 10);
    assert_int_equal(m.delay.underruns, 1);
    assert_int_equal(m.opened, 1);
}

static void tries_less_and_less_often(void **state)
{
    (void)state;
    struct model m;
    model_init(&m);
    m.late_us = 9000;
    m.every = 100;
    run(&m, 600);
    unsigned early = m.opened;
    uint64_t underruns = m.delay.underruns;
    run(&m, 3000);
    assert_true(m.opened - early <= 14); // there and back, each 10 minutes at last
    assert_true(m.delay.underruns - underruns <= 21);
    m.late_us = 0; // and when it keeps up, it is found out
    run(&m, 700);
    assert_int_equal(block_ms(&m), 5);
}

static void drift_and_pauses_are_no_trouble(void **state)
{
    (void)state;
    for (int i = -1; i <= 1; i++) {
        struct model m;
        model_init(&m);
        m.speed = 1 + i * 500e-6;
        run(&m, 25);
        m.now_us += 5e6; // suspended
        run(&m, 25);
        m.now_us += 3600e6;
        run(&m, 60);
        assert_int_equal(m.delay.underruns, 0);
        assert_int_equal(block_ms(&m), 5);
    }
}

static void counts_each_standstill_once(void **state)
{
    (void)state;
    struct model m;
    model_init(&m);
    m.late_us = 60000;
    m.every = 400; // of 40 ms: each 16 s
    run(&m, 400);
    assert_int_equal(block_ms(&m), 40);
    uint64_t before = m.delay.underruns;
    double stood_us = m.stood_us;
    run(&m, 320);
    double each_us = (m.stood_us - stood_us) / (double)(m.delay.underruns - before);
    assert_true(each_us > 15000 && each_us < 25000); // of 60 ms, 40 were there
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_10_ms),
        cmocka_unit_test(as_short_as_is_kept_up_with),
        cmocka_unit_test(grows_at_once),
        cmocka_unit_test(one_moment_is_not_enough),
        cmocka_unit_test(tries_less_and_less_often),
        cmocka_unit_test(drift_and_pauses_are_no_trouble),
        cmocka_unit_test(counts_each_standstill_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
