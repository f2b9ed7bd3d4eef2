#include "h264_decoder.h"

#include "assembler.h"
#include "client/sps.h"
#include "shared/wire.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>

_Static_assert(ASSEMBLER_PADDING >= AV_INPUT_BUFFER_PADDING_SIZE, "the decoder reads that far past the end");

struct h264_decoder {
    AVCodecContext *codec;
    AVPacket *packet;
    struct sps sps;                 // of the stream that is being decoded; width 0 = none yet
    AVFrame *left[SPS_REORDER_MAX]; // of the stream before, the first is due next
    unsigned left_count;
};

static bool open_codec(struct h264_decoder *d)
{
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
    d->codec = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!d->codec)
        return false;
    d->codec->thread_count = 1; // more threads cost a frame of delay
    d->codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
    // What is damaged is refused, not mended. Without any of it FFmpeg takes each frame of several slices for damaged.
    d->codec->error_concealment = FF_EC_GUESS_MVS;
    d->codec->err_recognition = AV_EF_EXPLODE;
    d->codec->max_pixels = (int64_t)WIRE_VIDEO_WIDTH_MAX * WIRE_VIDEO_HEIGHT_MAX;
    return avcodec_open2(d->codec, codec, NULL) == 0;
}

struct h264_decoder *h264_decoder_create(void)
{
    struct h264_decoder *d = base_alloc(sizeof *d);
    d->packet = av_packet_alloc();
    if (d->packet && open_codec(d))
        return d;
    h264_decoder_destroy(d);
    return NULL;
}

static void drop_left(struct h264_decoder *d)
{
    for (unsigned i = 0; i < d->left_count; i++)
        av_frame_free(&d->left[i]);
    d->left_count = 0;
}

void h264_decoder_destroy(struct h264_decoder *d)
{
    if (!d)
        return;
    drop_left(d);
    avcodec_free_context(&d->codec);
    av_packet_free(&d->packet);
    free(d);
}

static bool is_whole(const AVFrame *picture)
{
    return !(picture->flags & AV_FRAME_FLAG_CORRUPT) && !picture->decode_error_flags;
}

// libavcodec keeps back what it once kept back, whatever the next SPS says; so another one is opened.
static bool change_stream(struct h264_decoder *d)
{
    AVFrame *picture = av_frame_alloc();
    drop_left(d);
    if (picture && avcodec_send_packet(d->codec, NULL) == 0)
        while (d->left_count < SPS_REORDER_MAX && avcodec_receive_frame(d->codec, picture) == 0) {
            if (is_whole(picture))
                d->left[d->left_count++] = av_frame_clone(picture);
            av_frame_unref(picture);
        }
    av_frame_free(&picture);
    avcodec_free_context(&d->codec);
    return open_codec(d);
}

static bool is_other(const struct h264_decoder *d, const struct sps *sps)
{
    unsigned kept = MAX(d->sps.reorder, (unsigned)MAX(d->codec->has_b_frames, 0));
    if (!d->sps.width || !sps->tells_reorder)
        return false;
    return kept != sps->reorder || (kept && (d->sps.width != sps->width || d->sps.height != sps->height));
}

static void free_data(void *opaque, uint8_t *data)
{
    (void)opaque;
    free(data);
}

// Look at what is new in it, then give it to the decoder.
static bool feed(struct h264_decoder *d, uint8_t *data, size_t size, bool keyframe)
{
    struct sps sps;
    bool found, good = d->codec && sps_check_frame(data, size, &sps, &found);
    if (good && found && keyframe) {
        good = !is_other(d, &sps) || change_stream(d);
        d->sps = sps;
    }
    AVPacket *p = d->packet;
    p->buf = good ? av_buffer_create(data, size + ASSEMBLER_PADDING, free_data, NULL, AV_BUFFER_FLAG_READONLY) : NULL;
    if (!p->buf) {
        free(data);
        return false;
    }
    p->data = data;
    p->size = (int)size;
    good = avcodec_send_packet(d->codec, p) == 0;
    av_packet_unref(p);
    return good;
}

bool h264_decoder_decode(struct h264_decoder *d, uint8_t *data, size_t size, bool keyframe, struct AVFrame **out)
{
    *out = NULL;
    bool good = feed(d, data, size, keyframe);
    while (good) {
        AVFrame *picture = av_frame_alloc();
        int result = picture ? avcodec_receive_frame(d->codec, picture) : AVERROR(ENOMEM);
        good = result == AVERROR(EAGAIN) || (result == 0 && is_whole(picture));
        if (result || !good) {
            av_frame_free(&picture);
            break;
        }
        drop_left(d);
        av_frame_free(out); // one is due with one: of two, what should have come before is late
        *out = picture;
    }
    if (good && !*out && d->left_count) {
        *out = d->left[0];
        d->left_count--;
        for (unsigned i = 0; i < d->left_count; i++)
            d->left[i] = d->left[i + 1];
    }
    if (!good) {
        av_frame_free(out);
        drop_left(d);
        if (d->codec)
            avcodec_flush_buffers(d->codec);
    }
    return good;
}
