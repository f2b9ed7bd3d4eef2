// Streams whose pictures are coded out of order (B-frames), with the real encoder and decoder: every picture comes out
// once, in order, with the access unit that carries its time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/recv/assembler.h"
#include "client/recv/h264_decoder.h"
#include "client/send/picture_order.h"
#include "client/sps.h"
#include "clip_rig.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 160, HEIGHT = 96, STEP = CLIP_STEP, UNITS = 400 };

struct unit { // an access unit
    uint8_t *data;
    size_t size;
    int64_t pts, ts;
    bool keyframe;
};

struct clip {
    struct unit unit[UNITS];
    unsigned count, reorder;
};

static void take_units(struct clip *c, AVCodecContext *codec, AVPacket *p)
{
    while (avcodec_receive_packet(codec, p) == 0) {
        assert_true(c->count < UNITS);
        struct unit *u = &c->unit[c->count++];
        *u = (struct unit){malloc((size_t)p->size), (size_t)p->size, p->pts, 0, p->flags & AV_PKT_FLAG_KEY};
        assert_non_null(u->data);
        memcpy(u->data, p->data, u->size);
        av_packet_unref(p);
    }
}

static struct clip *encode(int scale, const char *params, unsigned first, unsigned count)
{
    struct clip *c = calloc(1, sizeof *c);
    AVCodecContext *codec = clip_encoder("libx264", WIDTH * scale, HEIGHT * scale, params, false);
    AVPacket *p = av_packet_alloc();
    assert_true(c && p);
    for (unsigned i = 0; i <= count; i++) {
        clip_encode(codec, first + i, i == count);
        take_units(c, codec, p);
    }
    assert_int_equal(c->count, count);
    avcodec_free_context(&codec);
    av_packet_free(&p);
    return c;
}

static void stamp(struct clip *c)
{
    struct sps sps;
    struct picture_order order;
    bool found;
    assert_true(sps_check_frame(c->unit[0].data, c->unit[0].size, &sps, &found));
    assert_true(found && sps.tells_reorder);
    c->reorder = sps.reorder;
    picture_order_begin(&order, sps.reorder, c->unit[0].pts, STEP);
    for (unsigned i = 0; i < c->count; i++)
        c->unit[i].ts = picture_order_next(&order, c->unit[i].pts);
}

static void clip_free(struct clip *c)
{
    for (unsigned i = 0; i < c->count; i++)
        free(c->unit[i].data);
    free(c);
}

// What comes out with it: a picture's number, or -1. *good (may be NULL = must be) as the decoder says.
static int give(struct h264_decoder *d, const struct unit *u, bool *good)
{
    AVFrame *picture;
    uint8_t *copy = calloc(1, u->size + ASSEMBLER_PADDING);
    assert_non_null(copy);
    memcpy(copy, u->data, u->size);
    bool taken = h264_decoder_decode(d, copy, u->size, u->keyframe, &picture);
    if (good)
        *good = taken;
    else
        assert_true(taken);
    int number = picture ? (int)clip_number(picture) : -1;
    av_frame_free(&picture);
    return number;
}

static const char *const with_b = "bframes=2:b-pyramid=normal:b-adapt=0:ref=4:scenecut=0:keyint=50:min-keyint=50";

static void in_order(void **state)
{
    (void)state;
    static const struct {
        const char *params;
        unsigned reorder;
    } kinds[] = {{"bframes=0:keyint=50:min-keyint=50:scenecut=0", 0},
                 {"bframes=2:b-pyramid=none:b-adapt=0:ref=4:scenecut=0:keyint=50:min-keyint=50", 1},
                 {"bframes=2:b-pyramid=normal:b-adapt=0:ref=4:scenecut=0:keyint=50:min-keyint=50", 2},
                 {"bframes=3:b-pyramid=normal:b-adapt=2:ref=4:keyint=250:min-keyint=25", 2}};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct clip *c = encode(1, kinds[k].params, 0, 300);
        struct h264_decoder *d = h264_decoder_create();
        stamp(c);
        assert_int_equal(c->reorder, kinds[k].reorder);
        for (unsigned i = 0; i < c->count; i++) {
            int shown = give(d, &c->unit[i], NULL);
            assert_int_equal(shown, i < c->reorder ? -1 : (int)(i - c->reorder));
            assert_int_equal(c->unit[i].ts, ((int64_t)i - c->reorder) * STEP);
        }
        h264_decoder_destroy(d);
        clip_free(c);
    }
}

// Another size of the same film from a keyframe on: what the first still had fills the gap, and no picture is missed.
static void another_layer_without_a_gap(void **state)
{
    (void)state;
    struct clip *small = encode(1, with_b, 0, 150), *large = encode(2, with_b, 0, 150);
    struct h264_decoder *d = h264_decoder_create();
    stamp(small);
    stamp(large);
    for (unsigned i = 0; i < 150; i++) {
        const struct clip *from = i < 50 ? small : i < 100 ? large : small;
        int shown = give(d, &from->unit[i], NULL);
        assert_int_equal(shown, i < 2 ? -1 : (int)i - 2);
    }
    h264_decoder_destroy(d);
    clip_free(small);
    clip_free(large);
}

// From B-frames to none and back, as where a stretch is coded anew: at once, and later two pictures are missed.
static void to_no_b_frames_and_back(void **state)
{
    (void)state;
    struct clip *b = encode(1, with_b, 0, 150), *plain = encode(1, "bframes=0:keyint=500:scenecut=0", 58, 40);
    struct h264_decoder *d = h264_decoder_create();
    stamp(b);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(give(d, &b->unit[i], NULL), i < 2 ? -1 : (int)i - 2);
    for (unsigned i = 0; i < 40; i++) // without delay: what was kept back is of the past
        assert_int_equal(give(d, &plain->unit[i], NULL), 58 + (int)i);
    for (unsigned i = 100; i < 150; i++)
        assert_int_equal(give(d, &b->unit[i], NULL), i < 102 ? -1 : (int)i - 2);
    h264_decoder_destroy(d);
    clip_free(b);
    clip_free(plain);
}

static void after_a_loss(void **state)
{
    (void)state;
    struct clip *c = encode(1, with_b, 0, 150);
    struct h264_decoder *d = h264_decoder_create();
    stamp(c);
    int last = -1;
    for (unsigned i = 0; i < 150; i++) {
        bool good = true;
        if (i >= 20 && i < 50) // dropped up to the next keyframe
            continue;
        int shown = give(d, &c->unit[i], &good);
        assert_true(good);
        assert_true(shown == -1 || shown > last);
        last = shown > last ? shown : last;
        if (i >= 52)
            assert_int_equal(shown, (int)i - 2); // with its own time again
    }
    // What is damaged ends what was kept back, too.
    struct unit bad = c->unit[70];
    uint8_t bytes[8192] = {0};
    bool good;
    assert_true(bad.size <= sizeof bytes);
    memcpy(bytes, bad.data, MIN(bad.size, (size_t)6));
    bad.data = bytes;
    assert_int_equal(give(d, &bad, &good), -1);
    assert_false(good);
    assert_int_equal(give(d, &c->unit[100], NULL), -1);
    assert_int_equal(give(d, &c->unit[101], NULL), -1);
    assert_int_equal(give(d, &c->unit[102], NULL), 100);
    h264_decoder_destroy(d);
    clip_free(c);
}

static void times(void **state)
{
    (void)state;
    struct picture_order o;
    static const int64_t coded[] = {0, 30, 10, 20, 60, 40, 50, 70}, carried[] = {-10, 0, 10, 20, 30, 40, 50, 60};
    picture_order_begin(&o, 1, 0, 10);
    for (size_t i = 0; i < ARRAY_LEN(coded); i++)
        assert_int_equal(picture_order_next(&o, coded[i]), carried[i]);
    picture_order_begin(&o, 0, 5, 10);
    assert_int_equal(picture_order_next(&o, 5), 5);
    picture_order_begin(&o, 99, 0, 1); // more than a stream may have
    assert_int_equal(picture_order_next(&o, 0), -16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),     cmocka_unit_test(another_layer_without_a_gap),
        cmocka_unit_test(after_a_loss), cmocka_unit_test(to_no_b_frames_and_back),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
