// A media_queue between two threads: datagrams on their way to or from the WebSocket.
#ifndef PARLOUR_MEDIA_BOX_H
#define PARLOUR_MEDIA_BOX_H

#include "shared/media_queue.h"

#include <pthread.h>

struct media_box {
    pthread_mutex_t lock;
    struct media_queue *queue; // under lock
};

void media_box_init(struct media_box *b);
void media_box_destroy(struct media_box *b);
// Copies. True when nothing waited before: wake who takes them out.
bool media_box_push(struct media_box *b, const uint8_t *p, size_t n);
size_t media_box_pop(struct media_box *b, uint8_t out[WIRE_DATAGRAM_MAX]); // 0 = nothing waits
bool media_box_empty(struct media_box *b);
void media_box_clear(struct media_box *b);

#endif
