// The last second of sealed media, kept for retransmission: datagrams lie in one bounded arena, found by (stream,
// number). Pure. When the arena or the index is full the oldest goes; nothing is allocated after history_create.
#ifndef PARLOUR_HISTORY_H
#define PARLOUR_HISTORY_H

#include "shared/base.h"

enum { HISTORY_TRAIN_MAX = 65536, HISTORY_US = 1000000 };

struct history;

// `bytes` of arena, below 4 GiB, at least 16 trains (HISTORY_TRAIN_MAX); its pages are touched only as it fills.
struct history *history_create(size_t bytes);
void history_destroy(struct history *h);
// Have the kernel give a little more of the arena now, in a quiet moment, rather than while media flows. To be called
// about each 10 ms while somebody is here; after a lap it does nothing.
void history_warm(struct history *h);
// Where the next train is to be received: HISTORY_TRAIN_MAX bytes. They count as used after history_advance.
uint8_t *history_room(struct history *h);
void history_advance(struct history *h, size_t n);
// Do these bytes lie in the arena?
bool history_holds(const struct history *h, const uint8_t *p);
// Keep one datagram under (stream, number). In the arena's current room it is kept by reference, else copied.
void history_keep(struct history *h, uint64_t stream, uint64_t number, const uint8_t *p, size_t n, uint64_t now_us);
// The datagram as it was sent (the bearer compares number and stream in it: the index knows only their low bits), or
// NULL when it is not held or older than HISTORY_US.
const uint8_t *history_find(const struct history *h, uint64_t stream, uint64_t number, size_t *n, uint64_t now_us);

#endif
