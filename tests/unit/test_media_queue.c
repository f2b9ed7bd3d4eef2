// What waits for a WebSocket: whole frames go when there is too much, the newest stay, sound comes first.
#include "unit.h"

#include "shared/media_queue.h"

enum { CAMERA = 0x18, SOUND = 0, MS = 1000 };

static struct media_queue *q;
static uint8_t out[WIRE_DATAGRAM_MAX];

static int start(void **state)
{
    (void)state;
    q = media_queue_create();
    return 0;
}

static int end(void **state)
{
    (void)state;
    media_queue_destroy(q);
    return 0;
}

static void put(uint8_t type, uint8_t mark, uint8_t sender, uint8_t slot, uint8_t ts, size_t n, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX] = {type, mark, 0, sender};
    p[19] = slot;
    p[23] = ts;
    p[28] = (uint8_t)n;
    media_queue_push(q, p, n, now_us);
}

// A picture of `parts` datagrams; the first `from` have been put in before.
static void picture(uint8_t ts, unsigned from, unsigned to, unsigned parts, uint64_t now_us)
{
    for (unsigned i = from; i < to; i++)
        put(WIRE_MEDIA, (uint8_t)((i == 0 ? WIRE_MARK_START : 0) | (i + 1 == parts ? WIRE_MARK_END : 0)), 7, CAMERA, ts,
            1100, now_us);
}

static void gives(uint8_t slot, uint8_t ts, unsigned count, uint64_t now_us)
{
    for (unsigned i = 0; i < count; i++) {
        assert_true(media_queue_pop(q, out, now_us) > 0);
        assert_int_equal(out[19], slot);
        assert_int_equal(out[23], ts);
    }
}

static void nothing(uint64_t now_us)
{
    assert_int_equal(media_queue_pop(q, out, now_us), 0);
    assert_true(media_queue_empty(q));
}

static void test_in_order_and_unchanged(void **state)
{
    (void)state;
    assert_true(media_queue_empty(q));
    picture(1, 0, 3, 3, MS);
    put(WIRE_MEDIA, WIRE_MARK_START | WIRE_MARK_END, 7, CAMERA, 2, 45, MS);
    gives(CAMERA, 1, 3, 2 * MS);
    assert_int_equal(media_queue_pop(q, out, 2 * MS), 45);
    assert_int_equal(out[28], 45);
    nothing(2 * MS);
    assert_int_equal(media_queue_dropped(q), 0);
}

static void test_sound_overtakes_pictures(void **state)
{
    (void)state;
    picture(1, 0, 3, 3, 0);
    put(WIRE_MEDIA, WIRE_MARK_END, 7, SOUND, 5, 100, MS);
    put(WIRE_CTRL, 0, 7, 0, 6, 100, MS);
    gives(SOUND, 5, 1, 2 * MS);
    gives(SOUND, 6, 1, 2 * MS);
    gives(CAMERA, 1, 3, 2 * MS);
}

static void test_old_frames_go_whole(void **state)
{
    (void)state;
    picture(1, 0, 3, 3, 0);
    picture(2, 0, 4, 4, 90 * MS);
    gives(CAMERA, 2, 4, 150 * MS);
    nothing(150 * MS);
    assert_int_equal(media_queue_dropped(q), 3);
}

static void test_a_frame_that_has_begun_ends(void **state)
{
    (void)state;
    picture(1, 0, 4, 4, 0);
    picture(2, 0, 2, 2, 10 * MS);
    gives(CAMERA, 1, 1, 50 * MS);
    gives(CAMERA, 1, 3, 150 * MS); // and the second waits too long meanwhile
    nothing(150 * MS);
    picture(3, 0, 4, 4, 200 * MS);
    gives(CAMERA, 3, 1, 200 * MS);
    nothing(1300 * MS); // nobody waits for it any more
}

static void test_what_is_still_to_come_of_a_dropped_frame_is_refused(void **state)
{
    (void)state;
    picture(1, 0, 2, 4, 0);
    nothing(150 * MS);
    picture(1, 2, 4, 4, 150 * MS);
    nothing(150 * MS);
    picture(2, 0, 2, 2, 151 * MS);
    gives(CAMERA, 2, 2, 151 * MS);
}

static void test_bytes_are_bounded_and_the_newest_kept(void **state)
{
    (void)state;
    picture(1, 0, 5, 5, 0);
    gives(CAMERA, 1, 1, 0); // has begun: goes last
    for (uint8_t ts = 2; ts < 60; ts++)
        picture(ts, 0, 10, 10, ts);
    gives(CAMERA, 1, 4, 100);
    unsigned count = 0, first = 0;
    for (size_t n; (n = media_queue_pop(q, out, 100)); count++) {
        if (!first)
            first = out[23];
        assert_int_equal(out[23], first + count / 10); // whole ones, none missing between
    }
    assert_int_equal(first + count / 10, 60);
    assert_in_range(count * 1100, MEDIA_QUEUE_BYTES / 2, MEDIA_QUEUE_BYTES);
    nothing(100);
}

static void test_one_frame_larger_than_all_is_dropped(void **state)
{
    (void)state;
    picture(1, 0, 400, 400, 0);
    picture(2, 0, 2, 2, MS);
    gives(CAMERA, 2, 2, MS);
    nothing(MS);
}

static void test_old_sound_goes_but_the_protocol_stays(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        put(WIRE_MEDIA, WIRE_MARK_END, 7, SOUND, i, 100, i * 60 * MS);
        put(WIRE_CTRL, 0, 7, 0, (uint8_t)(i + 10), 100, i * 60 * MS);
    }
    gives(SOUND, 10, 1, 150 * MS);
    gives(SOUND, 1, 1, 150 * MS);
    gives(SOUND, 11, 1, 150 * MS);
    gives(SOUND, 2, 1, 150 * MS);
    gives(SOUND, 12, 1, 150 * MS);
    nothing(150 * MS);
    for (unsigned i = 0; i < 10000; i++)
        put(WIRE_CTRL, 0, 7, 0, (uint8_t)i, 1000, 200 * MS);
    gives(SOUND, (uint8_t)(10000 - 64), 1, 200 * MS); // of too much the newest
}

static void test_no_datagram_is_not_taken(void **state)
{
    (void)state;
    uint8_t p[WIRE_DATAGRAM_MAX + 1] = {WIRE_MEDIA};
    media_queue_push(q, p, WIRE_DATAGRAM_MIN - 1, 0);
    media_queue_push(q, p, WIRE_DATAGRAM_MAX + 1, 0);
    nothing(0);
    picture(1, 0, 1, 1, 0);
    media_queue_clear(q);
    nothing(0);
}

static unsigned below(uint64_t *state, unsigned n)
{
    return (unsigned)(unit_random(state) % n);
}

// Random traffic through a slow reader: every frame that comes out is complete.
static void test_only_whole_frames_come_out(void **state)
{
    (void)state;
    uint64_t seed = unit_seed();
    unsigned frames = 0;
    int current = -1;
    uint64_t now = 0;
    for (unsigned f = 0; f < 2000; f++) {
        unsigned parts = 1 + below(&seed, 30);
        for (unsigned i = 0; i < parts; i++) {
            picture((uint8_t)f, i, i + 1, parts, now);
            now += below(&seed, 2000);
            if (below(&seed, 3) || !media_queue_pop(q, out, now))
                continue;
            if (out[1] & WIRE_MARK_START)
                current = out[23];
            assert_int_equal(out[23], current);
            frames += (out[1] & WIRE_MARK_END) != 0;
            if (out[1] & WIRE_MARK_END)
                current = -1;
        }
    }
    assert_true(frames > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_order_and_unchanged, start, end),
        cmocka_unit_test_setup_teardown(test_sound_overtakes_pictures, start, end),
        cmocka_unit_test_setup_teardown(test_old_frames_go_whole, start, end),
        cmocka_unit_test_setup_teardown(test_a_frame_that_has_begun_ends, start, end),
        cmocka_unit_test_setup_teardown(test_what_is_still_to_come_of_a_dropped_frame_is_refused, start, end),
        cmocka_unit_test_setup_teardown(test_bytes_are_bounded_and_the_newest_kept, start, end),
        cmocka_unit_test_setup_teardown(test_one_frame_larger_than_all_is_dropped, start, end),
        cmocka_unit_test_setup_teardown(test_old_sound_goes_but_the_protocol_stays, start, end),
        cmocka_unit_test_setup_teardown(test_no_datagram_is_not_taken, start, end),
        cmocka_unit_test_setup_teardown(test_only_whole_frames_come_out, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
