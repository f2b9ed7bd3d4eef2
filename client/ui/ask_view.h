// How a card that waits for an answer looks: at the bottom centre, a sign, words, perhaps a number, its buttons.
#ifndef PARLOUR_UI_ASK_VIEW_H
#define PARLOUR_UI_ASK_VIEW_H

#include "ask.h"
#include "pen.h"

struct ask_card {
    const char *icon;   // "" = a disc with `initials`
    bool quiet;         // the number speaks, its sentence is small
    bool warns, lively; // the sign in coral; in lamp light
    bool refuses;       // closing it says "Not now"
    bool pinned;        // that picture is
    bool hand;          // mine is up
    bool lobby, locked; // the room
    uint32_t disc;
    char initials[32];
    char title[CALL_SENTENCE_MAX + CALL_NAME_MAX], second[CALL_SENTENCE_MAX + CALL_NAME_MAX];
    char number[32]; // groups of digits with blanks between them, or ""
    float number_pt;
    enum ask_answer button[ASK_BUTTONS_MAX];
    bool idle[ASK_BUTTONS_MAX]; // not possible now: pressing it says why
    size_t button_count, focus;
    bool focused; // false: it shows the key that takes one there
};

// The words of the card there is now.
void ask_view_card(struct ask_card *card, const struct ask *ask, const struct call *call, bool focused);
uint64_t ask_view_signature(const struct ask_card *card);
// Its place when its lower edge is at `bottom`.
SDL_Rect ask_view_rect(const struct ask_card *card, struct pen *pen, SDL_Rect stage, int bottom);
int ask_view_columns(const struct ask_card *card, struct pen *pen, SDL_Rect rect); // of its buttons
void ask_view_draw(const struct ask_card *card, struct pen *pen, SDL_Rect rect);

#endif
