#include "safety.h"

#include "bytes.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static int by_identity_and_name(const void *left, const void *right)
{
    const struct safety_member *a = *(const struct safety_member *const *)left;
    const struct safety_member *b = *(const struct safety_member *const *)right;
    int order = memcmp(a->identity, b->identity, sizeof a->identity);
    return order ? order : strncmp(a->name, b->name, UINT8_MAX);
}

void safety_code(char out[SAFETY_TEXT], const char code[7], const struct safety_member *members, size_t count)
{
    static const char label[] = "parlour safety 1";
    const struct safety_member *sorted[SAFETY_MEMBERS_MAX];
    crypto_generichash_state state;
    uint8_t hash[64], n = (uint8_t)count;
    out[0] = 0;
    if (count == 0 || count > SAFETY_MEMBERS_MAX)
        return;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &members[i];
    qsort(sorted, count, sizeof sorted[0], by_identity_and_name);
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)label, strlen(label));
    crypto_generichash_update(&state, (const uint8_t *)code, 6);
    crypto_generichash_update(&state, &n, 1);
    for (size_t i = 0; i < count; i++) {
        uint8_t length = (uint8_t)strnlen(sorted[i]->name, UINT8_MAX);
        crypto_generichash_update(&state, sorted[i]->identity, 32);
        crypto_generichash_update(&state, &length, 1);
        crypto_generichash_update(&state, (const uint8_t *)sorted[i]->name, length);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    // Who sits between two people may choose what both see, and needs about 2^42 trials for a pair of identities that
    // gives equal codes: each of them is made dear.
    for (unsigned i = 0; i < SAFETY_ROUNDS; i++)
        crypto_generichash(hash, sizeof hash, hash, sizeof hash, NULL, 0);
    struct bytes_reader r = bytes_reader(hash, sizeof hash);
    for (unsigned i = 0; i < 5; i++) {
        if (i)
            out[6 * i - 1] = ' ';
        snprintf(out + 6 * i, 6, "%05u", (unsigned)(bytes_u64(&r) % 100000));
    }
}
