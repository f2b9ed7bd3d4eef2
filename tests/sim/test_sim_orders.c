// Hosts' orders among real sessions, with an honest relay and with one that lies: what it makes of them, or makes up,
// is neither believed, nor shown, nor signed. A failure prints its seed, and PARLOUR_SEED=N runs that one alone.
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

enum { SEEDS = 8, ANN = 0, BOB, CAT, EVE, DAN };

// So many in Ann's room, each a while after the other.
static struct world *meeting(uint64_t seed, unsigned people)
{
    static const char *const names[] = {"Ann", "Bob", "Cat", "Eve", "Dan"};
    struct world *w = world_create(seed);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        world_add(w, i, names[i]);
        w->people[i].link.delay_us = 1000 + (uint64_t)(world_random(w) * 50000);
    }
    world_create_room(w, ANN);
    world_run(w, 1500);
    for (unsigned i = 1; i < people; i++) {
        world_join(w, i, ANN);
        world_run(w, 200 + (uint64_t)(world_random(w) * 1000));
    }
    world_run(w, 3000);
    return w;
}

static struct session *of(struct world *w, unsigned i)
{
    return &w->people[i].session;
}

static struct session_member *seen_by(struct world *w, unsigned i, unsigned whom)
{
    return session_room_member(of(w, i), of(w, whom)->self);
}

static enum call_trust trust(struct world *w, unsigned i, unsigned whom)
{
    struct session_member *m = seen_by(w, i, whom);
    return m ? m->trust : CALL_TRUST_WAITING;
}

static bool obeys(struct world *w, unsigned i, unsigned whom)
{
    return orders_is_host(&of(w, i)->orders, of(w, whom)->config.identity);
}

static bool shows_host(struct world *w, unsigned i, unsigned whom)
{
    const struct session_hosts *h = &of(w, i)->told.hosts;
    for (size_t k = 0; k < h->count; k++)
        if (h->id[k] == of(w, whom)->self)
            return true;
    return false;
}

static struct room *room(struct world *w)
{
    return room_by_code(&w->logic->rooms, w->people[ANN].code);
}

// The relay puts words of its own into somebody's connection.
static void lie(struct world *w, unsigned to, const struct control *c)
{
    char *text = control_write(c);
    session_control(&w->people[to].session, text, strlen(text), w->now_us);
    free(text);
}

static void lie_about_the_room(struct world *w, unsigned to, unsigned host, bool lobby, bool locked)
{
    struct control c = {.type = CONTROL_ROOM_STATE};
    c.state.epoch = of(w, to)->now.epoch + 1;
    c.state.created = of(w, to)->now.created;
    c.state.lobby = lobby;
    c.state.locked = locked;
    c.state.host_count = c.state.host_key_count = 1;
    c.state.hosts[0] = of(w, host)->self;
    memcpy(c.state.host_keys[0], of(w, host)->config.identity, 32);
    lie(w, to, &c);
}

static void say(struct world *w, unsigned who, const char *text)
{
    uint64_t n;
    room_keys_send(&of(w, who)->keys, 0, text, &n);
    of(w, who)->keys.io.flush(of(w, who)->keys.io.ctx);
}

// Blocks `i` hears of `from` in the next so many ms.
static uint64_t hears(struct world *w, unsigned i, unsigned from, uint64_t ms)
{
    uint64_t before = world_heard(w, i, from);
    world_run(w, ms);
    return world_heard(w, i, from) - before;
}

static void a_relay_that_names_other_hosts_is_not_believed(uint64_t seed)
{
    struct world *w = meeting(seed, 4);
    struct descriptor d;
    size_t size = room(w)->descriptor_size;
    EXPECT(seed, size && descriptor_open(&d, room(w)->descriptor, size) && !d.lobby && d.host_count == 1);
    for (unsigned i = ANN; i <= EVE; i++) {
        lie_about_the_room(w, i, EVE, true, true);
        world_run(w, 300);
        EXPECT(seed, obeys(w, i, ANN) && !obeys(w, i, EVE));
        EXPECT(seed, shows_host(w, i, ANN) && !shows_host(w, i, EVE));
        EXPECT(seed, !of(w, i)->told.lobby && !of(w, i)->told.locked);
    }
    EXPECT(seed, room(w)->descriptor_size == size && memcmp(of(w, ANN)->descriptor, room(w)->descriptor, size) == 0);
    EXPECT(seed, of(w, ANN)->descriptor_size == size); // and she has signed nothing else
    say(w, EVE, "{\"kind\":\"order\",\"order\":\"lobby\",\"on\":true}");
    world_run(w, 500);
    EXPECT(seed, !of(w, BOB)->told.lobby && !of(w, ANN)->told.lobby);
    room(w)->lobby = true; // it would take the descriptor it asks for
    room(w)->epoch = of(w, ANN)->now.epoch + 1;
    lie_about_the_room(w, ANN, ANN, true, false);
    world_run(w, 500);
    EXPECT(seed, of(w, ANN)->now.lobby && !of(w, ANN)->told.lobby);
    EXPECT(seed, descriptor_open(&d, room(w)->descriptor, room(w)->descriptor_size) && !d.lobby);
    // Nor is anything signed that no later word could follow.
    room(w)->lobby = false;
    room(w)->epoch = UINT32_MAX;
    of(w, ANN)->now.epoch = UINT32_MAX - 1;
    lie_about_the_room(w, ANN, ANN, false, false);
    world_run(w, 500);
    EXPECT(seed, of(w, ANN)->now.epoch == UINT32_MAX && !of(w, ANN)->told.lobby);
    EXPECT(seed, descriptor_open(&d, room(w)->descriptor, room(w)->descriptor_size) && d.epoch < 1000);
    world_destroy(w);
}

// The relay's own descriptor would need the invite key, another member's another creator.
static void a_descriptor_of_somebody_else_is_not_believed(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    uint8_t secret[64], wrong[16] = {1};
    for (unsigned i = 0; i < 2; i++) {
        struct control c = {.type = CONTROL_DESCRIPTOR};
        struct descriptor d = of(w, BOB)->now;
        d.epoch += 5;
        d.host_count = 1;
        memcpy(d.hosts[0], of(w, CAT)->config.identity, 32);
        if (i == 0) { // well signed by a creator of the relay's making, who lacks the key
            crypto_sign_keypair(d.creator, secret);
            c.descriptor.size = descriptor_sign(&d, secret, wrong, c.descriptor.bytes);
            memcpy(room(w)->descriptor, c.descriptor.bytes, c.descriptor.size);
            room(w)->descriptor_size = c.descriptor.size;
            world_join(w, DAN, ANN); // who knows nothing of the room yet
            world_run(w, 2000);
            EXPECT(seed, obeys(w, DAN, ANN) && !obeys(w, DAN, CAT));
        } else { // by Cat, who has it
            memcpy(d.creator, of(w, CAT)->config.identity, 32);
            c.descriptor.size = descriptor_sign(&d, of(w, CAT)->config.identity_secret, of(w, BOB)->secret->invite_key,
                                                c.descriptor.bytes);
        }
        lie(w, BOB, &c);
        EXPECT(seed, obeys(w, BOB, ANN) && !obeys(w, BOB, CAT));
        EXPECT(seed, of(w, BOB)->descriptor_size != c.descriptor.size ||
                         memcmp(of(w, BOB)->descriptor, c.descriptor.bytes, c.descriptor.size) != 0);
    }
    world_destroy(w);
}

static void muting_is_for_hosts_to_ask(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    struct command *c = command_new(COMMAND_HOST);
    c->order = COMMAND_MUTE;
    session_command(of(w, BOB), c, w->now_us); // a guest's client does not even say it
    say(w, BOB, "{\"kind\":\"order\",\"order\":\"mute\",\"id\":0}");
    static const char relays[] = "{\"type\":\"mute\",\"id\":1}";
    session_control(of(w, CAT), relays, sizeof relays - 1, w->now_us);
    world_run(w, 500);
    EXPECT(seed, w->people[ANN].mutes + w->people[CAT].mutes == 0);
    world_order(w, ANN, COMMAND_MUTE, CAT, true);
    world_run(w, 500);
    EXPECT(seed, w->people[CAT].mutes == 1 && w->people[BOB].mutes == 0 && w->people[ANN].mutes == 0);
    c = command_new(COMMAND_HOST);
    c->order = COMMAND_MUTE;
    session_command(of(w, ANN), c, w->now_us);
    world_run(w, 500);
    EXPECT(seed, w->people[CAT].mutes == 2 && w->people[BOB].mutes == 1 && w->people[ANN].mutes == 0);
    world_destroy(w);
}

// The relay does nothing, and tells the host so: he is locked out all the same, until he is let in again.
static void who_is_kicked_hears_nothing_more(uint64_t seed)
{
    struct world *w = meeting(seed, 4);
    EXPECT(seed, hears(w, EVE, BOB, 1000) > 45 && hears(w, BOB, EVE, 1000) > 45);
    room_set_host(room(w), room_member(room(w), of(w, ANN)->self), false);
    room_set_host(room(w), room_member(room(w), of(w, EVE)->self), true);
    world_order(w, ANN, COMMAND_KICK, EVE, true);
    world_run(w, 2000);
    EXPECT(seed, w->people[ANN].not_done == 1 && w->people[EVE].in_room && !w->people[EVE].refused);
    for (unsigned i = ANN; i <= CAT; i++) {
        EXPECT(seed, trust(w, i, EVE) == CALL_TRUST_NOT_ADMITTED);
        EXPECT(seed, hears(w, EVE, i, 500) == 0 && hears(w, i, EVE, 500) == 0);
    }
    EXPECT(seed, hears(w, ANN, BOB, 1000) > 45 && hears(w, CAT, ANN, 1000) > 45);
    world_leave(w, EVE); // nor does it help to come anew
    world_run(w, 1000);
    world_join(w, EVE, ANN);
    world_run(w, 3000);
    EXPECT(seed, w->people[EVE].in_room && trust(w, BOB, EVE) == CALL_TRUST_NOT_ADMITTED);
    EXPECT(seed, hears(w, EVE, BOB, 500) == 0);
    world_order(w, ANN, COMMAND_ADMIT, EVE, true); // without a knock: as she stands there
    world_run(w, 2500);
    EXPECT(seed, trust(w, BOB, EVE) == CALL_TRUST_NEW && trust(w, ANN, EVE) == CALL_TRUST_NEW);
    EXPECT(seed, hears(w, EVE, BOB, 1000) > 40 && hears(w, BOB, EVE, 1000) > 40);
    world_destroy(w);
}

// The relay opens the door for somebody no host has let in. The order comes after him, too.
static void behind_a_lock_the_relay_lets_nobody_in(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    world_order(w, ANN, seed % 2 ? COMMAND_LOCK : COMMAND_LOBBY, 0, true);
    world_run(w, 1000);
    EXPECT(seed, of(w, BOB)->told.locked == (seed % 2 == 1) && of(w, BOB)->told.lobby == (seed % 2 == 0));
    room(w)->locked = room(w)->lobby = false;
    world_join(w, EVE, ANN);
    world_run(w, 3000);
    EXPECT(seed, w->people[EVE].in_room);
    for (unsigned i = ANN; i <= CAT; i++) {
        EXPECT(seed, trust(w, i, EVE) == CALL_TRUST_NOT_ADMITTED && !seen_by(w, i, EVE)->introduced);
        EXPECT(seed, world_heard(w, EVE, i) == 0 && world_heard(w, i, EVE) == 0);
    }
    world_order(w, ANN, COMMAND_ADMIT, EVE, true);
    world_run(w, 3000);
    for (unsigned i = ANN; i <= CAT; i++)
        EXPECT(seed, trust(w, i, EVE) == CALL_TRUST_NEW && hears(w, EVE, i, 500) > 20 && hears(w, i, EVE, 500) > 20);
    world_destroy(w);
}

static void who_knocks_is_let_in_by_a_signed_order(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    world_order(w, ANN, COMMAND_LOBBY, 0, true);
    world_run(w, 1000);
    world_join(w, EVE, ANN);
    world_run(w, 1000);
    EXPECT(seed, !w->people[EVE].in_room && w->people[ANN].knock);
    struct command *c = command_new(COMMAND_HOST);
    c->order = COMMAND_ADMIT;
    c->knock = w->people[ANN].knock;
    session_command(of(w, ANN), c, w->now_us);
    world_run(w, 3000);
    EXPECT(seed, w->people[EVE].in_room);
    for (unsigned i = ANN; i <= CAT; i++)
        EXPECT(seed, trust(w, i, EVE) == CALL_TRUST_NEW && hears(w, EVE, i, 500) > 20 && hears(w, i, EVE, 500) > 20);
    EXPECT(seed, of(w, EVE)->told.lobby && obeys(w, EVE, ANN));
    w->people[EVE].link.cut = true; // he has been here: he comes back as he went
    world_run(w, 2000 + (uint64_t)(world_random(w) * 10000));
    w->people[EVE].link.cut = false;
    world_run(w, 4000);
    EXPECT(seed, trust(w, BOB, EVE) == CALL_TRUST_NEW && hears(w, EVE, BOB, 500) > 20);
    world_destroy(w);
}

// Let in in one breath: neither is here yet when the order about the other goes to all.
static void two_let_in_together_have_each_other(uint64_t seed)
{
    struct world *w = meeting(seed, 1);
    uint32_t knocks[2];
    world_order(w, ANN, COMMAND_LOBBY, 0, true);
    world_run(w, 1000);
    for (unsigned i = 0; i < 2; i++) {
        world_join(w, BOB + i, ANN);
        world_run(w, 1000);
        knocks[i] = w->people[ANN].knock;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct command *c = command_new(COMMAND_HOST);
        c->order = COMMAND_ADMIT;
        c->knock = knocks[i];
        session_command(of(w, ANN), c, w->now_us);
    }
    world_run(w, 3000);
    EXPECT(seed, trust(w, BOB, CAT) == CALL_TRUST_NEW && trust(w, CAT, BOB) == CALL_TRUST_NEW);
    EXPECT(seed, hears(w, BOB, CAT, 500) > 20 && hears(w, CAT, BOB, 500) > 20);
    world_destroy(w);
}

// What the relay refuses openly is taken back: everybody knows the door as it is.
static void what_is_refused_is_taken_back(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    room(w)->frozen_us = w->now_us + 30000000;
    world_order(w, ANN, COMMAND_LOBBY, 0, true);
    world_order(w, ANN, COMMAND_ROLE, BOB, true);
    world_run(w, 2000);
    EXPECT(seed, w->people[ANN].not_done == 2);
    for (unsigned i = ANN; i <= CAT; i++)
        EXPECT(seed, !of(w, i)->told.lobby && !obeys(w, i, BOB) && obeys(w, i, ANN));
    room(w)->frozen_us = 0;
    world_order(w, ANN, COMMAND_ROLE, BOB, true);
    world_run(w, 1000);
    world_order(w, BOB, COMMAND_LOBBY, 0, true);
    world_run(w, 1000);
    for (unsigned i = ANN; i <= CAT; i++)
        EXPECT(seed, of(w, i)->told.lobby && obeys(w, i, BOB) && shows_host(w, i, BOB));
    struct descriptor d;
    EXPECT(seed, descriptor_open(&d, room(w)->descriptor, room(w)->descriptor_size));
    EXPECT(seed, d.lobby && d.host_count == 2 && descriptor_same(&d, &of(w, CAT)->now));
    world_destroy(w);
}

// Newcomers learn of hosts the descriptor does not know, of the door, and of who was removed.
static void newcomers_are_told_by_hosts(uint64_t seed)
{
    struct world *w = meeting(seed, 4);
    world_order(w, ANN, COMMAND_ROLE, BOB, true);
    world_run(w, 500);
    world_order(w, ANN, COMMAND_KICK, EVE, true);
    world_run(w, 1500);
    room(w)->descriptor_size = 0; // the relay keeps it to itself
    w->people[EVE].refused = false;
    world_join(w, EVE, ANN); // the invite still opens the relay's door
    world_run(w, 2000);
    EXPECT(seed, w->people[EVE].in_room);
    world_join(w, DAN, ANN);
    world_run(w, 3000);
    EXPECT(seed, obeys(w, DAN, ANN) && obeys(w, DAN, BOB));
    EXPECT(seed, trust(w, DAN, BOB) == CALL_TRUST_NEW && trust(w, DAN, EVE) == CALL_TRUST_NOT_ADMITTED);
    EXPECT(seed, hears(w, EVE, DAN, 500) == 0 && hears(w, CAT, DAN, 500) > 20);
    world_destroy(w);
}

// The creator goes, the relay names an heir, and the room goes on: with a door, orders, and the creator back again.
static void an_heir_keeps_the_room_going(uint64_t seed)
{
    struct world *w = meeting(seed, 3);
    world_leave(w, ANN);
    world_run(w, 3000);
    unsigned heir = shows_host(w, BOB, BOB) ? BOB : CAT, other = heir == BOB ? CAT : BOB;
    EXPECT(seed, shows_host(w, heir, heir) && shows_host(w, other, heir) && !shows_host(w, other, other));
    world_order(w, heir, COMMAND_LOCK, 0, true);
    world_run(w, 1000);
    EXPECT(seed, of(w, other)->told.locked && of(w, heir)->told.locked);
    world_join(w, EVE, other);
    world_run(w, 1500);
    struct command *c = command_new(COMMAND_HOST);
    c->order = COMMAND_ADMIT;
    c->knock = w->people[heir].knock;
    session_command(of(w, heir), c, w->now_us);
    world_run(w, 3000);
    EXPECT(seed, trust(w, other, EVE) == CALL_TRUST_NEW && hears(w, EVE, other, 500) > 20);
    EXPECT(seed, obeys(w, EVE, heir) && shows_host(w, EVE, heir));
    world_order(w, heir, COMMAND_LOCK, 0, false);
    world_run(w, 1000);
    world_join(w, ANN, other);
    world_run(w, 4000);
    for (unsigned i = ANN; i <= EVE; i++)
        EXPECT(seed, obeys(w, i, heir) && shows_host(w, i, heir) && of(w, i)->told.hosts.count == 1);
    world_order(w, heir, COMMAND_ROLE, ANN, true);
    world_run(w, 1000);
    for (unsigned i = ANN; i <= EVE; i++)
        EXPECT(seed, shows_host(w, i, ANN) && shows_host(w, i, heir));
    world_order(w, ANN, COMMAND_LOBBY, 0, true);
    world_run(w, 1000);
    for (unsigned i = ANN; i <= EVE; i++)
        EXPECT(seed, of(w, i)->told.lobby);
    struct descriptor d;
    EXPECT(seed, descriptor_open(&d, room(w)->descriptor, room(w)->descriptor_size) && d.lobby && d.host_count == 2);
    world_destroy(w);
}

#define TEST(name)                                                                                                     \
    static void t_##name(void **s)                                                                                     \
    {                                                                                                                  \
        (void)s;                                                                                                       \
        seeds_run(name, SEEDS, 1);                                                                                     \
    }
TEST(a_relay_that_names_other_hosts_is_not_believed)
TEST(a_descriptor_of_somebody_else_is_not_believed)
TEST(muting_is_for_hosts_to_ask)
TEST(who_is_kicked_hears_nothing_more)
TEST(behind_a_lock_the_relay_lets_nobody_in)
TEST(who_knocks_is_let_in_by_a_signed_order)
TEST(two_let_in_together_have_each_other)
TEST(what_is_refused_is_taken_back)
TEST(newcomers_are_told_by_hosts)
TEST(an_heir_keeps_the_room_going)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t_a_relay_that_names_other_hosts_is_not_believed),
        cmocka_unit_test(t_a_descriptor_of_somebody_else_is_not_believed),
        cmocka_unit_test(t_muting_is_for_hosts_to_ask),
        cmocka_unit_test(t_who_is_kicked_hears_nothing_more),
        cmocka_unit_test(t_behind_a_lock_the_relay_lets_nobody_in),
        cmocka_unit_test(t_who_knocks_is_let_in_by_a_signed_order),
        cmocka_unit_test(t_two_let_in_together_have_each_other),
        cmocka_unit_test(t_what_is_refused_is_taken_back),
        cmocka_unit_test(t_newcomers_are_told_by_hosts),
        cmocka_unit_test(t_an_heir_keeps_the_room_going),
    };
    if (sodium_init() < 0)
        return 1;
    log_setup(LOG_ERROR, false); // refusals are part of the play
    return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
