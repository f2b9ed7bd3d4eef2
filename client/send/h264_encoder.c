#include "h264_encoder.h"

#include "encoder_rate.h"
#include "shared/log.h"

#include <libavcodec/avcodec.h>
#include <libavutil/hwcontext.h>
#include <libavutil/opt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLICED_ABOVE = 1280 * 720,
    SCREEN_BUFFER_MS = 400, // as long as the pacer takes for what was made for a higher rate
    SCREEN_QP_LEAST = 14
};

struct h264_encoder {
    AVCodecContext *codec;
    AVBufferRef *device, *surfaces; // VAAPI only
    AVFrame *surface;
    struct encoder_rate rate;
    int64_t pts;
};

static void apply_rate(struct h264_encoder *h)
{
    // libx264 ignores or clamps bit_rate unless all three move together.
    h->codec->bit_rate = (int64_t)h->rate.asked_kbps * 1000;
    h->codec->rc_max_rate = h->codec->bit_rate;
    h->codec->rc_buffer_size = (int)h->rate.buffer_bits;
}

static void set_common(struct h264_encoder *h, unsigned width, unsigned height, bool old_matrix)
{
    AVCodecContext *codec = h->codec;
    codec->width = (int)width;
    codec->height = (int)height;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = (AVRational){1, (int)h->rate.fps};
    codec->framerate = (AVRational){(int)h->rate.fps, 1};
    codec->gop_size = INT_MAX; // keyframes on demand only
    codec->max_b_frames = 0;
    codec->refs = 1;
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->colorspace = old_matrix ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_BT709;
    codec->color_primaries = AVCOL_PRI_BT709;
    codec->color_trc = AVCOL_TRC_BT709;
    codec->flags |= AV_CODEC_FLAG_LOW_DELAY;
    apply_rate(h);
}

static void set_x264(AVCodecContext *codec, bool screen)
{
    // Every thread makes a slice (zerolatency): one keeps a small picture whole, two halve the time of a large one.
    codec->thread_count = codec->width * codec->height > SLICED_ABOVE ? 2 : 1;
    codec->slices = codec->thread_count;
    av_opt_set(codec->priv_data, "preset", "superfast", 0);
    av_opt_set(codec->priv_data, "tune", "zerolatency", 0);
    // Against baseline: half a decibel better at the same rate, for 10 to 25 % more time here and a third more over
    // there.
    av_opt_set(codec->priv_data, "profile", "high", 0);
    av_opt_set_int(codec->priv_data, "aq-mode", 0, 0);
    av_opt_set_int(codec->priv_data, "forced-idr", 1, 0);
    av_opt_set(codec->priv_data, "x264-params", "scenecut=0:keyint=infinite", 0);
    if (screen) // below this nobody sees a difference, and what stands still would be sent for ever
        codec->qmin = SCREEN_QP_LEAST;
}

// VAAPI takes pictures on the card only. Not tested on hardware.
static bool set_vaapi(struct h264_encoder *h)
{
    if (av_hwdevice_ctx_create(&h->device, AV_HWDEVICE_TYPE_VAAPI, NULL, NULL, 0) < 0)
        return false;
    h->surfaces = av_hwframe_ctx_alloc(h->device);
    h->surface = av_frame_alloc();
    if (!h->surfaces || !h->surface)
        return false;
    AVHWFramesContext *frames = (AVHWFramesContext *)(void *)h->surfaces->data;
    frames->format = AV_PIX_FMT_VAAPI;
    frames->sw_format = AV_PIX_FMT_YUV420P;
    frames->width = h->codec->width;
    frames->height = h->codec->height;
    frames->initial_pool_size = 4;
    if (av_hwframe_ctx_init(h->surfaces) < 0)
        return false;
    h->codec->pix_fmt = AV_PIX_FMT_VAAPI;
    h->codec->hw_frames_ctx = av_buffer_ref(h->surfaces);
    av_opt_set_int(h->codec->priv_data, "async_depth", 1, 0);
    av_opt_set(h->codec->priv_data, "profile", "high", 0);
    return h->codec->hw_frames_ctx != NULL;
}

// Not tested on hardware.
static void set_nvenc(AVCodecContext *codec)
{
    av_opt_set(codec->priv_data, "preset", "p3", 0);
    av_opt_set(codec->priv_data, "tune", "ull", 0);
    av_opt_set(codec->priv_data, "rc", "cbr", 0);
    av_opt_set_int(codec->priv_data, "zerolatency", 1, 0);
    av_opt_set_int(codec->priv_data, "delay", 0, 0);
    av_opt_set_int(codec->priv_data, "forced-idr", 1, 0);
}

static struct h264_encoder *open_one(const char *name, unsigned width, unsigned height, unsigned fps, unsigned kbps,
                                     bool old_matrix, bool screen)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    if (!codec)
        return NULL;
    struct h264_encoder *h = base_alloc(sizeof *h);
    encoder_rate_init(&h->rate, kbps, fps);
    if (screen)
        encoder_rate_patient(&h->rate, MAX(fps * SCREEN_BUFFER_MS / 1000, 1u));
    h->codec = avcodec_alloc_context3(codec);
    bool good = h->codec != NULL;
    if (good) {
        set_common(h, width, height, old_matrix);
        if (strcmp(name, "libx264") == 0)
            set_x264(h->codec, screen);
        else if (strcmp(name, "h264_nvenc") == 0)
            set_nvenc(h->codec);
        else if (strcmp(name, "h264_vaapi") == 0)
            good = set_vaapi(h);
    }
    if (!good || avcodec_open2(h->codec, codec, NULL) < 0) {
        h264_encoder_close(h);
        return NULL;
    }
    return h;
}

static struct h264_encoder *open_any(const char *codec, unsigned width, unsigned height, unsigned fps, unsigned kbps,
                                     bool old_matrix, bool screen)
{
    static const char *const automatic[] = {"h264_nvenc", "h264_vaapi", "h264_v4l2m2m", "libx264"};
    const char *const *names = automatic;
    size_t count = ARRAY_LEN(automatic);
    if (codec && strcmp(codec, "auto") != 0) {
        names = &codec;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct h264_encoder *h = open_one(names[i], width, height, fps, kbps, old_matrix, screen);
        if (h) {
            log_info("video_encoder", "opened codec=%s width=%u height=%u fps=%u kbps=%u", names[i], width, height, fps,
                     kbps);
            return h;
        }
    }
    log_error("video_encoder", "no H.264 encoder opens codec=%s", codec ? codec : "auto");
    return NULL;
}

struct h264_encoder *h264_encoder_open(const char *codec, unsigned width, unsigned height, unsigned fps, unsigned kbps,
                                       bool old_matrix)
{
    return open_any(codec, width, height, fps, kbps, old_matrix, false);
}

struct h264_encoder *h264_encoder_open_screen(const char *codec, unsigned width, unsigned height, unsigned fps,
                                              unsigned kbps)
{
    return open_any(codec, width, height, fps, kbps, false, true);
}

void h264_encoder_close(struct h264_encoder *h)
{
    if (!h)
        return;
    avcodec_free_context(&h->codec);
    av_frame_free(&h->surface);
    av_buffer_unref(&h->surfaces);
    av_buffer_unref(&h->device);
    free(h);
}

void h264_encoder_set_bitrate(struct h264_encoder *h, unsigned kbps)
{
    encoder_rate_set(&h->rate, kbps);
    apply_rate(h);
}

// The picture on the card. NULL when it cannot be brought there.
static AVFrame *upload(struct h264_encoder *h, const AVFrame *picture)
{
    av_frame_unref(h->surface);
    if (av_hwframe_get_buffer(h->surfaces, h->surface, 0) < 0 || av_hwframe_transfer_data(h->surface, picture, 0) < 0)
        return NULL;
    return h->surface;
}

bool h264_encoder_encode(struct h264_encoder *h, struct AVFrame *picture, bool keyframe, struct AVPacket *packet)
{
    AVFrame *frame = h->surfaces ? upload(h, picture) : picture;
    if (!frame)
        return false;
    frame->pts = h->pts++;
    frame->pict_type = keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    av_packet_unref(packet);
    if (avcodec_send_frame(h->codec, frame) < 0)
        return false;
    int result = avcodec_receive_packet(h->codec, packet);
    if (result == 0 && encoder_rate_made(&h->rate, (size_t)packet->size))
        apply_rate(h);
    return result == 0 || result == AVERROR(EAGAIN);
}

const char *h264_encoder_name(const struct h264_encoder *h)
{
    return h->codec->codec->name;
}
