// What the two halves of room_keys share: room_keys.c (my keys, when they change, what I say) and room_keys_peers.c
// (the others' keys, what they say).
#ifndef PARLOUR_ROOM_KEYS_PARTS_H
#define PARLOUR_ROOM_KEYS_PARTS_H

#include "room_keys.h"

#include "shared/box.h"

enum { ROOM_KEYS_NUMBERS = 255 }; // bases are numbered 0-254, round and round

struct room_keys_peer_secret {
    uint8_t rx[32], tx[32];
    struct room_keys_base bases[ROOM_KEYS_BASES];
};

struct room_keys_secret {
    uint8_t join[32], invite[16], current[32], next[32];
    struct room_keys_peer_secret peers[WIRE_ROOM_MEMBERS_MAX]; // beside room_keys.peers
    struct {
        bool used;
        uint8_t slot;
        struct seal_key key;
    } slots[ROOM_KEYS_SLOTS];
};

struct room_keys_peer *room_keys_find(const struct room_keys *k, uint16_t id); // or NULL
struct room_keys_peer_secret *room_keys_secret_of(const struct room_keys *k, const struct room_keys_peer *p);

// Seal for one member, under the next box number.
void room_keys_box_to(struct room_keys *k, const struct room_keys_peer *p, const uint8_t *clear, size_t n);
// My newest base to one member, as BOX_KEY or BOX_KEY_QUIET. A change under way waits for the answer to BOX_KEY.
void room_keys_tell(struct room_keys *k, struct room_keys_peer *p, enum box_kind kind);
void room_keys_earn(struct room_keys *k, uint64_t now_us); // a newcomer is to be told: a change for him is due

// Wipe the others' bases that are over. Returns when the next one is.
uint64_t room_keys_bury(struct room_keys *k, uint64_t now_us);

#endif
