// What the two ways to the screen must be able to do. Included by canvas*.c only.
#ifndef PARLOUR_UI_CANVAS_WAYS_H
#define PARLOUR_UI_CANVAS_WAYS_H

#include "canvas.h"

struct canvas_way {
    const char *name;
    bool keeps;
    void (*destroy)(struct canvas *canvas);
    bool (*resize)(struct canvas *canvas);
    bool (*image_create)(struct canvas *canvas, struct canvas_image *image);
    void (*image_destroy)(struct canvas_image *image);
    void (*clip)(struct canvas *canvas, const SDL_Rect *clip);
    void (*fill)(struct canvas *canvas, const SDL_Rect *rect, uint32_t colour);
    void (*draw)(struct canvas *canvas, struct canvas_image *image, const SDL_Rect *part, int x, int y, uint32_t tint);
    void (*picture)(struct canvas *canvas, struct texture *texture, const SDL_Rect *crop, const SDL_Rect *at,
                    int radius);
    void (*present)(struct canvas *canvas, const SDL_Rect *rects, int count);
    SDL_Surface *(*read)(struct canvas *canvas); // a new 32-bit surface
};

struct canvas {
    const struct canvas_way *way;
    SDL_Window *window;
    int width, height;
    SDL_Point origin;
    SDL_Rect clip_rect;
    SDL_Surface *surface;   // surface way: where we draw
    bool surface_owned;     // ours, not the window's
    SDL_Renderer *renderer; // renderer way
    SDL_Texture *target;    // renderer way: what was drawn, kept for screenshots
    uint8_t *corner;        // coverage of one rounded corner, corner_radius squared
    int corner_radius;
};

struct canvas_image {
    struct canvas *canvas;
    SDL_Surface *surface;
    SDL_Texture *texture;
    int width, height;
};

bool canvas_surface_open(struct canvas *canvas);
bool canvas_renderer_open(struct canvas *canvas);
// Coverage (0..255) of the top left corner's pixels by a disc of this radius; row by row.
const uint8_t *canvas_corner(struct canvas *canvas, int radius);

#endif
