// What a member sends: each datagram proves itself, is counted against the member's limits, and media goes on to those
// who want it. Part of the core; pure.
#ifndef PARLOUR_UPLINK_H
#define PARLOUR_UPLINK_H

#include "core.h"
#include "fanout.h"

// One train from one member, on its way through.
struct uplink {
    struct core *c;
    struct table_member *m; // NULL = nobody yet
    const struct addr *from;
    uint64_t came_us; // the train, by the kernel: before now_us when we had no core
    uint64_t now_us;
    bool over;      // the member has used up its limits
    bool newest;    // something in it was newer than all before
    unsigned count; // datagrams and bytes that proved themselves
    size_t bytes;
    size_t train; // of the arena's current room the train takes so much, and the arena does not know it yet
    struct fanout out;
};

void uplink_begin(struct uplink *u, struct table_member *m);
void uplink_datagram(struct uplink *u, const struct wire_header *h, uint8_t *p, size_t n);
// Send what waits, charge the limits, see to reports and to a changed address.
void uplink_end(struct uplink *u);

#endif
