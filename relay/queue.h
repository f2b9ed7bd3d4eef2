// A bounded queue of equal items from one thread to one other, without locks. Push moves a copy in; false = full.
#ifndef PARLOUR_QUEUE_H
#define PARLOUR_QUEUE_H

#include "shared/base.h"

#include <stdatomic.h>

enum { QUEUE_ITEMS = 1024 };

struct queue {
    size_t size;           // of one item
    unsigned char *items;  // QUEUE_ITEMS of them; each belongs to the side the counters say
    _Atomic uint32_t head; // next to read; written by the reader
    _Atomic uint32_t tail; // next to write; written by the writer
};

void queue_init(struct queue *m, size_t item_size);
void queue_destroy(struct queue *m);
MUST_USE bool queue_push(struct queue *m, const void *item);
MUST_USE bool queue_pop(struct queue *m, void *item);

#endif
