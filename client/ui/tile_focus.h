// Arrows over tiles: which one is next in a direction. Pure.
#ifndef PARLOUR_UI_TILE_FOCUS_H
#define PARLOUR_UI_TILE_FOCUS_H

#include <SDL2/SDL_rect.h>
#include <stddef.h>

enum tile_focus_way { TILE_FOCUS_LEFT, TILE_FOCUS_RIGHT, TILE_FOCUS_UP, TILE_FOCUS_DOWN };

// The nearest tile from tile `from` in that direction, else `count`: there is none. Tiles of no width do not count.
size_t tile_focus_next(const SDL_Rect *tiles, size_t count, size_t from, enum tile_focus_way way);
// The one that comes first when there was none: the lowest, and of these the nearest to the middle `x`.
size_t tile_focus_first(const SDL_Rect *tiles, size_t count, int x);

#endif
