// Words as images: shaped, ordered for right-to-left scripts, with fallback fonts, kept while they are in use.
#ifndef PARLOUR_UI_TEXT_H
#define PARLOUR_UI_TEXT_H

#include "canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

struct text_font {
    int size; // pixels
    bool bold;
};

struct text_line {
    struct canvas_image *image; // NULL for blanks
    int width;                  // advance
    int rise;                   // from the image's top to the baseline
};

struct text *text_create(struct canvas *canvas); // NULL when no font is found
void text_destroy(struct text *text);
// One line; longer than 1024 bytes is cut. Valid until the next call.
const struct text_line *text_line(struct text *text, struct text_font font, uint32_t colour, const char *words,
                                  size_t length);
int text_width(struct text *text, struct text_font font, const char *words, size_t length);
// Copies what fits in `width`, ending in "…" when something had to go.
void text_fit(struct text *text, struct text_font font, const char *words, int width, char *out, size_t size);
// Drop every image (the canvas was made anew, or the sizes changed), and wipe the words.
void text_forget(struct text *text);

#endif
