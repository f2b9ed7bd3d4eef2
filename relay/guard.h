// Limits on strangers and members: token buckets and guess counters. Pure: time and addresses are passed in.
// Tables are of fixed size and hashed with a secret; two sources that collide share a bucket, which only makes it
// stricter.
#ifndef PARLOUR_GUARD_H
#define PARLOUR_GUARD_H

#include "shared/addr.h"
#include "shared/base.h"

enum { GUARD_SOURCES = 4096 };

// A bucket is one number: the time (ns) at which it would be full again. Zero = full.
typedef uint64_t guard_bucket;

// Take `cost` tokens from a bucket that refills with `per_s` tokens a second and holds `burst`. False when too few are
// left; nothing is taken then.
bool guard_take(guard_bucket *b, uint64_t now_us, uint64_t cost, uint64_t per_s, uint64_t burst);

// Take them whether they are there or not: what comes next waits until the debt is paid.
void guard_charge(guard_bucket *b, uint64_t now_us, uint64_t cost, uint64_t per_s);

// How far its owner is ahead of the rate: us until the bucket is full again.
uint64_t guard_ahead(const guard_bucket *b, uint64_t now_us);

struct guard_guess {
    uint16_t wrong;      // in this window
    uint16_t blocks;     // in a row: each doubles the wait
    uint64_t window_us;  // when the first wrong one of the window came
    uint64_t blocked_us; // until
};

struct guard {
    uint8_t secret[16];
    guard_bucket hello[GUARD_SOURCES];     // UDP HELLO
    guard_bucket challenge[GUARD_SOURCES]; // by join and exact address
    guard_bucket join[GUARD_SOURCES];
    guard_bucket enrol[GUARD_SOURCES];
    guard_bucket call[GUARD_SOURCES];
    guard_bucket ring[GUARD_SOURCES]; // by source and whom it calls
    struct guard_guess guess[GUARD_SOURCES];
    guard_bucket guess_all;
    uint64_t wrong; // guesses since the start
};

void guard_init(struct guard *g, const uint8_t secret[16]);
// The bucket of a source: its /32 or /64; on loopback also its port, because all local clients share that address.
unsigned guard_source(const struct guard *g, const struct addr *from);
// The same, never looking at the port: for TCP, where each connection has its own.
unsigned guard_host(const struct guard *g, const struct addr *from);

bool guard_hello(struct guard *g, unsigned source, uint64_t now_us); // may this HELLO be looked at?
// May a HELLO of this join be challenged at this address and port? Counted for each address alone: a captured HELLO
// that somebody plays from elsewhere must not use up the owner's.
bool guard_challenge(struct guard *g, const struct addr *from, uint64_t join_id, uint64_t now_us);
bool guard_join(struct guard *g, unsigned host, uint64_t now_us);     // may this create or join be looked at?
bool guard_register(struct guard *g, unsigned host, uint64_t now_us); // and this registration?
bool guard_call(struct guard *g, unsigned host, uint64_t now_us);     // and this call?
// And this one to this person? What one source may do is a part of what all together may: it keeps nobody else out.
bool guard_ring(struct guard *g, unsigned host, const uint8_t to[32], uint64_t now_us);
bool guard_may_guess(struct guard *g, unsigned host, uint64_t now_us);
void guard_wrong_guess(struct guard *g, unsigned host, uint64_t now_us);

#endif
