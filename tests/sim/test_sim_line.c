// The simulator's lines: what a narrow or a bad one does to a call of two, and the same again from the same seed.
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

enum { MS = 1000 };

struct seen {
    struct netem_figures up, down;
    uint64_t sent, shown;
};

// Amina's line is as said; what she sends, what Robert sees of it.
static struct seen call(uint64_t seed, const struct netem_line *line)
{
    struct seen r;
    struct world *w = world_create(seed);
    world_add(w, 0, "Amina");
    world_add(w, 1, "Robert");
    world_create_room(w, 0);
    world_run(w, 1500);
    world_join(w, 1, 0);
    world_run(w, 2500);
    uint64_t sent = w->people[0].pictures, shown = world_seen(w, 1, 0);
    w->people[0].link.line = line;
    world_run(w, 6000);
    r = (struct seen){*world_line(w, 0, true), *world_line(w, 0, false), w->people[0].pictures - sent,
                      world_seen(w, 1, 0) - shown};
    assert_int_equal(w->people[1].corrupt, 0);
    assert_int_equal(r.up.no_room + r.down.no_room, 0);
    world_destroy(w);
    return r;
}

// 1.3 Mbit/s of pictures and sound through 600 kbit/s: the queue is always full, and what does not fit is dropped.
static void narrow(void **state)
{
    (void)state;
    const struct netem_settings s = {.delay_us = 20 * MS, .rate_bps = 600000, .queue_us = 200 * MS, .overhead = 28};
    struct seen r = call(1, &(struct netem_line){.up = s, .down = {.delay_us = 20 * MS}});
    assert_true(r.up.dropped > 100 && r.shown < r.sent / 2);
    assert_in_range(netem_figures_waited(&r.up, NULL, 0.9), 150, 220);
    assert_int_equal(r.down.dropped, 0);
    // Wide enough, nothing of it is left.
    const struct netem_settings wide = {.delay_us = 20 * MS, .rate_bps = 5000000, .queue_us = 200 * MS, .overhead = 28};
    r = call(1, &(struct netem_line){.up = wide, .down = wide});
    assert_true(r.up.dropped == 0 && r.shown + 3 >= r.sent);
}

// Datagrams that come twice and overtake each other do a call no harm.
static void twice_and_out_of_order(void **state)
{
    (void)state;
    const struct netem_settings s = {.delay_us = 20 * MS,
                                     .duplicate = 0.3,
                                     .reorder = 0.1,
                                     .reorder_us = 4 * MS,
                                     .jitter_us = 3 * MS,
                                     .jitter_reorders = true};
    struct seen r = call(2, &(struct netem_line){s, s});
    assert_true(r.up.duplicated > 100 && r.up.overtaken > 100);
    assert_true(r.shown + 3 >= r.sent);
}

static void same_seed_same_run(void **state)
{
    (void)state;
    const struct netem_settings s = {.delay_us = 30 * MS,
                                     .jitter_us = 5 * MS,
                                     .loss = 0.1,
                                     .rate_bps = 2000000,
                                     .queue_us = 100 * MS,
                                     .overhead = 28};
    struct seen a = call(3, &(struct netem_line){s, s}), b = call(3, &(struct netem_line){s, s});
    assert_memory_equal(&a, &b, sizeof a);
    struct seen c = call(4, &(struct netem_line){s, s});
    assert_memory_not_equal(&a, &c, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow),
        cmocka_unit_test(twice_and_out_of_order),
        cmocka_unit_test(same_seed_same_run),
    };
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
