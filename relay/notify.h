// What a service manager (systemd) is told through the datagram socket named by NOTIFY_SOCKET: ready, reloading,
// stopping, and that the relay is alive. No library of systemd's is needed. Without the variable every call does
// nothing.
#ifndef PARLOUR_NOTIFY_H
#define PARLOUR_NOTIFY_H

#include "shared/base.h"

struct notify {
    int fd;               // -1 = nobody wants to know
    uint64_t watchdog_us; // how often at least; 0 = not asked for
    uint64_t told_us;
};

// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and opens the socket, which needs rights the sandbox takes away.
void notify_open(struct notify *n);
void notify_close(struct notify *n);
void notify_ready(struct notify *n, const char *status); // also after a reload
void notify_reloading(struct notify *n, uint64_t now_us);
void notify_stopping(struct notify *n);
// To be called often; tells twice in each interval that we live, if we do.
void notify_alive(struct notify *n, bool alive, uint64_t now_us);

#endif
