// Names as they are compared: what looks the same on a screen is one name, for the relay's list of people and for what
// a box remembers of whom it has met. Pure.
#ifndef PARLOUR_LABEL_H
#define PARLOUR_LABEL_H

#include "base.h"

enum { LABEL_MAX = 129 }; // bytes: 32 code points of at most 4, and the end

// The label of a name: control and invisible characters are gone, blanks of every kind are one space between words,
// broken UTF-8 is U+FFFD; "?" when nothing is left.
void label_of(char out[LABEL_MAX], const char *name);
// Are two labels one name? Upper and lower case of ASCII letters are the same.
MUST_USE bool label_same(const char *a, const char *b);

#endif
