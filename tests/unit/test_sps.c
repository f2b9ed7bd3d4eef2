// SPS limits: what an encoder of ours makes is read right, what we do not decode is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/sps.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

// A bit writer for SPS of our own making.
struct bits {
    uint8_t data[200];
    size_t at;
};

static void put(struct bits *b, uint32_t value, unsigned count)
{
    while (count-- > 0) {
        if (value >> count & 1)
            b->data[b->at / 8] |= (uint8_t)(0x80 >> b->at % 8);
        b->at++;
    }
}

static void put_ue(struct bits *b, uint32_t value)
{
    unsigned length = 0;
    while ((uint64_t)(value + 1) >> (length + 1))
        length++;
    put(b, 0, length);
    put(b, value + 1, length + 1);
}

struct wish {
    unsigned profile, chroma, depth, references, columns, rows, frames_only, crop;
    unsigned vui; // 1 with nothing in it, 2 with every part; both say `reorder`
    unsigned reorder;
    unsigned counting; // of pictures: 2 = in the order of coding
};

static const struct wish usual = {100, 1, 0, 1, 80, 45, 1, 0, 0, 0, 2};

static void put_hrd(struct bits *b)
{
    put_ue(b, 1);
    put(b, 0, 8);
    for (unsigned i = 0; i < 2; i++) {
        put_ue(b, 1000 + i);
        put_ue(b, 2000 + i);
        put(b, 0, 1);
    }
    put(b, 0, 20);
}

static void put_vui(struct bits *b, const struct wish *w)
{
    bool all = w->vui > 1;
    put(b, all, 1);
    if (all) {
        put(b, 255, 8);
        put(b, 0x00010001, 32);
    }
    put(b, all ? 3 : 0, all ? 2 : 1); // overscan
    put(b, all, 1);
    if (all) {
        put(b, 0xb, 5); // and with colours
        put(b, 1, 24);
    }
    put(b, all, 1);
    for (unsigned i = 0; all && i < 2; i++)
        put_ue(b, i);
    put(b, all, 1);
    for (unsigned i = 0; all && i < 65; i++)
        put(b, 1, 1);
    put(b, all, 1);
    if (all)
        put_hrd(b);
    put(b, all, 1);
    if (all)
        put_hrd(b);
    put(b, 0, all ? 2 : 1);
    put(b, 1, 1);
    put(b, 1, 1);
    for (unsigned i = 0; i < 4; i++)
        put_ue(b, i);
    put_ue(b, w->reorder);
    put_ue(b, w->reorder);
}

static size_t make(const struct wish *w, uint8_t *nal)
{
    struct bits b = {.at = 0};
    put(&b, w->profile, 8);
    put(&b, 0, 8);
    put(&b, 31, 8);
    put_ue(&b, 0);
    if (w->profile >= 100) {
        put_ue(&b, w->chroma);
        put_ue(&b, w->depth);
        put_ue(&b, 0);
        put(&b, 0, 1);
        put(&b, 0, 1);
    }
    put_ue(&b, 0);
    put_ue(&b, w->counting);
    if (w->counting == 0)
        put_ue(&b, 0);
    put_ue(&b, w->references);
    put(&b, 0, 1);
    put_ue(&b, w->columns - 1);
    put_ue(&b, w->rows - 1);
    put(&b, w->frames_only, 1);
    if (!w->frames_only)
        put(&b, 0, 1);
    put(&b, 1, 1);
    put(&b, w->crop > 0, 1);
    for (unsigned i = 0; w->crop && i < 4; i++)
        put_ue(&b, i == 3 ? w->crop : 0);
    put(&b, w->vui > 0, 1);
    if (w->vui)
        put_vui(&b, w);
    put(&b, 1, 1);
    size_t n = (b.at + 7) / 8;
    nal[0] = 0x67;
    memcpy(nal + 1, b.data, n);
    return n + 1;
}

static bool reads(struct wish w, struct sps *out)
{
    uint8_t nal[256];
    size_t n = make(&w, nal);
    return sps_read(out, nal, n);
}

static void limits(void **state)
{
    (void)state;
    struct sps s;
    struct wish w = usual;
    assert_true(reads(w, &s));
    assert_int_equal(s.width, 1280);
    assert_int_equal(s.height, 720);
    assert_int_equal(s.reference_frames, 1);
    w.crop = 4;
    assert_true(reads(w, &s));
    assert_int_equal(s.height, 712);
    w.crop = 360;
    assert_false(reads(w, &s)); // nothing left
    w = usual, w.columns = 160, w.rows = 90;
    assert_true(reads(w, &s));
    w.rows = 91;
    assert_false(reads(w, &s));
    w = usual, w.columns = 90, w.rows = 160; // upright
    assert_true(reads(w, &s));
    w = usual, w.columns = 161;
    assert_false(reads(w, &s));
    w = usual, w.columns = 0xfffffff0u;
    assert_false(reads(w, &s));
    w = usual, w.references = 16;
    assert_true(reads(w, &s));
    w.references = 17;
    assert_false(reads(w, &s));
    w = usual, w.chroma = 2;
    assert_false(reads(w, &s));
    w = usual, w.depth = 2;
    assert_false(reads(w, &s));
    w = usual, w.frames_only = 0;
    assert_false(reads(w, &s));
    w = usual, w.profile = 66;
    assert_true(reads(w, &s));
    w.profile = 244;
    assert_false(reads(w, &s));
    w.profile = 12;
    assert_false(reads(w, &s));
}

static void order_of_pictures(void **state)
{
    (void)state;
    struct sps s;
    struct wish w = usual;
    for (w.vui = 1; w.vui <= 2; w.vui++)
        for (w.reorder = 0; w.reorder <= 17; w.reorder++) {
            assert_int_equal(reads(w, &s), w.reorder <= 16);
            assert_true(s.tells_reorder);
            assert_int_equal(s.reorder, w.reorder);
        }
    w = usual;
    assert_true(reads(w, &s));
    assert_true(s.tells_reorder);
    w.counting = 0;
    assert_true(reads(w, &s));
    assert_false(s.tells_reorder);
    w.profile = 66;
    assert_true(reads(w, &s));
    assert_true(s.tells_reorder); // the baseline knows no B-frames
    uint8_t nal[256];
    w = usual, w.counting = 0, w.vui = 2, w.reorder = 3;
    size_t n = make(&w, nal);
    assert_true(sps_read(&s, nal, n - 6)); // cut short in the VUI: as if it said nothing
    assert_false(s.tells_reorder);
    assert_int_equal(s.reorder, 0);
}

static void cut_short(void **state)
{
    (void)state;
    uint8_t nal[256];
    struct sps s;
    size_t n = make(&usual, nal);
    for (size_t i = 0; i + 1 < n; i++)
        assert_false(sps_read(&s, nal, i));
    assert_true(sps_read(&s, nal, n));
    nal[0] = 0x68;
    assert_false(sps_read(&s, nal, n));
}

// 00 00 03 stands for 00 00 inside a NAL unit (§7.4.1).
static void emulation_prevention(void **state)
{
    (void)state;
    uint8_t nal[256], escaped[256];
    struct sps s;
    size_t n = make(&usual, nal);
    nal[3] = 0; // level 0, after the constraint flags that are 0 too
    memcpy(escaped, nal, 4);
    escaped[4] = 3;
    memcpy(escaped + 5, nal + 4, n - 4);
    assert_true(sps_read(&s, escaped, n + 1));
    assert_int_equal(s.width, 1280);
    assert_int_equal(s.height, 720);
}

static void found_in_a_frame(void **state)
{
    (void)state;
    uint8_t frame[600] = {0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1};
    struct sps s;
    bool found;
    size_t n = 10 + make(&usual, frame + 10);
    memcpy(frame + n, "\0\0\1\x65\1\2\3", 7);
    assert_true(sps_check_frame(frame, n + 7, &s, &found));
    assert_true(found);
    assert_int_equal(s.width, 1280);
    struct wish w = usual;
    w.columns = 200; // a second one, refused
    memcpy(frame + n, "\0\0\1", 3);
    size_t all = n + 3 + make(&w, frame + n + 3);
    assert_false(sps_check_frame(frame, all, &s, &found));
    assert_true(sps_check_frame((const uint8_t *)"\0\0\1\x41\1\2", 6, &s, &found));
    assert_false(found);
    assert_true(sps_check_frame(frame, 0, &s, &found));
}

// Real ones, emulation prevention and VUI included.
static void of_our_encoder(void **state)
{
    (void)state;
    av_log_set_level(AV_LOG_QUIET);
    static const int sizes[][2] = {{1280, 720}, {640, 360}, {320, 180}, {1920, 1080}, {2560, 1440}, {322, 182}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
        assert_non_null(codec);
        AVCodecContext *c = avcodec_alloc_context3(codec);
        c->width = sizes[i][0];
        c->height = sizes[i][1];
        c->pix_fmt = AV_PIX_FMT_YUV420P;
        c->time_base = (AVRational){1, 30};
        c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        c->colorspace = AVCOL_SPC_BT709;
        av_opt_set(c->priv_data, "preset", "superfast", 0);
        assert_int_equal(avcodec_open2(c, codec, NULL), 0);
        struct sps s;
        bool found;
        assert_true(sps_check_frame(c->extradata, (size_t)c->extradata_size, &s, &found));
        assert_true(found);
        assert_int_equal(s.width, sizes[i][0]);
        assert_int_equal(s.height, sizes[i][1]);
        assert_true(s.tells_reorder);
        assert_int_equal(s.reorder, 2); // libx264's own, when nobody asks for no delay
        avcodec_free_context(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),           cmocka_unit_test(cut_short),      cmocka_unit_test(emulation_prevention),
        cmocka_unit_test(found_in_a_frame), cmocka_unit_test(of_our_encoder), cmocka_unit_test(order_of_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
