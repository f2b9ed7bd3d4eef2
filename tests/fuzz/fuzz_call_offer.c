// Offers of calls: strangers' bytes never open; what one caller has sealed opens for him, at one registration, unless a
// bit of it has changed.
#include "tests/fuzz/fuzz.h"

#include "shared/call_offer.h"

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seeds[2][32] = {{1}, {2}};
    uint8_t join[32], join_secret[32], key[32], secret[32], sealed[CALL_OFFER_SIZE];
    struct call_offer offer = {.picture = size & 1, .invite_key = {3}, .from = {4}, .to = {5}}, back;
    if (sodium_init() < 0)
        abort();
    crypto_kx_seed_keypair(join, join_secret, seeds[0]);
    crypto_box_seed_keypair(key, secret, seeds[1]);
    HOLDS(!call_offer_open(&back, data, size, offer.from, offer.to, join, secret));
    if (size > 32 && call_offer_seal(sealed, &offer, data, join_secret))
        HOLDS(!call_offer_open(&back, sealed, sizeof sealed, offer.from, offer.to, join, secret)); // to another key
    HOLDS(call_offer_seal(sealed, &offer, key, join_secret));
    HOLDS(call_offer_open(&back, sealed, sizeof sealed, offer.from, offer.to, join, secret));
    HOLDS(back.picture == offer.picture && memcmp(back.invite_key, offer.invite_key, 16) == 0);
    uint8_t changed = 0;
    for (size_t i = 0; i < size && i < sizeof sealed; i++) {
        sealed[i] ^= data[i];
        changed |= data[i];
    }
    HOLDS(call_offer_open(&back, sealed, sizeof sealed, offer.from, offer.to, join, secret) == !changed);
    return 0;
}
