#include "crossfade.h"

#include "shared/base.h"
#include "theme.h"

#include <math.h>

void crossfade_begin(struct crossfade *fade, struct canvas *canvas, SDL_Rect at, SDL_Rect without, uint64_t now_us)
{
    crossfade_end(fade);
    if (THEME_MS_TILES == 0 || at.w <= 0 || at.h <= 0)
        return;
    fade->image = canvas_kept(canvas, &at);
    fade->at = at;
    fade->without = (SDL_Rect){0, 0, 0, 0};
    crossfade_spare(fade, without);
    fade->since_us = now_us;
}

void crossfade_spare(struct crossfade *fade, SDL_Rect more)
{
    SDL_Rect both = more;
    if (!SDL_RectEmpty(&fade->without))
        SDL_UnionRect(&fade->without, &more, &both);
    if (!SDL_IntersectRect(&both, &fade->at, &fade->without))
        fade->without = (SDL_Rect){fade->at.x, fade->at.y + fade->at.h, 0, 0};
}

uint8_t crossfade_alpha(const struct crossfade *fade, uint64_t now_us)
{
    if (!fade->image)
        return 0;
    return (uint8_t)lround(255 * (1 - theme_part(now_us - fade->since_us, THEME_MS_TILES)));
}

void crossfade_draw(const struct crossfade *fade, struct canvas *canvas, uint8_t alpha)
{
    SDL_Rect a = fade->at, hole = fade->without;
    int right = hole.x + hole.w, below = hole.y + hole.h;
    const SDL_Rect around[] = {{a.x, a.y, a.w, hole.y - a.y},
                               {a.x, hole.y, hole.x - a.x, hole.h},
                               {right, hole.y, a.x + a.w - right, hole.h},
                               {a.x, below, a.w, a.y + a.h - below}};
    for (size_t i = 0; fade->image && i < ARRAY_LEN(around); i++) {
        SDL_Rect part = {around[i].x - a.x, around[i].y - a.y, around[i].w, around[i].h};
        if (part.w > 0 && part.h > 0)
            canvas_draw(canvas, fade->image, &part, around[i].x, around[i].y, (uint32_t)alpha << 24 | 0xFFFFFFu);
    }
}

void crossfade_end(struct crossfade *fade)
{
    if (fade->image)
        canvas_image_destroy(fade->image);
    fade->image = NULL;
}
