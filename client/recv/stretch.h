// Pure: take one pitch period out of a voice or put one in, with a cross-fade where it fits best, so that nothing
// clicks. What was played before helps to find the period, so that blocks of 10 ms can be stretched, too.
#ifndef PARLOUR_STRETCH_H
#define PARLOUR_STRETCH_H

#include "shared/base.h"

enum {
    STRETCH_PERIOD_MIN = 120, // 2.5 ms at 48 kHz,
    STRETCH_PERIOD_MAX = 720, // and 15
    STRETCH_PAST = 1200       // samples before the block
};
#define STRETCH_LIKE  0.9f // how alike what is laid over each other must be, so that a splice is not heard
#define STRETCH_HURRY 0.6f // or hardly
#define STRETCH_QUIET 2.0f // in near silence only, where any splice will do and a long one is taken

// Shorten `count` samples in place by one period of at most `most` samples; STRETCH_PAST samples before them are read.
// Returns how many were taken out: 0 when the block is too short or nothing in it repeats well enough.
size_t stretch_shorten(int16_t *samples, size_t count, size_t most, float like);
// Lengthen in place, likewise; `room` = samples the buffer holds. Returns how many were put in.
size_t stretch_lengthen(int16_t *samples, size_t count, size_t room, size_t most, float like);
// The period with which the last STRETCH_PAST samples before `end` go on best.
size_t stretch_period(const int16_t *end);

#endif
