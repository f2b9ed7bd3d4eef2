#define _GNU_SOURCE
#include "media_socket.h"

#include "shared/clock.h"
#include "shared/log.h"
#include "shared/stamp.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 16, TURNS = 32, RECEIVE_BUFFER = 4 << 20, SEND_BUFFER = 2 << 20 };

void media_socket_init(struct media_socket *s)
{
    memset(s, 0, sizeof *s);
    s->fd = -1;
}

void media_socket_close(struct media_socket *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

bool media_socket_resolve(const char *host, uint16_t port, struct addr *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list = NULL;
    char service[8];
    if (addr_literal(out, host, port))
        return true;
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &list) != 0 || !list)
        return false;
    memset(out, 0, sizeof *out);
    out->length = MIN(list->ai_addrlen, (socklen_t)sizeof out->in6);
    memcpy(&out->sa, list->ai_addr, out->length);
    freeaddrinfo(list);
    return true;
}

void media_socket_open(struct media_socket *s, const struct addr *relay)
{
    int receive = RECEIVE_BUFFER, send = SEND_BUFFER;
    media_socket_close(s);
    udp_out_fresh(&s->out);
    s->relay = *relay;
    if (!relay->length)
        return;
    s->fd = socket(relay->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0) {
        log_error("media_socket", "no UDP socket errno=%d", errno);
        return;
    }
    setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
    stamp_on(s->fd);
}

void media_socket_fresh(struct media_socket *s)
{
    struct addr relay = s->relay;
    media_socket_flush(s);
    media_socket_open(s, &relay);
}

void media_socket_send(struct media_socket *s, const uint8_t *p, size_t n)
{
    if (udp_out_add(&s->out, p, n))
        return;
    media_socket_flush(s);
    if (!udp_out_add(&s->out, p, n))
        log_error("media_socket", "a datagram is too long size=%zu", n);
}

void media_socket_flush(struct media_socket *s)
{
    udp_out_flush(&s->out, s->fd, &s->relay);
}

void media_socket_receive(struct media_socket *s, media_socket_take *take, void *ctx)
{
    static _Thread_local uint8_t data[BATCH][WIRE_DATAGRAM_MAX + 1];
    struct mmsghdr m[BATCH];
    struct iovec v[BATCH];
    struct addr from[BATCH];
    union {
        struct cmsghdr align;
        char bytes[STAMP_SPACE];
    } control[BATCH];
    for (unsigned turn = 0; turn < TURNS && s->fd >= 0; turn++) {
        memset(m, 0, sizeof m);
        for (unsigned i = 0; i < BATCH; i++) {
            v[i] = (struct iovec){data[i], sizeof data[i]};
            m[i].msg_hdr = (struct msghdr){.msg_name = &from[i].sa,
                                           .msg_namelen = sizeof from[i].in6,
                                           .msg_iov = &v[i],
                                           .msg_iovlen = 1,
                                           .msg_control = control[i].bytes,
                                           .msg_controllen = sizeof control[i].bytes};
        }
        int n = recvmmsg(s->fd, m, BATCH, MSG_DONTWAIT, NULL);
        if (n <= 0)
            return;
        uint64_t now = clock_now_us();
        for (int i = 0; i < n; i++) {
            from[i].length = m[i].msg_hdr.msg_namelen;
            if (addr_equal(&from[i], &s->relay))
                take(ctx, data[i], m[i].msg_len, now - stamp_age_us(&m[i].msg_hdr), now);
        }
        if (n < BATCH)
            return;
    }
}
