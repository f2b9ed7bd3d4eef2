// Pure: the room safety code (PROTOCOL.md §12). Equal on two screens exactly when both show the same people: a relay
// that puts itself between two of them shows each side another identity.
#ifndef PARLOUR_SAFETY_H
#define PARLOUR_SAFETY_H

#include "base.h"

enum { SAFETY_MEMBERS_MAX = 255, SAFETY_TEXT = 30, SAFETY_ROUNDS = 8192 };

struct safety_member {
    uint8_t identity[32];
    const char *name; // at most 255 bytes count
};

// Five groups of five digits over the room's six digits and these members, in any order. Empty text when there are
// none or more than SAFETY_MEMBERS_MAX. Takes about 1.3 ms: to be asked when the members have changed.
void safety_code(char out[SAFETY_TEXT], const char code[7], const struct safety_member *members, size_t count);

#endif
