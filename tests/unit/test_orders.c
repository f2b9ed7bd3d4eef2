// Whom one obeys and who may have keys: every source of hosts, every order, and what a lying relay makes of none of it.
#include "tests/unit/unit.h"

#include "client/net/orders.h"
#include "shared/box.h"
#include "shared/keys.h"

static struct orders o;
static const uint8_t ann[32] = {'A'}, bob[32] = {'B'}, cat[32] = {'C'}, eve[32] = {'E'};
static const uint8_t key1[32] = {1}, key2[32] = {2}, key3[32] = {3};

static int start(void **state)
{
    (void)state;
    orders_forget(&o);
    return 0;
}

static struct orders_people people(const uint8_t *first, const uint8_t *second)
{
    struct orders_people p = {.count = 0};
    if (first)
        memcpy(p.identity[p.count++], first, 32);
    if (second)
        memcpy(p.identity[p.count++], second, 32);
    return p;
}

static bool named(struct orders_people here, struct orders_people names, const uint8_t *just_came)
{
    return orders_hear_hosts(&o, &here, &names, just_came);
}

static struct descriptor signed_by(const uint8_t creator[32], uint32_t epoch, const uint8_t *first,
                                   const uint8_t *second)
{
    struct descriptor d = {.room = 1, .epoch = epoch};
    memcpy(d.creator, creator, 32);
    if (first)
        memcpy(d.hosts[d.host_count++], first, 32);
    if (second)
        memcpy(d.hosts[d.host_count++], second, 32);
    return d;
}

static enum orders_effect role(const uint8_t from[32], const uint8_t whom[32], bool host)
{
    struct order x = {.kind = ORDER_ROLE, .on = host};
    memcpy(x.identity, whom, 32);
    return orders_take(&o, from, &x);
}

static enum orders_effect door(const uint8_t from[32], enum order_kind kind, bool on)
{
    return orders_take(&o, from, &(struct order){.kind = kind, .on = on});
}

static enum orders_effect admit(const uint8_t from[32], const uint8_t key[32])
{
    struct order x = {.kind = ORDER_ADMIT};
    memcpy(x.key, key, 32);
    return orders_take(&o, from, &x);
}

static enum orders_effect kick(const uint8_t from[32], const uint8_t *whom, uint64_t join_id)
{
    struct order x = {.kind = ORDER_KICK, .id = 3, .join_id = join_id};
    if (whom)
        memcpy(x.identity, whom, 32);
    return orders_take(&o, from, &x);
}

static void the_creator_is_host_and_what_he_says_counts(void **state)
{
    (void)state;
    orders_create(&o, ann, true);
    assert_true(orders_is_host(&o, ann));
    assert_true(orders_restricted(&o));
    assert_int_equal(door(bob, ORDER_LOBBY, false), ORDERS_IGNORED);
    assert_int_equal(role(bob, bob, true), ORDERS_IGNORED);
    assert_int_equal(kick(bob, ann, 5), ORDERS_IGNORED);
    assert_int_equal(orders_take(&o, bob, &(struct order){.kind = ORDER_MUTE}), ORDERS_IGNORED);
    assert_true(orders_restricted(&o));
    assert_int_equal(door(ann, ORDER_LOBBY, false), ORDERS_CHANGED);
    assert_false(orders_restricted(&o));
    assert_int_equal(door(ann, ORDER_LOBBY, false), ORDERS_TAKEN);
    assert_int_equal(orders_take(&o, ann, &(struct order){.kind = ORDER_MUTE}), ORDERS_TAKEN);
    assert_int_equal(role(ann, bob, true), ORDERS_CHANGED);
    assert_int_equal(door(bob, ORDER_LOCK, true), ORDERS_CHANGED);
    assert_true(o.locked && !o.lobby);
    assert_int_equal(role(bob, ann, false), ORDERS_CHANGED);
    assert_int_equal(door(ann, ORDER_LOCK, false), ORDERS_IGNORED);
}

static void the_relay_names_nobody_while_a_host_is_here(void **state)
{
    (void)state;
    orders_create(&o, ann, false);
    assert_false(named(people(ann, eve), people(eve, ann), NULL));
    assert_false(orders_is_host(&o, eve));
    assert_int_equal(door(eve, ORDER_LOCK, true), ORDERS_IGNORED);
    assert_false(orders_hear_door(&o, true, true)); // nor does it open or close the door
    assert_false(orders_restricted(&o));
    assert_true(orders_is_host(&o, ann)); // and who is left out of its list stays
    assert_false(named(people(ann, eve), people(NULL, NULL), NULL));
    assert_true(orders_is_host(&o, ann));
}

static void an_heir_is_host_when_no_other_is_here(void **state)
{
    (void)state;
    orders_create(&o, ann, false);
    assert_false(named(people(bob, eve), people(cat, NULL), NULL)); // who is not here is none
    assert_true(named(people(bob, eve), people(bob, NULL), NULL));
    assert_true(orders_is_host(&o, bob));
    assert_int_equal(door(bob, ORDER_LOBBY, true), ORDERS_CHANGED);
    assert_false(named(people(bob, eve), people(bob, eve), NULL)); // now there is one
    assert_false(orders_is_host(&o, eve));
    assert_false(named(people(ann, bob), people(ann, bob), NULL)); // he goes on beside the one who comes back
    assert_true(orders_is_host(&o, bob) && orders_is_host(&o, ann));
    assert_true(named(people(ann, bob), people(ann, NULL), NULL)); // as long as he is named
    assert_false(orders_is_host(&o, bob));
    assert_true(orders_is_host(&o, ann));
}

static void who_comes_back_finds_the_heir(void **state)
{
    (void)state;
    orders_create(&o, ann, false);
    assert_true(named(people(ann, bob), people(ann, bob), ann));
    assert_true(orders_is_host(&o, bob));
    struct descriptor d = signed_by(ann, 4, ann, bob);
    assert_true(orders_agree(&o, &d, ann));
}

static void a_descriptor_names_hosts_and_the_newest_wins(void **state)
{
    struct descriptor d = signed_by(ann, 3, ann, bob);
    (void)state;
    d.lobby = true;
    assert_true(
        named(people(eve, NULL), people(eve, NULL), NULL)); // before it came, the relay's word was all there was
    assert_true(orders_is_host(&o, eve));
    assert_true(orders_describe(&o, &d));
    assert_true(orders_is_host(&o, ann) && orders_is_host(&o, bob) && !orders_is_host(&o, eve));
    assert_true(orders_restricted(&o));
    assert_false(orders_describe(&o, &d));
    d = signed_by(ann, 2, ann, eve); // an old one
    assert_false(orders_describe(&o, &d));
    d = signed_by(eve, 9, eve, NULL); // another creator's
    assert_false(orders_describe(&o, &d));
    assert_false(orders_is_host(&o, eve));
    d = signed_by(ann, 4, ann, NULL);
    assert_true(orders_describe(&o, &d));
    assert_false(orders_is_host(&o, bob));
    assert_false(orders_restricted(&o));
}

static void orders_outlive_descriptors(void **state)
{
    struct descriptor d = signed_by(ann, 3, ann, bob);
    (void)state;
    orders_describe(&o, &d);
    role(ann, cat, true);
    role(ann, bob, false);
    door(ann, ORDER_LOCK, true);
    d = signed_by(ann, 4, ann, bob); // signed before she said so, or kept back by the relay
    assert_true(orders_describe(&o, &d));
    assert_true(orders_is_host(&o, cat));
    assert_false(orders_is_host(&o, bob));
    assert_true(o.locked);
    assert_false(orders_hear_door(&o, false, false));
    role(cat, bob, true);
    assert_true(orders_is_host(&o, bob));
}

static void claims_are_believed_of_hosts(void **state)
{
    struct orders_claim c = {.host_count = 2, .kicked_count = 1, .has_door = true, .lobby = true};
    struct descriptor d = signed_by(ann, 3, ann, NULL);
    (void)state;
    memcpy(c.hosts[0], ann, 32);
    memcpy(c.hosts[1], bob, 32);
    memcpy(c.kicked[0], eve, 32);
    orders_describe(&o, &d);
    assert_int_equal(orders_take_claim(&o, eve, &c), ORDERS_IGNORED);
    assert_false(orders_is_host(&o, bob));
    assert_int_equal(orders_take_claim(&o, ann, &c), ORDERS_CHANGED);
    assert_true(orders_is_host(&o, bob));
    assert_true(orders_restricted(&o));
    assert_false(orders_judge(&o, eve, key1, 7));
    struct orders_claim mine;
    orders_claim(&o, ann, &mine);
    assert_int_equal(mine.host_count, 2);
    assert_int_equal(mine.kicked_count, 1);
    assert_memory_equal(mine.kicked[0], eve, 32);
    assert_true(mine.has_door && mine.lobby && !mine.locked);
    role(ann, bob, false);
    orders_take_claim(&o, ann, &c); // on its way when he was made a guest
    assert_false(orders_is_host(&o, bob));
}

// The order may come before the newcomer or after it.
static void behind_a_closed_door_nobody_has_keys_unadmitted(void **state)
{
    (void)state;
    orders_create(&o, ann, false);
    assert_true(orders_judge(&o, bob, key1, 1));
    door(ann, ORDER_LOCK, true);
    assert_false(orders_judge(&o, bob, key1, 1)); // whom the relay listed and who never showed that he holds a key
    orders_met(&o, bob);
    assert_true(orders_judge(&o, bob, key1, 1)); // he was here
    assert_true(orders_judge(&o, bob, key2, 2)); // and comes back
    assert_false(orders_judge(&o, eve, key3, 3));
    assert_int_equal(admit(eve, key3), ORDERS_IGNORED);
    assert_false(orders_judge(&o, eve, key3, 3));
    assert_int_equal(admit(ann, key3), ORDERS_CHANGED);
    assert_true(orders_judge(&o, eve, key3, 3));
    const uint8_t key4[32] = {4};
    admit(ann, key4);
    assert_true(orders_judge(&o, cat, key4, 4));
    const uint8_t dan[32] = {'D'}, key5[32] = {5};
    assert_false(orders_judge(&o, dan, key5, 5));
    door(ann, ORDER_LOCK, false);
    assert_true(orders_judge(&o, dan, key5, 5));
    door(ann, ORDER_LOBBY, true);
    const uint8_t fay[32] = {'F'}, key6[32] = {6};
    assert_false(orders_judge(&o, fay, key6, 6));
    orders_met(&o, fay); // she was here before us
    assert_true(orders_judge(&o, fay, key6, 6));
}

static void who_is_kicked_gets_no_keys_until_admitted(void **state)
{
    (void)state;
    orders_create(&o, ann, false);
    role(ann, bob, true);
    assert_true(orders_judge(&o, bob, key1, 1));
    assert_true(orders_judge(&o, eve, key2, 2));
    assert_int_equal(kick(ann, eve, 2), ORDERS_CHANGED);
    assert_false(orders_judge(&o, eve, key2, 2)); // even when the relay never removes her
    assert_false(orders_judge(&o, eve, key3, 3)); // nor when she comes back
    orders_met(&o, eve);
    door(ann, ORDER_LOCK, true);
    assert_false(orders_judge(&o, eve, key3, 3));
    admit(ann, key3);
    assert_true(orders_judge(&o, eve, key3, 3));
    assert_false(orders_judge(&o, eve, key2, 2)); // the join that was kicked stays out
    kick(ann, eve, 3);
    assert_false(orders_judge(&o, eve, key3, 3));
    admit(ann, key3); // here all the time
    assert_true(orders_judge(&o, eve, key3, 3));
    kick(ann, bob, 1); // a host is host no more
    assert_false(orders_is_host(&o, bob));
    assert_int_equal(door(bob, ORDER_LOCK, false), ORDERS_IGNORED);
    kick(ann, NULL, 9); // of whom only the join is known
    assert_false(orders_judge(&o, cat, key1, 9));
    assert_int_equal(kick(ann, ann, 4), ORDERS_IGNORED);
}

// Let in together: the first is greeted before the second is here.
static void a_claim_names_who_was_just_let_in(void **state)
{
    struct orders_claim c;
    uint8_t key[32] = {9};
    (void)state;
    orders_create(&o, ann, true);
    for (unsigned i = 0; i < 100; i++) {
        key[1] = (uint8_t)i;
        admit(ann, key);
    }
    orders_claim(&o, ann, &c);
    assert_int_equal(c.admitted_count, ORDERS_RECENT);
    for (unsigned i = 0; i < ORDERS_RECENT; i++)
        assert_int_equal(c.admitted[i][1], 99 - i);
    orders_forget(&o);
    struct descriptor d = signed_by(ann, 3, ann, NULL);
    orders_describe(&o, &d);
    orders_take_claim(&o, ann, &c);
    assert_true(orders_judge(&o, bob, key, 1));
    orders_claim(&o, ann, &c);
    assert_int_equal(c.admitted_count, 0); // said only by who heard the order
}

// A claim lists who is here; made before the kick, it does not undo it.
static void a_claim_forgives_nobody(void **state)
{
    struct orders_claim c = {.admitted_count = 2};
    (void)state;
    memcpy(c.admitted[0], key1, 32);
    memcpy(c.admitted[1], key2, 32);
    orders_create(&o, ann, true);
    kick(ann, eve, 1);
    orders_take_claim(&o, ann, &c);
    assert_false(orders_judge(&o, eve, key1, 1));
    assert_true(orders_judge(&o, bob, key2, 2));
    orders_forget(&o);
    orders_create(&o, ann, true);
    orders_take_claim(&o, ann, &c);
    kick(ann, eve, 1);
    assert_false(orders_judge(&o, eve, key1, 1));
}

static void the_creator_signs_what_orders_made_of_it(void **state)
{
    struct descriptor d = signed_by(ann, 1, ann, NULL);
    (void)state;
    assert_false(orders_agree(&o, &d, ann));
    orders_create(&o, ann, false);
    assert_true(orders_agree(&o, &d, ann));
    d.lobby = true;
    assert_false(orders_agree(&o, &d, ann));
    d.lobby = false;
    d.locked = true;
    assert_false(orders_agree(&o, &d, ann));
    d = signed_by(ann, 2, ann, eve); // somebody the relay made host
    assert_false(orders_agree(&o, &d, ann));
    role(ann, bob, true);
    d = signed_by(ann, 2, ann, bob);
    assert_true(orders_agree(&o, &d, ann));
    d = signed_by(ann, 3, ann, NULL); // he has left
    assert_true(orders_agree(&o, &d, ann));
    d = signed_by(ann, 3, bob, NULL); // the relay would have her host no more
    assert_false(orders_agree(&o, &d, ann));
    role(ann, ann, false); // she would
    assert_true(orders_agree(&o, &d, ann));
}

// Full tables: the oldest makes room, hosts make none.
static void tables_are_bounded(void **state)
{
    uint8_t id[32] = {0};
    (void)state;
    orders_create(&o, ann, true);
    for (unsigned i = 0; i < 1000; i++) {
        id[1] = (uint8_t)(i >> 8);
        id[2] = (uint8_t)i;
        id[3] = 1;
        admit(ann, id);
        kick(ann, id, i + 10);
        orders_met(&o, id);
        role(ann, id, true);
    }
    assert_true(orders_is_host(&o, ann));
    assert_false(orders_judge(&o, id, key1, 5000)); // the newest stand
    id[0] = 1;
    admit(ann, id);
    assert_true(orders_judge(&o, bob, id, 5001));
    orders_create(&o, ann, true);
    for (unsigned i = 0; i < ORDERS_HOSTS * 2; i++) {
        id[2] = (uint8_t)i;
        assert_int_equal(role(ann, id, true), i < ORDERS_HOSTS - 1 ? ORDERS_CHANGED : ORDERS_TAKEN);
    }
    id[2] = 3;
    role(ann, id, false);
    assert_int_equal(role(ann, cat, true), ORDERS_CHANGED); // in the place of one who is host no more
    assert_true(orders_is_host(&o, cat));
}

static enum orders_effect let_pass(const uint8_t from[32], const uint8_t *whom, const uint8_t *other)
{
    struct order x = {.kind = ORDER_PASS};
    if (whom)
        keys_pass(x.passes[x.pass_count++], o.room, whom);
    if (other)
        keys_pass(x.passes[x.pass_count++], o.room, other);
    return orders_take(&o, from, &x);
}

static const uint8_t this_room[32] = {'r'};

static void a_host_passes_the_paired_past_the_lobby(void **state)
{
    (void)state;
    orders_create(&o, ann, true);
    orders_room(&o, this_room);
    assert_int_equal(let_pass(eve, eve, NULL), ORDERS_IGNORED);
    assert_int_equal(let_pass(ann, cat, NULL), ORDERS_CHANGED);
    assert_int_equal(let_pass(ann, cat, NULL), ORDERS_TAKEN);
    assert_true(orders_judge(&o, cat, key1, 5) && !orders_judge(&o, eve, key2, 6)); // whomever the relay lets in
    assert_int_equal(door(ann, ORDER_LOCK, true), ORDERS_CHANGED);
    assert_false(orders_judge(&o, cat, key1, 5)); // behind a lock it says nothing
    door(ann, ORDER_LOCK, false);
    assert_int_equal(let_pass(ann, NULL, NULL), ORDERS_CHANGED); // unpaired before it has shown who it is
    assert_false(orders_judge(&o, cat, key1, 5));
    let_pass(ann, cat, NULL);
    orders_met(&o, cat);
    let_pass(ann, NULL, NULL);
    assert_true(orders_judge(&o, cat, key1, 5)); // who is in stays
    let_pass(ann, bob, eve);
    kick(ann, eve, 6);
    assert_false(orders_judge(&o, eve, key2, 7)); // and who was removed is out
    orders_room(&o, key3);                        // what was said of another room says nothing of this one
    assert_false(orders_judge(&o, bob, key1, 8));
}

static void each_host_has_a_list_of_its_own(void **state)
{
    uint8_t out[ORDERS_PASSES][32], hash[32];
    (void)state;
    orders_create(&o, ann, true);
    orders_room(&o, this_room);
    role(ann, bob, true);
    assert_null(orders_passes_of(&o, ann));
    let_pass(ann, cat, NULL);
    let_pass(bob, eve, cat);
    assert_int_equal(orders_passes(&o, bob, out), 2); // each once, one's own first
    keys_pass(hash, this_room, eve);
    assert_memory_equal(out[0], hash, 32);
    let_pass(bob, NULL, NULL);
    assert_int_equal(orders_passes(&o, bob, out), 1);
    assert_true(orders_judge(&o, cat, key1, 5) && !orders_judge(&o, eve, key2, 6));
    let_pass(bob, eve, NULL);
    kick(ann, eve, 0);
    assert_int_equal(orders_passes(&o, bob, out), 1); // the relay lets nobody in who was removed
    keys_pass(hash, this_room, cat);
    assert_memory_equal(out[0], hash, 32);
    role(bob, ann, false); // whoever is host no more has let nobody in
    assert_int_equal(orders_passes(&o, bob, out), 0);
    assert_false(orders_judge(&o, cat, key1, 5));
}

static void newcomers_are_told_who_passes(void **state)
{
    struct orders_claim c, older;
    (void)state;
    orders_create(&o, ann, true);
    orders_room(&o, this_room);
    role(ann, bob, true);
    let_pass(ann, cat, NULL);
    orders_claim(&o, bob, &older); // Bob tells, and so he does after Ann has gone
    let_pass(ann, eve, NULL);
    orders_claim(&o, ann, &c);
    assert_int_equal(c.pass_count, 1);
    orders_forget(&o);
    struct descriptor d = signed_by(ann, 4, ann, NULL);
    d.lobby = true;
    orders_describe(&o, &d);
    orders_room(&o, this_room);
    assert_int_equal(orders_take_claim(&o, eve, &c), ORDERS_IGNORED);
    assert_false(orders_judge(&o, eve, key1, 5));
    role(ann, bob, true);
    orders_take_claim(&o, bob, &older);
    assert_true(orders_judge(&o, cat, key1, 5));
    orders_take_claim(&o, ann, &c); // she knows better whom she lets pass
    assert_true(orders_judge(&o, eve, key1, 5) && !orders_judge(&o, cat, key2, 6));
    orders_take_claim(&o, bob, &older);
    assert_false(orders_judge(&o, cat, key2, 6));
    c.has_passes = false;
    c.pass_count = 0;
    orders_take_claim(&o, ann, &c); // nothing said is not nobody
    assert_true(orders_judge(&o, eve, key1, 5));
    c.has_passes = true;
    orders_take_claim(&o, ann, &c);
    assert_false(orders_judge(&o, eve, key1, 5));
}

static void a_full_claim_has_all_of_the_tellers_own(void **state)
{
    struct order x = {.kind = ORDER_PASS, .pass_count = ORDERS_PASSES};
    struct orders_claim c;
    (void)state;
    orders_create(&o, ann, true);
    role(ann, bob, true);
    unit_count(x.passes[0], sizeof x.passes, 1);
    orders_take(&o, ann, &x);
    x.passes[7][0] ^= 1;
    orders_take(&o, bob, &x);
    orders_claim(&o, bob, &c);
    assert_int_equal(c.pass_count, ORDERS_PASSES);
    for (unsigned i = 0; i < ORDERS_PASSES; i++)
        assert_true(memcmp(c.passes[i].host, bob, 32) == 0 && memcmp(c.passes[i].hash, x.passes[i], 32) == 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, start)
    const struct CMUnitTest tests[] = {
        T(the_creator_is_host_and_what_he_says_counts),
        T(the_relay_names_nobody_while_a_host_is_here),
        T(an_heir_is_host_when_no_other_is_here),
        T(who_comes_back_finds_the_heir),
        T(a_descriptor_names_hosts_and_the_newest_wins),
        T(orders_outlive_descriptors),
        T(claims_are_believed_of_hosts),
        T(behind_a_closed_door_nobody_has_keys_unadmitted),
        T(who_is_kicked_gets_no_keys_until_admitted),
        T(a_claim_names_who_was_just_let_in),
        T(a_claim_forgives_nobody),
        T(the_creator_signs_what_orders_made_of_it),
        T(tables_are_bounded),
        T(a_host_passes_the_paired_past_the_lobby),
        T(each_host_has_a_list_of_its_own),
        T(newcomers_are_told_who_passes),
        T(a_full_claim_has_all_of_the_tellers_own),
    };
    return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
