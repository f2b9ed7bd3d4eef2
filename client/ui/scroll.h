// A list of rows with different heights in a place that may be too small for it: which of them are shown. What lies
// above or below is counted in a line of its own. Pure.
#ifndef PARLOUR_UI_SCROLL_H
#define PARLOUR_UI_SCROLL_H

#include <stddef.h>

struct scroll {
    const int *height; // of each row, with the gap below it
    size_t count;
    int room, line; // pixels there are; pixels of the line that counts the others
};

// One past the last row that fits when `top` is the first one shown; always at least one row.
size_t scroll_end(const struct scroll *s, size_t top);
// The first row to show so that `focus` is on the screen (count = nothing has the focus), near to what was shown.
size_t scroll_top(const struct scroll *s, size_t top, size_t focus);

#endif
