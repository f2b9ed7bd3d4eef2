#include "netem_udp.h"

#include "shared/clock.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LISTENER = NETEM_UDP_CLIENTS, BUFFER = 4 << 20, AT_ONCE = 64, DATAGRAM = 65536 };

struct client {
    int fd; // towards the server; -1 = a free place
    uint32_t visitor;
    struct addr from;
    uint64_t last_us;
    uint32_t overflows; // as the kernel counts them, since the socket was made
};

struct netem_udp {
    int epoll;
    struct addr to;
    struct netem_link **lines;
    struct client clients[NETEM_UDP_CLIENTS + 1]; // the last is the listening socket
    unsigned visitors;
    uint64_t overflows; // of clients who are gone
    uint8_t bytes[DATAGRAM];
};

static bool watch(struct netem_udp *u, int fd, uint32_t place)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = (uint64_t)NETEM_UDP << 32 | place};
    int size = BUFFER, on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    return epoll_ctl(u->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

struct netem_udp *netem_udp_open(int epoll, const struct addr *listen, const struct addr *to, struct netem_link **lines)
{
    struct netem_udp *u = base_alloc(sizeof *u);
    *u = (struct netem_udp){.epoll = epoll, .to = *to, .lines = lines};
    for (unsigned i = 0; i < ARRAY_LEN(u->clients); i++)
        u->clients[i].fd = -1;
    struct client *l = &u->clients[LISTENER];
    l->fd = socket(listen->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd >= 0 && bind(l->fd, &listen->sa, listen->length) == 0 && watch(u, l->fd, LISTENER))
        return u;
    int error = errno;
    netem_udp_close(u);
    errno = error;
    return NULL;
}

static void leave(struct netem_udp *u, struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    u->overflows += c->overflows;
    *c = (struct client){.fd = -1};
}

void netem_udp_close(struct netem_udp *u)
{
    for (unsigned i = 0; u && i < ARRAY_LEN(u->clients); i++)
        leave(u, &u->clients[i]);
    free(u);
}

// Who has been here, or a place for him. NULL: no socket can be had.
static struct client *client_of(struct netem_udp *u, const struct addr *from, uint64_t now_us)
{
    struct client *place = &u->clients[0];
    for (unsigned i = 0; i < NETEM_UDP_CLIENTS; i++) {
        struct client *c = &u->clients[i];
        if (c->fd >= 0 && addr_equal(&c->from, from))
            return c;
        if (c->fd < 0 ? place->fd >= 0 : c->last_us < place->last_us)
            place = place->fd < 0 ? place : c;
    }
    leave(u, place);
    *place = (struct client){.from = *from, .visitor = ++u->visitors, .last_us = now_us};
    place->fd = socket(u->to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (place->fd < 0)
        return NULL;
    if (connect(place->fd, &u->to.sa, u->to.length) == 0 && watch(u, place->fd, (uint32_t)(place - u->clients)))
        return place;
    leave(u, place);
    return NULL;
}

static void note_overflows(struct client *c, struct msghdr *m)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h))
        if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SO_RXQ_OVFL)
            memcpy(&c->overflows, CMSG_DATA(h), sizeof c->overflows);
}

static bool read_one(struct netem_udp *u, uint32_t place)
{
    struct client *c = &u->clients[place];
    struct addr from = {.length = sizeof from.in6};
    struct iovec part = {u->bytes, sizeof u->bytes};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint32_t))];
    struct msghdr m = {.msg_name = &from.sa, .msg_namelen = sizeof from.in6, .msg_iov = &part, .msg_iovlen = 1};
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    ssize_t n = c->fd < 0 ? -1 : recvmsg(c->fd, &m, 0);
    if (n < 0)
        return c->fd >= 0 && errno == ECONNREFUSED; // the server was not there; it may come back
    note_overflows(c, &m);
    enum netem_way way = place == LISTENER ? NETEM_UP : NETEM_DOWN;
    uint64_t now_us = clock_now_us();
    from.length = m.msg_namelen;
    if (place == LISTENER)
        c = client_of(u, &from, now_us);
    if (!c)
        return true;
    c->last_us = now_us;
    struct netem_item *item = base_alloc(sizeof *item + (size_t)n);
    *item =
        (struct netem_item){.way = way, .place = (unsigned)(c - u->clients), .visitor = c->visitor, .size = (size_t)n};
    memcpy(item->data, u->bytes, (size_t)n);
    netem_link_offer(u->lines[way], item, item->size, false, now_us);
    return true;
}

void netem_udp_event(struct netem_udp *u, uint32_t place)
{
    for (unsigned i = 0; i < AT_ONCE && place <= LISTENER && read_one(u, place); i++)
        ;
}

void netem_udp_deliver(struct netem_udp *u, const struct netem_item *item)
{
    struct client *c = &u->clients[item->place];
    if (c->fd < 0 || c->visitor != item->visitor)
        return;
    if (item->way == NETEM_UP)
        (void)!send(c->fd, item->data, item->size, MSG_NOSIGNAL);
    else
        (void)!sendto(u->clients[LISTENER].fd, item->data, item->size, MSG_NOSIGNAL, &c->from.sa, c->from.length);
}

unsigned netem_udp_clients(const struct netem_udp *u)
{
    return u->visitors;
}

uint64_t netem_udp_overflows(const struct netem_udp *u)
{
    uint64_t all = u->overflows;
    for (unsigned i = 0; i < ARRAY_LEN(u->clients); i++)
        all += u->clients[i].overflows;
    return all;
}
