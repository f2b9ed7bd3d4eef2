// What is lost on one hop before any repair: its share and how long its bursts are, over the last two seconds. Pure.
#ifndef PARLOUR_LOSS_H
#define PARLOUR_LOSS_H

#include "base.h"

enum { LOSS_SPANS = 10, LOSS_SPAN_US = 200000, LOSS_BURST_MAX = 16, LOSS_CUT = 20 };

struct loss {
    uint64_t span; // of the newest
    struct {
        uint32_t sent, lost, bursts;
    } at[LOSS_SPANS];
};

// One number more is settled. `run`: how many before it in its space were lost in a row; counted here. They are in the
// figures once the next one has come; a row of more than LOSS_CUT is in none: the line was cut, and parity is no help.
void loss_count(struct loss *l, bool lost, unsigned *run, uint64_t now_us);
// The share, 0..1; 0 while hardly anything was sent.
double loss_share(const struct loss *l, uint64_t now_us);
// Mean length of a burst, at least 1.
double loss_burst(const struct loss *l, uint64_t now_us);

#endif
