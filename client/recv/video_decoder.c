#include "video_decoder.h"

#include "client/thread.h"
#include "frame_queue.h"
#include "h264_decoder.h"
#include "playout.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/wire.h"

#include <libavutil/frame.h>
#include <stdio.h>
#include <stdlib.h>

struct waiting {
    struct recv_frame frame;
    uint64_t due_us;
};

struct video_decoder {
    struct video_decoder_config config; // fixed by create
    char name[16];                      // fixed by create
    pthread_t thread;                   // of the owner: start and join
    bool running;
    pthread_mutex_t mutex; // covers everything down to the blank line
    pthread_cond_t cond;   // a frame came, or stop
    struct waiting queue[VIDEO_DECODER_QUEUE];
    size_t head, count, bytes;
    struct playout playout;
    bool stopping;
    bool wants_keyframe; // frames are dropped until one comes
    uint64_t asked_us;
    struct video_decoder_figures figures;

    struct h264_decoder *codec; // decoder thread only
};

struct video_decoder *video_decoder_create(const struct video_decoder_config *config)
{
    struct video_decoder *d = base_alloc(sizeof *d);
    d->config = *config;
    snprintf(d->name, sizeof d->name, "%s", config->name ? config->name : "decoder");
    d->wants_keyframe = true;
    playout_init(&d->playout);
    pthread_mutex_init(&d->mutex, NULL);
    thread_cond_init(&d->cond);
    return d;
}

// Under the lock: true when the caller should ask for a keyframe after unlocking.
static bool may_ask(struct video_decoder *d, uint64_t now_us)
{
    if (d->asked_us && now_us - d->asked_us < WIRE_REFRESH_MS * 1000u)
        return false;
    d->asked_us = now_us;
    d->figures.keyframe_requests++;
    return true;
}

// Under the lock.
static void drop_all(struct video_decoder *d)
{
    for (; d->count > 0; d->count--, d->head = (d->head + 1) % VIDEO_DECODER_QUEUE) {
        free(d->queue[d->head].frame.data);
        d->figures.dropped++;
    }
    d->bytes = 0;
}

void video_decoder_push(struct video_decoder *d, struct recv_frame *frame)
{
    uint64_t now = clock_now_us();
    bool ask = false;
    pthread_mutex_lock(&d->mutex);
    d->figures.frames_in++;
    playout_set_room(&d->playout, frame->room_us);
    uint64_t due = playout_due(&d->playout, frame->ts, frame->arrived_us);
    if (d->count == VIDEO_DECODER_QUEUE || d->bytes + frame->size > WIRE_JITTER_BYTES) {
        drop_all(d);
        d->wants_keyframe = true;
    }
    if (frame->keyframe)
        d->wants_keyframe = false;
    if (d->wants_keyframe) {
        free(frame->data);
        d->figures.dropped++;
        ask = may_ask(d, now);
    } else {
        d->queue[(d->head + d->count++) % VIDEO_DECODER_QUEUE] = (struct waiting){*frame, due};
        d->bytes += frame->size;
        pthread_cond_signal(&d->cond);
    }
    pthread_mutex_unlock(&d->mutex);
    frame->data = NULL;
    if (ask && d->config.on_keyframe_needed)
        d->config.on_keyframe_needed(d->config.ctx);
}

// Wait for the next frame's time. False at stop.
static bool next_frame(struct video_decoder *d, struct waiting *out)
{
    pthread_mutex_lock(&d->mutex);
    while (!d->stopping) {
        if (d->count == 0) {
            thread_cond_wait_until(&d->cond, &d->mutex, UINT64_MAX);
            continue;
        }
        // One frame ahead of its time, so that the few decoded pictures there is room for are enough.
        uint64_t begin = d->queue[d->head].due_us, early = (uint64_t)playout_interval_us(&d->playout);
        begin = begin > early ? begin - early : 0;
        if (begin > clock_now_us()) {
            thread_cond_wait_until(&d->cond, &d->mutex, begin);
            continue;
        }
        *out = d->queue[d->head];
        d->head = (d->head + 1) % VIDEO_DECODER_QUEUE;
        d->count--;
        d->bytes -= out->frame.size;
        pthread_mutex_unlock(&d->mutex);
        return true;
    }
    pthread_mutex_unlock(&d->mutex);
    return false;
}

// Decode one frame and hand on the picture that is due with it. False when the decoder or our own check refuses it.
static bool decode(struct video_decoder *d, struct waiting *w)
{
    AVFrame *picture;
    bool good = h264_decoder_decode(d->codec, w->frame.data, w->frame.size, w->frame.keyframe, &picture);
    if (picture && !w->frame.behind) {
        frame_queue_push(d->config.out, picture, w->due_us, w->frame.ts);
        pthread_mutex_lock(&d->mutex);
        d->figures.decoded++;
        pthread_mutex_unlock(&d->mutex);
    }
    av_frame_free(&picture);
    return good;
}

static void *run(void *arg)
{
    struct video_decoder *d = arg;
    struct waiting w;
    if (!(d->codec = h264_decoder_create())) {
        log_error("video_decoder", "no H.264 decoder");
        return NULL; // frames are dropped at the queue's bound; the tile stays a name
    }
    bool skipping = false; // after an error, until a keyframe
    while (next_frame(d, &w)) {
        if (skipping && !w.frame.keyframe) {
            free(w.frame.data);
            continue;
        }
        uint64_t begin = clock_now_us();
        skipping = !decode(d, &w);
        uint64_t end = clock_now_us();
        pthread_mutex_lock(&d->mutex);
        d->figures.decode_us += end - begin;
        d->figures.errors += skipping;
        d->wants_keyframe |= skipping && !(d->count > 0 && d->queue[d->head].frame.keyframe);
        bool ask = skipping && may_ask(d, end);
        pthread_mutex_unlock(&d->mutex);
        if (ask && d->config.on_keyframe_needed)
            d->config.on_keyframe_needed(d->config.ctx);
    }
    return NULL;
}

bool video_decoder_start(struct video_decoder *d)
{
    d->running = thread_start(&d->thread, d->name, run, d);
    return d->running;
}

void video_decoder_set_hold(struct video_decoder *d, uint32_t hold_us)
{
    pthread_mutex_lock(&d->mutex);
    playout_set_hold(&d->playout, hold_us);
    pthread_mutex_unlock(&d->mutex);
}

void video_decoder_get_figures(struct video_decoder *d, struct video_decoder_figures *out)
{
    pthread_mutex_lock(&d->mutex);
    *out = d->figures;
    out->offset_us = playout_offset_us(&d->playout);
    out->hold_us = d->playout.hold_us;
    out->jitter_ms = d->playout.jitter_us / 1000;
    pthread_mutex_unlock(&d->mutex);
}

void video_decoder_stop(struct video_decoder *d)
{
    pthread_mutex_lock(&d->mutex);
    d->stopping = true;
    pthread_cond_broadcast(&d->cond);
    pthread_mutex_unlock(&d->mutex);
}

void video_decoder_join(struct video_decoder *d)
{
    if (d->running)
        pthread_join(d->thread, NULL);
    d->running = false;
}

void video_decoder_destroy(struct video_decoder *d)
{
    if (!d)
        return;
    drop_all(d);
    h264_decoder_destroy(d->codec);
    pthread_cond_destroy(&d->cond);
    pthread_mutex_destroy(&d->mutex);
    free(d);
}
