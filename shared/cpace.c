#include "cpace.h"

#include "bytes.h"

#include <sodium.h>

static const char dsi[] = "CPaceRistretto255", dsi_isk[] = "CPaceRistretto255_ISK";

enum { HASH_BLOCK = 128, GENERATOR_STRING_MAX = HASH_BLOCK + 3 * (1 + CPACE_FIELD_MAX) };

_Static_assert(CPACE_ROOT_PASSES == crypto_pwhash_OPSLIMIT_INTERACTIVE, "the protocol's number, not the library's");
_Static_assert(CPACE_ROOT_MEMORY == crypto_pwhash_MEMLIMIT_INTERACTIVE, "the protocol's number, not the library's");

bool cpace_root(uint8_t root[32], const char *passphrase, size_t length)
{
    uint8_t salt[crypto_pwhash_SALTBYTES];
    crypto_generichash(salt, sizeof salt, (const uint8_t *)CPACE_ROOT_SALT_TEXT, strlen(CPACE_ROOT_SALT_TEXT), NULL, 0);
    return crypto_pwhash(root, 32, passphrase, length, salt, CPACE_ROOT_PASSES, CPACE_ROOT_MEMORY,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}

// prepend_len: LEB128 of a length under 128 is the length itself. A longer field makes the writer fail.
static void put(struct bytes_writer *w, const void *data, size_t size)
{
    if (size > CPACE_FIELD_MAX)
        w->failed = true;
    bytes_put_u8(w, (uint8_t)size);
    bytes_put(w, data, size);
}

bool cpace_generator(uint8_t generator[32], struct cpace_text password, struct cpace_text channel,
                     struct cpace_text session)
{
    static const uint8_t zeros[HASH_BLOCK];
    uint8_t string[GENERATOR_STRING_MAX], hash[crypto_hash_sha512_BYTES];
    struct bytes_writer w = bytes_writer(string, sizeof string);
    put(&w, dsi, strlen(dsi));
    put(&w, password.data, password.size);
    // The padding fills the hash's first block, so that the password's length takes no time of its own.
    size_t used = sizeof string - w.left + 1;
    put(&w, zeros, used < HASH_BLOCK ? HASH_BLOCK - used : 0);
    put(&w, channel.data, channel.size);
    put(&w, session.data, session.size);
    if (!w.failed) {
        crypto_hash_sha512(hash, string, sizeof string - w.left);
        crypto_core_ristretto255_from_hash(generator, hash);
    }
    sodium_memzero(string, sizeof string);
    sodium_memzero(hash, sizeof hash);
    return !w.failed;
}

bool cpace_begin(struct cpace *c, struct cpace_text password, struct cpace_text channel, struct cpace_text session)
{
    uint8_t generator[32];
    bool ok = cpace_generator(generator, password, channel, session);
    if (ok) {
        crypto_core_ristretto255_scalar_random(c->scalar);
        ok = crypto_scalarmult_ristretto255(c->share, c->scalar, generator) == 0;
    }
    sodium_memzero(generator, sizeof generator);
    return ok;
}

bool cpace_finish(uint8_t isk[CPACE_ISK], const struct cpace *c, bool initiator, const uint8_t share[32],
                  struct cpace_text session, struct cpace_text a, struct cpace_text b)
{
    uint8_t secret[32], string[sizeof dsi_isk + 5 * (1 + CPACE_FIELD_MAX)];
    struct bytes_writer w = bytes_writer(string, sizeof string);
    // Refuses encodings that are no group element, and the identity as input or result. The highest bit, which RFC 9496
    // §4.3.1 wants zero, libsodium 1.0.18 does not look at.
    bool ok = !(share[31] & 0x80) && crypto_scalarmult_ristretto255(secret, c->scalar, share) == 0;
    put(&w, dsi_isk, strlen(dsi_isk));
    put(&w, session.data, session.size);
    put(&w, secret, ok ? sizeof secret : 0);
    put(&w, initiator ? c->share : share, CPACE_SHARE);
    put(&w, a.data, a.size);
    put(&w, initiator ? share : c->share, CPACE_SHARE);
    put(&w, b.data, b.size);
    ok = ok && !w.failed;
    if (ok)
        crypto_hash_sha512(isk, string, sizeof string - w.left);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(string, sizeof string);
    return ok;
}
