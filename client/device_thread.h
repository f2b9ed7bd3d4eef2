// A thread that works until it is stopped, and what it waits with: nothing it waits for outlasts device_thread_stop.
#ifndef PARLOUR_DEVICE_THREAD_H
#define PARLOUR_DEVICE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct device_thread {
    pthread_t thread; // of the owner: start and join
    bool running;
    pthread_mutex_t mutex; // covers stopping and what the owner's predicates look at
    pthread_cond_t cond;
    bool stopping;
};

void device_thread_init(struct device_thread *w);
void device_thread_destroy(struct device_thread *w); // after join
// `name` at most 15 characters. False (logged) when the system refuses. Again after a join, too.
bool device_thread_start(struct device_thread *w, const char *name, void *(*run)(void *), void *arg);
void device_thread_stop(struct device_thread *w); // any thread
void device_thread_join(struct device_thread *w); // the owner, after stop; fine when it never ran

// What the predicates look at changes between these two; unlock makes the thread look again. Any thread.
void device_thread_lock(struct device_thread *w);
void device_thread_unlock(struct device_thread *w);

// ---- the thread itself: until deadline_us (CLOCK_MONOTONIC, UINT64_MAX = no deadline) ----

bool device_thread_wait(struct device_thread *w, uint64_t deadline_us); // true when it is to stop
// Less when `holds` no longer does; it is asked under the lock. True when it is to stop.
bool device_thread_wait_while(struct device_thread *w, bool (*holds)(void *arg), void *arg, uint64_t deadline_us);

#endif
