// Pure: how often a screen that is shown is looked at, and which of its pictures are worth sending. Much that changes:
// up to 30 a second, and what is new is sent some more times, so that it becomes sharp; a page that is written on: 15;
// one that stands still: looked at 5 times a second and sent once, for those who come later, at next to no cost.
#ifndef PARLOUR_SCREEN_PACE_H
#define PARLOUR_SCREEN_PACE_H

#include "shared/base.h"

enum { SCREEN_PACE_PAGE = 45, SCREEN_PACE_WORD = 5 }; // pictures until a new page is sharp, and what is small on it

struct screen_pace {
    uint64_t looked_us, changed_us, sent_us; // when it was looked at, has changed, was sent
    bool begun, fresh;                       // fresh: what it shows now has not been sent
    unsigned left;                           // so many pictures more until it is sharp
    unsigned fps;                            // of the last look
};

// It was looked at: `share` of it had changed (screen_changes.h). `wanted`: somebody waits for a picture, and it is
// sent from the beginning; `held`: none may go now. `most_fps`: what the rate allows. True: send this one.
bool screen_pace_look(struct screen_pace *p, double share, bool wanted, bool held, unsigned most_fps, uint64_t now_us);
uint64_t screen_pace_next_us(const struct screen_pace *p); // when to look again

#endif
