// Paired boxes and the lobby, among real sessions: whom a host has paired comes in and is given keys, with and without
// that host, and whomever else the relay lets in is given none. A failure prints its seed, and PARLOUR_SEED=N runs that
// one alone.
#include "world.h"

#include "shared/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "seeds.h"

enum { SEEDS = 8, ANN = 0, BOB, CAT, EVE, DAN, PEOPLE };

static struct world *world;
static bool paired[PEOPLE][PEOPLE]; // by whom, whom

static unsigned list_paired(unsigned who, uint8_t (*out)[32], unsigned most)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PEOPLE && count < most; i++)
        if (paired[who][i])
            memcpy(out[count++], world->identity[i], 32);
    return count;
}

static unsigned of_ann(void *ctx, uint8_t (*out)[32], unsigned most)
{
    (void)ctx;
    return list_paired(ANN, out, most);
}

static unsigned of_bob(void *ctx, uint8_t (*out)[32], unsigned most)
{
    (void)ctx;
    return list_paired(BOB, out, most);
}

static struct session *of(unsigned i)
{
    return &world->people[i].session;
}

// Ann's room with Bob in it, and a lobby; whom Ann has paired.
static void meeting(uint64_t seed, bool cat)
{
    static const char *const names[] = {"Ann", "Bob", "Cat", "Eve", "Dan"};
    world = world_create(seed);
    memset(paired, 0, sizeof paired);
    for (unsigned i = 0; i < PEOPLE; i++) {
        world_add(world, i, names[i]);
        world->people[i].link.delay_us = 1000 + (uint64_t)(world_random(world) * 50000);
    }
    paired[ANN][CAT] = cat;
    of(ANN)->io.paired = of_ann;
    of(BOB)->io.paired = of_bob;
    world_create_room(world, ANN);
    world_run(world, 1500);
    world_join(world, BOB, ANN);
    world_run(world, 1000);
    world_order(world, ANN, COMMAND_LOBBY, 0, true);
    world_run(world, 1000);
}

static void pair(unsigned who, unsigned whom, bool on)
{
    paired[who][whom] = on;
    session_command(of(who), command_new(COMMAND_VERIFIED), world->now_us);
}

static bool comes(unsigned who, unsigned by)
{
    world_join(world, who, by);
    world_run(world, 3000);
    return world->people[who].in_room;
}

static enum call_trust trust(unsigned i, unsigned whom)
{
    struct session_member *m = session_room_member(of(i), of(whom)->self);
    return m ? m->trust : CALL_TRUST_WAITING;
}

static bool talk(unsigned i, unsigned k)
{
    uint64_t before = world_heard(world, i, k), back = world_heard(world, k, i);
    world_run(world, 500);
    return world_heard(world, i, k) - before > 20 && world_heard(world, k, i) - back > 20;
}

static struct room *room(void)
{
    return room_by_code(&world->logic->rooms, world->people[ANN].code);
}

static void the_paired_come_in_and_have_keys(uint64_t seed)
{
    meeting(seed, true);
    EXPECT(seed, comes(CAT, ANN) && !comes(EVE, ANN));
    EXPECT(seed, talk(BOB, CAT) && talk(ANN, CAT));
    pair(ANN, DAN, true); // and who is paired later
    world_run(world, 500);
    EXPECT(seed, comes(DAN, ANN) && talk(BOB, DAN) && talk(CAT, DAN));
    world_destroy(world);
}

// Nobody who could let him in is there: Bob has only been told.
static void they_come_after_the_host_has_gone(uint64_t seed)
{
    meeting(seed, true);
    world_leave(world, ANN);
    world_run(world, 3000);
    EXPECT(seed, comes(CAT, BOB) && !comes(EVE, BOB));
    EXPECT(seed, trust(BOB, CAT) == CALL_TRUST_NEW && talk(BOB, CAT));
    world_relay_kill(world); // the relay forgets it; the members do not
    world_leave(world, CAT);
    world_relay_start(world);
    world_run(world, 6000);
    pair(BOB, DAN, true); // and the heir adds whom his box has paired
    world_run(world, 500);
    EXPECT(seed, comes(CAT, BOB) && talk(BOB, CAT));
    EXPECT(seed, comes(DAN, BOB) && talk(BOB, DAN) && talk(CAT, DAN));
    world_destroy(world);
}

static void unpairing_is_at_once(uint64_t seed)
{
    meeting(seed, true);
    pair(ANN, CAT, false);
    world_run(world, 500);
    EXPECT(seed, !comes(CAT, ANN) && room()->pass_count == 0);
    pair(ANN, CAT, true);
    pair(ANN, DAN, true);
    world_run(world, 3000);
    EXPECT(seed, world->people[CAT].in_room && talk(BOB, CAT)); // who waits is in
    pair(ANN, CAT, false);
    world_run(world, 1000);
    EXPECT(seed, world->people[CAT].in_room && talk(BOB, CAT)); // and who is in stays
    // While Ann's connection is down nobody hears of it; then everybody does.
    world->people[ANN].link.cut = true;
    world_run(world, 2000);
    pair(ANN, DAN, false);
    world_run(world, 1000);
    EXPECT(seed, room()->pass_count == 1);
    world->people[ANN].link.cut = false;
    world_run(world, 8000);
    EXPECT(seed, room()->pass_count == 0 && !comes(DAN, ANN));
    world_destroy(world);
}

// The relay can open the door for whom it likes, but not what is said behind it.
static void a_relay_that_names_others_lets_in_nobody(uint64_t seed)
{
    meeting(seed, true);
    keys_pass(room()->pass[0], room()->admit_hash, world->identity[EVE]);
    EXPECT(seed, comes(EVE, ANN));
    for (unsigned i = ANN; i <= BOB; i++)
        EXPECT(seed, trust(i, EVE) == CALL_TRUST_NOT_ADMITTED && world_heard(world, EVE, i) == 0 &&
                         world_heard(world, i, EVE) == 0);
    pair(ANN, DAN, true); // a list that is kept from it by the relay: unpaired meanwhile
    world_run(world, 500);
    pair(ANN, DAN, false);
    world_run(world, 500);
    keys_pass(room()->pass[0], room()->admit_hash, world->identity[DAN]);
    room()->pass_count = 1;
    EXPECT(seed, comes(DAN, ANN) && trust(BOB, DAN) == CALL_TRUST_NOT_ADMITTED && world_heard(world, DAN, BOB) == 0);
    world_destroy(world);
}

// A guest's pairs open nothing, nor does what he says of them.
static void only_hosts_pairs_count(uint64_t seed)
{
    meeting(seed, false);
    struct order x = {.kind = ORDER_PASS, .pass_count = 1};
    uint64_t n;
    pair(BOB, EVE, true);
    keys_pass(x.passes[0], room()->admit_hash, world->identity[EVE]);
    char *text = order_write(&x);
    room_keys_send(&of(BOB)->keys, 0, text, &n);
    of(BOB)->keys.io.flush(of(BOB)->keys.io.ctx);
    free(text);
    world_run(world, 500);
    EXPECT(seed, room()->pass_count == 0 && !comes(EVE, ANN));
    world_order(world, ANN, COMMAND_ROLE, BOB, true); // once he is one, they do, and who waits is in
    world_run(world, 3000);
    EXPECT(seed, world->people[EVE].in_room && talk(ANN, EVE) && talk(BOB, EVE));
    world_order(world, ANN, COMMAND_KICK, EVE, true); // whoever is removed comes no more, although he is paired
    world_run(world, 2000);
    world->people[EVE].refused = false;
    EXPECT(seed, room()->pass_count == 0 && !comes(EVE, ANN));
    world_destroy(world);
}

#define TEST(name)                                                                                                     \
    static void t_##name(void **s)                                                                                     \
    {                                                                                                                  \
        (void)s;                                                                                                       \
        seeds_run(name, SEEDS, 1);                                                                                     \
    }
TEST(the_paired_come_in_and_have_keys)
TEST(they_come_after_the_host_has_gone)
TEST(unpairing_is_at_once)
TEST(a_relay_that_names_others_lets_in_nobody)
TEST(only_hosts_pairs_count)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_the_paired_come_in_and_have_keys),
        cmocka_unit_test(t_they_come_after_the_host_has_gone),
        cmocka_unit_test(t_unpairing_is_at_once),
        cmocka_unit_test(t_a_relay_that_names_others_lets_in_nobody),
        cmocka_unit_test(t_only_hosts_pairs_count),
    };
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false); // refusals are part of the play
    return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}
