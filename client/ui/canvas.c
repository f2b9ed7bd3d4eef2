#include "canvas.h"

#include "canvas_ways.h"
#include "shared/base.h"
#include "shared/log.h"

#include <libavcodec/avcodec.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PRESENT_MAX = 64 };

// Without a device file of a graphics card there is only a software GL, and asking it costs a fifth of a second.
static bool has_card(void)
{
    static const char *const devices[] = {"/dev/dri", "/dev/nvidia0", "/dev/mali0", "/dev/kgsl-3d0"};
    for (size_t i = 0; i < ARRAY_LEN(devices); i++)
        if (access(devices[i], F_OK) == 0)
            return true;
    return false;
}

// A renderer is only worth it when a graphics card draws for it: llvmpipe is 4 to 20 times dearer than the surface.
static bool has_real_gpu(SDL_Window *window)
{
    if (!window || !has_card())
        return false;
    SDL_Renderer *probe = SDL_CreateRenderer(window, -1, SDL_RENDERER_ACCELERATED);
    if (!probe)
        return false;
    SDL_RendererInfo info;
    bool real = SDL_GetRendererInfo(probe, &info) == 0 && (info.flags & SDL_RENDERER_ACCELERATED) != 0;
    if (real && strncmp(info.name, "opengl", 6) == 0) {
        const unsigned char *(*get_string)(unsigned) = NULL;
        void *found = SDL_GL_GetProcAddress("glGetString");
        memcpy(&get_string, &found, sizeof found);
        const char *by = get_string ? (const char *)get_string(0x1F01 /* GL_RENDERER */) : NULL;
        real = by && !strstr(by, "llvmpipe") && !strstr(by, "softpipe") && !strstr(by, "swrast") &&
               !strstr(by, "Software");
        log_info("canvas", "renderer gl=\"%s\" real=%d", by ? by : "unknown", real);
    }
    SDL_DestroyRenderer(probe);
    return real;
}

struct canvas *canvas_create(SDL_Window *window, int width, int height, const char *path)
{
    struct canvas *canvas = base_alloc(sizeof *canvas);
    canvas->window = window;
    canvas->width = width;
    canvas->height = height;
    bool renderer = window && path && strcmp(path, "renderer") == 0;
    if (window && (!path || strcmp(path, "auto") == 0))
        renderer = has_real_gpu(window);
    bool open = renderer && canvas_renderer_open(canvas);
    if (renderer && !open)
        log_warn("canvas", "no renderer, drawing to the window surface reason=\"%s\"", SDL_GetError());
    if (!open)
        open = canvas_surface_open(canvas);
    if (!open) {
        free(canvas);
        return NULL;
    }
    canvas->clip_rect = (SDL_Rect){0, 0, canvas->width, canvas->height};
    log_info("canvas", "path=%s width=%d height=%d", canvas->way->name, canvas->width, canvas->height);
    return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
    if (!canvas)
        return;
    canvas->way->destroy(canvas);
    free(canvas->corner);
    free(canvas);
}

const char *canvas_path(const struct canvas *canvas)
{
    return canvas->way->name;
}

bool canvas_resize(struct canvas *canvas)
{
    bool changed = canvas->way->resize(canvas);
    if (changed)
        canvas->clip_rect = (SDL_Rect){0, 0, canvas->width, canvas->height};
    return changed;
}

void canvas_size(const struct canvas *canvas, int *width, int *height)
{
    *width = canvas->width;
    *height = canvas->height;
}

void canvas_origin(struct canvas *canvas, int x, int y)
{
    canvas->origin = (SDL_Point){x, y};
}

static SDL_Rect moved(const struct canvas *canvas, const SDL_Rect *r)
{
    return (SDL_Rect){r->x + canvas->origin.x, r->y + canvas->origin.y, r->w, r->h};
}

bool canvas_keeps(const struct canvas *canvas)
{
    return canvas->way->keeps;
}

struct canvas_image *canvas_image_create(struct canvas *canvas, SDL_Surface *surface)
{
    if (!surface)
        return NULL;
    struct canvas_image *image = base_alloc(sizeof *image);
    image->canvas = canvas;
    image->surface = surface;
    image->width = surface->w;
    image->height = surface->h;
    if (!canvas->way->image_create(canvas, image)) {
        SDL_FreeSurface(image->surface);
        free(image);
        return NULL;
    }
    return image;
}

void canvas_image_destroy(struct canvas_image *image)
{
    if (!image)
        return;
    image->canvas->way->image_destroy(image);
    SDL_FreeSurface(image->surface);
    free(image);
}

int canvas_image_width(const struct canvas_image *image)
{
    return image ? image->width : 0;
}

int canvas_image_height(const struct canvas_image *image)
{
    return image ? image->height : 0;
}

void canvas_clip(struct canvas *canvas, const SDL_Rect *clip)
{
    SDL_Rect whole = {0, 0, canvas->width, canvas->height};
    SDL_Rect at = clip ? moved(canvas, clip) : whole;
    if (!SDL_IntersectRect(&at, &whole, &canvas->clip_rect))
        canvas->clip_rect = (SDL_Rect){0, 0, 0, 0};
    canvas->way->clip(canvas, &canvas->clip_rect);
}

SDL_Rect canvas_clipped(const struct canvas *canvas)
{
    return canvas->clip_rect;
}

void canvas_fill(struct canvas *canvas, const SDL_Rect *rect, uint32_t colour)
{
    SDL_Rect seen, at = moved(canvas, rect);
    if (colour >> 24 && SDL_IntersectRect(&at, &canvas->clip_rect, &seen))
        canvas->way->fill(canvas, &seen, colour);
}

void canvas_draw(struct canvas *canvas, struct canvas_image *image, const SDL_Rect *part, int x, int y, uint32_t tint)
{
    if (!image || tint >> 24 == 0)
        return;
    SDL_Rect at = {x + canvas->origin.x, y + canvas->origin.y, part ? part->w : image->width,
                   part ? part->h : image->height};
    if (SDL_HasIntersection(&at, &canvas->clip_rect))
        canvas->way->draw(canvas, image, part, at.x, at.y, tint);
}

void canvas_picture(struct canvas *canvas, struct texture *texture, const SDL_Rect *crop, const SDL_Rect *at,
                    int radius)
{
    SDL_Rect there = moved(canvas, at);
    if (SDL_HasIntersection(&there, &canvas->clip_rect))
        canvas->way->picture(canvas, texture, crop, &there, radius);
}

void canvas_present(struct canvas *canvas, const SDL_Rect *rects, int count)
{
    SDL_Rect there[PRESENT_MAX];
    SDL_Rect whole = {0, 0, canvas->width, canvas->height};
    if (count > PRESENT_MAX) {
        canvas->way->present(canvas, &whole, 1);
        return;
    }
    for (int i = 0; i < count; i++) // what is presented lies on the screen
        there[i] = moved(canvas, &rects[i]);
    canvas->way->present(canvas, there, count);
}

const uint8_t *canvas_corner(struct canvas *canvas, int radius)
{
    if (canvas->corner_radius == radius)
        return canvas->corner;
    free(canvas->corner);
    canvas->corner = base_alloc((size_t)radius * (size_t)radius);
    canvas->corner_radius = radius;
    for (int y = 0; y < radius; y++)
        for (int x = 0; x < radius; x++) {
            double away = hypot(radius - x - 0.5, radius - y - 0.5);
            canvas->corner[y * radius + x] = (uint8_t)(CLAMP(radius - away + 0.5, 0.0, 1.0) * 255.0 + 0.5);
        }
    return canvas->corner;
}

static bool encode_png(const SDL_Surface *surface, AVPacket *packet)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    AVCodecContext *encoder = codec ? avcodec_alloc_context3(codec) : NULL;
    AVFrame *frame = av_frame_alloc();
    bool ok = false;
    if (encoder && frame) {
        encoder->width = frame->width = surface->w;
        encoder->height = frame->height = surface->h;
        encoder->pix_fmt = AV_PIX_FMT_RGB24;
        encoder->time_base = (AVRational){1, 1};
        frame->format = AV_PIX_FMT_RGB24;
        if (avcodec_open2(encoder, codec, NULL) == 0 && av_frame_get_buffer(frame, 0) == 0) {
            for (int y = 0; y < surface->h; y++) {
                const uint32_t *from =
                    (const uint32_t *)(const void *)((uint8_t *)surface->pixels + (ptrdiff_t)y * surface->pitch);
                uint8_t *to = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
                for (int x = 0; x < surface->w; x++) {
                    *to++ = (uint8_t)(from[x] >> 16);
                    *to++ = (uint8_t)(from[x] >> 8);
                    *to++ = (uint8_t)from[x];
                }
            }
            ok = avcodec_send_frame(encoder, frame) == 0 && avcodec_receive_packet(encoder, packet) == 0;
        }
    }
    av_frame_free(&frame);
    avcodec_free_context(&encoder);
    return ok;
}

struct canvas_image *canvas_kept(struct canvas *canvas, const SDL_Rect *rect)
{
    SDL_Surface *all = canvas->way->read(canvas);
    SDL_Surface *part = all ? SDL_CreateRGBSurfaceWithFormat(0, rect->w, rect->h, 32, SDL_PIXELFORMAT_ARGB8888) : NULL;
    SDL_Rect from = *rect;
    if (part) {
        SDL_SetSurfaceBlendMode(all, SDL_BLENDMODE_NONE);
        SDL_BlitSurface(all, &from, part, NULL);
    }
    SDL_FreeSurface(all);
    return canvas_image_create(canvas, part);
}

bool canvas_save(struct canvas *canvas, const char *path)
{
    SDL_Surface *surface = canvas->way->read(canvas);
    AVPacket *packet = av_packet_alloc();
    bool ok = surface && packet && encode_png(surface, packet);
    if (ok) {
        FILE *file = fopen(path, "wb");
        ok = file && fwrite(packet->data, 1, (size_t)packet->size, file) == (size_t)packet->size;
        if (file && fclose(file) != 0)
            ok = false;
    }
    if (!ok)
        log_warn("canvas", "the screenshot could not be written path=\"%s\"", path);
    av_packet_free(&packet);
    SDL_FreeSurface(surface);
    return ok;
}
