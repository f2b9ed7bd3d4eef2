// Pure: two people compare a number of six digits (PROTOCOL.md §6, Comparing). Commitment first, so that nobody between
// them can choose its half after having seen theirs: it gets one guess in a million each time a person starts over.
// The steps travel in signed pairwise boxes; one comparison at a time. Time is passed in.
#ifndef PARLOUR_COMPARE_H
#define PARLOUR_COMPARE_H

#include "client/call.h"
#include "shared/base.h"

#include <jansson.h>

enum { COMPARE_ANSWERS = 10 }; // to comparisons others began, in COMPARE_ANSWERS_US: more are stopped at once
#define COMPARE_WAIT_US    60000000u
#define COMPARE_ANSWERS_US 600000000u

struct compare_party {
    uint16_t id; // sender id
    uint8_t identity[32], key[32];
};

enum compare_kind { COMPARE_STOP, COMPARE_COMMIT, COMPARE_ANSWER, COMPARE_REVEAL };

struct compare_step {
    enum compare_kind kind;
    uint8_t commit[32]; // COMPARE_COMMIT; COMPARE_ANSWER: the one it answers
    uint8_t nonce[32];  // COMPARE_ANSWER, COMPARE_REVEAL
};

// A step out of {"kind":"compare",...}; false unless it is one. The text of a step, malloced.
MUST_USE bool compare_read(struct compare_step *step, const json_t *o);
char *compare_write(const struct compare_step *step);

struct compare { // all zeros at first
    uint32_t room;
    struct compare_party me, them;
    enum call_compare_state state;
    char number[7];    // CALL_COMPARE_NUMBER: to be read out
    bool initiator;    // of what is under way
    uint64_t until_us; // CALL_COMPARE_ASKED: failed then
    uint8_t nonce[32], commit[32];
    unsigned answers; // of the last ten minutes, oldest first
    uint64_t answered_us[COMPARE_ANSWERS];
};

// A new join: nothing is being compared. The answers given stay counted.
void compare_begin(struct compare *c, uint32_t room, const struct compare_party *me);
// A person wants to compare with `them`; true when *out is to be sent, false when just that is under way. What was
// under way with another is over: compare_stop first, so that it is told.
MUST_USE bool compare_start(struct compare *c, const struct compare_party *them, uint64_t now_us,
                            struct compare_step *out);
// A step came from `them`, in a signed box to me alone, and `them` is trusted (NEW or VERIFIED); true when *out is to
// be sent back. `state`, `number` and `them` may have changed.
MUST_USE bool compare_take(struct compare *c, const struct compare_party *them, const struct compare_step *step,
                           uint64_t now_us, struct compare_step *out);
// A person has seen enough; true when *out is to be sent to c->them.id.
MUST_USE bool compare_stop(struct compare *c, struct compare_step *out);
// That member has left, or is trusted no longer: what waits for it has failed.
void compare_gone(struct compare *c, uint16_t id);
// True when it has waited too long: now failed, and *out is to be sent to c->them.id.
MUST_USE bool compare_late(struct compare *c, uint64_t now_us, struct compare_step *out);
uint64_t compare_deadline(const struct compare *c); // when compare_late is due; UINT64_MAX = never

#endif
