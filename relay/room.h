// Rooms, their members, ids and codes: what the control thread decides on. Pure and bounded by WIRE_*_MAX.
#ifndef PARLOUR_ROOM_H
#define PARLOUR_ROOM_H

#include "shared/ticket.h"
#include "shared/wire.h"

enum { ROOM_CODES = 1000000, ROOM_NO_CONN = 0xFFFFFFFF, ROOM_VOID = 4096, ROOM_GUEST = 0, ROOM_HOST = 1 };

struct room_member {
    bool used;
    bool has_key; // false until its WebSocket came back after a restart
    bool away;
    uint8_t role;
    uint16_t id;
    uint64_t join_id;
    uint32_t conn;      // ROOM_NO_CONN while its WebSocket is away
    uint64_t ticket_us; // when its ticket was last renewed
    char name[TICKET_NAME_MAX];
    uint8_t identity[32], key[32], hop_key[32];
};

struct room {
    bool used;
    bool rebuilt; // from tickets: unknown joins are judged by epoch
    uint32_t id, code, epoch;
    uint16_t next_id;
    uint8_t admit_hash[32];
    unsigned count;
    struct room_member member[WIRE_ROOM_MEMBERS_MAX];
};

struct rooms {
    struct room room[WIRE_ROOMS_MAX];
    unsigned count, members;
    uint64_t gone[ROOM_VOID]; // join ids whose tickets are void
    unsigned gone_at;
};

typedef void room_random(void *ctx, void *out, size_t n);

struct room *room_by_id(struct rooms *all, uint32_t id);
struct room *room_by_code(struct rooms *all, uint32_t code);
struct room_member *room_member(struct room *r, uint16_t id);
// A new empty room with random id, code and first member id, or NULL when the relay is full.
struct room *room_create(struct rooms *all, const uint8_t admit_hash[32], room_random *random, void *ctx);
// A new member with fresh ids and hop key (name, identity, key: the caller's), or NULL when room or relay is full.
struct room_member *room_add(struct rooms *all, struct room *r, uint8_t role, room_random *random, void *ctx);
// Take in the bearer of a good ticket: the member it names, made (with its room) when nobody knows it and that is
// allowed. NULL when the ticket is void: left, id or code held by another, older than the room's epoch, or no space.
// *made tells that the member is new here.
struct room_member *room_restore(struct rooms *all, const struct ticket *t, struct room **room, bool *made,
                                 room_random *random, void *ctx);
// Forget a member; the room goes with its last one. `deliberate` makes its ticket void for good.
void room_remove(struct rooms *all, struct room *r, struct room_member *m, bool deliberate);
// What this member's ticket says now.
void room_ticket(const struct room *r, const struct room_member *m, uint64_t expiry_s, struct ticket *out);

#endif
