// What our hop loses each way before any repair. Part of hop.
#ifndef PARLOUR_HOP_LOSS_H
#define PARLOUR_HOP_LOSS_H

#include "hop.h"

// The space is about to go on to this number: what is thereby HOP_SETTLE behind is counted. What is only reordered is
// no burst.
void hop_loss_settle(struct hop *h, struct hop_space *s, uint64_t number, uint64_t now_us);
// What had been filled in by a repair comes after all: it was late, not lost.
void hop_loss_late(struct hop_space *s, uint64_t number);
// A proved FEEDBACK datagram: what the relay says of our way up.
void hop_loss_reported(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us);

#endif
