// Pure: what the relay's parity mends of what we receive (PROTOCOL.md §4), and what we tell the relay of our loss so
// that it sends enough.
#ifndef PARLOUR_PARITY_DOWN_H
#define PARLOUR_PARITY_DOWN_H

#include "client/net/hop.h"
#include "shared/fec.h"

enum {
    PARITY_DOWN_SPACES = 128, // (sender, slot) pairs; when full no more are mended
    PARITY_DOWN_KEPT = 128,   // newest datagrams of each
    PARITY_DOWN_PATH_US = 200000,
    PARITY_DOWN_IDLE_US = 10000000 // a space without parity for so long is forgotten
};

struct parity_down_space {
    uint16_t sender;
    uint8_t slot;
    uint64_t newest, parity_us;
    struct fec_mender mender;
    struct {
        uint64_t number; // 0 = nothing
        uint16_t size;
        uint8_t data[WIRE_MEDIA_MAX];
    } kept[PARITY_DOWN_KEPT]; // by number
};

struct parity_down {
    struct hop *hop;
    bool off;                                            // on a path that loses nothing (TCP): our loss is not told
    unsigned sessions;                                   // of the hop: another one has other numbers
    struct parity_down_space *space[PARITY_DOWN_SPACES]; // dense
    size_t count;
    uint64_t path_us; // last told
    struct fec_mended mended;
};

void parity_down_init(struct parity_down *d, struct hop *hop);
void parity_down_reset(struct parity_down *d); // forget everything: another room
void parity_down_forget(struct parity_down *d, uint16_t sender);
// A datagram has been committed. A space's are kept from its first parity on.
void parity_down_keep(struct parity_down *d, const struct hop_datagram *x, const uint8_t *p, size_t n);
// Parity has proved itself.
void parity_down_push(struct parity_down *d, const struct hop_datagram *x, const uint8_t *p, size_t n);
// What can be mended now of the slot of `x`: look at each of `mended` once, keep what is good, and call again until it
// is NULL.
const struct fec_mended *parity_down_mend(struct parity_down *d, const struct hop_datagram *x);
// Tell our loss while there is any; returns the next deadline.
uint64_t parity_down_tick(struct parity_down *d, uint64_t now_us);

#endif
