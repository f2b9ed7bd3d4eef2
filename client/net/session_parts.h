// The inside of session, for its files only.
#ifndef PARLOUR_SESSION_PARTS_H
#define PARLOUR_SESSION_PARTS_H

#include "client/secrets.h"
#include "session.h"

#include "shared/bytes.h"
#include "shared/feedback.h"

#include "shared/control.h"

// session_roster.c
struct notice *session_roster_about(enum notice_type type, const struct session_member *m);
void session_roster_add(struct session *s, const struct control_member *c, bool silent, uint64_t now_us);
void session_roster_remove(struct session *s, struct session_member *m, bool silent, uint64_t now_us);
void session_roster_away(struct session *s, uint16_t id, bool away);
void session_roster_introduce(struct session *s, uint16_t to); // all that a newcomer is told
uint64_t session_roster_tick(struct session *s, uint64_t now_us);

// session_tell.c
void session_tell_state(struct session *s, uint16_t to);
void session_tell_state_to_all(struct session *s);
void session_tell_change_state(struct session *s, struct command *c); // COMMAND_STATE; takes its text
void session_tell_take_state(struct session *s, struct session_member *m, const json_t *o);
void session_tell_say(struct session *s, const struct command *c); // COMMAND_TELL
void session_tell_take(struct session *s, struct session_member *m, const json_t *o, bool alone);

// session_trust.c
void session_trust_judge(struct session *s, struct session_member *m, uint64_t now_us); // anew
void session_trust_all(struct session *s, uint64_t now_us);                             // everybody
void session_trust_confirmed(struct session *s, struct session_member *m, uint64_t now_us);
void session_trust_accept(struct session *s, uint16_t id, const uint8_t identity[32], uint64_t now_us);
uint64_t session_trust_tick(struct session *s, uint64_t now_us);

// session_sound.c
void session_hear(struct session *s, struct media_stream *st, const struct media_packet *p); // and what travels in it
// What we miss of the others, and what another misses of us: the end of meta.
void session_sound_tell(const struct session *s, struct bytes_writer *w);
void session_sound_told(struct session *s, uint16_t sender, struct bytes_reader *r, uint64_t now_us);
struct media_packet session_sound_own(const struct media_packet *p); // without what travels in it; not sound: as it is

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
void session_orders_say(struct session *s, const struct order *x, uint64_t now_us); // a host's: to all, and at once
// COMMAND_HOST. COMMAND_ADMIT without knock: a member who came in without having been let in.
void session_orders_do(struct session *s, const struct command *c, uint64_t now_us);
bool session_orders_failed(struct session *s, const struct control *c, uint64_t now_us); // false: it was not about one
// NEW: it may be given keys, as far as hosts are concerned. NOT_ADMITTED: it may not.
enum call_trust session_orders_judge(struct session *s, const uint8_t identity[32], const uint8_t key[32],
                                     uint64_t join_id);

// session_pass.c
void session_pass_tell(struct session *s, uint64_t now_us); // what has changed in whom we let pass, when we are host

// session_media.c: `d` and the bytes have proved themselves on the hop
void session_media(struct session *s, const uint8_t *p, size_t n, const struct hop_datagram *d, uint64_t now_us);
void session_parity(struct session *s, const uint8_t *p, size_t n, const struct hop_datagram *d, uint64_t now_us);

// session_layers.c
void session_layers_view(struct session *s, const struct command *c, uint64_t now_us);
void session_layers_fix(struct session *s, const struct command *c); // COMMAND_LAYERS
void session_layers_watched(struct session *s, const struct feedback_watched *w, uint64_t now_us);
void session_layers_choose(struct session *s, uint64_t now_us);
uint64_t session_layers_tick(struct session *s, uint64_t now_us);
void session_layers_forget(struct session *s, uint16_t id);
void session_layers_shut_out(struct session *s, struct session_member *m); // but still here: no pause is told of him
// A slot that is subscribed to, or was until another layer comes; what cannot be opened is not missed.
bool session_layers_wants(struct session *s, uint16_t sender, uint8_t slot);
// Its datagrams begin there: what was before is not waited for.
void session_layers_begins(struct session *s, uint16_t sender, uint8_t slot, uint64_t first);
// A picture is whole: false when it is of a layer that is not shown (any more).
bool session_layers_takes(struct session *s, const struct media_stream *st, struct recv_frame *frame);
bool session_layers_shows(const struct session *s, const struct media_stream *st);
void session_layers_take_meta(struct session *s, const struct media_packet *p);
void session_layers_made(struct session *s, const struct encoded_frame *f); // of ours: so large
void session_layers_meta(struct session *s, uint64_t now_us);               // tell ours
void session_layers_stats(const struct session *s, struct stats *stats);    // of what we send
void session_layers_choices(const struct session *s, struct stats *stats);  // of what comes

// session_screen.c: the screen this box shows
void session_screen_show(struct session *s, bool on); // from now on
void session_screen_watched(struct session *s, const struct feedback_watched *w, uint64_t now_us);
void session_screen_made(struct session *s, const struct encoded_frame *f);    // so large
struct ladder_layer session_screen_layer(const struct session *s, unsigned i); // as meta tells it
void session_screen_stats(const struct session *s, struct stats *stats);

// session_boxes.c
void session_boxes_take(struct session *s, const struct control *c, uint64_t now_us);

// session_chat.c: `alone` = said to us alone
void session_chat_take(struct session *s, struct session_member *m, const json_t *o, bool alone, uint64_t number,
                       uint64_t now_us);
void session_chat_take_receipt(struct session *s, const struct session_member *m, const json_t *o);
void session_chat_receipt(struct session *s, struct session_member *m, size_t members); // say it
void session_chat_say(struct session *s, struct command *c, uint64_t now_us);           // takes its text
void session_chat_left(struct session *s, const struct session_member *m);              // after it is listed no more
uint64_t session_chat_tick(struct session *s, uint64_t now_us);                         // what waits and can go, goes

// session_history.c
void session_history_enter(struct session *s, uint64_t now_us); // in the room (again), and all who are here are listed
void session_history_take(struct session *s, const struct session_member *m, const json_t *o, uint64_t now_us);
void session_history_tell(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us);
void session_history_left(struct session *s, bool lost, uint64_t now_us); // somebody; lost: he may come back
uint64_t session_history_tick(struct session *s, uint64_t now_us);

// session_files.c
void session_files_init(struct session *s);
void session_files_destroy(struct session *s);
void session_files_command(struct session *s, struct command *c, uint64_t now_us); // COMMAND_FILE_...
void session_files_box(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us);
// True when it was a file's, good or not.
bool session_files_datagram(struct session *s, const uint8_t *p, size_t n, const struct hop_datagram *d,
                            uint64_t now_us);
bool session_files_next(struct session *s, uint64_t now_us);              // one datagram goes; false: none may
void session_files_media(struct session *s, bool sound, uint64_t now_us); // there is something to be kept in time
void session_files_slots(const struct session *s, struct feedback_layers *l);
void session_files_end(struct session *s, uint64_t now_us); // the room is left
uint64_t session_files_tick(struct session *s, uint64_t now_us);
void session_files_stats(const struct session *s, struct stats *stats);

// session_people.c
void session_people_init(struct session *s);
void session_people_destroy(struct session *s);
void session_people_welcome(struct session *s, uint64_t now_us);
void session_people_down(struct session *s);
void session_people_rename(struct session *s, const char *name); // from the next connection on
void session_people_hello(struct session *s); // before a connection says hello: the new name, if there is one
void session_people_presence(struct session *s, bool away, bool answers);
void session_people_take(struct session *s, const struct control *c);
bool session_people_failed(struct session *s, const struct control *c, uint64_t now_us); // false: it was not about it
void session_people_judge(struct session *s);                                            // everybody anew
// A call under a join key that was not seen before, since this registration. False: refuse it.
bool session_people_fresh(struct session *s, const uint8_t key[32], uint64_t now_us);
uint64_t session_people_tick(struct session *s, uint64_t now_us);

// session_calls.c
void session_calls_command(struct session *s, const struct command *c, uint64_t now_us); // CALL, ANSWER, HANGUP
// Our person does something else; `why`: what a caller is told.
void session_calls_drop(struct session *s, enum control_call_end why, uint64_t now_us);
void session_calls_control(struct session *s, const struct control *c, uint64_t now_us);
bool session_calls_failed(struct session *s, const struct control *c, uint64_t now_us); // false: it was not about one
bool session_calls_may_ask(struct session *s, uint64_t now_us); // for anything: else the relay still has to answer
void session_calls_ask(struct session *s, uint64_t now_us);     // in place of asking for a room
void session_calls_entered(struct session *s, uint64_t now_us);
void session_calls_forget(struct session *s);                // the room is left
void session_calls_over(struct session *s, uint64_t now_us); // leave it, and tell main
void session_calls_down(struct session *s, uint64_t now_us);
// May he be given keys, as far as calls are concerned? In a call only whom it is with.
bool session_calls_with(const struct session *s, const struct session_member *m);
void session_calls_came(struct session *s, const struct session_member *m); // he is listed
uint64_t session_calls_tick(struct session *s, uint64_t now_us);
// A room of two: no number, no hosts, no description; over when one has left.
static inline bool session_calls_talking(const struct session *s)
{
    return s->call.phase == SESSION_CALL_TALKING;
}

// session_room.c
void session_room_sign_join(const struct session *s, uint8_t signature[STATEMENT_SIZE]); // the key we join with now
bool session_room_can_talk(const struct session *s);
void session_room_refuse(struct session *s, uint64_t now_us, int exit_code, const char *sentence, const char *advice);

#endif
