// Control messages: one JSON object per WebSocket text message (PROTOCOL.md §10). Reading checks every length, number
// and base64 field; unknown members are ignored, unknown types refused. Writing cannot make an invalid message.
#ifndef PARLOUR_CONTROL_H
#define PARLOUR_CONTROL_H

#include "keys.h"
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
    CONTROL_ERROR
};

enum control_error {
    CONTROL_ERROR_BAD_MESSAGE = 1, // "bad-message"
    CONTROL_ERROR_VERSION,         // "version"
    CONTROL_ERROR_NO_ROOM,         // "no-room": no such room or wrong token, the same answer
    CONTROL_ERROR_FULL,            // "full": the room or the relay
    CONTROL_ERROR_BUSY,            // "busy": too many tries, try later
    CONTROL_ERROR_NOT_NOW,         // "not-now": not possible in this state
    CONTROL_ERROR_TICKET,          // "ticket": void, join anew
    CONTROL_ERROR_REPLACED         // "replaced": the same member came back on another connection
};

struct control_member {
    uint16_t id;
    uint64_t join_id;
    char name[TICKET_NAME_MAX];
    uint8_t identity[32];
    uint8_t key[32]; // X25519 join key
    bool has_key;    // false for a moment after a relay restart
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
            uint8_t key[32]; // join key, with a ticket only
            bool has_key;
            uint8_t ticket[WIRE_TICKET_MAX];
            size_t ticket_size; // 0 = none
        } hello;
        struct {
            char version[16];
            bool resumed; // the ticket was taken: `room` follows
        } welcome;
        struct {
            uint8_t key[32], admit_hash[32];
        } create;
        struct {
            uint32_t code;
            uint8_t key[32], token[32];
            bool has_token;
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
            char reason[16]; // "left", "lost", "kicked"
        } left;
        struct {
            uint16_t from, to;                               // to the client: who it is from, and 0 = to all
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
    };
    void *json; // what `data` points into
};

// Read one message of `n` bytes. False when it is not one of ours; `c` then needs no control_free.
MUST_USE bool control_read(struct control *c, const char *text, size_t n);
void control_free(struct control *c);
// Malloced JSON text.
char *control_write(const struct control *c);
const char *control_error_name(enum control_error code);
// True when the name is 1 to 32 code points of valid UTF-8 without control characters.
bool control_name_ok(const char *name);

#endif
