// Every key derivation of the protocol (PROTOCOL.md §6, §12), the identity key, and base64 as messages use it.
#ifndef PARLOUR_KEYS_H
#define PARLOUR_KEYS_H

#include "base.h"

enum {
    KEYS_HOP = 16,    // hop and room downlink keys (SipHash)
    KEYS_INVITE = 16, // k of the invite link
    KEYS_SIZE = 32,   // everything else
    KEYS_IDENTITY_SECRET = 64,
    KEYS_FINGERPRINT_TEXT = 20 // "abcd-efgh-ijkl-mnop" and the end
};

// BLAKE2b-256 keyed with `key` (16 to 64 bytes) over label length u8 | label | data.
void keys_kdf(uint8_t out[32], const uint8_t *key, size_t key_size, const char *label, const void *data, size_t size);

// Both directions of a client's hop, from the ticket's hop key and the nonces of the handshake.
void keys_hop(uint8_t up[16], uint8_t down[16], const uint8_t hop_key[32], uint64_t client_nonce,
              const uint8_t boot_nonce[16]);
void keys_room_secret(uint8_t out[32], const uint8_t ticket_key[32], uint32_t room, uint32_t epoch);
void keys_room_down(uint8_t out[16], const uint8_t room_secret[32], const uint8_t boot_nonce[16]);

// What the invite key proves to the relay without showing itself: token, and the hash the relay keeps of it.
void keys_room_token(uint8_t token[32], const uint8_t invite_key[16]);
void keys_admit_hash(uint8_t out[32], const uint8_t token[32]);
// What lines of chat are signed with, so that they are of this room and no other.
void keys_chat_tag(uint8_t tag[32], const uint8_t invite_key[16]);

// How hosts name somebody who may pass a room's lobby: whoever does not know the identity does not learn it.
void keys_pass(uint8_t hash[32], const uint8_t admit_hash[32], const uint8_t identity[32]);

// SFrame base_key of one slot of a sender's base key.
void keys_slot(uint8_t out[32], const uint8_t base[32], uint8_t slot);

// The sender key after `base` (may be the same array), and the key of boxes to all under a base.
void keys_ratchet(uint8_t out[32], const uint8_t base[32]);
void keys_message(uint8_t out[32], const uint8_t base[32]);

// One of two members, as both see it.
struct keys_side {
    uint64_t join_id;
    uint8_t identity[32], key[32]; // Ed25519; X25519 join key
};
// Pairwise keys of two members: crypto_kx of their join keys (the lower join id is the kx client), bound to all that
// both must see alike: the invite key, the room, and each one's join id, identity and join key. False when the other's
// key is not acceptable to crypto_kx or the join ids are equal.
MUST_USE bool keys_pair(uint8_t rx[32], uint8_t tx[32], const struct keys_side *me, const uint8_t my_secret[32],
                        const struct keys_side *them, uint32_t room, const uint8_t invite_key[16]);

// Load the Ed25519 identity from `path`, or make it (0600, written to a temporary file, synced, renamed).
// False with one sentence in `error` when the file is unreadable, damaged or open to others.
MUST_USE bool keys_identity_load(const char *path, uint8_t public_key[32], uint8_t secret_key[64], char *error,
                                 size_t error_size);
// Write `size` bytes to `path` atomically, mode 0600. False with errno set.
MUST_USE bool keys_write_file(const char *path, const void *data, size_t size);
// Read exactly `size` bytes of a private file; false when missing, of another size, or (errno EACCES) readable by
// others.
MUST_USE bool keys_read_file(const char *path, void *data, size_t size);

// A public identity key as people read it to each other: 80 bits of its BLAKE2b hash in the base32 alphabet of RFC
// 4648, lower case, in four groups of four.
void keys_fingerprint_text(char out[KEYS_FINGERPRINT_TEXT], const uint8_t identity[32]);

// base64url without padding. `out` needs keys_base64_size(n) bytes, end included.
size_t keys_base64_size(size_t n);
char *keys_base64(char *out, size_t out_size, const uint8_t *data, size_t n);
// Decode; false unless it is valid. *n = bytes written (at most `max`).
MUST_USE bool keys_unbase64(uint8_t *out, size_t max, size_t *n, const char *text);

#endif
