// What an encoder is asked for, and what the real one makes of it while its rate changes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/send/encoder_rate.h"
#include "client/send/h264_encoder.h"

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <math.h>
#include <stdlib.h>

enum { FPS = 30, WIDTH = 640, HEIGHT = 360 };

// ---- what is asked for ----

// An encoder that makes a share of what it is asked for. Returns kbit/s of the last second.
static double makes(struct encoder_rate *r, double share, unsigned pictures)
{
    double bits = 0;
    for (unsigned i = 0; i < pictures; i++) {
        double picture = r->asked_kbps * 1000.0 / r->fps * share;
        encoder_rate_made(r, (size_t)(picture / 8));
        bits += i + r->fps >= pictures ? picture : 0;
    }
    return bits / 1000;
}

static void asks_for_what_is_missing(void **state)
{
    (void)state;
    struct encoder_rate r;
    encoder_rate_init(&r, 1200, FPS);
    assert_int_equal(r.asked_kbps, 1260);
    assert_in_range(r.buffer_bits, 4 * 1250000 / FPS, 4 * 1260000 / FPS);
    assert_in_range((unsigned)makes(&r, 0.8, 5 * FPS), 1140, 1260);
    assert_in_range((unsigned)makes(&r, 0.95, 5 * FPS), 1140, 1260);
    assert_in_range((unsigned)makes(&r, 1.0, 5 * FPS), 1140, 1260);
    makes(&r, 0.61, 20 * FPS);
    assert_in_range(r.asked_kbps, 1500, 1620); // never without end
}

static void owes_nothing_for_what_does_not_move(void **state)
{
    (void)state;
    struct encoder_rate r;
    encoder_rate_init(&r, 1200, FPS);
    makes(&r, 0.1, 10 * FPS);
    assert_in_range(r.asked_kbps, 1230, 1290);
}

static void keeps_pictures_small_for_a_second_when_the_line_is_too_full(void **state)
{
    (void)state;
    struct encoder_rate r;
    encoder_rate_init(&r, 1200, FPS);
    makes(&r, 0.8, 5 * FPS);
    encoder_rate_set(&r, 600);
    assert_in_range(r.asked_kbps, 610, 650); // what was owed is forgotten
    assert_in_range(r.buffer_bits, 2 * 610000 / FPS, 2 * 650000 / FPS);
    makes(&r, 0.9, FPS - 1);
    assert_in_range(r.buffer_bits, 2 * 610000 / FPS, 2 * 650000 / FPS);
    makes(&r, 0.9, 1);
    assert_true(r.buffer_bits >= 4 * 600000 / FPS);
    encoder_rate_set(&r, 570); // a little less is none of that
    assert_true(r.buffer_bits >= 4 * 570000 / FPS);
    encoder_rate_set(&r, 1200);
    assert_true(r.buffer_bits >= 4 * 1200000 / FPS);
}

static void tells_when_there_is_something_to_change(void **state)
{
    (void)state;
    struct encoder_rate r;
    encoder_rate_init(&r, 1200, FPS);
    unsigned changes = 0;
    for (unsigned i = 0; i < 300; i++)
        changes += encoder_rate_made(&r, 1200000 / 8 / FPS);
    assert_int_equal(changes, 0);
    assert_true(encoder_rate_made(&r, 20000)); // a very large picture is owed by those after it
    assert_true(r.asked_kbps < 1240);
}

static void bears_any_numbers(void **state)
{
    (void)state;
    struct encoder_rate r;
    encoder_rate_init(&r, 0, 0);
    encoder_rate_made(&r, 1u << 30);
    encoder_rate_made(&r, 0);
    encoder_rate_set(&r, 60000);
    encoder_rate_made(&r, 0);
    assert_true(r.asked_kbps >= 60000 && r.buffer_bits >= 1000);
}

// ---- the real encoder ----

// Smooth hills that slide, and some noise: neither still nor white.
static void draw(AVFrame *f, unsigned n, uint32_t *noise)
{
    av_frame_make_writable(f);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            *noise = *noise * 1664525u + 1013904223u;
            int hill = (int)(60 * sin((x + 3 * (int)n) * 0.045) * cos((y + (int)n) * 0.06));
            int grain = (int)((uint32_t)(((x + 2 * (int)n) >> 2) * 2654435761u ^ (uint32_t)(y >> 2) * 40503u) >> 27);
            f->data[0][y * f->linesize[0] + x] = (uint8_t)(120 + hill + grain + (int)(*noise >> 30));
        }
    for (int plane = 1; plane < 3; plane++)
        for (int y = 0; y < HEIGHT / 2; y++)
            memset(f->data[plane] + y * f->linesize[plane], 128 + (y >> 3), WIDTH / 2);
}

struct made {
    double kbps, largest; // of its share
};

static struct made encode(struct h264_encoder *e, AVFrame *f, AVPacket *p, unsigned kbps, unsigned pictures,
                          unsigned *n, uint32_t *noise)
{
    struct made m = {0};
    for (unsigned i = 0; i < pictures; i++) {
        draw(f, (*n)++, noise);
        assert_true(h264_encoder_encode(e, f, false, p));
        m.kbps += p->size * 8.0 / 1000 * FPS / pictures;
        m.largest = MAX(m.largest, p->size * 8.0 * FPS / (kbps * 1000.0));
        av_packet_unref(p);
    }
    return m;
}

static void follows_its_rate(void **state)
{
    (void)state;
    static const unsigned steps[] = {1200, 300, 1200};
    struct h264_encoder *e = h264_encoder_open("libx264", WIDTH, HEIGHT, FPS, steps[0], false);
    AVFrame *f = av_frame_alloc();
    AVPacket *p = av_packet_alloc();
    unsigned n = 0;
    uint32_t noise = 1;
    f->format = AV_PIX_FMT_YUV420P;
    f->width = WIDTH;
    f->height = HEIGHT;
    assert_true(e && av_frame_get_buffer(f, 0) == 0);
    av_log_set_level(AV_LOG_QUIET);
    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        h264_encoder_set_bitrate(e, steps[i]);
        struct made first = encode(e, f, p, steps[i], FPS, &n, &noise);
        struct made rest = encode(e, f, p, steps[i], 4 * FPS, &n, &noise);
        print_message("%u: first second %.0f, largest %.2f; then %.0f, %.2f\n", steps[i], first.kbps, first.largest,
                      rest.kbps, rest.largest);
        assert_true(first.kbps < 1.1 * steps[i] && first.kbps > 0.7 * steps[i]);
        assert_true(fabs(rest.kbps / steps[i] - 1) < 0.05);
        assert_true(rest.largest < 4.5);
        if (i == 1)
            assert_true(first.largest < 2.3);
    }
    av_packet_free(&p);
    av_frame_free(&f);
    h264_encoder_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_what_is_missing),
        cmocka_unit_test(owes_nothing_for_what_does_not_move),
        cmocka_unit_test(keeps_pictures_small_for_a_second_when_the_line_is_too_full),
        cmocka_unit_test(tells_when_there_is_something_to_change),
        cmocka_unit_test(bears_any_numbers),
        cmocka_unit_test(follows_its_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
