// The relay core: handshake, silence, replay, subscriptions, keyframe requests, moving, restart.
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

// The `n`th feedback block of a type sent to a member, as a body.
static bool block(const struct rig_peer *p, uint8_t type, struct bytes_reader *body)
{
    for (unsigned i = rig.out_count; i-- > 0;) {
        const struct rig_sent *s = &rig.out[i];
        if (!addr_equal(&s->to, &p->addr) || s->p[0] != WIRE_FEEDBACK)
            continue;
        struct bytes_reader r = feedback_body(s->p, s->n), one;
        int t;
        while ((t = feedback_next(&r, &one)) > 0)
            if (t == type) {
                *body = one;
                return true;
            }
    }
    return false;
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

static void audio_flows_before_the_first_layers(void **state)
{
    (void)state;
    two();
    rig_media(&rig, &a, AUDIO, 0);
    rig_media(&rig, &a, WIRE_SLOT(WIRE_STREAM_META, 0), 0);
    rig_media(&rig, &a, CAMERA, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 2);
    assert_int_equal(rig_count(&rig, &a.addr, WIRE_MEDIA, 0), 0);
    const struct rig_sent *s = rig_find(&rig, &b.addr, WIRE_MEDIA, 0);
    uint8_t secret[32], down[16];
    keys_room_secret(secret, rig.ticket_key, ROOM, 1);
    keys_room_down(down, secret, rig.boot_nonce);
    assert_true(wire_verify(s->p, s->n, down, 1)); // numbers count per slot
    assert_int_equal(s->p[3], 1);                  // the sender is not rewritten
}

static void layers_subscribe_and_unsubscribe(void **state)
{
    (void)state;
    two();
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2), 900);
    rig_media(&rig, &a, CAMERA, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
    rig_media(&rig, &a, WIRE_SLOT(WIRE_STREAM_CAMERA, 1), 0);
    rig_media(&rig, &a, CAMERA | 1, 0); // a temporal sub-stream not asked for
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
    rig_watch(&rig, &b, 1, FEEDBACK_NO_AUDIO, 0);
    rig_media(&rig, &a, CAMERA, 0);
    rig_media(&rig, &a, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
    rig_watch(&rig, &b, 77, 0, 0); // nobody listed: audio only
    rig_media(&rig, &a, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 2);
}

static void an_older_layers_changes_nothing(void **state)
{
    (void)state;
    two();
    b.other = 10;
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2), 0);
    b.other = 5; // overtaken on the way
    rig_watch(&rig, &b, 1, 0, 0);
    rig_media(&rig, &a, CAMERA, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
}

static void watched_tells_the_sender_three_times_then_each_second(void **state)
{
    (void)state;
    two();
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2), 900);
    rig_wait(&rig, 10);
    struct bytes_reader body;
    struct feedback_watched w;
    assert_true(block(&a, FEEDBACK_WATCHED, &body));
    assert_true(feedback_read_watched(&w, body));
    assert_int_equal(w.count, 1);
    assert_int_equal(w.item[0].slot, CAMERA);
    assert_int_equal(w.item[0].watchers, 1);
    assert_int_equal(w.item[0].kbps, 900);
    unsigned n = 0;
    rig_clear(&rig);
    for (unsigned ms = 0; ms < 1000; ms += 10) {
        rig_wait(&rig, 10);
        n += block(&a, FEEDBACK_WATCHED, &body);
        rig_clear(&rig);
    }
    assert_int_equal(n, 2); // the other two of the three; the next in a second
}

static void a_new_subscription_asks_for_a_keyframe_and_requests_coalesce(void **state)
{
    (void)state;
    two();
    struct bytes_reader body;
    struct feedback_refresh f;
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2), 0);
    assert_true(block(&a, FEEDBACK_REFRESH, &body)); // at once
    assert_true(feedback_read_refresh(&f, body));
    assert_int_equal(f.sender, 1);
    assert_int_equal(f.slot, CAMERA);
    rig_clear(&rig);
    unsigned told = 0;
    for (unsigned ms = 0; ms < 1000; ms += 10) {
        rig_refresh(&rig, &b, 1, CAMERA);
        rig_wait(&rig, 10);
        told += block(&a, FEEDBACK_REFRESH, &body);
        rig_clear(&rig);
    }
    assert_in_range(told, 3, 4); // once in 300 ms
    rig_wait(&rig, 700);
    rig_clear(&rig);
    rig_refresh(&rig, &b, 1, CAMERA); // at once again
    assert_true(block(&a, FEEDBACK_REFRESH, &body));
    rig_clear(&rig);
    rig_refresh(&rig, &b, 1, CAMERA);                                     // waits,
    rig_media(&rig, &a, CAMERA, WIRE_MARK_START | WIRE_MARK_INDEPENDENT); // and is answered by what comes
    rig_wait(&rig, 400);
    assert_false(block(&a, FEEDBACK_REFRESH, &body));
}

static void refresh_needs_a_subscription(void **state)
{
    (void)state;
    two();
    struct bytes_reader body;
    rig_refresh(&rig, &b, 1, CAMERA);
    rig_refresh(&rig, &b, 1, AUDIO);
    rig_refresh(&rig, &b, 99, CAMERA);
    rig_wait(&rig, 50);
    assert_false(block(&a, FEEDBACK_REFRESH, &body));
}

static void copies_are_forwarded_once(void **state)
{
    (void)state;
    two();
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n = rig_media_bytes(&rig, &a, AUDIO, 0, p);
    for (unsigned i = 0; i < 10; i++)
        rig_give(&rig, p, n, &a.addr);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
    assert_int_equal(rig.core->counters.replayed, 9);
}

static void a_far_jump_needs_a_ping(void **state)
{
    (void)state;
    two();
    rig_media(&rig, &a, AUDIO, 0);
    a.media += 100000;
    rig_media(&rig, &a, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1);
    rig_ping(&rig, &a);
    rig_media(&rig, &a, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 2);
}

static void another_member_cannot_be_spoken_for(void **state)
{
    (void)state;
    two();
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n = rig_media_bytes(&rig, &a, AUDIO, 0, p);
    p[3] = 2; // a's datagram with b's number
    rig_give(&rig, p, n, &a.addr);
    wire_stamp(p, n, a.up, 1, rig.now);
    rig_give(&rig, p, n, &a.addr);
    assert_int_equal(rig.out_count, 0);
}

static void ping_is_answered_and_silence_is_filled(void **state)
{
    (void)state;
    two();
    rig_ping(&rig, &a);
    const struct rig_sent *s = rig_find(&rig, &a.addr, WIRE_CTRL, CTRL_PONG);
    struct ctrl x;
    assert_non_null(s);
    assert_true(ctrl_read(&x, s->p, s->n));
    assert_int_equal(x.time, 5);
    rig_clear(&rig);
    rig_wait(&rig, 1000);
    assert_in_range(rig_count(&rig, &a.addr, WIRE_CTRL, CTRL_PING), 4, 6);
}

static void arrivals_are_reported(void **state)
{
    (void)state;
    two();
    struct bytes_reader body;
    struct feedback_arrivals r;
    rig_media(&rig, &a, AUDIO, 0);
    assert_true(block(&a, FEEDBACK_ARRIVALS, &body)); // the first after a pause, at once
    for (unsigned i = 0; i < 15; i++)
        rig_media(&rig, &a, AUDIO, 0);
    rig_clear(&rig);
    a.media++; // one lost
    rig_media(&rig, &a, AUDIO, 0);
    assert_true(block(&a, FEEDBACK_ARRIVALS, &body)); // the sixteenth after it
    assert_true(feedback_read_arrivals(&r, body));
    assert_int_equal(r.space, 0);
    assert_int_equal(r.base, 1);
    assert_int_equal(r.count, 18);
    assert_int_equal(r.item[16], FEEDBACK_OFFSET_NONE);
    assert_int_equal(r.item[17], FEEDBACK_ARRIVED);
    rig_clear(&rig);
    rig_media(&rig, &a, AUDIO, 0);
    rig_wait(&rig, 50);
    assert_false(block(&a, FEEDBACK_ARRIVALS, &body)); // few: 100 ms
    rig_wait(&rig, 60);
    assert_true(block(&a, FEEDBACK_ARRIVALS, &body));
    assert_true(feedback_read_arrivals(&r, body));
    assert_int_equal(r.base + r.count, 20); // and those before it once more
    assert_int_equal(r.base, 1);
    assert_in_range(r.item[18] & FEEDBACK_OFFSET_NONE, 390, 410); // x 250 us
}

static void silence_is_away_then_left(void **state)
{
    (void)state;
    two();
    for (unsigned ms = 0; ms < 4300; ms += 100) {
        rig_ping(&rig, &b);
        rig_wait(&rig, 100);
    }
    assert_int_equal(rig.event_count, 1);
    assert_int_equal(rig.event[0].type, CORE_AWAY);
    assert_int_equal(rig.event[0].sender, 1);
    rig_clear(&rig);
    rig_media(&rig, &b, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &a.addr, WIRE_MEDIA, 0), 0); // nothing is sent into the void
    rig_ping(&rig, &a);
    assert_int_equal(rig.event[0].type, CORE_BACK);
    rig_clear(&rig);
    for (unsigned ms = 0; ms < 31000; ms += 100) {
        rig_ping(&rig, &b);
        rig_wait(&rig, 100);
    }
    assert_int_equal(rig.event_count, 2);
    assert_int_equal(rig.event[1].type, CORE_LEFT);
    assert_int_equal(rig.event[1].reason, CORE_LEFT_LOST);
}

static void a_full_mailbox_loses_no_state(void **state)
{
    (void)state;
    two();
    rig.events_full = true;
    rig_wait(&rig, 31000);
    assert_int_equal(rig.event_count, 0);
    rig.events_full = false;
    rig_wait(&rig, 10);
    assert_int_equal(rig.event_count, 2); // one each: the newest state only
    assert_int_equal(rig.event[0].type, CORE_LEFT);
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

static void bye_leaves(void **state)
{
    (void)state;
    two();
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl x = {.op = CTRL_BYE};
    size_t n = ctrl_write(&x, 1, ROOM, out);
    wire_stamp(out, n, a.up, ++a.other, rig.now);
    rig_give(&rig, out, n, &a.addr);
    assert_int_equal(rig.event[0].type, CORE_LEFT);
    assert_int_equal(rig.event[0].reason, CORE_LEFT_BYE);
    rig_media(&rig, &b, AUDIO, 0);
    assert_int_equal(rig_count(&rig, &a.addr, WIRE_MEDIA, 0), 0);
}

static void a_flooding_member_is_held_at_his_rate(void **state)
{
    (void)state;
    two();
    for (unsigned i = 0; i < 40000; i++) { // in 1 s: twice what is allowed
        rig.now += 25;
        rig_media(&rig, &a, AUDIO, 0);
    }
    assert_in_range(rig.core->counters.over_limit, 15000, 17000);
}

static void limits_hold(void **state)
{
    (void)state;
    struct rig_peer p;
    for (unsigned i = 1; i <= 60; i++) {
        rig_make_peer(&rig, &p, ROOM, (uint16_t)(100 + i));
        rig_add(&rig, &p);
    }
    assert_int_equal(rig.core->table.members, WIRE_ROOM_MEMBERS_MAX);
    for (unsigned i = 0; i < 2000; i++) {
        rig_make_peer(&rig, &p, 5000 + i / 3, (uint16_t)(1 + i % 3));
        rig_add(&rig, &p);
    }
    assert_int_equal(rig.core->table.rooms, WIRE_ROOMS_MAX);
    assert_int_equal(rig.core->table.members, WIRE_ROOM_MEMBERS_MAX + (WIRE_ROOMS_MAX - 1) * 3);
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
        T(audio_flows_before_the_first_layers),
        T(layers_subscribe_and_unsubscribe),
        T(an_older_layers_changes_nothing),
        T(watched_tells_the_sender_three_times_then_each_second),
        T(a_new_subscription_asks_for_a_keyframe_and_requests_coalesce),
        T(refresh_needs_a_subscription),
        T(copies_are_forwarded_once),
        T(a_far_jump_needs_a_ping),
        T(another_member_cannot_be_spoken_for),
        T(ping_is_answered_and_silence_is_filled),
        T(arrivals_are_reported),
        T(silence_is_away_then_left),
        T(a_full_mailbox_loses_no_state),
        T(a_move_needs_proof),
        T(replayed_datagrams_from_elsewhere_move_nothing),
        T(an_old_proof_does_not_move_back),
        T(a_lower_nonce_earns_silence_a_higher_one_new_keys),
        T(a_restarted_relay_rebuilds_from_tickets),
        T(a_live_relay_takes_no_unknown_join),
        T(a_rebuilt_room_goes_by_epoch),
        T(a_stranger_cannot_take_a_member_id),
        T(bye_leaves),
        T(a_flooding_member_is_held_at_his_rate),
        T(limits_hold),
        T(a_full_relay_keeps_no_empty_rooms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
