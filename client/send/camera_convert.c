#include "camera_convert.h"

#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>

struct camera_convert {
    unsigned width_max, height_max;
    AVBufferPool *pool;
    int pool_width, pool_height;
    struct SwsContext *scaler;
};

struct camera_convert *camera_convert_create(unsigned width_max, unsigned height_max)
{
    struct camera_convert *c = base_alloc(sizeof *c);
    c->width_max = width_max;
    c->height_max = height_max;
    return c;
}

void camera_convert_destroy(struct camera_convert *c)
{
    if (!c)
        return;
    av_buffer_pool_uninit(&c->pool); // pictures still lent out keep it alive
    sws_freeContext(c->scaler);
    free(c);
}

void camera_convert_fit(unsigned width, unsigned height, unsigned width_max, unsigned height_max, unsigned *out_width,
                        unsigned *out_height)
{
    uint64_t w = width, h = height;
    if (w > width_max) {
        h = (h * width_max + w / 2) / w;
        w = width_max;
    }
    if (h > height_max) {
        w = (w * height_max + h / 2) / h;
        h = height_max;
    }
    *out_width = (unsigned)MAX(w & ~UINT64_C(1), 2u);
    *out_height = (unsigned)MAX(h & ~UINT64_C(1), 2u);
}

struct AVFrame *camera_convert_new_picture(struct camera_convert *c, unsigned width, unsigned height)
{
    int w = (int)width, h = (int)height;
    const int align = 32;
    int size = av_image_get_buffer_size(AV_PIX_FMT_YUV420P, w, h, align);
    if (size <= 0)
        return NULL;
    if (!c->pool || c->pool_width != w || c->pool_height != h) {
        av_buffer_pool_uninit(&c->pool);
        c->pool = av_buffer_pool_init((size_t)size + 64, NULL); // scalers may read a vector past the end
        c->pool_width = w;
        c->pool_height = h;
    }
    AVFrame *frame = av_frame_alloc();
    if (frame && c->pool)
        frame->buf[0] = av_buffer_pool_get(c->pool);
    if (!frame || !frame->buf[0]) {
        av_frame_free(&frame);
        return NULL;
    }
    frame->format = AV_PIX_FMT_YUV420P;
    frame->width = w;
    frame->height = h;
    frame->color_range = AVCOL_RANGE_MPEG;
    frame->colorspace = AVCOL_SPC_BT709;
    frame->color_primaries = AVCOL_PRI_BT709;
    frame->color_trc = AVCOL_TRC_BT709;
    av_image_fill_arrays(frame->data, frame->linesize, frame->buf[0]->data, AV_PIX_FMT_YUV420P, w, h, align);
    return frame;
}

static bool is_full_range(const AVFrame *in)
{
    switch (in->format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
        return true;
    default:
        return in->color_range == AVCOL_RANGE_JPEG;
    }
}

// The old names of the full-range formats make swscale warn and guess.
static enum AVPixelFormat plain_format(int format)
{
    switch (format) {
    case AV_PIX_FMT_YUVJ420P:
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
        return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
        return AV_PIX_FMT_YUV440P;
    default:
        return (enum AVPixelFormat)format;
    }
}

static bool is_601(const AVFrame *in)
{
    return in->colorspace == AVCOL_SPC_SMPTE170M || in->colorspace == AVCOL_SPC_BT470BG;
}

struct AVFrame *camera_convert_picture(struct camera_convert *c, const struct AVFrame *in)
{
    unsigned w, h;
    if (in->width <= 0 || in->height <= 0)
        return NULL;
    camera_convert_fit((unsigned)in->width, (unsigned)in->height, c->width_max, c->height_max, &w, &h);
    bool same_size = (int)w == in->width && (int)h == in->height, full = is_full_range(in);
    if (in->format == AV_PIX_FMT_YUV420P && same_size && !full && in->linesize[0] > 0)
        return av_frame_clone(in);
    AVFrame *out = camera_convert_new_picture(c, w, h);
    enum AVPixelFormat format = plain_format(in->format);
    c->scaler = sws_getCachedContext(c->scaler, in->width, in->height, format, (int)w, (int)h, AV_PIX_FMT_YUV420P,
                                     same_size ? SWS_POINT : SWS_AREA, NULL, NULL, NULL);
    if (!out || !c->scaler) {
        av_frame_free(&out);
        return NULL;
    }
    // A change of matrix would go through RGB and cost ten times as much; YUV keeps its own and says so in its tags.
    const AVPixFmtDescriptor *descriptor = av_pix_fmt_desc_get(format);
    bool rgb = descriptor && descriptor->flags & AV_PIX_FMT_FLAG_RGB, old = !rgb && is_601(in);
    const int *matrix = sws_getCoefficients(old ? SWS_CS_ITU601 : SWS_CS_ITU709);
    sws_setColorspaceDetails(c->scaler, matrix, full || rgb, matrix, 0, 0, 1 << 16, 1 << 16);
    if (old)
        out->colorspace = AVCOL_SPC_SMPTE170M;
    if (sws_scale(c->scaler, (const uint8_t *const *)in->data, in->linesize, 0, in->height, out->data, out->linesize) !=
        (int)h)
        av_frame_free(&out);
    return out;
}
