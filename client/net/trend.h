// Pure: does the queue in front of a line grow? Packets sent within 5 ms of each other make a group; how much later
// each group comes than the one before, summed and smoothed, is laid a straight line through, and its slope held
// against a threshold that learns how restless the line is by itself.
#ifndef PARLOUR_TREND_H
#define PARLOUR_TREND_H

#include "shared/base.h"

enum { TREND_POINTS = 20 };

enum trend_verdict { TREND_STEADY, TREND_GROWS, TREND_SHRINKS };

struct trend {
    bool has_group, has_last;
    int64_t first_sent_us;                 // of the group that is still open
    int64_t sent_us, arrived_us;           // the last of it
    int64_t last_sent_us, last_arrived_us; // of the group before
    double sum_ms, smooth_ms;
    struct {
        double at_ms, delay_ms;
    } point[TREND_POINTS];
    unsigned count, groups; // points; groups ever, up to 60
    double origin_ms;
    double slope, threshold_ms, threshold_at_ms;
    double over_ms;       // for so long the slope was too steep,
    unsigned over_groups; // in so many groups
    enum trend_verdict verdict;
};

void trend_init(struct trend *t);
// One packet, in the order they were sent; both times on clocks of their own. What was sent before the open group began
// says nothing and is left out.
void trend_packet(struct trend *t, int64_t sent_us, int64_t arrived_us);

#endif
