// What a call carries past the relay (PROTOCOL.md §6): the invite key of the room of two it would become. Sealed from
// the caller's join key to the key of the callee's registration, and bound to both identities: it opens only there, and
// only as that caller's. Pure.
//
//  nonce 24 | crypto_box(version u8 = 1 | flags u8 | invite key 16 | caller's identity 32 | callee's identity 32)
#ifndef PARLOUR_CALL_OFFER_H
#define PARLOUR_CALL_OFFER_H

#include "base.h"

enum { CALL_OFFER_CLEAR = 1 + 1 + 16 + 32 + 32, CALL_OFFER_SIZE = 24 + 16 + CALL_OFFER_CLEAR };

struct call_offer {
    bool picture;             // the caller has his camera on
    uint8_t invite_key[16];   // random
    uint8_t from[32], to[32]; // identities
};

// `key`: of the callee's registration; `secret`: of the caller's join key. False when that key is none.
MUST_USE bool call_offer_seal(uint8_t out[CALL_OFFER_SIZE], const struct call_offer *o, const uint8_t key[32],
                              const uint8_t secret[32]);
// `key`: the caller's join key; `secret`: of our registration. `from` and `to` are what it has to be bound to. False
// when it is not of this caller, or not for this registration.
MUST_USE bool call_offer_open(struct call_offer *o, const uint8_t *data, size_t n, const uint8_t from[32],
                              const uint8_t to[32], const uint8_t key[32], const uint8_t secret[32]);

#endif
