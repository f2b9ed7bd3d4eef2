// Repair of losses, hop by hop (PROTOCOL.md §4): members' NACKs are answered out of the history, holes in what members
// send are asked for, and HEADS tell what was sent last where nothing follows that would show a loss. Part of the core;
// pure.
#ifndef PARLOUR_REPAIR_H
#define PARLOUR_REPAIR_H

#include "core.h"
#include "shared/ctrl.h"
#include "shared/feedback.h"

// How often each (receiver, slot, number) was repeated; bounded, what collides is forgotten. NULL = no memory.
enum { REPAIR_VIDEO_FIRST = 16, REPAIR_VIDEO_END = 3 * 16 }; // of the table's slots
struct repair;
struct repair *repair_create(void);
void repair_destroy(struct repair *r);

// A member's session begins anew, and with it his numbers.
void repair_session(struct table_member *m);
// A number of his session's MEDIA came.
void repair_arrived_late(struct table_member *m, uint64_t number, uint64_t now_us);
static inline void repair_arrived(struct table_member *m, uint64_t number, uint64_t now_us)
{
    if (number == m->repair_hot.expected)
        m->repair_hot.expected++;
    else
        repair_arrived_late(m, number, now_us);
}
// He has sent up to `newest`; `first` 0 = unknown, else what is older cannot be had any more.
void repair_heads(struct table_member *m, uint64_t first, uint64_t newest, uint64_t now_us);
// He answered our PING.
void repair_pong(struct table_member *m, const struct ctrl *pong, uint64_t now_us);
// Media of this slot of his went out. Only video that ends in a frame of one datagram is told of when it falls quiet:
// of larger frames a receiver sees the loss himself, meta comes anew each second, and speech ends in silence.
static inline void repair_forwarded(struct table_member *m, int slot_index, uint8_t mark)
{
    struct repair_hot *hot = &m->repair_hot;
    if (slot_index < REPAIR_VIDEO_FIRST || slot_index >= REPAIR_VIDEO_END)
        return;
    uint64_t bit = (uint64_t)1 << slot_index;
    hot->active |= bit;
    hot->alone = mark & WIRE_MARK_START ? hot->alone | bit : hot->alone & ~bit;
    hot->slots = true;
}
// `to` is subscribed to a slot from `first` on: its next datagram, or one that was sent already. He is told by the
// repair_tell that must follow.
void repair_subscribed(struct table_member *to, const struct table_member *from, int slot_index, uint64_t first);
// What was sent of a slot before he was subscribed, from `first` on, as far as it is held.
void repair_catch_up(struct core *c, struct table_member *to, const struct table_member *from, int slot_index,
                     uint64_t first, uint64_t now_us);
void repair_tell(struct core *c, struct table_member *to, uint64_t now_us);
// He asks for datagrams again.
void repair_nack(struct core *c, struct table_member *m, const struct feedback_nack *x, uint64_t now_us);
// Ask him for what is missing and due. After each train and at each tick.
void repair_ask(struct core *c, struct table_member *m, uint64_t now_us);

// Each CORE_TICK_US: first every member for whom repair_waits, then every room that is quiet.
void repair_tick(struct core *c, struct table_member *m, uint64_t now_us);
void repair_tick_room(struct core *c, struct table_room *r, uint64_t now_us);
static inline bool repair_waits(const struct table_member *m)
{
    return m->repair_hot.slots || m->repair_hot.missing || m->repair_hot.heads;
}

#endif
