// The relay's keys on disk: the TLS key with its self-signed certificate, and the ticket key.
#ifndef PARLOUR_CERTIFICATE_H
#define PARLOUR_CERTIFICATE_H

#include "shared/base.h"

enum { CERTIFICATE_FINGERPRINT = 44 }; // base64url of SHA-256, end included

// Make the directory (0700) and everything above it. False with one sentence in `error`.
MUST_USE bool certificate_directory(const char *dir, char *error, size_t error_size);
// Read DIR/ticket.key, or make it. *existed tells which. False with one sentence in `error`: also when others can read
// the file, or it is not ours.
MUST_USE bool certificate_ticket_key(const char *dir, uint8_t key[32], bool *existed, char *error, size_t error_size);
// See to DIR/tls.key and DIR/tls.crt: a key that is missing is made, and a certificate for the key that is there. The
// paths are malloced. A start that is killed at any moment leaves a whole key or none.
MUST_USE bool certificate_self_signed(const char *dir, char **cert, char **key, char *error, size_t error_size);
// Serve this certificate (with the chain that follows it in its file) and key from now on; with context NULL only look
// whether that would do. The key must be private and ours. False with one sentence in `error`, and nothing has changed.
struct ssl_ctx_st;
MUST_USE bool certificate_use(struct ssl_ctx_st *context, const char *cert, const char *key, char *error,
                              size_t error_size);
// The fingerprint clients pin: SHA-256 of the certificate's SPKI.
MUST_USE bool certificate_fingerprint(const char *cert, char out[CERTIFICATE_FINGERPRINT], char *error,
                                      size_t error_size);

#endif
