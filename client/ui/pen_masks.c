#include "pen_masks.h"

#include "icons.h"
#include "shared/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MASKS_MAX = 160 };

struct mask {
    struct canvas_image *image;
    enum mask_kind kind;
    int radius, extra;
    uint32_t key;
    uint64_t used;
};

struct pen_masks {
    struct canvas *canvas;
    struct mask mask[MASKS_MAX];
    uint64_t clock;
};

struct pen_masks *pen_masks_create(struct canvas *canvas)
{
    struct pen_masks *masks = base_alloc(sizeof *masks);
    masks->canvas = canvas;
    return masks;
}

void pen_masks_forget(struct pen_masks *masks)
{
    for (int i = 0; i < MASKS_MAX; i++)
        canvas_image_destroy(masks->mask[i].image);
    memset(masks->mask, 0, sizeof masks->mask);
}

void pen_masks_destroy(struct pen_masks *masks)
{
    if (!masks)
        return;
    pen_masks_forget(masks);
    free(masks);
}

// How much of a pixel at this distance from the middle is covered.
static double cover_of(enum mask_kind kind, double x, double y, int radius, int extra)
{
    if (kind == MASK_SHADOW) {
        // Distance to the rounded shape that casts it, through a soft step as wide as the blur.
        double inner = MAX(hypot(MAX(x - 0.0, 0.0), MAX(y - 0.0, 0.0)) - radius, -(double)extra);
        double t = CLAMP(0.5 - inner / (2.0 * extra), 0.0, 1.0);
        return t * t * (3 - 2 * t) * (t < 0.5 ? 2 * t : 1); // falls off faster outside, as a blurred edge does
    }
    double away = hypot(x, y), outer = CLAMP(radius - away + 0.5, 0.0, 1.0);
    return kind == MASK_RING ? outer * CLAMP(away - (radius - extra) + 0.5, 0.0, 1.0) : outer;
}

static SDL_Surface *draw_mask(enum mask_kind kind, int radius, int extra)
{
    int half = kind == MASK_SHADOW ? radius + extra : radius, size = 2 * half;
    if (size < 2 || size > 4096)
        return NULL;
    SDL_Surface *surface = SDL_CreateRGBSurfaceWithFormat(0, size, size, 32, SDL_PIXELFORMAT_ARGB8888);
    for (int y = 0; surface && y < size; y++) {
        uint32_t *row = (uint32_t *)(void *)((uint8_t *)surface->pixels + (ptrdiff_t)y * surface->pitch);
        double dy = fabs(y + 0.5 - half);
        for (int x = 0; x < size; x++) {
            double cover = cover_of(kind, fabs(x + 0.5 - half), dy, radius, extra);
            row[x] = (uint32_t)(cover * 255.0 + 0.5) << 24 | 0xFFFFFFu;
        }
    }
    return surface;
}

static struct mask *find(struct pen_masks *masks, enum mask_kind kind, int radius, int extra, uint32_t key)
{
    struct mask *oldest = &masks->mask[0];
    masks->clock++;
    for (int i = 0; i < MASKS_MAX; i++) {
        struct mask *m = &masks->mask[i];
        if (m->image && m->kind == kind && m->radius == radius && m->extra == extra && m->key == key) {
            m->used = masks->clock;
            return m;
        }
        if (m->used < oldest->used)
            oldest = m;
    }
    canvas_image_destroy(oldest->image);
    *oldest = (struct mask){.kind = kind, .radius = radius, .extra = extra, .key = key, .used = masks->clock};
    return oldest;
}

struct canvas_image *pen_masks_get(struct pen_masks *masks, enum mask_kind kind, int radius, int extra, uint32_t key)
{
    struct mask *mask = find(masks, kind, radius, extra, key);
    if (!mask->image)
        mask->image = canvas_image_create(masks->canvas, draw_mask(kind, radius, extra));
    return mask->image;
}

struct canvas_image *pen_masks_icon(struct pen_masks *masks, const char *name, int size)
{
    uint32_t key = 2166136261u;
    for (const char *c = name; *c; c++)
        key = (key ^ (unsigned char)*c) * 16777619u;
    struct mask *mask = find(masks, MASK_ICON, size, 0, key);
    if (!mask->image)
        mask->image = canvas_image_create(masks->canvas, icons_draw(name, size));
    return mask->image;
}
