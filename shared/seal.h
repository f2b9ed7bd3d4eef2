// SFrame (RFC 9605), suite 0x0005 AES_256_GCM_SHA512_128 only, one packet at a time.
#ifndef PARLOUR_SEAL_H
#define PARLOUR_SEAL_H

#include "base.h"

enum {
    SEAL_HEADER = 5, // config byte with inline KID and a 4-byte CTR
    SEAL_TAG = 16,
    SEAL_METADATA = 12,
    SEAL_HEADER_MAX = 17
};
#define SEAL_CTR_FIRST ((uint64_t)1 << 24)
#define SEAL_CTR_END   ((uint64_t)1 << 32) // a new key before this

typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;

// One key of one slot: a cipher context whose nonce alone changes. One thread.
struct seal_key {
    EVP_CIPHER_CTX *cipher; // NULL = empty
    uint8_t salt[12];
    uint8_t kid;  // 0-7
    uint64_t ctr; // sealing: the next counter
};

// `base_key` is the slot's (keys_slot). False when the crypto library refuses.
MUST_USE bool seal_key_init(struct seal_key *k, const uint8_t base_key[32], uint8_t kid, bool sealing);
void seal_key_destroy(struct seal_key *k); // also of an empty one; wipes

// Seal `n` bytes: writes SEAL_HEADER + n + SEAL_TAG bytes to `out` (not overlapping `in`) and returns that number;
// 0 when the key's counters are used up.
size_t seal_packet(struct seal_key *k, const uint8_t metadata[SEAL_METADATA], const uint8_t *in, size_t n,
                   uint8_t *out);
// The KID and CTR of a sealed packet of ours; false when its header is of another shape.
MUST_USE bool seal_peek(const uint8_t *p, size_t n, uint8_t *kid, uint64_t *ctr);
// Open into `out` (n - 21 bytes). False when anything was changed; *out_n is 0 then and `out` has no plaintext.
MUST_USE bool seal_open(struct seal_key *k, const uint8_t metadata[SEAL_METADATA], const uint8_t *p, size_t n,
                        uint8_t *out, size_t *out_n);
// Metadata of a datagram: bytes 1-7 and 19-23 (WIRE: what the relay cannot relabel).
void seal_metadata(uint8_t out[SEAL_METADATA], const uint8_t *datagram);

// RFC 9605 §4.3 and §4.4.2 in full generality, for the published vectors and the packet dump.
size_t seal_header_write(uint8_t out[SEAL_HEADER_MAX], uint64_t kid, uint64_t ctr);
size_t seal_header_read(const uint8_t *p, size_t n, uint64_t *kid, uint64_t *ctr); // size, 0 = malformed
MUST_USE bool seal_derive(uint8_t key[32], uint8_t salt[12], const uint8_t *base_key, size_t base_size, uint64_t kid);

#endif
