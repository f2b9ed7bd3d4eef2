#include "file_pipe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct wake {
    void (*call)(void *ctx);
    void *ctx;
};

struct file_pipe {
    pthread_mutex_t mutex; // covers all
    unsigned holds;
    enum file_pipe_state state;
    struct wake put_wake, take_wake;
    bool was_full; // since something was put in last: whoever puts waits
    size_t head, count;
    uint16_t size[FILE_PIPE_CHUNKS];
    uint8_t data[FILE_PIPE_CHUNKS][FILE_PIPE_CHUNK];
};

static void call(struct wake w)
{
    if (w.call)
        w.call(w.ctx);
}

struct file_pipe *file_pipe_create(void (*put_wake)(void *ctx), void *put_ctx, void (*take_wake)(void *ctx),
                                   void *take_ctx)
{
    struct file_pipe *p = base_alloc(sizeof *p);
    pthread_mutex_init(&p->mutex, NULL);
    p->holds = 1;
    p->put_wake = (struct wake){put_wake, put_ctx};
    p->take_wake = (struct wake){take_wake, take_ctx};
    return p;
}

static void set_wake(struct file_pipe *p, struct wake *which, struct wake to)
{
    pthread_mutex_lock(&p->mutex);
    *which = to;
    pthread_mutex_unlock(&p->mutex);
    call(to); // what came before would wake nobody
}

void file_pipe_set_put_wake(struct file_pipe *p, void (*wake)(void *ctx), void *ctx)
{
    set_wake(p, &p->put_wake, (struct wake){wake, ctx});
}

void file_pipe_set_take_wake(struct file_pipe *p, void (*wake)(void *ctx), void *ctx)
{
    set_wake(p, &p->take_wake, (struct wake){wake, ctx});
}

struct file_pipe *file_pipe_hold(struct file_pipe *p)
{
    pthread_mutex_lock(&p->mutex);
    p->holds++;
    pthread_mutex_unlock(&p->mutex);
    return p;
}

void file_pipe_free(struct file_pipe *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    bool last = --p->holds == 0;
    pthread_mutex_unlock(&p->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

bool file_pipe_put(struct file_pipe *p, const void *data, size_t n)
{
    struct wake w = {NULL, NULL};
    pthread_mutex_lock(&p->mutex);
    bool fits = p->state == FILE_PIPE_OPEN && p->count < FILE_PIPE_CHUNKS && n <= FILE_PIPE_CHUNK;
    if (fits) {
        size_t at = (p->head + p->count) % FILE_PIPE_CHUNKS;
        memcpy(p->data[at], data, n);
        p->size[at] = (uint16_t)n;
        if (p->count++ == 0)
            w = p->take_wake;
    } else {
        p->was_full = true;
    }
    pthread_mutex_unlock(&p->mutex);
    call(w);
    return fits;
}

bool file_pipe_take(struct file_pipe *p, void *out, size_t *n)
{
    struct wake w = {NULL, NULL};
    pthread_mutex_lock(&p->mutex);
    bool there = p->state != FILE_PIPE_ABORTED && p->count > 0;
    if (there) {
        *n = p->size[p->head];
        memcpy(out, p->data[p->head], *n);
        p->head = (p->head + 1) % FILE_PIPE_CHUNKS;
        p->count--;
        if (p->was_full && p->count <= FILE_PIPE_CHUNKS / 2) { // not for each chunk
            p->was_full = false;
            w = p->put_wake;
        }
    }
    pthread_mutex_unlock(&p->mutex);
    call(w);
    return there;
}

static void set_state(struct file_pipe *p, enum file_pipe_state state)
{
    pthread_mutex_lock(&p->mutex);
    p->state = MAX(p->state, state);
    struct wake put = p->put_wake, take = p->take_wake;
    pthread_mutex_unlock(&p->mutex);
    call(put);
    call(take);
}

void file_pipe_end(struct file_pipe *p)
{
    set_state(p, FILE_PIPE_ENDED);
}

void file_pipe_abort(struct file_pipe *p)
{
    set_state(p, FILE_PIPE_ABORTED);
}

enum file_pipe_state file_pipe_get_state(struct file_pipe *p)
{
    pthread_mutex_lock(&p->mutex);
    enum file_pipe_state state = p->state;
    pthread_mutex_unlock(&p->mutex);
    return state;
}
