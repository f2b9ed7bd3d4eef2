// Pure: how much of a file may be under way: NewReno in bytes (RFC 5681, RFC 6582), its losses found by the
// scoreboard's rules (RFC 6675), its timeout by RFC 6298. Acks cover several chunks, so growth counts bytes (RFC 3465).
#ifndef PARLOUR_RENO_H
#define PARLOUR_RENO_H

#include <stdbool.h>
#include <stdint.h>

enum reno_state {
    RENO_SLOW_START,
    RENO_AVOIDANCE,
    RENO_RECOVERY, // what was found missing is sent again; ends when all that was under way at its begin is acked
    RENO_TIMEOUT   // slow start after a timeout, until what was under way then is acked
};

enum {
    RENO_INITIAL = 10, // chunks (RFC 6928)
    RENO_LEAST = 2,    // chunks that ssthresh keeps
    RENO_RTO_LEAST_US = 200000,
    RENO_RTO_FIRST_US = 1000000,
    RENO_RTO_MOST_US = 8000000 // a call's network is back, or it is not: a minute's silence would only be missed
};

struct reno {
    enum reno_state state;
    uint32_t mss; // bytes of a chunk
    double cwnd, ssthresh;
    double counted;        // bytes acked towards the next step of avoidance
    uint64_t recover;      // RECOVERY, TIMEOUT: the first chunk that had not been sent when it began
    double srtt, rttvar;   // us; 0 = none yet
    uint64_t rto_us;       // with what it was doubled by
    unsigned timeouts;     // one after the other
    uint64_t losses, outs; // recoveries and timeouts in all
};

void reno_init(struct reno *r, uint32_t mss);
// `bytes` newly acked, all below chunk `una` among them; `full`: the window was used up, else it does not grow.
void reno_acked(struct reno *r, double bytes, uint64_t una, bool full);
// A round trip of something sent once only (Karn).
void reno_round_trip(struct reno *r, uint64_t us);
// A chunk is missing: begins a recovery, at most one for each window; true when it did. `flight` bytes were under way,
// `next` is the first chunk never sent.
bool reno_lost(struct reno *r, double flight, uint64_t next);
void reno_enough(struct reno *r); // a queue begins: slow start ends before it has filled it (as RFC 9406)
// Nothing was acked for rto_us.
void reno_timed_out(struct reno *r, double flight, uint64_t next);
const char *reno_state_name(enum reno_state state); // as statistics have it

#endif
