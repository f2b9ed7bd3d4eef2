// Pictures that are coded out of order, as they come over the wire: in the file each has its own time, and what a
// player shows is in order, at its time.
#include "tests/unit/unit.h"

#include "client/record_file.h"
#include "client/record_order.h"
#include "client/send/picture_order.h"
#include "clip_rig.h"

#include <unistd.h>

enum { COUNT = 120, STEP_US = 40000 };
#define BASE_US 5000000ull

static struct record_item *items[COUNT];
static int64_t shows[COUNT]; // in coding order: the number of each picture
static unsigned depth;

static void encode(const char *params)
{
    AVCodecContext *codec = clip_encoder("libx264", 160, 96, params, false);
    AVPacket *p = av_packet_alloc();
    unsigned n = 0;
    for (unsigned i = 0; i <= COUNT; i++) {
        clip_encode(codec, i, i == COUNT);
        while (avcodec_receive_packet(codec, p) == 0) {
            items[n] = record_queue_item(RECORD_ITEM_VIDEO, 1, 0x10, p->data, (size_t)p->size);
            items[n]->keyframe = p->flags & AV_PKT_FLAG_KEY;
            shows[n++] = p->pts / CLIP_STEP;
            av_packet_unref(p);
        }
    }
    assert_int_equal(n, COUNT);
    av_packet_free(&p);
    avcodec_free_context(&codec);
}

// The time on the wire, and what is made of it.
static void order_all(void)
{
    struct picture_order wire;
    struct record_order o = {0};
    struct sps sps;
    bool found;
    assert_true(sps_check_frame(items[0]->data, items[0]->size, &sps, &found) && found);
    depth = o.depth = sps.reorder;
    picture_order_begin(&wire, sps.reorder, shows[0], 1);
    for (unsigned i = 0; i < COUNT; i++) {
        items[i]->at_us = BASE_US + (uint64_t)(picture_order_next(&wire, shows[i]) * STEP_US);
        record_order_add(&o, items[i]);
    }
    record_order_flush(&o);
    record_order_destroy(&o);
}

static void write_all(const char *path)
{
    char made[RECORD_FILE_PATH];
    struct record_file *f = record_file_create(path, made);
    struct record_file_track track = {.codec = RECORD_FILE_H264,
                                      .title = "A film",
                                      .headers = items[0]->data,
                                      .headers_size = items[0]->size,
                                      .width = 160,
                                      .height = 96};
    assert_non_null(f);
    assert_true(record_file_takes(&track));
    assert_true(record_file_begin(f, "", 0, &track, 1));
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(record_file_put(
            f, &(struct record_file_packet){.ms = (int64_t)items[i]->at_us / 1000,
                                            .shown_ms = (int64_t)MAX(items[i]->shown_us, items[i]->at_us) / 1000,
                                            .keyframe = items[i]->keyframe,
                                            .data = items[i]->data,
                                            .size = items[i]->size}));
    record_file_close(f);
}

// Decodes it all; which picture is shown when.
static void play(const char *path)
{
    AVFormatContext *f = NULL;
    AVPacket *p = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    unsigned next = 0;
    assert_int_equal(avformat_open_input(&f, path, NULL, NULL), 0);
    AVCodecContext *d = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
    avcodec_parameters_to_context(d, f->streams[0]->codecpar);
    assert_int_equal(avcodec_open2(d, NULL, NULL), 0);
    for (bool more = true; more;) {
        more = av_read_frame(f, p) == 0;
        assert_int_equal(avcodec_send_packet(d, more ? p : NULL), 0);
        av_packet_unref(p);
        while (avcodec_receive_frame(d, frame) == 0) {
            assert_int_equal(clip_number(frame), next);
            int64_t off = frame->pts - (int64_t)(BASE_US / 1000 + next * (STEP_US / 1000));
            assert_in_range(off + 30, 0, next + depth < COUNT ? 30 : 60); // of the last the time is not told any more
            next++;
        }
    }
    assert_int_equal(next, COUNT);
    avcodec_free_context(&d);
    avformat_close_input(&f);
    av_frame_free(&frame);
    av_packet_free(&p);
}

static void in_order(void **state)
{
    (void)state;
    static const struct {
        const char *params;
        unsigned depth;
    } kinds[] = {{"bframes=0:keyint=50:min-keyint=50:scenecut=0", 0},
                 {"bframes=2:b-pyramid=none:b-adapt=0:ref=4:scenecut=0:keyint=50:min-keyint=50", 1},
                 {"bframes=3:b-pyramid=normal:b-adapt=0:ref=4:scenecut=0:keyint=50:min-keyint=50", 2}};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        char folder[64] = "/tmp/parlour-order-XXXXXX", path[96];
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/film.mkv", folder);
        encode(kinds[k].params);
        order_all();
        assert_int_equal(depth, kinds[k].depth);
        for (unsigned i = 0; i < COUNT; i++) {
            assert_true(items[i]->placed);
            if (shows[i] + depth < COUNT)
                assert_int_equal(items[i]->shown_us, BASE_US + (uint64_t)shows[i] * STEP_US);
        }
        write_all(path);
        play(path);
        for (unsigned i = 0; i < COUNT; i++)
            free(items[i]);
        unlink(path);
        rmdir(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
