// How a tile looks: picture or avatar, the name below, what is to be said of it at the top left, the speaking ring.
#ifndef PARLOUR_UI_TILE_VIEW_H
#define PARLOUR_UI_TILE_VIEW_H

#include "pen.h"
#include "tile.h"

void tile_view_draw(struct tile *tile, struct pen *pen, const struct tile_look *look, uint64_t now_us);
// The frame of the focused tile: its bounds, and itself.
SDL_Rect tile_view_frame(const struct tile *tile, const struct pen *pen);
void tile_view_draw_frame(const struct tile *tile, struct pen *pen);

void tile_view_meter(struct pen *pen, SDL_Rect at, unsigned level); // 0..METER_STEPS

#endif
