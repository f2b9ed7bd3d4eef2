// Every decision of the control plane, without sockets or clock: messages, events of the worker and time in; messages
// and commands out. One instance, one thread. The shell around it is control_server, or a test, or the simulator.
#ifndef PARLOUR_CONTROL_LOGIC_H
#define PARLOUR_CONTROL_LOGIC_H

#include "shared/control.h"
#include "core.h"
#include "guard.h"
#include "people.h"
#include "room.h"

enum { CONTROL_LOGIC_CONNS = ROOMS_MEMBERS_MAX + WIRE_TCP_UNAUTHENTICATED_MAX, CONTROL_LOGIC_TICK_US = 200000 };

struct control_logic_config {
    const uint8_t *ticket_key; // 32 bytes, the caller's
    bool cold;                 // the ticket key is older than this start: members of a life before may come back
    char media_host[64];       // told to clients; "" = the address they came to
    uint16_t media_port;
    room_random *random;
    void (*send)(void *ctx, uint32_t conn, char *text); // takes the malloced text
    void (*close)(void *ctx, uint32_t conn);            // after what was sent; control_logic_closed follows
    void (*command)(void *ctx, const struct core_command *command);
    void *ctx;
};

struct control_logic_conn {
    bool used, greeted, closing;
    unsigned host; // guard's index of its source
    uint64_t opened_us;
    guard_bucket messages;
    struct room *room;
    struct room_member *member;
    char name[TICKET_NAME_MAX];
    uint8_t identity[32];
    uint8_t challenge[32];
    uint32_t person; // its place in the table of people + 1; 0 = not registered
    // Waiting in front of a room:
    uint32_t knock; // 0 = not
    uint32_t knock_room, knock_request;
    bool knock_token;                                       // it holds the invite: no lobby and no lock, and it is in
    bool knock_proved;                                      // and its identity is its own
    uint8_t knock_key[32], knock_signature[STATEMENT_SIZE]; // join key and its statement
    char *knock_door;                                       // what the hosts are told with the knock; NULL = nothing
    unsigned door_in, door_out;                             // messages handed on from and to him
};

struct control_logic {
    struct control_logic_config config;
    struct guard guard;
    struct rooms rooms;
    struct people people;
    uint32_t next_change; // where in it the telling goes on
    uint64_t list_block;  // the same for whole lists: blocks counted on and on, round the table
    struct control_logic_conn conn[CONTROL_LOGIC_CONNS];
    uint32_t conns_touched; // those after the first so many have never been used
    uint64_t started_us, wall_s;
    uint32_t last_knock;
    bool draining;
};

struct control_logic *control_logic_create(const struct control_logic_config *config, uint64_t now_us, uint64_t wall_s);
void control_logic_destroy(struct control_logic *l);

// A WebSocket stands: its number, or ROOM_NO_CONN when there are too many.
uint32_t control_logic_open(struct control_logic *l, const struct addr *from, uint64_t now_us);
// One whole text message. `n` has been bounded by control_logic_message_max before it was received.
void control_logic_message(struct control_logic *l, uint32_t conn, const char *text, size_t n, uint64_t now_us);
size_t control_logic_message_max(const struct control_logic *l, uint32_t conn);
// Which member of which room it speaks for. False: of none.
bool control_logic_seat(const struct control_logic *l, uint32_t conn, uint32_t *room, uint16_t *sender);
bool control_logic_greeted(const struct control_logic *l, uint32_t conn); // has said hello
void control_logic_closed(struct control_logic *l, uint32_t conn, uint64_t now_us);
void control_logic_event(struct control_logic *l, const struct core_event *e, uint64_t now_us);
// To be called about every CONTROL_LOGIC_TICK_US.
void control_logic_tick(struct control_logic *l, uint64_t now_us, uint64_t wall_s);
// The relay will end soon: nobody enters any more, and every client is told. To be called once.
void control_logic_drain(struct control_logic *l);

#endif
