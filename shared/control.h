// Control messages: one JSON object per WebSocket text message (PROTOCOL.md §10). Reading checks every length, number
// and base64 field; unknown members are ignored, unknown types refused. Writing cannot make an invalid message.
#ifndef PARLOUR_CONTROL_H
#define PARLOUR_CONTROL_H

#include "descriptor.h"
#include "keys.h"
#include "statement.h"
#include "ticket.h"
#include "wire.h"

#define CONTROL_VERSION  "1.0" // another major number is refused
#define CONTROL_PROTOCOL "parlour.1"

enum control_type {
    CONTROL_HELLO = 1,
    CONTROL_WELCOME,
    CONTROL_CREATE,
    CONTROL_JOIN,
    CONTROL_ROOM,
    CONTROL_JOINED,
    CONTROL_AWAY,
    CONTROL_LEFT,
    CONTROL_LEAVE,
    CONTROL_BOX,
    CONTROL_TICKET,
    CONTROL_ERROR,
    CONTROL_WAITING,    // relay: your knock was heard
    CONTROL_KNOCK,      // relay, to hosts: somebody waits
    CONTROL_KNOCK_GONE, // relay, to hosts: nobody waits there any more
    CONTROL_ADMIT,      // hosts, from here to CONTROL_END
    CONTROL_DENY,
    CONTROL_KICK,
    CONTROL_LOCK,
    CONTROL_LOBBY,
    CONTROL_ROLE,
    CONTROL_END,
    CONTROL_ROOM_STATE, // relay: who is host, lobby, lock
    CONTROL_DESCRIPTOR, // both ways
    CONTROL_DOOR,       // both ways, between a host and who knocks
    CONTROL_DRAINING,   // relay: it will be restarted
    CONTROL_REGISTER,   // client: show me in the list of people, and let me be called
    CONTROL_PRESENCE,   // client: what the list says of me
    CONTROL_PEOPLE,     // relay, to who has registered: the list, then what changes in it
    CONTROL_CALL,       // client: ring somebody
    CONTROL_CALLING,    // relay: it rings there
    CONTROL_RINGING,    // relay: somebody calls you
    CONTROL_ANSWER,     // client: both come into a room of their own
    CONTROL_HANGUP,     // client: stop calling, or do not answer
    CONTROL_CALL_ENDED, // relay: it rings no more
    CONTROL_MISSED,     // relay: somebody called while you were in another call
    CONTROL_PASS        // hosts: who passes the lobby
};

enum control_error {
    CONTROL_ERROR_BAD_MESSAGE = 1, // "bad-message"
    CONTROL_ERROR_VERSION,         // "version"
    CONTROL_ERROR_NO_ROOM,         // "no-room": no such room or wrong token, the same answer
    CONTROL_ERROR_FULL,            // "full": the room or the relay
    CONTROL_ERROR_BUSY,            // "busy": too many tries, try later
    CONTROL_ERROR_NOT_NOW,         // "not-now": not possible in this state
    CONTROL_ERROR_TICKET,          // "ticket": void, join anew
    CONTROL_ERROR_REPLACED,        // "replaced": the same member came back on another connection
    CONTROL_ERROR_NOT_ALLOWED,     // "not-allowed": only a host may
    CONTROL_ERROR_DENIED,          // "denied": a host did not let you in
    CONTROL_ERROR_DRAINING,        // "draining": the relay is about to restart
    CONTROL_ERROR_NAME_TAKEN,      // "name-taken": another identity is registered under this name
    CONTROL_ERROR_NOT_HERE,        // "not-here": nobody of this identity is registered
    CONTROL_ERROR_IN_A_CALL        // "in-a-call": whom you call is busy, or you are
};

// A call is a room of two without a code: nobody finds it by number.
enum { CONTROL_NO_CODE = TICKET_NO_CODE, CONTROL_PAGE = 32 };

enum control_person_state { // of somebody in the list of people
    CONTROL_PERSON_FREE = 1,
    CONTROL_PERSON_BUSY, // in a room, calling, or rung
    CONTROL_PERSON_AWAY, // free, but nobody has touched the screen for a while
    CONTROL_PERSON_GONE  // not in the list any more
};

enum control_call_end {         // why it rings no more
    CONTROL_CALL_CANCELLED = 1, // the caller stopped calling
    CONTROL_CALL_NOT_NOW,       // a person did not want to answer
    CONTROL_CALL_BUSY,          // a box did not, by itself
    CONTROL_CALL_NO_ANSWER,     // too long
    CONTROL_CALL_GONE           // the other one's connection
};

struct control_person {
    char name[TICKET_NAME_MAX];
    uint8_t identity[32];
    uint8_t key[32];                   // X25519, of this registration: offers of calls are sealed to it
    uint8_t signature[STATEMENT_SIZE]; // by the identity over key and name, for the reader to check
    enum control_person_state state;   // GONE: identity only
    bool answers;                      // by itself, whom it has paired
};

struct control_member {
    uint16_t id;
    uint64_t join_id;
    char name[TICKET_NAME_MAX];
    uint8_t identity[32];
    uint8_t key[32];                   // X25519 join key
    uint8_t signature[STATEMENT_SIZE]; // by the identity over key and name, for the reader to check
    bool has_key;                      // and signature; false for a moment after a relay restart
    bool away;
};

struct control_box {
    uint16_t to;
    const char *data; // read: points into the message
};

struct control {
    enum control_type type;
    uint32_t request; // chosen by the asker, echoed in `room` and `error`; 0 = none
    union {
        struct {
            char version[16], name[TICKET_NAME_MAX];
            uint8_t identity[32];
            uint8_t key[32], signature[STATEMENT_SIZE]; // join key and its statement, with a ticket only
            bool has_key;                               // both
            uint8_t ticket[WIRE_TICKET_MAX];
            size_t ticket_size; // 0 = none
        } hello;
        struct {
            char version[16];
            bool resumed;          // the ticket was taken: `room` follows
            uint8_t challenge[32]; // to be signed in `join`
            bool has_challenge;
        } welcome;
        struct {
            uint8_t key[32], signature[STATEMENT_SIZE], admit_hash[32];
            bool lobby;
        } create;
        struct {
            uint32_t code;
            uint8_t key[32], signature[STATEMENT_SIZE], token[32];
            bool has_token;
            uint8_t proof[DESCRIPTOR_PROOF]; // that the identity is one's own
            bool has_proof;
            uint8_t descriptor[DESCRIPTOR_MAX];
            size_t descriptor_size; // 0 = none
            const char *door;       // for the hosts; NULL = none; read: points into the message
        } join;
        struct {
            uint32_t room, code, epoch;
            uint16_t self;
            uint64_t join_id;
            bool resumed, more;
            char media_host[64]; // "" = the address of the control connection
            uint16_t media_port;
            uint8_t hop_key[32], room_secret[32];
            uint8_t ticket[WIRE_TICKET_MAX];
            size_t ticket_size;
            struct control_member members[WIRE_ROOM_MEMBERS_MAX]; // without self; pages of 32
            size_t member_count;
        } room;
        struct control_member joined;
        struct {
            uint16_t id;
            bool away; // false = back
        } away;
        struct {
            uint16_t id;
            char reason[16]; // "left", "lost", "kicked", "ended"
        } left;
        struct {
            uint16_t from, to;                               // to the client: who it is from, and 0 = to all
            bool alone;                                      // to the client: no `to`, it is for this one alone
            struct control_box boxes[WIRE_ROOM_MEMBERS_MAX]; // from the client: one each; to the client: just one
            size_t count;
        } box;
        struct {
            uint32_t epoch;
            uint8_t room_secret[32], ticket[WIRE_TICKET_MAX];
            size_t ticket_size;
        } ticket;
        struct {
            enum control_error code;
            char text[160];
        } error;
        struct {
            uint32_t id; // of the knock; also in knock-gone, admit, deny
            char name[TICKET_NAME_MAX];
            uint8_t identity[32], key[32], signature[STATEMENT_SIZE];
            const char *door; // as in join
        } knock;
        struct {
            uint32_t knock;   // to and from a host: of whom; else 0
            uint16_t id;      // to and from who knocks: the host's; else 0
            const char *data; // base64 of at least a byte, at most WIRE_DOOR_TEXT characters; read: into the message
        } door;
        struct {
            uint16_t id; // kick, role: whom
            bool on;     // lock, lobby; role: a host or a guest from now on
        } order;
        struct {
            uint8_t hashes[WIRE_PASSES_MAX][32]; // keys_pass()
            size_t count;
        } pass;
        struct {
            uint32_t epoch;
            uint64_t created; // s since 1970
            bool lobby, locked;
            uint16_t hosts[DESCRIPTOR_HOSTS]; // who is here
            size_t host_count;
            uint8_t host_keys[DESCRIPTOR_HOSTS][32]; // identities, the absent too
            size_t host_key_count;
        } state;
        struct {
            uint8_t bytes[DESCRIPTOR_MAX];
            size_t size;
        } descriptor;
        struct {
            uint8_t key[32], signature[STATEMENT_SIZE]; // as in struct control_person; the name is that of `hello`
            uint8_t proof[STATEMENT_SIZE];              // that the identity is one's own (statement_prove)
            bool away, answers;
        } registration;
        struct {
            bool away, answers;
        } presence;
        struct {
            bool whole; // forget the list before
            bool more;  // of a whole list: the rest follows
            struct control_person person[CONTROL_PAGE];
            size_t count;
        } people;
        struct {
            uint32_t id;                // given by the relay; all but `call` and `missed` have it
            uint8_t to[32];             // call: whom
            char name[TICKET_NAME_MAX]; // ringing, missed: who calls
            uint8_t identity[32];
            uint8_t key[32], signature[STATEMENT_SIZE]; // call, ringing, answer, missed: a join key and its statement
            const char *data;                           // call, ringing: base64, sealed to who is called
            enum control_call_end end;                  // hangup, call-ended
        } call;
    };
    void *json; // what `data` and `door` point into
};

// Read one message of `n` bytes. False when it is not one of ours; `c` then needs no control_free.
MUST_USE bool control_read(struct control *c, const char *text, size_t n);
void control_free(struct control *c);
// Malloced JSON text.
char *control_write(const struct control *c);
const char *control_error_name(enum control_error code);
const char *control_type_name(enum control_type type);
const char *control_person_state_name(enum control_person_state state);
const char *control_call_end_name(enum control_call_end end); // "cancelled", "not-now", "busy", "no-answer", "gone"
// True when the name is 1 to 32 code points of valid UTF-8 without control characters.
bool control_name_ok(const char *name);

#endif
