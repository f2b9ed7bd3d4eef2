// What a bad line is like and how it changes, read from words.
#include "tests/unit/unit.h"

#include "tests/netem/netem_plan.h"

static struct netem_line line;
static const char *wrong;

static int start(void **state)
{
    (void)state;
    memset(&line, 0, sizeof line);
    return 0;
}

static void units(void **state)
{
    (void)state;
    assert_true(netem_plan_settings(&line,
                                    "delay=25.5 jitter=3 shape=pareto jitter-reorders=1, reorder=1 reorder-by=20 "
                                    "duplicate=2 loss=10 burst=5:4 rate=2500 queue=300 queue-bytes=9000 overhead=28 "
                                    "stall=1 late=7 late-by=80",
                                    &wrong));
    const struct netem_settings *s = &line.up;
    assert_memory_equal(&line.up, &line.down, sizeof line.up);
    assert_true(s->delay_us == 25500 && s->jitter_us == 3000 && s->jitter == NETEM_PARETO && s->jitter_reorders);
    assert_true(s->reorder == 0.01 && s->reorder_us == 20000 && s->duplicate == 0.02 && s->loss == 0.1);
    assert_true(s->burst_loss == 0.05 && s->burst_length == 4 && s->rate_bps == 2500000 && s->queue_us == 300000);
    assert_true(s->queue_bytes == 9000 && s->overhead == 28 && !s->cut && s->stall && s->late == 0.07 &&
                s->late_us == 80000);
}

static void directions(void **state)
{
    (void)state;
    assert_true(netem_plan_settings(&line, "loss=1 up.loss=2 down.cut=1", &wrong));
    assert_true(line.up.loss == 0.02 && line.down.loss == 0.01 && !line.up.cut && line.down.cut);
}

static void what_cannot_be_read_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"delay",         "delay=",      "delay=x",   "delay=5x",   "delay=-1",
                                      "loss=101",      "loss=nan",    "cut=2",     "shape=flat", "shape=uniforms",
                                      "burst=100",     "burst=5:0",   "burst=5:x", "delays=5",   "left.delay=5",
                                      "up.down.cut=1", "=5",          "delay=inf", "rate=1e9",   "delay=5;",
                                      "delay= 5",      "burst=5:4:3", "up.",       "loss=1=2"};
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        char text[64];
        struct netem_line before = line;
        snprintf(text, sizeof text, "rate=7 %s", bad[i]);
        if (netem_plan_settings(&line, text, &wrong))
            fail_msg("\"%s\" was taken", text);
        assert_ptr_equal(wrong, text + 7);
        assert_memory_equal(&before, &line, sizeof line);
    }
}

static void changes_in_order(void **state)
{
    (void)state;
    struct netem_plan plan;
    assert_true(netem_plan_read(&plan,
                                "# the line of RFC 8867 5.1, sort of\n"
                                "20: rate=500; 40: rate=2500 # back\n"
                                " 5+30: up.cut=1\n"
                                "5.5+30: up.cut=0;;\n",
                                &wrong));
    static const struct {
        uint64_t at_ms, rate;
        bool cut;
    } expected[] = {{5000, 0, true},     {5500, 0, false},     {20000, 500, false},
                    {35000, 500, true},  {35500, 500, false},  {40000, 2500, false},
                    {65000, 2500, true}, {65500, 2500, false}, {95000, 2500, true}};
    for (unsigned i = 0; i < ARRAY_LEN(expected); i++) {
        assert_int_equal(netem_plan_next_us(&plan), expected[i].at_ms * 1000);
        assert_true(strlen(netem_plan_step(&plan, &line)) > 3);
        assert_true(line.up.rate_bps == expected[i].rate * 1000 && line.up.cut == expected[i].cut && !line.down.cut);
    }
}

static void ends_when_nothing_repeats(void **state)
{
    (void)state;
    struct netem_plan plan;
    assert_true(netem_plan_read(&plan, "0:loss=5;1:loss=0", &wrong) && plan.count == 2);
    netem_plan_step(&plan, &line);
    netem_plan_step(&plan, &line);
    assert_true(netem_plan_next_us(&plan) == UINT64_MAX);
    assert_string_equal(netem_plan_step(&plan, &line), "");
    assert_true(netem_plan_read(&plan, "", &wrong) && plan.count == 0);
}

static void plans_that_cannot_be_read(void **state)
{
    (void)state;
    static const char *const bad[] = {"cut=1",    "5 cut=1",   "5:cut=3", "x:cut=1",   "-1:cut=1",  "5+0:cut=1",
                                      "5+:cut=1", "5+x:cut=1", ":cut=1",  "nan:cut=1", "1e9:cut=1", "5"};
    struct netem_plan plan;
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        char text[64];
        snprintf(text, sizeof text, "1:loss=5;%s", bad[i]);
        if (netem_plan_read(&plan, text, &wrong))
            fail_msg("\"%s\" was taken", text);
        assert_true(wrong >= text + 9 && wrong <= text + strlen(text));
    }
}

static void steps_have_an_end(void **state)
{
    (void)state;
    char text[NETEM_PLAN_STEPS * 8 + 9] = "", words[NETEM_PLAN_WORDS + 32] = "1:";
    size_t n = 0;
    struct netem_plan plan;
    for (unsigned i = 0; i < NETEM_PLAN_STEPS; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "1:cut=1;");
    assert_true(netem_plan_read(&plan, text, &wrong));
    snprintf(text + n, sizeof text - n, "1:cut=1;");
    assert_false(netem_plan_read(&plan, text, &wrong));
    for (n = 2; n < NETEM_PLAN_WORDS + 8;)
        n += (size_t)snprintf(words + n, sizeof words - n, "cut=1 ");
    assert_false(netem_plan_read(&plan, words, &wrong));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(units, start),
        cmocka_unit_test_setup(directions, start),
        cmocka_unit_test_setup(what_cannot_be_read_changes_nothing, start),
        cmocka_unit_test_setup(changes_in_order, start),
        cmocka_unit_test_setup(ends_when_nothing_repeats, start),
        cmocka_unit_test_setup(plans_that_cannot_be_read, start),
        cmocka_unit_test_setup(steps_have_an_end, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
