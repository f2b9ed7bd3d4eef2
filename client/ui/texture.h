// The newest picture of one camera, and its copy scaled to the cell it is shown in.
#ifndef PARLOUR_UI_TEXTURE_H
#define PARLOUR_UI_TEXTURE_H

#include <SDL2/SDL.h>
#include <stdbool.h>
#include <stdint.h>

struct AVFrame;
struct SwsContext;

struct texture {
    struct AVFrame *frame; // a reference to the newest picture, NULL before the first
    uint64_t serial;       // counts pictures
    bool mirror;
    // Scaled copy (surface path).
    struct SwsContext *scaler, *to_rgb;
    uint8_t *buffer;
    size_t buffer_size;
    const uint8_t *plane[3];
    int stride[3];
    int width, height; // of the scaled copy, both even
    int rgb_width, rgb_height;
    SDL_Rect crop;
    uint64_t scaled_serial;
    bool scaled_mirror;
    // On the card (renderer path).
    SDL_Texture *card;
    int card_width, card_height;
    uint32_t card_format;
    uint64_t card_serial;
};

void texture_init(struct texture *texture);
void texture_destroy(struct texture *texture);
// Keep a reference to a new picture (I420, NV12 or what swscale takes). False when the reference cannot be had.
bool texture_put(struct texture *texture, const struct AVFrame *frame);
bool texture_has(const struct texture *texture);
void texture_forget(struct texture *texture); // drop the picture, keep the buffers
int texture_width(const struct texture *texture);
int texture_height(const struct texture *texture);
// Write the cropped picture, scaled to `at`, into a 32-bit surface, touching only pixels inside `clip`.
bool texture_blit(struct texture *texture, SDL_Surface *surface, const SDL_Rect *crop, const SDL_Rect *at,
                  const SDL_Rect *clip);
// Bring the picture to the graphics card; NULL when it cannot be done.
SDL_Texture *texture_upload(struct texture *texture, SDL_Renderer *renderer);

#endif
