#include "crossfade.h"

#include "theme.h"

#include <math.h>

void crossfade_begin(struct crossfade *fade, struct canvas *canvas, SDL_Rect at, uint64_t now_us)
{
    crossfade_end(fade);
    if (THEME_MS_TILES == 0 || at.w <= 0 || at.h <= 0)
        return;
    fade->image = canvas_kept(canvas, &at);
    fade->at = at;
    fade->since_us = now_us;
}

uint8_t crossfade_alpha(const struct crossfade *fade, uint64_t now_us)
{
    if (!fade->image)
        return 0;
    return (uint8_t)lround(255 * (1 - theme_part(now_us - fade->since_us, THEME_MS_TILES)));
}

void crossfade_draw(const struct crossfade *fade, struct canvas *canvas, uint8_t alpha)
{
    if (fade->image)
        canvas_draw(canvas, fade->image, NULL, fade->at.x, fade->at.y, (uint32_t)alpha << 24 | 0xFFFFFFu);
}

void crossfade_end(struct crossfade *fade)
{
    if (fade->image)
        canvas_image_destroy(fade->image);
    fade->image = NULL;
}
