// Rooms, their members, ids and codes: what the control thread decides on. Pure and bounded by WIRE_*_MAX.
#ifndef PARLOUR_ROOM_H
#define PARLOUR_ROOM_H

#include "guard.h"

#include "shared/descriptor.h"
#include "shared/statement.h"
#include "shared/ticket.h"
#include "shared/wire.h"

enum { ROOM_CODES = 1000000, ROOM_NO_CONN = 0xFFFFFFFF, ROOM_VOID = 4096, ROOM_GUEST = 0, ROOM_HOST = 1 };
enum {
    ROOM_ENDED = 256,
    ROOM_WAITING = 16,            // knocks at one room
    ROOM_FROZEN_US = 30 * 1000000 // after it was rebuilt nothing raises its epoch
};

struct room_member {
    bool used;
    bool has_key; // and signature; false until its WebSocket came back after a restart
    bool away;
    uint8_t role;
    uint16_t id;
    uint64_t join_id;
    uint32_t epoch;     // of its newest ticket
    uint32_t order;     // of coming, in this life of the relay
    uint32_t conn;      // ROOM_NO_CONN while its WebSocket is away
    uint64_t ticket_us; // when its ticket was last renewed
    char name[TICKET_NAME_MAX];
    uint8_t identity[32], key[32], signature[STATEMENT_SIZE], hop_key[32]; // the signature is for members to check
};

struct room {
    bool used;
    bool rebuilt;         // from tickets or a descriptor: unknown joins are judged by epoch
    bool from_descriptor; // a newer one of the same creator is believed
    bool lobby, locked;   // either: who comes knocks
    uint32_t id, code, epoch;
    uint16_t next_id;
    uint32_t next_order;
    uint8_t admit_hash[32];
    unsigned count, waiting; // members; knocks
    guard_bucket knocks;
    uint64_t created;   // s since 1970
    uint64_t frozen_us; // until then nothing raises the epoch
    // Identities of the hosts, also of those whose connection was lost: they come back as hosts.
    uint8_t host[DESCRIPTOR_HOSTS][32];
    unsigned host_count;
    uint8_t pass[WIRE_PASSES_MAX][32]; // who passes the lobby, as hosts have said (keys_pass)
    size_t pass_count;
    bool has_creator;
    uint8_t creator[32];
    uint8_t descriptor[DESCRIPTOR_MAX]; // the newest
    size_t descriptor_size;             // 0 = none
    struct room_member member[WIRE_ROOM_MEMBERS_MAX];
};

// The size of the tables; the operator's limits (WIRE_ROOMS_MAX and WIRE_MEMBERS_MAX unless told) lie within it.
enum { ROOMS_MAX = 1000, ROOMS_MEMBERS_MAX = 4000 };

struct rooms {
    struct room room[ROOMS_MAX];
    unsigned count, members;
    unsigned rooms_most, members_most; // the operator's limit on new ones; 0 = the defaults
    uint64_t gone[ROOM_VOID];          // join ids whose tickets are void
    unsigned gone_at;
    uint32_t ended[ROOM_ENDED]; // ids of rooms a host has ended: nothing brings them back
    unsigned ended_at;
};

typedef void room_random(void *ctx, void *out, size_t n);

struct room *room_by_id(struct rooms *all, uint32_t id);
bool room_is_call(const struct room *r);
struct room *room_by_code(struct rooms *all, uint32_t code);
struct room_member *room_member(struct room *r, uint16_t id);
// How many new members the relay still takes.
unsigned room_members_free(const struct rooms *all);
// A new empty room with random id, code and first member id, or NULL when the relay is full.
struct room *room_create(struct rooms *all, const uint8_t admit_hash[32], room_random *random, void *ctx);
// The same without a code, for a call: nobody finds it, nobody is host in it.
struct room *room_create_call(struct rooms *all, room_random *random, void *ctx);
// A new member with fresh ids and hop key (name, identity, key: the caller's), or NULL when room or relay is full.
struct room_member *room_add(struct rooms *all, struct room *r, uint8_t role, room_random *random, void *ctx);
// A room again as its descriptor says: with its id, unless that is taken. NULL when the code is taken, the room has
// been ended, or the relay is full.
struct room *room_rebuild(struct rooms *all, const struct descriptor *d, room_random *random, void *ctx);
// The state of a newer descriptor.
void room_adopt(struct room *r, const struct descriptor *d);

struct room_restored {
    struct room *room;
    bool made;   // the member is new here
    bool raised; // it brought a higher epoch: members with a lower one lose their places
    bool fresh;  // so is the room
    bool ended;  // the room has been ended: for NULL
};
// Take in the bearer of a good ticket: the member it names, made (with its room) when nobody knows it and that is
// allowed. NULL when the ticket is void: left, id or code held by another, older than the room's epoch, or no space.
struct room_member *room_restore(struct rooms *all, const struct ticket *t, struct room_restored *out,
                                 room_random *random, void *ctx);
// Forget a member; the room goes with its last one. `deliberate` makes its ticket void for good.
void room_remove(struct rooms *all, struct room *r, struct room_member *m, bool deliberate);
void room_end(struct rooms *all, const struct room *r); // its id never comes back; members are the caller's

// A host's box has paired him: he passes the lobby, but not the lock.
bool room_lets_pass(const struct room *r, const uint8_t identity[32]);
bool room_knows_host(const struct room *r, const uint8_t identity[32]);
// Make a member host, or a guest. False when there are as many hosts as may be.
bool room_set_host(struct room *r, struct room_member *m, bool host);
unsigned room_hosts(const struct room *r); // who are here
// Who has been here longest, is not away and is no host; NULL when there is nobody, or the room is a call.
struct room_member *room_heir(struct room *r);
void room_describe(const struct room *r, struct descriptor *out); // but for the creator, when unknown
// What this member's ticket says now.
void room_ticket(const struct room *r, const struct room_member *m, uint64_t expiry_s, struct ticket *out);

#endif
