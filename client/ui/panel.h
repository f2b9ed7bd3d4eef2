// What all side panels share: fill, edge, title, key cap with "Close".
#ifndef PARLOUR_UI_PANEL_H
#define PARLOUR_UI_PANEL_H

#include "pen.h"

// Draws the frame; returns the content's area below the title.
SDL_Rect panel_draw(struct pen *pen, SDL_Rect panel, const char *title, const char *key);
// The same with other words beside the key cap.
SDL_Rect panel_draw_as(struct pen *pen, SDL_Rect panel, const char *title, const char *key, const char *does);
// The line that counts the rows of a list above or below those that are shown, around the middle height `y`.
// `format` has one %u.
void panel_more(struct pen *pen, int x, int y, const char *icon, const char *format, size_t count);

#endif
