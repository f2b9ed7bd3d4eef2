// What repair keeps of one member; part of the table's entries.
#ifndef PARLOUR_REPAIR_STATE_H
#define PARLOUR_REPAIR_STATE_H

#include "shared/nack.h"

enum {
    REPAIR_SLOTS = 2 * 64,  // bits for at least TABLE_SLOTS
    REPAIR_QUIET_TICKS = 4, // a slot without media for so many ticks is quiet
    REPAIR_HEADS = 16,      // subscriptions told anew; more are told once
    REPAIR_HEADS_TIMES = 3
};

struct repair_slots { // a bit for each of the sender's slots
    uint64_t bits[REPAIR_SLOTS / 64];
};

struct repair_head {
    uint64_t first;
    uint16_t sender;
    uint8_t slot, times; // still to be told
};

struct repair_state {
    // As a sender. The beginning is touched with every datagram.
    struct repair_slots active; // had media since the last tick
    struct nack holes;          // in the session's MEDIA numbers
    uint64_t rtt_us;            // smoothed; 0 = unknown
    struct repair_slots past[REPAIR_QUIET_TICKS];
    struct repair_slots quiet; // since this tick
    // As a receiver.
    struct nack_budget budget;
    struct repair_head head[REPAIR_HEADS];
    uint64_t heads_due_us; // 0 = none waits
    unsigned head_count;
};

#endif
