// Tickets: strangers' bytes never open; sealed contents made of them come back as they are or not at all.
#include "tests/fuzz/fuzz.h"

#include "shared/bytes.h"
#include "shared/ticket.h"

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t key[32] = {7};
    static const char ad[] = "parlour ticket 1";
    uint8_t p[WIRE_TICKET_MAX + 1] = {0}, again[WIRE_TICKET_MAX];
    unsigned long long sealed;
    struct ticket t, back;
    HOLDS(!ticket_open(&t, key, data, size, 0));
    if (size > WIRE_TICKET_MAX - 40)
        return 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(p + 24, &sealed, data, size, (const uint8_t *)ad, 16, NULL, p, key);
    if (!ticket_open(&t, key, p, 24 + (size_t)sealed, 1000))
        return 0;
    HOLDS(t.sender && (t.code < 1000000 || t.code == TICKET_NO_CODE) && t.expiry > 1000 &&
          strlen(t.name) < TICKET_NAME_MAX);
    size_t n = ticket_seal(&t, key, again);
    HOLDS(n <= WIRE_TICKET_MAX && ticket_open(&back, key, again, n, 1000));
    HOLDS(back.room == t.room && back.join_id == t.join_id && back.epoch == t.epoch && back.expiry == t.expiry);
    HOLDS(strcmp(back.name, t.name) == 0 && memcmp(back.hop_key, t.hop_key, 32) == 0);
    again[n / 2] ^= 1;
    HOLDS(!ticket_open(&back, key, again, n, 1000));
    return 0;
}
