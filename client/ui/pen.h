// Shapes, icons and words in LOOK's units: what every view draws with.
#ifndef PARLOUR_UI_PEN_H
#define PARLOUR_UI_PEN_H

#include "canvas.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pen_masks;

struct pen {
    struct canvas *canvas;
    struct text *text;
    struct pen_masks *masks;
    double u;       // pixels of one LOOK unit
    int text_scale; // percent
    uint8_t alpha;  // of everything drawn now
    // For tests: told of everything that is written, `cut` when a part of it had no room. NULL = nobody listens.
    void (*written)(const char *words, bool cut);
    bool within;    // of something that was told as a whole
    SDL_Point edge; // pixels between what is drawn for people and the sides of the screen, which may be cut off
};

struct pen_style {
    float pt; // LOOK's size
    bool bold;
    uint32_t colour;
    bool fixed; // does not follow the text scale
};

enum pen_shadow { PEN_LOW, PEN_HIGH };

// False when no font is found.
bool pen_init(struct pen *pen, struct canvas *canvas);
void pen_destroy(struct pen *pen);
void pen_forget(struct pen *pen); // sizes changed: drop everything kept

int pen_px(const struct pen *pen, double units);
int pen_scaled(const struct pen *pen, double units); // units that grow with the text
SDL_Rect pen_rect(const struct pen *pen, double x, double y, double w, double h);

int pen_radius(const struct pen *pen, double units); // the corners of a picture
void pen_fill(struct pen *pen, SDL_Rect rect, uint32_t colour);
// In high contrast corners are almost square, borders are at least 3 u, nothing has a shadow; pen_round then gives what
// is filled with THEME_FOCUS its second line, and what is filled with THEME_SCRIM a white one.
void pen_round(struct pen *pen, SDL_Rect rect, int radius, uint32_t colour);
// Radii in pixels, and nothing but the fill: top left, top right, bottom left, bottom right.
void pen_round4(struct pen *pen, SDL_Rect rect, const int radius[4], uint32_t colour);
void pen_divider(struct pen *pen, int x, int y, int width); // a line across
void pen_border(struct pen *pen, SDL_Rect rect, int radius, int thickness, uint32_t colour);
void pen_disc(struct pen *pen, int x, int y, int radius, uint32_t colour);
void pen_ring(struct pen *pen, int x, int y, int radius, int thickness, uint32_t colour);
void pen_glow(struct pen *pen, int x, int y, int radius, uint32_t colour); // as large as one likes, soft contrast only
void pen_shadow(struct pen *pen, SDL_Rect rect, int radius, enum pen_shadow kind);
void pen_icon(struct pen *pen, const char *name, int x, int y, int size, uint32_t colour);
// A graph of `count` values 0..1 in rect, newest at the right; `dash` (0..1) a dashed line, <0 = none.
void pen_graph(struct pen *pen, SDL_Rect rect, const float *values, size_t count, float dash);

// Words on one line around the middle height `y`; return the width.
int pen_text(struct pen *pen, int x, int y, struct pen_style style, const char *words);
int pen_text_part(struct pen *pen, int x, int y, struct pen_style style, const char *words, size_t length);
// A line of a paragraph that runs as `base` says.
int pen_text_based(struct pen *pen, int x, int y, struct pen_style style, const char *words, size_t length,
                   enum text_base base);
// Where the caret stands before byte `at` of these words, from their left edge.
int pen_caret(struct pen *pen, struct pen_style style, const char *words, size_t length, size_t at);
int pen_text_fit(struct pen *pen, int x, int y, struct pen_style style, const char *words, int width);
// Words that are no name stay whole: a smaller size when they are wider than `width`, down to six tenths.
void pen_shrink(struct pen *pen, struct pen_style *style, const char *words, int width);
int pen_text_right(struct pen *pen, int right, int y, struct pen_style style, const char *words);
int pen_text_middle(struct pen *pen, int x, int y, struct pen_style style, const char *words);
int pen_width(struct pen *pen, struct pen_style style, const char *words, size_t length);
int pen_size(const struct pen *pen, struct pen_style style); // pixels of the font
// Digits in cells of one width, so that changing numbers stand still; ends at `right`. Returns the width.
int pen_number(struct pen *pen, int right, int y, struct pen_style style, const char *words);
// Wrapped words from `top` down, `line` pixels each; draws at most `most` lines. Returns the height. `draw` false
// measures.
int pen_paragraph(struct pen *pen, int x, int top, int width, int line, struct pen_style style, const char *words,
                  int most, bool draw);
// A key cap around the middle height; returns its width.
int pen_key(struct pen *pen, int x, int y, const char *words);
int pen_key_on(struct pen *pen, int x, int y, const char *words, uint32_t border, uint32_t ink); // on a fill
int pen_key_width(struct pen *pen, const char *words);

#endif
