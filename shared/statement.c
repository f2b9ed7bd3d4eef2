#include "statement.h"

#include "bytes.h"

#include <sodium.h>
#include <string.h>

static const char LABEL[] = "parlour join 1";

enum { NAME_MAX_BYTES = 255, TEXT_MAX = sizeof LABEL - 1 + 32 + 1 + NAME_MAX_BYTES };

// What is signed, or 0 for a name that does not fit.
static size_t put(uint8_t out[TEXT_MAX], const char *name, const uint8_t key[32])
{
    size_t n = strlen(name);
    if (n > NAME_MAX_BYTES)
        return 0;
    struct bytes_writer w = bytes_writer(out, TEXT_MAX);
    bytes_put(&w, LABEL, sizeof LABEL - 1);
    bytes_put(&w, key, 32);
    bytes_put_u8(&w, (uint8_t)n);
    bytes_put(&w, name, n);
    return sizeof LABEL - 1 + 32 + 1 + n;
}

void statement_sign(uint8_t signature[STATEMENT_SIZE], const char *name, const uint8_t key[32],
                    const uint8_t secret[64])
{
    uint8_t text[TEXT_MAX];
    size_t n = put(text, name, key);
    memset(signature, 0, STATEMENT_SIZE);
    if (n)
        crypto_sign_detached(signature, NULL, text, n, secret);
}

bool statement_signed(const uint8_t signature[STATEMENT_SIZE], const char *name, const uint8_t identity[32],
                      const uint8_t key[32])
{
    uint8_t text[TEXT_MAX];
    size_t n = put(text, name, key);
    return n && crypto_sign_verify_detached(signature, text, n, identity) == 0;
}

static void register_text(uint8_t text[50], const uint8_t challenge[32])
{
    memcpy(text, "parlour register 1", 18);
    memcpy(text + 18, challenge, 32);
}

void statement_prove(uint8_t proof[STATEMENT_SIZE], const uint8_t challenge[32], const uint8_t secret[64])
{
    uint8_t text[50];
    register_text(text, challenge);
    crypto_sign_detached(proof, NULL, text, sizeof text, secret);
}

bool statement_proved(const uint8_t proof[STATEMENT_SIZE], const uint8_t challenge[32], const uint8_t identity[32])
{
    uint8_t text[50];
    register_text(text, challenge);
    return crypto_sign_verify_detached(proof, text, sizeof text, identity) == 0;
}
