// Pure: sound and picture of one member on the same beat. Both are laid on the sender's clock by what he tells of it
// (meta); where sound is heard more than 40 ms after or 60 ms before the picture it belongs to, the earlier of the two
// is held back by what is too much, and no more than that. Nobody answers a film: its sound waits for its pictures for
// as long as they take.
#ifndef PARLOUR_LIP_SYNC_H
#define PARLOUR_LIP_SYNC_H

#include "shared/base.h"

enum { LIP_SYNC_HOLD_MAX_US = 80000, LIP_SYNC_PATIENT_MAX_US = 250000, LIP_SYNC_FAR_US = 130000 };

// What is heard or shown at a moment, as a timestamp, less that moment on a clock of the same rate.
static inline uint32_t lip_sync_sound(uint32_t ts, uint64_t at_us) // 48 kHz
{
    return ts - (uint32_t)(at_us * 48 / 1000);
}
static inline uint32_t lip_sync_picture(uint32_t ts, uint64_t at_us) // 90 kHz
{
    return ts - (uint32_t)(at_us * 9 / 100);
}
// Of two such, so many us lie from the first to the second.
static inline double lip_sync_sound_us(uint32_t from, uint32_t to)
{
    return (double)(int32_t)(to - from) * 1000 / 48;
}
static inline double lip_sync_picture_us(uint32_t from, uint32_t to)
{
    return (double)(int32_t)(to - from) * 100 / 9;
}

struct lip_sync_look {     // at one moment
    double sound_us;       // from capture to ear,
    double picture_us;     // and to the screen, by one and the same clock
    bool patient;          // nobody answers: sound may wait for long
    double picture_far_us; // what pictures wait above the fastest, not counting the hold: repairs, jitter
};

struct lip_sync {
    bool known;
    double skew_us;          // smoothed; over 0: sound comes before its picture
    double hold_us, past_us; // over 0: sound is held, under 0: pictures; past: smoothed as skew_us is
    uint64_t seen_us;        // when there was something of both
};

// Both were heard and seen since the last look.
void lip_sync_look(struct lip_sync *l, const struct lip_sync_look *look, uint64_t now_us);
// They were not: in the end nothing is held for what is not there. `seen`: there was a picture; who only listens for a
// while is not held anew each time he speaks.
void lip_sync_miss(struct lip_sync *l, bool seen, uint64_t now_us);
uint32_t lip_sync_sound_hold(const struct lip_sync *l); // us
uint32_t lip_sync_picture_hold(const struct lip_sync *l);

#endif
