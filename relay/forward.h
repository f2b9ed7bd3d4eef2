// Who gets what: subscriptions (LAYERS), what a sender is told of them (WATCHED), and keyframe requests (REFRESH).
// Pure.
#ifndef PARLOUR_FORWARD_H
#define PARLOUR_FORWARD_H

#include "shared/feedback.h"
#include "table.h"

// Seats that get this slot of `from` now: subscribed, proved, not away, never the sender himself.
uint64_t forward_receivers(const struct table *t, const struct table_member *from, int slot_index);
// Seats that go on with another layer until a keyframe of this one, of video, is whole.
uint64_t forward_waiting(const struct table *t, const struct table_member *from, uint8_t slot);
// True when this datagram type may carry this slot.
bool forward_slot_ok(uint8_t type, uint8_t slot);
// Take a receiver's whole subscription state. Senders whose watchers changed get WATCHED soon, and video slots that are
// new to the receiver ask their sender for a keyframe.
void forward_layers(struct table *t, struct table_member *to, const struct feedback_layers *layers, uint64_t now_us);
// A receiver asks for a keyframe of a slot he is subscribed to.
void forward_refresh(struct table *t, const struct table_member *asker, const struct feedback_refresh *r);
// True when a REFRESH for this video slot (0-7) has to go to the sender now; marks it as sent.
bool forward_refresh_due(struct table_member *from, unsigned video_slot, struct feedback_refresh *out, uint64_t now_us);
// A keyframe of the slot begins: requests that wait are answered by it.
void forward_keyframe(struct table_member *from, uint8_t slot);
void forward_watched(const struct table *t, const struct table_member *from, struct feedback_watched *out);
// Tell a sender anew who watches him.
void forward_watched_soon(struct table_member *from, uint64_t now_us);
// Tell all senders of the room anew who watches them (somebody came, went or fell silent).
void forward_watchers_changed(struct table *t, const struct table_room *r, uint64_t now_us);

#endif
