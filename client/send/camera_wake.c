#define _GNU_SOURCE
#include "camera_wake.h"

#include "shared/clock.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool camera_wake_init(struct camera_wake *w)
{
    atomic_init(&w->raised, false);
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->fd >= 0;
}

void camera_wake_destroy(struct camera_wake *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

void camera_wake_raise(struct camera_wake *w)
{
    uint64_t one = 1;
    atomic_store(&w->raised, true);
    if (write(w->fd, &one, sizeof one) < 0)
        return; // the counter is at its limit: it is readable already
}

void camera_wake_lower(struct camera_wake *w)
{
    uint64_t count;
    if (read(w->fd, &count, sizeof count) < 0)
        count = 0; // it was not raised
    atomic_store(&w->raised, false);
}

bool camera_wake_raised(struct camera_wake *w)
{
    return atomic_load(&w->raised);
}

bool camera_wake_sleep(struct camera_wake *w, uint64_t deadline_us)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    for (;;) {
        uint64_t now = clock_now_us();
        if (camera_wake_raised(w))
            return true;
        if (now >= deadline_us)
            return false;
        uint64_t left = MIN(deadline_us - now, (uint64_t)3600000000u);
        struct timespec t = {.tv_sec = (time_t)(left / 1000000u), .tv_nsec = (long)(left % 1000000u) * 1000};
        ppoll(&p, 1, &t, NULL);
    }
}

bool camera_wake_wait_readable(struct camera_wake *w, int fd)
{
    struct pollfd p[2] = {{.fd = w->fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    while (!camera_wake_raised(w)) {
        p[1].revents = 0;
        if (poll(p, 2, -1) > 0 && p[1].revents)
            return true;
    }
    return false;
}
