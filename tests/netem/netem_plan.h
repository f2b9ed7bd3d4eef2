// Pure: what a line is like, in words, and how it changes with time.
//     settings  "delay=25 jitter=5 loss=10"                      see netem_plan_help
//     plan      "20: rate=500; 40: rate=2500; 5+10: up.cut=1"    at 20 s, at 40 s, at 5 s and each 10 s after
// A name alone is for both directions, after "up." or "down." for one.
#ifndef PARLOUR_TEST_NETEM_PLAN_H
#define PARLOUR_TEST_NETEM_PLAN_H

#include "netem_link.h"

enum { NETEM_PLAN_STEPS = 64, NETEM_PLAN_WORDS = 160 };

struct netem_line { // both directions
    struct netem_settings up, down;
};

struct netem_step {
    uint64_t at_us, every_us;     // since the beginning; every_us 0 = once
    char words[NETEM_PLAN_WORDS]; // known to be good
};

struct netem_plan {
    struct netem_step steps[NETEM_PLAN_STEPS];
    unsigned count;
};

extern const char netem_plan_help[]; // a line for each name

// Put settings into a line. False: `line` is as it was, *wrong is where they cannot be read.
bool netem_plan_settings(struct netem_line *line, const char *words, const char **wrong);
// Read a plan; lines may end steps too, and from a # to the line's end is a remark. False: *wrong is where.
bool netem_plan_read(struct netem_plan *plan, const char *text, const char **wrong);
// When the next change is due; UINT64_MAX = none any more.
uint64_t netem_plan_next_us(const struct netem_plan *plan);
// Make the next change, and put the step back to its next time. Returns what was changed, in words.
const char *netem_plan_step(struct netem_plan *plan, struct netem_line *line);

#endif
