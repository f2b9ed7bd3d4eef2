// Room descriptors: what a room is, signed by its creator. The relay hands the newest to every member; when the relay
// has lost its ticket key they bring it back, and the relay makes the room again from it (PROTOCOL.md §9). Pure.
//   version u8 1 | room u32 | code u24 | flags u8 | epoch u32 | created u64 | admit hash 32 | n u8 | n x identity 32
//   | creator 32 | room tag 32 | Ed25519 signature 64 over "parlour descriptor 1" and all before it
// The room tag takes the invite key, so the relay, who has not got it, cannot make one; members check it.
#ifndef PARLOUR_DESCRIPTOR_H
#define PARLOUR_DESCRIPTOR_H

#include "base.h"

enum {
    DESCRIPTOR_HOSTS = 8, // hosts of a room, at most
    DESCRIPTOR_TAG = 32,
    DESCRIPTOR_MIN = 150 + DESCRIPTOR_TAG, // bytes with no host
    DESCRIPTOR_MAX = DESCRIPTOR_MIN + 32 * DESCRIPTOR_HOSTS,
    DESCRIPTOR_PROOF = 64
};

struct descriptor {
    uint32_t room, code, epoch;
    bool lobby, locked;
    uint64_t created; // s since 1970, as the relay said
    uint8_t admit_hash[32];
    uint8_t hosts[DESCRIPTOR_HOSTS][32];
    unsigned host_count;
    uint8_t creator[32];
};

// Tag with the invite key and sign with the creator's Ed25519 secret key; gives the size, 0 when it has too many hosts.
size_t descriptor_sign(const struct descriptor *d, const uint8_t secret[64], const uint8_t invite_key[16],
                       uint8_t out[DESCRIPTOR_MAX]);
// Read and check the signature. False when malformed or not signed by the creator it names.
MUST_USE bool descriptor_open(struct descriptor *d, const uint8_t *p, size_t n);
// Was it made by somebody with the room's invite key? The signature is descriptor_open's to check.
MUST_USE bool descriptor_tagged(const uint8_t *p, size_t n, const uint8_t invite_key[16]);
// Do two say the same of the room? (The creator is not looked at.)
bool descriptor_same(const struct descriptor *a, const struct descriptor *b);

// Proof that one holds an identity key: a signature over "parlour hello 1", the relay's challenge of this connection
// and the admit hash of the room one asks for, so that it is good for nothing else.
void descriptor_prove(uint8_t proof[DESCRIPTOR_PROOF], const uint8_t challenge[32], const uint8_t admit_hash[32],
                      const uint8_t secret[64]);
MUST_USE bool descriptor_proved(const uint8_t proof[DESCRIPTOR_PROOF], const uint8_t challenge[32],
                                const uint8_t admit_hash[32], const uint8_t identity[32]);

#endif
