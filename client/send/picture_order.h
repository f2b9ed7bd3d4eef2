// Pure: the timestamps of a stream whose pictures are not coded in the order they are shown (B-frames). An access unit
// carries the time of the picture that comes out of a decoder with it: the n-th in coding order that of the (n - k)-th
// in showing order, k = what the decoder keeps back (the SPS's max_num_reorder_frames). So timestamps rise with every
// access unit, and nobody on the way need know of B-frames.
#ifndef PARLOUR_PICTURE_ORDER_H
#define PARLOUR_PICTURE_ORDER_H

#include "shared/base.h"

enum { PICTURE_ORDER_MAX = 16 };

struct picture_order {
    int64_t pending[PICTURE_ORDER_MAX + 1]; // rising
    unsigned count;                         // = k between calls
};

// The first access unit, a keyframe, shows at `first`; what comes before the decoder gives its first picture lies
// `step` apart ahead of it. Any unit of time.
void picture_order_begin(struct picture_order *o, unsigned k, int64_t first, int64_t step);
// The next access unit in coding order shows at `pts`: the time it carries.
int64_t picture_order_next(struct picture_order *o, int64_t pts);

#endif
