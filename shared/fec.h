// Parity over sealed datagrams (PROTOCOL.md §4): Reed-Solomon by ISA-L, keyless. A group is k datagrams with
// consecutive numbers; any k of its datagrams and rows give all of it. Pure; nothing is allocated.
//
//  20 first number u32 | k u8 | m u8 | index u8 | 0 | 28 row over shards [n u16][mark][slot][bytes 20..n), zero-padded
#ifndef PARLOUR_FEC_H
#define PARLOUR_FEC_H

#include "wire.h"

enum {
    FEC_GROUP = 36,     // datagrams
    FEC_ROWS = 8,       // of parity
    FEC_FRAME = 8 * 36, // datagrams of a frame at most; what is longer counts as another
    FEC_HEAD = 28,      // of a parity datagram
    FEC_SHARD_AT = 16,  // a shard is as long as what follows byte 16
    FEC_SHARD_MAX = WIRE_MEDIA_MAX - FEC_SHARD_AT,
    FEC_WAITING = 6, // groups that miss too much; when full the one with the lowest numbers is given up
};

// The sealed datagram of this number, or NULL when it is not held.
typedef const uint8_t *fec_find(void *ctx, uint64_t number, size_t *n);

// How many groups a frame of `count` datagrams is cut into, and how many are in group `i`: the first are longest.
unsigned fec_parts(unsigned count);
unsigned fec_part(unsigned count, unsigned i);

// ---- making ----

struct fec_maker {
    uint64_t first;
    unsigned k, m;
    size_t size; // of each row
    uint8_t shard[FEC_GROUP][FEC_SHARD_MAX], row[FEC_ROWS][FEC_SHARD_MAX];
};

// Make `m` rows for the `k` datagrams from `first` on. False when one of them is not held.
MUST_USE bool fec_make(struct fec_maker *f, uint64_t first, unsigned k, unsigned m, fec_find *find, void *ctx);
// Write row `index` as a datagram with this header's sender, room and slot; the caller stamps it. Returns its size.
size_t fec_write(const struct fec_maker *f, unsigned index, const struct wire_header *h,
                 uint8_t out[WIRE_DATAGRAM_MAX]);

// ---- mending ----

struct fec_group {
    uint64_t first;
    uint8_t k, rows; // k 0 = free; rows: a bit for each that came
    uint16_t size;
    uint8_t row[FEC_ROWS][FEC_SHARD_MAX];
};

struct fec_mender {
    struct fec_group group[FEC_WAITING];
    unsigned waiting;
};

struct fec_mended {
    unsigned count;
    struct {
        uint64_t number;
        uint16_t size;
        uint8_t data[WIRE_MEDIA_MAX];
    } item[FEC_ROWS];
};

struct fec_head {
    uint64_t first;
    uint8_t k, m, index;
};

// Read the head of a parity datagram; `newest` = a number near the group's. False when it says what cannot be.
MUST_USE bool fec_read(struct fec_head *head, const uint8_t *p, size_t n, uint64_t newest);
// A parity datagram has proved itself. It is kept when something of its group is missing; what contradicts an earlier
// one of the same group is dropped.
void fec_push(struct fec_mender *f, const struct fec_head *head, const uint8_t *p, size_t n, fec_find *find, void *ctx);
// Mend one group that can be: fills `out` with what was missing, as MEDIA of this header's sender and room without tag,
// number and time. Nobody vouches for the bytes but whoever sent the parity. Returns how many; 0 = nothing more to do.
unsigned fec_mend(struct fec_mender *f, const struct wire_header *h, fec_find *find, void *ctx, struct fec_mended *out);

#endif
