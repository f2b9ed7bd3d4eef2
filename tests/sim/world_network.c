// The network between people and relay: packets in order of time, then of sending. A binary heap: most of a run is
// spent here.
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
            return;
        }
    abort(); // more have broken than a keepalive lasts
}

void world_end_half_open(struct world *w, struct world_person *p)
{
    for (unsigned i = 0; i < ARRAY_LEN(p->half_open); i++)
        if (p->half_open[i].until_us && w->now_us >= p->half_open[i].until_us) {
            p->half_open[i].until_us = 0;
            if (w->logic)
                control_logic_closed(w->logic, p->half_open[i].connection, w->now_us);
        }
}

static bool earlier(const struct world_packet *a, const struct world_packet *b)
{
    return a->due_us < b->due_us || (a->due_us == b->due_us && a->order < b->order);
}

static void swap(struct world_packet *a, struct world_packet *b)
{
    struct world_packet x = *a;
    *a = *b;
    *b = x;
}

static void sink(struct world *w, unsigned i)
{
    for (unsigned child = 2 * i + 1; child < w->packet_count; child = 2 * i + 1) {
        if (child + 1 < w->packet_count && earlier(&w->packets[child + 1], &w->packets[child]))
            child++;
        if (!earlier(&w->packets[child], &w->packets[i]))
            return;
        swap(&w->packets[child], &w->packets[i]);
        i = child;
    }
}

static void put_packet(struct world *w, const struct world_packet *p)
{
    if (w->packet_count == WORLD_PACKETS) {
        free(p->data);
        w->dropped++;
        return;
    }
    unsigned i = w->packet_count++;
    w->packets[i] = *p;
    w->packets[i].order = w->order++;
    for (; i > 0 && earlier(&w->packets[i], &w->packets[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&w->packets[i], &w->packets[(i - 1) / 2]);
}

bool world_take_due(struct world *w, struct world_packet *out)
{
    if (!w->packet_count || w->packets[0].due_us > w->now_us)
        return false;
    *out = w->packets[0];
    w->packets[0] = w->packets[--w->packet_count];
    sink(w, 0);
    return true;
}

void world_cut_relay(struct world *w)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < w->packet_count; i++)
        if (w->packets[i].control || w->packets[i].up)
            free(w->packets[i].data);
        else
            w->packets[kept++] = w->packets[i];
    w->packet_count = kept;
    for (unsigned i = kept / 2; i-- > 0;)
        sink(w, i);
}

void world_send(struct world *w, unsigned person, bool up, bool control, const void *data, size_t n)
{
    struct world_person *x = &w->people[person];
    const struct world_link *l = &x->link;
    if (control && (l->cut || x->broken)) {
        x->broken = true; // TCP loses nothing but the whole connection
        return;
    }
    if (l->cut || (!control && (l->udp_cut || world_random(w) < l->loss))) {
        w->dropped++;
        return;
    }
    struct world_packet p = {.control = control,
                             .up = up,
                             .person = person,
                             .due_us = w->now_us + l->delay_us + (uint64_t)(world_random(w) * (double)l->jitter_us),
                             .link = x->link_number,
                             .size = n,
                             .data = malloc(n + 1),
                             .from = x->addr};
    if (control && l->late > 0 && world_random(w) < l->late)
        p.due_us += (uint64_t)(world_random(w) * (double)l->late_us);
    if (control) {
        p.due_us = MAX(p.due_us, x->last_control_us[up]);
        x->last_control_us[up] = p.due_us;
    }
    memcpy(p.data, data, n);
    p.data[n] = 0;
    put_packet(w, &p);
}
