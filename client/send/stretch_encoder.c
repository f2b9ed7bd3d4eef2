#include "stretch_encoder.h"

#include "camera_convert.h"
#include "h264_encoder.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>

struct stretch_encoder {
    struct stretch_size size;
    AVCodecContext *decoder;
    struct camera_convert *convert;
    struct h264_encoder *encoder; // of this size and matrix
    unsigned width, height;
    bool old_matrix;
    AVPacket *packet;
};

struct stretch_encoder *stretch_encoder_open(const struct AVCodecParameters *codec, bool in_step,
                                             const struct stretch_size *size)
{
    struct stretch_encoder *e = base_alloc(sizeof *e);
    const AVCodec *found = avcodec_find_decoder(codec->codec_id);
    e->size = *size;
    e->packet = av_packet_alloc();
    e->convert = camera_convert_create(size->width_max, size->height_max);
    e->decoder = found ? avcodec_alloc_context3(found) : NULL;
    bool good = e->packet && e->decoder && avcodec_parameters_to_context(e->decoder, codec) >= 0;
    if (good) {
        e->decoder->pkt_timebase = (AVRational){1, 1000000};
        e->decoder->thread_count = in_step ? 1 : 2;
        e->decoder->thread_type = FF_THREAD_SLICE;
        e->decoder->flags |= in_step ? AV_CODEC_FLAG_LOW_DELAY : 0;
        e->decoder->has_b_frames = 0; // what the SPS says counts, as at the receivers
        good = avcodec_open2(e->decoder, found, NULL) == 0;
    }
    if (good)
        return e;
    stretch_encoder_close(e);
    return NULL;
}

void stretch_encoder_close(struct stretch_encoder *e)
{
    if (!e)
        return;
    avcodec_free_context(&e->decoder);
    h264_encoder_close(e->encoder);
    camera_convert_destroy(e->convert);
    av_packet_free(&e->packet);
    free(e);
}

bool stretch_encoder_decode(struct stretch_encoder *e, const struct AVPacket *packet, struct AVFrame **picture)
{
    *picture = NULL;
    int sent = avcodec_send_packet(e->decoder, packet);
    bool good = sent == 0 || (!packet && sent == AVERROR_EOF);
    for (;;) {
        AVFrame *next = av_frame_alloc();
        if (!next || avcodec_receive_frame(e->decoder, next) != 0) {
            av_frame_free(&next);
            return good;
        }
        av_frame_free(picture);
        *picture = next;
        if (!packet)
            return true;
    }
}

static bool prepare(struct stretch_encoder *e, const AVFrame *picture)
{
    unsigned width = (unsigned)picture->width, height = (unsigned)picture->height;
    bool old = picture->colorspace == AVCOL_SPC_SMPTE170M || picture->colorspace == AVCOL_SPC_BT470BG;
    if (e->encoder && width == e->width && height == e->height && old == e->old_matrix)
        return true;
    h264_encoder_close(e->encoder);
    e->encoder = h264_encoder_open(NULL, width, height, e->size.fps, e->size.kbps, old);
    e->width = width;
    e->height = height;
    e->old_matrix = old;
    return e->encoder != NULL;
}

struct encoded_frame *stretch_encoder_encode(struct stretch_encoder *e, const struct AVFrame *picture, bool keyframe)
{
    struct encoded_frame *frame = NULL;
    AVFrame *fits = camera_convert_picture(e->convert, picture);
    if (fits && prepare(e, fits)) {
        if (h264_encoder_encode(e->encoder, fits, keyframe, e->packet) && e->packet->size > 0) {
            frame = encoded_frame_new(e->packet->data, (size_t)e->packet->size);
            frame->keyframe = e->packet->flags & AV_PKT_FLAG_KEY;
            frame->width = e->width;
            frame->height = e->height;
        }
        av_packet_unref(e->packet);
    }
    av_frame_free(&fits);
    return frame;
}
