#include "box.h"

#include "bytes.h"
#include "keys.h"

#include <sodium.h>
#include <stdlib.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    MAC = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    AAD_MAX = 17,
    HEAD_MAX = 9,
    PAD = 64,
    SIGNED_MAX = 96 // label and address before the JSON
};

struct shape { // what depends on whom it is for
    uint8_t aad[AAD_MAX], head[HEAD_MAX], nonce[NONCE];
    size_t aad_size, head_size;
};

static size_t head_size(const struct box_address *a)
{
    return a->to == 0 ? 9 : 8;
}

static struct shape shape_of(const struct box_address *a, uint64_t n)
{
    struct shape s = {.aad_size = a->to == 0 ? 17 : 16, .head_size = head_size(a)};
    struct bytes_writer w = bytes_writer(s.aad, sizeof s.aad);
    bytes_put_u32(&w, a->room);
    bytes_put_u16(&w, a->from);
    bytes_put_u16(&w, a->to);
    bytes_put_u64(&w, n);
    bytes_put_u8(&w, a->number);
    s.head[0] = a->number;
    memcpy(s.head + s.head_size - 8, s.aad + 8, 8);
    memcpy(s.nonce + NONCE - 8, s.aad + 8, 8);
    return s;
}

char *box_seal(const uint8_t key[32], const struct box_address *a, uint64_t n, const uint8_t *clear, size_t size)
{
    struct shape s = shape_of(a, n);
    if (size == 0 || size > BOX_CLEAR_MAX)
        return NULL;
    size_t raw_size = s.head_size + size + MAC, text_size = keys_base64_size(raw_size);
    uint8_t *raw = base_alloc(raw_size);
    memcpy(raw, s.head, s.head_size);
    unsigned long long sealed;
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw + s.head_size, &sealed, clear, size, s.aad, s.aad_size, NULL,
                                               s.nonce, key);
    char *text = base_alloc(text_size);
    keys_base64(text, text_size, raw, raw_size);
    free(raw);
    return text;
}

bool box_number(const char *text, uint8_t *number)
{
    uint8_t first[3];
    char start[5] = "";
    size_t n;
    if (strlen(text) < 4)
        return false;
    memcpy(start, text, 4);
    if (!keys_unbase64(first, sizeof first, &n, start))
        return false;
    *number = first[0];
    return true;
}

uint8_t *box_open(const uint8_t key[32], const struct box_address *a, const char *text, uint64_t *n, size_t *size)
{
    size_t length = strlen(text), raw_size, head = head_size(a);
    if (length > keys_base64_size(HEAD_MAX + BOX_CLEAR_MAX + MAC))
        return NULL;
    uint8_t *raw = base_alloc(length + 1);
    if (!keys_unbase64(raw, length, &raw_size, text) || raw_size < head + 1 + MAC) {
        free(raw);
        return NULL;
    }
    struct bytes_reader r = bytes_reader(raw + head - 8, 8);
    *n = bytes_u64(&r);
    struct shape s = shape_of(a, *n);
    unsigned long long clear;
    if (memcmp(raw, s.head, head) != 0 ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(raw + head, &clear, NULL, raw + head, raw_size - head, s.aad,
                                                   s.aad_size, s.nonce, key)) {
        free(raw);
        return NULL;
    }
    memmove(raw, raw + head, (size_t)clear);
    sodium_memzero(raw + clear, raw_size - (size_t)clear); // what was moved may be a key
    *size = (size_t)clear;
    return raw;
}

// ---- signed text ----

// What is signed: malloced.
static uint8_t *signed_bytes(size_t *total, const struct box_address *a, const uint8_t join_key[32], uint64_t n,
                             const uint8_t *json, size_t size)
{
    static const char label[] = "parlour box 1";
    uint8_t *out = base_alloc(SIGNED_MAX + size);
    struct bytes_writer w = bytes_writer(out, SIGNED_MAX + size);
    bytes_put(&w, label, sizeof label - 1);
    bytes_put_u32(&w, a->room);
    bytes_put_u16(&w, a->from);
    bytes_put(&w, join_key, 32);
    bytes_put_u16(&w, a->to);
    bytes_put_u64(&w, n);
    bytes_put(&w, json, size);
    *total = SIGNED_MAX + size - w.left;
    return out;
}

uint8_t *box_sign(size_t *size, const struct box_address *a, const uint8_t join_key[32], uint64_t n, const char *json,
                  const uint8_t secret[64])
{
    size_t length = strlen(json), padded = (length + PAD - 1) / PAD * PAD, total;
    uint8_t *clear = base_alloc(BOX_TEXT_HEAD + padded);
    clear[0] = BOX_TEXT;
    memcpy(clear + BOX_TEXT_HEAD, json, length);
    memset(clear + BOX_TEXT_HEAD + length, ' ', padded - length);
    uint8_t *bytes = signed_bytes(&total, a, join_key, n, clear + BOX_TEXT_HEAD, padded);
    crypto_sign_detached(clear + 1, NULL, bytes, total, secret);
    free(bytes);
    *size = BOX_TEXT_HEAD + padded;
    return clear;
}

char *box_signed(uint8_t *clear, size_t size, const struct box_address *a, const uint8_t join_key[32], uint64_t n,
                 const uint8_t identity[32])
{
    size_t total;
    if (size <= BOX_TEXT_HEAD || clear[0] != BOX_TEXT)
        return NULL;
    uint8_t *bytes = signed_bytes(&total, a, join_key, n, clear + BOX_TEXT_HEAD, size - BOX_TEXT_HEAD);
    bool good = crypto_sign_verify_detached(clear + 1, bytes, total, identity) == 0;
    free(bytes);
    return good ? (char *)clear + BOX_TEXT_HEAD : NULL;
}
