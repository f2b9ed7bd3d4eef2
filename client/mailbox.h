// A bounded queue of pointers between threads, and the wake-up that goes with it. A pushed object is moved; when the
// push says false the caller keeps it.
#ifndef PARLOUR_MAILBOX_H
#define PARLOUR_MAILBOX_H

#include "shared/base.h"

#include <pthread.h>

struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t cond;     // signalled when an item came or the box was stopped
    void **items;            // under mutex: a ring of `capacity`
    size_t capacity;         // fixed by init
    size_t head, count;      // under mutex
    bool stopped;            // under mutex
    void (*wake)(void *ctx); // fixed by init; may be NULL
    void *wake_ctx;
};

// `wake` is called, by the pushing thread and outside the lock, when the box turns from empty to non-empty and when it
// is stopped; it must only wake (write an eventfd, push an SDL event).
void mailbox_init(struct mailbox *m, size_t capacity, void (*wake)(void *ctx), void *wake_ctx);
// Frees what is still inside with `free_item` (may be NULL for items that need none). No thread may use the box any
// more.
void mailbox_destroy(struct mailbox *m, void (*free_item)(void *item));

// False when full or stopped: the caller keeps the item. Items are never NULL.
MUST_USE bool mailbox_push(struct mailbox *m, void *item);
// The oldest item, or NULL when there is none. Does not wait; works after stop, so that what is inside can be drained.
void *mailbox_take(struct mailbox *m);
// Up to `max` items, oldest first; returns how many.
size_t mailbox_take_all(struct mailbox *m, void **out, size_t max);
// The oldest item, waiting until deadline_us (CLOCK_MONOTONIC, UINT64_MAX = for ever). NULL on timeout or once stopped.
void *mailbox_wait(struct mailbox *m, uint64_t deadline_us);
// No more pushes; every waiter returns. May be called from any thread, any number of times.
void mailbox_stop(struct mailbox *m);
bool mailbox_stopped(struct mailbox *m);
bool mailbox_empty(struct mailbox *m);

#endif
