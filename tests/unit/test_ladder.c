// Which layers of our picture are made, how large, at what rate, and which are on offer.
#include "client/net/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000, SECOND = 1000000 };

static struct ladder l;
static uint64_t now;

static int start(void **state)
{
    (void)state;
    ladder_init(&l, 1200);
    now = 10 * SECOND;
    return 0;
}

static void watch(unsigned w0, unsigned w1, unsigned w2)
{
    struct ladder_watch w[BUDGET_LAYERS] = {{w0, 0}, {w1, 0}, {w2, 0}};
    ladder_watched(&l, w, now);
}

static void last(double kbps, unsigned ms)
{
    for (unsigned t = 0; t < ms; t += 50, now += 50 * MS)
        ladder_choose(&l, kbps * 1000, now);
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        double kbps;
        unsigned height, fps;
    } rows[] = {{1200, 720, 30}, {760, 720, 30}, {700, 360, 30}, {210, 360, 30}, {190, 360, 15}, {100, 180, 15}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        start(NULL);
        watch(0, 0, 1);
        last(rows[i].kbps, 12000);
        const struct ladder_layer *x = &l.layer[LADDER_ALONE];
        if (x->height != rows[i].height || x->fps != rows[i].fps || x->kbps != (unsigned)rows[i].kbps)
            fail_msg("%.0f kbit/s: %u lines, %u a second, %u kbit/s", rows[i].kbps, x->height, x->fps, x->kbps);
        assert_int_equal(l.offered, 1u << LADDER_ALONE);
        assert_int_equal(l.layer[0].kbps + l.layer[1].kbps, 0);
    }
}

static void a_dip_changes_no_size(void **state)
{
    (void)state;
    watch(0, 0, 1);
    last(1200, 3000);
    last(300, 300);
    last(1200, 100);
    last(300, 300);
    assert_int_equal(l.layer[LADDER_ALONE].height, 720);
    last(300, 300);
    assert_int_equal(l.layer[LADDER_ALONE].height, 360);
    last(900, 5000); // not enough to be sure of
    assert_int_equal(l.layer[LADDER_ALONE].height, 360);
    last(1000, 1200);
    assert_int_equal(l.layer[LADDER_ALONE].height, 720);
}

// The first moments tell nothing: the estimate begins low.
static void it_begins_large(void **state)
{
    (void)state;
    watch(0, 0, 1);
    last(230, 1900);
    assert_int_equal(l.layer[LADDER_ALONE].height, 720);
}

static void only_what_is_watched(void **state)
{
    (void)state;
    ladder_others(&l, 2);
    last(5000, 3000);
    assert_int_equal(l.offered, 7);
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        assert_int_equal(l.layer[i].kbps, 0);
    watch(3, 0, 0);
    last(5000, 100);
    assert_int_equal(l.layer[0].kbps, 150);
    assert_int_equal(l.layer[0].fps, 15);
    assert_int_equal(l.layer[1].kbps + l.layer[2].kbps, 0);
    watch(3, 0, 1);
    last(5000, 100);
    assert_int_equal(l.layer[2].kbps, 1200);
    watch(3, 0, 0);
    last(5000, 4900);
    assert_int_equal(l.layer[2].kbps, 600); // he may come back
    last(5000, 200);
    assert_int_equal(l.layer[2].kbps, 0);
    watch(0, 0, 0);
    last(5000, 5200);
    assert_int_equal(l.layer[0].kbps, 0);
}

// All three watched: what each gets of so much, and what is on offer.
static void shares(void **state)
{
    (void)state;
    static const struct {
        double kbps;
        unsigned gets[3];
        uint8_t offered;
    } rows[] = {
        {2500, {150, 500, 1200}, 7}, {1500, {150, 500, 850}, 7}, {1100, {150, 350, 600}, 7}, {800, {80, 250, 470}, 3},
        {400, {150, 250, 0}, 3},     {300, {80, 220, 0}, 1},     {100, {100, 0, 0}, 1},      {50, {50, 0, 0}, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        start(NULL);
        ladder_others(&l, 3);
        watch(1, 1, 1);
        last(rows[i].kbps, 5000);
        for (unsigned k = 0; k < 3; k++)
            if (l.layer[k].kbps != rows[i].gets[k] || l.offered != rows[i].offered)
                fail_msg("%.0f kbit/s: layer %u gets %u, offered %x", rows[i].kbps, k, l.layer[k].kbps, l.offered);
    }
}

static void a_layer_comes_back_when_it_fits_for_long(void **state)
{
    (void)state;
    ladder_others(&l, 2);
    watch(1, 0, 0);
    last(500, 3000);
    assert_int_equal(l.offered, 3);
    last(720, 3000); // 680 would do, but barely
    assert_int_equal(l.offered, 3);
    last(800, 900);
    assert_int_equal(l.offered, 3);
    last(800, 300);
    assert_int_equal(l.offered, 7);
    last(670, 100);
    assert_int_equal(l.offered, 3);
}

static void limits_are_obeyed_down_to_the_least(void **state)
{
    (void)state;
    struct ladder_watch w[BUDGET_LAYERS] = {{2, 60}, {1, 300}, {1, 100}};
    ladder_others(&l, 3);
    ladder_watched(&l, w, now);
    last(5000, 3000);
    assert_int_equal(l.layer[0].kbps, 80);
    assert_int_equal(l.layer[1].kbps, 300);
    assert_int_equal(l.layer[2].kbps, 600);
    assert_int_equal(ladder_wish_kbps(&l, true), 980);
    assert_int_equal(ladder_wish_kbps(&l, false), 1850);
    start(NULL); // two: as little as he likes, and smaller for it
    struct ladder_watch one[BUDGET_LAYERS] = {{0, 0}, {0, 0}, {1, 100}};
    ladder_watched(&l, one, now);
    last(5000, 12000);
    assert_int_equal(l.layer[LADDER_ALONE].kbps, 100);
    assert_int_equal(l.layer[LADDER_ALONE].height, 180);
}

// Two are left of three, and the other watches the layer that he had until the new one's keyframe has come.
static void from_three_to_two(void **state)
{
    (void)state;
    ladder_others(&l, 2);
    watch(0, 1, 0);
    last(500, 3000);
    ladder_others(&l, 1);
    watch(0, 1, 1);
    last(500, 1000);
    assert_in_range(l.layer[1].kbps + l.layer[2].kbps, 450, 500);
    assert_in_range(l.layer[2].kbps, 225, 250);
    watch(1, 1, 1);
    last(500, 1000);
    assert_in_range(l.layer[0].kbps + l.layer[1].kbps + l.layer[2].kbps, 450, 501);
    watch(0, 0, 1);
    last(500, 1000);
    assert_int_equal(l.layer[2].kbps, 500);
    assert_int_equal(l.layer[0].kbps + l.layer[1].kbps, 0);
}

static void two_and_three(void **state)
{
    (void)state;
    watch(0, 0, 1);
    last(3000, 3000);
    ladder_others(&l, 2);
    last(3000, 1200);
    assert_int_equal(l.offered, 7);
    assert_int_equal(l.layer[2].kbps, 1200);
    watch(0, 1, 0);
    ladder_others(&l, 1);
    last(3000, 100);
    assert_int_equal(l.offered, 1u << LADDER_ALONE);
    assert_int_equal(l.layer[1].kbps, 500); // until he has gone over
    watch(0, 0, 1);
    last(3000, 100);
    assert_int_equal(l.layer[1].kbps, 0);
    assert_int_equal(l.layer[LADDER_ALONE].kbps, 1200);
}

// What is coded already: whole or not at all, whatever those who watch could take.
static void what_cannot_be_made_smaller(void **state)
{
    (void)state;
    static const struct ladder_layer film[BUDGET_LAYERS] = {
        {426, 240, 25, 500}, {1280, 720, 25, 2500}, {2560, 1440, 25, 8000}};
    ladder_fix(&l, NULL);
    last(20000, 500);
    assert_int_equal(l.offered, 0); // nothing is known of it
    ladder_fix(&l, film);
    last(300, 3000);
    assert_int_equal(l.offered, 1); // the smallest, even where it does not fit
    assert_int_equal(l.layer[0].kbps, 0);
    struct ladder_watch w[BUDGET_LAYERS] = {{1, 100}};
    ladder_watched(&l, w, now);
    last(300, 3000);
    assert_int_equal(l.layer[0].kbps, 500);
    assert_int_equal(l.layer[0].height, 240);
    last(2700, 2000);
    assert_int_equal(l.offered, 1); // he who watches the smallest would leave it, but it does not fit for sure
    last(2800, 2000);
    assert_int_equal(l.offered, 3);
    watch(0, 1, 0);
    last(2800, 7000);
    assert_int_equal(l.layer[0].kbps, 0);
    assert_int_equal(l.layer[1].kbps, 2500);
    last(20000, 500);
    assert_int_equal(l.offered, 3); // not for a moment
    last(20000, 1000);
    assert_int_equal(l.offered, 7);
    watch(1, 0, 1);
    last(20000, 1000);
    assert_int_equal(l.layer[0].kbps + l.layer[2].kbps, 8500);
    last(6000, 1500);
    assert_int_equal(l.offered, 7); // a dip
    last(6000, 1500);
    assert_int_equal(l.offered, 3);
    assert_int_equal(l.layer[2].kbps, 0); // the line is for what does fit
    last(20000, 2000);
    l.choked = true;
    last(6000, 100);
    assert_int_equal(l.offered, 3); // much waits: at once
    l.choked = false;
    watch(0, 0, 1); // nothing smaller is on its way to him yet
    last(6000, 500);
    assert_int_equal(l.layer[2].kbps, 8000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, start)
    const struct CMUnitTest tests[] = {
        T(sizes),
        T(a_dip_changes_no_size),
        T(it_begins_large),
        T(only_what_is_watched),
        T(shares),
        T(a_layer_comes_back_when_it_fits_for_long),
        T(limits_are_obeyed_down_to_the_least),
        T(from_three_to_two),
        T(two_and_three),
        T(what_cannot_be_made_smaller),
    };
    return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
