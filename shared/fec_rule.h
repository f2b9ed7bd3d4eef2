// How much parity a group gets on one hop: as little as leaves few enough frames to a repair by NACK, which costs them
// the hop's round trip (PROTOCOL.md §4). Pure.
#ifndef PARLOUR_FEC_RULE_H
#define PARLOUR_FEC_RULE_H

#include "base.h"

enum fec_kind { FEC_PICTURE, FEC_KEYFRAME, FEC_SOUND, FEC_KINDS };

struct fec_path {
    double loss;  // before repair, 0..1
    double burst; // mean length, datagrams
    double rtt_ms;
};

struct fec_rule {
    bool on; // from 1 % of loss on until it is below 0.5 %
};

// Rows for a group of `k`: at most FEC_ROWS, and never more than k; of sound one more.
unsigned fec_rule(struct fec_rule *r, const struct fec_path *path, unsigned k, enum fec_kind kind);
// The part of groups of `k` with `m` rows that lose more than `m`: two states, good and bad, as the path is measured.
double fec_rule_residue(const struct fec_path *path, unsigned k, unsigned m);

#endif
