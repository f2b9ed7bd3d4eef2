// The inside of control_logic, for its six files only: control_logic.c (connections, members, the shell's calls),
// control_join.c (hello, create, join), control_door.c (knocking, and what is said at the door), control_host.c (what
// hosts order, the epoch, the descriptor), control_people.c (the list of people), control_call.c (calls that ring).
#ifndef PARLOUR_CONTROL_PARTS_H
#define PARLOUR_CONTROL_PARTS_H

#include "control_logic.h"

// control_logic.c
void control_send(struct control_logic *l, uint32_t conn, const struct control *m);
void control_send_text(struct control_logic *l, uint32_t conn, char *text); // takes the malloced text
void control_send_room(struct control_logic *l, const struct room *r, const struct room_member *but,
                       const struct control *m);
void control_fail(struct control_logic *l, uint32_t conn, uint32_t request, enum control_error code, const char *text);
void control_close(struct control_logic *l, uint32_t conn, uint64_t now_us);
void control_announce(struct control_logic *l, const struct room *r, const struct room_member *m);
void control_attach(struct control_logic *l, uint32_t conn, struct room *r, struct room_member *m, uint64_t now_us);
void control_add(struct control_logic *l, const struct room *r, const struct room_member *m); // tells the worker
// The room and its roster, in pages, to a member; what follows (state, descriptor, knocks) with it.
void control_send_roster(struct control_logic *l, struct room *r, struct room_member *self, uint32_t request,
                         bool resumed, uint64_t now_us);
void control_send_ticket(struct control_logic *l, const struct room *r, struct room_member *m, uint64_t now_us);

enum control_removal { CONTROL_GONE_LEFT, CONTROL_GONE_LOST, CONTROL_GONE_KICKED, CONTROL_GONE_ENDED };
// Forget a member and tell everybody concerned. The room goes with its last one: `r` may be unused afterwards.
void control_remove(struct control_logic *l, struct room *r, struct room_member *m, enum control_removal why);

// How somebody comes in.
struct control_entry {
    uint8_t role;
    uint32_t request;
    const uint8_t *key, *signature; // 32 and STATEMENT_SIZE bytes
};

// control_join.c
void control_take_hello(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_create(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_join(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_proved(struct control_logic *l, const struct core_event *e, uint64_t now_us);
void control_enter(struct control_logic *l, uint32_t conn, struct room *r, const struct control_entry *e,
                   uint64_t now_us);
// The caller and who answers come into an empty room for which there is space; each finds the other in its roster.
void control_enter_call(struct control_logic *l, struct room *r, const uint32_t conn[2],
                        const struct control_entry e[2], uint64_t now_us);

// control_people.c
void control_take_register(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_presence(struct control_logic *l, uint32_t conn, const struct control *x);
void control_unregister(struct control_logic *l, uint32_t conn, uint64_t now_us); // the connection is gone
void control_tick_people(struct control_logic *l, uint64_t now_us);
uint32_t control_person(const struct control_logic *l, uint32_t conn); // its place, or PEOPLE_NOBODY

// control_call.c
void control_take_call(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_call_answer(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_hangup(struct control_logic *l, uint32_t conn, const struct control *x);
// The call of this connection, if there is one, rings no more: both are told why.
void control_drop_call(struct control_logic *l, uint32_t conn, enum control_call_end why);
void control_tick_calls(struct control_logic *l, uint64_t now_us);

// control_door.c
void control_knock(struct control_logic *l, uint32_t conn, struct room *r, const struct control *join, bool token,
                   bool proved, uint64_t now_us);
void control_take_answer(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_door(struct control_logic *l, uint32_t conn, const struct control *x);
void control_unknock(struct control_logic *l, uint32_t conn);
void control_end_knocks(struct control_logic *l, uint32_t room_id);                     // the room is gone
void control_tell_knocks(struct control_logic *l, const struct room *r, uint32_t conn); // to one host: all who wait
void control_let_pass(struct control_logic *l, struct room *r, uint64_t now_us);        // who waits and is named now
void control_open_door(struct control_logic *l, struct room *r, uint64_t now_us); // neither lobby nor lock any more

// control_host.c
void control_take_order(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_pass(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us);
void control_take_descriptor(struct control_logic *l, uint32_t conn, const struct control *x);
void control_send_state(struct control_logic *l, const struct room *r, uint32_t conn); // ROOM_NO_CONN = to all
void control_send_descriptor(struct control_logic *l, const struct room *r, uint32_t conn);
// A new epoch: new tickets and room secret for every member, a new downlink key.
void control_raise(struct control_logic *l, struct room *r, uint64_t now_us);
// After a higher epoch was presented: those who came with a lower one join anew.
void control_drop_lower(struct control_logic *l, struct room *r);
// After somebody has gone: a room that has no host any more gets one, unless its members are still coming back.
void control_settle(struct control_logic *l, struct room *r, uint64_t now_us);
bool control_frozen(const struct room *r, uint64_t now_us);

#endif
