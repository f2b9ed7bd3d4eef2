// Threads and locks with the words the whole client uses: start, stop, join. Thin over pthreads.
#ifndef PARLOUR_THREAD_H
#define PARLOUR_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

// Start a named thread (name at most 15 characters, shown by top -H). False (logged) when the system refuses.
bool thread_start(pthread_t *thread, const char *name, void *(*run)(void *), void *arg);
// Condition variables that wait on CLOCK_MONOTONIC.
void thread_cond_init(pthread_cond_t *cond);
// Wait until signalled or until deadline_us (CLOCK_MONOTONIC, us); UINT64_MAX = no deadline. False on timeout.
bool thread_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline_us);

#endif
