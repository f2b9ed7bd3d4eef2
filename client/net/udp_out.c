#define _GNU_SOURCE
#include "udp_out.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

bool udp_out_add(struct udp_out *o, const uint8_t *p, size_t n)
{
    if (o->count == UDP_OUT_MAX || n > WIRE_DATAGRAM_MAX)
        return false;
    memcpy(o->bytes + o->used, p, n);
    o->size[o->count++] = (uint16_t)n;
    o->used += n;
    return true;
}

void udp_out_fresh(struct udp_out *o)
{
    o->plain = false;
}

unsigned udp_out_run(const uint16_t *size, unsigned count)
{
    size_t bytes = size[0];
    unsigned n = 1;
    while (n < MIN(count, (unsigned)WIRE_TRAIN_SEGMENTS) && size[n - 1] == size[0] && size[n] <= size[0] &&
           size[n] > 0 && bytes + size[n] <= WIRE_TRAIN_BYTES)
        bytes += size[n++];
    return n;
}

static void cut(union control *c, struct msghdr *m, uint16_t segment)
{
    c->align =
        (struct cmsghdr){.cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof segment)};
    memcpy(CMSG_DATA(&c->align), &segment, sizeof segment);
    m->msg_control = c->bytes;
    m->msg_controllen = sizeof c->bytes;
}

// From datagram `first` on, at `at` bytes. Returns how many datagrams the kernel has dealt with, and sets how many
// bytes that is; 0 = try the same again.
static unsigned send_from(struct udp_out *o, int fd, const struct addr *to, unsigned first, size_t at, size_t *bytes)
{
    struct mmsghdr m[UDP_OUT_MAX];
    struct iovec v[UDP_OUT_MAX];
    union control c[UDP_OUT_MAX];
    unsigned length[UDP_OUT_MAX], messages = 0;
    memset(m, 0, sizeof m);
    for (unsigned i = first; i < o->count; i += length[messages++]) {
        unsigned n = length[messages] = o->plain ? 1 : udp_out_run(o->size + i, o->count - i);
        v[messages] = (struct iovec){o->bytes + at, 0};
        for (unsigned k = 0; k < n; k++)
            v[messages].iov_len += o->size[i + k];
        at += v[messages].iov_len;
        m[messages].msg_hdr = (struct msghdr){.msg_name = (void *)(uintptr_t)&to->sa,
                                              .msg_namelen = to->length,
                                              .msg_iov = &v[messages],
                                              .msg_iovlen = 1};
        if (n > 1)
            cut(&c[messages], &m[messages].msg_hdr, o->size[i]);
    }
    int sent = sendmmsg(fd, m, messages, 0), why = sent < 0 ? errno : 0;
    unsigned done = 0;
    *bytes = 0;
    for (int i = 0; i < sent; i++) {
        done += length[i];
        *bytes += v[i].iov_len;
    }
    if (sent > 0 || why == EINTR)
        return done;
    if (length[0] > 1 && (why == EIO || why == EINVAL || why == EMSGSIZE || why == ENOPROTOOPT || why == EOPNOTSUPP)) {
        o->plain = true;
        return 0;
    }
    o->refused += length[0]; // ICMP errors of an earlier datagram, a full buffer: these are lost
    *bytes = v[0].iov_len;
    return length[0];
}

void udp_out_flush(struct udp_out *o, int fd, const struct addr *to)
{
    size_t at = 0, bytes;
    for (unsigned done = 0; fd >= 0 && done < o->count; at += bytes)
        done += send_from(o, fd, to, done, at, &bytes);
    o->count = 0;
    o->used = 0;
}
