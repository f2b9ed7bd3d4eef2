#include "record_queue.h"

#include "client/thread.h"
#include "shared/wire.h"

#include <stdlib.h>
#include <string.h>

enum { PADDING = 64 }; // AV_INPUT_BUFFER_PADDING_SIZE

void record_queue_init(struct record_queue *q)
{
    *q = (struct record_queue){.closed = true};
    pthread_mutex_init(&q->mutex, NULL);
    thread_cond_init(&q->cond);
}

static void free_list(struct record_item *item)
{
    for (struct record_item *next; item; item = next) {
        next = item->next;
        free(item);
    }
}

void record_queue_destroy(struct record_queue *q)
{
    free_list(q->first);
    pthread_cond_destroy(&q->cond);
    pthread_mutex_destroy(&q->mutex);
}

struct record_item *record_queue_item(enum record_item_type type, uint16_t member, uint8_t slot, const uint8_t *data,
                                      size_t size)
{
    struct record_item *item = base_alloc(sizeof *item + size + PADDING);
    item->type = type;
    item->member = member;
    item->slot = slot;
    item->size = size;
    if (size)
        memcpy(item->data, data, size);
    return item;
}

// Under the lock. What follows a picture that was dropped builds on it.
static bool fits(struct record_queue *q, const struct record_item *item)
{
    bool room = q->items < RECORD_QUEUE_ITEMS && q->bytes + item->size <= RECORD_QUEUE_BYTES;
    if (item->type == RECORD_ITEM_MEMBER || item->type == RECORD_ITEM_GONE)
        return q->items < 2 * RECORD_QUEUE_ITEMS; // few, and without them nobody's is known
    if (item->type != RECORD_ITEM_VIDEO)
        return room;
    uint8_t *broken = &q->broken[wire_stream(item->slot) == WIRE_STREAM_SCREEN][item->member / 8];
    uint8_t bit = (uint8_t)(1u << item->member % 8);
    bool good = room && (item->keyframe || !(*broken & bit));
    *broken = (uint8_t)(good ? *broken & ~bit : *broken | bit);
    return good;
}

void record_queue_put(struct record_queue *q, struct record_item *item)
{
    pthread_mutex_lock(&q->mutex);
    bool good = !q->closed && fits(q, item);
    if (good) {
        item->next = NULL;
        *(q->first ? &q->last->next : &q->first) = item;
        q->last = item;
        q->items++;
        q->bytes += item->size;
        pthread_cond_signal(&q->cond);
    } else if (!q->closed) {
        q->dropped += item->type == RECORD_ITEM_VIDEO || item->type == RECORD_ITEM_AUDIO;
        q->slow = true;
    }
    pthread_mutex_unlock(&q->mutex);
    if (!good)
        free(item);
}

struct record_item *record_queue_take(struct record_queue *q, uint64_t deadline_us)
{
    pthread_mutex_lock(&q->mutex);
    while (!q->first && !q->closed && thread_cond_wait_until(&q->cond, &q->mutex, deadline_us))
        ;
    struct record_item *all = q->first;
    q->first = q->last = NULL;
    pthread_mutex_unlock(&q->mutex);
    return all;
}

void record_queue_free(struct record_queue *q, struct record_item *item)
{
    pthread_mutex_lock(&q->mutex);
    q->items--;
    q->bytes -= item->size;
    pthread_mutex_unlock(&q->mutex);
    free(item);
}

void record_queue_lost(struct record_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->dropped++;
    pthread_mutex_unlock(&q->mutex);
}

void record_queue_close(struct record_queue *q, bool closed)
{
    pthread_mutex_lock(&q->mutex);
    q->closed = closed;
    if (!closed) {
        q->dropped = 0;
        q->slow = false;
        memset(q->broken, 0, sizeof q->broken);
    }
    pthread_cond_broadcast(&q->cond);
    pthread_mutex_unlock(&q->mutex);
}

void record_queue_dropped(struct record_queue *q, uint64_t *dropped, bool *slow)
{
    pthread_mutex_lock(&q->mutex);
    *dropped = q->dropped;
    *slow = q->slow;
    pthread_mutex_unlock(&q->mutex);
}
