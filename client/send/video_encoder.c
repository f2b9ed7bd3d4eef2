#include "video_encoder.h"

#include "camera_convert.h"
#include "client/thread.h"
#include "h264_encoder.h"
#include "camera_scaler.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
#include <stdio.h>
#include <stdlib.h>

enum { REFUSED_PAUSE_US = 66000, REOPEN_PAUSE_US = 1000000 };

// What others want of the encoder; copied out under the lock for each picture.
struct wanted {
    unsigned width, height, fps, kbps;
    bool keyframe, active;
};

struct video_encoder {
    struct video_encoder_config config; // fixed by create, like the two below
    char name[16];
    char codec_name[32];
    pthread_t thread; // of the owner: start and join
    bool running;

    pthread_mutex_t mutex; // covers down to the next blank line
    pthread_cond_t cond;   // a picture came, or stop
    AVFrame *slot;         // the newest picture not yet taken
    uint64_t slot_capture_us;
    struct wanted wanted;
    bool stopping;
    struct video_encoder_figures figures;

    struct h264_encoder *codec; // encoder thread only, like the rest
    unsigned open_width, open_height, open_fps, open_kbps;
    bool open_matrix;
    uint64_t not_before_us; // after a refusal, or when no encoder opened
    uint64_t next_due_us;   // capture time of the next picture to be let through
    struct camera_scaler *scaler;
    AVPacket *packet;
};

struct video_encoder *video_encoder_create(const struct video_encoder_config *config)
{
    struct video_encoder *e = base_alloc(sizeof *e);
    av_log_set_level(AV_LOG_QUIET);
    e->config = *config;
    snprintf(e->name, sizeof e->name, "%s", config->name ? config->name : "encoder");
    snprintf(e->codec_name, sizeof e->codec_name, "%s", config->codec ? config->codec : "auto");
    e->wanted = (struct wanted){.width = config->width,
                                .height = config->height,
                                .fps = config->fps ? config->fps : 30,
                                .kbps = config->kbps ? config->kbps : 1400,
                                .keyframe = true,
                                .active = true};
    e->scaler = camera_scaler_create();
    pthread_mutex_init(&e->mutex, NULL);
    thread_cond_init(&e->cond);
    return e;
}

void video_encoder_put(struct video_encoder *e, const struct AVFrame *frame, uint64_t capture_us)
{
    AVFrame *fresh = av_frame_clone(frame), *old = NULL;
    if (!fresh)
        return;
    pthread_mutex_lock(&e->mutex);
    if (e->wanted.active && !e->stopping) {
        old = e->slot;
        e->slot = fresh;
        e->slot_capture_us = capture_us;
        e->figures.dropped += old != NULL;
        pthread_cond_signal(&e->cond);
    } else {
        old = fresh;
    }
    pthread_mutex_unlock(&e->mutex);
    av_frame_free(&old);
}

void video_encoder_set_bitrate(struct video_encoder *e, unsigned kbps)
{
    pthread_mutex_lock(&e->mutex);
    e->wanted.kbps = MAX(kbps, 16u);
    pthread_mutex_unlock(&e->mutex);
}

void video_encoder_request_keyframe(struct video_encoder *e)
{
    pthread_mutex_lock(&e->mutex);
    e->wanted.keyframe = true;
    pthread_mutex_unlock(&e->mutex);
}

void video_encoder_set_active(struct video_encoder *e, bool active)
{
    AVFrame *old = NULL;
    pthread_mutex_lock(&e->mutex);
    if (active && !e->wanted.active)
        e->wanted.keyframe = true;
    e->wanted.active = active;
    if (!active) {
        old = e->slot;
        e->slot = NULL;
        pthread_cond_signal(&e->cond); // the codec can go
    }
    pthread_mutex_unlock(&e->mutex);
    av_frame_free(&old);
}

void video_encoder_set_size(struct video_encoder *e, unsigned width, unsigned height, unsigned fps)
{
    pthread_mutex_lock(&e->mutex);
    e->wanted.width = width;
    e->wanted.height = height;
    e->wanted.fps = fps ? fps : 30;
    pthread_mutex_unlock(&e->mutex);
}

void video_encoder_get_figures(struct video_encoder *e, struct video_encoder_figures *out)
{
    pthread_mutex_lock(&e->mutex);
    *out = e->figures;
    pthread_mutex_unlock(&e->mutex);
}

// Have an encoder open that fits picture and wishes. False when there is none.
static bool prepare(struct video_encoder *e, const AVFrame *picture, const struct wanted *w)
{
    unsigned width, height, no_limit = 1u << 14;
    camera_convert_fit((unsigned)picture->width, (unsigned)picture->height, w->width ? w->width : no_limit,
                       w->height ? w->height : no_limit, &width, &height);
    bool matrix = picture->colorspace == AVCOL_SPC_SMPTE170M || picture->colorspace == AVCOL_SPC_BT470BG;
    bool same = e->codec && width == e->open_width && height == e->open_height && w->fps == e->open_fps &&
                matrix == e->open_matrix;
    if (same) {
        if (w->kbps != e->open_kbps)
            h264_encoder_set_bitrate(e->codec, w->kbps);
        e->open_kbps = w->kbps;
        return true;
    }
    h264_encoder_close(e->codec);
    e->codec = e->config.screen ? h264_encoder_open_screen(e->codec_name, width, height, w->fps, w->kbps)
                                : h264_encoder_open(e->codec_name, width, height, w->fps, w->kbps, matrix);
    e->open_width = width;
    e->open_height = height;
    e->open_fps = w->fps;
    e->open_kbps = w->kbps;
    e->open_matrix = matrix;
    return e->codec != NULL;
}

// Leave pictures out evenly when they come faster than wanted. The quarter interval forgives a camera's jitter.
static bool is_due(struct video_encoder *e, uint64_t capture_us, unsigned fps)
{
    uint64_t interval = 1000000u / MAX(fps, 1u);
    if (capture_us + interval / 4 < e->next_due_us && e->next_due_us - capture_us <= interval)
        return false;
    bool in_step = e->next_due_us + interval > capture_us && e->next_due_us <= capture_us + interval;
    e->next_due_us = (in_step ? e->next_due_us : capture_us) + interval;
    return true;
}

static void deliver(struct video_encoder *e, uint64_t capture_us, uint64_t encode_us)
{
    struct encoded_frame *frame = encoded_frame_new(e->packet->data, (size_t)e->packet->size);
    frame->capture_us = capture_us;
    frame->ts = encoded_frame_ts(capture_us);
    frame->keyframe = e->packet->flags & AV_PKT_FLAG_KEY;
    frame->layer = e->config.layer;
    frame->screen = e->config.screen;
    frame->width = e->open_width;
    frame->height = e->open_height;
    bool keyframe = frame->keyframe, taken = e->config.on_frame(e->config.ctx, frame);
    if (!taken) {
        encoded_frame_free(frame);
        e->not_before_us = clock_now_us() + REFUSED_PAUSE_US; // let the queue drain before the keyframe
    }
    pthread_mutex_lock(&e->mutex);
    e->figures.width = e->open_width;
    e->figures.height = e->open_height;
    e->figures.frames++;
    e->figures.keyframes += keyframe;
    e->figures.dropped += !taken;
    e->figures.encode_us += encode_us;
    e->wanted.keyframe |= !taken;
    pthread_mutex_unlock(&e->mutex);
}

// One picture, whose reference is used up. False when it did not become a frame: a keyframe asked for is still owed.
static bool encode(struct video_encoder *e, AVFrame *picture, uint64_t capture_us, const struct wanted *w)
{
    uint64_t begin = clock_now_us();
    if (!prepare(e, picture, w)) {
        av_frame_free(&picture);
        e->not_before_us = begin + REOPEN_PAUSE_US;
        return false;
    }
    AVFrame *fits = camera_scaler_scale(e->scaler, picture, e->open_width, e->open_height);
    bool good = fits && h264_encoder_encode(e->codec, fits, w->keyframe, e->packet);
    av_frame_free(&fits);
    av_frame_free(&picture);
    if (!good) {
        log_warn("video_encoder", "encoder failed, opening it again codec=%s", h264_encoder_name(e->codec));
        h264_encoder_close(e->codec);
        e->codec = NULL;
        return false;
    }
    if (e->packet->size > 0)
        deliver(e, capture_us, clock_now_us() - begin);
    av_packet_unref(e->packet);
    return true;
}

static void *run(void *arg)
{
    struct video_encoder *e = arg;
    e->packet = av_packet_alloc();
    pthread_mutex_lock(&e->mutex);
    while (!e->stopping && e->packet) {
        if (!e->slot && !e->wanted.active && e->codec) {
            pthread_mutex_unlock(&e->mutex);
            h264_encoder_close(e->codec);
            e->codec = NULL;
            pthread_mutex_lock(&e->mutex);
            continue;
        }
        if (!e->slot) {
            thread_cond_wait_until(&e->cond, &e->mutex, UINT64_MAX);
            continue;
        }
        AVFrame *picture = e->slot;
        uint64_t capture_us = e->slot_capture_us;
        e->slot = NULL;
        struct wanted w = e->wanted;
        bool use = clock_now_us() >= e->not_before_us && is_due(e, capture_us, w.fps);
        if (use)
            e->wanted.keyframe = false;
        pthread_mutex_unlock(&e->mutex);
        bool owed = use && !encode(e, picture, capture_us, &w) && w.keyframe;
        if (!use)
            av_frame_free(&picture);
        pthread_mutex_lock(&e->mutex);
        e->wanted.keyframe |= owed;
    }
    pthread_mutex_unlock(&e->mutex);
    return NULL;
}

bool video_encoder_start(struct video_encoder *e)
{
    e->running = thread_start(&e->thread, e->name, run, e);
    return e->running;
}

void video_encoder_stop(struct video_encoder *e)
{
    pthread_mutex_lock(&e->mutex);
    e->stopping = true;
    pthread_cond_broadcast(&e->cond);
    pthread_mutex_unlock(&e->mutex);
}

void video_encoder_join(struct video_encoder *e)
{
    if (e->running)
        pthread_join(e->thread, NULL);
    e->running = false;
}

void video_encoder_destroy(struct video_encoder *e)
{
    if (!e)
        return;
    av_frame_free(&e->slot);
    h264_encoder_close(e->codec);
    camera_scaler_destroy(e->scaler);
    av_packet_free(&e->packet);
    pthread_cond_destroy(&e->cond);
    pthread_mutex_destroy(&e->mutex);
    free(e);
}
