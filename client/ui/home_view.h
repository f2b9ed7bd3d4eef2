// The home screen: whose box this is, the time, who can be called, what is to be done; and what is left of it when
// nobody is there.
#ifndef PARLOUR_UI_HOME_VIEW_H
#define PARLOUR_UI_HOME_VIEW_H

#include "client/call.h"
#include "home_join.h"
#include "home_list.h"
#include "home_rows.h"
#include "pen.h"
#include "qr.h"

#include <stdbool.h>
#include <stdint.h>

struct home_view {
    struct home_list list;
    struct home_rows rows;
    struct home_join join;
    char composing[256];
    SDL_Rect caret;
    struct qr qr;
};

// What the time is when it is drawn, and what this box is called.
struct home_now {
    char clock[16], date[64];
    const char *place; // "" = it has no name
    int64_t at_ms;     // wall clock
    bool idle;
};

void home_view_destroy(struct home_view *view);
void home_view_forget_link(struct home_view *view); // that was shown
uint64_t home_view_signature(const struct home_view *view, const struct call *call, const struct home_now *now);
void home_view_draw(struct home_view *view, struct pen *pen, const struct call *call, const struct home_now *now,
                    SDL_Rect screen);
// What other full screens have in common with it.
void home_view_ground(struct pen *pen, SDL_Rect screen);
struct home_hint {
    const char *key, *words;
};
// At the bottom right, as many as there is room for right of `left`.
void home_view_hints(struct pen *pen, SDL_Rect screen, const struct home_hint *hint, size_t count, int left);
// "428 193"
void home_view_code(const char *code, char out[16]);

#endif
