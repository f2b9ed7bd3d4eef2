// Ends whatever the camera thread waits for: a flag for FFmpeg's interrupt callback and an eventfd for poll.
#ifndef PARLOUR_CAMERA_WAKE_H
#define PARLOUR_CAMERA_WAKE_H

#include "shared/base.h"

#include <stdatomic.h>

struct camera_wake {
    atomic_bool raised; // written by whoever wants the thread's attention, lowered by the thread
    int fd;             // eventfd, readable while raised
};

bool camera_wake_init(struct camera_wake *w);
void camera_wake_destroy(struct camera_wake *w);
void camera_wake_raise(struct camera_wake *w); // any thread
void camera_wake_lower(struct camera_wake *w); // camera thread, before it looks at what is wanted of it
bool camera_wake_raised(struct camera_wake *w);
// Sleep until deadline_us (CLOCK_MONOTONIC). True when raised before.
bool camera_wake_sleep(struct camera_wake *w, uint64_t deadline_us);
// Wait until `fd` can be read. False when raised.
bool camera_wake_wait_readable(struct camera_wake *w, int fd);

#endif
