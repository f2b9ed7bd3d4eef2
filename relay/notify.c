#define _GNU_SOURCE
#include "notify.h"

#include "shared/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static uint64_t watchdog_interval(void)
{
    const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!interval || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    return strtoull(interval, NULL, 10);
}

void notify_open(struct notify *n)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t size = path ? strlen(path) : 0;
    *n = (struct notify){.fd = -1};
    if (size < 2 || size >= sizeof to.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(to.sun_path, path, size);
    if (*path == '@') // an abstract name
        to.sun_path[0] = 0;
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd >= 0 &&
        connect(n->fd, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) == 0) {
        n->watchdog_us = watchdog_interval();
        return;
    }
    log_warn("notify", "cannot reach the service manager: %s", strerror(errno));
    notify_close(n);
}

void notify_close(struct notify *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}

static void tell(struct notify *n, const char *text)
{
    if (n->fd >= 0 && send(n->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        log_warn("notify", "the service manager does not listen: %s", strerror(errno));
}

void notify_ready(struct notify *n, const char *status)
{
    char text[512];
    snprintf(text, sizeof text, "READY=1\nSTATUS=%s\n", status);
    tell(n, text);
}

void notify_reloading(struct notify *n, uint64_t now_us)
{
    char text[64];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n", now_us);
    tell(n, text);
}

void notify_stopping(struct notify *n)
{
    tell(n, "STOPPING=1\n");
}

void notify_alive(struct notify *n, bool alive, uint64_t now_us)
{
    if (!alive || n->watchdog_us == 0 || now_us - n->told_us < n->watchdog_us / 2)
        return;
    n->told_us = now_us;
    tell(n, "WATCHDOG=1\n");
}
