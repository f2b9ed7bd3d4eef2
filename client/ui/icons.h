// The icons of LOOK §11: strokes on a 24 x 24 grid, 2 wide, round ends; drawn once for each size.
#ifndef PARLOUR_UI_ICONS_H
#define PARLOUR_UI_ICONS_H

#include <SDL2/SDL.h>

// A white alpha picture of `size` pixels (ARGB8888), NULL for an unknown name.
SDL_Surface *icons_draw(const char *name, int size);

#endif
