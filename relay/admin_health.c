#define _GNU_SOURCE
#include "admin_health.h"

#include "shared/clock.h"
#include "shared/ctrl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const struct admin_health *h)
{
    struct addr to = h->media;
    // Where the relay listens on all addresses it has the IPv4 loopback, too.
    if (addr_is_any(&to) && !addr_literal(&to, "127.0.0.1", addr_port(&h->media)))
        return -1;
    int fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, &to.sa, to.length) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

static bool ask(int fd, const struct admin_health *h, unsigned worker)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    uint64_t now = clock_now_us();
    struct ctrl ping = {.op = CTRL_PING, .time = now};
    size_t n = ctrl_write(&ping, 0, worker, out); // a room goes to worker `room mod count`
    wire_stamp(out, n, h->key, 0, now);
    return send(fd, out, n, 0) == (ssize_t)n;
}

// Take what has come: each worker's answer clears its bit. False when the socket tells that nobody is there.
static bool take(int fd, const struct admin_health *h, uint64_t *missing)
{
    uint8_t in[WIRE_DATAGRAM_MAX];
    struct wire_header head;
    struct ctrl pong;
    ssize_t n;
    while ((n = recv(fd, in, sizeof in, 0)) >= 0) {
        bool ours = wire_read(&head, in, (size_t)n) && head.type == WIRE_CTRL && wire_verify(in, (size_t)n, h->key, 0);
        if (ours && ctrl_read(&pong, in, (size_t)n) && pong.op == CTRL_PONG && head.room < h->workers)
            *missing &= ~((uint64_t)1 << head.room);
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// Several times: under a flood one datagram may be lost, and the path still lives.
static bool ask_all(int fd, const struct admin_health *h, uint64_t *missing)
{
    for (unsigned i = 0; i < ADMIN_HEALTH_TRIES; i++) {
        uint64_t until = clock_now_us() + ADMIN_HEALTH_TRY_US, now;
        for (unsigned w = 0; w < h->workers; w++)
            if (*missing >> w & 1 && !ask(fd, h, w))
                return false;
        while (*missing && (now = clock_now_us()) < until) {
            struct pollfd p = {.fd = fd, .events = POLLIN};
            if (poll(&p, 1, (int)((until - now + 999) / 1000)) > 0 && !take(fd, h, missing))
                return false;
        }
    }
    return true;
}

bool admin_health_check(const struct admin_health *h, char why[ADMIN_HEALTH_WHY])
{
    uint64_t missing = h->workers >= 64 ? UINT64_MAX : ((uint64_t)1 << h->workers) - 1;
    int fd = connect_to(h);
    bool sent = fd >= 0 && ask_all(fd, h, &missing);
    if (!sent)
        snprintf(why, ADMIN_HEALTH_WHY, "the UDP port does not take a datagram: %s", strerror(errno));
    else if (missing)
        snprintf(why, ADMIN_HEALTH_WHY, "worker %d does not answer on the UDP port", __builtin_ctzll(missing));
    if (fd >= 0)
        close(fd);
    return sent && !missing;
}
