// Pure: how many older packets travel in each of our sound, and which (PROTOCOL.md §7): by what is lost on the way up
// before any repair, by what the worst listener still misses after it, and by what may be sent.
#ifndef PARLOUR_COPIES_RULE_H
#define PARLOUR_COPIES_RULE_H

#include "shared/base.h"

#define COPIES_RULE_ONE 0.004 // this share missed asks for one,
#define COPIES_RULE_TWO 0.015 // and this for two

struct copies_path {
    double loss, burst; // of our way up before repair: share, 0..1; mean length
    double missed;      // share of our packets that the worst listener had not got when they were due, 0..1
    double bps;         // what we may send of everything, on the wire
    double queue_ms;    // what waits before the line
};

struct copies_rule { // zeroed at first
    unsigned count;
    uint64_t calm_us; // since when fewer would do; 0 = they would not
};

// The distances, as copies_pack takes them. More at once, fewer after 5 s in which they would have done.
unsigned copies_rule(struct copies_rule *r, const struct copies_path *path, uint64_t now_us);

#endif
