// A lock-free ring of pointers between exactly one pushing and one taking thread; neither ever waits.
#ifndef PARLOUR_PACKET_RING_H
#define PARLOUR_PACKET_RING_H

#include "shared/base.h"

#include <stdatomic.h>

struct packet_ring {
    void **items;                            // a slot belongs to the pusher while free, to the taker while full
    uint32_t mask;                           // capacity - 1
    _Alignas(64) atomic_uint_least32_t head; // next to take; written by the taker
    _Alignas(64) atomic_uint_least32_t tail; // next to fill; written by the pusher
};

void packet_ring_init(struct packet_ring *r, uint32_t capacity);   // a power of two
void packet_ring_destroy(struct packet_ring *r);                   // must be empty, or the items leak
MUST_USE bool packet_ring_push(struct packet_ring *r, void *item); // false when full: the caller keeps the item
void *packet_ring_take(struct packet_ring *r);                     // NULL when empty

#endif
