// A run of media on its way out: datagrams that came one after the other and go to the same members. Their hop headers
// have been rewritten in place, so the same bytes go to everyone as one train each. Part of the core; pure.
#ifndef PARLOUR_FANOUT_H
#define PARLOUR_FANOUT_H

#include "core.h"

struct fanout {
    uint8_t *start;
    size_t n, segment; // bytes so far; size of the first datagram
    unsigned count;
    bool closed; // its last datagram was shorter: nothing may follow
    uint64_t seats;
    struct table_room *room;
};

// Add a datagram of this room to the run, or send the run and begin another with it.
void fanout_add(struct core *c, struct fanout *f, struct table_room *room, uint64_t seats, uint8_t *p, size_t n,
                uint64_t now_us);
// Send what is there.
void fanout_send(struct core *c, struct fanout *f, uint64_t now_us);

#endif
