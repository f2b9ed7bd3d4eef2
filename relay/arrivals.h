// TCP connections that have not said hello yet: how many there are, in all and from one source, and how long each has
// taken. Pure; of fixed size. When all places are taken, one who has waited longest among those whose source holds most
// makes room: whoever sits there on purpose is old and many, whoever wants to join is new and one.
#ifndef PARLOUR_ARRIVALS_H
#define PARLOUR_ARRIVALS_H

#include "guard.h"
#include "shared/wire.h"

enum { ARRIVALS_MAX = WIRE_TCP_UNAUTHENTICATED_MAX, ARRIVALS_NONE = 0xFFFF };

struct arrival {
    void *owner; // NULL = free
    unsigned host;
    bool secured; // TLS stands: the hello has its own time
    uint64_t since_us, number;
};

struct arrivals {
    struct arrival at[ARRIVALS_MAX];
    unsigned count;
    uint64_t number;                 // of the newest
    uint16_t by_host[GUARD_SOURCES]; // guard_host
};

// May one more come from this host?
bool arrivals_may(const struct arrivals *a, unsigned host);
// One has come: its place. `evicted` is set to the owner of the connection that must go for it (its place is free
// already), or NULL.
unsigned arrivals_add(struct arrivals *a, unsigned host, void *owner, uint64_t now_us, void **evicted);
// Its TLS stands; the first call counts.
void arrivals_secured(struct arrivals *a, unsigned place, uint64_t now_us);
// It has said hello, or is gone. ARRIVALS_NONE is nobody.
void arrivals_remove(struct arrivals *a, unsigned place);
// The owner of one whose time is over (its place is free already); NULL when there is none.
void *arrivals_expired(struct arrivals *a, uint64_t now_us);

#endif
