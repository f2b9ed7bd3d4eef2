#include "packet_ring.h"

#include <stdlib.h>

void packet_ring_init(struct packet_ring *r, uint32_t capacity)
{
    r->items = base_alloc(capacity * sizeof *r->items);
    r->mask = capacity - 1;
    atomic_init(&r->head, 0);
    atomic_init(&r->tail, 0);
}

void packet_ring_destroy(struct packet_ring *r)
{
    free(r->items);
    r->items = NULL;
}

bool packet_ring_push(struct packet_ring *r, void *item)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    // Acquire: the taker must be done with the slot before it is written again.
    uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    if (tail - head > r->mask)
        return false;
    r->items[tail & r->mask] = item;
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return true;
}

void *packet_ring_take(struct packet_ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    if (head == tail)
        return NULL;
    void *item = r->items[head & r->mask];
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return item;
}
