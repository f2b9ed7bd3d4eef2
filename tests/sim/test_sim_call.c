// Real sessions and the relay's real decisions in virtual time. Each test runs for many seeds; a failure prints its
// seed, and PARLOUR_SEED=N runs that one alone; PARLOUR_SEEDS=N runs so many.
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seeds.h"

static uint64_t seeds(void)
{
    return seeds_usual(8, 16);
}

static struct world *meeting(uint64_t seed, unsigned people, double loss)
{
    static const char *const names[] = {"Amina", "Robert", "Samuel", "Nora", "Kenji", "Priya"};
    struct world *w = world_create(seed);
    for (unsigned i = 0; i < people; i++) {
        world_add(w, i, names[i]);
        w->people[i].link.loss = loss;
        w->people[i].link.delay_us = 1000 + (uint64_t)(world_random(w) * 100000);
        w->people[i].link.jitter_us = (uint64_t)(world_random(w) * 20000);
    }
    world_create_room(w, 0);
    world_run(w, 1500);
    EXPECT(seed, w->people[0].in_room);
    for (unsigned i = 1; i < people; i++) {
        world_join(w, i, 0);
        world_run(w, (uint64_t)(world_random(w) * 1500));
    }
    world_run(w, 3000);
    return w;
}

static void expect_full(uint64_t seed, struct world *w, unsigned people)
{
    for (unsigned i = 0; i < people; i++)
        EXPECT(seed, w->people[i].roster_count == people - 1);
}

// Everybody hears everybody over the next `ms`: at least `share` of the blocks.
static void expect_sound(uint64_t seed, struct world *w, unsigned people, uint64_t ms, double share)
{
    uint64_t before[WORLD_PEOPLE][WORLD_PEOPLE];
    for (unsigned i = 0; i < people; i++)
        for (unsigned j = 0; j < people; j++)
            before[i][j] = world_heard(w, i, j);
    world_run(w, ms);
    for (unsigned i = 0; i < people; i++)
        for (unsigned j = 0; j < people; j++) {
            double heard = (double)(world_heard(w, i, j) - before[i][j]);
            if (i != j && heard < share * (double)ms / 20)
                fprintf(stderr, "seed %llu: %u heard %.0f of %.0f blocks of %u\n", (unsigned long long)seed, i, heard,
                        (double)ms / 20, j);
            EXPECT(seed, i == j || heard >= share * (double)ms / 20);
            EXPECT(seed, w->people[i].corrupt == 0);
        }
}

// Keys change while people come and go. Without loss not one picture may be missed for it, and a keyframe is asked for
// only by who is new.
static void pictures_outlive_key_changes(uint64_t seed)
{
    struct world *w = meeting(seed, 3, 0);
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        w->people[i].link.jitter_us = 0; // nothing comes out of order: what is missed is missed for the keys
    world_run(w, 1000);
    unsigned asks = w->people[0].keyframe_asks;
    uint64_t sent = w->people[0].pictures, seen = world_seen(w, 1, 0);
    world_add(w, 3, "Nora");
    w->people[3].link.jitter_us = 0;
    world_join(w, 3, 0);
    world_run(w, 2000);
    world_leave(w, 2);
    world_run(w, 3000);
    sent = w->people[0].pictures - sent;
    seen = world_seen(w, 1, 0) - seen;
    if (getenv("PARLOUR_SEED"))
        fprintf(stderr, "sent %llu seen %llu asks %u\n", (unsigned long long)sent, (unsigned long long)seen,
                w->people[0].keyframe_asks - asks);
    EXPECT(seed, sent > 140 && seen + 6 >= sent); // some are on their way
    EXPECT(seed, w->people[0].keyframe_asks - asks <= 4);
    EXPECT(seed, world_seen(w, 3, 0) > 100);
    for (unsigned i = 0; i < 4; i++)
        EXPECT(seed, w->people[i].corrupt == 0);
    world_destroy(w);
}

static void talk(uint64_t seed)
{
    struct world *w = meeting(seed, 4, 0);
    expect_full(seed, w, 4);
    expect_sound(seed, w, 4, 2000, 0.97);
    world_chat(w, 1, "Grüß dich 😊 你好", 7);
    world_run(w, 2000);
    EXPECT(seed, w->people[0].chats == 1 && w->people[2].chats == 1 && w->people[1].chats == 0);
    EXPECT(seed, strcmp(w->people[3].last_chat, "Grüß dich 😊 你好") == 0);
    EXPECT(seed, w->people[1].delivered == 1);
    world_destroy(w);
}

// Who says more than anybody could read is heard in part, and only he; nothing else is lost.
static void flood(uint64_t seed)
{
    struct world *w = meeting(seed, 3, 0);
    for (unsigned i = 0; i < 90; i++)
        world_chat(w, 1, "again", i + 1);
    world_run(w, 400);
    EXPECT(seed, w->people[0].chats >= 40 && w->people[0].chats <= 70);
    world_chat(w, 2, "and I", 1);
    world_run(w, 600);
    EXPECT(seed, strcmp(w->people[0].last_chat, "and I") == 0);
    world_run(w, 10000);
    world_chat(w, 1, "sorry", 99);
    world_run(w, 600);
    EXPECT(seed, strcmp(w->people[0].last_chat, "sorry") == 0);
    world_destroy(w);
}

static void lossy(uint64_t seed)
{
    struct world *w = meeting(seed, 3, 0.2);
    world_run(w, 5000);
    expect_full(seed, w, 3);
    expect_sound(seed, w, 3, 4000, 0.5); // 0.8 twice, less chance
    world_destroy(w);
}

static void leaver_is_forgotten_and_locked_out(uint64_t seed)
{
    struct world *w = meeting(seed, 3, 0);
    uint8_t number = w->people[0].session.keys.current_number;
    world_leave(w, 2);
    world_run(w, 2500);
    EXPECT(seed, w->people[0].roster_count == 1 && w->people[1].roster_count == 1);
    EXPECT(seed, w->people[0].session.keys.current_number != number);
    expect_sound(seed, w, 2, 2000, 0.97);
    world_destroy(w);
}

static void killed_client_goes_in_time(uint64_t seed)
{
    struct world *w = meeting(seed, 3, 0);
    world_remove(w, 2);
    world_run(w, 5000);
    EXPECT(seed, w->people[0].away >= 1 || w->people[0].left >= 1);
    world_run(w, 30000);
    EXPECT(seed, w->people[0].roster_count == 1 && w->people[1].roster_count == 1);
    world_destroy(w);
}

static void relay_restart(uint64_t seed)
{
    struct world *w = meeting(seed, 4, seed % 2 ? 0.05 : 0);
    uint32_t code = w->people[0].code;
    world_relay_kill(w);
    world_run(w, 200 + (uint64_t)(world_random(w) * 4000));
    world_relay_start(w);
    world_run(w, 4000);
    expect_full(seed, w, 4);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT(seed, w->people[i].code == code);
        EXPECT(seed, w->people[i].left == 0); // nobody was said to have left
        EXPECT(seed, w->people[i].up_now);
    }
    expect_sound(seed, w, 4, 3000, seed % 2 ? 0.8 : 0.97);
    world_add(w, 4, "Kenji"); // the door still opens
    world_join(w, 4, 0);
    world_run(w, 8000);
    expect_full(seed, w, 5);
    expect_sound(seed, w, 5, 2000, seed % 2 ? 0.75 : 0.95);
    world_destroy(w);
}

// Behind lobby and lock, and one removed before: all others are back without a human act, he is not.
static void lost_key(uint64_t seed)
{
    struct world *w = meeting(seed, 5, 0.02);
    expect_full(seed, w, 5);
    world_order(w, 0, COMMAND_LOBBY, 0, true);
    world_run(w, 1000);
    world_order(w, 0, COMMAND_LOCK, 0, true);
    world_run(w, 1000);
    world_order(w, 0, COMMAND_KICK, 4, true);
    world_run(w, 2000);
    EXPECT(seed, w->people[4].refused);
    expect_full(seed, w, 4);
    for (unsigned round = 0; round < 2; round++) {
        world_relay_kill(w);
        world_run(w, 100 + (uint64_t)(world_random(w) * 3000));
        world_lose_key(w);
        world_relay_start(w);
        world_run(w, 3000);
        expect_full(seed, w, 4);
        expect_sound(seed, w, 4, 1000, 0.9);
        const struct room *r = &w->logic->rooms.room[0];
        EXPECT(seed, r->used && r->count == 4 && r->lobby && r->locked && room_hosts(r) == 1);
        EXPECT(seed, room_member((struct room *)r, w->people[0].session.self)->role == ROOM_HOST);
    }
    world_destroy(w);
}

static void outage(uint64_t seed)
{
    struct world *w = meeting(seed, 3, 0);
    w->people[1].link.cut = true;
    world_run(w, 2000 + (uint64_t)(world_random(w) * 15000));
    EXPECT(seed, !w->people[1].up_now);
    w->people[1].link.cut = false;
    world_run(w, 4000);
    EXPECT(seed, w->people[1].up_now);
    expect_full(seed, w, 3);
    expect_sound(seed, w, 3, 2000, 0.95);
    world_destroy(w);
}

static void wrong_key_is_refused(uint64_t seed)
{
    struct world *w = meeting(seed, 1, 0);
    world_add(w, 1, "Mallory");
    struct command *c = command_new(COMMAND_JOIN);
    c->code = w->people[0].code;
    c->has_invite_key = true;
    memset(c->invite_key, 7, sizeof c->invite_key);
    session_command(&w->people[1].session, c, w->now_us);
    world_run(w, 3000);
    EXPECT(seed, w->people[1].refused && !w->people[1].in_room && w->people[0].roster_count == 0);
    world_destroy(w);
}

// Any order of joins, leaves, cuts, loss and restarts: when it is quiet again all who are in hear each other.
static void anything(uint64_t seed)
{
    struct world *w = meeting(seed, 4, 0);
    for (unsigned n = 0; n < 10; n++) {
        unsigned who = 1 + (unsigned)(world_random(w) * 3);
        double what = world_random(w);
        if (what < 0.2) {
            world_leave(w, who);
        } else if (what < 0.4) {
            if (!w->people[who].in_room)
                world_join(w, who, 0);
        } else if (what < 0.55) {
            w->people[who].link.udp_cut = !w->people[who].link.udp_cut;
        } else if (what < 0.7) {
            w->people[who].link.cut = !w->people[who].link.cut;
        } else if (what < 0.85) {
            w->people[who].link.loss = world_random(w) * 0.3;
        } else {
            world_relay_kill(w);
            world_run(w, (uint64_t)(world_random(w) * 2000));
            world_relay_start(w);
        }
        world_run(w, (uint64_t)(world_random(w) * 4000));
    }
    for (unsigned i = 0; i < 4; i++)
        w->people[i].link = (struct world_link){.delay_us = 10000};
    world_run(w, 3000);
    for (unsigned i = 1; i < 4; i++)
        if (!w->people[i].in_room)
            world_join(w, i, 0);
    world_run(w, 50000); // every grace is over
    if (getenv("PARLOUR_SEED"))
        for (unsigned i = 0; i < 4; i++)
            fprintf(stderr, "%u id=%u room=%d refused=%d roster=%u up=%d\n", i, w->people[i].session.self,
                    w->people[i].in_room, w->people[i].refused, w->people[i].roster_count, w->people[i].up_now);
    expect_full(seed, w, 4);
    expect_sound(seed, w, 4, 2000, 0.97);
    world_destroy(w);
}

static void t_talk(void **s)
{
    (void)s;
    seeds_run(talk, seeds(), 1);
}
static void t_pictures(void **s)
{
    (void)s;
    seeds_run(pictures_outlive_key_changes, seeds(), 1);
}
static void t_flood(void **s)
{
    (void)s;
    seeds_run(flood, seeds(), 1);
}
static void t_lossy(void **s)
{
    (void)s;
    seeds_run(lossy, seeds(), 1);
}
static void t_leaver(void **s)
{
    (void)s;
    seeds_run(leaver_is_forgotten_and_locked_out, seeds(), 1);
}
static void t_killed(void **s)
{
    (void)s;
    seeds_run(killed_client_goes_in_time, seeds(), 1);
}
static void t_restart(void **s)
{
    (void)s;
    seeds_run(relay_restart, seeds(), 1);
}
static void t_lost_key(void **s)
{
    (void)s;
    seeds_run(lost_key, seeds(), 1);
}
static void t_outage(void **s)
{
    (void)s;
    seeds_run(outage, seeds(), 1);
}
static void t_wrong_key(void **s)
{
    (void)s;
    seeds_run(wrong_key_is_refused, seeds(), 1);
}
static void t_anything(void **s)
{
    (void)s;
    seeds_run(anything, seeds(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_talk),      cmocka_unit_test(t_pictures), cmocka_unit_test(t_lossy),
        cmocka_unit_test(t_flood),     cmocka_unit_test(t_leaver),   cmocka_unit_test(t_killed),
        cmocka_unit_test(t_restart),   cmocka_unit_test(t_outage),   cmocka_unit_test(t_lost_key),
        cmocka_unit_test(t_wrong_key), cmocka_unit_test(t_anything),
    };
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false); // refusals are part of the play
    return cmocka_run_group_tests(tests, NULL, NULL);
}
