// Pixels on the screen, two ways behind one interface: the window surface (no GPU) or an SDL_Renderer with YUV
// textures. Everything is drawn inside the current clip; colours are 0xAARRGGBB.
#ifndef PARLOUR_UI_CANVAS_H
#define PARLOUR_UI_CANVAS_H

#include <SDL2/SDL.h>
#include <stdbool.h>
#include <stdint.h>

struct canvas;
struct canvas_image; // a small drawn thing (a line of text, an icon, a corner), kept in the canvas' own form
struct texture;

// `window` NULL = off screen, of the given size. `path` is "auto", "surface" or "renderer". NULL when it cannot be had.
struct canvas *canvas_create(SDL_Window *window, int width, int height, const char *path);
void canvas_destroy(struct canvas *canvas);
const char *canvas_path(const struct canvas *canvas); // "surface" or "renderer"
// Follow the window's size; true when it changed (everything has to be drawn again).
bool canvas_resize(struct canvas *canvas);
void canvas_size(const struct canvas *canvas, int *width, int *height);
// Move the origin of everything drawn, clipped and presented by so many pixels to the right and down: for screens that
// cut their edges off. canvas_size stays that of the whole screen.
void canvas_origin(struct canvas *canvas, int x, int y);
// True when what was drawn stays, so only damaged parts need drawing; false = draw the whole picture for every present.
bool canvas_keeps(const struct canvas *canvas);

// Takes the surface (ARGB8888, straight alpha) over. NULL surface gives NULL.
struct canvas_image *canvas_image_create(struct canvas *canvas, SDL_Surface *surface);
void canvas_image_destroy(struct canvas_image *image);
int canvas_image_width(const struct canvas_image *image);
int canvas_image_height(const struct canvas_image *image);

// What was presented last in `rect`, as an image of its own; NULL when it cannot be read.
struct canvas_image *canvas_kept(struct canvas *canvas, const SDL_Rect *rect);
void canvas_clip(struct canvas *canvas, const SDL_Rect *clip); // NULL = everything
SDL_Rect canvas_clipped(const struct canvas *canvas);          // the clip there is now
void canvas_fill(struct canvas *canvas, const SDL_Rect *rect, uint32_t colour);
// `part` NULL = the whole image; the image is multiplied by `tint`.
void canvas_draw(struct canvas *canvas, struct canvas_image *image, const SDL_Rect *part, int x, int y, uint32_t tint);
// A camera picture: `crop` of it scaled to `at`, corners rounded by `radius` over what is below.
void canvas_picture(struct canvas *canvas, struct texture *texture, const SDL_Rect *crop, const SDL_Rect *at,
                    int radius);
void canvas_present(struct canvas *canvas, const SDL_Rect *rects, int count);
bool canvas_save(struct canvas *canvas, const char *path); // PNG of what was presented last

#endif
