// What is passed on: real files, the real encoder and decoder, the clock of the machine.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "beside.h"
#include "client/recv/assembler.h"
#include "client/recv/h264_decoder.h"
#include "client/send/annexb.h"
#include "client/send/direct.h"
#include "client/send/stream_source.h"
#include "client/thread.h"
#include "clip_rig.h"
#include "shared/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WIDTH = 320, HEIGHT = 192, SEEN = 600 };

static const char *const each_second = "bframes=2:b-pyramid=normal:b-adapt=0:ref=4:scenecut=0:keyint=25:min-keyint=25";
static const char *const ten_seconds =
    "bframes=2:b-pyramid=normal:b-adapt=0:ref=4:scenecut=0:keyint=250:min-keyint=250";
static char folder[] = "/tmp/parlour-direct-XXXXXX";

// A clip of `count` pictures; `params` NULL: not H.264. Its path is the caller's.
static const char *clip(const char *name, int scale, const char *params, unsigned count)
{
    static char path[200];
    AVFormatContext *out;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    AVCodecContext *c = clip_encoder(params ? "libx264" : "mpeg4", WIDTH * scale, HEIGHT * scale, params, true);
    AVPacket *p = av_packet_alloc();
    assert_true(avformat_alloc_output_context2(&out, NULL, NULL, path) >= 0);
    AVStream *s = avformat_new_stream(out, NULL);
    avcodec_parameters_from_context(s->codecpar, c);
    s->time_base = c->time_base;
    s->avg_frame_rate = c->framerate;
    assert_true(avio_open(&out->pb, path, AVIO_FLAG_WRITE) >= 0 && avformat_write_header(out, NULL) >= 0);
    for (unsigned i = 0; i <= count; i++) {
        clip_encode(c, i, i == count);
        while (avcodec_receive_packet(c, p) == 0) {
            av_packet_rescale_ts(p, c->time_base, s->time_base);
            assert_int_equal(av_interleaved_write_frame(out, p), 0);
        }
    }
    av_write_trailer(out);
    avio_closep(&out->pb);
    avformat_free_context(out);
    avcodec_free_context(&c);
    av_packet_free(&p);
    return path;
}

struct seen { // a picture that came out
    int number;
    uint64_t at_us; // as its frame says
};

struct watcher {
    pthread_mutex_t mutex; // covers all
    struct h264_decoder *decoder[DIRECT_LAYERS];
    struct seen seen[DIRECT_LAYERS][SEEN];
    unsigned count[DIRECT_LAYERS], frames[DIRECT_LAYERS], keyframes[DIRECT_LAYERS], errors, rising;
    uint32_t last_ts[DIRECT_LAYERS];
    struct direct_state state;
    unsigned states;
    unsigned refuse; // so many frames
};

static bool on_frame(void *ctx, struct encoded_frame *f)
{
    struct watcher *w = ctx;
    AVFrame *picture = NULL;
    pthread_mutex_lock(&w->mutex);
    if (w->refuse) {
        w->refuse--;
        pthread_mutex_unlock(&w->mutex);
        return false;
    }
    unsigned l = f->layer;
    if (!w->decoder[l])
        w->decoder[l] = h264_decoder_create();
    uint8_t *copy = calloc(1, f->size + ASSEMBLER_PADDING);
    memcpy(copy, f->data, f->size);
    w->rising += w->frames[l] && (int32_t)(f->ts - w->last_ts[l]) <= 0;
    w->last_ts[l] = f->ts;
    w->frames[l]++;
    w->keyframes[l] += f->keyframe;
    w->errors += !h264_decoder_decode(w->decoder[l], copy, f->size, f->keyframe, &picture);
    if (picture && w->count[l] < SEEN)
        w->seen[l][w->count[l]++] = (struct seen){(int)clip_number(picture), f->capture_us};
    av_frame_free(&picture);
    pthread_mutex_unlock(&w->mutex);
    encoded_frame_free(f);
    return true;
}

static void on_state(void *ctx, const struct direct_state *state)
{
    struct watcher *w = ctx;
    pthread_mutex_lock(&w->mutex);
    w->state = *state;
    w->states++;
    pthread_mutex_unlock(&w->mutex);
}

static struct direct *begin_with(struct watcher *w, const struct direct_config *config)
{
    struct direct_config c = *config;
    memset(w, 0, sizeof *w);
    pthread_mutex_init(&w->mutex, NULL);
    c.ctx = w;
    c.on_frame = on_frame;
    c.on_state = on_state;
    struct direct *d = direct_create(&c);
    assert_non_null(d);
    return d;
}

static struct direct *begin(struct watcher *w, bool film, const char *a, const char *b)
{
    return begin_with(w, &(struct direct_config){.spec = {a, b}, .film = film});
}

static void end(struct direct *d, struct watcher *w)
{
    direct_stop(d);
    direct_join(d);
    direct_destroy(d);
    for (unsigned i = 0; i < DIRECT_LAYERS; i++)
        h264_decoder_destroy(w->decoder[i]);
    pthread_mutex_destroy(&w->mutex);
    assert_int_equal(w->errors, 0);
    assert_int_equal(w->rising, 0);
}

// Wait until the newest picture of a layer has at least this number; fails after `ms`.
static void until(struct watcher *w, unsigned layer, int number, unsigned ms)
{
    uint64_t give_up = clock_now_us() + ms * 1000u;
    for (;;) {
        pthread_mutex_lock(&w->mutex);
        unsigned n = w->count[layer];
        int newest = n ? w->seen[layer][n - 1].number : -1;
        pthread_mutex_unlock(&w->mutex);
        if (newest >= number)
            return;
        if (clock_now_us() > give_up)
            fail_msg("picture %d wanted, %d is there", number, newest);
        usleep(2000);
    }
}

static void every_picture_once(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d = begin(&w, true, clip("a.mp4", 1, each_second, 60), NULL);
    direct_set_watched(d, 1);
    direct_play(d);
    assert_true(direct_start(d));
    until(&w, 0, 59, 5000);
    end(d, &w);
    assert_int_equal(w.count[0], 60);
    for (int i = 0; i < 60; i++) {
        const struct seen *s = &w.seen[0][i];
        assert_int_equal(s->number, i);
        int64_t off = (int64_t)(s->at_us - w.seen[0][10].at_us) - (i - 10) * 40000;
        assert_in_range(off + 1000, 0, i < 2 ? 90000 : 2000); // the first come together
    }
    assert_true(w.state.up && w.state.ended);
    pthread_mutex_lock(&w.mutex);
    assert_int_equal(w.state.layer[0].way, DIRECT_PASSED);
    pthread_mutex_unlock(&w.mutex);
    assert_int_equal(w.state.layer[0].width, WIDTH);
    assert_int_equal(w.state.layer[0].fps, 25);
    assert_int_equal(w.state.length_us, 2400000);
    assert_int_equal(w.keyframes[0], 4); // the file's three, and the last two pictures, which it ends with
}

// In the middle of ten seconds without a keyframe: the newest picture is there at once, and the same with each frame.
static void who_comes_late_sees_the_newest(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d = begin(&w, true, clip("b.mp4", 1, ten_seconds, 60), NULL);
    assert_true(direct_start(d));
    direct_play(d);
    usleep(1000000);
    uint64_t asked = clock_now_us();
    direct_set_watched(d, 1);
    until(&w, 0, 25, 500);
    pthread_mutex_lock(&w.mutex);
    assert_true(clock_now_us() - asked < 400000);
    assert_int_equal(w.keyframes[0], 1);
    uint64_t when = direct_when(d, (uint64_t)w.seen[0][0].number * 40000);
    assert_in_range((int64_t)(w.seen[0][0].at_us - when) + 20000, 0, 40000); // it is the one that is due
    pthread_mutex_unlock(&w.mutex);
    until(&w, 0, 59, 5000);
    end(d, &w);
    for (unsigned i = 1; i < w.count[0]; i++)
        assert_int_equal(w.seen[0][i].number, w.seen[0][i - 1].number + 1);
}

// Passed on again from the next keyframe; a third asks in between and gets one while the others see on.
static void goes_over_to_the_source(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d = begin(&w, true, clip("a.mp4", 1, each_second, 100), NULL);
    direct_set_watched(d, 1);
    direct_play(d);
    assert_true(direct_start(d));
    until(&w, 0, 30, 3000);
    direct_keyframe(d, 0); // at 1.2 s: the file's own next is at 2 s
    until(&w, 0, 40, 3000);
    pthread_mutex_lock(&w.mutex);
    assert_int_equal(w.keyframes[0], 3);
    pthread_mutex_unlock(&w.mutex);
    until(&w, 0, 70, 3000);
    direct_keyframe(d, 0); // at 2.8 s: the file's own is near
    until(&w, 0, 90, 3000);
    end(d, &w);
    assert_int_equal(w.keyframes[0], 5);
    for (unsigned i = 1; i < w.count[0]; i++) { // none is missing, and each comes at its time
        assert_int_equal(w.seen[0][i].number, w.seen[0][i - 1].number + 1);
        if (i > 2)
            assert_in_range(w.seen[0][i].at_us - w.seen[0][i - 1].at_us, 38000, 42000);
    }
}

static void pause_and_seek(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d = begin(&w, true, clip("b.mp4", 1, ten_seconds, 200), NULL);
    assert_true(direct_start(d));
    direct_set_watched(d, 1);
    until(&w, 0, 0, 1000); // paused: its first picture
    direct_seek(d, 4000000);
    until(&w, 0, 100, 1000);
    pthread_mutex_lock(&w.mutex);
    assert_int_equal(w.seen[0][w.count[0] - 1].number, 100);
    unsigned before = w.count[0];
    pthread_mutex_unlock(&w.mutex);
    usleep(200000);
    pthread_mutex_lock(&w.mutex);
    assert_int_equal(w.count[0], before); // stands
    pthread_mutex_unlock(&w.mutex);
    assert_int_equal(direct_position(d), 4000000);
    assert_int_equal(direct_when(d, 5000000), 0);
    direct_play(d);
    until(&w, 0, 110, 1500);
    direct_pause(d);
    uint64_t stood = direct_position(d);
    assert_in_range(stood, 4300000, 5500000);
    direct_seek(d, 1000000);
    direct_play(d);
    usleep(400000);
    pthread_mutex_lock(&w.mutex);
    assert_in_range(w.seen[0][w.count[0] - 1].number, 27, 40);
    pthread_mutex_unlock(&w.mutex);
    end(d, &w);
}

static void two_layers_side_by_side(void **state)
{
    (void)state;
    struct watcher w;
    char small[200];
    snprintf(small, sizeof small, "%s", clip("small.mp4", 1, each_second, 100));
    struct direct *d = begin(&w, true, small, clip("large.mp4", 2, ten_seconds, 100));
    direct_play(d);
    direct_set_watched(d, 1);
    assert_true(direct_start(d));
    until(&w, 0, 20, 3000);
    direct_set_watched(d, 3);
    until(&w, 1, 30, 1000);
    direct_set_watched(d, 2);
    until(&w, 1, 45, 2000);
    end(d, &w);
    assert_true(w.count[0] < 50);
    assert_in_range(w.seen[1][0].number, 20, 29);
    for (unsigned i = 1; i < w.count[1]; i++)
        assert_int_equal(w.seen[1][i].number, w.seen[1][i - 1].number + 1);
    // The same picture has the same time in both.
    for (unsigned i = 5; i < w.count[0]; i++)
        for (unsigned k = 1; k < w.count[1]; k++)
            if (w.seen[0][i].number == w.seen[1][k].number)
                assert_in_range((int64_t)(w.seen[0][i].at_us - w.seen[1][k].at_us) + 1000, 0, 2000);
}

static void what_is_not_h264_is_made(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d = begin(&w, false, clip("c.mp4", 1, NULL, 50), NULL);
    direct_set_watched(d, 1);
    assert_true(direct_start(d));
    until(&w, 0, 30, 3000);
    direct_set_watched(d, 0);
    usleep(100000);
    pthread_mutex_lock(&w.mutex);
    unsigned before = w.frames[0];
    assert_int_equal(w.state.layer[0].way, DIRECT_MADE);
    pthread_mutex_unlock(&w.mutex);
    usleep(200000);
    pthread_mutex_lock(&w.mutex);
    assert_int_equal(w.frames[0], before); // nobody watches
    pthread_mutex_unlock(&w.mutex);
    direct_set_watched(d, 1);
    until(&w, 0, 45, 2000);
    end(d, &w);
}

// A file that is a camera goes round: its pictures' times go on.
static void goes_round(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d = begin(&w, false, clip("a.mp4", 1, each_second, 25), NULL);
    direct_set_watched(d, 1);
    assert_true(direct_start(d));
    for (unsigned i = 0; i < 300; i++) {
        usleep(10000);
        pthread_mutex_lock(&w.mutex);
        bool enough = w.count[0] > 60;
        pthread_mutex_unlock(&w.mutex);
        if (enough)
            break;
    }
    end(d, &w);
    assert_true(w.count[0] > 55);
    for (int i = 3; i < 55; i++) {
        assert_int_equal(w.seen[0][i].number, i % 25);
        assert_in_range((int64_t)(w.seen[0][i].at_us - w.seen[0][i - 1].at_us), 39000, 41000);
    }
}

// What is in the order it is shown in is passed on to stock viewers as well, with the source's own keyframes; else they
// get it coded anew, and one picture with each frame. The others get it as it is either way.
static void stock_viewers_get_pictures_in_order(void **state)
{
    (void)state;
    static const char *const params[] = {"bframes=2:b-adapt=0:scenecut=0:keyint=9:min-keyint=9",
                                         "bframes=0:scenecut=0:keyint=9:min-keyint=9"};
    for (unsigned plain = 0; plain < 2; plain++) {
        struct watcher w;
        const char *spec = clip(plain ? "plain.mp4" : "b.mp4", 1, params[plain], 27);
        struct direct *d = begin_with(&w, &(struct direct_config){.spec = {spec}, .stock = true});
        direct_watch_layer(d, 0, true);
        direct_watch_layer(d, DIRECT_STOCK, true);
        assert_true(direct_start(d));
        until(&w, 0, 22, 4000);
        until(&w, DIRECT_STOCK, 22, 2000);
        direct_watch_layer(d, DIRECT_STOCK, false);
        end(d, &w);
        assert_in_range(w.keyframes[0], 3, 4);
        assert_in_range(w.keyframes[DIRECT_STOCK], plain ? 3 : 1, plain ? 4 : 1);
        assert_in_range(w.frames[0] - w.count[0], plain ? 0 : 2, plain ? 0 : 3);
        assert_in_range(w.frames[DIRECT_STOCK] - w.count[DIRECT_STOCK], 0, 0);
    }
}

// Given as much as pictures of this size mostly take, one that takes more would stand still again and again.
static void the_rate_of_what_does_not_say_it_is_measured(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d =
        begin(&w, false, clip("bare.h264", 1, "repeat-headers=1:bframes=0:scenecut=0:keyint=25", 50), NULL);
    uint64_t give_up = clock_now_us() + 6000000;
    unsigned kbps = 0;
    assert_true(direct_start(d));
    for (bool other = false; !other && clock_now_us() < give_up; usleep(20000)) {
        pthread_mutex_lock(&w.mutex);
        kbps = w.state.layer[0].kbps;
        other = kbps && kbps < 250;
        pthread_mutex_unlock(&w.mutex);
    }
    pthread_mutex_lock(&w.mutex);
    assert_int_equal(w.state.layer[0].way, DIRECT_PASSED);
    pthread_mutex_unlock(&w.mutex);
    end(d, &w);
    assert_in_range(kbps, 1, 250); // 320 is what is usual
}

static void no_room_for_a_moment(void **state)
{
    (void)state;
    struct watcher w;
    struct direct *d = begin(&w, true, clip("b.mp4", 1, ten_seconds, 60), NULL);
    direct_set_watched(d, 1);
    direct_play(d);
    assert_true(direct_start(d));
    until(&w, 0, 10, 2000);
    pthread_mutex_lock(&w.mutex);
    w.refuse = 1;
    pthread_mutex_unlock(&w.mutex);
    until(&w, 0, 40, 2000); // it begins again by itself
    end(d, &w);
    assert_int_equal(w.keyframes[0], 2);
}

static void a_dead_source_comes_back(void **state)
{
    (void)state;
    struct watcher w;
    char path[220], there[200];
    snprintf(there, sizeof there, "%s", clip("a.mp4", 1, each_second, 60));
    snprintf(path, sizeof path, "%s/later.mp4", folder);
    struct direct *d = begin(&w, false, path, NULL);
    direct_set_watched(d, 1);
    assert_true(direct_start(d));
    usleep(300000);
    pthread_mutex_lock(&w.mutex);
    assert_int_equal(w.states, 1); // told once
    assert_false(w.state.up);
    pthread_mutex_unlock(&w.mutex);
    assert_int_equal(rename(there, path), 0);
    until(&w, 0, 5, 4000);
    pthread_mutex_lock(&w.mutex);
    assert_true(w.state.up);
    pthread_mutex_unlock(&w.mutex);
    end(d, &w);
}

// It would stay in the room for ever, and nobody else could play one for all.
static void a_film_that_is_gone_is_over(void **state)
{
    (void)state;
    struct watcher w;
    char path[220];
    snprintf(path, sizeof path, "%s/gone.mp4", folder);
    struct direct *d = begin(&w, true, path, NULL);
    direct_play(d);
    assert_true(direct_start(d));
    usleep(300000);
    pthread_mutex_lock(&w.mutex);
    assert_true(w.state.ended && !w.state.up);
    pthread_mutex_unlock(&w.mutex);
    end(d, &w);
}

static void looks_into_units(void **state)
{
    (void)state;
    static const uint8_t idr[] = {0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 9, 9};
    struct annexb_look look = annexb_look(idr, sizeof idr);
    assert_true(look.idr && look.sps && look.pps);
    assert_int_equal(look.head, 12);
    look = annexb_look(idr + 12, sizeof idr - 12);
    assert_true(look.idr && !look.sps && !look.pps);
    assert_int_equal(look.head, 0);
    look = annexb_look((const uint8_t *)"\0\0\1\x41\x9a", 5);
    assert_false(look.idr);
    look = annexb_look(idr, 3);
    assert_int_equal(look.head, 3);
    assert_int_equal(annexb_look(NULL, 0).head, 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"a.mp4",     "b.mp4",     "c.mp4",     "small.mp4",
                                        "large.mp4", "later.mp4", "plain.mp4", "bare.h264"};
    char path[200];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_into_units),
        cmocka_unit_test(every_picture_once),
        cmocka_unit_test(who_comes_late_sees_the_newest),
        cmocka_unit_test(goes_over_to_the_source),
        cmocka_unit_test(pause_and_seek),
        cmocka_unit_test(two_layers_side_by_side),
        cmocka_unit_test(what_is_not_h264_is_made),
        cmocka_unit_test(goes_round),
        cmocka_unit_test(stock_viewers_get_pictures_in_order),
        cmocka_unit_test(the_rate_of_what_does_not_say_it_is_measured),
        cmocka_unit_test(no_room_for_a_moment),
        cmocka_unit_test(a_dead_source_comes_back),
        cmocka_unit_test(a_film_that_is_gone_is_over),
    };
    return beside_run(argc, argv, tests, ARRAY_LEN(tests), 3, make_folder, remove_folder);
}
