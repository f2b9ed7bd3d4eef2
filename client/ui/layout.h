// Where things are: N people, a panel, a card -> rectangles in device pixels. Pure (LOOK §5).
#ifndef PARLOUR_UI_LAYOUT_H
#define PARLOUR_UI_LAYOUT_H

#include <SDL2/SDL_rect.h>
#include <stdbool.h>
#include <stddef.h>

enum { LAYOUT_PAGE = 49, LAYOUT_STRIP = 5, LAYOUT_MOST = 58 }; // most: in speaker view

enum layout_mode {
    LAYOUT_GRID,
    LAYOUT_TWO,    // the other edge to edge, me in a corner
    LAYOUT_SPEAKER // one large, a strip at the right
};

struct layout_request {
    int width, height; // of the window
    int panel;         // pixels taken at the right, 0 = none
    int card;          // pixels taken at the bottom, 0 = none; LAYOUT_TWO: only my own picture keeps off them
    double u;
    enum layout_mode mode;
    size_t count;    // tiles wanted, me included when shown: LAYOUT_PAGE at most, LAYOUT_SPEAKER LAYOUT_MOST
    bool self_shown; // the last tile is me
    size_t large;    // LAYOUT_SPEAKER: which one
    bool pinned;     // LAYOUT_GRID: the tile `pin` takes two by two cells at the top left
    size_t pin;
};

struct layout_tile {
    SDL_Rect rect;  // where the tile is
    SDL_Rect frame; // where its picture is laid out: larger than rect when a panel covers part of it
    bool shown;
    bool edge;   // edge to edge: no rounded corners
    bool floats; // lies over another picture
};

struct layout_result {
    SDL_Rect stage;
    struct layout_tile tile[LAYOUT_MOST];
    size_t hidden;      // LAYOUT_SPEAKER: people not in the strip
    SDL_Rect hidden_at; // the cell that says so
    int columns, rows;  // LAYOUT_GRID
};

// The unit of LOOK: min(width / 1920, height / 1080).
double layout_unit(int width, int height);
int layout_px(double u, double units); // rounded to whole pixels
// The side panel's width for a text scale in percent.
int layout_panel_width(double u, int text_scale);
void layout_compute(const struct layout_request *request, struct layout_result *result);
// The part of a picture to show in a cell (covers it, but keeps at least three quarters of each side) and where it
// lands in the cell; bars are left where it does not fill.
void layout_cover(int picture_width, int picture_height, const SDL_Rect *cell, SDL_Rect *crop, SDL_Rect *out);
// Likewise all of the picture.
void layout_contain(int picture_width, int picture_height, const SDL_Rect *cell, SDL_Rect *crop, SDL_Rect *out);

#endif
