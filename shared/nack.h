// What is missing in one number space, and when to ask for it again (PROTOCOL.md §4). Pure and small: the relay holds
// one for every member, a client one for every slot it receives.
#ifndef PARLOUR_NACK_H
#define PARLOUR_NACK_H

#include "feedback.h"

enum {
    NACK_HOLES = 256, // when full the oldest is given up
    NACK_TIMES = 8,   // a number is repeated at most so often; asked for until it is given up
    NACK_TAIL = 8,    // of a frame whose end does not come, so many numbers beyond its newest are asked for
    NACK_TAIL_US = 10000,
    NACK_QUIET_US = 40000,  // after sending nothing for so long the newest number is told (HEADS)
    NACK_RTT_US = 50000,    // taken as the round trip while it is unknown
    NACK_WAIT_US = 5000,    // a hole may be a reordering
    NACK_PARITY_US = 12000, // or parity may mend it, which follows the frame; where a round trip is long, that costs
    NACK_PARITY_RTT_US = 100000 // more than a repeat too many
};

struct nack_rule {
    uint32_t wait_us;    // a hole may be a reordering: not asked for before
    uint32_t again_us;   // asked for again after
    uint32_t give_up_us; // of no use any more after
};

struct nack_hole {
    uint32_t number; // low bits
    uint16_t since_ms, asked_ms;
    uint8_t asked; // times
};

struct nack {
    uint64_t next; // above everything known to have been sent; 0 = nothing known yet
    uint16_t count;
    uint64_t from;                     // nothing below it is missed
    struct nack_hole hole[NACK_HOLES]; // rising
    uint64_t asked, given_up;
};

// The rule for a hop with this round trip; 0 = unknown.
struct nack_rule nack_rule(uint64_t rtt_us);
// Nothing is missing. The space is known to begin with `first`; 0 = with whatever comes first.
void nack_reset(struct nack *n, uint64_t first);
// True when the number had been missing.
bool nack_arrived(struct nack *n, uint64_t number, uint64_t now_us);
// The other end says: I sent `first` to `newest`. What lies between the last known and `first` was not for us. `first`
// 0 = only the newest is told.
void nack_heads(struct nack *n, uint64_t first, uint64_t newest, uint64_t now_us);
// Gather what is due into `out` (items and count; the rest is the caller's). Returns how many numbers.
unsigned nack_ask(struct nack *n, const struct nack_rule *rule, struct feedback_nack *out, uint64_t now_us);
// When nack_ask has something to do; UINT64_MAX = never, unless something comes.
uint64_t nack_due(const struct nack *n, const struct nack_rule *rule, uint64_t now_us);
// The number nearest to `newest` that has these low bits.
uint64_t nack_unwrap(uint64_t newest, uint32_t low);
// True when who asks cannot know yet what became of this copy, sent at `sent_us`: asked for again, it is on its way.
// Requests repeat faster than the round trip, so that a lost one costs little; this keeps the answers single.
bool nack_in_flight(uint64_t sent_us, bool repeat, uint64_t rtt_us, uint64_t now_us);

// How long a hole is waited for where the newest parity came at `parity_us` (0 = never).
static inline uint32_t nack_wait_us(uint64_t parity_us, uint64_t rtt_us, uint64_t now_us)
{
    bool mends = parity_us && now_us - parity_us < 1000000 && rtt_us <= NACK_PARITY_RTT_US;
    return mends ? NACK_PARITY_US : NACK_WAIT_US;
}

// A lost repeat costs a whole round trip more: from the second on it leaves twice. Of sound, which is small and cannot
// wait for another, from the first.
static inline unsigned nack_copies(unsigned times, bool sound)
{
    return times == 0 && !sound ? 1 : MIN(2u, NACK_TIMES - times);
}

// How much may be repeated: in a second no more bytes than went out as first copies.
struct nack_budget {
    uint64_t since_us, bytes_then; // this second's begin, and the first copies' bytes until then
    uint64_t before, spent;        // first copies of the second before; repeats in this one
};
// To be called each second at least.
void nack_sample(struct nack_budget *b, uint64_t bytes, uint64_t now_us);
// Take `n` bytes; `bytes` = all first copies until now. False when that is too much.
MUST_USE bool nack_afford(struct nack_budget *b, uint64_t bytes, size_t n, uint64_t now_us);

#endif
