#include "frame_queue.h"

#include <libavutil/frame.h>
#include <pthread.h>
#include <stdlib.h>

struct entry {
    AVFrame *frame;
    uint64_t due_us;
    uint32_t ts;
};

struct frame_queue {
    pthread_mutex_t mutex;                 // covers everything below
    struct entry waiting[FRAME_QUEUE_MAX]; // oldest first
    size_t count;
    struct entry taken; // what the screen holds; written by the taking thread
    struct frame_queue_figures figures;
    void (*wake)(void *ctx); // fixed
    void *wake_ctx;
};

struct frame_queue *frame_queue_create(void (*wake)(void *ctx), void *wake_ctx)
{
    struct frame_queue *q = base_alloc(sizeof *q);
    pthread_mutex_init(&q->mutex, NULL);
    q->wake = wake;
    q->wake_ctx = wake_ctx;
    return q;
}

void frame_queue_destroy(struct frame_queue *q)
{
    if (!q)
        return;
    frame_queue_clear(q);
    av_frame_free(&q->taken.frame);
    pthread_mutex_destroy(&q->mutex);
    free(q);
}

// Under the lock: take the oldest out.
static struct entry shift(struct frame_queue *q)
{
    struct entry first = q->waiting[0];
    q->count--;
    for (size_t i = 0; i < q->count; i++)
        q->waiting[i] = q->waiting[i + 1];
    return first;
}

void frame_queue_push(struct frame_queue *q, const struct AVFrame *frame, uint64_t due_us, uint32_t ts)
{
    struct entry e = {.frame = av_frame_clone(frame), .due_us = due_us, .ts = ts};
    if (!e.frame)
        return; // no memory for a reference: this picture is not shown
    struct entry old = {0};
    pthread_mutex_lock(&q->mutex);
    bool was_empty = q->count == 0;
    if (q->count == FRAME_QUEUE_MAX) {
        old = shift(q);
        q->figures.dropped++;
    }
    q->waiting[q->count++] = e;
    q->figures.pushed++;
    q->figures.width = (unsigned)frame->width;
    q->figures.height = (unsigned)frame->height;
    pthread_mutex_unlock(&q->mutex);
    av_frame_free(&old.frame);
    if (was_empty && q->wake)
        q->wake(q->wake_ctx);
}

struct AVFrame *frame_queue_take(struct frame_queue *q, uint64_t now_us, uint64_t *next_due_us)
{
    AVFrame *gone[FRAME_QUEUE_MAX];
    size_t gone_count = 0;
    pthread_mutex_lock(&q->mutex);
    AVFrame *newest = NULL;
    while (q->count > 0 && q->waiting[0].due_us <= now_us) {
        struct entry e = shift(q);
        if (newest)
            q->figures.dropped++;
        gone[gone_count++] = q->taken.frame;
        q->taken = e;
        newest = e.frame;
    }
    if (newest)
        q->figures.taken++;
    if (q->count > 0 && next_due_us)
        *next_due_us = q->waiting[0].due_us;
    pthread_mutex_unlock(&q->mutex);
    for (size_t i = 0; i < gone_count; i++)
        av_frame_free(&gone[i]);
    return newest;
}

uint32_t frame_queue_taken_ts(struct frame_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    uint32_t ts = q->taken.ts;
    pthread_mutex_unlock(&q->mutex);
    return ts;
}

void frame_queue_clear(struct frame_queue *q)
{
    struct entry gone[FRAME_QUEUE_MAX];
    size_t n = 0;
    pthread_mutex_lock(&q->mutex);
    while (q->count > 0)
        gone[n++] = shift(q);
    pthread_mutex_unlock(&q->mutex);
    for (size_t i = 0; i < n; i++)
        av_frame_free(&gone[i].frame);
}

void frame_queue_get_figures(struct frame_queue *q, struct frame_queue_figures *out)
{
    pthread_mutex_lock(&q->mutex);
    *out = q->figures;
    pthread_mutex_unlock(&q->mutex);
}
