// A bounded queue of equal items from one thread to one other, without locks. Push moves a copy in; false = full.
#ifndef PARLOUR_MAILBOX_H
#define PARLOUR_MAILBOX_H

#include "shared/base.h"

#include <stdatomic.h>

enum { MAILBOX_ITEMS = 1024 };

struct mailbox {
    size_t size;           // of one item
    unsigned char *items;  // MAILBOX_ITEMS of them; each belongs to the side the counters say
    _Atomic uint32_t head; // next to read; written by the reader
    _Atomic uint32_t tail; // next to write; written by the writer
};

void mailbox_init(struct mailbox *m, size_t item_size);
void mailbox_destroy(struct mailbox *m);
MUST_USE bool mailbox_push(struct mailbox *m, const void *item);
MUST_USE bool mailbox_pop(struct mailbox *m, void *item);

#endif
