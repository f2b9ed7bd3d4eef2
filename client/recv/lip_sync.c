#include "lip_sync.h"

#include <math.h>

enum {
    SMOOTH_US = 500000,
    GAP_US = 1000000,         // looks further apart than this are of another time
    ALONE_US = 10000000,      // one without the other for so long is held for nothing
    SOUND_EARLY_US = 50000,   // more than this, and it is held,
    SOUND_EARLY_TO = 35000,   // until it is so early,
    SOUND_EARLY_LESS = 10000, // and let go when it is less than that without need
    SOUND_LATE_US = -25000,   // devices say less than is true: 9 ms were measured
    SOUND_LATE_TO = -20000,
    SOUND_LATE_LESS = -5000,
    SOUND_STEP_US = 20000,   // a second: time stretching follows
    PATIENT_STEP_US = 50000, // and as fast as it can, where nobody speaks to anybody
    PICTURE_STEP_US = 40000, // a second: a millisecond or two a picture
    WILD_US = 2000000        // the sender tells nonsense
};

// What should be held at this distance, were nothing held.
static double wanted(double natural_us, bool far, bool patient)
{
    double hold = natural_us > SOUND_EARLY_US  ? natural_us - SOUND_EARLY_TO
                  : natural_us < SOUND_LATE_US ? natural_us - SOUND_LATE_TO
                                               : 0;
    return CLAMP(hold, (double)-LIP_SYNC_HOLD_MAX_US,
                 patient ? (double)LIP_SYNC_PATIENT_MAX_US
                 : far   ? 0.0
                         : (double)LIP_SYNC_HOLD_MAX_US);
}

static bool is_good(const struct lip_sync *l, bool far)
{
    double least = l->hold_us > 0 ? SOUND_EARLY_LESS : SOUND_LATE_US;
    double most = l->hold_us < 0 ? SOUND_LATE_LESS : SOUND_EARLY_US;
    return l->skew_us >= least && l->skew_us <= most && !(far && l->hold_us > 0);
}

static void move(struct lip_sync *l, double to_us, double dt_us, bool patient)
{
    // While the hold is on one side it goes at that side's pace, and not over to the other in one step.
    bool sound = l->hold_us > 0 || (!(l->hold_us < 0) && to_us > 0);
    double step = (sound ? patient ? PATIENT_STEP_US : SOUND_STEP_US : PICTURE_STEP_US) * dt_us / 1e6;
    double next = l->hold_us + CLAMP(to_us - l->hold_us, -step, step);
    l->hold_us = l->hold_us * next < 0 ? 0 : next;
}

void lip_sync_look(struct lip_sync *l, const struct lip_sync_look *look, uint64_t now_us)
{
    double skew = look->picture_us - look->sound_us, dt_us = (double)(now_us - l->seen_us);
    if (!(fabs(skew) < WILD_US)) {
        lip_sync_miss(l, false, now_us);
        return;
    }
    bool begins = !l->known || dt_us > GAP_US;
    l->seen_us = now_us;
    if (begins) {
        l->known = true;
        l->skew_us = skew;
        l->past_us = l->hold_us;
        return;
    }
    double part = fmin(1, dt_us / SMOOTH_US);
    l->skew_us += (skew - l->skew_us) * part;
    l->past_us += (l->hold_us - l->past_us) * part;
    bool far = look->picture_far_us > LIP_SYNC_FAR_US && !look->patient;
    if (!is_good(l, far))
        move(l, wanted(l->skew_us + l->past_us, far, look->patient), dt_us, look->patient);
}

void lip_sync_miss(struct lip_sync *l, bool seen, uint64_t now_us)
{
    if ((!l->known && l->hold_us == 0) || now_us - l->seen_us <= ALONE_US)
        return;
    double hold_us = seen ? fmax(l->hold_us, 0) : 0;
    *l = (struct lip_sync){.hold_us = hold_us, .past_us = hold_us, .seen_us = now_us};
}

uint32_t lip_sync_sound_hold(const struct lip_sync *l)
{
    return (uint32_t)fmax(l->hold_us, 0);
}

uint32_t lip_sync_picture_hold(const struct lip_sync *l)
{
    return (uint32_t)fmax(-l->hold_us, 0);
}
