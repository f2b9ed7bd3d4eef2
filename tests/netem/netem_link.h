// Pure: one direction of a bad line in virtual time. What is offered goes through
//     outage and loss -> a queue served at a rate -> delay, jitter, reordering, duplication
// so what is lost takes nothing of the rate, and the delay comes after the bottleneck, as behind a real access line.
// Everything that happens follows from the seed; each kind of trouble draws from numbers of its own, so that turning
// one on moves nothing of the others.
#ifndef PARLOUR_TEST_NETEM_LINK_H
#define PARLOUR_TEST_NETEM_LINK_H

#include "shared/base.h"

enum { NETEM_QUEUE_MS = 4096 }; // longer waits count as this

enum netem_jitter {
    NETEM_UNIFORM, // 0 to jitter_us more, evenly
    NETEM_NORMAL,  // around the delay, jitter_us is sigma; never before it was sent
    NETEM_PARETO,  // jitter_us more on average, most much less, some many times that (shape 2.5): as in the air
};

struct netem_settings {
    uint64_t delay_us, jitter_us;
    enum netem_jitter jitter;
    bool jitter_reorders;            // else nothing overtakes because of it
    double reorder;                  // 0..1: come reorder_us later than they would, and hold up nobody
    uint64_t reorder_us;             //
    double duplicate;                // 0..1: come twice
    double loss;                     // 0..1, each for itself
    double burst_loss, burst_length; // Gilbert-Elliott: share of all in bursts of so many on average; 0 = none
    uint64_t rate_bps;               // 0 = no bottleneck
    uint64_t queue_us;               // drop-tail: at most so long a wait, at the rate of now; 0 = no such limit
    size_t queue_bytes;              // and at most so many; 0 = no such limit
    unsigned overhead;               // bytes a packet takes of the rate beyond its size: 28 for UDP in IPv4
    bool cut;                        // an outage that loses what is sent in it
    bool stall;                      // an outage that keeps it: the queue is not served
    double late;                     // 0..1 of the reliable ones: up to late_us more, as when TCP repeats
    uint64_t late_us;
};

struct netem_figures {
    uint64_t in, in_bytes, out, out_bytes; // copies count in out
    uint64_t lost, cut, dropped;           // at random, in outages, because the queue was full
    uint64_t no_room;                      // because the link's memory was: a run with any says nothing
    uint64_t duplicated, overtaken;
    uint64_t waited_us_max;
    uint32_t waited_ms[NETEM_QUEUE_MS]; // how many waited in the queue so long before their turn
};

struct netem_out {
    void *item; // the caller's again
    size_t size;
    uint64_t due_us;
    unsigned copies; // 1 or 2
    bool reliable;
};

struct netem_link;

// At most `room` items at a time. `drop` frees an item; it is called for what never comes out. Free with _destroy.
struct netem_link *netem_link_create(unsigned room, uint64_t seed, void (*drop)(void *item));
void netem_link_destroy(struct netem_link *l);
// What passes is as it is from now on. Times never go back, here and below.
void netem_link_set(struct netem_link *l, const struct netem_settings *s, uint64_t now_us);
// Takes the item. A reliable one is never lost, dropped or overtaken by another: ask netem_link_open first.
void netem_link_offer(struct netem_link *l, void *item, size_t size, bool reliable, uint64_t now_us);
// May something reliable be sent: no outage, and the queue has room.
bool netem_link_open(struct netem_link *l, uint64_t now_us);
// The next of those whose time has come, in order of time. False: none.
bool netem_link_take(struct netem_link *l, uint64_t now_us, struct netem_out *out);
// When to look again; UINT64_MAX = not before something is offered or set.
uint64_t netem_link_next_us(const struct netem_link *l);
// Drop what is under way; all, or what is reliable.
void netem_link_clear(struct netem_link *l, bool reliable_only);
const struct netem_figures *netem_link_figures(const struct netem_link *l);
// The wait in the queue, ms, that `part` (0..1) of those between two snapshots had at most; `before` may be NULL.
unsigned netem_figures_waited(const struct netem_figures *f, const struct netem_figures *before, double part);

#endif
