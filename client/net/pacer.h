// Pure: datagrams on their way out, evenly instead of a whole picture at once. Sound never waits for pictures; what is
// left over after 120 ms is the sign for the encoder to leave pictures out. Bounded: when full, what would come last is
// refused, of all but sound some places before that.
#ifndef PARLOUR_PACER_H
#define PARLOUR_PACER_H

#include "shared/wire.h"

// Parity: of the picture that has just gone out, so before the next one.
enum pacer_class { PACER_AUDIO, PACER_PARITY, PACER_SCREEN, PACER_CAMERA, PACER_CLASSES };
enum { PACER_RING = 1024, PACER_FOR_SOUND = 32, PACER_BACKLOG_US = 120000, PACER_DEBT_US = 100000 };

struct pacer_item {
    enum pacer_class of;
    uint16_t size, next; // next of its class
    uint8_t bytes[WIRE_DATAGRAM_MAX];
};

struct pacer {
    double bps;
    double debt_bytes; // sent ahead of the rate; at most PACER_DEBT_US of it
    bool whole_turns;  // what goes in a millisecond goes at once: rates above ten megabits a second
    uint64_t at_us;
    size_t waiting_bytes; // all classes
    size_t class_bytes[PACER_CLASSES];
    uint16_t first[PACER_CLASSES], last[PACER_CLASSES], count[PACER_CLASSES];
    uint16_t free, used;
    struct pacer_item item[PACER_RING];
};

void pacer_init(struct pacer *p, double bps, uint64_t now_us);
void pacer_set_rate(struct pacer *p, double bps, uint64_t now_us); // on the wire, headers included
// Takes a copy. False = full.
bool pacer_push(struct pacer *p, enum pacer_class of, const uint8_t *bytes, size_t size);
// The next to go out now, the caller's until the next push; tell pacer_charge when it has gone. `window` bytes may
// still be put under way: only sound goes beyond. NULL = not yet, or nothing waits; `*blocked`: it is for the window.
struct pacer_item *pacer_pop(struct pacer *p, double window, uint64_t now_us, bool *blocked);
bool pacer_free(const struct pacer *p, uint64_t now_us);              // nothing is owed: the rate lets one more go out
bool pacer_soon(const struct pacer *p, uint64_t us, uint64_t now_us); // in that time nothing will be owed
// Something went out, by it or past it (a repair): with the headers below ours. What went past it holds back at most
// 100 ms of what waits: a row of repairs after an outage must not stop the pictures for seconds.
void pacer_charge(struct pacer *p, size_t bytes, uint64_t now_us);
// When pacer_pop gives the next, as far as the rate goes; UINT64_MAX = nothing waits.
uint64_t pacer_next_us(const struct pacer *p, uint64_t now_us);
// How long what waits before the pictures of this class takes.
uint64_t pacer_backlog_us(const struct pacer *p, enum pacer_class of, uint64_t now_us);
void pacer_clear(struct pacer *p);

#endif
