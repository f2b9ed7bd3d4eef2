// A receiver goes from one layer of a sender's video to another: he gets the old one until a whole keyframe of the new
// one is here, then that keyframe out of the history, and from there on the new one live. So nothing is missing in
// between, and nothing is sent that cannot be shown. Part of the core; pure.
#ifndef PARLOUR_SWITCHES_H
#define PARLOUR_SWITCHES_H

#include "core.h"

// `to` wants this of a video stream of `from` (a byte of LAYERS). The keyframe it needs is asked for. Without an old
// layer, or with FEEDBACK_NOW, the new one begins at once.
void switches_want(struct table_member *from, struct table_member *to, unsigned stream, uint8_t want);
// Seats that do not get this layer any more, but still this datagram of it: of a time before their keyframe.
uint64_t switches_leavers(struct core *c, struct table_member *from, uint8_t slot, const uint8_t *p, uint64_t now_us);
// A datagram of a layer that somebody waits for has been numbered and kept. When a keyframe is whole with it, all who
// wait go over.
void switches_datagram(struct core *c, struct table_member *from, int slot_index, const struct wire_header *h,
                       const uint8_t *p, uint64_t number, uint64_t now_us);
// Seats for whom this layer is the old one, and those who wait for another instead of it.
uint64_t switches_leave(const struct table_member *from, uint8_t slot);
// Each tick while `switching`: ask for keyframes again.
void switches_tick(struct table_member *from, uint64_t now_us);

#endif
