// Pure: where on our own clock a packet of somebody else's belongs, by what he tells of his in meta each second. All
// streams of a recording are laid on the one clock of this box, so nothing drifts apart in hours, whatever sound cards
// and clocks are like. 32 bit timestamps may begin anew; what nobody can mean is put where it came.
#ifndef PARLOUR_RECORD_CLOCK_H
#define PARLOUR_RECORD_CLOCK_H

#include "shared/base.h"

struct record_clock {
    unsigned rate; // of the timestamps, a second
    bool any;      // the next two are known
    bool told;     // by the sender, not by when something came
    uint32_t ts;
    uint64_t at_us; // when that was captured, on our clock
};

void record_clock_init(struct record_clock *c, unsigned rate);
// He captured `ts` at local_us of our clock. The first is believed, small differences are followed slowly (what we
// know of his clock shakes), large ones at once.
void record_clock_told(struct record_clock *c, uint32_t ts, uint64_t local_us, uint64_t now_us);
// The same where another stream of his has told which moment that is on our clock: both keep together.
void record_clock_set(struct record_clock *c, uint32_t ts, uint64_t at_us);
// When the packet of this timestamp, which came at now_us, was captured. Until he has told anything: what lay between
// two of his, from when the first came.
uint64_t record_clock_when(struct record_clock *c, uint32_t ts, uint64_t now_us);
// Where one that was put at `at_us` while he had told nothing belongs by what he has told since; there, when he cannot
// mean that.
uint64_t record_clock_again(const struct record_clock *c, uint32_t ts, uint64_t at_us);

#endif
