// Drawing through SDL_Renderer: pictures go to the card as YUV, everything is drawn anew for each present.
#include "canvas_ways.h"

#include "shared/base.h"
#include "texture.h"

#include <math.h>
#include <string.h>

enum { CORNER_STEPS = 8, OUTLINE = 4 * (CORNER_STEPS + 1) };

static bool make_target(struct canvas *canvas)
{
    if (canvas->target)
        SDL_DestroyTexture(canvas->target);
    SDL_GetRendererOutputSize(canvas->renderer, &canvas->width, &canvas->height);
    // Drawn into a texture first: a screenshot between two presents then reads what people see.
    canvas->target = SDL_CreateTexture(canvas->renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_TARGET,
                                       canvas->width, canvas->height);
    return canvas->target && SDL_SetRenderTarget(canvas->renderer, canvas->target) == 0;
}

static void renderer_destroy(struct canvas *canvas)
{
    if (canvas->target)
        SDL_DestroyTexture(canvas->target);
    SDL_DestroyRenderer(canvas->renderer);
}

static bool renderer_resize(struct canvas *canvas)
{
    int width, height;
    SDL_SetRenderTarget(canvas->renderer, NULL);
    SDL_GetRendererOutputSize(canvas->renderer, &width, &height);
    if (width == canvas->width && height == canvas->height) {
        SDL_SetRenderTarget(canvas->renderer, canvas->target);
        return false;
    }
    make_target(canvas);
    return true;
}

static bool renderer_image_create(struct canvas *canvas, struct canvas_image *image)
{
    image->texture = SDL_CreateTextureFromSurface(canvas->renderer, image->surface);
    if (!image->texture)
        return false;
    SDL_SetTextureBlendMode(image->texture, SDL_BLENDMODE_BLEND);
    SDL_FreeSurface(image->surface);
    image->surface = NULL;
    return true;
}

static void renderer_image_destroy(struct canvas_image *image)
{
    SDL_DestroyTexture(image->texture);
}

static void renderer_clip(struct canvas *canvas, const SDL_Rect *clip)
{
    SDL_RenderSetClipRect(canvas->renderer, clip);
}

static void renderer_fill(struct canvas *canvas, const SDL_Rect *rect, uint32_t colour)
{
    SDL_SetRenderDrawBlendMode(canvas->renderer, colour >> 24 == 255 ? SDL_BLENDMODE_NONE : SDL_BLENDMODE_BLEND);
    SDL_SetRenderDrawColor(canvas->renderer, (uint8_t)(colour >> 16), (uint8_t)(colour >> 8), (uint8_t)colour,
                           (uint8_t)(colour >> 24));
    SDL_RenderFillRect(canvas->renderer, rect);
}

static void renderer_draw(struct canvas *canvas, struct canvas_image *image, const SDL_Rect *part, int x, int y,
                          uint32_t tint)
{
    SDL_SetTextureColorMod(image->texture, (uint8_t)(tint >> 16), (uint8_t)(tint >> 8), (uint8_t)tint);
    SDL_SetTextureAlphaMod(image->texture, (uint8_t)(tint >> 24));
    SDL_Rect to = {x, y, part ? part->w : image->width, part ? part->h : image->height};
    SDL_RenderCopy(canvas->renderer, image->texture, part, &to);
}

// A fan around the middle whose rim follows the rounded corners; the picture's coordinates go with it.
static void draw_rounded(struct canvas *canvas, const struct texture *texture, SDL_Texture *card, const SDL_Rect *crop,
                         const SDL_Rect *at, int radius)
{
    SDL_Vertex vertex[OUTLINE + 1];
    int index[OUTLINE * 3];
    float fx = (float)at->x, fy = (float)at->y, fw = (float)at->w, fh = (float)at->h, r = (float)radius;
    int n = 1;
    vertex[0].position = (SDL_FPoint){fx + fw / 2, fy + fh / 2};
    for (int corner = 0; corner < 4; corner++) {
        float cx = corner == 1 || corner == 2 ? fx + fw - r : fx + r, cy = corner >= 2 ? fy + fh - r : fy + r;
        for (int k = 0; k <= CORNER_STEPS; k++) {
            float a = 3.14159265f * (1.0f + 0.5f * ((float)corner + (float)k / CORNER_STEPS));
            vertex[n++].position = (SDL_FPoint){cx + r * cosf(a), cy + r * sinf(a)};
        }
    }
    for (int i = 0; i <= OUTLINE; i++) {
        float tx = (vertex[i].position.x - fx) / fw, ty = (vertex[i].position.y - fy) / fh;
        if (texture->mirror)
            tx = 1 - tx;
        vertex[i].color = (SDL_Color){255, 255, 255, 255};
        vertex[i].tex_coord = (SDL_FPoint){((float)crop->x + tx * (float)crop->w) / (float)texture->card_width,
                                           ((float)crop->y + ty * (float)crop->h) / (float)texture->card_height};
    }
    for (int i = 0; i < OUTLINE; i++) {
        index[3 * i] = 0;
        index[3 * i + 1] = 1 + i;
        index[3 * i + 2] = 1 + (i + 1) % OUTLINE;
    }
    SDL_RenderGeometry(canvas->renderer, card, vertex, OUTLINE + 1, index, OUTLINE * 3);
}

static void renderer_picture(struct canvas *canvas, struct texture *texture, const SDL_Rect *crop, const SDL_Rect *at,
                             int radius)
{
    SDL_Texture *card = texture_upload(texture, canvas->renderer);
    if (!card)
        return;
    if (radius > 0)
        draw_rounded(canvas, texture, card, crop, at, radius);
    else
        SDL_RenderCopyEx(canvas->renderer, card, crop, at, 0, NULL,
                         texture->mirror ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE);
}

static void renderer_present(struct canvas *canvas, const SDL_Rect *rects, int count)
{
    (void)rects;
    (void)count;
    SDL_SetRenderTarget(canvas->renderer, NULL);
    SDL_RenderSetClipRect(canvas->renderer, NULL);
    SDL_RenderCopy(canvas->renderer, canvas->target, NULL, NULL);
    SDL_RenderPresent(canvas->renderer);
    SDL_SetRenderTarget(canvas->renderer, canvas->target);
}

static SDL_Surface *renderer_read(struct canvas *canvas)
{
    SDL_Surface *s = SDL_CreateRGBSurfaceWithFormat(0, canvas->width, canvas->height, 32, SDL_PIXELFORMAT_ARGB8888);
    if (s && SDL_RenderReadPixels(canvas->renderer, NULL, SDL_PIXELFORMAT_ARGB8888, s->pixels, s->pitch) != 0) {
        SDL_FreeSurface(s);
        return NULL;
    }
    return s;
}

static const struct canvas_way renderer_way = {
    .name = "renderer",
    .keeps = false,
    .destroy = renderer_destroy,
    .resize = renderer_resize,
    .image_create = renderer_image_create,
    .image_destroy = renderer_image_destroy,
    .clip = renderer_clip,
    .fill = renderer_fill,
    .draw = renderer_draw,
    .picture = renderer_picture,
    .present = renderer_present,
    .read = renderer_read,
};

bool canvas_renderer_open(struct canvas *canvas)
{
    SDL_SetYUVConversionMode(SDL_YUV_CONVERSION_BT709);
    canvas->renderer = SDL_CreateRenderer(canvas->window, -1, SDL_RENDERER_TARGETTEXTURE);
    if (!canvas->renderer)
        return false;
    if (!make_target(canvas)) {
        renderer_destroy(canvas);
        return false;
    }
    canvas->way = &renderer_way;
    return true;
}
