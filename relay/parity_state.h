// What parity keeps of one member; part of the table's entries.
#ifndef PARLOUR_PARITY_STATE_H
#define PARLOUR_PARITY_STATE_H

#include "shared/fec.h"
#include "shared/fec_rule.h"

enum { PARITY_SLOTS = 3 * 16 }; // of the table's: sound, camera, screen

struct parity_slot { // of a sender, on its way down
    uint64_t first;  // of the open group
    uint64_t number; // last given to parity
    uint16_t count;  // in the group
    bool keyframe;
};

struct parity_state {
    // As a sender.
    struct parity_slot slot[PARITY_SLOTS];
    uint64_t up_us; // his newest parity
    // As a receiver: what he tells of his way down, and when.
    struct fec_path path;
    struct fec_rule rule;
    uint8_t rows[FEC_KINDS][FEC_GROUP + 1]; // 1 + what the rule says for so many; 0 = not asked yet
    uint64_t path_us;
};

#endif
