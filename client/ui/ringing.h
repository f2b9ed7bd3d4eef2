// What keys do while a call rings here or there. Pure: time is passed in.
#ifndef PARLOUR_UI_RINGING_H
#define PARLOUR_UI_RINGING_H

#include "client/call.h"
#include "input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RINGING_DEAF_MS = 800 }; // somebody was typing when it came

enum ringing_button { RINGING_ANSWER, RINGING_SOUND, RINGING_REFUSE, RINGING_BUTTONS };

enum ringing_does {
    RINGING_NOTHING,
    RINGING_MOVED,
    RINGING_ANSWERS,
    RINGING_ANSWERS_SOUND,
    RINGING_REFUSES,
    RINGING_STAYS, // it is not answered by itself, and rings on
    RINGING_STOPS  // calling somebody
};

struct ringing {
    uint32_t id;
    uint64_t ring_us;  // when it began
    uint64_t since_us; // when it was seen here first
    enum call_trust trust;
    size_t focus;
    bool stayed; // a key has stopped it from being answered by itself
};

// Follow the call that rings; another one begins anew. The focus begins on Answer, or on Not now when who calls is not
// who he was.
void ringing_follow(struct ringing *ringing, const struct call_ring *ring, uint64_t now_us);
// It will be answered by itself.
bool ringing_counting(const struct ringing *ringing, const struct call_ring *ring);
unsigned ringing_seconds(const struct call_ring *ring, uint64_t now_us); // until then, at least 1
double ringing_closed(const struct call_ring *ring, uint64_t now_us);    // 0..1 of the time there was, by seconds
uint64_t ringing_next(const struct call_ring *ring, uint64_t now_us);    // when the seconds change
// A key, while it rings here: `action` as the table of keys has it, `answer` for the key that answers.
enum ringing_does ringing_key(struct ringing *ringing, const struct call_ring *ring, enum input_action action,
                              bool answer, uint64_t now_us);
// A key, while it rings there.
enum ringing_does ringing_calling_key(const struct ringing *ringing, enum input_action action, uint64_t now_us);
bool ringing_doubt(enum call_trust trust); // who calls is not who he was, or not one of ours

#endif
