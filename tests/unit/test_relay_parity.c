// The relay's half of parity: what a member sent of it mends what was lost before it is forwarded, and who tells of
// losses gets rows, each his share.
#include "relay_rig.h"

#include "relay/history.h"
#include "relay/parity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ROOM = 0x01020304, HELD = 64 };
static const uint8_t CAMERA = WIRE_SLOT(WIRE_STREAM_CAMERA, 2), SOUND = WIRE_SLOT(WIRE_STREAM_AUDIO, 0);

static struct rig rig;
static struct rig_peer a, b, c;
static struct {
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n;
} sent[HELD]; // by A, by number
static struct fec_maker maker;

static void watch(struct rig_peer *p)
{
    rig_watch(&rig, p, 1, FEEDBACK_WANT_LAYER(2), 0);
}

static int start(void **state)
{
    (void)state;
    rig_start(&rig);
    struct rig_peer *all[] = {&a, &b, &c};
    assert_true(rig_enter(&rig, all, ARRAY_LEN(all), ROOM));
    watch(&b);
    watch(&c);
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

static const uint8_t *find(void *ctx, uint64_t number, size_t *n)
{
    (void)ctx;
    *n = sent[number % HELD].n;
    return sent[number % HELD].p;
}

static void give(uint64_t number)
{
    rig_give(&rig, sent[number % HELD].p, sent[number % HELD].n, &a.addr);
}

// A frame of so many datagrams; those of the mask do not arrive. Returns the first number.
static uint64_t frame(unsigned k, uint64_t lost)
{
    uint64_t first = a.media + 1;
    for (unsigned i = 0; i < k; i++) {
        uint8_t mark = (uint8_t)((i == 0 ? WIRE_MARK_START : 0) | (i + 1 == k ? WIRE_MARK_END : 0));
        unsigned at = (unsigned)((a.media + 1) % HELD);
        sent[at].n = rig_media_bytes(&rig, &a, CAMERA, mark, sent[at].p);
        memset(sent[at].p + WIRE_TS_END + 5, (int)a.media, 20); // sealed bytes, not under the tag
        if (!(lost >> i & 1))
            give(a.media);
    }
    return first;
}

static void parity(uint64_t first, unsigned k, unsigned m)
{
    const struct wire_header h = {.sender = 1, .room = ROOM};
    uint8_t out[WIRE_DATAGRAM_MAX];
    assert_true(fec_make(&maker, first, k, m, find, NULL));
    for (unsigned i = 0; i < m; i++) {
        size_t n = fec_write(&maker, i, &h, out);
        wire_stamp(out, n, a.up, ++a.other, rig.now);
        rig_give(&rig, out, n, &a.addr);
    }
}

static void path(struct rig_peer *p, double loss, uint16_t rtt_ms)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    const struct feedback_path x = {.loss = (uint16_t)(loss * 65535), .burst = 8, .rtt_ms = rtt_ms};
    struct bytes_writer w = feedback_begin(out, p->ticket.sender, ROOM);
    feedback_put_path(&w, &x);
    rig_finish_feedback(&rig, p, &w, out);
}

static unsigned media_to(const struct rig_peer *p)
{
    return rig_count(&rig, &p->addr, WIRE_MEDIA, 0);
}

// Rows to a peer: indices from 0 without a hole, right tags, numbers of their own.
static unsigned rows_to(const struct rig_peer *p, uint8_t slot)
{
    unsigned rows = 0;
    for (unsigned i = 0; i < rig.out_count; i++) {
        struct wire_header h;
        struct fec_head head;
        const struct rig_sent *s = &rig.out[i];
        if (s->p[0] != WIRE_FEC || !addr_equal(&s->to, &p->addr))
            continue;
        assert_true(wire_read(&h, s->p, s->n) && h.sender == 1 && h.slot == slot);
        assert_true(wire_verify(s->p, s->n, rig.core->table.room[0].down, h.hopseq));
        assert_true(fec_read(&head, s->p, s->n, 1) && head.index == rows);
        rows++;
    }
    return rows;
}

static void nacks_to_a(unsigned expected)
{
    unsigned n = 0;
    for (unsigned i = 0; i < rig.out_count; i++)
        n += rig.out[i].p[0] == WIRE_FEEDBACK && rig.out[i].p[WIRE_HEADER] == FEEDBACK_NACK &&
             addr_equal(&rig.out[i].to, &a.addr);
    assert_int_equal(n, expected);
}

static void mended_before_it_goes_on(void **state)
{
    (void)state;
    parity(frame(2, 0), 2, 1); // from here on what he sends is kept
    rig_clear(&rig);
    uint64_t first = frame(6, 0x12);
    assert_int_equal(media_to(&b), 4);
    parity(first, 6, 2);
    assert_int_equal(media_to(&b), 6);
    assert_int_equal(media_to(&c), 6);
    unsigned seen = 0;
    for (unsigned i = 0; i < rig.out_count; i++) { // numbered as they come: 3 to 8, nothing left out
        const struct rig_sent *s = &rig.out[i];
        struct wire_header h;
        if (s->p[0] != WIRE_MEDIA || !addr_equal(&s->to, &b.addr))
            continue;
        assert_true(wire_read(&h, s->p, s->n) && h.hopseq == 3 + seen);
        uint64_t number = seen < 4 ? first + (uint64_t[]){0, 2, 3, 5}[seen] : first + (seen == 4 ? 1 : 4);
        assert_int_equal(s->n, 200);
        assert_memory_equal(s->p + 20, sent[number % HELD].p + 20, 180);
        seen++;
    }
    rig_wait(&rig, 60);
    nacks_to_a(0);
    assert_int_equal(rig.core->counters.mended, 2);
    rig_clear(&rig);
    give(first + 1); // late after all
    assert_int_equal(media_to(&b), 0);
}

// R of one of A's numbers, as the relay reports it: 1 = it came.
static int reported(uint64_t number)
{
    int r = -1, type;
    for (unsigned i = 0; i < rig.out_count; i++) {
        struct bytes_reader body, all = feedback_body(rig.out[i].p, rig.out[i].n);
        struct feedback_arrivals x;
        if (rig.out[i].p[0] != WIRE_FEEDBACK || !addr_equal(&rig.out[i].to, &a.addr))
            continue;
        while ((type = feedback_next(&all, &body)) > 0)
            if (type == FEEDBACK_ARRIVALS && feedback_read_arrivals(&x, body) && x.space == 0 && number >= x.base &&
                number < x.base + x.count)
                r = x.item[number - x.base] >> 15;
    }
    return r;
}

static void mended_is_lost_and_late_is_not(void **state)
{
    (void)state;
    parity(frame(2, 0), 2, 1);
    uint64_t first = frame(6, 0x06);
    parity(first, 6, 2);
    give(first + 2);
    rig_wait(&rig, 200);
    assert_int_equal(reported(first), 1);
    assert_int_equal(reported(first + 1), 0);
    assert_int_equal(reported(first + 2), 1);
}

static void a_repeat_and_a_row_do_together(void **state)
{
    (void)state;
    parity(frame(2, 0), 2, 1);
    uint64_t first = frame(5, 0x0a);
    parity(first, 5, 1);
    rig_clear(&rig);
    give(first + 1);
    assert_int_equal(media_to(&b), 2);
}

// As the worker does it: received where it is to stay.
static void train_in_place(const uint64_t *numbers, unsigned count)
{
    struct history *h = rig.core->history;
    uint8_t *room = history_room(h);
    size_t n = 0;
    for (unsigned i = 0; i < count; i++) {
        memcpy(room + n, sent[numbers[i] % HELD].p, sent[numbers[i] % HELD].n);
        n += sent[numbers[i] % HELD].n;
    }
    core_train(rig.core, room, n, 200, &a.addr, rig.now, rig.now);
    if (rig.core->train_kept)
        history_advance(h, n);
}

static void repeat_of(uint32_t number, uint64_t of)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_nack x = {.sender = 1, .slot = CAMERA, .count = 1, .item = {{number, 0}}};
    struct bytes_writer w = feedback_begin(out, 2, ROOM);
    rig_clear(&rig);
    feedback_put_nack(&w, &x);
    rig_finish_feedback(&rig, &b, &w, out);
    unsigned found = 0;
    for (unsigned i = 0; i < rig.out_count; i++)
        if (rig.out[i].p[0] == WIRE_RTX && addr_equal(&rig.out[i].to, &b.addr)) {
            assert_memory_equal(rig.out[i].p + 20, sent[of % HELD].p + 20, 180);
            found++;
        }
    assert_int_equal(found, 1);
}

// What is mended in the middle of a train takes nothing of the arena that the train still needs.
static void mended_within_a_train(void **state)
{
    (void)state;
    parity(frame(2, 0), 2, 1);
    uint64_t first = frame(5, ~0ull);
    train_in_place((uint64_t[]){first, first + 2, first + 4}, 3);
    parity(first, 5, 1);
    uint64_t next = frame(3, ~0ull), expected[] = {first + 1, first + 3, next, next + 1, next + 2};
    rig_clear(&rig);
    train_in_place((uint64_t[]){first + 1, next, next + 1, next + 2}, 4);
    unsigned seen = 0;
    for (unsigned i = 0; i < rig.out_count; i++) {
        if (rig.out[i].p[0] != WIRE_MEDIA || !addr_equal(&rig.out[i].to, &b.addr))
            continue;
        assert_true(seen < 5);
        assert_memory_equal(rig.out[i].p + 20, sent[expected[seen++] % HELD].p + 20, 180);
    }
    assert_int_equal(seen, 5);
    uint64_t later = frame(2, ~0ull);
    train_in_place((uint64_t[]){later, later + 1}, 2); // must not lie where the others do
    rig.now += 100000;
    for (unsigned i = 0; i < 5; i++)
        repeat_of(6 + i, expected[i]); // down: 2 and 3 before
    repeat_of(11, later);
}

static void rows_go_to_who_loses(void **state)
{
    (void)state;
    struct fec_head head;
    path(&b, 0.2, 50);
    frame(6, 0);
    assert_true(rows_to(&b, CAMERA) > 1);
    assert_int_equal(rows_to(&c, CAMERA), 0);
    assert_int_equal(rows_to(&a, CAMERA), 0);
    assert_true(fec_make(&maker, 1, 6, 1, find, NULL)); // numbers up and down are the same here
    for (unsigned i = 0; i < rig.out_count; i++)
        if (rig.out[i].p[0] == WIRE_FEC && fec_read(&head, rig.out[i].p, rig.out[i].n, 1) && head.index == 0) {
            assert_true(head.first == 1 && head.k == 6);
            assert_memory_equal(rig.out[i].p + FEC_HEAD, maker.row[0], maker.size);
        }
}

static void each_gets_his_share(void **state)
{
    (void)state;
    path(&b, 0.05, 50);
    path(&c, 0.3, 200);
    frame(6, 0);
    assert_true(rows_to(&b, CAMERA) > 0 && rows_to(&c, CAMERA) > rows_to(&b, CAMERA));
}

static void his_word_holds_for_a_second(void **state)
{
    (void)state;
    path(&b, 0.2, 200);
    rig_wait(&rig, 900);
    frame(6, 0);
    assert_true(rows_to(&b, CAMERA) > 0);
    rig_wait(&rig, 200);
    rig_clear(&rig);
    frame(6, 0);
    frame(6, 0);
    assert_int_equal(rows_to(&b, CAMERA), 0);
    assert_int_equal(rig.core->table.room[0].lossy, 0);
}

static void sound_goes_in_pairs(void **state)
{
    (void)state;
    path(&b, 0.1, 50);
    rig_media(&rig, &a, SOUND, 0);
    assert_int_equal(rows_to(&b, SOUND), 0);
    rig_media(&rig, &a, SOUND, 0);
    assert_true(rows_to(&b, SOUND) > 0);
}

static void a_frame_without_end_is_cut(void **state)
{
    (void)state;
    path(&b, 0.2, 200);
    for (unsigned i = 0; i < 2 * FEC_FRAME; i++)
        rig_media(&rig, &a, CAMERA, i == 0 ? WIRE_MARK_START : 0);
    unsigned most = 0;
    for (unsigned i = 0; i < rig.out_count; i++)
        most += rig.out[i].p[0] == WIRE_FEC;
    assert_int_equal(most, 2 * 8 * FEC_ROWS);
}

// What parity gives back is taken as what had come would be: only a slot there is, and only a number of the window.
static void what_is_mended_is_judged(void **state)
{
    (void)state;
    path(&b, 0.1, 40);
    uint64_t first = frame(4, 1u << 1);
    unsigned before = media_to(&b);
    unsigned at = (unsigned)((first + 1) % HELD);
    uint8_t slot = sent[at].p[WIRE_TS_END - 5];
    assert_int_equal(slot, CAMERA);
    sent[at].p[WIRE_TS_END - 5] = WIRE_SLOT(15, 3); // parity of something else than he may send
    parity(first, 4, 1);
    assert_int_equal(media_to(&b), before);
    first = frame(4, 1u << 1);
    before = media_to(&b);
    parity(first, 4, 1);
    assert_int_equal(media_to(&b), before + 1);
    parity(first, 4, 2); // again: it has come
    assert_int_equal(media_to(&b), before + 1);
}

// A receiver's word counts ten times a second at the most: each costs the relay something.
static void words_too_often(void **state)
{
    (void)state;
    path(&b, 0.3, 100);
    path(&b, 0, 100);
    frame(6, 0);
    assert_true(rows_to(&b, CAMERA) > 0);
    rig_wait(&rig, 110);
    rig_clear(&rig);
    path(&b, 0, 100);
    frame(6, 0);
    assert_int_equal(rows_to(&b, CAMERA), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_mended_is_judged, start, end),
        cmocka_unit_test_setup_teardown(words_too_often, start, end),
        cmocka_unit_test_setup_teardown(mended_before_it_goes_on, start, end),
        cmocka_unit_test_setup_teardown(mended_is_lost_and_late_is_not, start, end),
        cmocka_unit_test_setup_teardown(a_repeat_and_a_row_do_together, start, end),
        cmocka_unit_test_setup_teardown(mended_within_a_train, start, end),
        cmocka_unit_test_setup_teardown(rows_go_to_who_loses, start, end),
        cmocka_unit_test_setup_teardown(each_gets_his_share, start, end),
        cmocka_unit_test_setup_teardown(his_word_holds_for_a_second, start, end),
        cmocka_unit_test_setup_teardown(sound_goes_in_pairs, start, end),
        cmocka_unit_test_setup_teardown(a_frame_without_end_is_cut, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
