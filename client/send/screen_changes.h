// Pure: how much of a screen looks other than it did.
#ifndef PARLOUR_SCREEN_CHANGES_H
#define PARLOUR_SCREEN_CHANGES_H

#include "shared/base.h"

struct screen_changes_picture { // packed pixels, one line after the other
    const uint8_t *data;
    size_t stride, line; // bytes from one line to the next; of them, bytes that are shown
    unsigned lines;
};

// The share of its area that differs, in cells of 256 bytes by 16 lines: 0 = the two are the same, 1 = all of it. What
// has another size is another picture.
double screen_changes_share(const struct screen_changes_picture *a, const struct screen_changes_picture *b);

#endif
