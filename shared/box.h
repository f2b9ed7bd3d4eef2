// Boxes: what members say to each other past the relay (PROTOCOL.md §6). On the wire base64url of
//   to one member  n u64 | sealed under the pair key of that direction
//   to all         number u8 | n u64 | sealed under the message key of the sender's base of that number
// Sealed: XChaCha20-Poly1305, nonce = 16 zero bytes | n, AAD = room u32 | from u16 | to u16 | n u64, to all also the
// number. Inside, after one byte that says what it is: keys, or text, which is always signed.
#ifndef PARLOUR_BOX_H
#define PARLOUR_BOX_H

#include "base.h"

enum box_kind {
    BOX_KEY = 1,     // number u8 | base 32: acknowledge it
    BOX_KEY_ACK,     // number u8
    BOX_KEY_ASK,     // tell me your keys: mine of you may be lost
    BOX_KEY_QUIET,   // number u8 | base 32: no need to acknowledge
    BOX_KEY_RATCHET, // number u8: to all, my base of that number follows from the one before
    BOX_TEXT         // signature 64 | JSON, padded with spaces to a multiple of 64
};

enum { BOX_KEY_SIZE = 34, BOX_TEXT_HEAD = 65, BOX_CLEAR_MAX = 11264 };

struct box_address {
    uint32_t room;
    uint16_t from, to; // to: 0 = all
    uint8_t number;    // to all: of the sender's base
};

// Seal; returns malloced text, or NULL when `size` is 0 or over BOX_CLEAR_MAX.
char *box_seal(const uint8_t key[32], const struct box_address *a, uint64_t n, const uint8_t *clear, size_t size);
// Open; returns malloced bytes with a zero after them and *n, or NULL when anything was changed.
uint8_t *box_open(const uint8_t key[32], const struct box_address *a, const char *text, uint64_t *n, size_t *size);
// The number a box to all names, yet to be proved by opening it.
MUST_USE bool box_number(const char *text, uint8_t *number);

// Signed text for a box: malloced BOX_TEXT | signature | padded JSON. Ed25519 over "parlour box 1" | room u32 | from
// u16 | join key 32 of the sender | to u16 | n u64 | padded JSON: good for this box alone. The relay gives out room and
// ids, and may give out the same ones again; a join key is made by who joins.
uint8_t *box_sign(size_t *size, const struct box_address *a, const uint8_t join_key[32], uint64_t n, const char *json,
                  const uint8_t secret[64]);
// The JSON (inside `clear`, which has a zero after it), or NULL when it is not text signed by that identity.
char *box_signed(uint8_t *clear, size_t size, const struct box_address *a, const uint8_t join_key[32], uint64_t n,
                 const uint8_t identity[32]);

#endif
