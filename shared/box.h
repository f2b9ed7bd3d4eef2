// Boxes: what members say to each other past the relay (PROTOCOL.md §6). On the wire base64url of
// n u64 | XChaCha20-Poly1305(key, nonce = 16 zero bytes | n, AAD = room u32 | from u16 | to u16 | n u64).
// Inside: JSON padded with spaces to 64, or 0x01 | number u8 | key 32, or 0x02 | number u8 (acknowledged), or 0x03
// (tell me your keys: mine of you may be lost).
#ifndef PARLOUR_BOX_H
#define PARLOUR_BOX_H

#include "base.h"

enum {
    BOX_KEY = 1,
    BOX_KEY_ACK = 2,
    BOX_KEY_ASK = 3,
    BOX_MESSAGE_KEY_NUMBER = 255,
    BOX_KEY_SIZE = 34,
    BOX_CLEAR_MAX = 11264
};

struct box_address {
    uint32_t room;
    uint16_t from, to; // to: 0 = all
};

// Seal; returns malloced text, or NULL when `size` is over BOX_CLEAR_MAX. Text starting with '{' is padded.
char *box_seal(const uint8_t key[32], const struct box_address *a, uint64_t n, const uint8_t *clear, size_t size);
// Open; returns malloced bytes with a zero after them (padding kept) and *n, or NULL when anything was changed.
uint8_t *box_open(const uint8_t key[32], const struct box_address *a, const char *text, uint64_t *n, size_t *size);

#endif
