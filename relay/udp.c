#define _GNU_SOURCE
#include "udp.h"

#include "shared/stamp.h"
#include "udp_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO     104
#endif

enum { SCRATCH = 64, PENALTY_BUFFER = 64 << 10 };

// What goes out, shared by all messages that carry it.
struct part {
    struct iovec iov;
    size_t segment;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
    } control;
};

struct penalty {
    int fd; // -1 = free
    struct addr source;
    uint64_t until_us;
};

struct udp {
    int fd;
    struct addr address;
    bool segments; // the kernel takes UDP_SEGMENT
    struct penalty penalty[UDP_PENALTIES];
    struct mmsghdr in[UDP_IN];
    struct iovec in_part[UDP_IN];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int)) + STAMP_SPACE];
    } in_control[UDP_IN];
    uint8_t side[UDP_IN - 1][UDP_TRAIN_MAX]; // of the second train on
    unsigned out_count, part_count, scratch_count;
    struct mmsghdr out[UDP_OUT];
    struct part part[UDP_OUT];
    struct addr to[SCRATCH];
    uint8_t scratch[SCRATCH][WIRE_DATAGRAM_MAX];
};

static int make_socket(const struct addr *a, int in, int out)
{
    int on = 1, off = 0, fd = socket(a->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (a->sa.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, addr_is_any(a) ? &off : &on, sizeof on);
    // Beyond net.core.rmem_max only for the privileged; the plain option takes what is allowed.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &in, sizeof in) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &in, sizeof in);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &out, sizeof out) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &out, sizeof out);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_usec = UDP_WAIT_US}, sizeof(struct timeval));
    setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on); // where it is refused every train has one datagram
    stamp_on(fd);
    return fd;
}

static bool bind_to(struct udp *u, const struct addr *a, const struct udp_config *config)
{
    int on = 1;
    u->fd = make_socket(a, config->buffer, config->buffer);
    if (u->fd < 0)
        return false;
    // The first binds alone, so that a port in use is told; only then are the others let in.
    bool first = config->index == 0;
    if (!first)
        setsockopt(u->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    u->address.length = sizeof u->address.in6;
    if (bind(u->fd, &a->sa, a->length) == 0 && getsockname(u->fd, &u->address.sa, &u->address.length) == 0) {
        if (first)
            setsockopt(u->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
        return true;
    }
    int why = errno;
    close(u->fd);
    u->fd = -1;
    errno = why;
    return false;
}

struct udp *udp_open(const struct udp_config *config, char *error, size_t error_size)
{
    struct udp *u = base_alloc(sizeof *u);
    struct addr a;
    bool any = !config->listen || !*config->listen, ok = addr_literal(&a, any ? "::" : config->listen, config->port);
    for (unsigned i = 0; i < UDP_PENALTIES; i++)
        u->penalty[i].fd = -1;
    u->segments = true;
    errno = EINVAL;
    ok = ok && bind_to(u, &a, config);
    if (!ok && any) // no IPv6 here
        ok = addr_literal(&a, "0.0.0.0", config->port) && bind_to(u, &a, config);
    if (!ok) {
        snprintf(error, error_size, "cannot use UDP port %u on %s: %s", (unsigned)config->port,
                 any ? "any address" : config->listen, strerror(errno));
        free(u);
        return NULL;
    }
    return u;
}

void udp_close(struct udp *u)
{
    if (!u)
        return;
    for (unsigned i = 0; i < UDP_PENALTIES; i++)
        if (u->penalty[i].fd >= 0)
            close(u->penalty[i].fd);
    close(u->fd);
    free(u);
}

bool udp_steer(struct udp *u, unsigned count)
{
    int on = 1, other = -1;
    bool ok = udp_filter_steer(u->fd, count);
    if (ok)
        return true;
    // A socket that was alone when it was bound has no group until a second one comes.
    other = make_socket(&u->address, PENALTY_BUFFER, PENALTY_BUFFER);
    if (other < 0)
        return false;
    ok = setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
         bind(other, &u->address.sa, u->address.length) == 0 && udp_filter_steer(u->fd, count);
    close(other);
    return ok;
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

unsigned udp_fds(const struct udp *u, int fds[UDP_SOCKETS])
{
    fds[0] = u->fd;
    unsigned n = 1;
    for (unsigned i = 0; i < UDP_PENALTIES; i++)
        if (u->penalty[i].fd >= 0)
            fds[n++] = u->penalty[i].fd;
    return n;
}

// ---- in ----

static int nth_fd(const struct udp *u, unsigned which)
{
    int fds[UDP_SOCKETS];
    return which == 0 ? u->fd : which < udp_fds(u, fds) ? fds[which] : -1;
}

static size_t segment_in(struct msghdr *m, size_t n)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        int segment;
        if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO)
            continue;
        memcpy(&segment, CMSG_DATA(c), sizeof segment);
        if (segment > 0)
            return (size_t)segment;
    }
    return n;
}

unsigned udp_receive(struct udp *u, unsigned which, uint8_t *room, struct udp_train out[UDP_IN], unsigned most,
                     bool wait)
{
    int fd = nth_fd(u, which), n;
    for (unsigned i = 0; i < most; i++) {
        u->in_part[i] = (struct iovec){i ? u->side[i - 1] : room, UDP_TRAIN_MAX};
        u->in[i].msg_hdr = (struct msghdr){.msg_name = &out[i].from.sa,
                                           .msg_namelen = sizeof out[i].from.in6,
                                           .msg_iov = &u->in_part[i],
                                           .msg_iovlen = 1,
                                           .msg_control = u->in_control[i].bytes,
                                           .msg_controllen = sizeof u->in_control[i].bytes};
    }
    do
        n = recvmmsg(fd, u->in, most, wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
    while (n < 0 && errno == EINTR);
    for (int i = 0; i < n; i++) {
        out[i].bytes = u->in_part[i].iov_base;
        out[i].n = u->in[i].msg_len;
        out[i].segment = segment_in(&u->in[i].msg_hdr, out[i].n);
        out[i].age_us = stamp_age_us(&u->in[i].msg_hdr);
        out[i].from.length = u->in[i].msg_hdr.msg_namelen;
    }
    return n > 0 ? (unsigned)n : 0;
}

// ---- out ----

static struct part *add_part(struct udp *u, void *base, size_t n, size_t segment)
{
    struct part *part = &u->part[u->part_count++];
    part->iov = (struct iovec){base, n};
    part->segment = segment;
    if (n > segment) {
        struct cmsghdr *c = &part->control.align;
        uint16_t value = (uint16_t)segment;
        *c = (struct cmsghdr){.cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof value)};
        memcpy(CMSG_DATA(c), &value, sizeof value);
    }
    return part;
}

static void add_message(struct udp *u, struct part *part, const struct addr *to)
{
    struct msghdr *m = &u->out[u->out_count++].msg_hdr;
    bool train = part->iov.iov_len > part->segment;
    m->msg_name = (void *)(uintptr_t)&to->sa;
    m->msg_namelen = to->length;
    m->msg_iov = &part->iov;
    m->msg_iovlen = 1;
    m->msg_control = train ? part->control.bytes : NULL;
    m->msg_controllen = train ? sizeof part->control.bytes : 0;
    m->msg_flags = 0;
}

static void send_copy(struct udp *u, const uint8_t *bytes, size_t n, const struct addr *to)
{
    if (n > WIRE_DATAGRAM_MAX)
        return;
    if (u->scratch_count == SCRATCH || u->part_count == UDP_OUT)
        udp_flush(u);
    unsigned i = u->scratch_count++;
    memcpy(u->scratch[i], bytes, n);
    u->to[i] = *to;
    add_message(u, add_part(u, u->scratch[i], n, n), &u->to[i]);
}

void udp_send(struct udp *u, const uint8_t *bytes, size_t n, size_t segment, const struct addr *to, bool stays)
{
    if (u->out_count == UDP_OUT)
        udp_flush(u);
    if (!stays) {
        send_copy(u, bytes, n, to);
        return;
    }
    struct part *last = u->part_count ? &u->part[u->part_count - 1] : NULL;
    bool same = last && last->iov.iov_base == bytes && last->iov.iov_len == n && last->segment == segment;
    add_message(u, same ? last : add_part(u, (void *)(uintptr_t)bytes, n, segment), to);
}

// One message whose segments the kernel would not cut: datagram by datagram.
static void send_cut(struct udp *u, const struct msghdr *m, size_t segment)
{
    const uint8_t *p = m->msg_iov->iov_base;
    for (size_t at = 0, n = m->msg_iov->iov_len; at < n; at += segment)
        if (sendto(u->fd, p + at, MIN(segment, n - at), MSG_DONTWAIT, m->msg_name, m->msg_namelen) < 0 &&
            (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
}

static size_t segment_of(const struct udp *u, unsigned message)
{
    const struct msghdr *m = &u->out[message].msg_hdr;
    const struct part *part = (const struct part *)((const char *)m->msg_iov - offsetof(struct part, iov));
    return part->segment;
}

void udp_flush(struct udp *u)
{
    unsigned at = 0;
    while (at < u->out_count) {
        const struct msghdr *m = &u->out[at].msg_hdr;
        int n = 0;
        if (m->msg_controllen && !u->segments)
            send_cut(u, m, segment_of(u, at));
        else
            n = sendmmsg(u->fd, u->out + at, u->out_count - at, MSG_DONTWAIT);
        if (n > 0) {
            at += (unsigned)n;
            continue;
        }
        int why = n < 0 ? errno : 0;
        if (why == EAGAIN || why == EWOULDBLOCK)
            break; // the link is full: the rest is lost
        if (why == EINTR)
            continue;
        // No UDP_SEGMENT in this kernel or device, or a path too narrow for this segment.
        bool refused = why == EIO || why == EOPNOTSUPP || why == ENOPROTOOPT;
        if (m->msg_controllen && (refused || why == EINVAL || why == EMSGSIZE)) {
            send_cut(u, m, segment_of(u, at));
            u->segments = !refused;
        }
        at++; // a destination that cannot be reached now does not hold up the others
    }
    u->out_count = u->part_count = u->scratch_count = 0;
}

// ---- sources that send too much ----

void udp_penalty(struct udp *u, const struct addr *source, uint64_t now_us)
{
    struct penalty *take = &u->penalty[0];
    for (unsigned i = 0; i < UDP_PENALTIES; i++) {
        struct penalty *x = &u->penalty[i];
        if (x->fd >= 0 && addr_equal(&x->source, source)) {
            x->until_us = now_us + UDP_PENALTY_US;
            return;
        }
        if (take->fd >= 0 && (x->fd < 0 || x->until_us < take->until_us))
            take = x;
    }
    if (take->fd >= 0)
        close(take->fd);
    int on = 1;
    take->fd = make_socket(&u->address, PENALTY_BUFFER, PENALTY_BUFFER);
    take->source = *source;
    take->until_us = now_us + UDP_PENALTY_US;
    if (take->fd < 0)
        return;
    if (setsockopt(take->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
        bind(take->fd, &u->address.sa, u->address.length) == 0 && connect(take->fd, &source->sa, source->length) == 0)
        return;
    close(take->fd);
    take->fd = -1;
}

void udp_forgive(struct udp *u, uint64_t now_us)
{
    for (unsigned i = 0; i < UDP_PENALTIES; i++) {
        struct penalty *x = &u->penalty[i];
        if (x->fd < 0 || now_us < x->until_us)
            continue;
        close(x->fd);
        x->fd = -1;
    }
}

void udp_admit_rooms(struct udp *u, const uint32_t *room, unsigned count)
{
    udp_filter_rooms(u->fd, room, count);
}
