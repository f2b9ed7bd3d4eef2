// Two who talk while the line of one of them changes: real sessions and the relay's real decisions, over lines with
// rates and queues in virtual time. PARLOUR_TELL=1 prints what was measured, with
// PARLOUR_TRACE=1 each step of the controllers too.
#include "tests/netem/netem_plan.h"
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static struct netem_line line;

static void rate(double kbps)
{
    line.up = (struct netem_settings){
        .delay_us = 25000, .rate_bps = (uint64_t)(kbps * 1000), .queue_us = 300000, .overhead = 28};
    line.down = line.up;
}

static struct world *call(uint64_t seed)
{
    struct world *w = world_create(seed);
    w->camera_kbps = 1200;
    rate(2500);
    for (unsigned i = 0; i < 2; i++)
        world_add(w, i, i ? "Robert" : "Amina");
    w->people[1].link.line = &line;
    world_create_room(w, 0);
    world_run(w, 1500);
    world_join(w, 1, 0);
    world_run(w, 12000);
    return w;
}

static void tell(struct world *w, const char *when)
{
    for (unsigned i = 0; getenv("PARLOUR_TELL") && i < 2; i++) {
        struct outflow_figures f;
        outflow_get_figures(&w->people[i].session.outflow, &f);
        printf("%s: %u up %.0f kbit/s (%s), queue %.0f ms, camera %u, limit down %u\n", when, i, f.target_kbps,
               f.reason, f.queue_ms, w->people[i].rates.camera[LADDER_ALONE].kbps,
               inflow_limit_kbps(&w->people[i].session.inflow));
    }
}

// What the one behind the line and the other know of his way down and up, step by step.
static void trace(struct world *w, unsigned ms)
{
    for (unsigned i = 0; i < ms / 25; i++) {
        world_run(w, 25);
        if (!getenv("PARLOUR_TRACE"))
            continue;
        const struct inflow *in = &w->people[1].session.inflow;
        const struct outflow *up = &w->people[1].session.outflow;
        printf("%5u ms | down queue %3.0f target %5.0f (%s) came %4.0f loss %2.0f %% told %4u, camera %4u, gap %4u, "
               "parity %.2f"
               " | up queue %3.0f target %4.0f (%s) camera %4u flight %5zu waits %5zu %s\n",
               (i + 1) * 25, in->bandwidth.queue_ms, in->bandwidth.target_bps / 1000,
               bandwidth_reason_name(in->bandwidth.reason), bandwidth_received_bps(&in->bandwidth) / 1000,
               100 * bandwidth_loss(&in->bandwidth), in->told_kbps, w->people[0].rates.camera[LADDER_ALONE].kbps,
               (unsigned)((w->now_us - w->people[1].seen_us[0]) / 1000), in->row_bytes / MAX(in->picture_bytes, 1.0),
               up->bandwidth.queue_ms, up->bandwidth.target_bps / 1000, bandwidth_reason_name(up->bandwidth.reason),
               w->people[1].rates.camera[LADDER_ALONE].kbps, up->log->flight, up->pacer->waiting_bytes,
               up->held ? "held" : "");
    }
}

// Of the pictures of 10 s, those of `from` that `to` has seen; what waited in both lines, ms, 95 of 100 had at most.
static unsigned seen_in_10_s(struct world *w, unsigned to, unsigned from)
{
    uint64_t before = world_seen(w, to, from);
    world_run(w, 10000);
    return (unsigned)(world_seen(w, to, from) - before);
}

// With room for all both send what they want, and the controller holds nothing back.
static void enough(void **state)
{
    (void)state;
    struct world *w = call(1);
    tell(w, "2500");
    for (unsigned i = 0; i < 2; i++)
        assert_in_range(w->people[i].rates.camera[LADDER_ALONE].kbps, 1190, 1200);
    assert_in_range(seen_in_10_s(w, 0, 1), 290, 310);
    assert_int_equal(w->people[0].corrupt + w->people[1].corrupt, 0);
    world_destroy(w);
}

// A fifth of the rate is left, both ways: after two seconds the queues are short and pictures flow; with the rate they
// are as before. (The queue's aim is 80 ms; requests for what is only late make it more.)
static void less_and_more(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world *w = call(seed);
        unsigned gap[2];
        world_gap_ms(w, 1, 0);
        world_gap_ms(w, 0, 1);
        rate(500);
        trace(w, 3000);
        gap[0] = world_gap_ms(w, 1, 0);
        gap[1] = world_gap_ms(w, 0, 1);
        if (getenv("PARLOUR_TELL"))
            printf("longest without a picture: down %u ms, up %u ms\n", gap[0], gap[1]);
        tell(w, "500");
        struct netem_figures up = *world_line(w, 1, true), down = *world_line(w, 1, false);
        assert_in_range(gap[0], 0, 600);
        assert_in_range(gap[1], 0, 400);
        unsigned seen[2] = {seen_in_10_s(w, 0, 1), 0};
        assert_in_range(netem_figures_waited(world_line(w, 1, true), &up, 0.95), 0, 110);
        assert_in_range(netem_figures_waited(world_line(w, 1, false), &down, 0.95), 0, 110);
        seen[1] = seen_in_10_s(w, 1, 0);
        tell(w, "500, later");
        for (unsigned i = 0; i < 2; i++) {
            assert_in_range(seen[i], 250, 310);
            assert_in_range(w->people[i].rates.camera[LADDER_ALONE].kbps, 80, 480);
        }
        rate(2500);
        world_run(w, 12000);
        tell(w, "2500 again");
        for (unsigned i = 0; i < 2; i++)
            assert_true(w->people[i].rates.camera[LADDER_ALONE].kbps >= 1000);
        world_destroy(w);
    }
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {cmocka_unit_test(enough), cmocka_unit_test(less_and_more)};
    return cmocka_run_group_tests_name("sim_rates", tests, NULL, NULL);
}
