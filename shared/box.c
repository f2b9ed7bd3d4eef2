#include "box.h"

#include "bytes.h"
#include "keys.h"

#include <sodium.h>
#include <stdlib.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    MAC = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    AAD = 16,
    PAD = 64
};

static void address_bytes(uint8_t aad[AAD], uint8_t nonce[NONCE], const struct box_address *a, uint64_t n)
{
    struct bytes_writer w = bytes_writer(aad, AAD);
    bytes_put_u32(&w, a->room);
    bytes_put_u16(&w, a->from);
    bytes_put_u16(&w, a->to);
    bytes_put_u64(&w, n);
    memset(nonce, 0, NONCE);
    memcpy(nonce + NONCE - 8, aad + AAD - 8, 8);
}

char *box_seal(const uint8_t key[32], const struct box_address *a, uint64_t n, const uint8_t *clear, size_t size)
{
    uint8_t aad[AAD], nonce[NONCE];
    if (size == 0 || size > BOX_CLEAR_MAX)
        return NULL;
    size_t padded = clear[0] == '{' ? (size + PAD - 1) / PAD * PAD : size;
    uint8_t *raw = base_alloc(8 + padded + MAC);
    memcpy(raw + 8, clear, size);
    memset(raw + 8 + size, ' ', padded - size);
    address_bytes(aad, nonce, a, n);
    memcpy(raw, aad + AAD - 8, 8);
    unsigned long long sealed;
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw + 8, &sealed, raw + 8, padded, aad, AAD, NULL, nonce, key);
    size_t text_size = keys_base64_size(8 + padded + MAC);
    char *text = base_alloc(text_size);
    keys_base64(text, text_size, raw, 8 + padded + MAC);
    free(raw);
    return text;
}

uint8_t *box_open(const uint8_t key[32], const struct box_address *a, const char *text, uint64_t *n, size_t *size)
{
    uint8_t aad[AAD], nonce[NONCE];
    size_t length = strlen(text), raw_size;
    if (length > keys_base64_size(8 + BOX_CLEAR_MAX + PAD + MAC))
        return NULL;
    uint8_t *raw = base_alloc(length + 1);
    if (!keys_unbase64(raw, length, &raw_size, text) || raw_size < 8 + 1 + MAC) {
        free(raw);
        return NULL;
    }
    struct bytes_reader r = bytes_reader(raw, 8);
    *n = bytes_u64(&r);
    address_bytes(aad, nonce, a, *n);
    unsigned long long clear;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw + 8, &clear, NULL, raw + 8, raw_size - 8, aad, AAD, nonce,
                                                   key)) {
        free(raw);
        return NULL;
    }
    memmove(raw, raw + 8, (size_t)clear);
    raw[clear] = 0;
    *size = (size_t)clear;
    return raw;
}
