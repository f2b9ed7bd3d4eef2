#define _GNU_SOURCE
#include "route_watch.h"

#include "shared/base.h"
#include "shared/log.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

void route_watch_open(struct route_watch *w)
{
    struct sockaddr_nl a = {.nl_family = AF_NETLINK};
    memset(w, 0, sizeof *w);
    a.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (w->fd >= 0 && bind(w->fd, (const struct sockaddr *)&a, sizeof a) == 0)
        return;
    log_info("route_watch", "changes of the network are noticed by silence only errno=%d", errno);
    route_watch_close(w);
}

void route_watch_close(struct route_watch *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

// A connected UDP socket has the address the routing table picks; nothing is sent.
static struct addr source_towards(const struct addr *to)
{
    struct addr from = {.length = 0};
    int fd = to->length ? socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return from;
    from.length = sizeof from.in6;
    if (connect(fd, &to->sa, to->length) < 0 || getsockname(fd, &from.sa, &from.length) < 0)
        from.length = 0;
    else
        addr_set_port(&from, 0);
    close(fd);
    return from;
}

void route_watch_to(struct route_watch *w, const struct addr *relay)
{
    w->relay = *relay;
    w->from = source_towards(relay);
}

bool route_watch_changed(struct route_watch *w)
{
    char ignored[8192];
    ssize_t n;
    bool any = false;
    // ENOBUFS: more changes than the socket holds; all the more reason to look.
    while ((n = recv(w->fd, ignored, sizeof ignored, MSG_DONTWAIT)) > 0 || (n < 0 && errno == ENOBUFS))
        any = true;
    if (!any)
        return false;
    struct addr from = source_towards(&w->relay);
    bool other = from.length && !(w->from.length && addr_equal(&from, &w->from));
    w->from = from;
    return other;
}
