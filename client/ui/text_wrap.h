// Lines from words: breaks at spaces and after hyphens, anywhere between CJK, and inside a word only when it is longer
// than the line. Pure: the width of a piece of text is asked for.
#ifndef PARLOUR_UI_TEXT_WRAP_H
#define PARLOUR_UI_TEXT_WRAP_H

#include <stddef.h>

struct text_span {
    size_t start, length; // bytes; without the space the line broke at
    int width;
};

typedef int text_measure(void *ctx, const char *text, size_t length);

// Fills at most `max` spans, returns how many lines there are in all (0 for empty text).
size_t text_wrap(const char *text, size_t length, int width, text_measure *measure, void *ctx, struct text_span *spans,
                 size_t max);

#endif
