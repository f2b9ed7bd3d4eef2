// Arrival feedback (ARRIVALS): what came in one number space and when. Pure.
// A report leaves 25 ms after the last while at least 8 datagrams came, else after 100 ms; after 64 at once, however
// fast they come. It covers the two before it again, so that two lost reports in a row cost nothing.
#ifndef PARLOUR_REPORT_H
#define PARLOUR_REPORT_H

#include "shared/feedback.h"

enum { REPORT_RING = 256, REPORT_BLOCKS = REPORT_RING / FEEDBACK_ARRIVALS_MAX, REPORT_AGAIN = 2 };

struct report {
    uint64_t newest;
    uint64_t base[REPORT_AGAIN + 1]; // first number of the next report and of those before it
    uint64_t sent_us;
    unsigned waiting; // came since the last report and want one
    struct {
        uint32_t low;  // number; the ring is indexed by it
        uint32_t time; // of arrival, in FEEDBACK_OFFSET_US, 31 bits | came as RTX
    } ring[REPORT_RING];
};

void report_init(struct report *r);
// A datagram was accepted. `wanted` is false for those that need no report of their own (PING, FEEDBACK).
void report_arrived(struct report *r, uint64_t number, bool rtx, bool wanted, uint64_t now_us);
// True when this number is not known to have come but as a repair.
bool report_misses(const struct report *r, uint64_t number);
bool report_waits(const struct report *r); // something is to be reported sooner or later
bool report_due(const struct report *r, uint64_t now_us);
// Make the report: fills at most REPORT_BLOCKS blocks, returns how many, and starts the next.
unsigned report_make(struct report *r, uint8_t space, struct feedback_arrivals *out, uint64_t now_us);

#endif
