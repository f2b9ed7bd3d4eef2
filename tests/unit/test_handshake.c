// The relay core: how a session begins, moves and comes back, and what strangers earn.
#include "relay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 0x01020304 };
static const uint8_t CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2), AUDIO = WIRE_SLOT(WIRE_STREAM_AUDIO, 0);

static struct rig rig;
static struct rig_peer a, b, c;

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_make_peer(&rig, &a, ROOM, 1);
    rig_make_peer(&rig, &b, ROOM, 2);
    rig_make_peer(&rig, &c, ROOM, 3);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_end(&rig);
    return 0;
}

static void two(void)
{
    rig_add(&rig, &a);
    rig_add(&rig, &b);
    assert_true(rig_join(&rig, &a));
    assert_true(rig_join(&rig, &b));
    rig_wait(&rig, 200);
    rig_clear(&rig);
}

static void handshake_makes_a_session(void **state)
{
    (void)state;
    rig_add(&rig, &a);
    assert_true(rig_join(&rig, &a));
    assert_int_equal(rig.event_count, 1);
    assert_int_equal(rig.event[0].type, CORE_PROVED);
    assert_false(rig.event[0].rebuilt);
    const struct rig_sent *challenge = rig_find(&rig, &a.addr, WIRE_CTRL, CTRL_CHALLENGE);
    assert_true(challenge->n <= WIRE_HELLO_SIZE);
    const struct rig_sent *pong = rig_find(&rig, &a.addr, WIRE_CTRL, CTRL_PONG);
    assert_true(wire_verify(pong->p, pong->n, a.down, 1));
}

static void hello_is_answered_only_for_a_good_ticket(void **state)
{
    (void)state;
    rig_add(&rig, &a);
    a.sealed[30] ^= 1;
    rig_hello(&rig, &a);
    assert_int_equal(rig.out_count, 0);
    a.sealed[30] ^= 1;
    a.ticket.sender = 9; // header and ticket differ
    rig_hello(&rig, &a);
    assert_int_equal(rig.out_count, 0);
    a.ticket.sender = 1;
    rig.wall_s += 4000; // expired
    core_tick(rig.core, rig.now, rig.wall_s);
    rig_hello(&rig, &a);
    assert_int_equal(rig.out_count, 0);
}

static void a_left_join_earns_silence(void **state)
{
    (void)state;
    two();
    struct core_command x = {.type = CORE_REMOVE, .room = ROOM, .sender = 1, .join_id = a.ticket.join_id};
    core_command(rig.core, &x, rig.now);
    rig_clear(&rig);
    assert_false(rig_join(&rig, &a));
    assert_int_equal(rig.out_count, 0);
    x.sender = 2; // the room goes with the last one; the ticket stays void
    x.join_id = b.ticket.join_id;
    core_command(rig.core, &x, rig.now);
    assert_int_equal(rig.core->table.rooms, 0);
    assert_false(rig_join(&rig, &a));
}

static void garbage_earns_silence(void **state)
{
    (void)state;
    two();
    uint64_t before = rig.core->counters.in;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t p[1300];
        size_t n = randombytes_uniform(sizeof p);
        randombytes_buf(p, n);
        if (n > 20 && i % 2) { // right address, wrong everything else
            wire_write(&(struct wire_header){.type = (uint8_t)(4 + i % 7), .sender = 1, .room = ROOM, .slot = CAMERA},
                       p);
        }
        struct addr from;
        rig_address(&from, 50 + i % 40, (uint16_t)(1 + i));
        rig_give(&rig, p, n, i % 3 ? &from : &a.addr);
    }
    assert_int_equal(rig.core->counters.in - before, 20000);
    assert_int_equal(rig.out_count, 0);
    assert_int_equal(rig.event_count, 0);
}

static void own_address_and_odd_sources_are_no_peers(void **state)
{
    (void)state;
    rig_add(&rig, &a);
    static const char *const odd[] = {"10.0.0.100", "0.0.0.0", "224.0.0.1", "255.255.255.255", "ff02::1"};
    a.nonce = 1;
    for (unsigned i = 0; i < ARRAY_LEN(odd); i++) {
        assert_true(addr_literal(&a.addr, odd[i], 5001));
        rig_hello(&rig, &a);
    }
    rig_address(&a.addr, 1, 0);
    rig_hello(&rig, &a);
    assert_int_equal(rig.out_count, 0);
}

static void a_move_needs_proof(void **state)
{
    (void)state;
    two();
    struct addr old = a.addr, other;
    uint8_t p[WIRE_DATAGRAM_MAX];
    rig_address(&other, 80, 999);
    a.addr = other;
    rig_media(&rig, &a, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1); // uplink goes on at once
    const struct rig_sent *challenge = rig_find(&rig, &other, WIRE_CTRL, CTRL_CHALLENGE);
    assert_non_null(challenge);
    rig_media(&rig, &b, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &old, WIRE_MEDIA, 0), 1); // downlink stays
    assert_int_equal(rig_count(&rig, &other, WIRE_MEDIA, 0), 0);
    size_t n = rig_proof(&rig, &a, challenge, p);
    struct addr thief;
    rig_address(&thief, 81, 999);
    rig_give(&rig, p, n, &thief); // the cookie is another address's
    rig_media(&rig, &b, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &thief, WIRE_MEDIA, 0), 0);
    rig_give(&rig, p, n, &other);
    rig_media(&rig, &b, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &other, WIRE_MEDIA, 0), 1);
    rig_media(&rig, &a, AUDIO, 0); // keys and numbers stay
    assert_int_equal(rig.core->counters.moves, 1);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 2);
}

static void replayed_datagrams_from_elsewhere_move_nothing(void **state)
{
    (void)state;
    two();
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct addr other;
    rig_address(&other, 80, 999);
    size_t n = rig_media_bytes(&rig, &a, AUDIO, 0, p);
    rig_give(&rig, p, n, &a.addr);
    for (unsigned i = 0; i < 1000; i++)
        rig_give(&rig, p, n, &other);
    n = rig_media_bytes(&rig, &a, AUDIO, 0, p);
    rig_media(&rig, &a, AUDIO, 0); // newer than the one that is late
    rig_give(&rig, p, n, &other);
    for (unsigned i = 0; i < rig.out_count; i++)
        assert_false(addr_equal(&rig.out[i].to, &other));
}

static void an_old_proof_does_not_move_back(void **state)
{
    (void)state;
    rig_add(&rig, &a);
    uint8_t first[WIRE_DATAGRAM_MAX], p[WIRE_DATAGRAM_MAX];
    struct addr old = a.addr;
    a.nonce = 5;
    rig_hello(&rig, &a);
    size_t n = rig_proof(&rig, &a, rig_find(&rig, &a.addr, WIRE_CTRL, CTRL_CHALLENGE), first);
    rig_give(&rig, first, n, &a.addr);
    rig_wait(&rig, 2000);
    rig_address(&a.addr, 80, 999);
    rig_media(&rig, &a, AUDIO, 0);
    size_t m = rig_proof(&rig, &a, rig_find(&rig, &a.addr, WIRE_CTRL, CTRL_CHALLENGE), p);
    rig_give(&rig, p, m, &a.addr);
    rig_wait(&rig, 1500);
    rig_give(&rig, first, n, &old);
    rig_clear(&rig);
    rig_ping(&rig, &a);
    assert_int_equal(rig_count(&rig, &a.addr, WIRE_CTRL, CTRL_PONG), 1);
}

static void a_lower_nonce_earns_silence_a_higher_one_new_keys(void **state)
{
    (void)state;
    two();
    a.nonce = 0;
    rig_hello(&rig, &a);
    assert_int_equal(rig.out_count, 0);
    a.nonce = 7;
    rig_wait(&rig, 200);
    assert_true(rig_join(&rig, &a));
    assert_int_equal(a.media, 0);
    rig_clear(&rig);
    rig_media(&rig, &a, AUDIO, 0); // number 1 again, under the new key
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
}

static void a_restarted_relay_rebuilds_from_tickets(void **state)
{
    (void)state;
    two();
    rig_boot(&rig, 40);
    rig_media(&rig, &a, AUDIO, 0);
    assert_int_equal(rig.out_count, 0); // unknown: silence
    assert_true(rig_join(&rig, &a));
    assert_true(rig_join(&rig, &b));
    assert_true(rig_join(&rig, &c));
    assert_int_equal(rig.event_count, 3);
    assert_int_equal(rig.event[2].type, CORE_PROVED);
    assert_true(rig.event[2].rebuilt);
    assert_int_equal(rig.event[2].ticket.code, 123456);
    rig_clear(&rig);
    rig_media(&rig, &a, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
    assert_int_equal(rig_count(&rig, &c.addr, WIRE_MEDIA, 0), 1);
}

static void a_live_relay_takes_no_unknown_join(void **state)
{
    (void)state;
    two();
    assert_false(rig_join(&rig, &c)); // its ticket opens, but no one here knows it
    assert_int_equal(rig.out_count, 0);
}

static void a_rebuilt_room_goes_by_epoch(void **state)
{
    (void)state;
    rig_boot(&rig, 40);
    assert_true(rig_join(&rig, &a)); // epoch 1
    b.ticket.epoch = 2;
    b.sealed_size = ticket_seal(&b.ticket, rig.ticket_key, b.sealed);
    assert_true(rig_join(&rig, &b)); // the highest wins
    rig_clear(&rig);
    rig_wait(&rig, 10);
    assert_int_equal(rig.event[0].type, CORE_LEFT);
    assert_int_equal(rig.event[0].sender, 1);
    assert_int_equal(rig.event[0].reason, CORE_LEFT_EPOCH);
    assert_false(rig_join(&rig, &c)); // lower ones join anew
}

static void a_stranger_cannot_take_a_member_id(void **state)
{
    (void)state;
    rig_boot(&rig, 40);
    assert_true(rig_join(&rig, &a));
    struct rig_peer thief;
    rig_make_peer(&rig, &thief, ROOM, 1);
    thief.ticket.join_id = 4711; // another join with the same sender id
    thief.sealed_size = ticket_seal(&thief.ticket, rig.ticket_key, thief.sealed);
    rig_address(&thief.addr, 90, 1);
    assert_false(rig_join(&rig, &thief));
}

static void a_full_relay_keeps_no_empty_rooms(void **state)
{
    (void)state;
    struct rig_peer p;
    for (unsigned i = 0; i < WIRE_MEMBERS_MAX; i++) {
        rig_make_peer(&rig, &p, 5000 + i / 50, (uint16_t)(1 + i % 50));
        rig_add(&rig, &p);
    }
    assert_int_equal(rig.core->table.members, WIRE_MEMBERS_MAX);
    assert_int_equal(rig.core->table.rooms, WIRE_MEMBERS_MAX / 50);
    rig_add(&rig, &a);
    assert_false(rig_join(&rig, &b)); // by ticket
    assert_int_equal(rig.core->table.members, WIRE_MEMBERS_MAX);
    assert_int_equal(rig.core->table.rooms, WIRE_MEMBERS_MAX / 50);
    assert_int_equal(rig.event_count, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(handshake_makes_a_session),
        T(hello_is_answered_only_for_a_good_ticket),
        T(a_left_join_earns_silence),
        T(garbage_earns_silence),
        T(own_address_and_odd_sources_are_no_peers),
        T(a_move_needs_proof),
        T(replayed_datagrams_from_elsewhere_move_nothing),
        T(an_old_proof_does_not_move_back),
        T(a_lower_nonce_earns_silence_a_higher_one_new_keys),
        T(a_restarted_relay_rebuilds_from_tickets),
        T(a_live_relay_takes_no_unknown_join),
        T(a_rebuilt_room_goes_by_epoch),
        T(a_stranger_cannot_take_a_member_id),
        T(a_full_relay_keeps_no_empty_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
