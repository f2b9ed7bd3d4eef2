// Pure: who in the room can read whom (PROTOCOL.md §6). My sender keys and their announcement, the sender keys of the
// others, pairwise keys, and boxes. Whom to trust is decided by the caller: only members it adds are told anything. One
// thread (net). Every secret lies in guarded memory.
#ifndef PARLOUR_ROOM_KEYS_H
#define PARLOUR_ROOM_KEYS_H

#include "shared/keys.h"
#include "shared/seal.h"
#include "shared/wire.h"

// Five bases of each member: changes for newcomers are 250 ms apart and one that shuts somebody out may come between,
// so that a key opens for at least 500 ms after its last datagram was sent.
enum { ROOM_KEYS_BASES = 5, ROOM_KEYS_SLOTS = 16, ROOM_KEYS_GONE = 64 };

struct room_keys_base { // a sender key of a member; in guarded memory
    bool used;
    bool derived; // by a box to all, which whoever knows the key before could have made
    uint8_t number;
    uint8_t base[32];
    uint64_t serial;   // never used twice, whatever the number
    uint64_t until_us; // UINT64_MAX, or when a superseded key dies
};

struct room_keys_peer {
    bool used;
    bool newcomer;  // not told any base yet
    bool acked;     // has acknowledged a base once
    bool confirmed; // a box of it has opened: it holds the pair key
    bool silent;    // has not shown that in time: it is told nothing until it does
    bool waited;    // the change under way waits for its acknowledgement
    uint16_t id;
    uint64_t join_id;
    uint8_t identity[32], key[32]; // key: of this join
    uint64_t added_us;
    uint64_t box_newest, ratchet_newest; // boxes carry a strictly rising number
    uint64_t asked_us;                   // when I last asked for its keys
};

struct room_keys_secret; // sodium_malloc'ed

struct room_keys_io {
    void *ctx;
    void (*box)(void *ctx, uint16_t to, char *data); // moved; 0 = all
    void (*flush)(void *ctx);                        // a burst of boxes is complete
};

struct room_keys {
    struct room_keys_io io;
    struct room_keys_secret *secret;
    uint8_t identity[32];
    const uint8_t *identity_secret; // Ed25519, the caller's
    uint8_t join_public[32];
    uint32_t room;
    uint16_t self;
    uint64_t join_id;
    bool entered;
    uint64_t box_next;
    bool has_next;  // a change is under way
    bool announced; // somebody has been told a base
    bool timed;     // the change waits its full time: not all were asked to acknowledge
    bool said;      // something was said to all under the change's base
    uint8_t current_number, next_number;
    uint64_t fresh_due_us, join_due_us, switch_us; // UINT64_MAX = none
    uint64_t changed_us, fresh_us;                 // the last change, the last fresh base; 0 = none
    uint64_t serial;                               // of the newest base of anybody
    struct room_keys_peer peers[WIRE_ROOM_MEMBERS_MAX];
    // Joins that were removed and may be added again: what they have said is not believed a second time. Only who held
    // a pair key is remembered, so strangers push nobody out.
    struct {
        uint64_t join_id, box_newest, ratchet_newest;
    } gone[ROOM_KEYS_GONE];
    unsigned gone_next;
};

// `identity_secret` (Ed25519, 64 bytes) stays the caller's, and where it is.
void room_keys_init(struct room_keys *k, const struct room_keys_io *io, const uint8_t identity[32],
                    const uint8_t *identity_secret);
void room_keys_destroy(struct room_keys *k);
// A new join: a fresh X25519 key (join_public), no peers, an invite key of zeros. Do this before `create` or `join`.
void room_keys_begin(struct room_keys *k);
void room_keys_end(struct room_keys *k);                                      // out of the room: every secret is wiped
void room_keys_set_invite(struct room_keys *k, const uint8_t invite_key[16]); // before anybody is added
const uint8_t *room_keys_join_secret(const struct room_keys *k);              // X25519, for the door
void room_keys_enter(struct room_keys *k, uint32_t room, uint16_t self, uint64_t join_id);
// Somebody is in the room whose join key is his (the caller has checked). Newcomers earn a key change; a peer already
// known changes nothing. False when the table is full or the key is not acceptable: such a member gets no key.
bool room_keys_add(struct room_keys *k, uint16_t id, const struct keys_side *side, uint64_t now_us);
// He has left, or is no longer trusted: locked out within 2 s.
void room_keys_remove(struct room_keys *k, uint16_t id, uint64_t now_us);
bool room_keys_confirmed(const struct room_keys *k, uint16_t id); // he has shown that he holds the pair key
void room_keys_announce(struct room_keys *k, uint64_t now_us);    // boxes may have been lost: all anew, both ways
// Ask a member for its keys, at most every 500 ms: its media cannot be opened.
void room_keys_ask(struct room_keys *k, uint16_t id, uint64_t now_us);
uint64_t room_keys_tick(struct room_keys *k, uint64_t now_us); // returns when the next one is due

enum room_keys_box {
    ROOM_KEYS_BAD,
    ROOM_KEYS_HANDLED,
    ROOM_KEYS_NEW_BASE,
    ROOM_KEYS_ASKED, // it has been told my keys again: it lacks the rest, too
    ROOM_KEYS_TEXT
};
// Open a box. ROOM_KEYS_TEXT: *text is malloced JSON text signed by that member, and *number the box's number.
enum room_keys_box room_keys_open(struct room_keys *k, uint16_t from, uint16_t to, const char *data, uint64_t now_us,
                                  char **text, uint64_t *number);
// Sign and seal text to everybody (to = 0) or to one member; false when that cannot be. *number = the box's number. It
// leaves with the next flush.
bool room_keys_send(struct room_keys *k, uint16_t to, const char *text, uint64_t *number);

// The sealing key of one of my slots, NULL while nobody can have it.
struct seal_key *room_keys_sealing(struct room_keys *k, uint8_t slot);
// The newest base of a member whose number mod 8 is this KID; NULL when unknown or dead.
const struct room_keys_base *room_keys_base(const struct room_keys *k, uint16_t member, uint8_t kid, uint64_t now_us);
// Does the base of that serial still open?
bool room_keys_lives(const struct room_keys *k, uint16_t member, uint64_t serial, uint64_t now_us);
bool room_keys_has(const struct room_keys *k, uint16_t member); // any sender key of it

#endif
