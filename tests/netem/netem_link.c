#include "netem_link.h"

#include "tests/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    void *item;
    size_t size;
    bool reliable;
    uint64_t in_us, due_us, order;
    unsigned copies;
};

enum { DRAW_LOSS, DRAW_BURST, DRAW_JITTER, DRAW_REORDER, DRAW_DUPLICATE, DRAW_LATE, DRAWS };

struct netem_link {
    struct netem_settings s;
    void (*drop)(void *item);
    uint64_t random[DRAWS];
    bool in_burst;
    unsigned room;
    struct entry *queue; // a ring; its first is being sent
    unsigned first, waiting;
    size_t waiting_bytes;
    double started_us, finish_us; // of the first; fractions, or a fast line would run at the pace of the clock
    double left_bytes;            // of the first, while stalled
    struct entry *heap;           // on the way, by due_us, then order
    unsigned flying;
    uint64_t order, newest_out;
    uint64_t last_us, last_reliable_us;
    struct netem_figures figures;
};

static double draw(struct netem_link *l, unsigned of)
{
    return random_part(&l->random[of]);
}

struct netem_link *netem_link_create(unsigned room, uint64_t seed, void (*drop)(void *item))
{
    struct netem_link *l = base_alloc(sizeof *l);
    l->room = room;
    l->drop = drop;
    l->queue = base_alloc(room * sizeof *l->queue);
    l->heap = base_alloc(room * sizeof *l->heap);
    for (unsigned i = 0; i < DRAWS; i++)
        l->random[i] = random_next(&seed);
    return l;
}

void netem_link_destroy(struct netem_link *l)
{
    if (!l)
        return;
    netem_link_clear(l, false);
    free(l->queue);
    free(l->heap);
    free(l);
}

// ---- on the way: a binary heap ----

static bool earlier(const struct entry *a, const struct entry *b)
{
    return a->due_us < b->due_us || (a->due_us == b->due_us && a->order < b->order);
}

static void swap(struct entry *a, struct entry *b)
{
    struct entry x = *a;
    *a = *b;
    *b = x;
}

static void sink(struct netem_link *l, unsigned i)
{
    for (unsigned child = 2 * i + 1; child < l->flying; child = 2 * i + 1) {
        if (child + 1 < l->flying && earlier(&l->heap[child + 1], &l->heap[child]))
            child++;
        if (!earlier(&l->heap[child], &l->heap[i]))
            return;
        swap(&l->heap[child], &l->heap[i]);
        i = child;
    }
}

static void fly(struct netem_link *l, const struct entry *e)
{
    unsigned i = l->flying++; // there is room: offer counts those waiting and those flying
    l->heap[i] = *e;
    for (; i > 0 && earlier(&l->heap[i], &l->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&l->heap[i], &l->heap[(i - 1) / 2]);
}

// ---- delay ----

static double jitter_us(struct netem_link *l)
{
    double j = (double)l->s.jitter_us, a, b;
    switch (l->s.jitter) {
    case NETEM_NORMAL: // Box and Muller
        a = 1 - draw(l, DRAW_JITTER);
        b = draw(l, DRAW_JITTER);
        return j * sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
    case NETEM_PARETO: // (Lomax) its mean is scale / (shape - 1)
        return 1.5 * j * (pow(1 - draw(l, DRAW_JITTER), -1 / 2.5) - 1);
    case NETEM_UNIFORM:
    default:
        return j * draw(l, DRAW_JITTER);
    }
}

// It has left the bottleneck.
static void leave(struct netem_link *l, struct entry *e, double at_us)
{
    const struct netem_settings *s = &l->s;
    bool held_back = draw(l, DRAW_REORDER) < s->reorder && !e->reliable;
    double due = at_us + (double)s->delay_us;
    if (s->jitter_us)
        due = fmax(at_us, due + jitter_us(l));
    e->due_us = (uint64_t)ceil(due);
    e->copies = draw(l, DRAW_DUPLICATE) < s->duplicate && !e->reliable ? 2 : 1;
    if (held_back)
        e->due_us += s->reorder_us;
    if (e->reliable) {
        if (draw(l, DRAW_LATE) < s->late)
            e->due_us += (uint64_t)(draw(l, DRAW_LATE) * (double)s->late_us);
        e->due_us = l->last_reliable_us = MAX(e->due_us, l->last_reliable_us);
    } else if (!held_back && !s->jitter_reorders) {
        e->due_us = l->last_us = MAX(e->due_us, l->last_us);
    }
    fly(l, e);
}

// ---- the bottleneck ----

static double takes_us(const struct netem_link *l, double bytes)
{
    return l->s.rate_bps ? bytes * 8e6 / (double)l->s.rate_bps : 0;
}

static void begin_first(struct netem_link *l, double at_us)
{
    l->left_bytes = (double)(l->queue[l->first].size + l->s.overhead);
    l->started_us = at_us;
    l->finish_us = at_us + takes_us(l, l->left_bytes);
}

static void note_wait(struct netem_link *l, double us)
{
    uint64_t waited = us > 0 ? (uint64_t)us : 0;
    l->figures.waited_ms[MIN(waited / 1000, NETEM_QUEUE_MS - 1)]++;
    l->figures.waited_us_max = MAX(l->figures.waited_us_max, waited);
}

static void serve(struct netem_link *l, uint64_t now_us)
{
    while (l->waiting && !l->s.stall && l->finish_us <= (double)now_us) {
        struct entry e = l->queue[l->first];
        double at_us = l->finish_us;
        l->first = (l->first + 1) % l->room;
        l->waiting--;
        l->waiting_bytes -= e.size + l->s.overhead;
        note_wait(l, l->started_us - (double)e.in_us);
        leave(l, &e, at_us);
        if (l->waiting)
            begin_first(l, at_us); // it was there before this one ended, or it would have been alone
    }
}

// What is still to be sent, the rest of the first included.
static double backlog_bytes(const struct netem_link *l, uint64_t now_us)
{
    if (!l->waiting)
        return 0;
    double first = (double)(l->queue[l->first].size + l->s.overhead);
    double left = l->left_bytes;
    if (!l->s.stall)
        left = (l->finish_us - (double)now_us) * (double)l->s.rate_bps / 8e6;
    return (double)l->waiting_bytes - first + fmin(first, fmax(0, left));
}

void netem_link_set(struct netem_link *l, const struct netem_settings *s, uint64_t now_us)
{
    serve(l, now_us);
    double now = (double)now_us;
    if (l->waiting && !l->s.stall)
        l->left_bytes = (l->finish_us - now) * (double)l->s.rate_bps / 8e6;
    l->waiting_bytes += l->waiting * (size_t)s->overhead - l->waiting * (size_t)l->s.overhead;
    if (l->s.stall && !s->stall)
        l->started_us = now; // all that time it waited
    l->s = *s;
    if (l->waiting)
        l->finish_us = now + takes_us(l, fmax(0, l->left_bytes));
    serve(l, now_us);
}

static bool is_lost(struct netem_link *l)
{
    const struct netem_settings *s = &l->s;
    bool alone = draw(l, DRAW_LOSS) < s->loss;
    double turn = draw(l, DRAW_BURST);
    // A burst ends with 1/length; it begins so often that the share of time in one is burst_loss.
    double ends = 1 / fmax(1, s->burst_length), begins = ends * s->burst_loss / fmax(1e-9, 1 - s->burst_loss);
    l->in_burst = s->burst_loss > 0 && (l->in_burst ? turn >= ends : turn < begins);
    return alone || l->in_burst;
}

static bool is_full(const struct netem_link *l, size_t size, uint64_t now_us)
{
    const struct netem_settings *s = &l->s;
    double backlog = backlog_bytes(l, now_us);
    return (s->rate_bps && s->queue_us && takes_us(l, backlog) > (double)s->queue_us) ||
           (s->queue_bytes && backlog + (double)size > (double)s->queue_bytes);
}

void netem_link_offer(struct netem_link *l, void *item, size_t size, bool reliable, uint64_t now_us)
{
    uint64_t *why = NULL;
    serve(l, now_us);
    l->figures.in++;
    l->figures.in_bytes += size;
    if (!reliable && l->s.cut)
        why = &l->figures.cut;
    else if (!reliable && is_lost(l))
        why = &l->figures.lost;
    else if (l->waiting + l->flying == l->room)
        why = &l->figures.no_room;
    else if (!reliable && is_full(l, size + l->s.overhead, now_us))
        why = &l->figures.dropped;
    if (why) {
        ++*why;
        l->drop(item);
        return;
    }
    struct entry e = {.item = item, .size = size, .reliable = reliable, .in_us = now_us, .order = ++l->order};
    if (!l->waiting)
        l->first = 0; // the same few lines of cache, where nothing ever waits
    l->queue[(l->first + l->waiting++) % l->room] = e;
    l->waiting_bytes += size + l->s.overhead;
    if (l->waiting == 1)
        begin_first(l, (double)now_us);
    serve(l, now_us);
}

bool netem_link_open(struct netem_link *l, uint64_t now_us)
{
    serve(l, now_us);
    // Half the memory stays for what comes by UDP.
    return !l->s.cut && l->waiting + l->flying < l->room / 2 && !is_full(l, l->s.overhead, now_us);
}

// ---- out ----

bool netem_link_take(struct netem_link *l, uint64_t now_us, struct netem_out *out)
{
    serve(l, now_us);
    if (!l->flying || l->heap[0].due_us > now_us)
        return false;
    struct entry e = l->heap[0];
    l->heap[0] = l->heap[--l->flying];
    sink(l, 0);
    *out = (struct netem_out){e.item, e.size, e.due_us, e.copies, e.reliable};
    l->figures.out += e.copies;
    l->figures.out_bytes += e.copies * e.size;
    l->figures.duplicated += e.copies - 1;
    l->figures.overtaken += e.order < l->newest_out;
    l->newest_out = MAX(l->newest_out, e.order);
    return true;
}

uint64_t netem_link_next_us(const struct netem_link *l)
{
    uint64_t next = l->flying ? l->heap[0].due_us : UINT64_MAX;
    if (l->waiting && !l->s.stall)
        next = MIN(next, (uint64_t)ceil(l->finish_us));
    return next;
}

void netem_link_clear(struct netem_link *l, bool reliable_only)
{
    unsigned waiting = 0, flying = 0;
    bool other_first = l->waiting && (!reliable_only || l->queue[l->first].reliable);
    for (unsigned i = 0; i < l->waiting; i++) {
        struct entry e = l->queue[(l->first + i) % l->room];
        if (!reliable_only || e.reliable) {
            l->waiting_bytes -= e.size + l->s.overhead;
            l->drop(e.item);
        } else {
            l->queue[(l->first + waiting++) % l->room] = e;
        }
    }
    for (unsigned i = 0; i < l->flying; i++)
        if (!reliable_only || l->heap[i].reliable)
            l->drop(l->heap[i].item);
        else
            l->heap[flying++] = l->heap[i];
    l->waiting = waiting;
    l->flying = flying;
    for (unsigned i = flying / 2; i-- > 0;)
        sink(l, i);
    if (other_first && waiting)
        begin_first(l, l->started_us);
}

const struct netem_figures *netem_link_figures(const struct netem_link *l)
{
    return &l->figures;
}

unsigned netem_figures_waited(const struct netem_figures *f, const struct netem_figures *before, double part)
{
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i < NETEM_QUEUE_MS; i++)
        all += f->waited_ms[i] - (before ? before->waited_ms[i] : 0);
    for (unsigned i = 0; i < NETEM_QUEUE_MS; i++) {
        seen += f->waited_ms[i] - (before ? before->waited_ms[i] : 0);
        if (all && (double)seen >= part * (double)all)
            return i;
    }
    return 0;
}
