// Four in a room whose screens show the others in different sizes: each gets the layer that fits, goes from one to
// another without a gap, and what nobody watches is not made. Real sessions, the relay's real decisions, virtual time.
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>

#include "seeds.h"

enum { PEOPLE = 4 };

static void look(struct world *w, unsigned index, unsigned at, uint16_t height)
{
    struct command *c = command_new(COMMAND_VIEW);
    c->view = calloc(PEOPLE, sizeof *c->view);
    for (unsigned i = 0; i < PEOPLE; i++)
        if (i != index)
            c->view[c->view_count++] =
                (struct command_view){.member = w->people[i].session.self, .height = i == at ? height : 100};
    session_command(&w->people[index].session, c, w->now_us);
    w->people[index].tick_us = 0;
}

static int layer(const struct world *w, unsigned index, unsigned of)
{
    const struct session *s = &w->people[index].session;
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (s->members[i].used && s->members[i].id == w->people[of].session.self && s->members[i].picture.any)
            return (int)wire_layer(s->members[i].picture.slot);
    return LAYERS_NONE;
}

static struct world *room(uint64_t seed, double loss)
{
    static const char *const names[PEOPLE] = {"Amina", "Robert", "Samuel", "Nora"};
    struct world *w = world_create(seed);
    for (unsigned i = 0; i < PEOPLE; i++) {
        world_add(w, i, names[i]);
        w->people[i].link = (struct world_link){.delay_us = 20000 + 10000 * i, .loss = loss};
    }
    world_create_room(w, 0);
    world_run(w, 1500);
    for (unsigned i = 1; i < PEOPLE; i++)
        world_join(w, i, 0);
    world_run(w, 2000);
    for (unsigned i = 0; i < PEOPLE; i++)
        look(w, i, PEOPLE, 0);
    world_run(w, 8000);
    return w;
}

static void made(const struct world *w, unsigned index, bool low, bool middle, bool high)
{
    const struct ladder_layer *l = w->people[index].rates.camera;
    assert_true(low == (l[0].kbps > 0) && middle == (l[1].kbps > 0) && high == (l[2].kbps > 0));
}

static void each_what_fits(void **state)
{
    (void)state;
    uint64_t first, last;
    seeds_range(4, &first, &last);
    for (uint64_t seed = first; seed <= MAX(last, 2u); seed++) {
        struct world *w = room(seed, seed % 2 ? 0 : 0.05);
        for (unsigned i = 0; i < PEOPLE; i++) {
            made(w, i, true, false, false);
            for (unsigned k = 0; k < PEOPLE; k++)
                assert_true(i == k || layer(w, i, k) == 0);
        }
        look(w, 1, 0, 700);
        look(w, 2, 0, 400);
        world_run(w, seed % 2 ? 1000 : 8000); // with losses one may have been careful
        if (layer(w, 1, 0) != 2)
            fail_msg("seed %llu: layer %d", (unsigned long long)seed, layer(w, 1, 0));
        assert_int_equal(layer(w, 2, 0), 1);
        assert_int_equal(layer(w, 3, 0), 0);
        made(w, 0, true, true, true);
        made(w, 1, true, false, false);
        look(w, 1, PEOPLE, 0);
        world_run(w, 1000);
        assert_int_equal(layer(w, 1, 0), 0);
        world_run(w, 6000);
        made(w, 0, true, true, false);
        for (unsigned i = 0; i < PEOPLE; i++)
            assert_int_equal(w->people[i].corrupt, 0);
        world_destroy(w);
    }
}

// Back and forth: pictures come all the time.
static void no_gap(void **state)
{
    (void)state;
    uint64_t first, last;
    seeds_range(4, &first, &last);
    for (uint64_t seed = first; seed <= last; seed++) {
        struct world *w = room(seed, 0);
        uint64_t longest = 0, since = w->now_us, seen = world_seen(w, 1, 0);
        for (unsigned ms = 0; ms < 12000; ms += 10) {
            if (ms % 1500 == 0)
                look(w, 1, 0, (uint16_t[]){700, 100, 400}[ms / 1500 % 3]);
            world_run(w, 10);
            if (world_seen(w, 1, 0) != seen)
                since = w->now_us;
            seen = world_seen(w, 1, 0);
            longest = MAX(longest, w->now_us - since);
        }
        if (longest > 300000)
            fail_msg("seed %llu: %llu ms without a picture", (unsigned long long)seed,
                     (unsigned long long)longest / 1000);
        world_destroy(w);
    }
}

// Who is on no page of the screen sends nothing to him, and the sound goes on.
static void who_is_not_shown(void **state)
{
    (void)state;
    struct world *w = room(1, 0);
    struct command *c = command_new(COMMAND_VIEW);
    session_command(&w->people[3].session, c, w->now_us);
    world_run(w, 1000);
    uint64_t seen = world_seen(w, 3, 0), heard = world_heard(w, 3, 0), others = world_seen(w, 2, 0);
    world_run(w, 2000);
    assert_true(world_seen(w, 3, 0) == seen);
    assert_true(world_heard(w, 3, 0) - heard > 90);
    assert_true(world_seen(w, 2, 0) - others > 25);
    world_destroy(w);
}

// A keyframe that comes too late to go over to its layer is asked for again: else nothing would move any more.
static void a_keyframe_too_late(void **state)
{
    (void)state;
    struct world *w = room(1, 0);
    struct session *s = &w->people[1].session;
    look(w, 1, 0, 700);
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (s->members[i].used)
            s->members[i].picture.newest_ts += 3 * 90000; // what is shown is far ahead of what comes
    world_run(w, 1500);
    assert_int_equal(layer(w, 1, 0), 0);
    world_run(w, 3000);
    assert_int_equal(layer(w, 1, 0), 2);
    world_destroy(w);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_what_fits), cmocka_unit_test(no_gap),
                                       cmocka_unit_test(who_is_not_shown), cmocka_unit_test(a_keyframe_too_late)};
    return cmocka_run_group_tests_name("sim_layers", tests, NULL, NULL);
}
