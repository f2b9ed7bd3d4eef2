// The client's half of repair: what it asks the relay for, and what it sends again.
#include "tests/unit/unit.h"

#include "client/net/repair.h"
#include "shared/bytes.h"

enum { MS = 1000, SELF = 7, OTHER = 9 };
static const uint8_t CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2), AUDIO = WIRE_SLOT(WIRE_STREAM_AUDIO, 0);

static struct hop hop;
static struct net_repair r;
static struct {
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n;
} out[4096];
static unsigned out_count;
static uint64_t now;

static void on_send(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    if (out_count < ARRAY_LEN(out)) {
        memcpy(out[out_count].p, p, n);
        out[out_count++].n = n;
    }
}

static void on_fresh_socket(void *ctx)
{
    (void)ctx;
}

static int start(void **state)
{
    (void)state;
    hop_init(&hop, &(struct hop_io){NULL, on_send, on_fresh_socket, NULL});
    hop.state = HOP_UP;
    hop.has_keys = true;
    hop.sender = SELF;
    hop.room = 1;
    hop.media_number = hop.other_number = 1;
    hop.rtt_ms = 40;
    net_repair_init(&r, &hop);
    out_count = 0;
    now = 5000 * MS;
    return 0;
}

static int end(void **state)
{
    (void)state;
    net_repair_reset(&r);
    return 0;
}

static void arrive(uint8_t slot, uint64_t number, uint8_t mark, uint32_t ts)
{
    struct hop_datagram d = {.number = number};
    d.header = (struct wire_header){.type = WIRE_MEDIA, .sender = OTHER, .slot = slot, .mark = mark};
    net_repair_arrived(&r, &d, ts, true, now);
}

// The NACK block for a slot in what was sent last; false when it asks for nothing there.
static bool asked(uint8_t slot, struct feedback_nack *x)
{
    struct bytes_reader body;
    int type;
    if (!out_count || out[out_count - 1].p[0] != WIRE_FEEDBACK)
        return false;
    struct bytes_reader all = feedback_body(out[out_count - 1].p, out[out_count - 1].n);
    while ((type = feedback_next(&all, &body)) > 0)
        if (type == FEEDBACK_NACK && feedback_read_nack(x, body) && x->slot == slot && x->sender == OTHER)
            return true;
    return false;
}

static void tick(unsigned ms)
{
    now += ms * 1000u;
    out_count = 0;
    net_repair_tick(&r, now);
}

static void holes_of_all_slots_in_one_datagram(void **state)
{
    struct feedback_nack x;
    (void)state;
    arrive(CAMERA, 10, WIRE_MARK_START, 1);
    arrive(CAMERA, 13, WIRE_MARK_END, 1);
    arrive(AUDIO, 4, WIRE_MARK_END, 1);
    arrive(AUDIO, 6, WIRE_MARK_END, 2);
    tick(4);
    assert_int_equal(out_count, 0);
    tick(1);
    assert_int_equal(out_count, 1);
    assert_true(asked(CAMERA, &x) && x.count == 1 && x.item[0].base == 11 && x.item[0].mask == 1);
    assert_true(asked(AUDIO, &x) && x.count == 1 && x.item[0].base == 5 && x.item[0].mask == 0);
    assert_true(wire_verify(out[0].p, out[0].n, hop.up, 1));
    assert_int_equal(net_repair_find(&r, OTHER, CAMERA)->nacks, 1);
}

static void only_what_can_be_opened(void **state)
{
    struct hop_datagram d = {.number = 10, .header = {.type = WIRE_MEDIA, .sender = OTHER, .slot = CAMERA}};
    (void)state;
    net_repair_arrived(&r, &d, 1, false, now);
    d.number = 20;
    net_repair_arrived(&r, &d, 1, false, now);
    d.header.slot = WIRE_SLOT(WIRE_STREAM_META, 0);
    net_repair_arrived(&r, &d, 1, true, now);
    d.number = 30;
    net_repair_arrived(&r, &d, 1, true, now);
    tick(50);
    assert_int_equal(out_count, 0);
}

// The end of a frame does not come: the next eight are asked for, until it or the next frame is there.
static void the_tail_of_a_frame(void **state)
{
    struct feedback_nack x;
    (void)state;
    arrive(CAMERA, 10, WIRE_MARK_START, 1);
    tick(9);
    assert_int_equal(out_count, 0);
    tick(1);
    assert_true(asked(CAMERA, &x) && x.count == 1 && x.item[0].base == 11 && x.item[0].mask == 0x7f);
    tick(20);
    assert_true(asked(CAMERA, &x));
    arrive(CAMERA, 12, WIRE_MARK_END, 1);
    tick(30);
    assert_true(asked(CAMERA, &x) && x.item[0].base == 11 && x.item[0].mask == 0);
    arrive(CAMERA, 11, 0, 1);
    tick(30);
    assert_int_equal(out_count, 0);
    // Its end came before its beginning, numbered earlier: the frame is whole.
    arrive(CAMERA, 13, WIRE_MARK_END, 2);
    arrive(CAMERA, 14, WIRE_MARK_START, 2);
    tick(30);
    assert_int_equal(out_count, 0);
}

static void heads_of_a_new_subscription(void **state)
{
    struct feedback_nack x;
    (void)state;
    net_repair_heads(&r, OTHER, CAMERA, 5, 6, now);
    tick(5);
    assert_true(asked(CAMERA, &x) && x.item[0].base == 5 && x.item[0].mask == 1);
    net_repair_forget(&r, OTHER);
    tick(50);
    assert_int_equal(out_count, 0);
}

static void send_media(unsigned count)
{
    uint8_t p[300];
    for (unsigned i = 0; i < count; i++) {
        memset(p, (int)hop.media_number, sizeof p);
        wire_write(&(struct wire_header){.type = WIRE_MEDIA, .sender = SELF, .room = 1, .slot = CAMERA}, p);
        assert_true(hop_send_media(&hop, p, sizeof p, now));
        net_repair_sent(&r, p, sizeof p, now);
    }
}

static unsigned answer(uint32_t base, uint32_t mask)
{
    out_count = 0;
    net_repair_answer(&r, &(struct feedback_nack){.count = 1, .item = {{base, mask}}}, now);
    return out_count;
}

static void sent_again_under_its_number(void **state)
{
    (void)state;
    send_media(5);
    now += 50 * MS;
    assert_int_equal(answer(2, 4), 2); // 2 and 5
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(out[i].p[0], WIRE_RTX);
        assert_true(wire_verify(out[i].p, out[i].n, hop.up, i ? 5 : 2));
        assert_int_equal(out[i].p[100], i ? 5 : 2);
    }
    assert_int_equal(hop.media_number, 6); // repeats take no number
    assert_int_equal(answer(6, 0xffffffff), 0);
    assert_int_equal(answer(0, 0), 0);
    now += 1000 * MS; // over
    assert_int_equal(answer(3, 0), 0);
}

static void limits(void **state)
{
    unsigned times = 0;
    (void)state;
    send_media(50);
    for (unsigned i = 0; i < 12; i++) {
        now += 60 * MS;
        times += answer(1, 0);
    }
    assert_int_equal(times, 8);
    end(state);
    start(state);
    send_media(20); // no more bytes than these
    unsigned all = 0;
    for (unsigned i = 0; i < 8; i++) {
        now += 60 * MS;
        all += answer(1, 0x7ffff);
    }
    assert_true(all > 10 && all <= 20);
    end(state);
    start(state);
    send_media(3000); // the newest are kept
    assert_true(r.next - r.oldest == NET_REPAIR_SENT);
    now += 50 * MS;
    assert_int_equal(answer(3000 - NET_REPAIR_SENT, 0), 0);
    assert_int_equal(answer(3001 - NET_REPAIR_SENT, 0), 1);
}

static void another_session_forgets(void **state)
{
    (void)state;
    send_media(5);
    arrive(CAMERA, 10, WIRE_MARK_END, 1);
    arrive(CAMERA, 12, WIRE_MARK_END, 2);
    hop.sessions++;
    hop.media_number = 1;
    tick(50);
    assert_int_equal(out_count, 0);
    assert_int_equal(answer(3, 0), 0);
    send_media(1);
    now += 50 * MS;
    assert_int_equal(answer(1, 1), 1);
}

static void silence_is_told_once(void **state)
{
    (void)state;
    send_media(3);
    tick(39);
    assert_int_equal(out_count, 0);
    tick(1);
    assert_int_equal(out_count, 1);
    struct feedback_heads h;
    struct bytes_reader all = feedback_body(out[0].p, out[0].n), body;
    assert_int_equal(feedback_next(&all, &body), FEEDBACK_HEADS);
    assert_true(feedback_read_heads(&h, body) && h.count == 1 && h.item[0].slot == FEEDBACK_SESSION);
    assert_true(h.item[0].sender == SELF && h.item[0].first == 1 && h.item[0].newest == 3);
    tick(100);
    assert_int_equal(out_count, 0);
}

// Over TCP nothing is lost: neither asked nor answered.
static void off(void **state)
{
    (void)state;
    send_media(3);
    net_repair_off(&r, true);
    send_media(3);
    arrive(CAMERA, 10, 0, 1);
    arrive(CAMERA, 12, 0, 2);
    net_repair_heads(&r, OTHER, CAMERA, 1, 20, now);
    tick(100);
    assert_int_equal(out_count, 0);
    assert_int_equal(answer(1, 0x1f), 0);
    net_repair_off(&r, false);
    send_media(1);
    now += 50 * MS;
    assert_int_equal(answer(7, 0), 1);
}

static void lose(unsigned in_hundred)
{
    unsigned run = 0;
    for (unsigned i = 0; i < 1000; i++, now += 2 * MS) // the 2 s that count
        loss_count(&hop.loss_down, i % 100 < in_hundred, &run, now);
}

static void pictures_get_room_where_losses_are_repaired(void **state)
{
    (void)state;
    assert_int_equal(net_repair_room(&r, now), 0);
    lose(1);
    assert_int_equal(net_repair_room(&r, now), 0);
    lose(3);
    assert_in_range(net_repair_room(&r, now), 65000, 65100); // round trip and 25 ms
    lose(1);
    assert_in_range(net_repair_room(&r, now), 65000, 65100); // does not come and go
    lose(0);
    assert_int_equal(net_repair_room(&r, now), 0);
    lose(3);
    net_repair_off(&r, true);
    assert_int_equal(net_repair_room(&r, now), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(holes_of_all_slots_in_one_datagram, start, end),
        cmocka_unit_test_setup_teardown(only_what_can_be_opened, start, end),
        cmocka_unit_test_setup_teardown(the_tail_of_a_frame, start, end),
        cmocka_unit_test_setup_teardown(heads_of_a_new_subscription, start, end),
        cmocka_unit_test_setup_teardown(sent_again_under_its_number, start, end),
        cmocka_unit_test_setup_teardown(limits, start, end),
        cmocka_unit_test_setup_teardown(another_session_forgets, start, end),
        cmocka_unit_test_setup_teardown(silence_is_told_once, start, end),
        cmocka_unit_test_setup_teardown(off, start, end),
        cmocka_unit_test_setup_teardown(pictures_get_room_where_losses_are_repaired, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
