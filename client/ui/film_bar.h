// Over the bottom of a film, while the arrows are on it or something of it has just changed: what it is, where it is,
// and which keys do what.
#ifndef PARLOUR_UI_FILM_BAR_H
#define PARLOUR_UI_FILM_BAR_H

#include "client/library/films.h"
#include "pen.h"

#include <stdint.h>

SDL_Rect film_bar_rect(const struct pen *pen, SDL_Rect stage, int bottom, bool keys);
uint64_t film_bar_signature(const struct films_playing *p, bool keys, uint64_t now_us);
// `keys`: the arrows are on it.
void film_bar_draw(struct pen *pen, SDL_Rect at, const struct films_playing *p, bool keys, uint64_t now_us);

#endif
