#define _DEFAULT_SOURCE
#include "wire.h"

#include "bytes.h"

#include <endian.h>
#include <sodium.h>
#include <string.h>

enum { TAG_AT = 8, HOPSEQ_AT = 12, HOPTIME_AT = 16, TAG_PREFIX = 16, FEC_BODY = 12 };

bool wire_read(struct wire_header *h, const uint8_t *p, size_t n)
{
    if (n < WIRE_DATAGRAM_MIN || n > WIRE_DATAGRAM_MAX)
        return false;
    struct bytes_reader r = bytes_reader(p, n);
    h->type = bytes_u8(&r);
    h->mark = bytes_u8(&r);
    h->sender = bytes_u16(&r);
    h->room = bytes_u32(&r);
    h->tag = bytes_u32(&r);
    h->hopseq = bytes_u32(&r);
    h->hoptime = bytes_u24(&r);
    h->slot = bytes_u8(&r);
    switch (h->type) {
    case WIRE_MEDIA:
    case WIRE_RTX:
    case WIRE_FILE:
        return n >= WIRE_MEDIA_CLEAR + WIRE_SFRAME_TAG && n <= WIRE_MEDIA_MAX;
    case WIRE_FEC:
        return n >= WIRE_HEADER + FEC_BODY;
    case WIRE_FEEDBACK:
    case WIRE_CTRL:
    case WIRE_PROBE:
        return n > WIRE_HEADER + WIRE_TRAILER;
    default:
        return false;
    }
}

void wire_write(const struct wire_header *h, uint8_t *p)
{
    struct bytes_writer w = bytes_writer(p, WIRE_HEADER);
    bytes_put_u8(&w, h->type);
    bytes_put_u8(&w, h->mark);
    bytes_put_u16(&w, h->sender);
    bytes_put_u32(&w, h->room);
    bytes_put_u32(&w, h->tag);
    bytes_put_u32(&w, h->hopseq);
    bytes_put_u24(&w, h->hoptime);
    bytes_put_u8(&w, h->slot);
}

uint32_t wire_hoptime(uint64_t now_us)
{
    uint64_t s = now_us / 1000000u % 64, us = now_us % 1000000u;
    return (uint32_t)(s << 18 | (us << 18) / 1000000u);
}

uint64_t wire_hoptime_unwrap(uint32_t hoptime, uint64_t near_us)
{
    int32_t delta = (int32_t)((hoptime - wire_hoptime(near_us)) << 8) >> 8; // sign of 24 bits
    int64_t at = (int64_t)near_us + (((int64_t)delta * 1000000) >> 18);
    return (uint64_t)(at < 0 ? at + 64000000 : at); // just started: below zero the next unwrap would lose its place
}

// SipHash-2-4 (Aumasson, Bernstein 2012) over whole words already loaded: the tag of a datagram is made twice on every
// hop, and here it takes half the time of the library's for any length.
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define SIP_ROUND(v)                                                                                                   \
    do {                                                                                                               \
        (v)[0] += (v)[1], (v)[2] += (v)[3];                                                                            \
        (v)[1] = ROTATE((v)[1], 13) ^ (v)[0], (v)[3] = ROTATE((v)[3], 16) ^ (v)[2];                                    \
        (v)[0] = ROTATE((v)[0], 32);                                                                                   \
        (v)[2] += (v)[1], (v)[0] += (v)[3];                                                                            \
        (v)[1] = ROTATE((v)[1], 17) ^ (v)[2], (v)[3] = ROTATE((v)[3], 21) ^ (v)[0];                                    \
        (v)[2] = ROTATE((v)[2], 32);                                                                                   \
    } while (0)

static uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

static uint64_t siphash(const uint8_t key[16], const uint64_t *word, unsigned words)
{
    uint64_t k0 = load64(key), k1 = load64(key + 8);
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                     k1 ^ 0x7465646279746573u};
    for (unsigned i = 0; i < words; i++) {
        v[3] ^= word[i];
        SIP_ROUND(v);
        SIP_ROUND(v);
        v[0] ^= word[i];
    }
    v[2] ^= 0xff;
    SIP_ROUND(v);
    SIP_ROUND(v);
    SIP_ROUND(v);
    SIP_ROUND(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t prefix(size_t n, uint64_t number) // number48 | length u16
{
    return le64toh(htobe64(number << 16 | n));
}

// number48 | length u16 | bytes 0-7 | bytes 16-28
static uint32_t media_tag(const uint8_t *p, size_t n, const uint8_t key[16], uint64_t number)
{
    enum { LENGTH = TAG_PREFIX + WIRE_MEDIA_CLEAR - HOPTIME_AT };
    uint64_t word[4] = {prefix(n, number), load64(p), load64(p + HOPTIME_AT), 0};
    // The last five bytes, and the length of all in the highest, as the function's padding has it.
    word[3] = load64(p + WIRE_MEDIA_CLEAR - 8) >> 24 | (uint64_t)LENGTH << 56;
    return __builtin_bswap32((uint32_t)siphash(key, word, 4));
}

// The same, from byte 16 to the end: parity has no other seal.
static uint32_t parity_tag(const uint8_t *p, size_t n, const uint8_t key[16], uint64_t number)
{
    uint8_t in[TAG_PREFIX + WIRE_DATAGRAM_MAX], out[crypto_shorthash_BYTES];
    struct bytes_writer w = bytes_writer(in, sizeof in);
    bytes_put_u48(&w, number);
    bytes_put_u16(&w, (uint16_t)n);
    bytes_put(&w, p, 8);
    bytes_put(&w, p + HOPTIME_AT, n - HOPTIME_AT);
    crypto_shorthash(out, in, (unsigned long long)(TAG_PREFIX + n - HOPTIME_AT), key);
    struct bytes_reader r = bytes_reader(out, 4);
    return bytes_u32(&r);
}

static uint32_t hop_tag(const uint8_t *p, size_t n, const uint8_t key[16], uint64_t number)
{
    return p[0] == WIRE_FEC ? parity_tag(p, n, key, number) : media_tag(p, n, key, number);
}

static void trailer(uint8_t out[WIRE_TRAILER], const uint8_t *p, size_t n, const uint8_t key[16], uint64_t number)
{
    uint8_t in[6 + WIRE_DATAGRAM_MAX];
    struct bytes_writer w = bytes_writer(in, sizeof in);
    bytes_put_u48(&w, number);
    bytes_put(&w, p, n - WIRE_TRAILER);
    crypto_shorthash_siphashx24(out, in, (unsigned long long)(6 + n - WIRE_TRAILER), key);
}

void wire_stamp(uint8_t *p, size_t n, const uint8_t key[16], uint64_t number, uint64_t now_us)
{
    struct bytes_writer w = bytes_writer(p + TAG_AT, HOPTIME_AT + 3 - TAG_AT);
    bytes_put_u32(&w, 0);
    bytes_put_u32(&w, (uint32_t)number);
    bytes_put_u24(&w, wire_hoptime(now_us));
    if (wire_is_media(p[0])) {
        w = bytes_writer(p + TAG_AT, 4);
        bytes_put_u32(&w, hop_tag(p, n, key, number));
    } else {
        trailer(p + n - WIRE_TRAILER, p, n, key, number);
    }
}

bool wire_verify(const uint8_t *p, size_t n, const uint8_t key[16], uint64_t number)
{
    struct bytes_reader r = bytes_reader(p + TAG_AT, 8);
    uint32_t tag = bytes_u32(&r);
    if (bytes_u32(&r) != (uint32_t)number)
        return false;
    if (wire_is_media(p[0]))
        return hop_tag(p, n, key, number) == tag;
    uint8_t expected[WIRE_TRAILER];
    if (tag != 0 || n < WIRE_HEADER + WIRE_TRAILER)
        return false;
    trailer(expected, p, n, key, number);
    return sodium_memcmp(expected, p + n - WIRE_TRAILER, WIRE_TRAILER) == 0;
}
