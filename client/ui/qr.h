// The invite as a QR code.
#ifndef PARLOUR_UI_QR_H
#define PARLOUR_UI_QR_H

#include "pen.h"

#include <stdint.h>

struct qr {
    uint64_t words; // a hash of what is encoded now: not the words, which open a room
    uint8_t *dark;  // one byte a module
    int width;
};

// Draw `words` in a white square with rounded corners. Nothing is drawn when they do not fit a code.
void qr_draw(struct qr *qr, struct pen *pen, SDL_Rect square, const char *words);
void qr_destroy(struct qr *qr); // wipes; it can be drawn again

#endif
