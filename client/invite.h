// Pure: invite links, parlour://host[:port]/r/428193#k=KEY&fp=FINGERPRINT, or fp=public. What is after # never leaves
// the machine except as the link itself, and is never logged. Both parts of it may be missing: without k one asks at
// the door.
#ifndef PARLOUR_INVITE_H
#define PARLOUR_INVITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INVITE_TEXT_MAX = 512, INVITE_HOST_MAX = 254, INVITE_PORT = 5000, INVITE_CODE_MAX = 999999 };

struct invite {
    char host[INVITE_HOST_MAX]; // name or numeric address, no brackets
    uint16_t port;
    uint32_t code; // six digits, written with leading zeros
    bool has_key;  // false = a host, or the room's passphrase, has to let one in
    uint8_t key[16];
    // Which key the relay must have: that one, or any whose certificate the system trusts, or nothing is known of it.
    bool has_fingerprint, is_public;
    uint8_t fingerprint[32]; // SHA-256 of its SubjectPublicKeyInfo
};

#define INVITE_PUBLIC "public"
enum { INVITE_RELAY_KEY_MAX = 44 };

// True when the text starts like an invite link (parlour:), good or bad.
bool invite_is_link(const char *text);
// Strict: false with a static sentence in *why (which quotes nothing of the link) when relay or number are missing, or
// anything is doubled, of the wrong length or unknown before the #. Unknown parameters after the # are ignored. Blanks
// around are allowed.
bool invite_parse(struct invite *invite, const char *text, const char **why);
// Write the link. False when the host is not writable or `out` is too small (INVITE_TEXT_MAX always suffices).
bool invite_build(const struct invite *invite, char *out, size_t size);
// A bare room number, "428193" or "428 193".
bool invite_code(uint32_t *code, const char *text);
// The relay's key in words, as options and pins have it: base64url of the fingerprint, INVITE_PUBLIC, or "". False when
// `text` is none of them: nothing is known then.
bool invite_set_relay_key(struct invite *invite, const char *text);
void invite_relay_key(const struct invite *invite, char out[INVITE_RELAY_KEY_MAX]);
void invite_wipe(struct invite *invite);

#endif
