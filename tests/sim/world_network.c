// The network between people and relay: two lines for each person.
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum { KEEPALIVE_US = 13000000 };

void world_leave_half_open(struct world_person *p, uint64_t now_us)
{
    for (unsigned i = 0; i < ARRAY_LEN(p->half_open); i++)
        if (!p->half_open[i].until_us) {
            p->half_open[i].connection = p->connection;
            p->half_open[i].until_us = now_us + KEEPALIVE_US;
            p->half_open_us = p->half_open_us ? p->half_open_us : p->half_open[i].until_us;
            return;
        }
    abort(); // more have broken than a keepalive lasts
}

void world_end_half_open(struct world *w, struct world_person *p)
{
    if (!p->half_open_us || w->now_us < p->half_open_us)
        return;
    p->half_open_us = 0;
    for (unsigned i = 0; i < ARRAY_LEN(p->half_open); i++) {
        uint64_t *until = &p->half_open[i].until_us;
        if (*until && w->now_us >= *until) {
            *until = 0;
            if (w->logic)
                control_logic_closed(w->logic, p->half_open[i].connection, w->now_us);
        } else if (*until && (!p->half_open_us || *until < p->half_open_us)) {
            p->half_open_us = *until;
        }
    }
}

// ---- a line for each way ----

void world_network_create(struct world *w)
{
    for (unsigned i = 0; i < ARRAY_LEN(w->lines); i++)
        w->lines[i] = netem_link_create(WORLD_PACKETS, w->seed + i, free);
}

void world_network_destroy(struct world *w)
{
    for (unsigned i = 0; i < ARRAY_LEN(w->lines); i++)
        netem_link_destroy(w->lines[i]);
}

const struct netem_figures *world_line(const struct world *w, unsigned index, bool up)
{
    return netem_link_figures(w->lines[2 * index + up]);
}

struct world_packet *world_take_due(struct world *w)
{
    struct netem_out out;
    uint64_t next_us = UINT64_MAX;
    if (w->lines_due_us > w->now_us)
        return NULL;
    for (unsigned i = 0; i < ARRAY_LEN(w->lines); i++) {
        if (netem_link_next_us(w->lines[i]) <= w->now_us && netem_link_take(w->lines[i], w->now_us, &out)) {
            struct world_packet *p = out.item;
            p->copies = out.copies;
            return p;
        }
        next_us = MIN(next_us, netem_link_next_us(w->lines[i]));
    }
    w->lines_due_us = next_us;
    return NULL;
}

void world_cut_relay(struct world *w)
{
    for (unsigned i = 0; i < ARRAY_LEN(w->lines); i++)
        netem_link_clear(w->lines[i], i % 2 == 0);
}

static struct netem_settings settings_of(const struct world_link *l, bool up)
{
    struct netem_settings s = {.delay_us = l->delay_us,
                               .jitter_us = l->jitter_us,
                               .jitter_reorders = true,
                               .loss = l->loss,
                               .late = l->late,
                               .late_us = l->late_us};
    if (l->line)
        s = up ? l->line->up : l->line->down;
    s.cut = s.cut || l->cut || l->udp_cut;
    return s;
}

void world_network_step(struct world *w)
{
    for (unsigned i = 0; i < WORLD_PEOPLE; i++)
        for (unsigned up = 0; up < 2 && w->people[i].link.line; up++) {
            struct netem_settings s = settings_of(&w->people[i].link, up);
            netem_link_set(w->lines[2 * i + up], &s, w->now_us);
            w->lines_due_us = 0;
        }
}

void world_send(struct world *w, unsigned person, bool up, enum world_kind kind, const void *data, size_t n)
{
    struct world_person *x = &w->people[person];
    bool reliable = kind != WORLD_DATAGRAM;
    if (reliable && (x->link.cut || x->broken)) {
        x->broken = true; // TCP loses nothing but the whole connection
        return;
    }
    struct netem_settings s = settings_of(&x->link, up);
    struct netem_link *line = w->lines[2 * person + up];
    s.cut = s.cut && !reliable;
    netem_link_set(line, &s, w->now_us);
    if (kind == WORLD_STREAMED && !netem_link_open(line, w->now_us))
        return; // what does not fit is left out before it is written
    struct world_packet *p = malloc(sizeof *p + n + 1);
    *p = (struct world_packet){.kind = kind,
                               .up = up,
                               .person = person,
                               .link = x->link_number,
                               .size = n,
                               .from = kind == WORLD_STREAMED ? x->bridge : x->addr};
    memcpy(p->data, data, n);
    p->data[n] = 0;
    netem_link_offer(line, p, n, reliable, w->now_us);
    w->lines_due_us = MIN(w->lines_due_us, netem_link_next_us(line));
}
