// The inside of session, for its files only.
#ifndef PARLOUR_SESSION_PARTS_H
#define PARLOUR_SESSION_PARTS_H

#include "session.h"

// session_roster.c
struct notice *session_roster_about(enum notice_type type, const struct session_member *m);
void session_roster_add(struct session *s, const struct control_member *c, bool silent, uint64_t now_us);
void session_roster_remove(struct session *s, struct session_member *m, bool silent, uint64_t now_us);
void session_roster_away(struct session *s, uint16_t id, bool away);
void session_roster_send_state(struct session *s, uint16_t to); // microphone, camera, hand
void session_roster_send_state_to_all(struct session *s);
void session_roster_introduce(struct session *s, uint16_t to); // all that a newcomer is told
uint64_t session_roster_tick(struct session *s, uint64_t now_us);

// session_trust.c
void session_trust_judge(struct session *s, struct session_member *m, uint64_t now_us); // anew
void session_trust_all(struct session *s, uint64_t now_us);                             // everybody
void session_trust_confirmed(struct session *s, struct session_member *m, uint64_t now_us);
void session_trust_accept(struct session *s, uint16_t id, const uint8_t identity[32], uint64_t now_us);
uint64_t session_trust_tick(struct session *s, uint64_t now_us);

// session_door.c
size_t session_door_begin(struct session *s, uint8_t out[DOOR_MAX]); // of a new join; the size of what goes with it
bool session_door_may_enter(struct session *s, uint64_t now_us);     // else refused
void session_door_on_knock(struct session *s, const struct control *c, uint64_t now_us);
void session_door_on_gone(struct session *s, uint32_t knock);
void session_door_forget(struct session *s);
void session_door_take(struct session *s, const struct control *c, uint64_t now_us);
struct session_knock *session_door_knock(struct session *s, uint32_t id);
void session_door_grant(struct session *s, struct session_knock *k); // before `admit`

// session_compare.c
void session_compare_enter(struct session *s);
void session_compare_start(struct session *s, uint16_t id, uint64_t now_us);
void session_compare_stop(struct session *s);
void session_compare_take(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us);
void session_compare_gone(struct session *s, uint16_t id);
uint64_t session_compare_tick(struct session *s, uint64_t now_us);

// session_orders.c
void session_orders_enter(struct session *s, bool created, bool same);  // before `ever_in_room` is set
void session_orders_listed(struct session *s, const struct control *c); // before those of a `room` are added
void session_orders_left(struct session *s, uint64_t now_us);           // somebody has
void session_orders_forget(struct session *s);
void session_orders_state(struct session *s, const struct control *c, uint64_t now_us);
void session_orders_descriptor(struct session *s, const struct control *c, uint64_t now_us);
// An order or a claim, signed by that member.
void session_orders_take(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us);
void session_orders_greet(struct session *s, uint16_t id); // tell a newcomer who is host, when we are
// COMMAND_HOST. COMMAND_ADMIT without knock: a member who came in without having been let in.
void session_orders_do(struct session *s, const struct command *c, uint64_t now_us);
bool session_orders_failed(struct session *s, const struct control *c, uint64_t now_us); // false: it was not about one
// NEW: it may be given keys, as far as hosts are concerned. NOT_ADMITTED: it may not.
enum call_trust session_orders_judge(struct session *s, const uint8_t identity[32], const uint8_t key[32],
                                     uint64_t join_id);

// session_boxes.c
void session_boxes_take(struct session *s, const struct control *c, uint64_t now_us);
void session_boxes_chat(struct session *s, struct command *c); // takes its text
void session_boxes_send_waiting(struct session *s);            // lines typed while the connection was down
void session_boxes_receipt(struct session *s, struct session_member *m, size_t members);

// session_room.c
bool session_room_can_talk(const struct session *s);
void session_room_refuse(struct session *s, uint64_t now_us, int exit_code, const char *sentence, const char *advice);

#endif
