#include "pen.h"

#include "pen_masks.h"
#include "shared/base.h"
#include "text.h"
#include "theme.h"

#include <limits.h>
#include <math.h>
#include <string.h>

bool pen_init(struct pen *pen, struct canvas *canvas)
{
    memset(pen, 0, sizeof *pen);
    pen->canvas = canvas;
    pen->text = text_create(canvas);
    pen->masks = pen_masks_create(canvas);
    pen->u = 1;
    pen->text_scale = 100;
    pen->alpha = 255;
    return pen->text != NULL;
}

void pen_destroy(struct pen *pen)
{
    text_destroy(pen->text);
    pen_masks_destroy(pen->masks);
    memset(pen, 0, sizeof *pen);
}

void pen_forget(struct pen *pen)
{
    text_forget(pen->text);
    pen_masks_forget(pen->masks);
}

int pen_px(const struct pen *pen, double units)
{
    return (int)lround(pen->u * units);
}

int pen_scaled(const struct pen *pen, double units)
{
    return (int)lround(pen->u * units * pen->text_scale / 100.0);
}

SDL_Rect pen_rect(const struct pen *pen, double x, double y, double w, double h)
{
    int left = pen_px(pen, x), top = pen_px(pen, y);
    return (SDL_Rect){left, top, pen_px(pen, x + w) - left, pen_px(pen, y + h) - top};
}

static uint32_t faded(const struct pen *pen, uint32_t colour)
{
    uint32_t alpha = (colour >> 24) * pen->alpha / 255;
    return (colour & 0xFFFFFFu) | alpha << 24;
}

void pen_fill(struct pen *pen, SDL_Rect rect, uint32_t colour)
{
    canvas_fill(pen->canvas, &rect, faded(pen, colour));
}

static void corner(struct pen *pen, enum mask_kind kind, int radius, int extra, int which, int x, int y,
                   uint32_t colour)
{
    struct canvas_image *mask = pen_masks_get(pen->masks, kind, radius, extra, 0);
    SDL_Rect part = {which & 1 ? radius : 0, which & 2 ? radius : 0, radius, radius};
    canvas_draw(pen->canvas, mask, &part, x, y, faded(pen, colour));
}

static int most_radius(const struct pen *pen)
{
    return THEME_HIGH ? pen_px(pen, 4) : INT_MAX;
}

int pen_radius(const struct pen *pen, double units)
{
    return MIN(pen_px(pen, units), most_radius(pen));
}

void pen_round4(struct pen *pen, SDL_Rect rect, const int radius[4], uint32_t colour)
{
    int most = MIN(MIN(rect.w, rect.h) / 2, most_radius(pen)), r[4];
    for (int i = 0; i < 4; i++)
        r[i] = MIN(radius[i], most);
    int top = MAX(r[0], r[1]), bottom = MAX(r[2], r[3]);
    for (int i = 0; i < 4; i++)
        if (r[i] > 0)
            corner(pen, MASK_DISC, r[i], 0, i, i & 1 ? rect.x + rect.w - r[i] : rect.x,
                   i & 2 ? rect.y + rect.h - r[i] : rect.y, colour);
    pen_fill(pen, (SDL_Rect){rect.x + r[0], rect.y, rect.w - r[0] - r[1], top}, colour);
    pen_fill(pen, (SDL_Rect){rect.x, rect.y + top, rect.w, rect.h - top - bottom}, colour);
    pen_fill(pen, (SDL_Rect){rect.x + r[2], rect.y + rect.h - bottom, rect.w - r[2] - r[3], bottom}, colour);
    // Beside a smaller corner the band of the larger one is still open.
    if (r[0] < top)
        pen_fill(pen, (SDL_Rect){rect.x, rect.y + r[0], r[0], top - r[0]}, colour);
    if (r[1] < top)
        pen_fill(pen, (SDL_Rect){rect.x + rect.w - r[1], rect.y + r[1], r[1], top - r[1]}, colour);
    if (r[2] < bottom)
        pen_fill(pen, (SDL_Rect){rect.x, rect.y + rect.h - bottom, r[2], bottom - r[2]}, colour);
    if (r[3] < bottom)
        pen_fill(pen, (SDL_Rect){rect.x + rect.w - r[3], rect.y + rect.h - bottom, r[3], bottom - r[3]}, colour);
}

void pen_round(struct pen *pen, SDL_Rect rect, int radius, uint32_t colour)
{
    pen_round4(pen, rect, (int[4]){radius, radius, radius, radius}, colour);
    if (!THEME_HIGH)
        return;
    int in = pen_px(pen, 9);
    if (colour == THEME_SCRIM) // black, also on a black picture
        pen_border(pen, rect, radius, 0, THEME_HAIR);
    else if (colour == THEME_FOCUS && rect.w > 4 * in && rect.h > 4 * in)
        pen_border(pen, (SDL_Rect){rect.x + in, rect.y + in, rect.w - 2 * in, rect.h - 2 * in}, 0, 0, THEME_ON_FOCUS);
}

void pen_divider(struct pen *pen, int x, int y, int width)
{
    pen_fill(pen, (SDL_Rect){x, y, width, MAX(pen_px(pen, THEME_HIGH ? THEME_LINE : 2), 1)}, THEME_HAIR);
}

void pen_border(struct pen *pen, SDL_Rect rect, int radius, int thickness, uint32_t colour)
{
    int t = MAX(MAX(thickness, THEME_HIGH ? pen_px(pen, THEME_LINE) : 0), 1);
    int r = MIN(MIN(radius, most_radius(pen)), MIN(rect.w, rect.h) / 2);
    r = MAX(r, t);
    for (int i = 0; i < 4; i++)
        corner(pen, MASK_RING, r, t, i, i & 1 ? rect.x + rect.w - r : rect.x, i & 2 ? rect.y + rect.h - r : rect.y,
               colour);
    pen_fill(pen, (SDL_Rect){rect.x + r, rect.y, rect.w - 2 * r, t}, colour);
    pen_fill(pen, (SDL_Rect){rect.x + r, rect.y + rect.h - t, rect.w - 2 * r, t}, colour);
    pen_fill(pen, (SDL_Rect){rect.x, rect.y + r, t, rect.h - 2 * r}, colour);
    pen_fill(pen, (SDL_Rect){rect.x + rect.w - t, rect.y + r, t, rect.h - 2 * r}, colour);
}

void pen_disc(struct pen *pen, int x, int y, int radius, uint32_t colour)
{
    struct canvas_image *mask = pen_masks_get(pen->masks, MASK_DISC, radius, 0, 0);
    canvas_draw(pen->canvas, mask, NULL, x - radius, y - radius, faded(pen, colour));
}

void pen_ring(struct pen *pen, int x, int y, int radius, int thickness, uint32_t colour)
{
    struct canvas_image *mask = pen_masks_get(pen->masks, MASK_RING, radius, thickness, 0);
    canvas_draw(pen->canvas, mask, NULL, x - radius, y - radius, faded(pen, colour));
}

void pen_glow(struct pen *pen, int x, int y, int radius, uint32_t colour)
{
    for (int row = -radius; row < radius && colour >> 24; row++) {
        int half = (int)lround(sqrt((double)radius * radius - (row + 0.5) * (row + 0.5)));
        pen_fill(pen, (SDL_Rect){x - half, y + row, 2 * half, 1}, colour);
    }
}

void pen_shadow(struct pen *pen, SDL_Rect rect, int radius, enum pen_shadow kind)
{
    if (THEME_HIGH)
        return;
    int blur = pen_px(pen, kind == PEN_HIGH ? 60 : 36), down = pen_px(pen, kind == PEN_HIGH ? 18 : 10);
    uint32_t colour = kind == PEN_HIGH ? 0x80000000u : 0x73000000u;
    // Nine parts of one image: corners as they are, a line of pixels repeated along each edge.
    int size = 2 * (blur + radius), half = blur + radius;
    struct canvas_image *mask = pen_masks_get(pen->masks, MASK_SHADOW, radius, blur, 0);
    SDL_Rect out = {rect.x - blur, rect.y - blur + down, rect.w + 2 * blur, rect.h + 2 * blur};
    if (out.w < size || out.h < size || !mask)
        return;
    colour = faded(pen, colour);
    for (int i = 0; i < 4; i++) {
        SDL_Rect part = {i & 1 ? half : 0, i & 2 ? half : 0, half, half};
        canvas_draw(pen->canvas, mask, &part, i & 1 ? out.x + out.w - half : out.x,
                    i & 2 ? out.y + out.h - half : out.y, colour);
    }
    for (int side = 0; side < 2; side++) {
        SDL_Rect column = {half, side ? half : 0, 1, half}, row = {side ? half : 0, half, half, 1};
        for (int x = out.x + half; x < out.x + out.w - half; x++)
            canvas_draw(pen->canvas, mask, &column, x, side ? out.y + out.h - half : out.y, colour);
        for (int y = out.y + half; y < out.y + out.h - half; y++)
            canvas_draw(pen->canvas, mask, &row, side ? out.x + out.w - half : out.x, y, colour);
    }
}

void pen_icon(struct pen *pen, const char *name, int x, int y, int size, uint32_t colour)
{
    canvas_draw(pen->canvas, pen_masks_icon(pen->masks, name, size), NULL, x, y, faded(pen, colour));
}

// One column of the graph's line: as high as the line is steep there, with soft ends.
static void graph_column(struct pen *pen, int x, double top, double bottom, uint32_t colour)
{
    int first = (int)floor(top), last = (int)floor(bottom);
    for (int y = first; y <= last; y++) {
        double cover = MIN(bottom, y + 1.0) - MAX(top, (double)y);
        uint32_t alpha = (uint32_t)(CLAMP(cover, 0.0, 1.0) * 255.0 + 0.5);
        pen_fill(pen, (SDL_Rect){x, y, 1, 1}, (colour & 0xFFFFFFu) | alpha << 24);
    }
}

void pen_graph(struct pen *pen, SDL_Rect rect, const float *values, size_t count, float dash)
{
    double foot = rect.y + rect.h - pen->u * 4, room = rect.h - pen->u * 16, line = MAX(pen->u * 3, 1.5);
    int base = MAX(pen_px(pen, 2), 1);
    pen_fill(pen, (SDL_Rect){rect.x, rect.y + rect.h - base, rect.w, base}, THEME_GRAPH_BASE);
    if (dash >= 0)
        for (int x = 0; x < rect.w; x += MAX(pen_px(pen, 14), 3))
            pen_fill(pen,
                     (SDL_Rect){rect.x + x, (int)(foot - (double)dash * room), MIN(MAX(pen_px(pen, 6), 1), rect.w - x),
                                base},
                     THEME_EDGE);
    if (count < 2)
        return;
    // A minute has sixty places; younger calls fill only the right part.
    double step = rect.w / 59.0, start = rect.x + rect.w - step * (double)(count - 1);
    for (int x = (int)ceil(start); x < rect.x + rect.w; x++) {
        double at = (x - start) / step;
        size_t i = MIN((size_t)at, count - 2);
        double a = CLAMP((double)values[i], 0.0, 1.0), b = CLAMP((double)values[i + 1], 0.0, 1.0);
        double v = a + (b - a) * (at - (double)i), slope = fabs(b - a) * room / step;
        double y = foot - v * room, half = line / 2 * MIN(sqrt(1 + slope * slope), 6.0);
        int fill_top = (int)lround(y);
        pen_fill(pen, (SDL_Rect){x, fill_top, 1, rect.y + rect.h - base - fill_top}, THEME_GRAPH_FILL);
        graph_column(pen, x, MAX(y - half, (double)rect.y), MIN(y + half, (double)(rect.y + rect.h)), THEME_ACCENT);
    }
}
