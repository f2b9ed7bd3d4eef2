// What is heard of a call of two over one bad line, his sound and hers: real sessions, the relay's real decisions, the
// real jitter buffer, lines with rates and queues in virtual time. PARLOUR_TELL=1 prints what was measured.
#include "tests/netem/netem_plan.h"
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "seeds.h"

enum {
    SEEDS = 2,
    DROP_SEEDS = 6,
    SETTLE_MS = 12000,
    MEASURE_MS = 30000,
    DROP_CONCEALED_MS = 450, // on average (aim 400, met by eight seeds, not by any two),
    DROP_CONCEALED_EACH_MS = 500
};

struct row {
    const char *what, *line; // of one of the two
    double concealed;        // aim: share of what is played, each way
    double delay_ms;         // in the jitter buffer at the most, on average
};

struct heard { // by one of the other
    double concealed, delay_ms, target_ms;
};

static void now(struct world *w, unsigned i, uint64_t *played, uint64_t *concealed)
{
    world_played(w, i, 1 - i, played, concealed);
}

// Two have talked for a while, Robert over this line.
static struct world *begin(uint64_t seed, const struct netem_line *line)
{
    struct world *w = world_create(seed);
    w->camera_kbps = 1200;
    for (unsigned i = 0; i < 2; i++)
        world_add(w, i, i ? "Robert" : "Amina");
    w->people[1].link.line = line;
    world_create_room(w, 0);
    world_run(w, 1500);
    world_join(w, 1, 0);
    world_run(w, SETTLE_MS);
    return w;
}

static void call(const struct row *row, uint64_t seed, struct heard heard[2])
{
    struct netem_line line = {0};
    const char *wrong;
    uint64_t played[2], concealed[2];
    if (!netem_plan_settings(&line, row->line, &wrong))
        fail_msg("%s", wrong);
    struct world *w = begin(seed, &line);
    for (unsigned i = 0; i < 2; i++)
        now(w, i, &played[i], &concealed[i]);
    for (unsigned t = 0; t < MEASURE_MS; t += 100) {
        world_run(w, 100);
        for (unsigned i = 0; i < 2; i++)
            heard[i].delay_ms += w->people[i].ears[0].jitter.figures.delay_ms * 100 / MEASURE_MS,
                heard[i].target_ms += w->people[i].ears[0].jitter.figures.target_ms * 100 / MEASURE_MS;
    }
    for (unsigned i = 0; i < 2; i++) {
        uint64_t p, c;
        now(w, i, &p, &c);
        heard[i].concealed += (double)(c - concealed[i]) / (double)(p - played[i]);
    }
    world_destroy(w);
}

// A fifth of the rate is left for a while, both ways: what is made up of the two voices in all, ms.
static void drop_call(uint64_t seed, double made_up_ms[2], unsigned times)
{
    static const char *const lines[] = {"delay=25 rate=2500 queue=300 overhead=28", "rate=500", "rate=2500"};
    static const unsigned ms[] = {20000, 20000, 15000};
    struct netem_line line = {0};
    uint64_t before[2], after, played;
    const char *wrong;
    assert_true(netem_plan_settings(&line, lines[0], &wrong));
    struct world *w = begin(seed, &line);
    for (unsigned i = 0; i < 2; i++)
        now(w, i, &played, &before[i]);
    for (unsigned k = 0; k < ARRAY_LEN(lines); k++) {
        assert_true(netem_plan_settings(&line, lines[k], &wrong));
        world_run(w, ms[k]);
    }
    for (unsigned i = 0; i < 2; i++) {
        now(w, i, &played, &after);
        double made_up = (double)(after - before[i]) / 48;
        if (made_up > DROP_CONCEALED_EACH_MS)
            fail_msg("%.0f ms %s made up (again with PARLOUR_SEED=%llu)", made_up, i ? "down" : "up",
                     (unsigned long long)seed);
        made_up_ms[i] += made_up / times;
        assert_true(played > 48000u * 40); // of 55 s: they do speak and hear
    }
    world_destroy(w);
}

static void drop(void **state)
{
    (void)state;
    double made_up_ms[2] = {0};
    uint64_t first, last;
    seeds_range(DROP_SEEDS, &first, &last);
    for (uint64_t seed = first; seed <= last; seed++)
        drop_call(seed, made_up_ms, (unsigned)(last - first + 1));
    for (unsigned i = 0; i < 2; i++) {
        double ms = made_up_ms[i];
        if (getenv("PARLOUR_TELL"))
            fprintf(stderr, "2500, 500, 2500  %4s: concealed %.0f ms\n", i ? "down" : "up", ms);
        if (first < last && ms > DROP_CONCEALED_MS)
            fail_msg("%.0f ms %s made up", ms, i ? "down" : "up");
    }
}

static bool judge(const struct row *row, const char *way, const struct heard *h, double calls)
{
    double concealed = h->concealed / calls, delay_ms = h->delay_ms / calls;
    bool good = concealed <= row->concealed && delay_ms <= row->delay_ms;
    if (!good || getenv("PARLOUR_TELL"))
        fprintf(stderr, "%s%-16s %4s: concealed %.2f %%, delay %.0f ms, target %.0f\n", good ? "" : "MISSED ",
                row->what, way, 100 * concealed, delay_ms, h->target_ms / calls);
    return good;
}

static void rows(void **state)
{
    (void)state;
    static const struct row all[] = {
        {"clean", "delay=25 rate=5000 queue=300 overhead=28", 0.0001, 25},
        {"5 %", "delay=25 rate=5000 queue=300 overhead=28 loss=5", 0.005, 100},
        {"10 %", "delay=25 rate=5000 queue=300 overhead=28 loss=10", 0.01, 120},
        {"20 %", "delay=25 rate=5000 queue=300 overhead=28 loss=20", 0.015, 140},
        {"30 %", "delay=25 rate=5000 queue=300 overhead=28 loss=30", 0.02, 150},
        {"10 % in bursts", "delay=25 rate=5000 queue=300 overhead=28 burst=10:4", 0.02, 140},
        {"RTT 200, 10 %", "delay=100 rate=5000 queue=300 overhead=28 loss=10", 0.02, 140},
    };
    unsigned missed = 0;
    uint64_t first, last;
    seeds_range(SEEDS, &first, &last);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct heard heard[2] = {0};
        for (uint64_t seed = first; seed <= last; seed++)
            call(&all[i], seed, heard);
        for (unsigned k = 0; k < 2; k++)
            missed += !judge(&all[i], k ? "down" : "up", &heard[k], (double)(last - first + 1));
    }
    assert_int_equal(missed, 0);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(drop)};
    return cmocka_run_group_tests_name("sim_sound", tests, NULL, NULL);
}
