#include "queue.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void queue_init(struct queue *m, size_t item_size)
{
    m->size = item_size;
    m->items = base_alloc(item_size * QUEUE_ITEMS);
    atomic_init(&m->head, 0);
    atomic_init(&m->tail, 0);
}

void queue_destroy(struct queue *m)
{
    free(m->items);
    m->items = NULL;
}

bool queue_push(struct queue *m, const void *item)
{
    uint32_t tail = atomic_load_explicit(&m->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&m->head, memory_order_acquire) == QUEUE_ITEMS)
        return false;
    memcpy(m->items + (tail % QUEUE_ITEMS) * m->size, item, m->size);
    atomic_store_explicit(&m->tail, tail + 1, memory_order_release);
    return true;
}

bool queue_pop(struct queue *m, void *item)
{
    uint32_t head = atomic_load_explicit(&m->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&m->tail, memory_order_acquire))
        return false;
    unsigned char *at = m->items + (head % QUEUE_ITEMS) * m->size;
    memcpy(item, at, m->size);
    sodium_memzero(at, m->size); // items carry hop keys
    atomic_store_explicit(&m->head, head + 1, memory_order_release);
    return true;
}
