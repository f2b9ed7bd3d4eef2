// Which layer of whose picture is asked for: by size, by what fits, and when it changes.
#include "client/net/layers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

enum { MS = 1000, SECOND = 1000000, SOUND = 50000 };

static struct layers l;
static uint64_t now;

static int start(void **state)
{
    (void)state;
    memset(&l, 0, sizeof l);
    now = 10 * SECOND;
    return 0;
}

static struct layers_stream *add(uint16_t member, unsigned height, uint8_t offered)
{
    struct layers_stream *s = layers_stream(&l, member, false);
    s->height = height;
    s->offered = offered;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        s->lines[i] = budget_layer(i)->height;
    return s;
}

static bool choose(double kbps)
{
    return layers_choose(&l, kbps * 1000, SOUND, now);
}

static void last(double kbps, unsigned ms)
{
    for (unsigned t = 0; t < ms; t += 100, now += 100 * MS)
        choose(kbps);
}

// Lines on the screen, what is offered (bits), and what is asked for.
static void by_size(void **state)
{
    (void)state;
    static const struct {
        unsigned height;
        uint8_t offered;
        int layer;
        enum layers_reason reason;
    } rows[] = {
        {100, 7, 0, LAYERS_SIZE},
        {240, 7, 0, LAYERS_SIZE},
        {241, 7, 1, LAYERS_SIZE},
        {480, 7, 1, LAYERS_SIZE},
        {481, 7, 2, LAYERS_SIZE},
        {960, 7, 2, LAYERS_SIZE},
        {1080, 7, 2, LAYERS_OFFER}, // the largest there is
        {1080, 15, 3, LAYERS_SIZE},
        {100, 4, 2, LAYERS_SIZE}, // or the only one
        {400, 5, 2, LAYERS_SIZE},
        {400, 1, 0, LAYERS_OFFER},
        {0, 7, LAYERS_NONE, LAYERS_HIDDEN}, // not on the screen
        {400, 0, LAYERS_NONE, LAYERS_HIDDEN},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        start(NULL);
        struct layers_stream *s = add(1, rows[i].height, rows[i].offered);
        choose(0);
        if (s->layer != rows[i].layer || s->reason != rows[i].reason || s->limit_kbps != 0)
            fail_msg("row %zu: layer %d because of %s", i, s->layer, layers_reason_name(s->reason));
    }
}

// kbit/s in all, and what four tiles get: one large that talks, one pinned, two others.
static void by_budget(void **state)
{
    (void)state;
    static const struct {
        double kbps;
        int layer[4];
    } rows[] = {
        {5000, {2, 2, 1, 1}},
        {2600, {2, 2, 1, 1}},
        {2400, {2, 2, 1, 1}},
        {2050, {2, 2, 1, 0}},
        {1800, {2, 2, 0, 0}},
        {1300, {2, 1, 0, 0}},
        {1100, {2, 0, 0, 0}},
        {1000, {1, 1, 0, 0}},
        {450, {0, 0, 0, 0}},
        {390, {0, 0, 0, LAYERS_NONE}},
        {250, {0, 0, LAYERS_NONE, LAYERS_NONE}},
        {155, {0, LAYERS_NONE, LAYERS_NONE, LAYERS_NONE}},
        {100, {LAYERS_NONE, LAYERS_NONE, LAYERS_NONE, LAYERS_NONE}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        start(NULL);
        for (uint16_t m = 1; m <= 4; m++)
            add(m, m <= 2 ? 700 : 400, 7);
        l.stream[0].speaker = true;
        l.stream[1].pinned = true;
        last(rows[i].kbps, 1500);
        for (unsigned k = 0; k < 4; k++)
            if (l.stream[k].layer != rows[i].layer[k])
                fail_msg("%.0f kbit/s: tile %u has layer %d", rows[i].kbps, k, l.stream[k].layer);
    }
}

// At a rate that stays as it is nothing changes any more, however many are shown, and of whatever size and rank.
static void a_steady_rate_changes_nothing(void **state)
{
    (void)state;
    static const unsigned heights[] = {700, 400, 700, 400, 200, 700, 400, 200};
    static const uint8_t offered[] = {7, 7, 7, 7, 7, 3, 5, 7};
    for (unsigned tiles = 1; tiles <= ARRAY_LEN(heights); tiles++)
        for (unsigned kbps = 100; kbps <= 5000; kbps += 10) {
            start(NULL);
            for (unsigned i = 0; i < tiles; i++) {
                struct layers_stream *s = add((uint16_t)(i + 1), heights[i], offered[i]);
                s->speaker = i == 0;
                s->pinned = i == 2;
            }
            last(kbps, 15000);
            for (unsigned t = 0; t < 60; t++, now += 100 * MS)
                if (choose(kbps))
                    fail_msg("%u tiles, %u kbit/s: it still changes", tiles, kbps);
        }
}

// Little room, but room: neither a newcomer nor whoever is on the screen again waits for it, nor is said to be too
// much.
static void who_is_shown_again_begins_at_once(void **state)
{
    (void)state;
    struct layers_stream *s = add(1, 700, 7);
    for (unsigned i = 0; i < 3; i++) {
        s->height = 0;
        last(3000, 500);
        assert_int_equal(s->layer, LAYERS_NONE);
        assert_int_equal(s->reason, LAYERS_HIDDEN);
        s->height = 700;
        choose(3000);
        assert_int_equal(s->layer, 2);
        assert_int_equal(s->reason, LAYERS_SIZE);
        last(3000, 1000);
    }
}

// A screen that is shared comes before all faces.
static void a_screen_is_first(void **state)
{
    (void)state;
    struct layers_stream *face = add(1, 700, 7), *screen = layers_stream(&l, 2, true);
    *screen = (struct layers_stream){.member = 2, .screen = true, .height = 1000, .offered = 3, .lines = {540, 1080}};
    face->speaker = true;
    last(500, 1500);
    assert_int_equal(screen->layer, 1);
    assert_int_equal(face->layer, 0);
}

static void up_waits_and_down_does_not(void **state)
{
    (void)state;
    struct layers_stream *s = add(1, 700, 7);
    last(600, 500);
    assert_int_equal(s->layer, 1);
    assert_int_equal(s->reason, LAYERS_BUDGET);
    last(780, 5000); // it would fit, but barely: a moment later it might not
    assert_int_equal(s->layer, 1);
    last(1000, 1900);
    assert_int_equal(s->layer, 1);
    last(700, 100); // the two seconds begin anew
    last(1000, 1900);
    assert_int_equal(s->layer, 1);
    last(1000, 300);
    assert_int_equal(s->layer, 2);
    assert_int_equal(s->reason, LAYERS_SIZE);
    assert_false(layers_held(&l));
    last(600, 100);
    assert_int_equal(s->layer, 1);
    assert_true(layers_held(&l));
    last(0, 100); // nothing is too much any more
    assert_int_equal(s->layer, 2);
    s->height = 100;
    assert_true(choose(0));
    assert_int_equal(s->layer, 0);
}

static void a_pause_waits_and_ends_by_itself(void **state)
{
    (void)state;
    struct layers_stream *s = add(1, 400, 7);
    last(600, 500);
    last(100, 900);
    assert_int_equal(s->layer, 0); // not yet
    last(100, 300);
    assert_int_equal(s->layer, LAYERS_NONE);
    assert_int_equal(s->reason, LAYERS_PAUSED);
    last(155, 5000); // just enough is not enough
    assert_int_equal(s->layer, LAYERS_NONE);
    last(200, 2300);
    assert_int_equal(s->layer, 0);
    assert_int_equal(s->reason, LAYERS_BUDGET);
}

static void what_is_not_offered_any_more_is_left(void **state)
{
    (void)state;
    struct layers_stream *s = add(1, 700, 7);
    last(0, 100);
    assert_int_equal(s->layer, 2);
    s->offered = 3;
    assert_true(choose(0));
    assert_int_equal(s->layer, 1);
    s->offered = 4; // a call of two again
    choose(600);
    assert_int_equal(s->layer, 2);
}

// What is left is shared out; with nothing limited nobody is.
static void limits(void **state)
{
    (void)state;
    struct layers_stream *a = add(1, 700, 4), *b = add(2, 400, 7);
    last(1050, 3000);
    assert_int_equal(a->layer, 2);
    assert_int_equal(b->layer, 1);
    double wire = (a->limit_kbps + b->limit_kbps) * 1.0636;
    assert_true(wire > 930 && wire < 1001); // the whole of it beside the sound
    assert_true(a->limit_kbps > b->limit_kbps && b->limit_kbps >= 250);
    unsigned was = a->limit_kbps;
    assert_false(choose(1060)); // too little to be told
    assert_int_equal(a->limit_kbps, was);
    assert_true(choose(800));
    assert_true(choose(0));
    assert_int_equal(a->limit_kbps + b->limit_kbps, 0);
}

static void sound_comes_first(void **state)
{
    (void)state;
    add(1, 400, 7);
    last(60, 3000);
    assert_false(l.few_voices); // it fits: 54 of 50
    last(40, 3000);
    assert_true(l.few_voices);
    last(150, 4000);
    assert_true(l.few_voices);
    last(150, 1500);
    assert_false(l.few_voices);
}

// What a person has chosen comes at once, whatever the size; where it is not offered or has no room, what there is.
static void as_a_person_has_chosen(void **state)
{
    (void)state;
    struct layers_stream *s = add(1, 200, 7);
    choose(20000);
    assert_int_equal(s->layer, 0);
    s->only = 3;
    assert_true(choose(20000));
    assert_int_equal(s->layer, 2);
    s->only = 1;
    s->height = 1080;
    choose(20000);
    assert_int_equal(s->layer, 0);
    s->only = 2;
    s->offered = 5;
    choose(20000);
    assert_int_equal(s->layer, 2);
    s->only = 3;
    choose(300);
    assert_int_equal(s->layer, 0);
    assert_int_equal(s->reason, LAYERS_BUDGET);
    assert_true(l.wants_bps > 300000); // it is worth a probe, while he waits
    last(300, 3000);
    assert_true(l.wants_bps == 0);
    assert_int_equal(s->layer, 0);
    s->only = 0;
    last(20000, 3000);
    assert_int_equal(s->layer, 2);
}

static void a_full_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LAYERS_STREAMS; i++)
        assert_non_null(layers_stream(&l, (uint16_t)(i + 1), false));
    assert_null(layers_stream(&l, 1000, false));
    layers_forget(&l, 7);
    assert_null(layers_find(&l, 7, false));
    assert_non_null(layers_stream(&l, 1000, false));
    assert_non_null(layers_find(&l, LAYERS_STREAMS, false));
}

// What comes as it is needs all of its rate, and nobody is asked to make it less.
static void whole_or_not_at_all(void **state)
{
    (void)state;
    struct layers_stream *film = add(1, 1440, 7);
    film->whole_kbps[0] = 500;
    film->whole_kbps[1] = 2500;
    film->whole_kbps[2] = 8000;
    static const struct {
        double kbps;
        int layer;
    } rows[] = {{0, 2}, {12000, 2}, {9000, 1}, {3500, 1}, {2500, 0}, {800, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        film->begun = false;
        last(rows[i].kbps, 3000);
        if (film->layer != rows[i].layer)
            fail_msg("%.0f kbit/s: layer %d", rows[i].kbps, film->layer);
        assert_int_equal(film->limit_kbps, 0);
    }
    struct layers_stream *he = add(2, 1080, 7);
    last(6000, 5000);
    assert_int_equal(film->layer, 1);
    assert_int_equal(he->layer, 2);
    assert_in_range(he->limit_kbps, 2500, 3300); // what the film leaves
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, start)
    const struct CMUnitTest tests[] = {
        T(by_size),
        T(by_budget),
        T(a_steady_rate_changes_nothing),
        T(who_is_shown_again_begins_at_once),
        T(a_screen_is_first),
        T(up_waits_and_down_does_not),
        T(a_pause_waits_and_ends_by_itself),
        T(what_is_not_offered_any_more_is_left),
        T(limits),
        T(sound_comes_first),
        T(as_a_person_has_chosen),
        T(whole_or_not_at_all),
        T(a_full_table),
    };
    return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
