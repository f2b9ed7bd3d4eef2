#include "device_thread.h"

#include "thread.h"

void device_thread_init(struct device_thread *w)
{
    *w = (struct device_thread){.running = false};
    pthread_mutex_init(&w->mutex, NULL);
    thread_cond_init(&w->cond);
}

void device_thread_destroy(struct device_thread *w)
{
    pthread_cond_destroy(&w->cond);
    pthread_mutex_destroy(&w->mutex);
}

bool device_thread_start(struct device_thread *w, const char *name, void *(*run)(void *), void *arg)
{
    w->stopping = false;
    w->running = thread_start(&w->thread, name, run, arg);
    return w->running;
}

void device_thread_stop(struct device_thread *w)
{
    device_thread_lock(w);
    w->stopping = true;
    device_thread_unlock(w);
}

void device_thread_join(struct device_thread *w)
{
    if (w->running)
        pthread_join(w->thread, NULL);
    w->running = false;
}

void device_thread_lock(struct device_thread *w)
{
    pthread_mutex_lock(&w->mutex);
}

void device_thread_unlock(struct device_thread *w)
{
    pthread_cond_broadcast(&w->cond);
    pthread_mutex_unlock(&w->mutex);
}

bool device_thread_wait(struct device_thread *w, uint64_t deadline_us)
{
    return device_thread_wait_while(w, NULL, NULL, deadline_us);
}

bool device_thread_wait_while(struct device_thread *w, bool (*holds)(void *arg), void *arg, uint64_t deadline_us)
{
    pthread_mutex_lock(&w->mutex);
    while (!w->stopping && (!holds || holds(arg)) && thread_cond_wait_until(&w->cond, &w->mutex, deadline_us))
        ;
    bool stopping = w->stopping;
    pthread_mutex_unlock(&w->mutex);
    return stopping;
}
