// Pure: who in the room can read whom (PROTOCOL.md §6). My sender keys and their announcement, the sender keys of the
// others, pairwise keys, and boxes. One thread (net). Secrets lie in guarded memory.
#ifndef PARLOUR_ROOM_KEYS_H
#define PARLOUR_ROOM_KEYS_H

#include "shared/seal.h"
#include "shared/wire.h"

enum { ROOM_KEYS_BASES = 3, ROOM_KEYS_SLOTS = 4 };

struct room_keys_base {
    bool used;
    uint8_t number;
    uint8_t base[32];
    uint64_t until_us; // UINT64_MAX, or when a superseded key dies
};

struct room_keys_peer {
    bool used, has_pair, has_message_key;
    uint16_t id;
    uint64_t join_id;
    uint8_t rx[32], tx[32], message_key[32];
    uint64_t box_newest; // boxes carry a strictly rising number
    struct room_keys_base bases[ROOM_KEYS_BASES];
    bool acked;        // my newest base
    uint64_t asked_us; // when I last asked for its keys
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
    uint8_t join_public[32];
    uint32_t room;
    uint16_t self;
    uint64_t join_id;
    bool entered;
    uint64_t box_next;
    bool has_current, has_next;
    uint8_t current_number, next_number;
    uint64_t change_due_us, changed_us, switch_us; // UINT64_MAX = none
    bool leave_pending;                            // the next change locks somebody out: the message key changes too
    struct room_keys_peer peers[WIRE_ROOM_MEMBERS_MAX];
    struct {
        bool used;
        uint8_t slot, number;
        struct seal_key key;
    } slots[ROOM_KEYS_SLOTS];
};

void room_keys_init(struct room_keys *k, const struct room_keys_io *io);
void room_keys_destroy(struct room_keys *k);
// A new join: a fresh X25519 key (join_public), a fresh message key, no peers. Do this before `create` or `join`.
void room_keys_begin(struct room_keys *k, const uint8_t invite_key[16]);
void room_keys_enter(struct room_keys *k, uint32_t room, uint16_t self, uint64_t join_id);
// Somebody is in the room. Newcomers earn a key change; a peer already known changes nothing. False when the table is
// full or the key is not acceptable: such a member gets no key.
bool room_keys_add(struct room_keys *k, uint16_t id, uint64_t join_id, const uint8_t key[32], uint64_t now_us);
void room_keys_remove(struct room_keys *k, uint16_t id, uint64_t now_us);
void room_keys_announce(struct room_keys *k, uint64_t now_us); // boxes may have been lost: all anew, both ways
// Ask a member for its keys, at most every 500 ms: its media cannot be opened.
void room_keys_ask(struct room_keys *k, uint16_t id, uint64_t now_us);
uint64_t room_keys_tick(struct room_keys *k, uint64_t now_us);

enum room_keys_box {
    ROOM_KEYS_BAD,
    ROOM_KEYS_HANDLED,
    ROOM_KEYS_NEW_BASE,
    ROOM_KEYS_ASKED, // it has been told my keys again: it lacks the rest, too
    ROOM_KEYS_TEXT
};
// Open a box. ROOM_KEYS_TEXT: *text is malloced JSON text and *number the box's number.
enum room_keys_box room_keys_open(struct room_keys *k, uint16_t from, uint16_t to, const char *data, uint64_t now_us,
                                  char **text, uint64_t *number);
// Seal text to everybody (to = 0) or to one member; false when that cannot be. *number = the box's number. It leaves
// with the next flush.
bool room_keys_send(struct room_keys *k, uint16_t to, const char *text, uint64_t *number);

// The sealing key of one of my slots, NULL while nobody can have it.
struct seal_key *room_keys_sealing(struct room_keys *k, uint8_t slot);
// The base of a member whose number mod 8 is this KID; NULL when unknown or dead.
const struct room_keys_base *room_keys_base(const struct room_keys *k, uint16_t member, uint8_t kid, uint64_t now_us);
bool room_keys_has(const struct room_keys *k, uint16_t member); // any sender key of it

#endif
