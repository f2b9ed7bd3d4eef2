// Small floating things: the card while reconnecting, "7 more", "1 of 2", the count of unread messages.
#ifndef PARLOUR_UI_CARD_H
#define PARLOUR_UI_CARD_H

#include "pen.h"

SDL_Rect card_rect(struct pen *pen, SDL_Rect stage, int bottom); // of the reconnecting card
void card_reconnecting(struct pen *pen, SDL_Rect rect);
void card_more(struct pen *pen, SDL_Rect rect, size_t count);
// Which of several pages of people is shown, at the bottom right.
SDL_Rect card_page_rect(struct pen *pen, SDL_Rect stage, size_t page, size_t pages);
void card_page(struct pen *pen, SDL_Rect rect, size_t page, size_t pages);
void card_unread(struct pen *pen, SDL_Rect rect, unsigned count);

#endif
