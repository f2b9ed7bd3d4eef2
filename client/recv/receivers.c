#include "receivers.h"

#include "client/stats.h"
#include "frame_queue.h"
#include "lip_sync.h"
#include "shared/log.h"
#include "shared/wire.h"
#include "video_decoder.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_FAR = 9000 }; // of 90 kHz: 100 ms
enum { LATENCY_MOST_MS = 10000 };

// Two of these are ever written by two threads; the rest says whose it is.
struct receiver {
    struct receivers *owner; // fixed
    uint16_t member;         // fixed
    bool screen;             // fixed: what he shows, not his camera
    atomic_uint slot;        // of the newest frame: net writes, decoder reads
    struct frame_queue *queue;
    struct video_decoder *decoder;

    bool has_clock; // under the table's mutex, like the two below
    uint32_t clock_ts;
    uint64_t clock_us;

    // Main thread only.
    uint64_t last_shown_us;
    double interval_us; // between shown pictures, smoothed; 0 = unknown
    uint64_t shown, freezes, freeze_us;
    double latency_ms;
    uint32_t newest_ts; // of the picture shown last
    uint32_t shown_at;  // lip_sync_picture, smoothed
    uint64_t reported_us, reported_in, reported_shown;
};

struct receivers {
    struct receivers_config config;        // fixed
    pthread_mutex_t mutex;                 // covers the table
    struct receiver *table[RECEIVERS_MAX]; // put in by net, taken out by main alone
    bool full_told;                        // under mutex
};

static void ask_keyframe(void *ctx)
{
    struct receiver *v = ctx;
    if (v->owner->config.ask_keyframe)
        v->owner->config.ask_keyframe(v->owner->config.ctx, v->member, (uint8_t)atomic_load(&v->slot));
}

static void wake(void *ctx)
{
    struct receiver *v = ctx;
    if (v->owner->config.wake)
        v->owner->config.wake(v->owner->config.ctx);
}

struct receivers *receivers_create(const struct receivers_config *config)
{
    struct receivers *r = base_alloc(sizeof *r);
    r->config = *config;
    pthread_mutex_init(&r->mutex, NULL);
    return r;
}

void receivers_destroy(struct receivers *r)
{
    if (!r)
        return;
    receivers_close_all(r);
    pthread_mutex_destroy(&r->mutex);
    free(r);
}

static void receiver_free(struct receiver *v)
{
    if (!v)
        return;
    video_decoder_destroy(v->decoder);
    frame_queue_destroy(v->queue);
    free(v);
}

// Under the mutex.
static struct receiver *find(struct receivers *r, uint16_t member, bool screen)
{
    for (size_t i = 0; i < RECEIVERS_MAX; i++)
        if (r->table[i] && r->table[i]->member == member && r->table[i]->screen == screen)
            return r->table[i];
    return NULL;
}

// Under the mutex: a new stream, its decoder running. NULL when the table is full or no thread can be had.
static struct receiver *open_receiver(struct receivers *r, uint16_t member, bool screen)
{
    size_t at = 0;
    while (at < RECEIVERS_MAX && r->table[at])
        at++;
    if (at == RECEIVERS_MAX) {
        if (!r->full_told)
            log_warn("receivers", "too many streams most=%d", RECEIVERS_MAX);
        r->full_told = true;
        return NULL;
    }
    struct receiver *v = base_alloc(sizeof *v);
    char name[16];
    snprintf(name, sizeof name, "%s %u", screen ? "screen" : "decoder", member);
    v->owner = r;
    v->member = member;
    v->screen = screen;
    v->latency_ms = -1;
    v->queue = frame_queue_create(wake, v);
    v->decoder = video_decoder_create(
        &(struct video_decoder_config){.name = name, .out = v->queue, .ctx = v, .on_keyframe_needed = ask_keyframe});
    if (!video_decoder_start(v->decoder)) {
        receiver_free(v);
        return NULL;
    }
    return r->table[at] = v;
}

void receivers_push_video(struct receivers *r, uint16_t member, uint8_t slot, struct recv_frame *frame)
{
    pthread_mutex_lock(&r->mutex);
    bool screen = wire_stream(slot) == WIRE_STREAM_SCREEN;
    struct receiver *v = find(r, member, screen);
    if (!v)
        v = open_receiver(r, member, screen);
    if (v) {
        atomic_store(&v->slot, slot);
        video_decoder_push(v->decoder, frame);
    }
    pthread_mutex_unlock(&r->mutex);
    free(frame->data); // NULL when the decoder took it
    frame->data = NULL;
}

void receivers_set_clock(struct receivers *r, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us)
{
    pthread_mutex_lock(&r->mutex);
    struct receiver *v = find(r, member, wire_stream(slot) == WIRE_STREAM_SCREEN);
    if (v) {
        v->has_clock = true;
        v->clock_ts = ts;
        v->clock_us = local_us;
    }
    pthread_mutex_unlock(&r->mutex);
}

static void close_receiver(struct receiver *v)
{
    video_decoder_stop(v->decoder);
    video_decoder_join(v->decoder);
    receiver_free(v);
}

void receivers_close(struct receivers *r, uint16_t member, bool screen)
{
    struct receiver *gone = NULL;
    pthread_mutex_lock(&r->mutex);
    for (size_t i = 0; i < RECEIVERS_MAX; i++)
        if (r->table[i] && r->table[i]->member == member && r->table[i]->screen == screen) {
            gone = r->table[i];
            r->table[i] = NULL;
        }
    pthread_mutex_unlock(&r->mutex);
    if (gone)
        close_receiver(gone);
}

void receivers_close_all(struct receivers *r)
{
    struct receiver *gone[RECEIVERS_MAX];
    pthread_mutex_lock(&r->mutex);
    for (size_t i = 0; i < RECEIVERS_MAX; i++) {
        gone[i] = r->table[i];
        r->table[i] = NULL;
    }
    pthread_mutex_unlock(&r->mutex);
    // All are told first: joining them one by one then costs the slowest, not the sum.
    for (size_t i = 0; i < RECEIVERS_MAX; i++)
        if (gone[i])
            video_decoder_stop(gone[i]->decoder);
    for (size_t i = 0; i < RECEIVERS_MAX; i++)
        if (gone[i])
            close_receiver(gone[i]);
}

// Main thread: it alone takes receivers out, so what it finds stays while it works.
static struct receiver *find_for_main(struct receivers *r, uint16_t member, bool screen)
{
    pthread_mutex_lock(&r->mutex);
    struct receiver *v = find(r, member, screen);
    pthread_mutex_unlock(&r->mutex);
    return v;
}

struct AVFrame *receivers_take(struct receivers *r, uint16_t member, bool screen, uint64_t now_us,
                               uint64_t *next_due_us)
{
    struct receiver *v = find_for_main(r, member, screen);
    return v ? frame_queue_take(v->queue, now_us, next_due_us) : NULL;
}

// How long before now_us the picture with this timestamp was taken. False: his clock is not known.
static bool age_of(struct receivers *r, const struct receiver *v, uint32_t ts, uint64_t now_us, double *age_us)
{
    pthread_mutex_lock(&r->mutex);
    bool known = v->has_clock;
    uint32_t clock_ts = v->clock_ts;
    uint64_t clock_us = v->clock_us;
    pthread_mutex_unlock(&r->mutex);
    *age_us = (double)now_us - ((double)clock_us + (int32_t)(ts - clock_ts) / 0.09);
    return known;
}

static void note_latency(struct receivers *r, struct receiver *v, uint64_t now_us)
{
    double latency;
    if (!age_of(r, v, frame_queue_taken_ts(v->queue), now_us, &latency))
        return;
    latency /= 1000;
    if (latency < 0 || latency > LATENCY_MOST_MS) { // two clocks that nobody has compared
        v->latency_ms = -1;
        return;
    }
    v->latency_ms = v->latency_ms < 0 ? latency : v->latency_ms + (latency - v->latency_ms) / 8;
}

static void note_place(struct receiver *v, uint64_t now_us)
{
    uint32_t at = lip_sync_picture(frame_queue_taken_ts(v->queue), now_us);
    int32_t off = (int32_t)(at - v->shown_at);
    bool far = !v->shown || off > PLACE_FAR || off < -PLACE_FAR;
    v->shown_at = far ? at : v->shown_at + (uint32_t)((off + (off > 0 ? 4 : -4)) / 8);
}

void receivers_shown(struct receivers *r, uint16_t member, bool screen, uint64_t now_us)
{
    struct receiver *v = find_for_main(r, member, screen);
    if (!v)
        return;
    note_place(v, now_us);
    if (v->shown++ > 0 && now_us > v->last_shown_us) {
        double gap = (double)(now_us - v->last_shown_us), usual = v->interval_us;
        // W3C webrtc-stats: a freeze is a gap over max(3 T, T + 150 ms), T the average between pictures.
        // A page that stands still sends next to nothing: its gaps are no freezes.
        if (!screen && usual > 0 && gap > fmax(3 * usual, usual + 150000)) {
            v->freezes++;
            v->freeze_us += (uint64_t)gap;
        } else {
            v->interval_us = usual > 0 ? usual + (gap - usual) / 30 : gap;
        }
    }
    v->last_shown_us = now_us;
    v->newest_ts = frame_queue_taken_ts(v->queue);
    note_latency(r, v, now_us);
}

bool receivers_newest(struct receivers *r, uint16_t member, uint64_t now_us, uint32_t *ts, int64_t *age_us)
{
    struct receiver *v = find_for_main(r, member, false);
    double age;
    if (!v || !v->shown)
        return false;
    *ts = v->newest_ts;
    *age_us = age_of(r, v, v->newest_ts, now_us, &age) ? (int64_t)age : -1;
    return true;
}

bool receivers_where(struct receivers *r, uint16_t member, uint32_t *shown, uint32_t *shown_at, int64_t *offset_us)
{
    struct receiver *v = find_for_main(r, member, false);
    if (!v)
        return false;
    struct video_decoder_figures f;
    video_decoder_get_figures(v->decoder, &f);
    *shown = (uint32_t)v->shown;
    *shown_at = v->shown_at;
    *offset_us = f.offset_us;
    return true;
}

void receivers_set_hold(struct receivers *r, uint16_t member, uint32_t hold_us)
{
    struct receiver *v = find_for_main(r, member, false);
    if (v)
        video_decoder_set_hold(v->decoder, hold_us);
}

static void fill(struct receiver *v, uint64_t now_us, struct stats_stream *out)
{
    struct video_decoder_figures decoder;
    struct frame_queue_figures queue;
    video_decoder_get_figures(v->decoder, &decoder);
    frame_queue_get_figures(v->queue, &queue);
    unsigned slot = atomic_load(&v->slot);
    out->member = v->member;
    snprintf(out->slot, sizeof out->slot, "%s", v->screen ? "screen" : "camera");
    out->layer = wire_layer((uint8_t)slot);
    out->width = queue.width;
    out->height = queue.height;
    out->frames_decoded = decoder.decoded;
    out->freezes = v->freezes;
    out->freeze_ms = v->freeze_us / 1000;
    out->latency_ms = v->latency_ms;
    out->target_ms = (double)(decoder.offset_us + decoder.hold_us) / 1000;
    out->hold_ms = (double)decoder.hold_us / 1000;
    out->jitter_ms = decoder.jitter_ms;
    out->keyframe_requests = decoder.keyframe_requests;
    if (v->reported_us && now_us > v->reported_us) {
        double seconds = (double)(now_us - v->reported_us) / 1e6;
        out->fps_in = (double)(decoder.frames_in - v->reported_in) / seconds;
        out->fps_shown = (double)(v->shown - v->reported_shown) / seconds;
    }
    v->reported_us = now_us;
    v->reported_in = decoder.frames_in;
    v->reported_shown = v->shown;
}

size_t receivers_fill_stats(struct receivers *r, uint64_t now_us, struct stats_stream *out, size_t max)
{
    struct receiver *all[RECEIVERS_MAX];
    size_t n = 0;
    pthread_mutex_lock(&r->mutex);
    for (size_t i = 0; i < RECEIVERS_MAX && n < max; i++)
        if (r->table[i])
            all[n++] = r->table[i];
    pthread_mutex_unlock(&r->mutex);
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct stats_stream){0};
        fill(all[i], now_us, &out[i]);
    }
    return n;
}
