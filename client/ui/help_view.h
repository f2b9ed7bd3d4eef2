// The help screen: printed from the key table.
#ifndef PARLOUR_UI_HELP_VIEW_H
#define PARLOUR_UI_HELP_VIEW_H

#include "pen.h"

#include <stdbool.h>

void help_view_draw(struct pen *pen, SDL_Rect screen, bool kiosk);

#endif
