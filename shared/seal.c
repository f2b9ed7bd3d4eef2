#include "seal.h"

#include "bytes.h"

#include <openssl/evp.h>
#include <sodium.h>

enum { SUITE = 0x0005, HASH = 64, SEAL_AAD_MAX = SEAL_HEADER_MAX + SEAL_METADATA };

static size_t uint_length(uint64_t v)
{
    size_t n = 1;
    while (v >>= 8)
        n++;
    return n;
}

size_t seal_header_write(uint8_t out[SEAL_HEADER_MAX], uint64_t kid, uint64_t ctr)
{
    struct bytes_writer w = bytes_writer(out, SEAL_HEADER_MAX);
    bool long_kid = kid > 7, long_ctr = ctr > 7;
    size_t kid_n = long_kid ? uint_length(kid) : 0, ctr_n = long_ctr ? uint_length(ctr) : 0;
    uint8_t k = (uint8_t)(long_kid ? kid_n - 1 : kid), c = (uint8_t)(long_ctr ? ctr_n - 1 : ctr);
    bytes_put_u8(&w, (uint8_t)((long_kid ? 0x80 : 0) | k << 4 | (long_ctr ? 0x08 : 0) | c));
    bytes_put_uint(&w, kid, kid_n);
    bytes_put_uint(&w, ctr, ctr_n);
    return 1 + kid_n + ctr_n;
}

size_t seal_header_read(const uint8_t *p, size_t n, uint64_t *kid, uint64_t *ctr)
{
    struct bytes_reader r = bytes_reader(p, n);
    uint8_t config = bytes_u8(&r), k = config >> 4 & 7, c = config & 7;
    *kid = config & 0x80 ? bytes_uint(&r, (size_t)k + 1) : k;
    *ctr = config & 0x08 ? bytes_uint(&r, (size_t)c + 1) : c;
    return r.failed ? 0 : n - r.left;
}

// HKDF-Expand of at most one block (RFC 5869 §2.3), enough for both outputs here.
static void expand(uint8_t *out, size_t out_size, const uint8_t secret[HASH], const char *label, uint64_t kid)
{
    uint8_t info[64], block[HASH];
    struct bytes_writer w = bytes_writer(info, sizeof info);
    bytes_put(&w, label, strlen(label));
    bytes_put_u64(&w, kid);
    bytes_put_u16(&w, SUITE);
    bytes_put_u8(&w, 1);
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, secret, HASH);
    crypto_auth_hmacsha512_update(&state, info, (unsigned long long)(sizeof info - w.left));
    crypto_auth_hmacsha512_final(&state, block);
    memcpy(out, block, out_size);
    sodium_memzero(block, sizeof block);
    sodium_memzero(&state, sizeof state);
}

bool seal_derive(uint8_t key[32], uint8_t salt[12], const uint8_t *base_key, size_t base_size, uint64_t kid)
{
    uint8_t secret[HASH];
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, (const uint8_t *)"", 0); // HKDF-Extract with an empty salt
    crypto_auth_hmacsha512_update(&state, base_key, base_size);
    crypto_auth_hmacsha512_final(&state, secret);
    expand(key, 32, secret, "SFrame 1.0 Secret key ", kid);
    expand(salt, 12, secret, "SFrame 1.0 Secret salt ", kid);
    sodium_memzero(secret, sizeof secret);
    return true;
}

bool seal_key_init(struct seal_key *k, const uint8_t base_key[32], uint8_t kid, bool sealing)
{
    uint8_t key[32];
    *k = (struct seal_key){.kid = kid, .ctr = SEAL_CTR_FIRST};
    k->cipher = EVP_CIPHER_CTX_new();
    bool ok = k->cipher && seal_derive(key, k->salt, base_key, 32, kid) &&
              EVP_CipherInit_ex(k->cipher, EVP_aes_256_gcm(), NULL, key, NULL, sealing) == 1;
    sodium_memzero(key, sizeof key);
    if (!ok)
        seal_key_destroy(k);
    return ok;
}

void seal_key_destroy(struct seal_key *k)
{
    EVP_CIPHER_CTX_free(k->cipher); // wipes the key schedule
    sodium_memzero(k, sizeof *k);
}

static void make_nonce(uint8_t nonce[12], const struct seal_key *k, uint64_t ctr)
{
    memcpy(nonce, k->salt, 12);
    for (unsigned i = 0; i < 8; i++)
        nonce[11 - i] ^= (uint8_t)(ctr >> (8 * i));
}

// What is vouched for beside the payload, in one piece: each call into the cipher costs as much as its work.
static void make_aad(uint8_t aad[SEAL_AAD_MAX], const uint8_t *header, size_t n, const uint8_t metadata[SEAL_METADATA])
{
    memcpy(aad, header, n);
    memcpy(aad + n, metadata, SEAL_METADATA);
}

size_t seal_packet(struct seal_key *k, const uint8_t metadata[SEAL_METADATA], const uint8_t *in, size_t n, uint8_t *out)
{
    uint8_t nonce[12], aad[SEAL_AAD_MAX];
    int got;
    if (!k->cipher || k->ctr >= SEAL_CTR_END)
        return 0;
    size_t header = seal_header_write(out, k->kid, k->ctr);
    make_nonce(nonce, k, k->ctr++);
    make_aad(aad, out, header, metadata);
    bool ok = EVP_EncryptInit_ex(k->cipher, NULL, NULL, NULL, nonce) == 1 &&
              EVP_EncryptUpdate(k->cipher, NULL, &got, aad, (int)header + SEAL_METADATA) == 1 &&
              EVP_EncryptUpdate(k->cipher, out + header, &got, in, (int)n) == 1 &&
              EVP_EncryptFinal_ex(k->cipher, out + header + n, &got) == 1 &&
              EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, out + header + n) == 1;
    return ok ? header + n + SEAL_TAG : 0;
}

bool seal_peek(const uint8_t *p, size_t n, uint8_t *kid, uint64_t *ctr)
{
    uint64_t k;
    if (n < SEAL_HEADER + SEAL_TAG || (p[0] & 0x8f) != 0x0b || seal_header_read(p, n, &k, ctr) != SEAL_HEADER ||
        *ctr < SEAL_CTR_FIRST)
        return false;
    *kid = (uint8_t)k;
    return true;
}

bool seal_open(struct seal_key *k, const uint8_t metadata[SEAL_METADATA], const uint8_t *p, size_t n, uint8_t *out,
               size_t *out_n)
{
    uint8_t nonce[12], aad[SEAL_AAD_MAX], kid, tag[SEAL_TAG];
    uint64_t ctr;
    int got;
    *out_n = 0;
    if (!k->cipher || !seal_peek(p, n, &kid, &ctr) || kid != k->kid)
        return false;
    size_t body = n - SEAL_HEADER - SEAL_TAG;
    memcpy(tag, p + n - SEAL_TAG, SEAL_TAG);
    make_nonce(nonce, k, ctr);
    make_aad(aad, p, SEAL_HEADER, metadata);
    bool ok = EVP_DecryptInit_ex(k->cipher, NULL, NULL, NULL, nonce) == 1 &&
              EVP_DecryptUpdate(k->cipher, NULL, &got, aad, SEAL_HEADER + SEAL_METADATA) == 1 &&
              EVP_DecryptUpdate(k->cipher, out, &got, p + SEAL_HEADER, (int)body) == 1 &&
              EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(k->cipher, out + body, &got) == 1;
    if (!ok)
        sodium_memzero(out, body); // what nobody vouched for
    *out_n = ok ? body : 0;
    return ok;
}

void seal_metadata(uint8_t out[SEAL_METADATA], const uint8_t *datagram)
{
    memcpy(out, datagram + 1, 7);
    memcpy(out + 7, datagram + 19, 5);
}
