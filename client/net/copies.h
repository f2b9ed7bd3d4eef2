// Pure: sound that travels again in the packets after its own (PROTOCOL.md §7): what was lost is there with the next
// packet that comes, whatever the round trip.
#ifndef PARLOUR_COPIES_H
#define PARLOUR_COPIES_H

#include "shared/wire.h"

enum {
    COPIES_MOST = 2,       // older packets in one
    COPIES_KEPT = 4,       // of our own, to be sent again
    COPIES_SIZE_MAX = 320, // longer ones do not travel again: what is no speech codec's
    COPIES_SPAN = 5760,    // nor what is older than this, 48 kHz
    COPIES_DUE = 3,        // what is not there when so many newer ones are is missed: the speaker would play it
    COPIES_SEEN = 64,      // numbers a listener remembers
    COPIES_HEAD = 4,       // bytes before each older packet's
    COPIES_MARK = WIRE_MARK_BASE_SYNC // set where older ones are in it
};

struct copies_part {
    unsigned back;    // so many packets before the one it travels in
    uint32_t ts_back; // and so much earlier, 48 kHz
    const uint8_t *data;
    size_t size;
};

struct copies {
    unsigned count; // of older ones, oldest first
    struct copies_part older[COPIES_MOST];
    const uint8_t *data; // its own
    size_t size;
};

// What a payload with COPIES_MARK holds; points into it. False: malformed.
MUST_USE bool copies_read(struct copies *out, const uint8_t *p, size_t n);

// ---- who sends ----

struct copies_place { // of a packet among those of its slot
    uint8_t kid;      // key and counter it is sealed with
    uint64_t ctr;
    uint32_t ts;
};

struct copies_out { // zeroed at first
    struct {
        struct copies_place place;
        uint16_t size; // 0 = nothing
        uint8_t data[COPIES_SIZE_MAX];
    } kept[COPIES_KEPT];
    unsigned next;
};

// The payload with those older ones whose distance is set in `distances` (bit 0 = the packet before), as far as they
// are kept, recent, under the same key (who has another may not hear what was before) and fit in `room`. Returns what
// was written to `out`; 0 = none travels: send the payload as it is.
size_t copies_pack(const struct copies_out *c, unsigned distances, const struct copies_place *place,
                   const uint8_t *payload, size_t n, uint8_t *out, size_t room);
// It was sent: it may travel again.
void copies_keep(struct copies_out *c, const struct copies_place *place, const uint8_t *payload, size_t n);

// ---- who hears ----

struct copies_seen { // of one voice; zeroed at first
    bool any;
    uint32_t newest;
    uint64_t bits; // bit i: newest - i was there,
    uint64_t own;  // and that it came by itself, not as a copy
    double missed; // share of those that had not come by themselves when they were due, over some 10 s of speech
};

// True when a packet of this number has not been there yet: now it has. Of what is older than COPIES_SEEN nothing is
// known: `copy` false is taken for new then, true for old.
bool copies_fresh(struct copies_seen *s, uint32_t number, bool copy);

#endif
