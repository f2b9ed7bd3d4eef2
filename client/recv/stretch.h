// Pure: take one pitch period out of a voice or put one in, with a cross-fade where it fits best, so that nothing
// clicks.
#ifndef PARLOUR_STRETCH_H
#define PARLOUR_STRETCH_H

#include "shared/base.h"

enum { STRETCH_PERIOD_MIN = 120, STRETCH_PERIOD_MAX = 480 }; // 2.5 to 10 ms at 48 kHz

// Shorten `count` samples in place by one period. Returns how many were taken out: 0 when the block is too short or
// nothing in it repeats well enough.
size_t stretch_shorten(int16_t *samples, size_t count);
// Lengthen in place; `room` = samples the buffer holds. Returns how many were put in.
size_t stretch_lengthen(int16_t *samples, size_t count, size_t room);

#endif
