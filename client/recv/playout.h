// Pure: when a picture is to be shown. Maps the sender's clock to ours by the fastest arrival of the last 10 s and adds
// just what is needed: the jitter that is there (95 % of the delay above it), or room for a repair where losses are
// repaired, and what sound is behind. Up at once, down by 2 ms a frame.
#ifndef PARLOUR_PLAYOUT_H
#define PARLOUR_PLAYOUT_H

#include "shared/base.h"

enum { PLAYOUT_BUCKETS = 10, PLAYOUT_LATE_BINS = 250, PLAYOUT_DELAY_MAX_US = 250000 };
enum { PLAYOUT_ROOM_MAX_US = 130000 };

struct playout {
    bool started;
    uint32_t last_ts;
    int64_t ts_us;                    // last_ts unwrapped, in us
    int64_t minimum[PLAYOUT_BUCKETS]; // of arrival - ts, one a second
    uint64_t bucket_since_us;
    unsigned bucket;
    int64_t late_base;             // the minimum `late` is counted from
    float late[PLAYOUT_LATE_BINS]; // how often an arrival lay so many ms above the minimum; fades over 5 s
    double jitter_us;              // its 95th percentile
    int64_t delay_us;              // from the sender's timestamps to when they are due
    int64_t offset_us;             // of it, above the fastest arrival
    int64_t room_us, hold_us;
    double interval_us; // between frames, smoothed
};

void playout_init(struct playout *p);
// So long a frame may be repaired: at least so much is added to the fastest arrival. 0 = nothing is being lost.
void playout_set_room(struct playout *p, uint32_t room_us);
// Later by so much for lip sync, beside all else; at most LIP_SYNC_HOLD_MAX_US.
void playout_set_hold(struct playout *p, uint32_t hold_us);
// A frame was complete at arrived_us: when it should be shown (us, our clock). May lie before arrived_us: show at once.
uint64_t playout_due(struct playout *p, uint32_t ts, uint64_t arrived_us);
int64_t playout_offset_us(const struct playout *p);  // above the fastest arrival, without the hold
double playout_interval_us(const struct playout *p); // between two frames; 33,333 before it is known

#endif
