#include "guard.h"

#include "shared/bytes.h"
#include "shared/wire.h"

#include <sodium.h>
#include <string.h>

enum { BLOCK_FIRST_S = 30, BLOCK_MAX_S = 600, CHALLENGES_PER_S = 5, CHALLENGES_BURST = 2 };

void guard_init(struct guard *g, const uint8_t secret[16])
{
    memset(g, 0, sizeof *g);
    memcpy(g->secret, secret, sizeof g->secret);
}

bool guard_take(guard_bucket *b, uint64_t now_us, uint64_t cost, uint64_t per_s, uint64_t burst)
{
    const uint64_t second = 1000000000u;
    uint64_t now = now_us * 1000, full = MAX(*b, now);
    // Rounding up keeps the rate at or under per_s; the products stay far below 2^64 for every limit of the protocol.
    uint64_t after = full + (cost * second + per_s - 1) / per_s;
    if (after - now > (burst * second + per_s - 1) / per_s)
        return false;
    *b = after;
    return true;
}

void guard_charge(guard_bucket *b, uint64_t now_us, uint64_t cost, uint64_t per_s)
{
    *b = MAX(*b, now_us * 1000) + (cost * 1000000000u + per_s - 1) / per_s;
}

uint64_t guard_ahead(const guard_bucket *b, uint64_t now_us)
{
    return *b > now_us * 1000 ? *b / 1000 - now_us : 0;
}

static unsigned hash_source(const struct guard *g, const struct addr *from, bool with_port)
{
    uint8_t in[18] = {0}, out[crypto_shorthash_BYTES];
    addr_bytes16(from, in);
    bool v4 = true;
    for (unsigned i = 0; i < 12; i++)
        v4 = v4 && in[i] == (i < 10 ? 0 : 0xff);
    if (with_port) {
        in[16] = (uint8_t)(addr_port(from) >> 8);
        in[17] = (uint8_t)addr_port(from);
    } else if (!v4) {
        memset(in + 8, 0, 8); // one subscriber has a whole /64
    }
    crypto_shorthash(out, in, sizeof in, g->secret);
    struct bytes_reader r = bytes_reader(out, 4);
    return bytes_u32(&r) % GUARD_SOURCES;
}

unsigned guard_source(const struct guard *g, const struct addr *from)
{
    return hash_source(g, from, addr_is_loopback(from));
}

unsigned guard_host(const struct guard *g, const struct addr *from)
{
    return hash_source(g, from, false);
}

bool guard_hello(struct guard *g, unsigned source, uint64_t now_us)
{
    return guard_take(&g->hello[source % GUARD_SOURCES], now_us, 1, WIRE_HELLO_PER_S, WIRE_HELLO_BURST);
}

bool guard_challenge(struct guard *g, const struct addr *from, uint64_t join_id, uint64_t now_us)
{
    uint8_t in[26] = {0}, out[crypto_shorthash_BYTES];
    struct bytes_writer w = bytes_writer(in + 16, sizeof in - 16);
    addr_bytes16(from, in);
    bytes_put_u16(&w, addr_port(from));
    bytes_put_u64(&w, join_id);
    crypto_shorthash(out, in, sizeof in, g->secret);
    // Two places each: somebody with hundreds of addresses meets an owner's both hardly ever.
    struct bytes_reader r = bytes_reader(out, sizeof out);
    guard_bucket *one = &g->challenge[bytes_u32(&r) % GUARD_SOURCES],
                 *two = &g->challenge[bytes_u32(&r) % GUARD_SOURCES];
    return guard_take(*one <= *two ? one : two, now_us, 1, CHALLENGES_PER_S, CHALLENGES_BURST);
}

bool guard_join(struct guard *g, unsigned host, uint64_t now_us)
{
    return guard_take(&g->join[host % GUARD_SOURCES], now_us, 1, WIRE_JOINS_PER_S, WIRE_JOINS_BURST);
}

bool guard_register(struct guard *g, unsigned host, uint64_t now_us)
{
    return guard_take(&g->enrol[host % GUARD_SOURCES], now_us, 1, WIRE_REGISTERS_PER_S, WIRE_REGISTERS_BURST);
}

bool guard_call(struct guard *g, unsigned host, uint64_t now_us)
{
    return guard_take(&g->call[host % GUARD_SOURCES], now_us, 1, WIRE_CALLS_PER_S, WIRE_CALLS_BURST);
}

bool guard_ring(struct guard *g, unsigned host, const uint8_t to[32], uint64_t now_us)
{
    uint8_t in[34], out[crypto_shorthash_BYTES];
    struct bytes_writer w = bytes_writer(in, sizeof in);
    bytes_put_u16(&w, (uint16_t)(host % GUARD_SOURCES));
    bytes_put(&w, to, 32);
    crypto_shorthash(out, in, sizeof in, g->secret);
    struct bytes_reader r = bytes_reader(out, 4);
    return guard_take(&g->ring[bytes_u32(&r) % GUARD_SOURCES], now_us, WIRE_RINGS_SOURCE_S, 1,
                      WIRE_RINGS_SOURCE_S * WIRE_RINGS_SOURCE_BURST);
}

bool guard_may_guess(struct guard *g, unsigned host, uint64_t now_us)
{
    const struct guard_guess *s = &g->guess[host % GUARD_SOURCES];
    if (now_us < s->blocked_us)
        return false;
    // A look only: the whole relay's bucket is filled by wrong guesses, never by right ones.
    guard_bucket probe = g->guess_all;
    return guard_take(&probe, now_us, 1, WIRE_WRONG_CODES_RELAY_PER_S, WIRE_WRONG_CODES_RELAY_PER_S);
}

void guard_wrong_guess(struct guard *g, unsigned host, uint64_t now_us)
{
    g->wrong++;
    struct guard_guess *s = &g->guess[host % GUARD_SOURCES];
    guard_take(&g->guess_all, now_us, 1, WIRE_WRONG_CODES_RELAY_PER_S, WIRE_WRONG_CODES_RELAY_PER_S);
    uint64_t since = MAX(s->window_us, s->blocked_us); // a wait is no part of the window
    if (s->wrong == 0 || (now_us > since && now_us - since > WIRE_WRONG_CODES_S * 1000000ull))
        *s = (struct guard_guess){.window_us = now_us};
    if (++s->wrong < WIRE_WRONG_CODES)
        return;
    uint64_t wait_s = MIN((uint64_t)BLOCK_FIRST_S << MIN(s->blocks, 8), BLOCK_MAX_S);
    s->blocked_us = now_us + wait_s * 1000000u;
    if (s->blocks < 8)
        s->blocks++;
    s->wrong = WIRE_WRONG_CODES - 1; // the next wrong one after the wait blocks again, for longer
}
