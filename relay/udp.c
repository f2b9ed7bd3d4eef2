#define _GNU_SOURCE
#include "udp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 4 << 20 };

struct udp {
    int fd;
    struct addr address;
    struct mmsghdr in[UDP_IN];
    struct iovec in_part[UDP_IN];
    struct addr from[UDP_IN];
    uint8_t in_bytes[UDP_IN][UDP_IN_SIZE];
    unsigned out_count, scratch_count;
    struct mmsghdr out[UDP_OUT];
    struct iovec out_part[UDP_OUT];
    struct addr to[UDP_OUT];
    uint8_t scratch[UDP_SCRATCH][WIRE_DATAGRAM_MAX];
};

static bool bind_to(struct udp *u, const struct addr *a)
{
    int on = 1, off = 0, size = SOCKET_BUFFER;
    u->fd = socket(a->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (u->fd < 0)
        return false;
    if (a->sa.sa_family == AF_INET6)
        setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, addr_is_any(a) ? &off : &on, sizeof on);
    setsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(u->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    u->address.length = sizeof u->address.in6;
    if (bind(u->fd, &a->sa, a->length) == 0 && getsockname(u->fd, &u->address.sa, &u->address.length) == 0)
        return true;
    int why = errno;
    close(u->fd);
    u->fd = -1;
    errno = why;
    return false;
}

struct udp *udp_open(const char *listen, uint16_t port, char *error, size_t error_size)
{
    struct udp *u = base_alloc(sizeof *u);
    struct addr a;
    bool any = !listen || !*listen, ok = addr_literal(&a, any ? "::" : listen, port);
    errno = EINVAL;
    ok = ok && bind_to(u, &a);
    if (!ok && any) // no IPv6 here
        ok = addr_literal(&a, "0.0.0.0", port) && bind_to(u, &a);
    if (!ok) {
        snprintf(error, error_size, "cannot use UDP port %u on %s: %s", (unsigned)port, any ? "any address" : listen,
                 strerror(errno));
        free(u);
        return NULL;
    }
    return u;
}

void udp_close(struct udp *u)
{
    if (!u)
        return;
    close(u->fd);
    free(u);
}

int udp_fd(const struct udp *u)
{
    return u->fd;
}

const struct addr *udp_address(const struct udp *u)
{
    return &u->address;
}

void udp_buffers(const struct udp *u, int *in, int *out)
{
    socklen_t n = sizeof *in;
    *in = *out = 0;
    getsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, in, &n);
    getsockopt(u->fd, SOL_SOCKET, SO_SNDBUF, out, &n);
}

unsigned udp_receive(struct udp *u)
{
    for (unsigned i = 0; i < UDP_IN; i++) {
        u->in_part[i] = (struct iovec){u->in_bytes[i], UDP_IN_SIZE};
        u->in[i].msg_hdr = (struct msghdr){.msg_name = &u->from[i].sa,
                                           .msg_namelen = sizeof u->from[i].in6,
                                           .msg_iov = &u->in_part[i],
                                           .msg_iovlen = 1};
    }
    int n;
    do
        n = recvmmsg(u->fd, u->in, UDP_IN, MSG_DONTWAIT, NULL);
    while (n < 0 && errno == EINTR);
    for (int i = 0; i < n; i++)
        u->from[i].length = u->in[i].msg_hdr.msg_namelen;
    return n < 0 ? 0 : (unsigned)n;
}

uint8_t *udp_datagram(struct udp *u, unsigned i, size_t *n, const struct addr **from)
{
    *n = u->in[i].msg_len;
    *from = &u->from[i];
    return u->in_bytes[i];
}

void udp_send(struct udp *u, const uint8_t *bytes, size_t n, const struct addr *to)
{
    uintptr_t at = (uintptr_t)bytes, first = (uintptr_t)u->in_bytes;
    bool in_place = at >= first && at < first + sizeof u->in_bytes;
    if (n > WIRE_DATAGRAM_MAX)
        return;
    if (u->out_count == UDP_OUT || (!in_place && u->scratch_count == UDP_SCRATCH))
        udp_flush(u);
    unsigned i = u->out_count++;
    void *base = u->in_bytes[0];
    if (in_place) {
        base = (uint8_t *)u->in_bytes + (at - first);
    } else {
        base = u->scratch[u->scratch_count++];
        memcpy(base, bytes, n);
    }
    u->to[i] = *to;
    u->out_part[i] = (struct iovec){base, n};
    u->out[i].msg_hdr = (struct msghdr){
        .msg_name = &u->to[i].sa, .msg_namelen = to->length, .msg_iov = &u->out_part[i], .msg_iovlen = 1};
}

void udp_flush(struct udp *u)
{
    unsigned at = 0;
    while (at < u->out_count) {
        int n = sendmmsg(u->fd, u->out + at, u->out_count - at, MSG_DONTWAIT);
        if (n > 0)
            at += (unsigned)n;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break; // the link is full: the rest is lost
        else if (errno != EINTR)
            at++; // this destination cannot be reached now; the others can
    }
    u->out_count = u->scratch_count = 0;
}
