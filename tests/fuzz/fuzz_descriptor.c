// Room descriptors: strangers' bytes never open; contents signed by their creator come back as they are or not at all.
#include "tests/fuzz/fuzz.h"

#include "shared/descriptor.h"
#include "shared/keys.h"

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char label[] = "parlour descriptor 1";
    static const uint8_t invite_key[16] = {5};
    static uint8_t creator[32], secret[64];
    uint8_t seed[32] = {7}, text[DESCRIPTOR_MAX + sizeof label], p[DESCRIPTOR_MAX], again[DESCRIPTOR_MAX];
    struct descriptor d, back;
    if (!creator[0] && !creator[1])
        crypto_sign_seed_keypair(creator, secret, seed);
    HOLDS(!descriptor_open(&d, data, size));
    HOLDS(!descriptor_tagged(data, size, invite_key));
    if (size > DESCRIPTOR_MAX - 128)
        return 0;
    memcpy(p, data, size);
    memcpy(p + size, creator, 32);
    keys_kdf(p + size + 32, invite_key, sizeof invite_key, "descriptor", p, size + 32);
    memcpy(text, label, sizeof label - 1);
    memcpy(text + sizeof label - 1, p, size + 64);
    crypto_sign_detached(p + size + 64, NULL, text, sizeof label - 1 + size + 64, secret);
    if (!descriptor_open(&d, p, size + 128))
        return 0;
    HOLDS(descriptor_tagged(p, size + 128, invite_key));
    HOLDS(d.room && d.epoch && d.code < 1000000 && d.host_count <= DESCRIPTOR_HOSTS);
    size_t n = descriptor_sign(&d, secret, invite_key, again);
    HOLDS(n == size + 128 && memcmp(again, p, n) == 0);
    HOLDS(descriptor_open(&back, again, n) && descriptor_same(&d, &back));
    again[n / 2] ^= 1;
    HOLDS(!descriptor_open(&back, again, n));
    return 0;
}
