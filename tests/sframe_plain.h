// SFrame with suite 0x0005 once more, straight from the text of RFC 9605 and sharing nothing with shared/seal.c: what
// the tests hold that against. One call of OpenSSL a step, nothing kept between packets.
#ifndef PARLOUR_TESTS_SFRAME_PLAIN_H
#define PARLOUR_TESTS_SFRAME_PLAIN_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { PLAIN_TAG = 16, PLAIN_AAD_MAX = 17 + 64, PLAIN_LABEL_MAX = 34 };

struct plain_keys {
    uint8_t secret[64], key[32], salt[12];
};

// §4.4.2: "SFrame 1.0 Secret key " or "... salt ", KID in 8 bytes, the suite in 2.
static inline size_t plain_label(uint8_t out[PLAIN_LABEL_MAX], const char *word, uint64_t kid)
{
    size_t n = strlen(word);
    memcpy(out, word, n);
    for (unsigned i = 0; i < 8; i++)
        out[n + i] = (uint8_t)(kid >> (56 - 8 * i));
    out[n + 8] = 0;
    out[n + 9] = 5;
    return n + 10;
}

static inline void plain_derive(struct plain_keys *k, const uint8_t *base_key, size_t size, uint64_t kid)
{
    static const uint8_t empty_salt[64]; // HMAC pads its key with zeros: that is the empty one
    uint8_t info[PLAIN_LABEL_MAX + 1], block[64];
    HMAC(EVP_sha512(), empty_salt, sizeof empty_salt, base_key, size, k->secret, NULL);
    size_t n = plain_label(info, "SFrame 1.0 Secret key ", kid);
    info[n] = 1;
    HMAC(EVP_sha512(), k->secret, 64, info, n + 1, block, NULL);
    memcpy(k->key, block, sizeof k->key);
    n = plain_label(info, "SFrame 1.0 Secret salt ", kid);
    info[n] = 1;
    HMAC(EVP_sha512(), k->secret, 64, info, n + 1, block, NULL);
    memcpy(k->salt, block, sizeof k->salt);
}

static inline void plain_nonce(uint8_t nonce[12], const struct plain_keys *k, uint64_t ctr)
{
    for (unsigned i = 0; i < 12; i++)
        nonce[i] = (uint8_t)(k->salt[i] ^ (i < 4 ? 0 : ctr >> (88 - 8 * i)));
}

// §4.3, the shortest form of both numbers. Returns its size.
static inline size_t plain_header(uint8_t out[17], uint64_t kid, uint64_t ctr)
{
    size_t n = 1;
    unsigned kid_bytes = 0, ctr_bytes = 0;
    while (kid > 7 && kid_bytes < 8 && (kid_bytes == 0 || kid >> (8 * kid_bytes)))
        kid_bytes++;
    while (ctr > 7 && ctr_bytes < 8 && (ctr_bytes == 0 || ctr >> (8 * ctr_bytes)))
        ctr_bytes++;
    out[0] = (uint8_t)((kid_bytes ? 8 | (kid_bytes - 1) : kid) << 4 | (ctr_bytes ? 8 | (ctr_bytes - 1) : ctr));
    for (unsigned i = kid_bytes; i--;)
        out[n++] = (uint8_t)(kid >> (8 * i));
    for (unsigned i = ctr_bytes; i--;)
        out[n++] = (uint8_t)(ctr >> (8 * i));
    return n;
}

// Any form. Returns its size, 0 when p is too short.
static inline size_t plain_header_read(const uint8_t *p, size_t n, uint64_t *kid, uint64_t *ctr)
{
    size_t kid_bytes = n && p[0] & 0x80 ? (p[0] >> 4 & 7) + 1u : 0, ctr_bytes = n && p[0] & 8 ? (p[0] & 7) + 1u : 0;
    if (n < 1 + kid_bytes + ctr_bytes)
        return 0;
    *kid = kid_bytes ? 0 : p[0] >> 4;
    *ctr = ctr_bytes ? 0 : p[0] & 7;
    for (size_t i = 0; i < kid_bytes; i++)
        *kid = *kid << 8 | p[1 + i];
    for (size_t i = 0; i < ctr_bytes; i++)
        *ctr = *ctr << 8 | p[1 + kid_bytes + i];
    return 1 + kid_bytes + ctr_bytes;
}

// §4.4.3 with a header given: writes header_size + n + 16 bytes to `out`.
static inline bool plain_seal(const struct plain_keys *k, uint64_t ctr, const uint8_t *header, size_t header_size,
                              const uint8_t *metadata, size_t metadata_size, const uint8_t *in, size_t n, uint8_t *out)
{
    uint8_t aad[PLAIN_AAD_MAX], nonce[12];
    int got;
    memcpy(aad, header, header_size);
    memcpy(aad + header_size, metadata, metadata_size);
    memcpy(out, header, header_size);
    plain_nonce(nonce, k, ctr);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, k->key, nonce) == 1 &&
              EVP_EncryptUpdate(c, NULL, &got, aad, (int)(header_size + metadata_size)) == 1 &&
              EVP_EncryptUpdate(c, out + header_size, &got, in, (int)n) == 1 &&
              EVP_EncryptFinal_ex(c, out + header_size + n, &got) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, PLAIN_TAG, out + header_size + n) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

// §4.4.4: opens whatever header the packet has; the keys are made of its KID.
static inline bool plain_open(const uint8_t *base_key, size_t base_size, const uint8_t *metadata, size_t metadata_size,
                              const uint8_t *p, size_t n, uint8_t *out, size_t *out_size)
{
    struct plain_keys k;
    uint8_t aad[PLAIN_AAD_MAX], nonce[12], tag[PLAIN_TAG];
    uint64_t kid, ctr;
    int got;
    size_t header = plain_header_read(p, n, &kid, &ctr);
    if (!header || n < header + PLAIN_TAG)
        return false;
    *out_size = n - header - PLAIN_TAG;
    plain_derive(&k, base_key, base_size, kid);
    plain_nonce(nonce, &k, ctr);
    memcpy(aad, p, header);
    memcpy(aad + header, metadata, metadata_size);
    memcpy(tag, p + n - PLAIN_TAG, PLAIN_TAG);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, k.key, nonce) == 1 &&
              EVP_DecryptUpdate(c, NULL, &got, aad, (int)(header + metadata_size)) == 1 &&
              EVP_DecryptUpdate(c, out, &got, p + header, (int)*out_size) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, PLAIN_TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(c, out + *out_size, &got) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

#endif
