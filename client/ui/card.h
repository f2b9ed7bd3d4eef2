// Small floating things: the card while reconnecting, "7 more", the count of unread messages.
#ifndef PARLOUR_UI_CARD_H
#define PARLOUR_UI_CARD_H

#include "pen.h"

SDL_Rect card_rect(struct pen *pen, SDL_Rect stage, int bottom); // of the reconnecting card
void card_reconnecting(struct pen *pen, SDL_Rect rect);
void card_more(struct pen *pen, SDL_Rect rect, size_t count);
void card_unread(struct pen *pen, SDL_Rect rect, unsigned count);

#endif
