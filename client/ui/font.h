// Which font file has a character, and that font opened at a size.
#ifndef PARLOUR_UI_FONT_H
#define PARLOUR_UI_FONT_H

#include <SDL2/SDL_ttf.h>
#include <stdbool.h>
#include <stdint.h>

struct fonts;

// NULL when not even one font is found.
struct fonts *fonts_create(void);
void fonts_destroy(struct fonts *fonts);
// The face that has this character: a small number that stays valid, never negative.
int fonts_face(struct fonts *fonts, uint32_t code, bool bold, bool emoji);
bool fonts_has(struct fonts *fonts, int face, uint32_t code);
bool fonts_is_colour(const struct fonts *fonts, int face); // bitmaps of one size, to be scaled
// The face at this size (pixels); NULL when it cannot be opened. Valid until the next call.
TTF_Font *fonts_open(struct fonts *fonts, int face, int size);

#endif
