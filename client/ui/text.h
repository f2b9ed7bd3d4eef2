// Words as images: shaped, ordered for right-to-left scripts, with fallback fonts, kept while they are in use.
#ifndef PARLOUR_UI_TEXT_H
#define PARLOUR_UI_TEXT_H

#include "canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

// Which way a line runs as a whole: what its words say, or what those before it in the same paragraph said.
enum text_base { TEXT_BASE_OWN, TEXT_BASE_LEFT_TO_RIGHT, TEXT_BASE_RIGHT_TO_LEFT };

struct text_font {
    int size; // pixels
    bool bold;
    enum text_base base;
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
// Where the caret stands before byte `at` of that line, from its left edge: lines that run to the left have it at the
// left of what was typed.
int text_caret(struct text *text, struct text_font font, const char *words, size_t length, size_t at);
// What the first letter of a paragraph says; left to right when it has none.
enum text_base text_base_of(const char *words, size_t length);
// Copies what fits in `width`, ending in "…" when something had to go.
void text_fit(struct text *text, struct text_font font, const char *words, int width, char *out, size_t size);
// Drop every image (the canvas was made anew, or the sizes changed), and wipe the words.
void text_forget(struct text *text);

#endif
