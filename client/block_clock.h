// When blocks of 10 ms begin, made out of the times at which a device's thread says they do. A thread may run late, and
// then several blocks at once, but never early: what counts is the least lateness of the last moment. Pure.
#ifndef PARLOUR_BLOCK_CLOCK_H
#define PARLOUR_BLOCK_CLOCK_H

#include "shared/base.h"

enum { BLOCK_CLOCK_SPAN = 24, BLOCK_CLOCK_BLOCK_US = 10000 };

struct block_clock { // zeroed = nothing known
    int64_t starts_us[BLOCK_CLOCK_SPAN];
    size_t count, at;
};

// Block `number` (of a device that counts all of them) is said to begin at told_us. The time that is to be believed:
// not later. After a pause of the device the clock starts anew; a smaller step is believed after BLOCK_CLOCK_SPAN
// blocks.
uint64_t block_clock_tell(struct block_clock *c, uint64_t number, uint64_t told_us);

#endif
