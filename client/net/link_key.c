#include "link_key.h"

#include "pins.h"

#include "shared/addr.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
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

// What the chain is checked for: a server of this name or address.
static bool expect_server(X509_STORE_CTX *check, const char *host)
{
    enum { BITS_112 = 2 }; // of security, at every key and signature of the chain
    struct addr a;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(check);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set_auth_level(param, BITS_112);
    if (!X509_STORE_CTX_set_default(check, "ssl_server"))
        return false;
    return addr_literal(&a, host, 1) ? X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1
                                     : X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

bool link_key_public(SSL *ssl, const char *host, const char **why)
{
    X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    bool ok = false;
    *why = "the trust store cannot be used";
    ERR_clear_error();
    if (certificate && store && check && X509_STORE_set_default_paths(store) == 1 &&
        X509_STORE_CTX_init(check, store, certificate, SSL_get_peer_cert_chain(ssl)) == 1 &&
        expect_server(check, host)) {
        ok = X509_verify_cert(check) == 1 && X509_STORE_CTX_get_error(check) == X509_V_OK;
        *why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
    }
    ERR_clear_error(); // what OpenSSL left behind would be taken for an error of the connection
    X509_STORE_CTX_free(check);
    X509_STORE_free(store);
    X509_free(certificate);
    return ok;
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

static void remember(const struct link_key_rules *r, const char *what)
{
    if (r->pins_path && !pins_add(r->pins_path, r->host, r->port, what))
        log_warn("link", "the key cannot be remembered file=%s why=%s", r->pins_path, strerror(errno));
}

static bool first_contact(const struct link_key_rules *r, SSL *ssl, const char *shown, char sentence[LINK_SENTENCE_MAX])
{
    const char *why;
    if (r->require_fingerprint) {
        snprintf(sentence, LINK_SENTENCE_MAX,
                 "This relay was never met and its fingerprint is required: give --relay-fingerprint %s if that is its "
                 "key.",
                 shown);
        return false;
    }
    if (link_key_public(ssl, r->host, &why)) {
        log_info("link", "first contact, its certificate is publicly trusted relay=%s:%u fingerprint=%s", r->host,
                 (unsigned)r->port, shown);
        remember(r, PINS_PUBLIC_WORD);
        return true;
    }
    log_warn("link", "first contact, this key is trusted from now on relay=%s:%u fingerprint=%s certificate=\"%s\"",
             r->host, (unsigned)r->port, shown, why);
    remember(r, shown);
    return true;
}

// Its certificate was publicly trusted, or the invite says that it is: whoever could put a key of his own here would
// only have to show one that is not.
static bool must_be_public(const struct link_key_rules *r, SSL *ssl, const char *shown,
                           char sentence[LINK_SENTENCE_MAX])
{
    const char *why;
    if (r->require_fingerprint) {
        snprintf(sentence, LINK_SENTENCE_MAX,
                 "This relay's fingerprint is required, and that its certificate is public is not enough: give "
                 "--relay-fingerprint %s if that is its key.",
                 shown);
        return false;
    }
    if (link_key_public(ssl, r->host, &why))
        return true;
    log_error("link",
              "the relay's certificate is not publicly trusted, nothing was sent relay=%s:%u shown=%s why=\"%s\" "
              "source=%s",
              r->host, (unsigned)r->port, shown, why, r->fingerprint[0] ? "fingerprint" : r->pins_path);
    snprintf(sentence, LINK_SENTENCE_MAX,
             "The relay must have a publicly trusted certificate and has none (%.80s): expected public, found %s.", why,
             shown);
    return false;
}

bool link_key_accept(const struct link_key_rules *r, SSL *ssl, const char *shown, char sentence[LINK_SENTENCE_MAX])
{
    bool wanted_public = strcmp(r->fingerprint, PINS_PUBLIC_WORD) == 0;
    char *text = NULL, found[LINK_FINGERPRINT_SIZE] = "";
    if (r->fingerprint[0] && !wanted_public)
        return strcmp(r->fingerprint, shown) == 0 || differs(r, r->fingerprint, shown, "fingerprint", sentence);
    if (r->pins_path && !(text = pins_read(r->pins_path))) {
        snprintf(sentence, LINK_SENTENCE_MAX, "The file of known relays cannot be read: %.150s (%s).", r->pins_path,
                 strerror(errno));
        return false;
    }
    enum pins_result result = text ? pins_check(text, r->host, r->port, shown, found) : PINS_UNKNOWN;
    free(text);
    switch (result) {
    case PINS_MATCH:
        return true;
    case PINS_DIFFERENT:
        return differs(r, found, shown, r->pins_path, sentence);
    case PINS_PUBLIC:
        return must_be_public(r, ssl, shown, sentence);
    case PINS_UNKNOWN:
        break;
    }
    if (!wanted_public)
        return first_contact(r, ssl, shown, sentence);
    if (!must_be_public(r, ssl, shown, sentence))
        return false;
    remember(r, PINS_PUBLIC_WORD);
    return true;
}
