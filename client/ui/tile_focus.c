#include "tile_focus.h"

#include "shared/base.h"

#include <limits.h>
#include <stdlib.h>

// How far the tile lies away in its direction, and how far beside it: nothing while both see each other straight on.
static long distance(const SDL_Rect *a, const SDL_Rect *b, enum tile_focus_way way)
{
    bool across = way == TILE_FOCUS_LEFT || way == TILE_FOCUS_RIGHT;
    int ahead = way == TILE_FOCUS_LEFT    ? a->x - (b->x + b->w)
                : way == TILE_FOCUS_RIGHT ? b->x - (a->x + a->w)
                : way == TILE_FOCUS_UP    ? a->y - (b->y + b->h)
                                          : b->y - (a->y + a->h);
    int a0 = across ? a->y : a->x, a1 = a0 + (across ? a->h : a->w), b0 = across ? b->y : b->x,
        b1 = b0 + (across ? b->h : b->w);
    int beside = MAX(MAX(a0 - b1, b0 - a1), 0), middles = abs(a0 + a1 - b0 - b1) / 2;
    if (ahead < 0)
        return LONG_MAX;
    return (long)ahead * 4 + (long)beside * 64 + middles;
}

size_t tile_focus_next(const SDL_Rect *tiles, size_t count, size_t from, enum tile_focus_way way)
{
    size_t best = count;
    long least = LONG_MAX;
    for (size_t i = 0; i < count && from < count; i++) {
        long d = i == from || tiles[i].w <= 0 ? LONG_MAX : distance(&tiles[from], &tiles[i], way);
        if (d < least) {
            least = d;
            best = i;
        }
    }
    return best;
}

size_t tile_focus_first(const SDL_Rect *tiles, size_t count, int x)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (tiles[i].w <= 0)
            continue;
        int low = tiles[i].y + tiles[i].h, off = abs(tiles[i].x + tiles[i].w / 2 - x);
        int best_low = best < count ? tiles[best].y + tiles[best].h : INT_MIN;
        if (low > best_low || (low == best_low && off < abs(tiles[best].x + tiles[best].w / 2 - x)))
            best = i;
    }
    return best;
}
