// What repair keeps of one member; part of the table's entries.
#ifndef PARLOUR_REPAIR_STATE_H
#define PARLOUR_REPAIR_STATE_H

#include "shared/nack.h"

enum {
    REPAIR_QUIET_TICKS = 4, // each so many ticks slots are looked at: quiet is who had media before the last look
    REPAIR_HEADS = 16,      // subscriptions told anew; more are told once
    REPAIR_HEADS_TIMES = 3
};

// What every datagram and every tick touches. A bit for each video slot.
struct repair_hot {
    uint64_t expected;          // the next MEDIA number of the session when nothing is missing; 0 = ask the tracker
    uint64_t active;            // slots that had media since the last look
    uint64_t alone;             // those of them whose last was a frame of one datagram
    bool parity;                // he sends parity
    bool slots, missing, heads; // something waits: slots to be looked at, holes to be asked for, HEADS to be told
};

struct repair_head {
    uint64_t first;
    uint16_t sender;
    uint8_t slot, times; // still to be told
};

struct repair_state {
    // As a sender.
    uint64_t before;   // `alone` of the last look
    uint64_t quiet;    // since this look
    struct nack holes; // in the session's MEDIA numbers
    uint64_t rtt_us;   // smoothed; 0 = unknown
    // As a receiver.
    struct nack_budget budget;
    struct repair_head head[REPAIR_HEADS];
    uint64_t heads_due_us;
    unsigned head_count;
};

#endif
