// Parity for what we send: when rows are made, of what, how many, and that they mend.
#include "tests/unit/unit.h"

#include "client/net/parity_up.h"

enum { MS = 1000, ROWS = 64 };
static const uint8_t SOUND = WIRE_SLOT(WIRE_STREAM_AUDIO, 0), CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2);

static struct hop hop;
static struct net_repair repair;
static struct parity_up parity;
static struct {
    bool picture;
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n;
} rows[ROWS];
static unsigned count;
static uint64_t now;

static void out(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx, (void)p, (void)n;
}

static bool row(void *ctx, bool picture, uint8_t *p, size_t n, uint64_t now_us)
{
    (void)ctx, (void)now_us;
    assert_true(count < ROWS);
    rows[count].picture = picture;
    rows[count].n = n;
    memcpy(rows[count++].p, p, n);
    return true;
}

static int setup(void **state)
{
    (void)state;
    now = 1000000000;
    hop_init(&hop, &(struct hop_io){.send = out});
    hop.state = HOP_UP;
    hop.sender = 2;
    hop.room = 9;
    hop.media_number = hop.other_number = 1;
    hop.rtt_ms = 100;
    net_repair_init(&repair, &hop);
    parity_up_init(&parity, &hop, &repair, &(struct parity_up_io){NULL, row});
    count = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    net_repair_reset(&repair);
    return 0;
}

static void loses(unsigned in_ten)
{
    unsigned run = 0;
    memset(&hop.loss_up, 0, sizeof hop.loss_up);
    for (unsigned i = 0; i < 1000; i++)
        loss_count(&hop.loss_up, i % 10 < in_ten && i % 10 % 2 == 0, &run, now);
}

static void send(uint8_t slot, uint8_t mark)
{
    uint8_t p[WIRE_MEDIA_MAX];
    memset(p, (int)hop.media_number, sizeof p);
    size_t n = slot == SOUND ? 120 : 1000;
    wire_write(&(struct wire_header){.type = WIRE_MEDIA, .mark = mark, .sender = 2, .room = 9, .slot = slot}, p);
    assert_true(hop_send_media(&hop, p, n, now));
    net_repair_sent(&repair, p, n, now);
    parity_up_sent(&parity, slot, mark, now);
}

static void picture(unsigned k, uint8_t mark)
{
    for (unsigned i = 0; i < k; i++)
        send(CAMERA, (uint8_t)((i == 0 ? WIRE_MARK_START | mark : 0) | (i + 1 == k ? WIRE_MARK_END : 0)));
}

static const uint8_t *without_one(void *ctx, uint64_t number, size_t *n)
{
    return number == *(uint64_t *)ctx ? NULL : net_repair_kept(&repair, number, n);
}

static void rows_mend_what_is_lost(void **state)
{
    (void)state;
    static struct fec_mender mender;
    static struct fec_mended mended;
    const struct wire_header like = {.sender = 2, .room = 9};
    uint64_t lost = 3;
    loses(4);
    picture(6, 0);
    assert_in_range(count, 2, 6);
    for (unsigned i = 0; i < count; i++) {
        struct fec_head head;
        assert_true(rows[i].picture && fec_read(&head, rows[i].p, rows[i].n, 6));
        assert_true(head.first == 1 && head.k == 6 && head.index == i);
        fec_push(&mender, &head, rows[i].p, rows[i].n, without_one, &lost);
    }
    assert_int_equal(fec_mend(&mender, &like, without_one, &lost, &mended), 1);
    size_t n;
    const uint8_t *was = net_repair_kept(&repair, lost, &n);
    assert_true(mended.item[0].number == lost && mended.item[0].size == n);
    assert_memory_equal(mended.item[0].data + WIRE_HEADER, was + WIRE_HEADER, n - WIRE_HEADER);
}

static void none_where_nothing_is_lost(void **state)
{
    (void)state;
    loses(0);
    picture(6, 0);
    send(SOUND, WIRE_MARK_END);
    now += 20 * MS;
    parity_up_tick(&parity, now);
    assert_int_equal(count, 0);
    loses(4);
    parity.off = true;
    picture(6, 0);
    assert_int_equal(count, 0);
}

// Sound between pictures is a group of its own, and its rows follow a moment later.
static void sound_a_moment_later(void **state)
{
    (void)state;
    loses(4);
    send(SOUND, WIRE_MARK_END);
    assert_true(parity_up_tick(&parity, now) == now + PARITY_UP_US);
    assert_int_equal(count, 0);
    now += PARITY_UP_US;
    assert_true(parity_up_tick(&parity, now) == UINT64_MAX);
    assert_in_range(count, 1, 2);
    assert_false(rows[0].picture);
    // A picture that begins before: what is covered together has no hole.
    send(SOUND, WIRE_MARK_END);
    count = 0;
    picture(4, 0);
    struct fec_head head;
    assert_true(count > 0 && fec_read(&head, rows[0].p, rows[0].n, hop.media_number - 1));
    assert_int_equal(head.first, 2);
}

// While a queue stands pictures get none; where hardly anything fits sound gets one at most, and none into a queue.
static void not_into_a_queue(void **state)
{
    (void)state;
    loses(4);
    hop.full_up = true;
    picture(6, WIRE_MARK_INDEPENDENT);
    assert_int_equal(count, 0);
    static const struct {
        bool full, scarce;
        unsigned least, most;
    } cases[] = {{true, false, 1, 2}, {false, true, 1, 1}, {true, true, 0, 0}, {false, false, 1, 2}};
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        hop.full_up = cases[i].full;
        parity.scarce = cases[i].scarce;
        count = 0;
        send(SOUND, WIRE_MARK_END);
        now += PARITY_UP_US;
        parity_up_tick(&parity, now);
        assert_in_range(count, cases[i].least, cases[i].most);
    }
}

// A long picture is cut into equal groups that leave nothing out; another session begins with another group.
static void long_pictures_and_new_sessions(void **state)
{
    (void)state;
    loses(4);
    picture(80, 0);
    uint64_t next = 1;
    for (unsigned i = 0; i < count; i++) {
        struct fec_head head;
        assert_true(fec_read(&head, rows[i].p, rows[i].n, 80));
        assert_true(head.k <= FEC_GROUP);
        if (head.index == 0) {
            assert_true(head.first == next);
            next += head.k;
        }
    }
    assert_int_equal(next, 81);
    count = 0;
    send(CAMERA, WIRE_MARK_START); // never ends
    hop.media_number = 1;
    hop.sessions++;
    picture(3, 0);
    struct fec_head head;
    assert_true(count > 0 && fec_read(&head, rows[0].p, rows[0].n, 3));
    assert_true(head.first == 1 && head.k == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_mend_what_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(none_where_nothing_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(sound_a_moment_later, setup, teardown),
        cmocka_unit_test_setup_teardown(not_into_a_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(long_pictures_and_new_sessions, setup, teardown),
    };
    return cmocka_run_group_tests_name("parity_up", tests, NULL, NULL);
}
