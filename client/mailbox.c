#include "mailbox.h"

#include "thread.h"

#include <stdlib.h>

void mailbox_init(struct mailbox *m, size_t capacity, void (*wake)(void *ctx), void *wake_ctx)
{
    *m = (struct mailbox){.capacity = capacity, .wake = wake, .wake_ctx = wake_ctx};
    m->items = base_alloc(capacity * sizeof *m->items);
    pthread_mutex_init(&m->mutex, NULL);
    thread_cond_init(&m->cond);
}

void mailbox_destroy(struct mailbox *m, void (*free_item)(void *item))
{
    void *item;
    while ((item = mailbox_take(m)))
        if (free_item)
            free_item(item);
    pthread_cond_destroy(&m->cond);
    pthread_mutex_destroy(&m->mutex);
    free(m->items);
    m->items = NULL;
}

bool mailbox_push(struct mailbox *m, void *item)
{
    pthread_mutex_lock(&m->mutex);
    bool taken = !m->stopped && m->count < m->capacity;
    bool was_empty = m->count == 0;
    if (taken) {
        m->items[(m->head + m->count) % m->capacity] = item;
        m->count++;
        pthread_cond_signal(&m->cond);
    }
    pthread_mutex_unlock(&m->mutex);
    if (taken && was_empty && m->wake)
        m->wake(m->wake_ctx);
    return taken;
}

// Under the lock.
static void *take(struct mailbox *m)
{
    if (m->count == 0)
        return NULL;
    void *item = m->items[m->head];
    m->head = (m->head + 1) % m->capacity;
    m->count--;
    return item;
}

void *mailbox_take(struct mailbox *m)
{
    pthread_mutex_lock(&m->mutex);
    void *item = take(m);
    pthread_mutex_unlock(&m->mutex);
    return item;
}

size_t mailbox_take_all(struct mailbox *m, void **out, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&m->mutex);
    while (n < max && m->count > 0)
        out[n++] = take(m);
    pthread_mutex_unlock(&m->mutex);
    return n;
}

void *mailbox_wait(struct mailbox *m, uint64_t deadline_us)
{
    void *item = NULL;
    pthread_mutex_lock(&m->mutex);
    while (!m->stopped && !(item = take(m)))
        if (!thread_cond_wait_until(&m->cond, &m->mutex, deadline_us)) {
            item = m->stopped ? NULL : take(m);
            break;
        }
    pthread_mutex_unlock(&m->mutex);
    return item;
}

void mailbox_stop(struct mailbox *m)
{
    pthread_mutex_lock(&m->mutex);
    bool first = !m->stopped;
    m->stopped = true;
    pthread_cond_broadcast(&m->cond);
    pthread_mutex_unlock(&m->mutex);
    if (first && m->wake)
        m->wake(m->wake_ctx);
}

bool mailbox_stopped(struct mailbox *m)
{
    pthread_mutex_lock(&m->mutex);
    bool stopped = m->stopped;
    pthread_mutex_unlock(&m->mutex);
    return stopped;
}

bool mailbox_empty(struct mailbox *m)
{
    pthread_mutex_lock(&m->mutex);
    bool empty = m->count == 0;
    pthread_mutex_unlock(&m->mutex);
    return empty;
}
