// Pure: one person's part in a room - no sockets, no clock, no threads. Datagrams, control messages, commands and time
// come in; datagrams, control messages, notices and media go out through `session_io`. The simulator runs it as it is.
//
//   session.c        media and datagrams: hop -> open -> assemble, seal -> hop; subscriptions, meta, refresh
//   session_layers.c which layers of whose picture come, and which of ours are made; what meta tells of them
//   session_screen.c the screen that this box shows
//   session_room.c   control messages: asking for a room, being in one, coming back, hosts
//   session_roster.c who is here
//   session_trust.c  who of them is given keys
//   session_door.c   coming in without the invite key, and letting in
//   session_compare.c two people compare a number
//   session_orders.c whom of the hosts we obey, what ours orders, what the room is
//   session_pass.c   who passes the lobby because a host's box has paired him
//   session_boxes.c  what members tell each other: who takes what
//   session_tell.c   what a member says of itself, and what its program says to others
//   session_chat.c   lines of chat, and receipts for them
//   session_history.c what was said before one came
//   session_people.c who can be called, and that we can be
//   session_files.c  files: session_sends.c and session_streams.c those that go, session_takes.c those that come
//   session_calls.c  calling, being called, and the room of two that comes of it
#ifndef PARLOUR_SESSION_H
#define PARLOUR_SESSION_H

#include "client/messages.h"
#include "client/net/chat_history.h"
#include "client/net/chat_out.h"
#include "client/net/compare.h"
#include "client/net/door.h"
#include "client/net/hop.h"
#include "client/net/inflow.h"
#include "client/net/layers.h"
#include "client/net/media_rx.h"
#include "client/net/media_tx.h"
#include "client/net/orders.h"
#include "client/net/copies_rule.h"
#include "client/net/outflow.h"
#include "client/net/parity_down.h"
#include "client/net/parity_up.h"
#include "client/net/people_list.h"
#include "client/net/repair.h"
#include "client/net/room_keys.h"
#include "client/stats.h"
#include "shared/descriptor.h"

struct control;
struct control_member;
struct recv_frame;
struct encoded_frame;

enum {
    SESSION_AUDIO_SLOT = WIRE_SLOT(WIRE_STREAM_AUDIO, 0),
    SESSION_META_SLOT = WIRE_SLOT(WIRE_STREAM_META, 0),
    SESSION_META_REPEATS = 3, // of what is news, 50 ms apart
    SESSION_KNOCKS = CALL_KNOCKS_MAX,
    SESSION_ORDERED = 8, // orders the relay may still refuse
    SESSION_OFFERS = 256 // calls one registration key is good for
};

struct session_io {
    void *ctx;
    void (*datagram)(void *ctx, const uint8_t *p, size_t n); // to the media address
    void (*fresh_socket)(void *ctx);
    void (*media_address)(void *ctx, const char *host, uint16_t port); // host "" = where the control connection goes
    void (*control)(void *ctx, char *text);                            // moved
    void (*notice)(void *ctx, struct notice *n);                       // moved
    void (*audio)(void *ctx, const struct media_packet *p);
    void (*video)(void *ctx, uint16_t member, uint8_t slot, struct recv_frame *frame); // contents moved
    void (*opened)(void *ctx, const struct media_packet *p); // every opened packet, for --rtp-dump
    void (*clock_map)(void *ctx, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us); // ts = our time
    uint32_t (*audio_ts)(void *ctx, uint64_t now_us); // of a sound of ours at that time; NULL = encoded_frame_audio_ts
    // The number and timestamp of our newest picture; false = there is none. NULL = they are not counted.
    bool (*counted)(void *ctx, uint32_t *number, uint32_t *ts);
    void (*gone)(void *ctx, uint16_t member);                    // its media is over
    void (*keyframe)(void *ctx, uint8_t slot);                   // somebody needs one of mine
    void (*rates)(void *ctx, const struct outflow_rates *rates); // my encoders' from now on
    void (*hold)(void *ctx, bool hold);                          // no more pictures until it is false
    void (*hold_screen)(void *ctx, bool hold);                   // likewise of the screen; NULL = nobody asks
    // What this box knows of somebody who calls himself so: CALL_TRUST_NEW, _VERIFIED, _CHANGED or _STRANGER. NULL =
    // everybody is new. `met`: he has proved to hold that key.
    enum call_trust (*judge)(void *ctx, const char *name, const uint8_t identity[32]);
    void (*met)(void *ctx, const char *name, const uint8_t identity[32]);
    void (*wake)(void *ctx); // any thread: something waits in a pipe, or there is room in one. NULL = nobody sleeps
    // Whom this box has paired, at most `most`, who was seen last first; how many. NULL = nobody.
    unsigned (*paired)(void *ctx, uint8_t (*out)[32], unsigned most);
};

struct session_config {
    char name[CALL_NAME_MAX];
    uint8_t identity[32];           // Ed25519
    const uint8_t *identity_secret; // 64 bytes, the caller's
    bool registers;                 // be in the relay's list of people, so that others can call
    unsigned camera_kbps;           // what my picture takes at the most; 0 = nothing is steered (the simulator)
    bool fixed;                     // my picture is coded already: what layers there are, COMMAND_LAYERS tells
    bool deaf;                      // no sound of others is wanted
};

struct session_picture { // of a member's camera, or of his screen, as it comes to us
    uint16_t height;     // of its place on the screen; 0 = it is not there
    bool speaker, pinned;
    uint8_t only;      // 1 + the layer a person has chosen; 0 = by its size
    bool none;         // nothing of him is for us
    uint64_t spoke_us; // was heard last
    // What is on offer, by his meta.
    bool told;
    uint8_t offered; // bit = layer
    uint16_t lines[BUDGET_LAYERS];
    uint16_t whole_kbps[BUDGET_LAYERS]; // it comes as it is, of so much; 0 = it follows our limit
    // What is shown.
    bool any;
    uint8_t slot;
    uint32_t since_ts, newest_ts; // the layer's first picture, and the newest of all
    uint64_t seen_us;             // that came
    bool paused;                  // as main knows it
    // Who counts his pictures: the number of the one with this timestamp, and so many a tick since. 0 = he does not.
    uint32_t number, number_ts;
    double number_rate;
};

struct session_sent { // of one layer
    unsigned width, height;
    uint64_t frames, bytes; // of this second
    double fps, kbps;       // of the last
    uint64_t spared_us;     // a keyframe was made without being asked for, last
};

struct session_member {
    bool used, away;
    uint16_t id;
    uint64_t join_id;
    char name[CALL_NAME_MAX];
    uint8_t identity[32], key[32]; // key: X25519 join key
    bool has_key, stated;          // stated: the identity has signed key and name
    bool introduced;               // to room_keys: boxes go there and back
    bool before_us;                // it was here when we came
    bool accepted;                 // a person here takes it for who it says
    bool shown;                    // main has been told `trust`
    enum call_trust trust;
    uint64_t since_us;                      // introduced
    bool keyed;                             // main has been told that we hold its key
    uint64_t missing_us;                    // not listed by a rebuilt room since then; 0 = listed
    uint64_t got_n, got_told_n, got_due_us; // receipts for chat
    bool got_alone;                         // something to us alone is among it
    bool was_here;                          // when we came, or came back
    uint64_t told_us;                       // how far what it was told is ahead of what one may ask
    struct session_picture picture, screen; // screen: that he shows; offered 0 = he shows none
    uint8_t missed;                         // of our sound, in 1000, as it said last,
    uint64_t missed_us;                     // then
    uint64_t texts_us;                      // how far its texts are ahead of what one may say in that time
};

struct session_knock {        // somebody waits to be let in by us hosts
    bool used, shown, let_in; // shown: a person has been asked
    uint32_t id;
    char name[CALL_NAME_MAX];
    uint8_t identity[32], key[32];
    struct door_host door;
};

// In guarded memory.
struct session_secret {
    bool has_invite_key; // false: by the number alone, until a host hands it over
    uint8_t invite_key[16];
    bool has_root; // the room has a passphrase, and we know it
    uint8_t root[32];
    struct door_knocker knocker;
    struct session_knock knocks[SESSION_KNOCKS];
};

struct session_asking { // for what was said before
    bool wanted;
    bool had;  // told once in this room: what comes later was missed
    bool back; // we had been told before we came (back)
    uint64_t due_us, until_us;
    uint16_t asked; // 0 = nobody now
    uint64_t asked_join;
    uint16_t tried[3];
    unsigned tries, pages;
    size_t lines;
};

struct session_hosts {
    uint16_t id[CALL_HOSTS_MAX];
    size_t count;
};

struct session_told { // the last NOTICE_ROOM_STATE
    bool lobby, locked;
    uint32_t epoch;
    struct session_hosts hosts;
};

struct session_passed { // the relay, on this connection
    bool told;
    uint8_t hashes[ORDERS_PASSES][32];
    size_t count;
};

struct session_ordered { // what our person has ordered
    uint32_t number;
    uint64_t at_us;
    struct order undo; // kind 0: nothing to take back
};

// What a list of members is: it tells news, or how things were when we came for the first time, or came back.
enum session_listing { SESSION_LISTING_NEWS, SESSION_LISTING_FIRST, SESSION_LISTING_AGAIN };

enum session_want { SESSION_NOTHING, SESSION_CREATE, SESSION_JOIN, SESSION_CALL };

// In guarded memory.
struct session_people_secret {
    uint8_t registration[32]; // X25519: offers of calls open with it
    uint8_t offered[16];      // invite key of the call that rings here
};

struct session_people {
    struct people_list list;
    struct session_people_secret *secret;
    uint8_t key[32]; // of this registration
    uint64_t key_us; // since then
    uint32_t request;
    uint64_t due_us; // register then; UINT64_MAX = not
    bool asked, registered, taken;
    bool away, answers;            // what others are told of us
    char next_name[CALL_NAME_MAX]; // from the next connection on that finds us in no room; "" = as before
    // Join keys of calls to this key: the relay may say each once.
    uint8_t offers[SESSION_OFFERS][32];
    unsigned offer_count;
};

enum session_call_phase {
    SESSION_CALL_NONE,
    SESSION_CALL_WAITING,  // ours, not said yet: the relay still has to answer one that was taken back
    SESSION_CALL_ASKED,    // ours, said
    SESSION_CALL_RINGS,    // ours, there
    SESSION_CALL_RINGING,  // theirs, here
    SESSION_CALL_ANSWERED, // theirs, and the room of two is to come
    SESSION_CALL_TALKING   // in it
};

struct session_call {
    enum session_call_phase phase;
    uint32_t ring; // the relay's number; 0 = not told yet
    uint32_t told; // what main knows it by: `ring`, but for a call of ours that has become his
    bool ours;     // our person wanted it first
    bool picture;
    char name[CALL_NAME_MAX]; // the other one
    uint8_t identity[32], key[32];
    bool has_key;        // key: his join key, when he called
    bool listed, proved; // he was in the room; and it was he
    uint64_t until_us;   // then it is over without the relay
};

struct session {
    struct session_io io;
    struct session_config config;
    enum session_want want;
    bool link_up, welcomed, in_room, ever_in_room, asked, room_more;
    uint32_t code;
    struct session_secret *secret;
    bool lobby;    // of the room to be created
    bool knocking; // in front of it
    struct door_limit door_limit;
    struct compare compare;
    enum call_compare_state compare_shown; // what main was told last
    uint16_t compare_shown_with;
    struct orders orders;       // whom we obey, and who may have keys
    bool creator;               // the room is ours: we sign what it is
    struct descriptor now;      // the room as the relay last said; epoch 0 = not yet
    struct session_hosts named; // by the relay
    struct session_told told;
    struct session_passed passed;
    enum session_listing listing;
    bool before_us;     // who is listed now was here when we came
    unsigned just_came; // 2 until the relay has said who is host, 1 until it says it again, 0
    struct session_ordered ordered[SESSION_ORDERED];
    uint32_t orders_given;
    bool described; // the relay holds `descriptor`
    uint8_t descriptor[DESCRIPTOR_MAX];
    size_t descriptor_size;
    bool has_challenge;
    uint8_t challenge[32]; // of this connection
    uint32_t request;
    uint64_t retry_us; // ask again then; UINT64_MAX = not
    uint64_t no_room_since_us;
    uint16_t self;
    uint64_t join_id;
    struct hop hop;
    struct room_keys keys;
    struct media_rx rx;
    struct outflow outflow;
    struct inflow inflow;
    struct media_tx tx;
    struct copies_out copies; // of my sound
    struct copies_rule copies_rule;
    unsigned limit_kbps; // of my picture, when sound was sent last
    uint64_t pressed_us; // when it fell
    struct net_repair repair;
    struct parity_up parity_up;
    struct parity_down parity_down;
    bool tcp; // media goes over the WebSocket
    struct session_member members[WIRE_ROOM_MEMBERS_MAX];
    bool microphone, camera, hand, screen, recording; // as we tell of ourselves,
    enum call_kind kind;                              // and what we are;
    char *about;                                      // JSON, by kind; NULL = nothing
    // boxes waiting to be flushed as one message
    struct {
        uint16_t to;
        char *data;
    } boxes[WIRE_ROOM_MEMBERS_MAX * 2];
    size_t box_count;
    struct chat_out out;         // lines on their way
    struct chat_history history; // of this room
    struct session_asking asking;
    uint64_t told_us; // history: since when `told_pages` were told
    unsigned told_pages;
    uint64_t alone_us; // since the last of the others was lost; 0 = somebody is here, or left
    struct session_people people;
    struct session_files *files;
    struct session_call call;
    uint32_t call_request; // of the last call, or answer to one
    uint32_t taken_back;   // of a call given up before the relay has answered it; 0 = none
    uint64_t taken_back_us;
    bool connection; // what main was told last
    // subscriptions
    uint64_t layers_due_us, layers_sent_us;
    unsigned layers_repeat;
    uint8_t boot_nonce[16]; // of the relay we subscribed at
    uint64_t meta_us, second_us;
    unsigned meta_repeat;
    bool narrow;     // our way down does not bear the smallest pictures
    uint8_t offered; // layers of ours, as meta told last
    struct layers layers;
    uint64_t layers_us;                                             // chosen last
    bool viewed;                                                    // main has said who is on the screen
    struct session_sent sent[BUDGET_LAYERS], shown[BUDGET_SCREENS]; // of my camera, of my screen
};

void session_init(struct session *s, const struct session_config *config, const struct session_io *io);
void session_destroy(struct session *s);

void session_command(struct session *s, struct command *c, uint64_t now_us); // moved
void session_link_up(struct session *s, uint64_t now_us);
void session_link_down(struct session *s, uint64_t now_us);
void session_control(struct session *s, const char *text, size_t n, uint64_t now_us);
void session_datagram(struct session *s, const uint8_t *p, size_t n, uint64_t came_us, uint64_t now_us);
uint64_t session_tick(struct session *s, uint64_t now_us); // returns the next deadline

// My media. False when it could not be sent (no keys yet, no connection): for video, a keyframe is due later.
bool session_send_audio(struct session *s, const uint8_t *opus, size_t n, uint32_t ts, bool talk_spurt,
                        uint64_t now_us);
bool session_send_video(struct session *s, const struct encoded_frame *f, uint64_t now_us);
// Media goes over TCP (true) or UDP: named in the figures; over TCP nothing is lost, so nothing is repaired.
void session_set_path(struct session *s, bool tcp);
void session_fill_stats(const struct session *s, struct stats *stats);

// session_room.c, for session.c
void session_room_control(struct session *s, const char *text, size_t n, uint64_t now_us);
void session_room_command(struct session *s, struct command *c, uint64_t now_us);
uint64_t session_room_tick(struct session *s, uint64_t now_us);
void session_room_hello(struct session *s);
struct session_member *session_room_member(struct session *s, uint16_t id);
void session_room_leave(struct session *s, uint64_t now_us);                   // forget the room
void session_room_goodbye(struct session *s, uint8_t reason, uint64_t now_us); // enum ctrl_bye of the relay
// session.c, for session_room.c
void session_subscribe(struct session *s, uint64_t now_us); // the subscription changed
void session_forget_member(struct session *s, uint16_t id);

#endif
