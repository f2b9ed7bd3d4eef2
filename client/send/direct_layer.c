#include "direct_layer.h"

#include "client/thread.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/wire.h"
#include "stretch_encoder.h"

#include <libavcodec/avcodec.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    QUEUE = DIRECT_GOP_UNITS + 64,
    APART_US = 100,      // timestamps rise by this at least
    SOON_US = 300000,    // a keyframe of the source's is waited for
    LATE_US = 120000,    // a picture that newer ones wait behind is not coded any more
    STANDS_US = 80000,   // nothing has come since: the last picture is coded
    REFUSED_US = 300000, // there was no room
    MEASURE_US = 2000000,
    STRETCH_WIDTH = 1280,
    STRETCH_HEIGHT = 720,
    UNKNOWN_KBPS = 2000,
    UNKNOWN_REORDER = 16
};

enum mode {
    OFF,     // nobody watches
    WAITING, // for a keyframe of the source's
    PASSING,
    STRETCHING // what comes is coded anew, by the thread
};

struct item {
    AVPacket *packet; // NULL: the end, one picture of those a decoder keeps back
    uint64_t capture_us;
    bool keyframe;
    bool past; // it was sent, or was never to be: only decoded
};

struct direct_layer {
    struct direct_layer_config config; // fixed by create
    pthread_t thread;
    bool running;

    pthread_mutex_t mutex; // covers down to the blank line; frames go out under it, so that they stay in order
    pthread_cond_t cond;   // something for the thread
    bool stopping, there, passes;
    struct stretch_size size;
    unsigned reorder; // kept back by a decoder
    uint64_t step_us;
    AVCodecParameters *codec;
    AVPacket *gop[DIRECT_GOP_UNITS]; // since the last keyframe
    unsigned gop_count;
    size_t gop_bytes;
    bool gop_whole; // nothing is missing
    enum mode mode;
    struct item queue[QUEUE];
    unsigned head, count;
    unsigned stretch;   // counts them: what the thread has in hand may be of one that is over
    bool flowing;       // STRETCHING: until the thread has caught up what comes is passed on, too
    bool owed;          // a keyframe
    unsigned leaving;   // so many pictures that our decoder kept back have been coded: a stretch's last
    uint64_t caught_us; // the thread has nothing left to do since; 0 = it has, or has had nothing
    uint64_t next_key_us, last_capture_us, last_unit_us, refused_us;
    size_t measured_bytes;
    uint64_t measured_us;
    unsigned kbps;

    struct stretch_encoder *encoder; // the thread's alone, like the rest
    unsigned encoder_stretch;
    AVFrame *picture; // the last one
};

struct direct_layer *direct_layer_create(const struct direct_layer_config *config)
{
    struct direct_layer *l = base_alloc(sizeof *l);
    l->config = *config;
    pthread_mutex_init(&l->mutex, NULL);
    thread_cond_init(&l->cond);
    return l;
}

// ---- all under the lock, but for what says otherwise ----

static void forget_gop(struct direct_layer *l)
{
    for (unsigned i = 0; i < l->gop_count; i++)
        av_packet_free(&l->gop[i]);
    l->gop_count = 0;
    l->gop_bytes = 0;
}

static void forget_queue(struct direct_layer *l)
{
    for (; l->count > 0; l->count--, l->head = (l->head + 1) % QUEUE)
        av_packet_free(&l->queue[l->head].packet);
    l->caught_us = 0;
}

static void go(struct direct_layer *l, enum mode mode)
{
    forget_queue(l);
    l->mode = mode;
    l->stretch++;
    l->flowing = false;
    l->owed = mode == STRETCHING;
    l->leaving = 0;
    pthread_cond_signal(&l->cond);
}

// Moved. False: there was no room, and it is gone.
static bool send_frame(struct direct_layer *l, struct encoded_frame *f, uint64_t capture_us)
{
    l->last_capture_us = MAX(capture_us, l->last_capture_us + APART_US);
    f->capture_us = l->last_capture_us;
    f->ts = encoded_frame_ts(f->capture_us);
    f->layer = l->config.layer;
    if (l->config.on_frame(l->config.ctx, f))
        return true;
    encoded_frame_free(f);
    return false;
}

static void pass(struct direct_layer *l, const AVPacket *packet, bool keyframe, uint64_t capture_us)
{
    struct encoded_frame *f = encoded_frame_new(packet->data, (size_t)packet->size);
    f->keyframe = keyframe;
    f->width = l->size.width_max;
    f->height = l->size.height_max;
    if (send_frame(l, f, capture_us))
        return;
    l->refused_us = clock_now_us();
    go(l, WAITING);
}

static bool queue_add(struct direct_layer *l, const AVPacket *packet, bool keyframe, bool past, uint64_t capture_us)
{
    AVPacket *copy = packet && l->count < QUEUE ? av_packet_clone(packet) : NULL;
    if (l->count == QUEUE || (packet && !copy))
        return false;
    l->queue[(l->head + l->count++) % QUEUE] = (struct item){copy, capture_us, keyframe, past};
    l->caught_us = 0;
    pthread_cond_signal(&l->cond);
    return true;
}

// Have the newest picture coded as a keyframe, and what follows, up to the source's next.
static void begin_stretch(struct direct_layer *l)
{
    bool flowing = l->mode == PASSING;
    if (!l->gop_whole || !l->gop_count)
        return; // nothing to begin from: the source's next keyframe
    go(l, STRETCHING);
    l->flowing = flowing;
    for (unsigned i = 0; i < l->gop_count; i++)
        if (!queue_add(l, l->gop[i], i == 0, true, 0))
            break;
}

static void want_keyframe(struct direct_layer *l, uint64_t now_us)
{
    if (l->mode == OFF || !l->there)
        return;
    if (l->mode == STRETCHING)
        l->owed = true;
    else if (!l->passes || l->next_key_us == UINT64_MAX || l->next_key_us > now_us + SOON_US)
        begin_stretch(l);
    pthread_cond_signal(&l->cond);
}

static void remember(struct direct_layer *l, const struct stream_unit *unit)
{
    if (unit->keyframe) {
        forget_gop(l);
        l->gop_whole = true;
    }
    if (!l->gop_whole)
        return;
    AVPacket *copy = l->gop_count < DIRECT_GOP_UNITS ? av_packet_clone(unit->packet) : NULL;
    if (!copy || l->gop_bytes + (size_t)copy->size > DIRECT_GOP_BYTES) {
        av_packet_free(&copy);
        forget_gop(l);
        l->gop_whole = false;
        return;
    }
    l->gop[l->gop_count++] = copy;
    l->gop_bytes += (size_t)copy->size;
}

static void measure(struct direct_layer *l, size_t bytes, uint64_t now_us)
{
    uint64_t span = now_us - l->measured_us;
    if (l->measured_us && span >= MEASURE_US) {
        double kbps = (double)l->measured_bytes * 8000 / (double)span;
        l->kbps = (unsigned)MAX(l->kbps ? 0.7 * l->kbps + 0.3 * kbps : kbps, 1.0);
    }
    if (!l->measured_us || span >= MEASURE_US) {
        l->measured_us = now_us;
        l->measured_bytes = 0;
    }
    l->measured_bytes += bytes;
}

// One that is due.
static void take_unit(struct direct_layer *l, const struct stream_unit *unit, uint64_t capture_us, uint64_t now_us)
{
    bool begins = unit->keyframe && l->passes;
    if (begins && (l->mode == WAITING || (l->mode == STRETCHING && l->owed)))
        go(l, PASSING); // nothing else has been sent since one was wanted
    if (l->mode == WAITING && l->refused_us && now_us > l->refused_us + REFUSED_US) {
        l->refused_us = 0;
        want_keyframe(l, now_us);
        if (l->mode == STRETCHING) // this one is remembered, and so on its way
            return;
    }
    if (l->mode == PASSING || (l->mode == STRETCHING && l->flowing))
        pass(l, unit->packet, unit->keyframe, capture_us);
    if (l->mode == STRETCHING && !queue_add(l, unit->packet, unit->keyframe, l->flowing, capture_us))
        go(l, WAITING); // far too slow
}

// Nothing comes any more: what decoders keep back is coded.
static void finish(struct direct_layer *l)
{
    if (l->mode == PASSING && l->reorder)
        begin_stretch(l);
    l->flowing = false;
    for (unsigned i = 1; l->mode == STRETCHING && i <= l->reorder; i++)
        queue_add(l, NULL, false, false, l->last_capture_us + i * l->step_us);
}

// ---- the reading thread ----

void direct_layer_begin(struct direct_layer *l, const struct stream_info *info, const struct AVCodecParameters *codec)
{
    pthread_mutex_lock(&l->mutex);
    forget_gop(l);
    l->gop_whole = false;
    l->there = info != NULL;
    if (info) {
        l->passes = info->why == STREAM_PASSES;
        l->size = (struct stretch_size){MIN(info->width, (unsigned)WIRE_VIDEO_WIDTH_MAX),
                                        MIN(info->height, (unsigned)WIRE_VIDEO_HEIGHT_MAX),
                                        MIN(info->fps, (unsigned)WIRE_VIDEO_FPS_MAX), info->kbps};
        l->reorder = l->passes ? info->reorder : UNKNOWN_REORDER;
        l->step_us = (uint64_t)info->step_us;
        avcodec_parameters_free(&l->codec);
        l->codec = avcodec_parameters_alloc();
        if (!l->codec || avcodec_parameters_copy(l->codec, codec) < 0)
            l->there = false;
    }
    l->next_key_us = UINT64_MAX;
    if (l->mode != OFF)
        go(l, WAITING);
    pthread_mutex_unlock(&l->mutex);
}

void direct_layer_put(struct direct_layer *l, struct stream_unit *unit, uint64_t capture_us, uint64_t next_key_us)
{
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&l->mutex);
    remember(l, unit);
    l->next_key_us = next_key_us;
    if (capture_us) {
        measure(l, (size_t)unit->packet->size, now);
        take_unit(l, unit, capture_us, now);
        if (!l->passes && l->mode == WAITING)
            begin_stretch(l);
    }
    pthread_mutex_unlock(&l->mutex);
    av_packet_free(&unit->packet);
}

void direct_layer_settle(struct direct_layer *l)
{
    pthread_mutex_lock(&l->mutex);
    if (l->mode == WAITING)
        begin_stretch(l);
    pthread_mutex_unlock(&l->mutex);
}

void direct_layer_end(struct direct_layer *l)
{
    pthread_mutex_lock(&l->mutex);
    finish(l);
    pthread_mutex_unlock(&l->mutex);
}

unsigned direct_layer_kbps(struct direct_layer *l, uint64_t now_us)
{
    pthread_mutex_lock(&l->mutex);
    unsigned kbps = l->measured_us && now_us - l->measured_us < 5 * (uint64_t)MEASURE_US ? l->kbps : 0;
    pthread_mutex_unlock(&l->mutex);
    return kbps;
}

// ---- any thread ----

void direct_layer_set_watched(struct direct_layer *l, bool watched)
{
    pthread_mutex_lock(&l->mutex);
    if (watched && l->mode == OFF) {
        l->mode = WAITING;
        want_keyframe(l, clock_now_us());
    } else if (!watched && l->mode != OFF) {
        go(l, OFF);
    }
    pthread_mutex_unlock(&l->mutex);
}

void direct_layer_keyframe(struct direct_layer *l)
{
    pthread_mutex_lock(&l->mutex);
    want_keyframe(l, clock_now_us());
    pthread_mutex_unlock(&l->mutex);
}

// ---- the thread that codes ----

// Not under the lock.
static void close_encoder(struct direct_layer *l)
{
    stretch_encoder_close(l->encoder);
    l->encoder = NULL;
    av_frame_free(&l->picture);
}

// The source's own keyframe is first in the queue: from here on it is passed on again.
static void go_over(struct direct_layer *l)
{
    unsigned stretch = l->stretch;
    bool ended = false;
    while (l->count && stretch == l->stretch && !ended) { // another stretch: refused
        struct item item = l->queue[l->head];
        l->head = (l->head + 1) % QUEUE;
        l->count--;
        ended = !item.packet;
        if (!ended)
            pass(l, item.packet, item.keyframe, item.capture_us);
        av_packet_free(&item.packet);
    }
    if (stretch != l->stretch)
        return;
    go(l, PASSING);
    if (ended)
        finish(l);
}

// The picture that stands is not coded again and again without a pause.
static void try_later(struct direct_layer *l)
{
    if (l->caught_us)
        l->caught_us = clock_now_us() + REFUSED_US;
}

// Under the lock, which is given up meanwhile. The picture that is to be seen at capture_us.
static void code(struct direct_layer *l, uint64_t capture_us)
{
    unsigned stretch = l->stretch;
    bool keyframe = l->owed;
    if (!l->picture)
        return;
    pthread_mutex_unlock(&l->mutex);
    struct encoded_frame *f = stretch_encoder_encode(l->encoder, l->picture, keyframe);
    pthread_mutex_lock(&l->mutex);
    if (stretch != l->stretch || l->mode != STRETCHING) {
        encoded_frame_free(f);
        return;
    }
    if (!f) {
        try_later(l);
        return;
    }
    l->owed = l->owed && !keyframe; // or wanted again meanwhile
    if (f->keyframe)
        l->owed = false;
    if (!send_frame(l, f, capture_us)) {
        l->owed = true;
        try_later(l);
    }
}

// Under the lock, which is given up meanwhile.
static void work_on(struct direct_layer *l, struct item *item)
{
    unsigned stretch = l->stretch;
    AVFrame *picture = NULL;
    pthread_mutex_unlock(&l->mutex);
    bool good = stretch_encoder_decode(l->encoder, item->packet, &picture);
    av_packet_free(&item->packet);
    pthread_mutex_lock(&l->mutex);
    if (picture) {
        av_frame_free(&l->picture);
        l->picture = picture;
    }
    if (stretch != l->stretch)
        return;
    if (!good && l->passes) { // as a receiver does
        go(l, WAITING);
        return;
    }
    uint64_t now = clock_now_us();
    bool newest = l->count == 0;
    if (newest) {
        l->caught_us = now;
        l->flowing = false;
    }
    if (!item->past && picture && (newest || now < item->capture_us + LATE_US))
        code(l, item->capture_us);
}

// Under the lock, which is given up meanwhile: until something comes. Who wants a keyframe gets the picture that
// stands.
static void idle(struct direct_layer *l)
{
    uint64_t stands = l->owed && l->picture && l->caught_us ? l->caught_us + STANDS_US : UINT64_MAX;
    if (clock_now_us() < stands)
        thread_cond_wait_until(&l->cond, &l->mutex, stands);
    else
        code(l, clock_now_us());
}

// As above. The source's own keyframe is first in the queue, and with it receivers see nothing for as many units as
// their decoders keep back. For these our own gives the pictures of before; the units go out behind them.
static void leave(struct direct_layer *l)
{
    unsigned stretch = l->stretch;
    AVFrame *picture = NULL;
    if (l->leaving == l->reorder) {
        go_over(l);
        return;
    }
    if (l->leaving == l->count) {
        l->caught_us = l->caught_us ? l->caught_us : clock_now_us();
        idle(l);
        return;
    }
    uint64_t capture_us = l->queue[(l->head + l->leaving) % QUEUE].capture_us;
    pthread_mutex_unlock(&l->mutex);
    stretch_encoder_decode(l->encoder, NULL, &picture);
    pthread_mutex_lock(&l->mutex);
    if (stretch != l->stretch) {
        av_frame_free(&picture);
        return;
    }
    l->leaving = picture ? l->leaving + 1 : l->reorder;
    if (!picture)
        return;
    av_frame_free(&l->picture);
    l->picture = picture;
    if (clock_now_us() < capture_us + LATE_US)
        code(l, capture_us);
}

// Under the lock. An encoder for this stretch.
static bool has_encoder(struct direct_layer *l)
{
    if (l->encoder && l->encoder_stretch == l->stretch)
        return true;
    AVCodecParameters *codec = avcodec_parameters_alloc();
    struct stretch_size size = l->size;
    bool passes = l->passes;
    // Without B-frames and without knowing what comes it takes more than the source did, and never as little as a
    // still.
    // And no larger than a camera's picture: what has to be there at once must not be late for being fine.
    size.width_max = MIN(size.width_max, (unsigned)STRETCH_WIDTH);
    size.height_max = MIN(size.height_max, (unsigned)STRETCH_HEIGHT);
    unsigned least = 64 + size.width_max * size.height_max / 1000 * size.fps / 20;
    size.kbps = size.kbps ? size.kbps : l->kbps ? l->kbps : (unsigned)UNKNOWN_KBPS;
    size.kbps = passes ? MAX(size.kbps * 4 / 3, least) : size.kbps;
    unsigned stretch = l->stretch;
    if (!codec || avcodec_parameters_copy(codec, l->codec) < 0) {
        avcodec_parameters_free(&codec);
        return false;
    }
    pthread_mutex_unlock(&l->mutex);
    close_encoder(l);
    l->encoder = stretch_encoder_open(codec, passes, &size);
    l->encoder_stretch = stretch;
    avcodec_parameters_free(&codec);
    if (!l->encoder)
        log_warn("direct", "nothing here decodes this");
    pthread_mutex_lock(&l->mutex);
    return l->encoder != NULL;
}

// Under the lock.
static void step(struct direct_layer *l)
{
    if (l->mode != STRETCHING) {
        if (l->encoder) {
            pthread_mutex_unlock(&l->mutex);
            close_encoder(l);
            pthread_mutex_lock(&l->mutex);
        } else {
            thread_cond_wait_until(&l->cond, &l->mutex, UINT64_MAX);
        }
        return;
    }
    if (l->count == 0) {
        idle(l);
        return;
    }
    unsigned stretch = l->stretch;
    if (!has_encoder(l)) {
        l->there = false;
        go(l, WAITING);
        return;
    }
    if (stretch != l->stretch || !l->count)
        return;
    struct item item = l->queue[l->head];
    if (item.keyframe && !item.past && l->passes) {
        leave(l);
        return;
    }
    l->head = (l->head + 1) % QUEUE;
    l->count--;
    work_on(l, &item);
}

static void *run(void *arg)
{
    struct direct_layer *l = arg;
    pthread_mutex_lock(&l->mutex);
    while (!l->stopping)
        step(l);
    pthread_mutex_unlock(&l->mutex);
    close_encoder(l);
    return NULL;
}

bool direct_layer_start(struct direct_layer *l)
{
    char name[16];
    snprintf(name, sizeof name, "stretch %u", l->config.layer);
    l->running = thread_start(&l->thread, name, run, l);
    return l->running;
}

void direct_layer_stop(struct direct_layer *l)
{
    pthread_mutex_lock(&l->mutex);
    l->stopping = true;
    pthread_cond_signal(&l->cond);
    pthread_mutex_unlock(&l->mutex);
}

void direct_layer_join(struct direct_layer *l)
{
    if (l->running)
        pthread_join(l->thread, NULL);
    l->running = false;
}

void direct_layer_destroy(struct direct_layer *l)
{
    if (!l)
        return;
    forget_gop(l);
    forget_queue(l);
    avcodec_parameters_free(&l->codec);
    pthread_cond_destroy(&l->cond);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}
