#include "camera_scaler.h"

#include "camera_convert.h"

#include <libavutil/frame.h>
#include <libswscale/swscale.h>
#include <stdlib.h>

struct camera_scaler {
    struct SwsContext *sws;
    struct camera_convert *pool;
};

struct camera_scaler *camera_scaler_create(void)
{
    return base_alloc(sizeof(struct camera_scaler));
}

void camera_scaler_destroy(struct camera_scaler *s)
{
    if (!s)
        return;
    sws_freeContext(s->sws);
    camera_convert_destroy(s->pool);
    free(s);
}

struct AVFrame *camera_scaler_scale(struct camera_scaler *s, const struct AVFrame *in, unsigned width, unsigned height)
{
    if (in->width == (int)width && in->height == (int)height)
        return av_frame_clone(in);
    if (!s->pool)
        s->pool = camera_convert_create(width, height);
    AVFrame *out = camera_convert_new_picture(s->pool, width, height);
    s->sws = sws_getCachedContext(s->sws, in->width, in->height, AV_PIX_FMT_YUV420P, (int)width, (int)height,
                                  AV_PIX_FMT_YUV420P, SWS_AREA, NULL, NULL, NULL);
    if (out && s->sws) {
        sws_scale(s->sws, (const uint8_t *const *)in->data, in->linesize, 0, in->height, out->data, out->linesize);
        av_frame_copy_props(out, in);
    } else {
        av_frame_free(&out);
    }
    return out;
}
