#include "mailbox.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void mailbox_init(struct mailbox *m, size_t item_size)
{
    m->size = item_size;
    m->items = base_alloc(item_size * MAILBOX_ITEMS);
    atomic_init(&m->head, 0);
    atomic_init(&m->tail, 0);
}

void mailbox_destroy(struct mailbox *m)
{
    free(m->items);
    m->items = NULL;
}

bool mailbox_push(struct mailbox *m, const void *item)
{
    uint32_t tail = atomic_load_explicit(&m->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&m->head, memory_order_acquire) == MAILBOX_ITEMS)
        return false;
    memcpy(m->items + (tail % MAILBOX_ITEMS) * m->size, item, m->size);
    atomic_store_explicit(&m->tail, tail + 1, memory_order_release);
    return true;
}

bool mailbox_pop(struct mailbox *m, void *item)
{
    uint32_t head = atomic_load_explicit(&m->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&m->tail, memory_order_acquire))
        return false;
    unsigned char *at = m->items + (head % MAILBOX_ITEMS) * m->size;
    memcpy(item, at, m->size);
    sodium_memzero(at, m->size); // items carry hop keys
    atomic_store_explicit(&m->head, head + 1, memory_order_release);
    return true;
}
