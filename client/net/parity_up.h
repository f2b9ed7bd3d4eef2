// Pure: parity for what we send (PROTOCOL.md §4). When a picture ends, rows over it follow, as many as our hop's
// loss asks for; what goes out between pictures is a group of its own, whose rows follow a moment later: not in the
// same burst. While a queue stands, pictures get none: rows would only make it longer.
#ifndef PARLOUR_PARITY_UP_H
#define PARLOUR_PARITY_UP_H

#include "client/net/hop.h"
#include "client/net/repair.h"
#include "shared/fec.h"
#include "shared/fec_rule.h"

enum { PARITY_UP_US = 10000 }; // the moment

struct parity_up_io {
    void *ctx;
    // A datagram without its hop header's number, of a picture or of sound. False = it cannot be sent.
    bool (*row)(void *ctx, bool picture, uint8_t *p, size_t n, uint64_t now_us);
};

struct parity_up {
    struct parity_up_io io;
    struct hop *hop;
    struct net_repair *repair; // keeps what was sent
    bool off;                  // on a path that loses nothing (TCP)
    bool thin;                 // two rows for each sound are too large a part of it: one
    bool scarce;               // sound and its rows would hardly fit: one for each, none where a queue stands
    struct fec_rule rule;
    struct fec_maker maker;
    uint64_t first, since_us; // of the open group
    unsigned count;           // in it; 0 = none is open
    enum fec_kind kind;
    uint64_t rows; // sent
};

void parity_up_init(struct parity_up *u, struct hop *hop, struct net_repair *repair, const struct parity_up_io *io);
// A datagram has been sent under the hop's last MEDIA number, and is kept.
void parity_up_sent(struct parity_up *u, uint8_t slot, uint8_t mark, uint64_t now_us);
uint64_t parity_up_tick(struct parity_up *u, uint64_t now_us); // returns the next deadline

#endif
