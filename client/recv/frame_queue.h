// Decoded pictures with the time they are due, from one producer thread (a decoder, or the camera for the self-view) to
// the screen. The only door to ui. Holds 3; the oldest is dropped. Pixels are never copied: references move.
#ifndef PARLOUR_FRAME_QUEUE_H
#define PARLOUR_FRAME_QUEUE_H

#include "shared/base.h"

struct AVFrame;
struct frame_queue;

enum { FRAME_QUEUE_MAX = 3 };

struct frame_queue_figures {
    uint64_t pushed, taken, dropped; // dropped: pushed out by a newer one, or overtaken when two were due
    unsigned width, height;          // of the newest pushed
};

// `wake` (may be NULL) is called by the pushing thread when the queue was empty. It must only wake.
struct frame_queue *frame_queue_create(void (*wake)(void *ctx), void *wake_ctx);
void frame_queue_destroy(struct frame_queue *q); // NULL is fine
// Takes its own reference of `frame`. due_us: our clock; 0 = at once. ts: the sender's, for latency.
void frame_queue_push(struct frame_queue *q, const struct AVFrame *frame, uint64_t due_us, uint32_t ts);
// The newest picture due at now_us, or NULL when nothing newer than the last one taken is due. Valid until the next
// picture is taken or the queue destroyed. *next_due_us (may be NULL) = when the next waiting one is due, else left
// alone.
struct AVFrame *frame_queue_take(struct frame_queue *q, uint64_t now_us, uint64_t *next_due_us);
uint32_t frame_queue_taken_ts(struct frame_queue *q); // of the picture last taken
void frame_queue_clear(struct frame_queue *q); // forget what waits (camera switched off); the taken one stays valid
void frame_queue_get_figures(struct frame_queue *q, struct frame_queue_figures *out);

#endif
