// What was on a part of the screen, going away over what is there now.
#ifndef PARLOUR_UI_CROSSFADE_H
#define PARLOUR_UI_CROSSFADE_H

#include "canvas.h"

#include <stdint.h>

struct crossfade { // zeroed = none
    struct canvas_image *image;
    SDL_Rect at;
    uint64_t since_us;
};

// Keep what was presented last there. Nothing with reduced motion.
void crossfade_begin(struct crossfade *fade, struct canvas *canvas, SDL_Rect at, uint64_t now_us);
uint8_t crossfade_alpha(const struct crossfade *fade, uint64_t now_us); // 0 = none, or over
void crossfade_draw(const struct crossfade *fade, struct canvas *canvas, uint8_t alpha);
void crossfade_end(struct crossfade *fade);

#endif
