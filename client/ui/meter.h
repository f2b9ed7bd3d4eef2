// My microphone's level as a few steps that one can look at: up at once, down one step at a time. Pure.
#ifndef PARLOUR_UI_METER_H
#define PARLOUR_UI_METER_H

#include <stdint.h>

enum { METER_STEPS = 5, METER_FALL_US = 200000, METER_RISE_US = 100000 };

struct meter {
    unsigned step; // 0..METER_STEPS
    uint64_t at_us;
};

unsigned meter_step_of(float level); // 0 = nothing but the room's own noise, METER_STEPS = too loud
void meter_feed(struct meter *m, float level, uint64_t now_us); // `level`: 0..1, RMS

#endif
