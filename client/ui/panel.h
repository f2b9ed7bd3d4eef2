// What all side panels share: fill, edge, title, key cap with "Close".
#ifndef PARLOUR_UI_PANEL_H
#define PARLOUR_UI_PANEL_H

#include "pen.h"

// Draws the frame; returns the content's area below the title.
SDL_Rect panel_draw(struct pen *pen, SDL_Rect panel, const char *title, const char *key);

#endif
