#define _GNU_SOURCE
#include "thread.h"

#include "shared/base.h"
#include "shared/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct thread_begin {
    void *(*run)(void *);
    void *arg;
    char name[16];
};

static void *thread_main(void *arg)
{
    struct thread_begin begin = *(struct thread_begin *)arg;
    free(arg);
    // The thread names itself: naming it from outside races with its end.
    pthread_setname_np(pthread_self(), begin.name);
    return begin.run(begin.arg);
}

bool thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *arg)
{
    struct thread_begin *begin = base_alloc(sizeof *begin);
    begin->run = run;
    begin->arg = arg;
    memcpy(begin->name, name, MIN(strlen(name), sizeof begin->name - 1));
    int error = pthread_create(thread, NULL, thread_main, begin);
    if (error) {
        log_error("thread", "cannot start name=%s error=%d", name, error);
        free(begin);
    }
    return !error;
}

void thread_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool thread_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline_us)
{
    if (deadline_us == UINT64_MAX)
        return pthread_cond_wait(cond, mutex) == 0;
    struct timespec t = {.tv_sec = (time_t)(deadline_us / 1000000u), .tv_nsec = (long)(deadline_us % 1000000u) * 1000};
    return pthread_cond_timedwait(cond, mutex, &t) == 0;
}
