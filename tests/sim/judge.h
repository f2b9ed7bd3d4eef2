// Who looks on while a simulated call has trouble, and says what must never be: a number or a sealing counter used
// twice, something sent unsealed, more repeated than sent, a queue beyond its bound, a rate beyond its limits, a
// session that has asked to be called too late. PROTOCOL.md §2, §4, §6.
#ifndef PARLOUR_TEST_JUDGE_H
#define PARLOUR_TEST_JUDGE_H

#include "world.h"

enum { JUDGE_KEPT = 2048, JUDGE_SLOTS = 256, JUDGE_MOMENTS = 40 };

struct judge_flow { // bytes until now
    uint64_t all, media, again;
};

struct judge_person {
    unsigned sessions;     // of his hop
    uint32_t media, other; // newest number
    uint64_t join_id;
    struct {
        uint32_t number;
        uint64_t hash; // 0 = nothing
    } sent[JUDGE_KEPT];
    struct {
        bool any;
        uint8_t key;   // as the datagram names it; another one begins at 0
        uint32_t next; // counter that is unused
    } sealed[JUDGE_SLOTS];
    struct judge_flow up[JUDGE_MOMENTS], down[JUDGE_MOMENTS]; // at the last moments
    struct judge_flow up_now, down_now;
    double target[JUDGE_MOMENTS];
    unsigned beyond; // moments for which his rate was above what is allowed
};

struct judge {
    struct world *w;
    struct judge_person person[WORLD_PEOPLE];
    unsigned moments;
    char wrong[256]; // the first thing that must never be; "" = nothing
};

// Looks on from now on. `j` stays where it is.
void judge_begin(struct judge *j, struct world *w);
// He is another one from now on: his session has been made anew.
void judge_forget(struct judge *j, unsigned index);

#endif
