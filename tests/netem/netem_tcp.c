#define _GNU_SOURCE
#include "netem_tcp.h"

#include "shared/clock.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    LISTENER = 2 * NETEM_TCP_CONNECTIONS,
    SEGMENT = 1400,     // as it would be cut on the way
    WINDOW = 256 << 10, // read, and not yet taken by the other side
    AT_ONCE = 32
};

struct end {
    int fd;
    bool paused;       // not read: the line was full, cut, or the window is
    bool done;         // it has said its last
    size_t away;       // of its bytes, read and not yet written on the other side
    uint8_t *waiting;  // for this side to take them; WINDOW long
    size_t from, held; // of them, without wrapping
    bool last;         // and then nothing more
};

struct connection {
    struct end ends[NETEM_WAYS]; // by the way towards it: [NETEM_DOWN] is who connected, [NETEM_UP] the server
    uint32_t visitor;            // 0 = a free place
};

struct netem_tcp {
    int epoll, fd;
    struct addr to;
    struct netem_link **lines;
    struct connection connections[NETEM_TCP_CONNECTIONS];
    unsigned visitors;
};

static bool watch(struct netem_tcp *t, int how, int fd, uint32_t place, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.u64 = (uint64_t)NETEM_TCP << 32 | place};
    return epoll_ctl(t->epoll, how, fd, &e) == 0;
}

struct netem_tcp *netem_tcp_open(int epoll, const struct addr *listen_at, const struct addr *to,
                                 struct netem_link **lines)
{
    struct netem_tcp *t = base_alloc(sizeof *t);
    int on = 1;
    *t = (struct netem_tcp){.epoll = epoll, .to = *to, .lines = lines};
    t->fd = socket(listen_at->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(t->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (t->fd >= 0 && bind(t->fd, &listen_at->sa, listen_at->length) == 0 && listen(t->fd, 32) == 0 &&
        watch(t, EPOLL_CTL_ADD, t->fd, LISTENER, EPOLLIN))
        return t;
    int error = errno;
    netem_tcp_close(t);
    errno = error;
    return NULL;
}

static void end_connection(struct connection *c)
{
    for (unsigned i = 0; i < NETEM_WAYS && c->visitor; i++) {
        close(c->ends[i].fd);
        free(c->ends[i].waiting);
    }
    *c = (struct connection){0};
}

void netem_tcp_close(struct netem_tcp *t)
{
    for (unsigned i = 0; t && i < NETEM_TCP_CONNECTIONS; i++)
        end_connection(&t->connections[i]);
    if (t && t->fd >= 0)
        close(t->fd);
    free(t);
}

static void set_events(struct netem_tcp *t, struct connection *c, enum netem_way side)
{
    struct end *e = &c->ends[side];
    uint32_t place = (uint32_t)(2 * (c - t->connections)) + side;
    watch(t, EPOLL_CTL_MOD, e->fd, place, (e->paused || e->done ? 0 : EPOLLIN) | (e->held ? EPOLLOUT : 0));
}

static void accept_one(struct netem_tcp *t)
{
    int near = accept4(t->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    int far = socket(t->to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct connection *c = NULL;
    for (unsigned i = 0; i < NETEM_TCP_CONNECTIONS && !c; i++)
        c = t->connections[i].visitor ? NULL : &t->connections[i];
    if (near < 0 || far < 0 || !c || (connect(far, &t->to.sa, t->to.length) < 0 && errno != EINPROGRESS)) {
        if (near >= 0)
            close(near);
        if (far >= 0)
            close(far);
        return;
    }
    *c = (struct connection){.ends = {[NETEM_DOWN] = {.fd = near}, [NETEM_UP] = {.fd = far}}, .visitor = ++t->visitors};
    for (unsigned i = 0; i < NETEM_WAYS; i++) {
        c->ends[i].waiting = base_alloc(WINDOW);
        setsockopt(c->ends[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(t, EPOLL_CTL_ADD, c->ends[i].fd, (uint32_t)(2 * (c - t->connections)) + i, EPOLLIN);
    }
}

// From this side towards the other. False: the connection is broken.
static bool read_side(struct netem_tcp *t, struct connection *c, enum netem_way side)
{
    struct end *e = &c->ends[side];
    enum netem_way way = side == NETEM_DOWN ? NETEM_UP : NETEM_DOWN;
    uint8_t bytes[SEGMENT];
    for (unsigned i = 0; i < AT_ONCE && !e->done; i++) {
        uint64_t now_us = clock_now_us();
        e->paused = e->away + SEGMENT > WINDOW || !netem_link_open(t->lines[way], now_us);
        if (e->paused)
            break;
        ssize_t n = recv(e->fd, bytes, sizeof bytes, 0);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        struct netem_item *item = base_alloc(sizeof *item + (size_t)n);
        *item = (struct netem_item){.tcp = true, .end = n == 0, .way = way, .size = (size_t)n, .visitor = c->visitor};
        item->place = (unsigned)(c - t->connections);
        memcpy(item->data, bytes, (size_t)n);
        e->away += (size_t)n;
        e->done = n == 0;
        netem_link_offer(t->lines[way], item, item->size, true, now_us);
    }
    return true;
}

// What waits for this side. False: the connection is over.
static bool write_side(struct connection *c, enum netem_way side)
{
    struct end *e = &c->ends[side], *source = &c->ends[side == NETEM_DOWN ? NETEM_UP : NETEM_DOWN];
    while (e->held) {
        ssize_t n = send(e->fd, e->waiting + e->from, e->held, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        e->from += (size_t)n;
        e->held -= (size_t)n;
        source->away -= (size_t)n;
    }
    e->from = 0;
    if (e->last && shutdown(e->fd, SHUT_WR) < 0)
        return false;
    return !(e->last && source->last && !source->held);
}

static void after(struct netem_tcp *t, struct connection *c, bool goes_on)
{
    if (!goes_on)
        end_connection(c);
    for (unsigned i = 0; i < NETEM_WAYS && goes_on; i++)
        set_events(t, c, i);
}

void netem_tcp_event(struct netem_tcp *t, uint32_t place, uint32_t events)
{
    if (place >= LISTENER) {
        accept_one(t);
        return;
    }
    struct connection *c = &t->connections[place / 2];
    enum netem_way side = place % 2;
    if (!c->visitor)
        return;
    bool goes_on = !(events & EPOLLERR);
    if ((events & EPOLLHUP) && c->ends[side].done) // what it has said is still on the way; it has nothing to tell
        epoll_ctl(t->epoll, EPOLL_CTL_DEL, c->ends[side].fd, NULL);
    if (goes_on && (events & EPOLLOUT))
        goes_on = write_side(c, side);
    if (goes_on && (events & (EPOLLIN | EPOLLHUP)))
        goes_on = read_side(t, c, side);
    after(t, c, goes_on);
}

void netem_tcp_deliver(struct netem_tcp *t, const struct netem_item *item)
{
    struct connection *c = &t->connections[item->place];
    struct end *e = &c->ends[item->way];
    if (c->visitor != item->visitor)
        return;
    memmove(e->waiting, e->waiting + e->from, e->held); // the window is counted at the source: there is room
    e->from = 0;
    memcpy(e->waiting + e->held, item->data, item->size);
    e->held += item->size;
    e->last = e->last || item->end;
    after(t, c, write_side(c, item->way));
}

void netem_tcp_resume(struct netem_tcp *t)
{
    for (unsigned i = 0; i < NETEM_TCP_CONNECTIONS; i++) {
        struct connection *c = &t->connections[i];
        for (unsigned side = 0; side < NETEM_WAYS && c->visitor; side++)
            if (c->ends[side].paused) {
                bool goes_on = read_side(t, c, side);
                if (!goes_on || !c->ends[side].paused)
                    after(t, c, goes_on);
            }
    }
}

unsigned netem_tcp_connections(const struct netem_tcp *t)
{
    return t->visitors;
}
