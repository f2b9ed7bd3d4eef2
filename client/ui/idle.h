// When nobody has touched the screen for a while: the home screen shows only the time, dimmed, and never for long at
// one place. Pure.
#ifndef PARLOUR_UI_IDLE_H
#define PARLOUR_UI_IDLE_H

#include <stdbool.h>
#include <stdint.h>

enum { IDLE_DRIFT = 8 }; // u a minute (LOOK §6)

struct idle {
    uint64_t touched_us; // a key, or the home screen coming up
    bool on;             // only the time is shown
    bool away;           // said so, and nobody has come since
};

// Let time pass; `minutes` 0 = never. True when it comes on just now.
bool idle_follow(struct idle *idle, bool at_home, int minutes, uint64_t now_us);
// When it comes on (us); UINT64_MAX = not at all as things are.
uint64_t idle_due(const struct idle *idle, bool at_home, int minutes);
// Somebody is here. True when that ends it: the key is used up.
bool idle_touch(struct idle *idle, uint64_t now_us);
// Where the words are in a room of width x height (u), a number of minutes since 1970: each minute IDLE_DRIFT away from
// where they were, back from the edges.
void idle_place(int64_t minute, double width, double height, double *x, double *y);

#endif
