// The screen of somebody who waits to be let in: what is going on, his own picture, three buttons.
#ifndef PARLOUR_UI_LOBBY_VIEW_H
#define PARLOUR_UI_LOBBY_VIEW_H

#include "client/call.h"
#include "input.h"
#include "pen.h"

#include <stddef.h>
#include <stdint.h>

enum { LOBBY_BUTTONS = 3 };

enum input_action lobby_view_action(size_t focus); // of a button
uint64_t lobby_view_signature(const struct call *call, size_t focus);
SDL_Rect lobby_view_self(const struct pen *pen, SDL_Rect screen); // my picture
void lobby_view_draw(struct pen *pen, const struct call *call, SDL_Rect screen, size_t focus);

#endif
