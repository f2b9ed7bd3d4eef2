// What cameras, microphones and loudspeakers there are, looked for again and again by a thread of its own while
// somebody wants to know: neither a sound server nor a camera that takes its time holds who asks.
#ifndef PARLOUR_DEVICE_WATCH_H
#define PARLOUR_DEVICE_WATCH_H

#include "devices.h"

struct device_watch;

// `changed`: they are others than before, or known for the first time; on the thread. NULL when there is no thread.
struct device_watch *device_watch_create(void (*changed)(void *ctx), void *ctx);
// Any thread, like the next: look from now on (once a second), or no longer.
void device_watch_look(struct device_watch *w, bool on);
// As last seen. False, and none: not known yet.
bool device_watch_get(struct device_watch *w, enum devices_kind kind, struct device_names *out);
void device_watch_destroy(struct device_watch *w); // joins; NULL is fine

#endif
