// People and calls: real sessions and the relay's real decisions in virtual time. Whatever people do, and whatever
// becomes of connections, programs and the relay: nobody is left calling or rung, nobody is in a call he neither made
// nor answered, both sides of a call end up seeing the same, and the list of people is true. A failure prints its seed,
// and PARLOUR_SEED=N runs that one alone; PARLOUR_SEEDS=N runs fewer, or more.
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
    MS = 1000,
    S = 1000000,
    STEP = 4 * MS,
    QUIET_STEP = 20 * MS,
    SLICE_MS = 100,
    SEEDS = 24,
    SHORT = 20,
    PEOPLE = 4
};
// A call rings 30 s; who is dead is gone from it after 30 s more. A second and late messages come on top.
enum { RINGS_US = 36 * S, DIFFER_US = 46 * S, CALM_MS = 60000 };

static const char *const names[PEOPLE] = {"Amina", "Robert", "Samuel", "Nora"};

static void add(struct world *w, unsigned i, double late)
{
    world_add(w, i, names[i]);
    w->people[i].sending = false;
    w->people[i].link = (struct world_link){
        .delay_us = 5000 + (uint64_t)(world_random(w) * 100000), .jitter_us = 10000, .late = late, .late_us = 3 * S};
}

static struct world *house(uint64_t seed, unsigned people, double late)
{
    struct world *w = world_create(seed);
    w->registers = true;
    for (unsigned i = 0; i < people; i++)
        add(w, i, late);
    w->step_us = late > 0 ? QUIET_STEP : STEP;
    world_run(w, late > 0 ? 15000 : 1500);
    w->step_us = STEP;
    for (unsigned i = 0; i < people; i++)
        for (unsigned k = 0; k < people; k++)
            EXPECT(seed, w->people[i].calls.listed[k] == (i != k));
    return w;
}

static enum world_screen screen(const struct world *w, unsigned i)
{
    return w->people[i].exists ? w->people[i].calls.screen : WORLD_HOME;
}

static bool talk_together(const struct world *w, unsigned i)
{
    unsigned k = w->people[i].calls.with;
    return screen(w, i) == WORLD_TALKING && screen(w, k) == WORLD_TALKING && w->people[k].calls.with == i &&
           w->people[i].session.hop.room == w->people[k].session.hop.room;
}

// ---- what must be true at any time ----

struct watch {
    uint64_t differ_us[PEOPLE];  // since when he is in a call without the other; 0 = not
    uint64_t crossed_us[PEOPLE]; // since when his screen and his session are not of one mind; 0 = they are
};

static bool of_one_mind(const struct world_person *p)
{
    bool call = p->session.call.phase != SESSION_CALL_NONE, room = p->session.want != SESSION_NOTHING && !call;
    if (p->calls.screen == WORLD_HOME)
        return !call && !room;
    if (p->calls.screen == WORLD_MEETING)
        return room;
    return call && (p->calls.screen == WORLD_TALKING) == (p->session.call.phase == SESSION_CALL_TALKING);
}

static void look(uint64_t seed, struct world *w, struct watch *x)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct world_person *p = &w->people[i];
        if (!p->exists) {
            x->differ_us[i] = x->crossed_us[i] = 0;
            continue;
        }
        if (p->calls.wrong)
            fail_msg("%s (again with PARLOUR_SEED=%llu)", p->calls.wrong, (unsigned long long)seed);
        x->crossed_us[i] = of_one_mind(p) ? 0 : x->crossed_us[i] ? x->crossed_us[i] : w->now_us;
        EXPECT(seed, !x->crossed_us[i] || w->now_us - x->crossed_us[i] <= 4 * w->main_late_us + 2 * SLICE_MS * MS);
        bool waits =
            p->calls.screen == WORLD_CALLING || p->calls.screen == WORLD_RUNG || p->calls.screen == WORLD_ANSWERING;
        EXPECT(seed, !waits || w->now_us - p->calls.since_us < RINGS_US);
        // Who is cut off cannot know; and who comes back waits for the other as in any room.
        bool alone = p->calls.screen == WORLD_TALKING && p->link_up && !talk_together(w, i);
        x->differ_us[i] = !alone ? 0 : MAX(w->boot_us, x->differ_us[i] ? x->differ_us[i] : w->now_us);
        EXPECT(seed, !alone || w->now_us - x->differ_us[i] < DIFFER_US);
    }
}

static void run(uint64_t seed, struct world *w, struct watch *x, uint64_t ms)
{
    for (uint64_t end = w->now_us + ms * MS; w->now_us < end;) {
        world_run(w, SLICE_MS);
        look(seed, w, x);
    }
}

// ---- what must be true when it is quiet again ----

static void expect_truth(uint64_t seed, const struct world *w)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct world_calls *c = &w->people[i].calls;
        EXPECT(seed, screen(w, i) == WORLD_HOME || talk_together(w, i) ||
                         (screen(w, i) == WORLD_MEETING && w->people[i].session.in_room));
        for (unsigned k = 0; w->people[i].exists && k < PEOPLE; k++) {
            EXPECT(seed, c->listed[k] == (i != k && w->people[k].exists));
            if (!c->listed[k])
                continue;
            enum call_person_state truth = screen(w, k) != WORLD_HOME ? CALL_PERSON_BUSY
                                           : w->people[k].calls.away  ? CALL_PERSON_AWAY
                                                                      : CALL_PERSON_FREE;
            EXPECT(seed, c->state[k] == truth);
            EXPECT(seed, c->missed[k] <= w->called[k][i]);
        }
    }
}

static void expect_keys(uint64_t seed, struct world *w)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct world_person *p = &w->people[i];
        if (screen(w, i) != WORLD_TALKING)
            continue;
        const struct session_member *m = session_room_member(&p->session, w->people[p->calls.with].session.self);
        EXPECT(seed, m && m->keyed && m->trust == CALL_TRUST_NEW);
        EXPECT(seed, p->session.connection);
    }
}

// ---- the ways of a call, with late messages ----

struct way {
    void (*act)(struct world *w);
    bool talk;
    int end[2]; // of the call that did not begin, for caller and callee; -1 = none was told
    unsigned missed;
};

static void settle(struct world *w)
{
    world_run(w, 12000);
}
static void act_answer(struct world *w)
{
    settle(w);
    world_answer(w, 1);
}
static void act_refuse(struct world *w)
{
    settle(w);
    world_hang_up(w, 1);
}
static void act_cancel(struct world *w)
{
    settle(w);
    world_hang_up(w, 0);
}
static void act_cancel_at_once(struct world *w)
{
    world_run(w, 4); // said, and not answered
    world_hang_up(w, 0);
}
static void act_wait(struct world *w)
{
    w->step_us = QUIET_STEP;
    world_run(w, 40000);
}
static void act_caller_dies(struct world *w)
{
    settle(w);
    world_remove(w, 0);
}
static void act_callee_dies(struct world *w)
{
    settle(w);
    world_remove(w, 1);
}
static void act_both(struct world *w)
{
    world_call(w, 1, 0);
}
static void act_relay_dies(struct world *w)
{
    settle(w);
    world_relay_kill(w);
    world_run(w, 1000);
    world_relay_start(w);
}

static const struct way ways[] = {
    {act_answer, true, {-1, -1}, 0},
    {act_refuse, false, {CALL_END_NOT_NOW, -1}, 0},
    {act_cancel, false, {-1, CALL_END_CANCELLED}, 1},
    {act_cancel_at_once, false, {-1, CALL_END_CANCELLED}, 1},
    {act_wait, false, {CALL_END_NO_ANSWER, CALL_END_NO_ANSWER}, 1},
    {act_caller_dies, false, {-1, CALL_END_GONE}, 1},
    {act_callee_dies, false, {CALL_END_GONE, -1}, 0},
    {act_both, true, {-1, -1}, 0},
    {act_relay_dies, false, {CALL_END_GONE, CALL_END_GONE}, 1},
};

static void expect_ends(uint64_t seed, const struct world_calls *c, int end)
{
    for (int e = CALL_END_CANCELLED; e <= CALL_END_GONE; e++)
        EXPECT(seed, c->ends[e] == (e == end));
}

// For who looks at one seed.
static void tell(const struct world *w, size_t way)
{
    for (unsigned i = 0; getenv("PARLOUR_SEED") && i < PEOPLE; i++) {
        const struct world_calls *c = &w->people[i].calls;
        fprintf(stderr, "way %zu %u exists=%d screen=%d with=%u missed=%u,%u,%u,%u ends=%u,%u,%u,%u,%u roster=%u\n",
                way, i, w->people[i].exists, (int)c->screen, c->with, c->missed[0], c->missed[1], c->missed[2],
                c->missed[3], c->ends[0], c->ends[1], c->ends[2], c->ends[3], c->ends[4], w->people[i].roster_count);
    }
}

static void every_way(uint64_t seed)
{
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct world *w = house(seed, 2, 0.2);
        struct watch x = {.differ_us = {0}};
        world_call(w, 0, 1);
        ways[i].act(w);
        run(seed, w, &x, 15000);
        tell(w, i);
        EXPECT(seed, talk_together(w, 0) == ways[i].talk);
        if (w->people[0].exists)
            expect_ends(seed, &w->people[0].calls, ways[i].end[0]);
        if (w->people[1].exists) {
            expect_ends(seed, &w->people[1].calls, ways[i].end[1]);
            EXPECT(seed, w->people[1].calls.missed[0] == ways[i].missed);
        }
        expect_truth(seed, w);
        expect_keys(seed, w);
        world_destroy(w);
    }
}

// A third one calls somebody who is in a call: he hears it, who is busy sees it, and nothing else happens.
static void busy(uint64_t seed)
{
    struct world *w = house(seed, 3, 0.2);
    struct watch x = {.differ_us = {0}};
    world_call(w, 0, 1);
    run(seed, w, &x, 10000);
    world_call(w, 2, 0); // while it rings there
    run(seed, w, &x, 7000);
    world_answer(w, 1);
    run(seed, w, &x, 10000);
    world_call(w, 2, 1); // and in the call
    run(seed, w, &x, 10000);
    EXPECT(seed, talk_together(w, 0) && screen(w, 2) == WORLD_HOME);
    EXPECT(seed, w->people[2].calls.ends[CALL_END_BUSY] == 2);
    EXPECT(seed, w->people[0].calls.missed[2] == 1 && w->people[1].calls.missed[2] == 1);
    expect_truth(seed, w);
    world_destroy(w);
}

// ---- in a call ----

static struct world *conversation(uint64_t seed, struct watch *x)
{
    struct world *w = house(seed, 2, 0);
    world_call(w, 0, 1);
    run(seed, w, x, 500);
    world_answer(w, 1);
    run(seed, w, x, 2500);
    EXPECT(seed, talk_together(w, 0));
    expect_keys(seed, w);
    return w;
}

static void call_outlives_the_relay(uint64_t seed)
{
    struct watch x = {.differ_us = {0}};
    struct world *w = conversation(seed, &x);
    for (unsigned round = 0; round < 2; round++) {
        world_relay_kill(w);
        run(seed, w, &x, 200 + (uint64_t)(world_random(w) * 8000));
        world_relay_start(w);
        run(seed, w, &x, 6000);
        EXPECT(seed, talk_together(w, 0));
        expect_keys(seed, w);
        EXPECT(seed, w->people[0].left == 0 && w->people[1].left == 0);
    }
    world_call(w, 0, 1); // nothing: he is in one
    world_hang_up(w, 1);
    run(seed, w, &x, 2000);
    EXPECT(seed, screen(w, 0) == WORLD_HOME);
    expect_truth(seed, w);
    world_destroy(w);
}

// A relay with another ticket key knows nothing of the call, and no number leads back: it is over for both.
static void call_ends_with_the_key(uint64_t seed)
{
    struct watch x = {.differ_us = {0}};
    struct world *w = conversation(seed, &x);
    world_relay_kill(w);
    run(seed, w, &x, 500);
    world_lose_key(w);
    world_relay_start(w);
    run(seed, w, &x, 5000);
    EXPECT(seed, screen(w, 0) == WORLD_HOME && screen(w, 1) == WORLD_HOME);
    expect_truth(seed, w);
    world_destroy(w);
}

static void call_outlives_an_outage(uint64_t seed)
{
    struct watch x = {.differ_us = {0}};
    struct world *w = conversation(seed, &x);
    w->people[1].link.cut = true;
    w->people[1].link.silent = true;
    run(seed, w, &x, 2000 + (uint64_t)(world_random(w) * 20000));
    w->people[1].link.cut = false;
    run(seed, w, &x, 6000);
    EXPECT(seed, talk_together(w, 0));
    expect_keys(seed, w);
    run(seed, w, &x, 15000); // the relay gives the old connection up
    EXPECT(seed, talk_together(w, 0));
    expect_truth(seed, w);
    world_destroy(w);
}

static void call_ends_with_the_other_one(uint64_t seed)
{
    struct watch x = {.differ_us = {0}};
    struct world *w = conversation(seed, &x);
    world_remove(w, 1);
    run(seed, w, &x, 40000);
    EXPECT(seed, screen(w, 0) == WORLD_HOME);
    expect_truth(seed, w);
    world_destroy(w);
}

// ---- anything ----

static void person_acts(struct world *w, unsigned i)
{
    struct world_person *p = &w->people[i];
    double what = world_random(w);
    unsigned other = (i + 1 + (unsigned)(world_random(w) * (PEOPLE - 1))) % PEOPLE;
    if (!p->exists)
        return;
    if (p->calls.screen == WORLD_HOME && what < 0.7) {
        world_call(w, i, other);
        if (what < 0.2)
            world_call(w, other, i); // both at once
    } else if (p->calls.screen == WORLD_HOME && what < 0.8) {
        world_meet(w, i);
    } else if (p->calls.screen == WORLD_HOME) {
        struct command *c = command_new(COMMAND_PRESENCE);
        c->flag = p->calls.away = !p->calls.away;
        session_command(&p->session, c, w->now_us);
    } else if (p->calls.screen == WORLD_RUNG && what < 0.6) {
        world_answer(w, i);
    } else if (what < 0.8) {
        world_hang_up(w, i);
    }
}

static void something_breaks(struct world *w, unsigned i)
{
    struct world_person *p = &w->people[i];
    double what = world_random(w);
    if (!p->exists) {
        add(w, i, 0.2);
    } else if (what < 0.25) {
        world_remove(w, i);
    } else if (what < 0.45) {
        p->broken = p->link_up;
    } else if (what < 0.7) {
        p->link.cut = !p->link.cut;
        p->link.silent = world_random(w) < 0.5;
    } else if (what < 0.85) {
        p->link.udp_cut = !p->link.udp_cut;
    } else {
        world_relay_kill(w);
        world_run(w, (uint64_t)(world_random(w) * 3000));
        world_relay_start(w);
    }
}

static void anything(uint64_t seed)
{
    struct world *w = house(seed, PEOPLE, 0.2);
    w->main_late_us = seed % 2 ? 400 * MS : 0;
    struct watch x = {.differ_us = {0}};
    for (unsigned n = 0; n < 14; n++) {
        unsigned i = (unsigned)(world_random(w) * PEOPLE);
        if (world_random(w) < 0.25)
            something_breaks(w, i);
        else
            person_acts(w, i);
        run(seed, w, &x, (uint64_t)(world_random(w) * world_random(w) * 9000));
    }
    for (unsigned i = 0; i < PEOPLE; i++)
        w->people[i].link = (struct world_link){.delay_us = 10000};
    w->step_us = QUIET_STEP;
    run(seed, w, &x, CALM_MS);
    tell(w, 0);
    expect_truth(seed, w);
    expect_keys(seed, w);
    world_destroy(w);
}

#define SCENARIO(name, times)                                                                                          \
    static void t_##name(void **s)                                                                                     \
    {                                                                                                                  \
        (void)s;                                                                                                       \
        seeds_run(name, SEEDS, times);                                                                                 \
    }
SCENARIO(every_way, 1)
SCENARIO(busy, 1)
SCENARIO(call_outlives_the_relay, 1)
SCENARIO(call_ends_with_the_key, 1)
SCENARIO(call_outlives_an_outage, 1)
SCENARIO(call_ends_with_the_other_one, 1)
SCENARIO(anything, SHORT)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_every_way),
        cmocka_unit_test(t_busy),
        cmocka_unit_test(t_call_outlives_the_relay),
        cmocka_unit_test(t_call_ends_with_the_key),
        cmocka_unit_test(t_call_outlives_an_outage),
        cmocka_unit_test(t_call_ends_with_the_other_one),
        cmocka_unit_test(t_anything),
    };
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false); // refusals are part of the play
    return cmocka_run_group_tests(tests, NULL, NULL);
}
