// Pure: whom one obeys in a room, and who may be given keys in it (PROTOCOL.md §6). The relay carries hosts' orders
// out, but it is not believed: an order counts when it comes, signed, from an identity that is a host in this table,
// whatever the relay makes of it. A host is
//   - who created the room, and whom its newest good descriptor lists (the caller has checked signature and tag);
//   - whom a role order or a claim of a believed host names, until a role order takes that back;
//   - an heir: here, and named by the relay while no believed host was here; as long as the relay names it.
// orders_text.c has their JSON.
#ifndef PARLOUR_ORDERS_H
#define PARLOUR_ORDERS_H

#include "shared/descriptor.h"
#include "shared/wire.h"

#include <jansson.h>

enum {
    ORDERS_HOSTS = 16,    // full: who is host no more makes room; nobody else does
    ORDERS_ADMITTED = 64, // from here on: the oldest makes room
    ORDERS_RECENT = 16,   // of them a claim names
    ORDERS_KICKED = 64,
    ORDERS_KNOWN = 128,
    ORDERS_PASSES = WIRE_PASSES_MAX,          // of each host, and of a claim; what is more is not told
    ORDERS_PEOPLE = WIRE_ROOM_MEMBERS_MAX + 1 // of one room
};

enum order_kind { ORDER_ADMIT = 1, ORDER_KICK, ORDER_MUTE, ORDER_ROLE, ORDER_LOCK, ORDER_LOBBY, ORDER_PASS };

struct order {
    enum order_kind kind;
    uint8_t key[32];                   // admit: the join key
    uint16_t id;                       // kick, mute; 0 = all
    uint64_t join_id;                  // kick
    uint8_t identity[32];              // role; kick: zeros = not said
    bool on;                           // role: host from now on; lock, lobby
    uint8_t passes[ORDERS_PASSES][32]; // pass: in place of all of this host before (keys_pass)
    unsigned pass_count;
};

// What a host tells a newcomer: hosts, the door, the join keys of those who are here, and who was removed.
struct orders_claim {
    unsigned host_count, admitted_count, kicked_count;
    uint8_t hosts[ORDERS_HOSTS][32];
    uint8_t admitted[ORDERS_RECENT + ORDERS_PEOPLE][32];
    uint8_t kicked[ORDERS_KICKED][32];
    bool has_door, lobby, locked;
    bool has_passes; // of hosts: the teller's own whole list, and of others what there is room for
    struct {
        uint8_t host[32], hash[32];
    } passes[ORDERS_PASSES];
    unsigned pass_count;
};

struct orders_people {
    uint8_t identity[ORDERS_PEOPLE][32];
    unsigned count;
};

// Where one knows the door from: the better source is not overruled by a worse one.
enum orders_door { ORDERS_DOOR_UNKNOWN, ORDERS_DOOR_RELAY, ORDERS_DOOR_DESCRIBED, ORDERS_DOOR_ORDERED };

struct orders_host {
    uint8_t identity[32];
    uint8_t why;     // ORDERS_WHY_*; 0 = free
    bool has_passes; // it has said whom its box has paired, or somebody has of it
    uint8_t passes[ORDERS_PASSES][32];
    unsigned pass_count;
};

struct orders_kicked {
    uint8_t identity[32]; // zeros = unknown
    uint64_t join_id;     // 0 = unknown
    uint64_t serial;      // 0 = free
    bool forgiven;        // let in again under another join key; the old join stays out
};

struct orders {
    struct orders_host hosts[ORDERS_HOSTS];
    bool has_creator;
    uint8_t creator[32];
    uint32_t described; // epoch of the newest descriptor taken; 0 = none
    enum orders_door door;
    bool lobby, locked; // either: who comes needs an admit order
    uint8_t room[32];   // admit hash: what hashes of passes are of
    uint64_t serial;    // of orders, to tell later from earlier
    struct {
        uint8_t key[32];
        uint64_t serial; // 0 = free
    } admitted[ORDERS_ADMITTED];
    struct orders_kicked kicked[ORDERS_KICKED];
    uint8_t known[ORDERS_KNOWN][32]; // identities that have been here with keys
    unsigned admitted_at, kicked_at, known_at;
};

// Another room. All zeros is a room of which nothing is known.
void orders_forget(struct orders *o);
void orders_create(struct orders *o, const uint8_t identity[32], bool lobby); // the room is ours, and new

void orders_room(struct orders *o, const uint8_t admit_hash[32]); // after those two

// A descriptor with a right signature and tag. True when something follows from it: it is newer than the last one, and
// of the same creator.
bool orders_describe(struct orders *o, const struct descriptor *d);
// The relay's word on lobby and lock counts only until one knows better. True when it changed something.
bool orders_hear_door(struct orders *o, bool lobby, bool locked);
// Whom the relay names as hosts: they are heirs if no believed host is among `here`. `just_came` (may be NULL) does not
// count as here: he who comes back finds those who were named while he was away. True when something changed.
bool orders_hear_hosts(struct orders *o, const struct orders_people *here, const struct orders_people *named,
                       const uint8_t *just_came);

bool orders_is_host(const struct orders *o, const uint8_t identity[32]);
bool orders_restricted(const struct orders *o); // who comes needs an admit order

enum orders_effect { ORDERS_IGNORED, ORDERS_TAKEN, ORDERS_CHANGED }; // CHANGED: hosts, door, or who may have keys
// An order signed by `from`: ignored unless he is a host.
enum orders_effect orders_take(struct orders *o, const uint8_t from[32], const struct order *x);
enum orders_effect orders_take_claim(struct orders *o, const uint8_t from[32], const struct orders_claim *claim);
// `admitted` has those who were let in last and may be on their way; the caller adds who is here. `self` tells it.
void orders_claim(const struct orders *o, const uint8_t self[32], struct orders_claim *out);

// Whom this host's box has paired, as far as is known here; NULL = it has said nothing.
const struct orders_host *orders_passes_of(const struct orders *o, const uint8_t host[32]);
// What the relay is to let in past the lobby: what all hosts together say, `self` first, but for who was removed.
unsigned orders_passes(const struct orders *o, const uint8_t self[32], uint8_t out[ORDERS_PASSES][32]);

// May this member have keys? Remembers those who may although the door is closed.
bool orders_judge(struct orders *o, const uint8_t identity[32], const uint8_t key[32], uint64_t join_id);
// It was in the room before the door counted for it: before us, or before the door was closed.
void orders_met(struct orders *o, const uint8_t identity[32]);

// May the creator sign that this is the room? The door is as believed, the hosts are all believed, and the creator
// (`self`) is not left out when he is one.
bool orders_agree(const struct orders *o, const struct descriptor *d, const uint8_t self[32]);

// orders_text.c: an order as it is said in a box, {"kind":"order",...}, and a claim, {"kind":"hosts",...}. Reading
// gives false unless it is well formed and within bounds. Writing gives malloced text.
MUST_USE bool order_read(struct order *x, const json_t *o);
char *order_write(const struct order *x);
MUST_USE bool orders_claim_read(struct orders_claim *claim, const json_t *o);
char *orders_claim_write(const struct orders_claim *claim);

#endif
