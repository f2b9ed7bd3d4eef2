// The relays we have met: a text file of "host:port fingerprint" lines ("[v6]:port fingerprint"), or "host:port public"
// for one whose certificate the system's trust store vouched for. First match wins, lines that are not of this shape
// are left alone. A person who knows that a relay's key has changed deletes its line.
#ifndef PARLOUR_PINS_H
#define PARLOUR_PINS_H

#include "client/invite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PINS_PUBLIC_WORD INVITE_PUBLIC

enum pins_result { PINS_UNKNOWN, PINS_MATCH, PINS_DIFFERENT, PINS_PUBLIC };

// Pure: look a relay up in the file's text. `found` (44 bytes) gets the pinned fingerprint when there is
// one (PINS_MATCH, PINS_DIFFERENT).
enum pins_result pins_check(const char *text, const char *host, uint16_t port, const char *fingerprint, char found[44]);
// The file's text, malloced; "" when there is none yet; NULL when it cannot be read (errno set) or is over 1 MiB.
char *pins_read(const char *path);
// Append a line (mode 0600 when made); `what`: a fingerprint or PINS_PUBLIC_WORD. False with errno set.
bool pins_add(const char *path, const char *host, uint16_t port, const char *what);

#endif
