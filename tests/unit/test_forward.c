// The relay core: forwarding, replay, subscriptions, keyframe requests, reports, silence of members, limits.
#include "relay_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 0x01020304 };
static const uint8_t CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2), AUDIO = WIRE_SLOT(WIRE_STREAM_AUDIO, 0);

static struct rig rig;
static struct rig_peer a, b;

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_make_peer(&rig, &a, ROOM, 1);
    rig_make_peer(&rig, &b, ROOM, 2);
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

// The newest feedback block of a type sent to a member, as a body.
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
    rig_clear(&rig);
    for (unsigned i = 0; i < 15; i++)
        rig_media(&rig, &a, AUDIO, 0);
    a.media++; // one lost
    rig_media(&rig, &a, AUDIO, 0);
    assert_false(block(&a, FEEDBACK_ARRIVALS, &body));
    rig_wait(&rig, 30); // some: 25 ms
    assert_true(block(&a, FEEDBACK_ARRIVALS, &body));
    assert_true(feedback_read_arrivals(&r, body));
    assert_int_equal(r.space, 0);
    assert_int_equal(r.base, 1);
    assert_int_equal(r.count, 18);
    assert_int_equal(r.item[16], FEEDBACK_OFFSET_NONE);
    assert_int_equal(r.item[17], FEEDBACK_ARRIVED | 120); // 30 ms ago
    rig_clear(&rig);
    for (unsigned i = 0; i < 63; i++)
        rig_media(&rig, &a, AUDIO, 0);
    assert_false(block(&a, FEEDBACK_ARRIVALS, &body)); // faster than that: after 64
    rig_media(&rig, &a, AUDIO, 0);
    assert_true(block(&a, FEEDBACK_ARRIVALS, &body));
    rig_clear(&rig);
    rig_media(&rig, &a, AUDIO, 0);
    rig_wait(&rig, 50);
    assert_false(block(&a, FEEDBACK_ARRIVALS, &body)); // few: 100 ms
    rig_wait(&rig, 60);
    assert_true(block(&a, FEEDBACK_ARRIVALS, &body));
    assert_true(feedback_read_arrivals(&r, body));
    assert_true(r.base < 20 && r.count == FEEDBACK_ARRIVALS_MAX); // and those before it once more
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
        rig_media(&rig, &a, CAMERA, 0);
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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
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
        T(bye_leaves),
        T(a_flooding_member_is_held_at_his_rate),
        T(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
