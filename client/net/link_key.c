#include "link_key.h"

#include "pins.h"

#include "shared/keys.h"
#include "shared/log.h"

#include <errno.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool link_key_fingerprint(SSL *ssl, char out[LINK_FINGERPRINT_SIZE])
{
    X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
    if (!certificate)
        return false;
    unsigned char *der = NULL, hash[SHA256_DIGEST_LENGTH];
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (n > 0) {
        SHA256(der, (size_t)n, hash);
        keys_base64(out, LINK_FINGERPRINT_SIZE, hash, sizeof hash);
    }
    OPENSSL_free(der);
    X509_free(certificate);
    return n > 0;
}

static bool differs(const struct link_key_rules *r, const char *expected, const char *shown, const char *where,
                    char sentence[LINK_SENTENCE_MAX])
{
    log_error("link", "the relay's key differs, nothing was sent relay=%s:%u expected=%s shown=%s source=%s", r->host,
              (unsigned)r->port, expected, shown, where);
    snprintf(sentence, LINK_SENTENCE_MAX, "The relay's key is not the expected one: expected %s, found %s.", expected,
             shown);
    return false;
}

static bool first_contact(const struct link_key_rules *r, const char *shown, char sentence[LINK_SENTENCE_MAX])
{
    if (r->require_fingerprint) {
        snprintf(sentence, LINK_SENTENCE_MAX,
                 "This relay was never met and its fingerprint is required: give --relay-fingerprint %s if that is its "
                 "key.",
                 shown);
        return false;
    }
    log_warn("link", "first contact, this key is trusted from now on relay=%s:%u fingerprint=%s", r->host,
             (unsigned)r->port, shown);
    if (r->pins_path && !pins_add(r->pins_path, r->host, r->port, shown))
        log_warn("link", "the key cannot be remembered file=%s why=%s", r->pins_path, strerror(errno));
    return true;
}

bool link_key_accept(const struct link_key_rules *r, const char *shown, char sentence[LINK_SENTENCE_MAX])
{
    if (r->fingerprint[0])
        return strcmp(r->fingerprint, shown) == 0 || differs(r, r->fingerprint, shown, "fingerprint", sentence);
    if (!r->pins_path)
        return first_contact(r, shown, sentence);
    char *text = pins_read(r->pins_path), found[LINK_FINGERPRINT_SIZE] = "";
    if (!text) {
        snprintf(sentence, LINK_SENTENCE_MAX, "The file of known relays cannot be read: %.150s (%s).", r->pins_path,
                 strerror(errno));
        return false;
    }
    enum pins_result result = pins_check(text, r->host, r->port, shown, found);
    free(text);
    if (result == PINS_DIFFERENT)
        return differs(r, found, shown, r->pins_path, sentence);
    return result == PINS_MATCH || first_contact(r, shown, sentence);
}
