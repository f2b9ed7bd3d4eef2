// A thread that works until it is stopped, and what it waits with: nothing it waits for outlasts worker_stop.
#ifndef PARLOUR_WORKER_H
#define PARLOUR_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct worker {
    pthread_t thread; // of the owner: start and join
    bool running;
    pthread_mutex_t mutex; // covers stopping and what the owner's predicates look at
    pthread_cond_t cond;
    bool stopping;
};

void worker_init(struct worker *w);
void worker_destroy(struct worker *w); // after join
// `name` at most 15 characters. False (logged) when the system refuses. Again after a join, too.
bool worker_start(struct worker *w, const char *name, void *(*run)(void *), void *arg);
void worker_stop(struct worker *w); // any thread
void worker_join(struct worker *w); // the owner, after stop; fine when it never ran

// What the predicates look at changes between these two; unlock makes the thread look again. Any thread.
void worker_lock(struct worker *w);
void worker_unlock(struct worker *w);

// ---- the thread itself: until deadline_us (CLOCK_MONOTONIC, UINT64_MAX = no deadline) ----

bool worker_wait(struct worker *w, uint64_t deadline_us); // true when it is to stop
// Less when `holds` no longer does; it is asked under the lock. True when it is to stop.
bool worker_wait_while(struct worker *w, bool (*holds)(void *arg), void *arg, uint64_t deadline_us);

#endif
