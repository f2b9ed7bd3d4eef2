// Rooms of members' keys in virtual time (sim/keys_room.h): who can read what, when, and after which accidents.
#include "tests/unit/unit.h"

#include "tests/sim/keys_room.h"

#include <sodium.h>

enum { MS = 1000, SECOND = 1000 * MS };

static uint64_t seeds;

static struct keys_room *room_of(unsigned people, uint64_t delay_us)
{
    struct keys_room *r = keys_room_create(unit_random(&seeds));
    for (unsigned i = 0; i < people; i++) {
        keys_room_enter(r, delay_us);
        keys_room_run(r, r->now_us + 50 * MS);
    }
    keys_room_run(r, r->now_us + 2 * SECOND);
    assert_true(keys_room_settled(r));
    return r;
}

static void all_send(struct keys_room *r)
{
    for (unsigned i = 0; i < r->count; i++)
        r->people[i].sending = r->people[i].here;
}

static void nothing_was_lost(const struct keys_room *r)
{
    for (unsigned i = 0; i < r->count; i++)
        assert_int_equal(r->people[i].wrong, 0);
    assert_int_equal(keys_room_lost(r), 0);
}

static void everybody_hears_everybody(void **state)
{
    struct keys_room *r = room_of(5, 20 * MS);
    (void)state;
    all_send(r);
    keys_room_say(r, 1, 1, "{\"kind\":\"chat\",\"text\":\"to all\"}");
    keys_room_say(r, 2, 3, "{\"kind\":\"chat\",\"text\":\"to one\"}");
    keys_room_run(r, r->now_us + SECOND);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(r->people[i].texts, (i != 1) + (i == 3));
        assert_int_equal(r->people[i].bad, 0);
        for (unsigned j = 0; j < 5; j++)
            assert_true(i == j || r->people[i].opened[j] > 40);
    }
    assert_non_null(strstr(r->people[3].text, "to one"));
    nothing_was_lost(r);
    assert_true(keys_room_numbers_once(r));
    keys_room_free(r);
}

// Backward secrecy: neither pictures nor words of before, whatever he is told and derives.
static void a_newcomer_reads_nothing_of_before(void **state)
{
    struct keys_room *r = room_of(4, 20 * MS);
    (void)state;
    r->recording = true;
    uint64_t begin = r->now_us;
    all_send(r);
    for (unsigned i = 0; i < 4; i++)
        keys_room_say(r, i, i, "{\"kind\":\"chat\",\"text\":\"among us\"}");
    keys_room_run(r, r->now_us + SECOND);
    unsigned late = keys_room_enter(r, 20 * MS);
    keys_room_run(r, r->now_us + 40 * MS);
    for (unsigned i = 0; i < 4; i++) // he is here, and has no key yet
        keys_room_say(r, i, i, "{\"kind\":\"chat\",\"text\":\"still among us\"}");
    uint64_t entered = r->people[late].here_us;
    keys_room_run(r, r->now_us + SECOND);
    keys_room_enter(r, 20 * MS); // others who come and go tell him no more
    keys_room_leave(r, 0);
    keys_room_run(r, r->now_us + 3 * SECOND);
    assert_true(r->record_count > 300);
    assert_int_equal(keys_room_readable(r, late, begin, entered), 0);
    assert_true(keys_room_readable(r, late, entered, UINT64_MAX) > 300);
    assert_true(keys_room_readable(r, 1, begin, entered) > 100); // the judge can read what is to be read
    nothing_was_lost(r);
    keys_room_free(r);
}

// Whoever leaves, and whatever happens around it: two seconds later he reads nothing.
static void who_leaves_is_locked_out(void **state)
{
    (void)state;
    for (unsigned round = 0; round < (BASE_SANITIZED ? 3 : 12); round++) {
        struct keys_room *r = room_of(4 + round % 3, (1 + unit_random(&seeds) % 60) * MS);
        r->recording = true;
        all_send(r);
        keys_room_run(r, r->now_us + 300 * MS);
        uint64_t begin = r->now_us;
        unsigned leaver = 0, second = 1;
        for (unsigned i = 0; i < 6; i++) { // others come and go, before and after
            if (i == 3)
                keys_room_leave(r, leaver);
            else if (i == 4 && round % 2)
                keys_room_leave(r, second);
            else
                keys_room_enter(r, (1 + unit_random(&seeds) % 60) * MS);
            keys_room_run(r, r->now_us + unit_random(&seeds) % (400 * MS));
            all_send(r);
        }
        keys_room_run(r, r->now_us + 200 * MS);
        uint64_t gone = r->people[leaver].here_us + 60 * MS; // everybody knows
        keys_room_run(r, gone + 4 * SECOND);
        assert_true(keys_room_readable(r, leaver, begin, r->people[leaver].here_us) > 10);
        assert_int_equal(keys_room_readable(r, leaver, gone + 2 * SECOND, UINT64_MAX), 0);
        if (round % 2) {
            gone = r->people[second].here_us + 60 * MS;
            assert_true(keys_room_readable(r, second, begin, r->people[second].here_us) > 10);
            assert_int_equal(keys_room_readable(r, second, gone + 2 * SECOND, UINT64_MAX), 0);
        }
        assert_true(keys_room_settled(r));
        nothing_was_lost(r);
        assert_true(keys_room_numbers_once(r));
        keys_room_free(r);
    }
}

// What is lost on TCP comes 400 ms later than the datagrams around it: the key is there before it is needed.
static void late_boxes(void **state)
{
    struct keys_room *r = room_of(5, 10 * MS);
    (void)state;
    r->people[2].late_us = 400 * MS;
    all_send(r);
    keys_room_leave(r, 0);
    keys_room_run(r, r->now_us + 3 * SECOND);
    assert_int_equal(r->people[1].switches, r->people[3].switches);
    assert_true(keys_room_settled(r));
    nothing_was_lost(r);
    keys_room_free(r);
}

// Twenty come within a second, and datagrams overtake each other by half of one.
static void many_come_at_once(void **state)
{
    struct keys_room *r = room_of(3, 1 * MS);
    unsigned before[3];
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        before[i] = r->people[i].switches;
    all_send(r);
    for (unsigned i = 0; i < 20; i++) {
        unsigned who = keys_room_enter(r, (1 + unit_random(&seeds) % 2) * MS);
        r->people[who].sending = true;
        for (unsigned j = 0; j < r->count; j++)
            r->people[j].jitter_us = 500 * MS;
        keys_room_run(r, r->now_us + 50 * MS);
    }
    keys_room_run(r, r->now_us + 2 * SECOND);
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(r->people[i].switches - before[i], 1, 6); // not twenty
    assert_true(keys_room_settled(r));
    nothing_was_lost(r);
    assert_true(keys_room_numbers_once(r));
    keys_room_free(r);
}

// Of a change that is going on and of one that shuts somebody out right after it no datagram is lost either.
static void overtaken_by_half_a_second(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 10; round++) {
        struct keys_room *r = room_of(5, 20 * MS);
        all_send(r);
        for (unsigned i = 0; i < r->count; i++)
            r->people[i].jitter_us = 500 * MS;
        for (unsigned i = 0; i < 12; i++) {
            if (i % 5 == 4)
                keys_room_leave(r, i / 5);
            else
                r->people[keys_room_enter(r, (5 + unit_random(&seeds) % 200) * MS)].jitter_us = 500 * MS;
            keys_room_run(r, r->now_us + unit_random(&seeds) % (300 * MS));
        }
        keys_room_run(r, r->now_us + 3 * SECOND);
        assert_true(keys_room_settled(r));
        nothing_was_lost(r);
        keys_room_free(r);
    }
}

// One change serves both.
static void one_comes_as_another_goes(void **state)
{
    struct keys_room *r = room_of(4, 20 * MS);
    (void)state;
    r->recording = true;
    all_send(r);
    unsigned before = r->people[1].switches;
    keys_room_leave(r, 0);
    unsigned late = keys_room_enter(r, 20 * MS);
    keys_room_run(r, r->now_us + 3 * SECOND);
    assert_int_equal(r->people[1].switches, before + 1);
    assert_true(keys_room_settled(r));
    assert_int_equal(keys_room_readable(r, late, 0, r->people[late].here_us), 0);
    assert_int_equal(keys_room_readable(r, 0, r->people[0].here_us + 2 * SECOND, UINT64_MAX), 0);
    nothing_was_lost(r);
    keys_room_free(r);
}

// A connection breaks, keys change meanwhile, boxes are lost: all is well again when it is back and has announced.
static void boxes_are_lost_with_a_connection(void **state)
{
    struct keys_room *r = room_of(4, 20 * MS);
    (void)state;
    keys_room_cut(r, 2);
    keys_room_leave(r, 0);
    keys_room_enter(r, 20 * MS);
    keys_room_run(r, r->now_us + 2 * SECOND);
    assert_false(keys_room_holds(r, 2, 1));
    keys_room_reconnect(r, 2);
    for (unsigned i = 0; i < r->count; i++) // what the relay lists when it lets somebody back in
        if (r->people[i].here && i > 3) {
            struct keys_side side = {.join_id = r->people[i].join_id};
            memcpy(side.identity, r->people[i].identity, 32);
            memcpy(side.key, r->people[i].keys.join_public, 32);
            assert_true(room_keys_add(&r->people[2].keys, r->people[i].id, &side, r->now_us));
        }
    room_keys_remove(&r->people[2].keys, r->people[0].id, r->now_us);
    keys_room_run(r, r->now_us + 2 * SECOND);
    assert_true(keys_room_settled(r));
    assert_true(keys_room_numbers_once(r));
    keys_room_free(r);
}

struct losing {
    unsigned to, left;
    bool to_all;
};

static bool lose(struct keys_room *r, unsigned from, unsigned to, bool to_all, void *ctx)
{
    struct losing *l = ctx;
    (void)r;
    if (to != l->to || from != 0 || to_all != l->to_all || l->left == 0)
        return true;
    l->left--;
    return false;
}

// The box that says "my next base follows from this one" is lost, so the one after it means nothing: he asks and is
// told.
static void an_earlier_base_is_missing(void **state)
{
    struct keys_room *r = room_of(3, 20 * MS);
    struct losing l = {.to = 1, .left = 1, .to_all = true};
    (void)state;
    r->meddle = lose;
    r->meddle_ctx = &l;
    keys_room_enter(r, 20 * MS);
    keys_room_run(r, r->now_us + SECOND);
    assert_int_equal(l.left, 0);
    assert_false(keys_room_holds(r, 1, 0));
    keys_room_enter(r, 20 * MS);
    keys_room_run(r, r->now_us + SECOND);
    assert_true(keys_room_holds(r, 1, 0));
    l.left = 1; // and when only pictures come, they tell it
    keys_room_enter(r, 20 * MS);
    keys_room_run(r, r->now_us + SECOND);
    assert_false(keys_room_holds(r, 1, 0));
    r->people[0].sending = true;
    keys_room_run(r, r->now_us + SECOND);
    assert_true(keys_room_holds(r, 1, 0));
    assert_true(keys_room_settled(r));
    keys_room_free(r);
}

static bool no_box_to(const struct keys_room *r, size_t since, uint16_t id)
{
    for (size_t i = since; i < r->record_count; i++)
        if (!r->records[i].media && r->records[i].to == id)
            return false;
    return true;
}

// Somebody whom the relay lists and who never proves anything.
static void a_ghost(void **state)
{
    struct keys_room *r = room_of(3, 20 * MS);
    (void)state;
    r->recording = true;
    unsigned ghost = keys_room_enter(r, 20 * MS);
    r->people[ghost].mute = true;
    keys_room_run(r, r->now_us + SECOND);
    assert_false(no_box_to(r, 0, r->people[ghost].id)); // it has its time to answer
    assert_false(room_keys_confirmed(&r->people[0].keys, r->people[ghost].id));
    keys_room_run(r, r->now_us + 5 * SECOND);
    size_t since = r->record_count;
    keys_room_say(r, 0, ghost, "{\"kind\":\"chat\",\"text\":\"hello?\"}");
    unsigned late = keys_room_enter(r, 20 * MS);
    uint64_t asked = r->now_us;
    keys_room_run(r, r->now_us + 400 * MS);
    for (unsigned i = 0; i < 3; i++) // no change waits for it: in use with the newcomer's answer
        assert_in_range(r->people[i].switched_us, asked, asked + 400 * MS);
    keys_room_leave(r, 1);
    keys_room_run(r, r->now_us + 3 * SECOND);
    keys_room_reconnect(r, 2);
    keys_room_run(r, r->now_us + 3 * SECOND);
    for (size_t i = since; i < r->record_count; i++) // the newcomer gives it its time anew
        assert_true(r->records[i].media || r->records[i].from == late || r->records[i].to != r->people[ghost].id);
    assert_false(keys_room_holds(r, ghost, 0));
    r->people[ghost].mute = false; // late, but it speaks
    keys_room_reconnect(r, ghost);
    keys_room_run(r, r->now_us + 3 * SECOND);
    room_keys_remove(&r->people[ghost].keys, r->people[1].id, r->now_us);
    keys_room_run(r, r->now_us + 3 * SECOND);
    assert_true(keys_room_settled(r));
    keys_room_free(r);
}

// Somebody who is here and has become untrusted is out like one who left, and back in when trusted again.
static void trust_goes_and_comes(void **state)
{
    struct keys_room *r = room_of(4, 20 * MS);
    (void)state;
    r->recording = true;
    all_send(r);
    r->people[3].sending = false;
    for (unsigned i = 0; i < 3; i++)
        room_keys_remove(&r->people[i].keys, r->people[3].id, r->now_us);
    uint64_t gone = r->now_us;
    for (unsigned i = 0; i < 3; i++)
        r->people[i].tick_us = r->now_us;
    keys_room_run(r, r->now_us + 4 * SECOND);
    uint64_t until = r->now_us;
    assert_int_equal(keys_room_readable(r, 3, gone + 2 * SECOND, until), 0);
    struct keys_side side = {.join_id = r->people[3].join_id};
    memcpy(side.identity, r->people[3].identity, 32);
    memcpy(side.key, r->people[3].keys.join_public, 32);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(room_keys_add(&r->people[i].keys, r->people[3].id, &side, r->now_us));
        r->people[i].tick_us = r->now_us;
    }
    keys_room_reconnect(r, 3);
    keys_room_run(r, r->now_us + 2 * SECOND);
    assert_true(keys_room_settled(r));
    assert_int_equal(keys_room_readable(r, 3, gone + 2 * SECOND, until), 0);
    assert_true(keys_room_numbers_once(r));
    keys_room_free(r);
}

// 400 changes: numbers go round, KIDs fifty times.
static void numbers_go_round(void **state)
{
    struct keys_room *r = room_of(3, 5 * MS);
    (void)state;
    r->media_period_us = 100 * MS;
    all_send(r);
    for (unsigned i = 0; i < 400; i++) {
        room_keys_announce(&r->people[i % 3].keys, r->now_us);
        keys_room_run(r, r->now_us + 1100 * MS / 3);
        room_keys_announce(&r->people[0].keys, r->now_us);
    }
    keys_room_run(r, r->now_us + 2 * SECOND);
    assert_true(r->people[0].switches > 120 && keys_room_settled(r));
    while (r->people[0].switches < 300) {
        room_keys_announce(&r->people[0].keys, r->now_us);
        r->people[0].tick_us = r->now_us;
        keys_room_run(r, r->now_us + 1001 * MS);
    }
    keys_room_run(r, r->now_us + 2 * SECOND);
    assert_true(keys_room_settled(r));
    nothing_was_lost(r);
    assert_true(keys_room_numbers_once(r));
    keys_room_free(r);
}

// Anything in any order: no key ever seals two things under one number, and it ends well.
static void anything_in_any_order(void **state)
{
    (void)state;
    for (unsigned round = 0; round < (BASE_SANITIZED ? 2 : 12); round++) {
        struct keys_room *r = room_of(2 + (unsigned)(unit_random(&seeds) % 4), 20 * MS);
        for (unsigned step = 0; step < 40; step++) {
            unsigned who = (unsigned)(unit_random(&seeds) % r->count);
            struct keys_room_person *p = &r->people[who];
            switch (unit_random(&seeds) % 8) {
            case 0:
                if (r->count < 30)
                    keys_room_enter(r, (unit_random(&seeds) % 300) * MS);
                break;
            case 1:
                if (p->here && !p->cut)
                    keys_room_leave(r, who);
                break;
            case 2:
                if (p->here && !p->cut)
                    keys_room_reconnect(r, who); // without having been away
                break;
            case 3:
                for (unsigned i = 0; i < r->count && p->here; i++)
                    room_keys_ask(&p->keys, r->people[i].id, r->now_us);
                break;
            case 4:
                if (p->here && p->keys.entered)
                    keys_room_say(r, who, who, "{\"kind\":\"chat\",\"text\":\"x\"}");
                break;
            case 5:
                p->jitter_us = 100 * MS;
                break;
            default:
                all_send(r);
            }
            keys_room_run(r, r->now_us + unit_random(&seeds) % (500 * MS));
        }
        keys_room_run(r, r->now_us + 4 * SECOND);
        assert_true(keys_room_settled(r));
        nothing_was_lost(r);
        assert_true(keys_room_numbers_once(r));
        keys_room_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_hears_everybody),  cmocka_unit_test(a_newcomer_reads_nothing_of_before),
        cmocka_unit_test(who_leaves_is_locked_out),   cmocka_unit_test(late_boxes),
        cmocka_unit_test(many_come_at_once),          cmocka_unit_test(overtaken_by_half_a_second),
        cmocka_unit_test(one_comes_as_another_goes),  cmocka_unit_test(boxes_are_lost_with_a_connection),
        cmocka_unit_test(an_earlier_base_is_missing), cmocka_unit_test(a_ghost),
        cmocka_unit_test(trust_goes_and_comes),       cmocka_unit_test(numbers_go_round),
        cmocka_unit_test(anything_in_any_order),
    };
    seeds = unit_seed();
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("room_keys_calls", tests, NULL, NULL);
}
