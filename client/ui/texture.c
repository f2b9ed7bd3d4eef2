#include "texture.h"

#include "shared/base.h"
#include "shared/log.h"

#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

enum { BAND_ROWS = 16, BAND_WIDTH = 8192, PAD = 64, OVERRUN = 16 };

// One band of converted rows, for cells that cannot be converted straight into the surface. Main thread only. swscale
// writes whole groups of 16 pixels, so up to 15 past a row's end.
static uint8_t band[(size_t)BAND_ROWS * (BAND_WIDTH + PAD) * 4] __attribute__((aligned(64)));

void texture_init(struct texture *texture)
{
    memset(texture, 0, sizeof *texture);
}

void texture_destroy(struct texture *texture)
{
    av_frame_free(&texture->frame);
    sws_freeContext(texture->scaler);
    sws_freeContext(texture->to_rgb);
    free(texture->buffer);
    if (texture->card)
        SDL_DestroyTexture(texture->card);
    memset(texture, 0, sizeof *texture);
}

bool texture_put(struct texture *texture, const struct AVFrame *frame)
{
    if (!texture->frame)
        texture->frame = av_frame_alloc();
    if (!texture->frame)
        return false;
    av_frame_unref(texture->frame);
    // A source may hand out frames that own nothing; av_frame_ref copies those.
    if (av_frame_ref(texture->frame, frame) < 0)
        return false;
    texture->serial++;
    return true;
}

bool texture_has(const struct texture *texture)
{
    return texture->frame && texture->frame->data[0] && texture->frame->width > 1 && texture->frame->height > 1;
}

void texture_forget(struct texture *texture)
{
    if (texture->frame)
        av_frame_unref(texture->frame);
    texture->serial++;
}

int texture_width(const struct texture *texture)
{
    return texture_has(texture) ? texture->frame->width : 0;
}

int texture_height(const struct texture *texture)
{
    return texture_has(texture) ? texture->frame->height : 0;
}

static bool is_full_range(const AVFrame *frame)
{
    return frame->color_range == AVCOL_RANGE_JPEG || frame->format == AV_PIX_FMT_YUVJ420P ||
           frame->format == AV_PIX_FMT_YUVJ422P;
}

static enum AVPixelFormat plain_format(int format)
{
    if (format == AV_PIX_FMT_YUVJ420P)
        return AV_PIX_FMT_YUV420P;
    if (format == AV_PIX_FMT_YUVJ422P)
        return AV_PIX_FMT_YUV422P;
    return (enum AVPixelFormat)format;
}

// Left and right change places, eight pixels at a time.
static void flip_rows(uint8_t *plane, int stride, int width, int height)
{
    for (int y = 0; y < height; y++) {
        uint8_t *a = plane + (ptrdiff_t)y * stride, *b = a + width;
        for (; b - a >= 16; a += 8, b -= 8) {
            uint64_t left, right;
            memcpy(&left, a, 8);
            memcpy(&right, b - 8, 8);
            left = __builtin_bswap64(left);
            right = __builtin_bswap64(right);
            memcpy(a, &right, 8);
            memcpy(b - 8, &left, 8);
        }
        for (b--; a < b; a++, b--) {
            uint8_t t = *a;
            *a = *b;
            *b = t;
        }
    }
}

static bool buffer_fits(struct texture *t, int width, int height)
{
    int luma = (width + PAD + 31) & ~31, chroma = luma / 2;
    size_t size = (size_t)luma * (size_t)(height + 2) + 2 * (size_t)chroma * (size_t)(height / 2 + 2);
    if (size > t->buffer_size) {
        free(t->buffer);
        t->buffer = aligned_alloc(64, (size + 63) & ~(size_t)63);
        t->buffer_size = t->buffer ? size : 0;
        if (!t->buffer)
            return false;
    }
    t->plane[0] = t->buffer;
    t->plane[1] = t->buffer + (size_t)luma * (size_t)(height + 2);
    t->plane[2] = t->plane[1] + (size_t)chroma * (size_t)(height / 2 + 2);
    t->stride[0] = luma;
    t->stride[1] = t->stride[2] = chroma;
    return true;
}

// Pointers to the crop's first pixel in each plane.
static void crop_planes(const AVFrame *f, const SDL_Rect *crop, const uint8_t *plane[4], int stride[4])
{
    for (int i = 0; i < 4; i++) {
        plane[i] = f->data[i];
        stride[i] = f->linesize[i];
    }
    ptrdiff_t x = crop->x & ~1, y = crop->y & ~1;
    if (f->format == AV_PIX_FMT_YUV420P || f->format == AV_PIX_FMT_YUVJ420P || f->format == AV_PIX_FMT_NV12) {
        plane[0] += y * stride[0] + x;
        plane[1] += y / 2 * stride[1] + (f->format == AV_PIX_FMT_NV12 ? x : x / 2);
        if (plane[2])
            plane[2] += y / 2 * stride[2] + x / 2;
    }
}

static bool can_crop(int format)
{
    return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_NV12;
}

static bool scale(struct texture *t, const SDL_Rect *wanted, int width, int height)
{
    const AVFrame *f = t->frame;
    SDL_Rect crop = can_crop(f->format) ? *wanted : (SDL_Rect){0, 0, f->width, f->height};
    if (t->scaled_serial == t->serial && t->width == width && t->height == height && t->scaled_mirror == t->mirror &&
        memcmp(&t->crop, &crop, sizeof crop) == 0)
        return true;
    const uint8_t *source[4];
    int source_stride[4];
    crop_planes(f, &crop, source, source_stride);
    bool same = crop.w == width && crop.h == height && f->format == AV_PIX_FMT_YUV420P && !is_full_range(f);
    if (same && !t->mirror) {
        for (int i = 0; i < 3; i++) {
            t->plane[i] = source[i];
            t->stride[i] = source_stride[i];
        }
    } else {
        if (!buffer_fits(t, width, height))
            return false;
        struct SwsContext *old = t->scaler;
        t->scaler = sws_getCachedContext(t->scaler, crop.w, crop.h, plain_format(f->format), width, height,
                                         AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
        if (!t->scaler)
            return false;
        if (t->scaler != old || is_full_range(f)) {
            const int *table = sws_getCoefficients(SWS_CS_ITU709);
            sws_setColorspaceDetails(t->scaler, table, is_full_range(f), table, 0, 0, 1 << 16, 1 << 16);
        }
        uint8_t *into[4] = {t->buffer, t->buffer + (t->plane[1] - t->buffer), t->buffer + (t->plane[2] - t->buffer),
                            NULL};
        int into_stride[4] = {t->stride[0], t->stride[1], t->stride[2], 0};
        sws_scale(t->scaler, source, source_stride, 0, crop.h, into, into_stride);
        if (t->mirror) {
            flip_rows(into[0], into_stride[0], width, height);
            flip_rows(into[1], into_stride[1], width / 2, height / 2);
            flip_rows(into[2], into_stride[2], width / 2, height / 2);
        }
    }
    t->crop = crop;
    t->width = width;
    t->height = height;
    t->scaled_serial = t->serial;
    t->scaled_mirror = t->mirror;
    return true;
}

static bool converter_ready(struct texture *t)
{
    if (t->to_rgb && t->rgb_width == t->width && t->rgb_height == t->height)
        return true;
    sws_freeContext(t->to_rgb);
    t->to_rgb = sws_getContext(t->width, t->height, AV_PIX_FMT_YUV420P, t->width, t->height, AV_PIX_FMT_BGRA, SWS_POINT,
                               NULL, NULL, NULL);
    if (!t->to_rgb)
        return false;
    // BT.709 limited range in, full range RGB out; set once for this size.
    const int *table = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(t->to_rgb, table, 0, table, 1, 0, 1 << 16, 1 << 16);
    t->rgb_width = t->width;
    t->rgb_height = t->height;
    return true;
}

static void convert_rows(struct texture *t, int row, int rows, uint8_t *into, int into_stride)
{
    const uint8_t *plane[4] = {t->plane[0] + (ptrdiff_t)row * t->stride[0],
                               t->plane[1] + (ptrdiff_t)(row / 2) * t->stride[1],
                               t->plane[2] + (ptrdiff_t)(row / 2) * t->stride[2], NULL};
    int stride[4] = {t->stride[0], t->stride[1], t->stride[2], 0};
    uint8_t *out[4] = {into, NULL, NULL, NULL};
    int out_stride[4] = {into_stride, 0, 0, 0};
    // Unscaled conversion keeps no state between rows, so any even range can be handed over as "the first rows".
    sws_scale(t->to_rgb, plane, stride, 0, rows, out, out_stride);
}

// As above, but leaves what lies right of the picture's `width` as it was.
static void convert_in_place(struct texture *t, int row, int rows, int width, uint8_t *into, int into_stride)
{
    uint32_t beyond[BAND_ROWS][OVERRUN];
    bool over = width % OVERRUN != 0;
    for (int k = 0; k < rows && over; k++)
        memcpy(beyond[k], into + (ptrdiff_t)k * into_stride + (ptrdiff_t)width * 4, sizeof beyond[k]);
    convert_rows(t, row, rows, into, into_stride);
    for (int k = 0; k < rows && over; k++)
        memcpy(into + (ptrdiff_t)k * into_stride + (ptrdiff_t)width * 4, beyond[k], sizeof beyond[k]);
}

bool texture_blit(struct texture *texture, SDL_Surface *surface, const SDL_Rect *crop, const SDL_Rect *at,
                  const SDL_Rect *clip)
{
    SDL_Rect seen, whole = {0, 0, surface->w, surface->h};
    if (!texture_has(texture) || !SDL_IntersectRect(at, clip, &seen) || !SDL_IntersectRect(&seen, &whole, &seen))
        return false;
    int width = (at->w + 1) & ~1, height = (at->h + 1) & ~1;
    if (width > BAND_WIDTH || !scale(texture, crop, width, height) || !converter_ready(texture))
        return false;
    uint8_t *pixels = surface->pixels;
    int first = (seen.y - at->y) & ~1, last = MIN((seen.y + seen.h - at->y + 1) & ~1, height);
    bool straight = seen.w == at->w && (at->w % OVERRUN == 0 || at->x + at->w + OVERRUN <= surface->w) &&
                    ((uintptr_t)pixels + (size_t)at->x * 4) % 16 == 0 && surface->pitch % 16 == 0;
    int band_stride = (BAND_WIDTH + PAD) * 4;
    if (width <= 2048)
        band_stride = (2048 + PAD) * 4; // stays in the cache
    for (int row = first; row < last; row += BAND_ROWS) {
        int rows = MIN(BAND_ROWS, last - row), top = at->y + row;
        if (straight && top >= seen.y && top + rows <= seen.y + seen.h) {
            convert_in_place(texture, row, rows, at->w, pixels + (ptrdiff_t)top * surface->pitch + (ptrdiff_t)at->x * 4,
                             surface->pitch);
            continue;
        }
        convert_rows(texture, row, rows, band, band_stride);
        for (int k = 0; k < rows; k++) {
            int y = top + k;
            if (y < seen.y || y >= seen.y + seen.h)
                continue;
            memcpy(pixels + (ptrdiff_t)y * surface->pitch + (ptrdiff_t)seen.x * 4,
                   band + (ptrdiff_t)k * band_stride + (ptrdiff_t)(seen.x - at->x) * 4, (size_t)seen.w * 4);
        }
    }
    return true;
}

SDL_Texture *texture_upload(struct texture *texture, SDL_Renderer *renderer)
{
    if (!texture_has(texture))
        return NULL;
    const AVFrame *f = texture->frame;
    bool plain = f->format == AV_PIX_FMT_YUV420P && !is_full_range(f);
    uint32_t format = f->format == AV_PIX_FMT_NV12 ? SDL_PIXELFORMAT_NV12 : SDL_PIXELFORMAT_IYUV;
    if (texture->card &&
        (texture->card_width != f->width || texture->card_height != f->height || texture->card_format != format)) {
        SDL_DestroyTexture(texture->card);
        texture->card = NULL;
    }
    if (!texture->card) {
        texture->card = SDL_CreateTexture(renderer, format, SDL_TEXTUREACCESS_STREAMING, f->width, f->height);
        if (!texture->card)
            return NULL;
        SDL_SetTextureScaleMode(texture->card, SDL_ScaleModeLinear);
        texture->card_width = f->width;
        texture->card_height = f->height;
        texture->card_format = format;
        texture->card_serial = 0;
    }
    if (texture->card_serial == texture->serial)
        return texture->card;
    if (format == SDL_PIXELFORMAT_NV12) {
        SDL_UpdateNVTexture(texture->card, NULL, f->data[0], f->linesize[0], f->data[1], f->linesize[1]);
    } else if (plain) {
        SDL_UpdateYUVTexture(texture->card, NULL, f->data[0], f->linesize[0], f->data[1], f->linesize[1], f->data[2],
                             f->linesize[2]);
    } else {
        bool mirror = texture->mirror; // the card mirrors by itself
        texture->mirror = false;
        bool made = scale(texture, &(SDL_Rect){0, 0, f->width, f->height}, f->width, f->height);
        texture->mirror = mirror;
        if (!made)
            return NULL;
        SDL_UpdateYUVTexture(texture->card, NULL, texture->plane[0], texture->stride[0], texture->plane[1],
                             texture->stride[1], texture->plane[2], texture->stride[2]);
    }
    texture->card_serial = texture->serial;
    return texture->card;
}
