// The list at the right of the home screen: who can be called, and below the line what else can be done.
#ifndef PARLOUR_UI_HOME_ROWS_H
#define PARLOUR_UI_HOME_ROWS_H

#include "home_list.h"
#include "pen.h"

#include <stdbool.h>
#include <stdint.h>

struct home_rows {
    int offset[2]; // pixels scrolled above and below the line
};

uint64_t home_rows_signature(const struct home_list *list, const struct call *call, int64_t now_ms);
// Draws the list in `area`, scrolled so that the focused row is seen; `screen_name` is what this box is called.
// True when not everybody fits above the line.
bool home_rows_draw(struct home_rows *rows, struct pen *pen, const struct home_list *list, const struct call *call,
                    const char *screen_name, int64_t now_ms, SDL_Rect area);
// What OK does there; "" = nothing, it says why.
const char *home_rows_verb(const struct call *call, struct home_row row);
// "Amina called at 14:05", with the day when it was another one.
void home_rows_missed(const struct call_missed *missed, int64_t now_ms, char *words, size_t size);
// Why this row cannot be pressed just now, or "".
void home_rows_refusal(const struct call *call, struct home_row row, char *words, size_t size);

#endif
