// The whole way of a picture inside one process: captured, coded, cut, put together, decoded. (Of sound:
// test_sound_pipeline.)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/assembler.h"
#include "client/recv/receivers.h"
#include "client/send/camera.h"
#include "client/send/packetiser.h"
#include "client/send/test_picture.h"
#include "client/send/video_encoder.h"
#include "client/stats.h"
#include "shared/clock.h"
#include "shared/wire.h"

#include <libavutil/frame.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBER = 7 };

struct pipeline {
    struct video_encoder *encoder;
    struct receivers *receivers;
    struct assembler *assembler; // encoder thread
    uint32_t number;
    unsigned frames, lose_frame, damage_frame; // encoder thread; of these frames a datagram is lost, or its bytes are
    atomic_uint asked;
};

static void on_picture(void *ctx, struct AVFrame *frame, uint64_t capture_us)
{
    struct pipeline *p = ctx;
    video_encoder_put(p->encoder, frame, capture_us);
}

static bool on_frame(void *ctx, struct encoded_frame *frame)
{
    struct pipeline *p = ctx;
    struct packetiser packets;
    uint8_t payload[WIRE_PAYLOAD_MAX];
    size_t size;
    bool first, last;
    p->frames++;
    packetiser_start(&packets, frame->data, frame->size, sizeof payload);
    while (packetiser_next(&packets, payload, &size, &first, &last)) {
        uint8_t mark = (uint8_t)((first ? WIRE_MARK_START : 0) | (last ? WIRE_MARK_END : 0) |
                                 (frame->keyframe ? WIRE_MARK_INDEPENDENT : 0));
        uint32_t number = p->number++;
        if (first && p->frames == p->lose_frame)
            continue;
        if (p->frames == p->damage_frame)
            memset(payload + 3, 0xff, size - 3);
        assembler_push(p->assembler, number, frame->ts, mark, payload, size, clock_now_us());
    }
    struct recv_frame whole;
    while (assembler_pop(p->assembler, clock_now_us(), &whole)) {
        receivers_push_video(p->receivers, MEMBER, WIRE_SLOT(WIRE_STREAM_CAMERA, 2), &whole);
        receivers_set_clock(p->receivers, MEMBER, WIRE_SLOT(WIRE_STREAM_CAMERA, 2), frame->ts, frame->capture_us);
    }
    if (assembler_needs_refresh(p->assembler))
        video_encoder_request_keyframe(p->encoder);
    encoded_frame_free(frame);
    return true;
}

static void ask_keyframe(void *ctx, uint16_t member, uint8_t slot)
{
    struct pipeline *p = ctx;
    atomic_fetch_add(&p->asked, member == MEMBER && wire_stream(slot) == WIRE_STREAM_CAMERA ? 1 : 1000);
    video_encoder_request_keyframe(p->encoder);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct watched {
    unsigned pictures, unreadable, backwards, width, height;
    double ready_ms[1000]; // capture to decoded and due
};

// Take pictures as a screen would until `end_us`.
static void watch(struct pipeline *p, uint64_t end_us, struct watched *w)
{
    uint32_t before = 0;
    for (uint64_t now; (now = clock_now_us()) < end_us; clock_sleep_until(now + 500)) {
        const AVFrame *frame = receivers_take(p->receivers, MEMBER, false, now, NULL);
        if (!frame)
            continue;
        uint32_t counter, ms;
        receivers_shown(p->receivers, MEMBER, false, now);
        w->width = (unsigned)frame->width;
        w->height = (unsigned)frame->height;
        if (!test_picture_read(frame->data[0], frame->linesize[0], w->width, w->height, &counter, &ms)) {
            w->unreadable++;
            continue;
        }
        w->backwards += w->pictures > 0 && counter <= before;
        before = counter;
        if (w->pictures < ARRAY_LEN(w->ready_ms))
            w->ready_ms[w->pictures++] = (double)(int32_t)((uint32_t)(now / 1000) - ms);
    }
}

static struct watched *run_video(unsigned width, unsigned height, unsigned lose_frame, unsigned damage_frame,
                                 double seconds, unsigned *asked)
{
    struct pipeline p = {.lose_frame = lose_frame, .damage_frame = damage_frame, .assembler = assembler_create()};
    struct watched *w = calloc(1, sizeof *w);
    p.receivers = receivers_create(&(struct receivers_config){.ctx = &p, .ask_keyframe = ask_keyframe});
    p.encoder = video_encoder_create(&(struct video_encoder_config){
        .codec = "libx264", .width = width, .height = height, .kbps = 1400, .ctx = &p, .on_frame = on_frame});
    struct camera *camera = camera_create(&(struct camera_config){.spec = "test", .ctx = &p, .on_picture = on_picture});
    assert_true(video_encoder_start(p.encoder));
    assert_true(camera_start(camera));
    watch(&p, clock_now_us() + (uint64_t)(seconds * 1e6), w);
    struct stats_stream stats;
    assert_int_equal(receivers_fill_stats(p.receivers, clock_now_us(), &stats, 1), 1);
    struct video_encoder_figures encoded;
    video_encoder_get_figures(p.encoder, &encoded);
    camera_stop(camera);
    video_encoder_stop(p.encoder);
    camera_join(camera);
    video_encoder_join(p.encoder);
    receivers_destroy(p.receivers);
    camera_destroy(camera);
    video_encoder_destroy(p.encoder);
    assembler_destroy(p.assembler);
    qsort(w->ready_ms, w->pictures, sizeof w->ready_ms[0], compare);
    *asked = atomic_load(&p.asked);
    assert_int_equal(stats.member, MEMBER);
    assert_string_equal(stats.slot, "camera");
    assert_true(stats.frames_decoded >= w->pictures);
    assert_true(stats.latency_ms > 0);
    print_message("%ux%u: %u pictures, encode %.2f ms, captured to due p50 %.0f p95 %.0f ms, jitter %.1f ms\n",
                  w->width, w->height, w->pictures, (double)encoded.encode_us / 1000 / (double)MAX(encoded.frames, 1u),
                  w->pictures ? w->ready_ms[w->pictures / 2] : 0, w->pictures ? w->ready_ms[w->pictures * 95 / 100] : 0,
                  stats.jitter_ms);
    return w;
}

static void pictures_arrive_in_order_and_soon(void **state)
{
    (void)state;
    unsigned asked;
    struct watched *w = run_video(0, 0, 0, 0, 3, &asked);
    assert_int_equal(w->width, 1280);
    assert_int_equal(w->height, 720);
    assert_in_range(w->pictures, 20, 91); // a loaded machine may leave some out, never make more
    assert_int_equal(w->unreadable, 0);
    assert_int_equal(w->backwards, 0);
    assert_int_equal(asked, 0);
    free(w);
}

static void smaller_layer_is_scaled(void **state)
{
    (void)state;
    unsigned asked;
    struct watched *w = run_video(640, 360, 0, 0, 1.5, &asked);
    assert_int_equal(w->width, 640);
    assert_int_equal(w->height, 360);
    assert_true(w->pictures > 10);
    assert_int_equal(w->unreadable, 0);
    free(w);
}

static void loss_is_healed_by_a_keyframe(void **state)
{
    (void)state;
    unsigned asked;
    struct watched *w = run_video(640, 360, 20, 0, 3, &asked);
    assert_true(w->pictures > 40); // 20 before the loss, and many after it
    assert_int_equal(w->unreadable, 0);
    assert_int_equal(w->backwards, 0);
    free(w);
}

static void damage_is_healed_by_a_keyframe(void **state)
{
    (void)state;
    unsigned asked;
    struct watched *w = run_video(640, 360, 0, 20, 3, &asked);
    assert_in_range(asked, 1, 3);
    assert_true(w->pictures > 40);
    assert_int_equal(w->unreadable, 0); // what was damaged is never shown
    assert_int_equal(w->backwards, 0);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_arrive_in_order_and_soon),
        cmocka_unit_test(smaller_layer_is_scaled),
        cmocka_unit_test(loss_is_healed_by_a_keyframe),
        cmocka_unit_test(damage_is_healed_by_a_keyframe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
