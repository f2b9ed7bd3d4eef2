// Pure: timestamps of sound. They count samples, so that a device's uneven calls do not shake them, and a sound card
// that runs a little fast or slow makes no holes in them: how far they have come away from the clock is told beside
// them (meta). Only a real gap moves them.
#ifndef PARLOUR_SAMPLE_CLOCK_H
#define PARLOUR_SAMPLE_CLOCK_H

#include "shared/base.h"

enum { SAMPLE_CLOCK_GAP = 1920 }; // samples: 40 ms

struct sample_clock {
    bool started;
    uint32_t next;     // timestamp of the sample after the last
    double ahead;      // samples, smoothed: how far the clock is ahead of the timestamps
    uint32_t smoothed; // over so many of them
};

// `count` samples follow whose first was captured at `captured` (encoded_frame_audio_ts). True when they do not go on
// from those before: `next` has been moved to where they belong. Then count them.
bool sample_clock_gap(struct sample_clock *c, uint32_t captured, size_t count);
void sample_clock_count(struct sample_clock *c, size_t count);

#endif
