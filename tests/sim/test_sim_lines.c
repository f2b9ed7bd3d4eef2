// A call of two while the line of one of them is cut, is idle, or carries hardly anything: real sessions, the relay's
// real decisions, virtual time. PARLOUR_TELL=1 prints what was measured.
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "seeds.h"

enum { SEEDS = 3 };

static struct netem_line line;

static void carries(double kbps, double loss)
{
    line.up = (struct netem_settings){
        .delay_us = 25000, .rate_bps = (uint64_t)(kbps * 1000), .queue_us = 300000, .loss = loss, .overhead = 28};
    line.down = line.up;
}

static struct world *call_over(uint64_t seed, double kbps, double loss)
{
    struct world *w = world_create(seed);
    w->camera_kbps = 1200;
    carries(kbps, loss);
    for (unsigned i = 0; i < 2; i++)
        world_add(w, i, i ? "Robert" : "Amina");
    w->people[1].link.line = &line;
    world_create_room(w, 0);
    world_run(w, 1500);
    world_join(w, 1, 0);
    return w;
}

static struct world *call(uint64_t seed)
{
    struct world *w = call_over(seed, 2500, 0);
    world_run(w, 12000);
    return w;
}

struct seen { // by 0 of 1, and by 1 of 0
    uint64_t pictures[2];
    double concealed[2], sound_p95_ms; // shares of the sound; what waited before the way up
};

static struct seen look(struct world *w, uint64_t ms, const char *when)
{
    struct seen r;
    uint64_t before[2], played[2], made_up[2], all, some;
    struct netem_figures up = *world_line(w, 1, true);
    for (unsigned i = 0; i < 2; i++) {
        before[i] = world_seen(w, i, 1 - i);
        world_played(w, i, 1 - i, &played[i], &made_up[i]);
    }
    world_run(w, ms);
    for (unsigned i = 0; i < 2; i++) {
        struct outflow_figures f;
        r.pictures[i] = world_seen(w, i, 1 - i) - before[i];
        world_played(w, i, 1 - i, &all, &some);
        r.concealed[i] = (double)(some - made_up[i]) / (double)MAX(all - played[i], 1u);
        outflow_get_figures(&w->people[1 - i].session.outflow, &f);
        if (getenv("PARLOUR_TELL"))
            printf("%s: of %u: %u pictures, %.1f %% made up; target %.0f (%s), queue %.0f ms, camera %u, limit %u\n",
                   when, 1 - i, (unsigned)r.pictures[i], r.concealed[i] * 100, f.target_kbps, f.reason, f.queue_ms,
                   w->people[1 - i].rates.camera[LADDER_ALONE].kbps,
                   inflow_limit_kbps(&w->people[1 - i].session.inflow));
    }
    r.sound_p95_ms = netem_figures_waited(world_line(w, 1, true), &up, 0.95);
    return r;
}

static void camera_at_least(struct world *w, unsigned kbps)
{
    for (unsigned i = 0; i < 2; i++)
        assert_true(w->people[i].rates.camera[LADDER_ALONE].kbps >= kbps);
}

static void cut(struct world *w, uint64_t ms)
{
    line.up.cut = line.down.cut = true;
    world_run(w, ms);
    line.up.cut = line.down.cut = false;
}

// The line carries after a cut what it carried before, and both know it soon.
static void back_after_a_cut(void **state)
{
    (void)state;
    static const unsigned ms[] = {500, 3000, 8000};
    uint64_t first, last;
    seeds_range(SEEDS, &first, &last);
    for (uint64_t seed = first; seed <= last; seed++)
        for (unsigned i = 0; i < ARRAY_LEN(ms); i++) {
            struct world *w = call(seed);
            cut(w, ms[i]);
            look(w, 5000, "after a cut");
            camera_at_least(w, 1000);
            struct seen r = look(w, 3000, "later");
            assert_true(r.pictures[0] >= 87 && r.pictures[1] >= 87);
            camera_at_least(w, 1190);
            world_destroy(w);
        }
}

// Who says and shows nothing for a while goes on where he was.
static void nothing_to_send_is_no_silence(void **state)
{
    (void)state;
    struct world *w = call(1);
    for (unsigned i = 0; i < 2; i++)
        w->people[i].sending = false;
    world_run(w, 15000);
    for (unsigned i = 0; i < 2; i++) {
        struct outflow_figures f;
        outflow_get_figures(&w->people[i].session.outflow, &f);
        assert_true(f.target_kbps > 1300);
        w->people[i].sending = true;
    }
    struct seen r = look(w, 1000, "speaks again");
    camera_at_least(w, 1190);
    assert_true(r.pictures[0] >= 28 && r.pictures[1] >= 28);
    world_destroy(w);
}

// A tenth is lost by chance, and parity makes up for it: neither keeps the rate down when the line has room again.
static void room_again_on_a_line_that_loses(void **state)
{
    (void)state;
    uint64_t first, last;
    seeds_range(SEEDS, &first, &last);
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world *w = call(seed);
        carries(2500, 0.1);
        look(w, 6000, "10 % lost");
        camera_at_least(w, 900);
        carries(300, 0.1);
        look(w, 9000, "300");
        carries(2500, 0.1);
        look(w, 10000, "2500 again");
        assert_true(w->people[1].rates.camera[LADDER_ALONE].kbps >= 600);
        look(w, 7000, "later"); // what comes down may have been paused: that is tried first
        camera_at_least(w, 850);
        world_destroy(w);
    }
}

// A third is lost by chance from the beginning, or from one moment to the next: that is no reason to send less.
static void chance_is_no_full_line(void **state)
{
    (void)state;
    uint64_t first, last;
    seeds_range(SEEDS, &first, &last);
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world *w = call_over(seed, 5000, 0.3);
        look(w, 8000, "30 % from the first second");
        assert_true(w->people[1].rates.camera[LADDER_ALONE].kbps >= 400);
        world_destroy(w);
        w = call(seed);
        carries(5000, 0);
        look(w, 3000, "5000");
        line.up.loss = 0.3;
        for (unsigned i = 0; i < 8; i++) {
            look(w, 1000, "30 % lost on the way up");
            assert_true(w->people[1].rates.camera[LADDER_ALONE].kbps >= 400);
        }
        assert_true(w->people[1].rates.camera[LADDER_ALONE].kbps >= 1000);
        world_destroy(w);
    }
}

// A tenth of the rate is left: what is sent soon fits, and nothing else stands in the way of it.
static void little(void **state)
{
    (void)state;
    uint64_t first, last;
    seeds_range(SEEDS, &first, &last);
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world *w = call(seed);
        carries(300, 0);
        look(w, 5000, "300");
        struct seen r = look(w, 10000, "300, later");
        assert_true(r.pictures[0] >= 140 && r.pictures[1] >= 100); // 15 in a second; what comes down may be paused
        assert_true(r.concealed[0] < 0.02 && r.concealed[1] < 0.02);
        assert_true(r.sound_p95_ms < 110);
        world_destroy(w);
    }
}

// Too little for a picture: sound alone goes, and goes well, and the picture is back by itself.
static void sound_alone(void **state)
{
    (void)state;
    static const double kbps[] = {80, 130};
    for (unsigned i = 0; i < ARRAY_LEN(kbps); i++) {
        struct world *w = call(1 + i);
        carries(kbps[i], 0);
        line.down.rate_bps = 2500000;
        look(w, 10000, "too little");
        struct seen r = look(w, 40000, "too little, later");
        assert_int_equal(r.pictures[0], 0);
        assert_true(r.concealed[0] < 0.02 && r.sound_p95_ms < 60);
        assert_true(r.pictures[1] >= 1190);
        carries(2500, 0);
        look(w, 40000, "2500 again");
        camera_at_least(w, 1190);
        world_destroy(w);
    }
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(back_after_a_cut),
        cmocka_unit_test(nothing_to_send_is_no_silence),
        cmocka_unit_test(room_again_on_a_line_that_loses),
        cmocka_unit_test(chance_is_no_full_line),
        cmocka_unit_test(little),
        cmocka_unit_test(sound_alone),
    };
    return cmocka_run_group_tests_name("sim_lines", tests, NULL, NULL);
}
