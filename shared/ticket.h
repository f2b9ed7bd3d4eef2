// Tickets: what a client brings so that a relay that remembers nothing can take it in (PROTOCOL.md §9, §12).
// nonce 24 | XChaCha20-Poly1305 under the relay's ticket key, AD "parlour ticket 1".
#ifndef PARLOUR_TICKET_H
#define PARLOUR_TICKET_H

#include "wire.h"

enum { TICKET_LOBBY = 1, TICKET_LOCKED = 2, TICKET_WITH_LINK = 4 };
enum { TICKET_NAME_MAX = 129 };
enum { TICKET_NO_CODE = 0xFFFFFF }; // of a room that nobody finds by number: a call of two

struct ticket {
    uint32_t room;
    uint32_t code; // 0-999999, or TICKET_NO_CODE
    uint16_t sender;
    uint64_t join_id;
    uint8_t role; // 0 guest, 1 host
    uint8_t flags;
    uint32_t epoch;
    uint64_t expiry; // s since 1970
    uint8_t hop_key[32], identity[32], admit_hash[32];
    char name[TICKET_NAME_MAX];
};

// Seal into `out` (WIRE_TICKET_MAX bytes); returns the size.
size_t ticket_seal(const struct ticket *t, const uint8_t key[32], uint8_t out[WIRE_TICKET_MAX]);
// Open; false when it was not sealed by this key, is malformed or has expired at now_s (s since 1970).
MUST_USE bool ticket_open(struct ticket *t, const uint8_t key[32], const uint8_t *p, size_t n, uint64_t now_s);

#endif
