// Pure: whether a call that rings here is answered without anybody's doing, and when.
#ifndef PARLOUR_AUTO_ANSWER_H
#define PARLOUR_AUTO_ANSWER_H

#include "call.h"

struct auto_answer { // how things are at this moment
    bool on;         // this box answers by itself
    bool quiet;      // quiet hours
    unsigned delay_s;
    bool paired; // who calls is, with this box
    enum call_trust trust;
};

// It begins to ring, and to be heard: when it is answered (us), 0 = by a person only.
uint64_t auto_answer_begin(const struct auto_answer *now, uint64_t now_us);
// While it rings: the same time, or 0 as soon as one of the conditions is gone. What has been 0 stays 0, so that
// nothing that changes while it rings can answer without the whole delay having been announced.
uint64_t auto_answer_still(const struct auto_answer *now, uint64_t answers_at_us);

#endif
