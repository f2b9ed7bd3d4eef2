#include "sound_lock.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void sound_lock_take(void)
{
    pthread_mutex_lock(&mutex);
}

void sound_lock_release(void)
{
    pthread_mutex_unlock(&mutex);
}
