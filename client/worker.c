#include "worker.h"

#include "thread.h"

void worker_init(struct worker *w)
{
    *w = (struct worker){.running = false};
    pthread_mutex_init(&w->mutex, NULL);
    thread_cond_init(&w->cond);
}

void worker_destroy(struct worker *w)
{
    pthread_cond_destroy(&w->cond);
    pthread_mutex_destroy(&w->mutex);
}

bool worker_start(struct worker *w, const char *name, void *(*run)(void *), void *arg)
{
    w->stopping = false;
    w->running = thread_start(&w->thread, name, run, arg);
    return w->running;
}

void worker_stop(struct worker *w)
{
    worker_lock(w);
    w->stopping = true;
    worker_unlock(w);
}

void worker_join(struct worker *w)
{
    if (w->running)
        pthread_join(w->thread, NULL);
    w->running = false;
}

void worker_lock(struct worker *w)
{
    pthread_mutex_lock(&w->mutex);
}

void worker_unlock(struct worker *w)
{
    pthread_cond_broadcast(&w->cond);
    pthread_mutex_unlock(&w->mutex);
}

bool worker_wait(struct worker *w, uint64_t deadline_us)
{
    return worker_wait_while(w, NULL, NULL, deadline_us);
}

bool worker_wait_while(struct worker *w, bool (*holds)(void *arg), void *arg, uint64_t deadline_us)
{
    pthread_mutex_lock(&w->mutex);
    while (!w->stopping && (!holds || holds(arg)) && thread_cond_wait_until(&w->cond, &w->mutex, deadline_us))
        ;
    bool stopping = w->stopping;
    pthread_mutex_unlock(&w->mutex);
    return stopping;
}
