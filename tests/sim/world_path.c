// Which way media takes, as the client's transport and the relay's bridge have it: UDP, or the control connection.
#include "world.h"

#include "client/net/path.h"
#include "shared/ctrl.h"

#include <stdio.h>
#include <stdlib.h>

struct world_way {
    struct path path;
    enum path_kind arrived; // how the datagram came that is being dealt with
};

void world_path_create(struct world_person *p)
{
    p->way = calloc(1, sizeof *p->way);
    path_init(&p->way->path);
}

void world_path_destroy(struct world_person *p)
{
    free(p->way);
    p->way = NULL;
}

void world_path_begin(struct world *w, struct world_person *p)
{
    if (!hop_alive(&p->session.hop, w->now_us))
        path_begin(&p->way->path, w->now_us);
}

void world_path_moved(struct world *w, struct world_person *p)
{
    path_route_changed(&p->way->path, w->now_us);
    hop_rehello(&p->session.hop, w->now_us);
}

static bool is_ctrl(const uint8_t *p, size_t n, uint8_t op)
{
    return n > WIRE_HEADER && p[0] == WIRE_CTRL && p[WIRE_HEADER] == op;
}

static void by_tcp(struct world *w, unsigned index, const uint8_t *p, size_t n)
{
    struct world_person *x = &w->people[index];
    char host[32];
    if (!x->link_up)
        return;
    if (!x->bridge.length) { // a socket of the relay's own
        snprintf(host, sizeof host, "10.1.0.%u", index + 1);
        addr_literal(&x->bridge, host, (uint16_t)(1024 + x->link_number % 60000));
    }
    world_send(w, index, true, WORLD_STREAMED, p, n);
}

void world_path_up(struct world *w, unsigned index, const uint8_t *p, size_t n)
{
    struct world_person *x = &w->people[index];
    unsigned ways = w->falls_back ? 1u << x->way->path.kind : 1u << PATH_UDP;
    if (w->watch.datagram)
        w->watch.datagram(w->watch.ctx, index, true, p, n);
    if (w->falls_back && is_ctrl(p, n, CTRL_HELLO)) {
        ways = path_hello(&x->way->path, w->now_us);
    } else if (w->falls_back && is_ctrl(p, n, CTRL_PROOF)) {
        ways = 1u << x->way->arrived;
        path_proved(&x->way->path, x->way->arrived, w->now_us);
    }
    if (ways & 1u << PATH_UDP)
        world_send(w, index, true, WORLD_DATAGRAM, p, n);
    if (ways & 1u << PATH_TCP)
        by_tcp(w, index, p, n);
}

// Whoever has, or had, this address: 10.0.0 and 10.1.0 are the hosts.
static unsigned host_of(const struct addr *a)
{
    return ntohl(a->in4.sin_addr.s_addr) & 0xFF;
}

void world_path_down(struct world *w, const uint8_t *p, size_t n, const struct addr *to)
{
    for (unsigned i = 0; i < WORLD_PEOPLE; i++) {
        struct world_person *x = &w->people[i];
        bool udp = addr_equal(&x->addr, to), tcp = x->bridge.length && addr_equal(&x->bridge, to);
        if (!x->exists || host_of(to) != i + 1)
            continue;
        if (w->watch.datagram)
            w->watch.datagram(w->watch.ctx, i, false, p, n);
        if (udp || tcp)
            world_send(w, i, false, tcp ? WORLD_STREAMED : WORLD_DATAGRAM, p, n);
    }
}

void world_path_take(struct world *w, unsigned index, bool tcp, const uint8_t *p, size_t n)
{
    struct world_person *x = &w->people[index];
    enum path_kind by = tcp ? PATH_TCP : PATH_UDP;
    bool challenge = is_ctrl(p, n, CTRL_CHALLENGE);
    uint64_t bad = x->session.hop.bad;
    if (w->falls_back && challenge && !path_may_prove(&x->way->path, by, w->now_us))
        return;
    x->way->arrived = by;
    session_datagram(&x->session, p, n, w->now_us, w->now_us);
    if (!w->falls_back || challenge || x->session.hop.bad != bad || !path_heard(&x->way->path, by, w->now_us))
        return;
    session_set_path(&x->session, tcp);
}

void world_path_follow(struct world *w, struct world_person *p)
{
    bool tcp = p->link_up && p->session.welcomed && p->session.in_room;
    if (!w->falls_back)
        return;
    if (path_set_tcp(&p->way->path, tcp, w->now_us) || (path_retry(&p->way->path, w->now_us) && p->session.in_room)) {
        hop_rehello(&p->session.hop, w->now_us);
        p->tick_us = 0;
    }
}
