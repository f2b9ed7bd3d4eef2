// Which key does what, when somebody wants other keys: "chat=T,microphone=F5,help=none". Pure.
//
// An action that is named gets the keys given to it and loses its own; "none" leaves it without. "none" alone leaves no
// action with a single letter or digit. Keys of remotes stay. Esc, Enter, Back, OK and the arrows cannot be taken:
// there is always a way through every screen, and out of it.
#ifndef PARLOUR_UI_BINDINGS_H
#define PARLOUR_UI_BINDINGS_H

#include "input.h"

enum { BINDINGS_MAX = 96, BINDINGS_CAP = 16 };

struct bindings {
    struct input_key keys[BINDINGS_MAX];
    char caps[BINDINGS_MAX][2][BINDINGS_CAP]; // of keys that were given
    size_t count, given;
};

void bindings_start(struct bindings *b, const struct input_key *keys, size_t count);
// False with one sentence; `b` is then half done.
bool bindings_apply(struct bindings *b, const char *spec, char *error, size_t size);
void bindings_copy(struct bindings *to, const struct bindings *from);

#endif
