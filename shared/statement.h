// Join statements: the key of a join, with the name it comes under, signed by the identity it belongs to (PROTOCOL.md
// §6). The relay hands them on; members check them, because the relay is not believed. Pure.
#ifndef PARLOUR_STATEMENT_H
#define PARLOUR_STATEMENT_H

#include "base.h"

enum { STATEMENT_SIZE = 64 };

// Ed25519 (RFC 8032) over "parlour join 1" | key | name length u8 | name. `secret` is the identity's; `name` has at
// most 255 bytes (a name of control messages has 128).
void statement_sign(uint8_t signature[STATEMENT_SIZE], const char *name, const uint8_t key[32],
                    const uint8_t secret[64]);
// Did this identity join with this key under this name?
MUST_USE bool statement_signed(const uint8_t signature[STATEMENT_SIZE], const char *name, const uint8_t identity[32],
                               const uint8_t key[32]);

// Who registers holds the identity he says: Ed25519 over "parlour register 1" | challenge. The challenge is 32 random
// bytes of the relay's, of this connection.
void statement_prove(uint8_t proof[STATEMENT_SIZE], const uint8_t challenge[32], const uint8_t secret[64]);
MUST_USE bool statement_proved(const uint8_t proof[STATEMENT_SIZE], const uint8_t challenge[32],
                               const uint8_t identity[32]);

#endif
