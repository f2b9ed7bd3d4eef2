// Who has the large picture in speaker view: who talks for two seconds gets it, for at least four. Pure.
#ifndef PARLOUR_UI_TALKER_H
#define PARLOUR_UI_TALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TALKER_TALKS_MS = 2000, TALKER_STAYS_MS = 4000 };

struct talker_voice { // one of the others, in the order of the call
    uint16_t id;
    bool speaking;
};

struct talker {
    uint16_t large; // has the large picture; 0 = nobody is here
    uint64_t large_us;
    uint16_t talking; // is heard without a break since talk_us; 0 = nobody
    uint64_t talk_us;
};

// Bring it up to date; true when somebody else has the large picture now. *next_us = when to look again, UINT64_MAX =
// when voices change.
bool talker_follow(struct talker *talker, const struct talker_voice *voices, size_t count, uint64_t now_us,
                   uint64_t *next_us);

#endif
