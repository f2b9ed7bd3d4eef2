// The relay's key as its fingerprint, and whether to trust it (WIRE §10). Called between the TLS handshake and the
// first byte we send.
#ifndef PARLOUR_LINK_KEY_H
#define PARLOUR_LINK_KEY_H

#include "link.h"

#include <openssl/types.h>

struct link_key_rules {
    const char *host;
    uint16_t port;
    const char *fingerprint; // "" = use the pins
    const char *pins_path;   // may be NULL
    bool require_fingerprint;
};

// base64url SHA-256 of the peer's SubjectPublicKeyInfo (DER). False when there is no certificate.
bool link_key_fingerprint(SSL *ssl, char out[LINK_FINGERPRINT_SIZE]);
// Decide; pins a relay met for the first time. False with a sentence for the person.
bool link_key_accept(const struct link_key_rules *rules, const char *shown, char sentence[LINK_SENTENCE_MAX]);

#endif
