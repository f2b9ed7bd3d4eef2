// What is known of who a member is, in words and a sign: never by colour alone.
#ifndef PARLOUR_UI_TRUST_WORDS_H
#define PARLOUR_UI_TRUST_WORDS_H

#include "client/call.h"

#include <stdbool.h>
#include <stddef.h>

// True for those that are given no keys: no picture, a warning instead.
bool trust_words_doubt(enum call_trust trust);
// "shield", "warn", "wait" or "" (nothing to say).
const char *trust_words_icon(enum call_trust trust);
// A few words for a list or a chip, and a sentence for a card.
void trust_words_short(char *out, size_t size, const struct call_member *member);
const char *trust_words_least(enum call_trust trust); // where there is hardly room
const char *trust_words_long(enum call_trust trust);
// The second line of somebody at the door.
void trust_words_knock(char *out, size_t size, const struct call_knock *knock);
// A name as it is shown: clean, short, never empty.
void trust_words_name(char *out, size_t size, const char *name);

#endif
