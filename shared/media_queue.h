// Datagrams that wait to be written into a WebSocket, at either end of the way over TCP: bounded by 100 ms and 256 KiB,
// and what is too much goes as whole frames, oldest first, so that what arrives can be used (PROTOCOL.md §8). Sound and
// the protocol's own datagrams overtake pictures. Pure: time is passed in.
#ifndef PARLOUR_MEDIA_QUEUE_H
#define PARLOUR_MEDIA_QUEUE_H

#include "wire.h"

enum {
    MEDIA_QUEUE_BYTES = 256 << 10,
    MEDIA_QUEUE_US = 100000,       // a frame of which nothing has left waits no longer
    MEDIA_QUEUE_BEGUN_US = 1000000 // one that has begun may end, while a receiver still waits for it
};

struct media_queue;

struct media_queue *media_queue_create(void); // its memory is touched as it fills
void media_queue_destroy(struct media_queue *q);
// Copy one datagram in. What is no datagram, or belongs to a frame that was dropped, is not taken.
void media_queue_push(struct media_queue *q, const uint8_t *p, size_t n, uint64_t now_us);
// The next one to be written: its size, or 0 when nothing worth sending waits.
size_t media_queue_pop(struct media_queue *q, uint8_t out[WIRE_DATAGRAM_MAX], uint64_t now_us);
bool media_queue_empty(struct media_queue *q);
void media_queue_clear(struct media_queue *q);
uint64_t media_queue_dropped(const struct media_queue *q); // datagrams, since the beginning

#endif
