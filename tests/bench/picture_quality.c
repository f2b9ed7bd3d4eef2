// What a picture is worth: PSNR of luma against the film it was made of, whose pictures carry their number in the test
// camera's cells (network_call.py).
//
//   picture_quality FILM steps KBPS:SECONDS...
//
// what the client's own encoder makes of it while its rate changes;
//
//   picture_quality FILM arrived FILE.h264 SKIP [KBPS]
//
// pictures that came over a line, after so many, and beside them what the same encoder makes of all at a steady rate.
// What was not shown counts as the picture before it.
#include "client/send/h264_encoder.h"
#include "client/send/test_picture.h"
#include "shared/base.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FPS = 30 };

struct film { // pictures of a file, in order
    AVFormatContext *file;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    bool ends; // else it begins again
    bool drained;
};

static bool film_open(struct film *f, const char *path, bool ends)
{
    const AVCodec *codec;
    *f = (struct film){.packet = av_packet_alloc(), .frame = av_frame_alloc(), .ends = ends};
    if (avformat_open_input(&f->file, path, NULL, NULL) < 0 || avformat_find_stream_info(f->file, NULL) < 0 ||
        av_find_best_stream(f->file, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0) != 0 || !codec)
        return false;
    f->codec = avcodec_alloc_context3(codec);
    return f->codec && avcodec_parameters_to_context(f->codec, f->file->streams[0]->codecpar) >= 0 &&
           avcodec_open2(f->codec, codec, NULL) == 0;
}

static void film_close(struct film *f)
{
    avcodec_free_context(&f->codec);
    avformat_close_input(&f->file);
    av_packet_free(&f->packet);
    av_frame_free(&f->frame);
}

static bool film_next(struct film *f) // in f->frame
{
    for (;;) {
        int got = avcodec_receive_frame(f->codec, f->frame);
        if (got == 0)
            return true;
        if (got == AVERROR_EOF) {
            if (f->ends)
                return false;
            avcodec_flush_buffers(f->codec);
            if (avformat_seek_file(f->file, 0, INT64_MIN, 0, 0, 0) < 0)
                return false;
            f->drained = false;
        }
        if (f->drained)
            return false;
        if (av_read_frame(f->file, f->packet) < 0) {
            f->drained = true;
            avcodec_send_packet(f->codec, NULL);
            continue;
        }
        avcodec_send_packet(f->codec, f->packet);
        av_packet_unref(f->packet);
    }
}

static bool number_of(const AVFrame *p, uint32_t *number)
{
    uint32_t ms;
    return test_picture_read(p->data[0], p->linesize[0], (unsigned)p->width, (unsigned)p->height, number, &ms);
}

// ---- how alike ----

struct alike {
    double decibels;
    unsigned pictures;
};

static void compare(struct alike *a, const AVFrame *x, const AVFrame *y)
{
    uint64_t sum = 0;
    for (int row = 0; row < x->height; row++) {
        const uint8_t *p = x->data[0] + (ptrdiff_t)row * x->linesize[0],
                      *q = y->data[0] + (ptrdiff_t)row * y->linesize[0];
        uint32_t line = 0; // 65536 pixels are the most it holds
        for (int i = 0; i < x->width; i++) {
            int d = p[i] - q[i];
            line += (uint32_t)(d * d);
        }
        sum += line;
    }
    double mean = MAX((double)sum / ((double)x->width * x->height), 0.01);
    a->decibels += 10 * log10(255.0 * 255.0 / mean);
    a->pictures++;
}

static double psnr(const struct alike *a)
{
    return a->decibels / MAX(a->pictures, 1u);
}

// ---- the encoder, and what a decoder makes of it ----

struct plain {
    struct h264_encoder *encoder;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *copy, *shown;
    uint64_t bytes;
    struct alike alike;
    size_t largest; // frame, in bytes
};

static bool plain_open(struct plain *p, const AVFrame *like, unsigned kbps)
{
    *p = (struct plain){.packet = av_packet_alloc(), .copy = av_frame_alloc(), .shown = av_frame_alloc()};
    p->encoder = h264_encoder_open("libx264", (unsigned)like->width, (unsigned)like->height, FPS, kbps, false);
    p->decoder = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
    p->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
    return p->encoder && avcodec_open2(p->decoder, NULL, NULL) == 0;
}

static void plain_close(struct plain *p)
{
    h264_encoder_close(p->encoder);
    avcodec_free_context(&p->decoder);
    av_packet_free(&p->packet);
    av_frame_free(&p->copy);
    av_frame_free(&p->shown);
}

static size_t plain_picture(struct plain *p, const AVFrame *film)
{
    av_frame_unref(p->copy);
    if (av_frame_ref(p->copy, film) < 0 || !h264_encoder_encode(p->encoder, p->copy, false, p->packet))
        return 0;
    size_t n = (size_t)p->packet->size;
    p->bytes += n;
    p->largest = MAX(p->largest, n);
    if (avcodec_send_packet(p->decoder, p->packet) == 0 && avcodec_receive_frame(p->decoder, p->shown) == 0)
        compare(&p->alike, film, p->shown);
    return n;
}

// ---- steps ----

// Largest error of a second, in per cent of what was asked, from `from_s` after the change on.
static double worst(const size_t *sizes, unsigned count, unsigned kbps, unsigned from_s)
{
    double out = 0;
    for (unsigned s = from_s; (s + 1) * FPS <= count; s++) {
        double bits = 0;
        for (unsigned i = s * FPS; i < (s + 1) * FPS; i++)
            bits += (double)sizes[i] * 8;
        double error = 100 * (bits / (kbps * 1000.0) - 1);
        out = fabs(error) > fabs(out) ? error : out;
    }
    return out;
}

static int steps(struct film *f, int count, char **words)
{
    struct plain p = {0};
    printf("asked  made kbit/s  error %%  worst second  after the first  largest frame, of rate/fps  PSNR dB\n");
    for (int i = 0; i < count; i++) {
        char *colon;
        unsigned kbps = (unsigned)strtoul(words[i], &colon, 10),
                 pictures = (unsigned)strtoul(colon + 1, NULL, 10) * FPS;
        size_t *sizes = calloc(pictures, sizeof *sizes), bytes = 0;
        if (!sizes || !film_next(f) || (!p.encoder && !plain_open(&p, f->frame, kbps)))
            return 1;
        h264_encoder_set_bitrate(p.encoder, kbps);
        p.alike = (struct alike){0};
        p.largest = 0;
        for (unsigned k = 0; k < pictures && film_next(f); k++)
            bytes += sizes[k] = plain_picture(&p, f->frame);
        double made = (double)bytes * 8 / 1000 * FPS / pictures;
        printf("%5u  %11.0f  %7.1f  %12.1f  %15.1f  %26.1f  %7.2f\n", kbps, made, 100 * (made / kbps - 1),
               worst(sizes, pictures, kbps, 0), worst(sizes, pictures, kbps, 1),
               (double)p.largest * 8 * FPS / (kbps * 1000.0), psnr(&p.alike));
        free(sizes);
    }
    plain_close(&p);
    return 0;
}

// ---- what came ----

struct came {
    struct film film; // of what came
    struct SwsContext *scaler;
    AVFrame *shown; // at the film's size; the newest
    uint32_t number, first;
    bool any;
};

// The next picture that came, at the size of `like`. Pictures whose cells cannot be read are passed over.
static bool came_next(struct came *c, const AVFrame *like)
{
    uint32_t number;
    do {
        if (!film_next(&c->film))
            return false;
    } while (!number_of(c->film.frame, &number));
    const AVFrame *in = c->film.frame;
    c->number = number;
    av_frame_unref(c->shown);
    if (in->width == like->width && in->height == like->height)
        return av_frame_ref(c->shown, in) == 0;
    c->scaler = sws_getCachedContext(c->scaler, in->width, in->height, AV_PIX_FMT_YUV420P, like->width, like->height,
                                     AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    c->shown->format = AV_PIX_FMT_YUV420P;
    c->shown->width = like->width;
    c->shown->height = like->height;
    return c->scaler && av_frame_get_buffer(c->shown, 0) == 0 &&
           sws_scale(c->scaler, (const uint8_t *const *)in->data, in->linesize, 0, in->height, c->shown->data,
                     c->shown->linesize) > 0;
}

static int arrived(struct film *f, const char *path, unsigned skip, unsigned kbps)
{
    struct came c = {.shown = av_frame_alloc()};
    struct plain p = {0};
    struct alike alike = {0};
    unsigned pictures = 0, missing = 0;
    uint32_t number = 0;
    AVFrame *before = av_frame_alloc();
    if (!film_open(&c.film, path, true) || !film_next(f) || !came_next(&c, f->frame))
        return 1;
    while (!number_of(f->frame, &number) || number != c.number) // where what came begins
        if (!film_next(f))
            return 1;
    if (kbps && !plain_open(&p, f->frame, kbps))
        return 1;
    for (bool more = true; more; pictures++) {
        bool here = number_of(f->frame, &number) && number == c.number;
        if (here) {
            av_frame_unref(before);
            av_frame_ref(before, c.shown);
        }
        if (pictures == skip) {
            alike = p.alike = (struct alike){0};
            missing = 0;
            p.bytes = 0;
        }
        missing += !here;
        compare(&alike, f->frame, before);
        if (kbps)
            plain_picture(&p, f->frame);
        more = (!here || came_next(&c, f->frame)) && film_next(f);
    }
    pictures -= MIN(skip, pictures - 1);
    printf("pictures=%u missing=%u psnr=%.3f", pictures, missing, psnr(&alike));
    if (kbps)
        printf(" plain_kbps=%.1f plain_psnr=%.3f", (double)p.bytes * 8 / 1000 * FPS / pictures, psnr(&p.alike));
    printf("\n");
    if (kbps)
        plain_close(&p);
    film_close(&c.film);
    sws_freeContext(c.scaler);
    av_frame_free(&c.shown);
    av_frame_free(&before);
    return 0;
}

int main(int argc, char **argv)
{
    struct film f;
    if (argc < 4)
        return 64;
    av_log_set_level(AV_LOG_QUIET);
    if (!film_open(&f, argv[1], false)) {
        fputs("picture_quality: no such film\n", stderr);
        return 1;
    }
    int code = strcmp(argv[2], "steps") == 0 ? steps(&f, argc - 3, argv + 3)
                                             : arrived(&f, argv[3], argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 0,
                                                       argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 0);
    film_close(&f);
    return code;
}
