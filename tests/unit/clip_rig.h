// Clips whose pictures say their numbers: drawn, coded by libx264, read back. For tests of what is passed on.
#ifndef PARLOUR_CLIP_RIG_H
#define PARLOUR_CLIP_RIG_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <string.h>

enum { CLIP_STEP = 3600 }; // 90 kHz: 25 a second

// 12 columns, light for one and dark for nought.
static void clip_draw(AVFrame *f, unsigned number)
{
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++)
            f->data[0][y * f->linesize[0] + x] = number >> x * 12 / f->width & 1 ? 200 : 50;
    for (int i = 1; i < 3; i++)
        memset(f->data[i], 128, (size_t)(f->linesize[i] * f->height / 2));
}

static unsigned clip_number(const AVFrame *f)
{
    unsigned number = 0;
    for (int i = 0; i < 12; i++)
        number |= (unsigned)(f->data[0][f->height / 2 * f->linesize[0] + (2 * i + 1) * f->width / 24] > 125) << i;
    return number;
}

static AVCodecContext *clip_encoder(const char *codec, int width, int height, const char *params, bool head)
{
    AVCodecContext *c = avcodec_alloc_context3(avcodec_find_encoder_by_name(codec));
    av_log_set_level(AV_LOG_QUIET);
    c->width = width;
    c->height = height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){1, 90000};
    c->framerate = (AVRational){25, 1};
    c->thread_count = 1;
    c->flags |= head ? AV_CODEC_FLAG_GLOBAL_HEADER : 0;
    if (params) {
        av_opt_set(c->priv_data, "preset", "veryfast", 0);
        av_opt_set(c->priv_data, "x264-params", params, 0);
    } else {
        c->time_base = (AVRational){1, 25};
        c->gop_size = 50;
    }
    assert_int_equal(avcodec_open2(c, NULL, NULL), 0);
    return c;
}

// The next picture, or NULL at the end, into the encoder.
static void clip_encode(AVCodecContext *c, unsigned number, bool end)
{
    AVFrame *f = av_frame_alloc();
    f->width = c->width;
    f->height = c->height;
    f->format = c->pix_fmt;
    assert_int_equal(av_frame_get_buffer(f, 0), 0);
    clip_draw(f, number);
    f->pts = av_rescale_q((int64_t)number * CLIP_STEP, (AVRational){1, 90000}, c->time_base);
    avcodec_send_frame(c, end ? NULL : f);
    av_frame_free(&f);
}

#endif
