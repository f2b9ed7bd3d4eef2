#define _GNU_SOURCE
#include "stamp.h"

#include "base.h"

#include <string.h>

enum { SECOND = 1000000 };

void stamp_on(int fd)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

uint64_t stamp_age_us(const struct msghdr *m)
{
    struct msghdr *all = (struct msghdr *)(uintptr_t)m; // CMSG_NXTHDR knows no const
    for (struct cmsghdr *c = CMSG_FIRSTHDR(all); c; c = CMSG_NXTHDR(all, c)) {
        struct timespec then, now;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&then, CMSG_DATA(c), sizeof then);
        clock_gettime(CLOCK_REALTIME, &now); // its clock; one that is set in between is the reason for the bounds
        int64_t us = (int64_t)(now.tv_sec - then.tv_sec) * SECOND + (now.tv_nsec - then.tv_nsec) / 1000;
        return us < 0 ? 0 : MIN((uint64_t)us, (uint64_t)SECOND);
    }
    return 0;
}
