// The buttons of a full screen that wait for an answer: an icon, words, and the focus as light (LOOK §7).
#ifndef PARLOUR_UI_BIG_BUTTON_H
#define PARLOUR_UI_BIG_BUTTON_H

#include "pen.h"

struct big_button {
    const char *icon, *words;
    bool stop; // it ends or refuses
};

int big_button_width(struct pen *pen, const struct big_button *button, int icon); // at least, for its words
// Icon and words in the middle of `at`; `icon`: its size in u at 100 % text.
void big_button_draw(struct pen *pen, SDL_Rect at, const struct big_button *button, int icon, bool focused);

#endif
