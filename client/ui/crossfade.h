// What was on a part of the screen, going away over what is there now.
#ifndef PARLOUR_UI_CROSSFADE_H
#define PARLOUR_UI_CROSSFADE_H

#include "canvas.h"

#include <stdint.h>

struct crossfade { // zeroed = none
    struct canvas_image *image;
    SDL_Rect at;
    SDL_Rect without; // a part of it that is gone at once
    uint64_t since_us;
};

// Keep what was presented last at `at`, without the words at `without` (may be empty). Nothing with reduced motion.
void crossfade_begin(struct crossfade *fade, struct canvas *canvas, SDL_Rect at, SDL_Rect without, uint64_t now_us);
void crossfade_spare(struct crossfade *fade, SDL_Rect more);            // nor what is at `more`
uint8_t crossfade_alpha(const struct crossfade *fade, uint64_t now_us); // 0 = none, or over
void crossfade_draw(const struct crossfade *fade, struct canvas *canvas, uint8_t alpha);
void crossfade_end(struct crossfade *fade);

#endif
