// What a session makes of layers: which picture it goes over to, what it asks for and how often, and which keyframes
// it makes without being asked.
#include "unit.h"

#include "client/net/session_parts.h"
#include "client/recv/assembler.h"
#include "client/send/encoded_frame.h"
#include "tests/session_nowhere.h"

enum { MS = 1000, SECOND = 1000000, HIM = 7, TS_SECOND = 90000 };

static struct session s;
static struct layers_stream *his;
static uint64_t now;
static unsigned keyframes[BUDGET_LAYERS], told_paused, told_back;

static void on_keyframe(void *ctx, uint8_t slot)
{
    (void)ctx;
    keyframes[wire_layer(slot)]++;
}

static void on_notice(void *ctx, struct notice *n)
{
    (void)ctx;
    assert_int_equal(n->type, NOTICE_PICTURE);
    *(n->flag ? &told_paused : &told_back) += 1;
    notice_free(n);
}

static int stop(void **state)
{
    (void)state;
    session_files_destroy(&s);
    return 0;
}

static int start(void **state)
{
    (void)state;
    session_files_destroy(&s); // of the time before
    memset(&s, 0, sizeof s);
    session_files_init(&s);
    memset(keyframes, 0, sizeof keyframes);
    told_paused = told_back = 0;
    now = 100ULL * SECOND;
    s.io.keyframe = on_keyframe;
    s.io.notice = on_notice;
    s.config.camera_kbps = 2000;
    s.members[0].used = true;
    s.members[0].id = HIM;
    his = layers_stream(&s.layers, HIM, false);
    ladder_init(&s.outflow.ladder, 2000);
    ladder_others(&s.outflow.ladder, 2);
    return 0;
}

// ---- what comes ----

// The picture of this time is shown.
static bool shown(unsigned layer, uint64_t ts, bool keyframe)
{
    const struct media_stream st = {.used = true, .sender = HIM, .slot = WIRE_SLOT(WIRE_STREAM_CAMERA, layer)};
    struct recv_frame f = {.ts = (uint32_t)ts, .arrived_us = ts / 9 * 100 + SECOND, .keyframe = keyframe};
    return session_layers_takes(&s, &st, &f) && !f.behind;
}

static bool shows(unsigned layer)
{
    return s.members[0].picture.any && s.members[0].picture.slot == WIRE_SLOT(WIRE_STREAM_CAMERA, layer);
}

static void another_layer_begins_with_a_keyframe(void **state)
{
    (void)state;
    his->layer = 1;
    assert_true(shown(1, 1000, true));
    his->layer = 2;
    assert_false(shown(2, 4000, false));
    assert_true(shown(2, 4000, true));
    assert_false(shown(1, 3000, true)); // late, of what was left
    assert_false(shown(1, 7000, false));
    assert_true(shows(2));
    assert_true(shown(2, 7000, false));
}

// The relay has kept it from before what is shown now: it is gone over to, and shown from where we are.
static void what_is_asked_for_may_be_older(void **state)
{
    (void)state;
    his->layer = 2;
    assert_true(shown(2, 2 * TS_SECOND, true));
    his->layer = 0;
    assert_false(shown(1, 2 * TS_SECOND - 3000, true)); // nobody asks for this one
    assert_true(shows(2));
    assert_false(shown(0, 2 * TS_SECOND - 3000, true));
    assert_true(shows(0));
    assert_true(shown(0, 2 * TS_SECOND + 3000, false));
    his->layer = 2;
    assert_false(shown(2, TS_SECOND, true)); // too old: it would stand still for so long
    assert_true(shows(0));
}

static void a_night_without_a_picture(void **state)
{
    (void)state;
    for (unsigned hours = 1; hours <= 30; hours++)
        for (unsigned layer = 1; layer <= 2; layer++) {
            start(NULL);
            uint64_t later = hours * 3600ULL * TS_SECOND;
            assert_true(shown(1, 9000, true));
            if (!shown(layer, later, true) || !shown(layer, later + 3000, false))
                fail_msg("%u h later layer %u is not shown", hours, layer);
        }
}

// ---- what is asked for ----

static void take_meta_of(unsigned layer, unsigned flags, unsigned kbps)
{
    uint8_t p[64];
    struct bytes_writer w = bytes_writer(p, sizeof p);
    bytes_put_u8(&w, 1);
    bytes_put_u64(&w, now);
    bytes_put_u64(&w, 0);
    bytes_put_u8(&w, 1);
    bytes_put_u8(&w, WIRE_SLOT(WIRE_STREAM_CAMERA, layer));
    bytes_put_u8(&w, (uint8_t)flags);
    bytes_put_u32(&w, 1);
    bytes_put_u16(&w, 640);
    bytes_put_u16(&w, 360);
    bytes_put_u8(&w, 30);
    bytes_put_u16(&w, (uint16_t)kbps);
    session_layers_take_meta(
        &s, &(struct media_packet){.sender = HIM, .payload = p, .size = sizeof p - w.left, .now_us = now});
}

static void take_meta(unsigned layer)
{
    take_meta_of(layer, 1, 100);
}

static void what_he_cannot_make_smaller(void **state)
{
    (void)state;
    s.hop.has_clock = true;
    take_meta_of(2, 3, 8000);
    assert_int_equal(s.members[0].picture.whole_kbps[2], 8000);
    take_meta_of(1, 3, 0);
    assert_int_equal(s.members[0].picture.whole_kbps[1], 1);
    take_meta_of(2, 1, 8000);
    assert_int_equal(s.members[0].picture.whole_kbps[2], 0);
}

// Another who says each 4 ms that he offers something else does not make us ask as often; we act all the same.
static void he_changes_what_he_offers(void **state)
{
    (void)state;
    unsigned chosen = 0;
    s.hop.has_clock = true;
    s.layers_us = now;
    for (unsigned i = 0; i < 250; i++, now += 4 * MS) {
        uint64_t before = s.layers_us;
        take_meta(i & 1);
        session_layers_tick(&s, now);
        chosen += s.layers_us != before;
    }
    assert_true(chosen >= 4 && chosen <= 6);
    assert_true(s.members[0].picture.told);
}

// However often there is something new to ask for.
static void asked_for_each_50_ms_at_most(void **state)
{
    (void)state;
    uint64_t sent = 0;
    unsigned times = 0;
    for (unsigned i = 0; i < 100; i++, now += 10 * MS) {
        session_subscribe(&s, now);
        session_layers_tick(&s, now);
        if (s.layers_sent_us == sent)
            continue;
        assert_true(s.layers_sent_us - sent >= 50 * MS);
        sent = s.layers_sent_us;
        times++;
    }
    assert_int_equal(times, 20);
}

static void who_is_shut_out_is_not_paused(void **state)
{
    (void)state;
    session_layers_shut_out(&s, &s.members[0]);
    assert_int_equal(told_back, 0);
    s.members[0].picture.paused = true;
    session_layers_shut_out(&s, &s.members[0]);
    session_layers_shut_out(&s, &s.members[0]);
    assert_int_equal(told_back, 1);
    assert_int_equal(told_paused, 0);
}

static void view(uint8_t only, bool none)
{
    struct command_view one = {.member = HIM, .height = 200, .only = only, .none = none};
    session_layers_view(&s, &(struct command){.type = COMMAND_VIEW, .view = &one, .view_count = 1}, now);
}

// A film for somebody else: neither its picture nor its sound is taken, and that is asked for once.
static void nothing_of_him_is_for_us(void **state)
{
    (void)state;
    view(0, false);
    s.layers_repeat = 0;
    view(0, true);
    assert_true(s.layers_repeat > 0);
    assert_false(session_layers_wants(&s, HIM, SESSION_AUDIO_SLOT));
    s.layers_repeat = 0;
    view(0, true);
    view(2, true);
    assert_int_equal(s.layers_repeat, 0);
    assert_int_equal(s.members[0].picture.only, 2);
}

// ---- what we send ----

static void watched(uint8_t slot, uint8_t watchers, uint16_t kbps)
{
    struct feedback_watched w = {.count = 1};
    w.item[0].slot = slot;
    w.item[0].watchers = watchers;
    w.item[0].kbps = kbps;
    session_layers_watched(&s, &w, now);
}

// One when the limit falls far below what is sent; none when it is said again, nor for one that is below all that is
// ever made, and each 300 ms at the most.
static void a_keyframe_for_a_limit_that_fell(void **state)
{
    (void)state;
    const uint8_t slot = WIRE_SLOT(WIRE_STREAM_CAMERA, 1);
    struct ladder_layer *sent = &s.outflow.told.camera[1];
    sent->kbps = 500;
    watched(slot, 1, 0);
    watched(slot, 1, 450);
    assert_int_equal(keyframes[1], 0);
    for (unsigned i = 0; i < 3; i++, now += 50 * MS)
        watched(slot, 1, 270);
    assert_int_equal(keyframes[1], 1);
    sent->kbps = 250; // the least there is
    for (unsigned i = 0; i < 100; i++, now += 10 * MS)
        watched(slot, 1, (uint16_t)(1 + i % 2));
    assert_int_equal(keyframes[1], 1);
    sent->kbps = 500;
    for (unsigned i = 0; i < 100; i++, now += 10 * MS)
        watched(slot, 1, i % 2 ? 250 : 500);
    assert_in_range(keyframes[1], 2, 5);
    assert_int_equal(keyframes[0] + keyframes[2] + keyframes[3], 0);
}

// Whoever subscribes to parts of a layer that are never sent takes nothing away from who watches it.
static void parts_of_a_layer_count_for_nothing(void **state)
{
    (void)state;
    struct feedback_watched w = {.count = 2, .item = {{0x18, 2, 300}, {0x1B, 1, 0}}};
    session_layers_watched(&s, &w, now);
    assert_int_equal(s.outflow.ladder.watch[2].watchers, 2);
    assert_int_equal(s.outflow.ladder.watch[2].kbps, 300);
}

static unsigned lines_told(unsigned layer)
{
    static struct stats stats;
    session_layers_stats(&s, &stats);
    return stats.call.layers[layer].height;
}

static void made(unsigned layer, unsigned width, unsigned height)
{
    session_layers_made(&s, &(struct encoded_frame){.layer = layer, .width = width, .height = height});
}

// A camera that is smaller than the layer: it is told as it is, when nobody watches it, too.
static void a_small_camera(void **state)
{
    (void)state;
    ladder_choose(&s.outflow.ladder, 5e6, now);
    assert_int_equal(lines_told(1), 360);
    made(1, 320, 240);
    assert_int_equal(lines_told(1), 240);
    assert_int_equal(lines_told(2), 720);
    made(2, 320, 240);
    assert_int_equal(lines_told(1), 240);
    assert_int_equal(lines_told(2), 240);
    made(2, 1280, 720); // another camera
    assert_int_equal(lines_told(1), 360);
    assert_int_equal(lines_told(2), 720);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        T(another_layer_begins_with_a_keyframe),
        T(what_is_asked_for_may_be_older),
        T(a_night_without_a_picture),
        T(he_changes_what_he_offers),
        T(what_he_cannot_make_smaller),
        T(asked_for_each_50_ms_at_most),
        T(who_is_shut_out_is_not_paused),
        T(nothing_of_him_is_for_us),
        T(a_keyframe_for_a_limit_that_fell),
        T(parts_of_a_layer_count_for_nothing),
        T(a_small_camera),
    };
    return cmocka_run_group_tests_name("session_layers", tests, NULL, NULL);
}
