// The relay's half of repair: members' NACKs answered out of the history, holes in their uplink asked for, HEADS.
#include "relay_rig.h"

#include "relay/repair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 0x01020304, RTT_MS = 40 };
static const uint8_t CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2);

static struct rig rig;
static struct rig_peer a, b, c;

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    struct rig_peer *all[] = {&a, &b, &c};
    assert_true(rig_enter(&rig, all, ARRAY_LEN(all), ROOM));
    rig_watch(&rig, &b, 1, FEEDBACK_WANT_LAYER(2), 0);
    rig_wait(&rig, 200);
    rig_clear(&rig);
    return 0;
}

static int end(void **state)
{
    (void)state;
    rig_end(&rig);
    return 0;
}

static void ask(struct rig_peer *p, uint16_t sender, uint8_t slot, uint32_t base, uint32_t mask)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_nack x = {.sender = sender, .slot = slot, .count = 1, .item = {{base, mask}}};
    struct bytes_writer w = feedback_begin(out, p->ticket.sender, p->ticket.room);
    feedback_put_nack(&w, &x);
    rig_finish_feedback(&rig, p, &w, out);
}

// RTX sent to a peer since the last rig_clear; the numbers of the first few.
static unsigned repeats(const struct rig_peer *p, uint32_t numbers[8])
{
    unsigned n = 0;
    for (unsigned i = 0; i < rig.out_count; i++) {
        struct wire_header h;
        if (rig.out[i].p[0] != WIRE_RTX || !addr_equal(&rig.out[i].to, &p->addr))
            continue;
        assert_true(wire_read(&h, rig.out[i].p, rig.out[i].n));
        if (n < 8 && numbers)
            numbers[n] = h.hopseq;
        n++;
    }
    return n;
}

static void media(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rig_media(&rig, &a, CAMERA, WIRE_MARK_START | WIRE_MARK_END);
}

// The block of this type newest sent to a peer. False when there is none.
static bool newest_block(const struct rig_peer *p, int wanted, struct bytes_reader *body)
{
    bool found = false;
    for (unsigned i = 0; i < rig.out_count; i++) {
        int type;
        struct bytes_reader x;
        if (rig.out[i].p[0] != WIRE_FEEDBACK || !addr_equal(&rig.out[i].to, &p->addr))
            continue;
        struct bytes_reader r = feedback_body(rig.out[i].p, rig.out[i].n);
        while ((type = feedback_next(&r, &x)) > 0)
            if (type == wanted) {
                *body = x;
                found = true;
            }
    }
    return found;
}

static unsigned heads_sent(const struct rig_peer *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < rig.out_count; i++)
        n += rig.out[i].p[0] == WIRE_FEEDBACK && rig.out[i].p[WIRE_HEADER] == FEEDBACK_HEADS &&
             addr_equal(&rig.out[i].to, &p->addr);
    return n;
}

static void answered_as_it_was_but_for_the_hop(void **state)
{
    (void)state;
    media(6);
    struct rig_sent first = *rig_find(&rig, &b.addr, WIRE_MEDIA, 0); // the newest: number 6
    rig.now += 30000;
    rig_clear(&rig);
    uint32_t numbers[8];
    ask(&b, 1, CAMERA, 2, 0x9); // 2, 3, 6
    assert_int_equal(repeats(&b, numbers), 3);
    assert_true(numbers[0] == 2 && numbers[1] == 3 && numbers[2] == 6);
    assert_int_equal(repeats(&c, NULL), 0);
    const struct rig_sent *again = &rig.out[2];
    assert_int_equal(again->n, first.n);
    assert_memory_equal(again->p + 1, first.p + 1, 7);
    assert_memory_equal(again->p + 12, first.p + 12, 4); // the number stays
    assert_memory_not_equal(again->p + 16, first.p + 16, 3);
    assert_memory_equal(again->p + 19, first.p + 19, first.n - 19);
    assert_true(wire_verify(again->p, again->n, rig.core->table.room[0].down, 6));
}

static void not_answered(void **state)
{
    static const struct {
        const char *what;
        unsigned who; // 0 a, 1 b, 2 c
        uint16_t sender;
        uint8_t slot;
        uint32_t base;
        unsigned wait_ms;
    } table[] = {
        {"a number that does not exist yet", 1, 1, 0x18, 7, 30},
        {"number 0", 1, 1, 0x18, 0, 30},
        {"a number of another lap", 1, 1, 0x18, 0xffffffff, 30},
        {"a slot he is not subscribed to", 2, 1, 0x18, 1, 30},
        {"his own", 0, 1, 0x18, 1, 30},
        {"a member who is not there", 1, 9, 0x18, 1, 30},
        {"a slot that does not exist", 1, 1, 0xA0, 1, 30},
        {"the session's numbers", 1, 1, 0xFF, 1, 30},
        {"what is older than a second", 1, 1, 0x18, 1, 1100},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct rig_peer *const peers[] = {&a, &b, &c};
        start(state);
        media(6);
        rig.now += table[i].wait_ms * 1000u;
        ask(peers[table[i].who], table[i].sender, table[i].slot, table[i].base, 0);
        for (unsigned k = 0; k < 3; k++)
            if (repeats(peers[k], NULL))
                fail_msg("%s was answered", table[i].what);
        if (i + 1 < ARRAY_LEN(table))
            end(state);
    }
}

static void a_number_is_repeated_eight_times(void **state)
{
    (void)state;
    media(40); // pays for it
    for (unsigned i = 0; i < 12; i++) {
        rig.now += 60000;
        ask(&b, 1, CAMERA, 1, 0);
    }
    assert_int_equal(repeats(&b, NULL), 8);
}

// Asked again while the last copy cannot have arrived: one answer.
static void not_twice_within_a_round_trip(void **state)
{
    (void)state;
    struct table_member *m = table_find(&rig.core->table, ROOM, 2);
    m->repair.rtt_us = RTT_MS * 1000;
    media(10);
    rig.now += 20000; // half of it: nobody can miss it yet
    ask(&b, 1, CAMERA, 1, 0);
    assert_int_equal(repeats(&b, NULL), 0);
    rig.now += 21000;
    ask(&b, 1, CAMERA, 1, 0);
    ask(&b, 1, CAMERA, 1, 0);
    rig.now += 40000;
    ask(&b, 1, CAMERA, 1, 0);
    assert_int_equal(repeats(&b, NULL), 1);
    rig.now += 10000;
    ask(&b, 1, CAMERA, 1, 0);
    assert_int_equal(repeats(&b, NULL), 3); // from now on in two copies
}

// Who was silent for so long that nothing was sent to him gets none of that: he goes on with what comes now.
static void silent_then_back(bool by_proof)
{
    rig_watch(&rig, &c, 1, FEEDBACK_WANT_LAYER(2), 0);
    for (unsigned i = 0; i < 450; i++) { // b says nothing
        rig_ping(&rig, &a);
        rig_ping(&rig, &c);
        if (i % 50 == 49)
            media(1);
        rig_wait(&rig, 10);
    }
    if (by_proof)
        assert_true(rig_join(&rig, &b));
    else
        rig_ping(&rig, &b);
    rig_wait(&rig, 10);
    media(20);
    rig_wait(&rig, 10);
    rig_clear(&rig);
    ask(&b, 1, CAMERA, 9, 0);
    assert_int_equal(repeats(&b, NULL), 0);
    ask(&b, 1, CAMERA, 10, 0);
    assert_int_equal(repeats(&b, NULL), 1);
}

static void nothing_is_repeated_that_was_not_sent_to_him(void **state)
{
    (void)state;
    silent_then_back(false);
}

static void nor_to_who_has_proved_himself_again(void **state)
{
    (void)state;
    silent_then_back(true);
}

static void no_more_bytes_than_were_forwarded(void **state)
{
    (void)state;
    media(20);
    uint64_t forwarded = table_find(&rig.core->table, ROOM, 2)->forwarded_bytes;
    for (unsigned i = 0; i < 6; i++) {
        rig.now += 60000;
        ask(&b, 1, CAMERA, 1, 0x7ffff);
    }
    size_t bytes = 0;
    for (unsigned i = 0; i < rig.out_count; i++)
        bytes += rig.out[i].p[0] == WIRE_RTX ? rig.out[i].n : 0;
    assert_true(bytes > forwarded / 2 && bytes <= forwarded);
}

static void lose(unsigned count)
{
    a.media += count;
}

static bool asked_of_a(uint32_t base, uint32_t mask)
{
    struct feedback_nack x;
    struct bytes_reader body;
    return newest_block(&a, FEEDBACK_NACK, &body) && feedback_read_nack(&x, body) && x.sender == 1 &&
           x.slot == FEEDBACK_SESSION && x.count == 1 && x.item[0].base == base && x.item[0].mask == mask;
}

static void holes_of_the_uplink_are_asked_for(void **state)
{
    (void)state;
    media(2);
    lose(2);
    media(1);
    struct bytes_reader body;
    assert_false(newest_block(&a, FEEDBACK_NACK, &body)); // it may be a reordering
    rig_wait(&rig, 10);
    assert_true(asked_of_a(3, 1));
    rig_clear(&rig);
    a.media = 2; // one of them comes, as a repair
    uint8_t out[WIRE_DATAGRAM_MAX];
    size_t n = rig_media_bytes(&rig, &a, CAMERA, 0, out);
    out[0] = WIRE_RTX;
    wire_stamp(out, n, a.up, 3, rig.now);
    rig_give(&rig, out, n, &a.addr);
    assert_int_equal(rig_count(&rig, &b.addr, WIRE_MEDIA, 0), 1); // the first copy, with the next number
    rig_wait(&rig, 40);
    assert_true(asked_of_a(4, 0));
    rig_wait(&rig, 300); // given up
    rig_clear(&rig);
    rig_wait(&rig, 300);
    assert_false(newest_block(&a, FEEDBACK_NACK, &body));
}

// The last of it is lost: HEADS or PING tell.
static void the_end_of_the_uplink(void **state)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    (void)state;
    media(2);
    lose(2);
    struct feedback_heads h = {.count = 1, .item = {{.sender = 1, .slot = FEEDBACK_SESSION, .first = 1, .newest = 4}}};
    struct bytes_writer w = feedback_begin(out, 1, ROOM);
    feedback_put_heads(&w, &h);
    rig_finish_feedback(&rig, &a, &w, out);
    rig_wait(&rig, 10);
    assert_true(asked_of_a(3, 1));
    start(state);
    media(2);
    lose(3);
    rig_ping(&rig, &a);
    rig_wait(&rig, 10);
    assert_true(asked_of_a(3, 3));
}

// A new session counts from 1 again.
static void holes_end_with_the_session(void **state)
{
    struct bytes_reader body;
    (void)state;
    media(1);
    lose(3);
    media(1);
    assert_true(rig_join(&rig, &a));
    rig_clear(&rig);
    rig_wait(&rig, 50);
    assert_false(newest_block(&a, FEEDBACK_NACK, &body));
    media(1);
    rig_wait(&rig, 50);
    assert_false(newest_block(&a, FEEDBACK_NACK, &body));
}

static bool told(const struct rig_peer *p, uint8_t slot, uint64_t first, uint64_t newest)
{
    struct feedback_heads h;
    struct bytes_reader body;
    return newest_block(p, FEEDBACK_HEADS, &body) && feedback_read_heads(&h, body) && h.count == 1 &&
           h.item[0].sender == 1 && h.item[0].slot == slot && h.item[0].first == first && h.item[0].newest == newest;
}

static void a_subscription_tells_where_it_begins(void **state)
{
    (void)state;
    media(5);
    rig_clear(&rig);
    rig_watch(&rig, &c, 1, FEEDBACK_WANT_LAYER(2), 0);
    assert_true(told(&c, CAMERA, 6, 5)); // at once
    assert_int_equal(heads_sent(&b), 0);
    media(2);
    rig_wait(&rig, 30);
    assert_true(told(&c, CAMERA, 6, 7));
    for (unsigned i = 0; i < 5; i++) { // not quiet
        media(1);
        rig_wait(&rig, 20);
    }
    assert_int_equal(heads_sent(&c), 3);
    rig_watch(&rig, &c, 1, FEEDBACK_WANT_LAYER(2), 0); // the same again
    rig_wait(&rig, 20);
    assert_int_equal(heads_sent(&c), 3);
}

static void a_quiet_slot_tells_its_newest_once(void **state)
{
    (void)state;
    media(3);
    rig_wait(&rig, 30);
    assert_int_equal(heads_sent(&b), 0);
    rig_wait(&rig, 50);
    assert_int_equal(heads_sent(&b), 1);
    assert_true(told(&b, CAMERA, 0, 3));
    assert_int_equal(heads_sent(&c), 0); // does not watch it
    rig_wait(&rig, 500);
    assert_int_equal(heads_sent(&b), 1);
    for (unsigned i = 0; i < 30; i++) { // 30 frames a second are not quiet
        media(2);
        rig_wait(&rig, i % 3 ? 30 : 40);
    }
    assert_int_equal(heads_sent(&b), 1);
    rig_wait(&rig, 100);
    rig_clear(&rig);
    rig_media(&rig, &a, CAMERA, WIRE_MARK_START); // of several the loss is seen otherwise
    rig_media(&rig, &a, CAMERA, WIRE_MARK_END);
    rig_wait(&rig, 200);
    assert_int_equal(heads_sent(&b), 0);
    rig_media(&rig, &a, WIRE_SLOT(WIRE_STREAM_META, 0), WIRE_MARK_START); // meta comes anew each second
    rig_wait(&rig, 200);
    assert_int_equal(heads_sent(&c), 0);
    rig_media(&rig, &a, WIRE_SLOT(WIRE_STREAM_AUDIO, 0), WIRE_MARK_START); // speech ends in silence
    rig_wait(&rig, 200);
    assert_int_equal(heads_sent(&c), 0);
}

static void the_round_trip_is_measured(void **state)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct table_member *m = table_find(&rig.core->table, ROOM, 1);
    (void)state;
    struct ctrl pong = {.op = CTRL_PONG, .time = rig.now - 50000, .received = 7000, .sent = 17000};
    size_t n = ctrl_write(&pong, 1, ROOM, out);
    wire_stamp(out, n, a.up, ++a.other, rig.now);
    rig_give(&rig, out, n, &a.addr);
    assert_int_equal(m->repair.rtt_us, 40000);
    struct ctrl lies[] = {{.op = CTRL_PONG, .time = rig.now + 1, .received = 1, .sent = 1},
                          {.op = CTRL_PONG, .time = rig.now - 5, .received = 9, .sent = 1},
                          {.op = CTRL_PONG, .time = rig.now - 5, .received = 1, .sent = 100}};
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        n = ctrl_write(&lies[i], 1, ROOM, out);
        wire_stamp(out, n, a.up, ++a.other, rig.now);
        rig_give(&rig, out, n, &a.addr);
        assert_int_equal(m->repair.rtt_us, 40000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answered_as_it_was_but_for_the_hop, start, end),
        cmocka_unit_test_setup_teardown(not_answered, start, end),
        cmocka_unit_test_setup_teardown(a_number_is_repeated_eight_times, start, end),
        cmocka_unit_test_setup_teardown(not_twice_within_a_round_trip, start, end),
        cmocka_unit_test_setup_teardown(nothing_is_repeated_that_was_not_sent_to_him, start, end),
        cmocka_unit_test_setup_teardown(nor_to_who_has_proved_himself_again, start, end),
        cmocka_unit_test_setup_teardown(no_more_bytes_than_were_forwarded, start, end),
        cmocka_unit_test_setup_teardown(holes_of_the_uplink_are_asked_for, start, end),
        cmocka_unit_test_setup_teardown(the_end_of_the_uplink, start, end),
        cmocka_unit_test_setup_teardown(holes_end_with_the_session, start, end),
        cmocka_unit_test_setup_teardown(a_subscription_tells_where_it_begins, start, end),
        cmocka_unit_test_setup_teardown(a_quiet_slot_tells_its_newest_once, start, end),
        cmocka_unit_test_setup_teardown(the_round_trip_is_measured, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
