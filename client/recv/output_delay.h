// Pure: how long the blocks are that a loudspeaker asks for, and with them the time from mixing to ear: as short as the
// device and this machine keep up with. Watches when the device asks: one that ran empty stands still and never makes
// up for it. Grows at once, shrinks after a long calm, and waits longer each time that was wrong.
#ifndef PARLOUR_OUTPUT_DELAY_H
#define PARLOUR_OUTPUT_DELAY_H

#include "shared/base.h"

enum { OUTPUT_DELAY_STEPS = 4 }; // 5, 10, 20 and 40 ms

struct output_delay {
    unsigned step;      // what is wanted now
    uint64_t underruns; // windows of time in which the device stood still

    unsigned open_step;  // of the device that is open
    uint64_t started_us; // when it first asked; 0 = not yet
    uint64_t given;      // samples since
    uint64_t window_us;  // when the window of time that is being looked at began
    int64_t most, least; // in it: how far the samples given are ahead of the clock, us
    int64_t before;      // `most` of the window before
    unsigned windows;    // since the device was opened, up to the first that counts
    uint64_t trouble_us; // when it last stood still or nearly, or was opened
    unsigned troubles;   // close to each other,
    uint64_t counted_us; // and when the last of them was counted
    uint64_t shrunk_us;  // 0 = not yet
    uint64_t calm_us;    // so long without trouble before it shrinks
};

void output_delay_init(struct output_delay *o); // 10 ms
// A device is about to be opened with blocks of output_delay_samples.
void output_delay_open(struct output_delay *o, uint64_t now_us);
// The device asks for so many samples. True when it stood still before.
bool output_delay_asked(struct output_delay *o, size_t samples, uint64_t now_us);
int output_delay_change(const struct output_delay *o);       // over 0: longer blocks are wanted than the open device's
unsigned output_delay_samples(const struct output_delay *o); // of a block that is wanted now, at 48 kHz

#endif
