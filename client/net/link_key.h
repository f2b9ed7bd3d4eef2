// The relay's key as its fingerprint, and whether to trust it (WIRE §10). Called between the TLS handshake and the
// first byte we send.
#ifndef PARLOUR_LINK_KEY_H
#define PARLOUR_LINK_KEY_H

#include "link.h"

#include <openssl/types.h>

struct link_key_rules {
    const char *host;
    uint16_t port;
    const char *fingerprint;  // PINS_PUBLIC_WORD = the trust store must vouch; "" = use the pins
    const char *pins_path;    // may be NULL
    bool require_fingerprint; // neither the trust store nor a first contact is enough
};

// base64url SHA-256 of the peer's SubjectPublicKeyInfo (DER). False when there is no certificate.
bool link_key_fingerprint(SSL *ssl, char out[LINK_FINGERPRINT_SIZE]);
// Whether the system's trust store accepts the peer's chain for this host (RFC 5280, RFC 6125), today. False with a
// static text in *why.
bool link_key_public(SSL *ssl, const char *host, const char **why);
// Decide by the given fingerprint, or else the pin, or else the trust store, or else as a relay met for the first time;
// remembers the last two. `shown` is what link_key_fingerprint found. False with a sentence for the person.
bool link_key_accept(const struct link_key_rules *rules, SSL *ssl, const char *shown, char sentence[LINK_SENTENCE_MAX]);

#endif
