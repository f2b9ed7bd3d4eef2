// What a captured datagram is worth to somebody who plays it again, or first, from elsewhere: nothing moves, nobody
// misses or hears anything twice, and at most one short challenge goes to an address that has proved nothing. And what
// coming and going leaves behind: nothing.
#include "relay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 0x01020304, CAPTURED = 1000, CHALLENGE_SIZE = 81 };
static const uint8_t AUDIO = WIRE_SLOT(WIRE_STREAM_AUDIO, 0), CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 0);

struct captured {
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n;
};

static struct rig rig;
static struct rig_peer a, b;
static struct addr thief;
static struct captured captured[CAPTURED];

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_make_peer(&rig, &a, ROOM, 1);
    rig_make_peer(&rig, &b, ROOM, 2);
    rig_address(&thief, 99, 999);
    rig_add(&rig, &a);
    rig_add(&rig, &b);
    assert_true(rig_join(&rig, &a));
    assert_true(rig_join(&rig, &b));
    rig_wait(&rig, 1500);
    rig_clear(&rig);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_end(&rig);
    return 0;
}

static size_t bytes_to(const struct addr *to)
{
    size_t n = 0;
    for (unsigned i = 0; i < rig.out_count; i++)
        n += addr_equal(&rig.out[i].to, to) ? rig.out[i].n : 0;
    return n;
}

// The i-th datagram of a: sound, now and then a ping.
static void make(struct captured *x, unsigned i)
{
    struct ctrl ping = {
        .op = CTRL_PING, .media_number = a.media + 1, .other_number = a.other + 2, .epoch = 1, .time = 5};
    if (i % 10) {
        x->n = rig_media_bytes(&rig, &a, AUDIO, 0, x->p);
        return;
    }
    x->n = ctrl_write(&ping, a.ticket.sender, a.ticket.room, x->p);
    wire_stamp(x->p, x->n, a.up, ++a.other, rig.now);
}

// b still hears a, a still hears b, and nobody else anything.
static void all_is_well(unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 50; i++) {
        rig_clear(&rig);
        rig_media(&rig, &a, AUDIO, 0);
        rig_media(&rig, &b, AUDIO, 0);
        rig_wait(&rig, 20);
        assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
        assert_int_equal(rig_count(&rig, &a.addr, WIRE_MEDIA, 0), 1);
        assert_int_equal(bytes_to(&thief), 0);
    }
}

static void replayed_afterwards_they_are_worth_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CAPTURED; i++) {
        make(&captured[i], i);
        rig_give(&rig, captured[i].p, captured[i].n, &a.addr);
        rig.now += 1000;
    }
    uint64_t moves = rig.core->counters.moves, out = rig.core->counters.out;
    rig_clear(&rig);
    for (unsigned round = 0; round < 10; round++)
        for (unsigned i = 0; i < CAPTURED; i++) {
            const struct captured *x = &captured[randombytes_uniform(CAPTURED)];
            rig_give(&rig, x->p, x->n, round % 2 ? &thief : &a.addr);
        }
    assert_int_equal(rig.core->counters.out, out);
    assert_int_equal(rig.core->counters.moves, moves);
    rig_wait(&rig, 1000);
    all_is_well(2);
}

static void raced_they_are_forwarded_once_and_earn_a_challenge(void **state)
{
    (void)state;
    unsigned heard = 0, challenges = 0;
    uint64_t from = rig.now;
    for (unsigned i = 0; i < CAPTURED; i++) {
        rig_clear(&rig);
        make(&captured[i], i);
        rig_give(&rig, captured[i].p, captured[i].n, &thief); // first
        rig_give(&rig, captured[i].p, captured[i].n, &a.addr);
        rig_give(&rig, captured[i].p, captured[i].n, &thief);
        rig_media(&rig, &b, AUDIO, 0);
        heard += rig_count(&rig, &b.addr, WIRE_MEDIA, 0);
        unsigned now = rig_count(&rig, &thief, WIRE_CTRL, CTRL_CHALLENGE);
        assert_true(now <= 1);
        assert_int_equal(bytes_to(&thief), now * CHALLENGE_SIZE);
        challenges += now;
        assert_int_equal(rig_count(&rig, &a.addr, WIRE_MEDIA, 0), 1); // the way down stays
        rig_wait(&rig, 20);
    }
    assert_int_equal(heard, CAPTURED - CAPTURED / 10);
    uint64_t tenths = (rig.now - from) / 100000;
    assert_true(challenges <= tenths + 1);
    assert_int_equal(rig.core->counters.moves, 0);
    all_is_well(2);
}

static void a_captured_hello_moves_nothing(void **state)
{
    (void)state;
    struct rig_peer copy = a;
    copy.addr = thief;
    for (unsigned i = 0; i < CAPTURED; i++) {
        rig_hello(&rig, &copy);
        rig.now += 1000;
    }
    assert_true(rig_count(&rig, &thief, WIRE_CTRL, CTRL_CHALLENGE) <= 14); // in 1 s
    assert_int_equal(bytes_to(&thief), rig.out_count * CHALLENGE_SIZE);
    assert_int_equal(rig.core->counters.moves, 0);
    rig_wait(&rig, 1000);
    all_is_well(2);
}

static void a_captured_hello_locks_nobody_out(void **state)
{
    (void)state;
    struct rig_peer copy = a;
    unsigned answered = 0;
    for (unsigned i = 0; i < 20000; i++) { // 20 s at 1,000/s, from many places
        rig_address(&copy.addr, 90 + i % 8, (uint16_t)(1 + i % 100));
        rig_hello(&rig, &copy);
        rig.now += 1000;
        if (i % 1000 == 999) { // the owner, after a change of address, tries each second
            rig_clear(&rig);
            a.nonce++;
            rig_address(&a.addr, 50, (uint16_t)(100 + i / 1000));
            rig_hello(&rig, &a);
            answered += rig_count(&rig, &a.addr, WIRE_CTRL, CTRL_CHALLENGE);
        }
    }
    assert_int_equal(answered, 20);
}

static void a_captured_proof_is_worth_nothing_elsewhere(void **state)
{
    (void)state;
    uint8_t p[WIRE_DATAGRAM_MAX];
    rig_hello(&rig, &a);
    size_t n = rig_proof(&rig, &a, rig_find(&rig, &a.addr, WIRE_CTRL, CTRL_CHALLENGE), p);
    rig_clear(&rig);
    for (unsigned i = 0; i < CAPTURED; i++)
        rig_give(&rig, p, n, &thief);
    assert_int_equal(rig.out_count, 0);
    rig_give(&rig, p, n, &a.addr);
    for (unsigned i = 0; i < 30; i++) {
        rig_ping(&rig, &a);
        rig_ping(&rig, &b);
        rig_wait(&rig, 200);
    }
    rig_clear(&rig);
    rig_give(&rig, p, n, &a.addr); // and after its time nothing anywhere
    assert_int_equal(rig.out_count, 0);
    all_is_well(1);
}

static void garbage_under_a_members_address_does_not_hush_him(void **state)
{
    (void)state;
    uint8_t junk[200];
    for (unsigned i = 0; i < 20000; i++) {
        randombytes_buf(junk, sizeof junk);
        wire_write(&(struct wire_header){.type = WIRE_MEDIA, .sender = 1, .room = ROOM, .slot = AUDIO}, junk);
        junk[12] = (uint8_t)(i >> 8);
        rig_give(&rig, junk, sizeof junk, i % 2 ? &a.addr : &thief);
        rig.now += 5;
    }
    assert_int_equal(rig.out_count, 0);
    all_is_well(1);
}

static unsigned apart;
static void set_apart(void *ctx, const struct addr *source)
{
    (void)ctx;
    apart += addr_equal(source, &thief) || addr_equal(source, &a.addr);
}

static void who_hurries_is_set_apart_before_he_is_refused(void **state)
{
    (void)state;
    uint8_t p[WIRE_DATAGRAM_MAX];
    rig.core->config.over_limit = set_apart;
    apart = 0;
    uint64_t over = rig.core->counters.over_limit;
    for (unsigned i = 0; i < 200; i++) // 10 ms worth at once is a picture
        rig_give(&rig, p, rig_media_bytes(&rig, &a, CAMERA, 0, p), &a.addr);
    assert_int_equal(apart, 0);
    for (unsigned i = 0; i < 800; i++)
        rig_give(&rig, p, rig_media_bytes(&rig, &a, CAMERA, 0, p), &a.addr);
    assert_true(apart > 0);
    assert_int_equal(rig.core->counters.over_limit, over);
    apart = 0;
    rig_wait(&rig, 1000);
    for (unsigned i = 0; i < 8000; i++) // nor from an address that has proved nothing
        rig_give(&rig, p, rig_media_bytes(&rig, &a, CAMERA, 0, p), &thief);
    assert_true(apart > 4000);
    assert_true(rig.core->counters.over_limit > over);
    apart = 0;
    rig_wait(&rig, 1000);
    for (unsigned i = 0; i < 8000; i++) // nor with what is not new
        rig_give(&rig, p, 200, &thief);
    assert_true(apart > 4000);
    rig.core->config.over_limit = NULL;
}

static void sound_for_everybody_has_its_own_limit(void **state)
{
    (void)state;
    unsigned heard = 0;
    for (unsigned i = 0; i < 10000; i++) { // a second of it; half of it as meta, which all get as well
        rig_clear(&rig);
        rig_media(&rig, &a, i % 2 ? AUDIO : WIRE_SLOT(WIRE_STREAM_META, 0), 0);
        heard += rig_count(&rig, &b.addr, WIRE_MEDIA, 0);
        rig.now += 100;
    }
    assert_in_range(heard, WIRE_SOUND_PER_S, 2 * WIRE_SOUND_PER_S + 1);
    rig_watch(&rig, &b, 1, FEEDBACK_WANT, 0);
    rig_clear(&rig);
    rig_media(&rig, &a, CAMERA, 0); // pictures go on
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
    rig_wait(&rig, 1000);
    all_is_well(2); // and sound does when it is sound again
}

static bool all_empty(const struct rig *r)
{
    const struct table *t = &r->core->table;
    if (t->members || t->rooms)
        return false;
    for (unsigned i = 0; i < TABLE_BUCKETS; i++)
        if (t->member_bucket[i] != TABLE_NONE || t->room_bucket[i] != TABLE_NONE)
            return false;
    return true;
}

static void coming_and_going_leaves_nothing_behind(void **state)
{
    (void)state;
    struct core_command out = {.type = CORE_REMOVE, .room = ROOM};
    for (unsigned i = 0; i < 3000; i++) { // three times as many as fit
        struct rig_peer p;
        rig_make_peer(&rig, &p, ROOM + 1 + i % 7, 1);
        p.ticket.sender = (uint16_t)(1 + i);
        p.ticket.join_id = 100000 + i;
        p.sealed_size = ticket_seal(&p.ticket, rig.ticket_key, p.sealed);
        rig_add(&rig, &p);
        assert_true(rig_join(&rig, &p));
        rig.event_count = 0;
        rig_wait(&rig, 50);
        if (i % 3 == 0) { // removed, goodbye, or silence: each in its way
            out = (struct core_command){.type = CORE_REMOVE, .room = p.ticket.room, .sender = p.ticket.sender};
            out.join_id = p.ticket.join_id;
            core_command(rig.core, &out, rig.now);
        } else {
            uint8_t bye[WIRE_DATAGRAM_MAX];
            struct ctrl c = {.op = CTRL_BYE};
            size_t n = ctrl_write(&c, p.ticket.sender, p.ticket.room, bye);
            wire_stamp(bye, n, p.up, ++p.other, rig.now);
            if (i % 3 == 1)
                rig_give(&rig, bye, n, &p.addr);
            out = (struct core_command){.type = CORE_REMOVE, .room = p.ticket.room, .sender = p.ticket.sender};
            out.join_id = p.ticket.join_id;
            out.lost = i % 3 == 2;
            core_command(rig.core, &out, rig.now);
        }
        if (i % 20 == 0)
            rig_ping(&rig, &a), rig_ping(&rig, &b);
        rig_clear(&rig);
        assert_int_equal(rig.core->table.members, 2);
        assert_int_equal(rig.core->table.rooms, 1);
    }
    all_is_well(1);
    out = (struct core_command){.type = CORE_REMOVE, .room = ROOM, .sender = 1, .join_id = a.ticket.join_id};
    core_command(rig.core, &out, rig.now);
    out.sender = 2;
    out.join_id = b.ticket.join_id;
    core_command(rig.core, &out, rig.now);
    assert_true(all_empty(&rig));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(replayed_afterwards_they_are_worth_nothing),
        T(raced_they_are_forwarded_once_and_earn_a_challenge),
        T(a_captured_hello_moves_nothing),
        T(a_captured_hello_locks_nobody_out),
        T(a_captured_proof_is_worth_nothing_elsewhere),
        T(garbage_under_a_members_address_does_not_hush_him),
        T(who_hurries_is_set_apart_before_he_is_refused),
        T(sound_for_everybody_has_its_own_limit),
        T(coming_and_going_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
