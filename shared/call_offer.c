#include "call_offer.h"

#include "bytes.h"

#include <sodium.h>
#include <string.h>

enum { VERSION = 1, PICTURE = 1 };

bool call_offer_seal(uint8_t out[CALL_OFFER_SIZE], const struct call_offer *o, const uint8_t key[32],
                     const uint8_t secret[32])
{
    uint8_t clear[CALL_OFFER_CLEAR];
    struct bytes_writer w = bytes_writer(clear, sizeof clear);
    bytes_put_u8(&w, VERSION);
    bytes_put_u8(&w, o->picture ? PICTURE : 0);
    bytes_put(&w, o->invite_key, 16);
    bytes_put(&w, o->from, 32);
    bytes_put(&w, o->to, 32);
    randombytes_buf(out, crypto_box_NONCEBYTES);
    bool ok = crypto_box_easy(out + crypto_box_NONCEBYTES, clear, sizeof clear, out, key, secret) == 0;
    sodium_memzero(clear, sizeof clear);
    return ok;
}

bool call_offer_open(struct call_offer *o, const uint8_t *data, size_t n, const uint8_t from[32], const uint8_t to[32],
                     const uint8_t key[32], const uint8_t secret[32])
{
    uint8_t clear[CALL_OFFER_CLEAR];
    memset(o, 0, sizeof *o);
    if (n != CALL_OFFER_SIZE ||
        crypto_box_open_easy(clear, data + crypto_box_NONCEBYTES, n - crypto_box_NONCEBYTES, data, key, secret) != 0)
        return false;
    struct bytes_reader r = bytes_reader(clear, sizeof clear);
    bool known = bytes_u8(&r) == VERSION;
    o->picture = bytes_u8(&r) & PICTURE; // other flags are for later
    memcpy(o->invite_key, bytes_take(&r, 16), 16);
    memcpy(o->from, bytes_take(&r, 32), 32);
    memcpy(o->to, bytes_take(&r, 32), 32);
    sodium_memzero(clear, sizeof clear);
    bool ours = known && memcmp(o->from, from, 32) == 0 && memcmp(o->to, to, 32) == 0;
    if (!ours)
        sodium_memzero(o, sizeof *o);
    return ours;
}
