#include "media_box.h"

#include "shared/clock.h"

void media_box_init(struct media_box *b)
{
    pthread_mutex_init(&b->lock, NULL);
    b->queue = media_queue_create();
}

void media_box_destroy(struct media_box *b)
{
    pthread_mutex_destroy(&b->lock);
    media_queue_destroy(b->queue);
}

bool media_box_push(struct media_box *b, const uint8_t *p, size_t n)
{
    pthread_mutex_lock(&b->lock);
    bool first = media_queue_empty(b->queue);
    media_queue_push(b->queue, p, n, clock_now_us());
    pthread_mutex_unlock(&b->lock);
    return first;
}

size_t media_box_pop(struct media_box *b, uint8_t out[WIRE_DATAGRAM_MAX])
{
    pthread_mutex_lock(&b->lock);
    size_t n = media_queue_pop(b->queue, out, clock_now_us());
    pthread_mutex_unlock(&b->lock);
    return n;
}

bool media_box_empty(struct media_box *b)
{
    pthread_mutex_lock(&b->lock);
    bool empty = media_queue_empty(b->queue);
    pthread_mutex_unlock(&b->lock);
    return empty;
}

void media_box_clear(struct media_box *b)
{
    pthread_mutex_lock(&b->lock);
    media_queue_clear(b->queue);
    pthread_mutex_unlock(&b->lock);
}
