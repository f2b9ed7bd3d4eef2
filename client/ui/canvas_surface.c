// Drawing into the window's own memory: only what changed is converted, blended and handed to the display.
#include "canvas_ways.h"

#include "shared/base.h"
#include "texture.h"

#include <string.h>

enum { RADIUS_MAX = 96 };

// What lay under the four corners of the picture being drawn. Main thread only.
static uint32_t under[4][RADIUS_MAX * RADIUS_MAX];

static uint32_t *pixel_at(const SDL_Surface *surface, int x, int y)
{
    return (uint32_t *)(void *)((uint8_t *)surface->pixels + (ptrdiff_t)y * surface->pitch) + x;
}

static uint32_t mix(uint32_t below, uint32_t above, uint32_t alpha)
{
    uint32_t rb = below & 0xFF00FF, g = below & 0x00FF00, a = alpha + (alpha >> 7);
    rb += (((above & 0xFF00FF) - rb) * a) >> 8;
    g += (((above & 0x00FF00) - g) * a) >> 8;
    return 0xFF000000u | (rb & 0xFF00FF) | (g & 0x00FF00);
}

static bool usable(const SDL_Surface *surface)
{
    return surface &&
           (surface->format->format == SDL_PIXELFORMAT_RGB888 || surface->format->format == SDL_PIXELFORMAT_ARGB8888);
}

static bool attach(struct canvas *canvas)
{
    if (canvas->surface_owned)
        SDL_FreeSurface(canvas->surface);
    canvas->surface = NULL;
    canvas->surface_owned = false;
    if (canvas->window) {
        SDL_Surface *surface = SDL_GetWindowSurface(canvas->window);
        if (!surface)
            return false;
        canvas->width = surface->w;
        canvas->height = surface->h;
        if (usable(surface)) {
            canvas->surface = surface;
            return true;
        }
    }
    canvas->surface = SDL_CreateRGBSurfaceWithFormat(0, canvas->width, canvas->height, 32, SDL_PIXELFORMAT_RGB888);
    canvas->surface_owned = true;
    return canvas->surface != NULL;
}

static void surface_destroy(struct canvas *canvas)
{
    if (canvas->surface_owned)
        SDL_FreeSurface(canvas->surface);
}

static bool surface_resize(struct canvas *canvas)
{
    if (!canvas->window)
        return false;
    SDL_Surface *now = SDL_GetWindowSurface(canvas->window);
    bool same = now && now->w == canvas->width && now->h == canvas->height;
    if (same && (canvas->surface_owned || now == canvas->surface))
        return false;
    attach(canvas);
    return true;
}

static bool surface_image_create(struct canvas *canvas, struct canvas_image *image)
{
    (void)canvas;
    return SDL_SetSurfaceBlendMode(image->surface, SDL_BLENDMODE_BLEND) == 0;
}

static void surface_image_destroy(struct canvas_image *image)
{
    (void)image;
}

static void surface_clip(struct canvas *canvas, const SDL_Rect *clip)
{
    if (canvas->surface)
        SDL_SetClipRect(canvas->surface, clip);
}

static void surface_fill(struct canvas *canvas, const SDL_Rect *rect, uint32_t colour)
{
    uint32_t alpha = colour >> 24;
    if (!canvas->surface)
        return;
    if (alpha == 255) {
        SDL_FillRect(canvas->surface, rect, colour);
        return;
    }
    for (int y = rect->y; y < rect->y + rect->h; y++) {
        uint32_t *p = pixel_at(canvas->surface, rect->x, y);
        for (int x = 0; x < rect->w; x++)
            p[x] = mix(p[x], colour, alpha);
    }
}

static void surface_draw(struct canvas *canvas, struct canvas_image *image, const SDL_Rect *part, int x, int y,
                         uint32_t tint)
{
    if (!canvas->surface)
        return;
    SDL_SetSurfaceColorMod(image->surface, (uint8_t)(tint >> 16), (uint8_t)(tint >> 8), (uint8_t)tint);
    SDL_SetSurfaceAlphaMod(image->surface, (uint8_t)(tint >> 24));
    SDL_Rect from = part ? *part : (SDL_Rect){0, 0, image->width, image->height}, to = {x, y, 0, 0};
    SDL_BlitSurface(image->surface, &from, canvas->surface, &to);
}

static SDL_Rect corner_rect(const SDL_Rect *at, int which, int radius)
{
    return (SDL_Rect){which & 1 ? at->x + at->w - radius : at->x, which & 2 ? at->y + at->h - radius : at->y, radius,
                      radius};
}

static void corner_take(const struct canvas *canvas, const SDL_Rect *at, int radius, int which)
{
    SDL_Rect c = corner_rect(at, which, radius), seen;
    if (!SDL_IntersectRect(&c, &canvas->clip_rect, &seen))
        return;
    for (int y = seen.y; y < seen.y + seen.h; y++)
        memcpy(&under[which][(y - c.y) * radius + seen.x - c.x], pixel_at(canvas->surface, seen.x, y),
               (size_t)seen.w * 4);
}

static void corner_put(struct canvas *canvas, const SDL_Rect *at, int radius, int which)
{
    const uint8_t *cover = canvas_corner(canvas, radius);
    SDL_Rect c = corner_rect(at, which, radius), seen;
    if (!SDL_IntersectRect(&c, &canvas->clip_rect, &seen))
        return;
    for (int y = seen.y; y < seen.y + seen.h; y++) {
        uint32_t *p = pixel_at(canvas->surface, seen.x, y);
        int row = which & 2 ? radius - 1 - (y - c.y) : y - c.y;
        for (int x = seen.x; x < seen.x + seen.w; x++, p++) {
            int column = which & 1 ? radius - 1 - (x - c.x) : x - c.x;
            *p = mix(under[which][(y - c.y) * radius + x - c.x], *p, cover[row * radius + column]);
        }
    }
}

static void surface_picture(struct canvas *canvas, struct texture *texture, const SDL_Rect *crop, const SDL_Rect *at,
                            int radius)
{
    if (!canvas->surface)
        return;
    radius = MIN(radius, RADIUS_MAX);
    for (int which = 0; which < 4 && radius > 0; which++)
        corner_take(canvas, at, radius, which);
    bool drawn = texture_blit(texture, canvas->surface, crop, at, &canvas->clip_rect);
    for (int which = 0; which < 4 && radius > 0 && drawn; which++)
        corner_put(canvas, at, radius, which);
}

static void surface_present(struct canvas *canvas, const SDL_Rect *rects, int count)
{
    if (!canvas->window || !canvas->surface)
        return;
    if (canvas->surface_owned) {
        SDL_Surface *window = SDL_GetWindowSurface(canvas->window);
        SDL_SetClipRect(canvas->surface, NULL);
        for (int i = 0; i < count && window; i++) {
            SDL_Rect to = rects[i];
            SDL_BlitSurface(canvas->surface, &rects[i], window, &to);
        }
    }
    SDL_UpdateWindowSurfaceRects(canvas->window, rects, count);
}

static SDL_Surface *surface_read(struct canvas *canvas)
{
    return canvas->surface ? SDL_ConvertSurfaceFormat(canvas->surface, SDL_PIXELFORMAT_RGB888, 0) : NULL;
}

static const struct canvas_way surface_way = {
    .name = "surface",
    .keeps = true,
    .destroy = surface_destroy,
    .resize = surface_resize,
    .image_create = surface_image_create,
    .image_destroy = surface_image_destroy,
    .clip = surface_clip,
    .fill = surface_fill,
    .draw = surface_draw,
    .picture = surface_picture,
    .present = surface_present,
    .read = surface_read,
};

bool canvas_surface_open(struct canvas *canvas)
{
    // Or SDL sends the surface through the software GL, which costs twenty times as much (X11 only: on Wayland the hint
    // would leave no surface at all).
    const char *driver = SDL_GetCurrentVideoDriver();
    if (canvas->window && driver && strcmp(driver, "x11") == 0)
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    if (!attach(canvas))
        return false;
    canvas->way = &surface_way;
    return true;
}
