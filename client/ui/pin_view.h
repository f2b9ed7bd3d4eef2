// The screen before the settings of a locked box.
#ifndef PARLOUR_UI_PIN_VIEW_H
#define PARLOUR_UI_PIN_VIEW_H

#include "pen.h"
#include "pin_pad.h"

uint64_t pin_view_signature(const struct pin_pad *pad, uint64_t now_us);
void pin_view_draw(const struct pin_pad *pad, struct pen *pen, SDL_Rect screen, uint64_t now_us);

#endif
