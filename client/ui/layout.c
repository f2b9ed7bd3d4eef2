#include "layout.h"

#include "shared/base.h"
#include "theme.h"

#include <math.h>
#include <string.h>

double layout_unit(int width, int height)
{
    double u = MIN(width / 1920.0, height / 1080.0);
    return u < 0.2 ? 0.2 : u;
}

int layout_px(double u, double units)
{
    return (int)lround(u * units);
}

int layout_panel_width(double u, int text_scale)
{
    return layout_px(u, THEME_PANEL_WIDTH * (1.0 + (text_scale / 100.0 - 1.0) / 2.0));
}

struct grid {
    int columns, rows, width, height;
};

// One cell between 4:3 and 16:9. Two by two of them with the gap between are to be no narrower than 4:3 either.
static void cell_shape(double *w, double *h, double gap, bool pinned)
{
    double tall = pinned ? (2 * *w + gap) * 0.375 - gap / 2 : *w * 0.75;
    if (*w / *h > 16.0 / 9.0)
        *w = *h * 16.0 / 9.0;
    else if (*h > tall)
        *h = tall;
}

// The number of columns that gives the largest tile. A pinned one takes four cells in at least three columns.
static struct grid grid_best(const struct layout_request *q, int stage_w, int stage_h, int margin, int gap)
{
    struct grid best = {1, 1, 1, 1};
    bool pinned = q->pinned;
    int count = (int)q->count + (pinned ? 3 : 0);
    for (int c = pinned ? 3 : 1; c <= count; c++) {
        int r = MAX((count + c - 1) / c, pinned ? 2 : 1);
        double w = (stage_w - 2 * margin - (c - 1) * gap) / (double)c;
        double h = (stage_h - 2 * margin - (r - 1) * gap) / (double)r;
        if (w < 1 || h < 1)
            continue;
        cell_shape(&w, &h, gap, pinned);
        int tw = (int)floor(w), th = (int)floor(h);
        if ((long)tw * th > (long)best.width * best.height)
            best = (struct grid){c, r, tw, th};
    }
    if (pinned && best.columns < 3) // a stage too small for anything
        best = (struct grid){3, MAX((count + 2) / 3, 2), 1, 1};
    return best;
}

// How the grid lies on the stage.
struct ground {
    struct grid grid;
    int left, top, gap;
};

// `in_row` tiles are in this row of a band of `columns` that begins at column `first`: they stand in its middle.
static SDL_Rect cell_at(const struct ground *g, int first, int columns, int in_row, int row, int k)
{
    int step = g->grid.width + g->gap, shift = (int)lround((columns - in_row) * step / 2.0);
    return (SDL_Rect){g->left + (first + k) * step + shift, g->top + row * (g->grid.height + g->gap), g->grid.width,
                      g->grid.height};
}

static void place_cells(const struct layout_request *q, struct layout_result *out, const struct ground *g)
{
    int left = (int)q->count - (q->pinned ? 1 : 0), row = 0, k = 0, in_row = 0;
    const struct grid *n = &g->grid;
    for (size_t i = 0; i < q->count; i++) {
        SDL_Rect r;
        if (q->pinned && i == q->pin) {
            r = cell_at(g, 0, n->columns, n->columns, 0, 0);
            r.w = 2 * n->width + g->gap;
            r.h = 2 * n->height + g->gap;
        } else {
            int first = q->pinned && row < 2 ? 2 : 0, columns = n->columns - first;
            in_row = MIN(left, columns);
            r = cell_at(g, first, columns, in_row, row, k++);
            if (k == in_row)
                left -= in_row, row++, k = 0;
        }
        out->tile[i] = (struct layout_tile){.rect = r, .frame = r, .shown = true};
    }
}

static void place_grid(const struct layout_request *q, struct layout_result *out)
{
    int margin = layout_px(q->u, THEME_STAGE_MARGIN), gap = layout_px(q->u, THEME_TILE_GAP);
    if (q->count == 1) {
        // One picture alone needs no frame: edge to edge of the stage.
        SDL_Rect full = {out->stage.x - q->panel / 2, out->stage.y, q->width, q->height};
        out->tile[0] = (struct layout_tile){.rect = out->stage, .frame = full, .shown = true, .edge = true};
        out->columns = out->rows = 1;
        return;
    }
    struct ground g = {.grid = grid_best(q, out->stage.w, out->stage.h, margin, gap), .gap = gap};
    out->columns = g.grid.columns;
    out->rows = g.grid.rows;
    g.left = (int)lround((out->stage.w - (out->columns * g.grid.width + (out->columns - 1) * gap)) / 2.0);
    g.top = (int)lround((out->stage.h - (out->rows * g.grid.height + (out->rows - 1) * gap)) / 2.0);
    place_cells(q, out, &g);
}

static void place_two(const struct layout_request *q, struct layout_result *out)
{
    // The picture slides by half the panel's width and keeps its scale.
    SDL_Rect full = {-q->panel / 2, 0, q->width, q->height};
    out->tile[0] = (struct layout_tile){.rect = out->stage, .frame = full, .shown = true, .edge = true};
    if (q->count < 2)
        return;
    int w = layout_px(q->u, THEME_SELF_WIDTH), h = layout_px(q->u, THEME_SELF_HEIGHT), edge = layout_px(q->u, 48);
    // A card at the bottom would lie over my own picture: it makes room.
    SDL_Rect self = {out->stage.w - edge - w, q->height - edge - q->card - h, w, h};
    out->tile[1] = (struct layout_tile){.rect = self, .frame = self, .shown = true, .floats = true};
}

static void place_speaker(const struct layout_request *q, struct layout_result *out)
{
    int margin = layout_px(q->u, THEME_STAGE_MARGIN), gap = layout_px(q->u, THEME_TILE_GAP);
    int strip = layout_px(q->u, THEME_STRIP_WIDTH);
    bool with_strip = q->panel == 0 && q->count > 1;
    SDL_Rect large = {margin, margin, out->stage.w - 2 * margin, out->stage.h - 2 * margin};
    if (with_strip)
        large.w -= strip + gap;
    // Beside a panel the stage is narrower than any picture may be cut: no bars inside the tile, room around it.
    if (large.w * 3 < large.h * 4) {
        int height = large.w * 3 / 4;
        large.y += (large.h - height) / 2;
        large.h = height;
    }
    size_t large_index = MIN(q->large, q->count - 1);
    out->tile[large_index] = (struct layout_tile){.rect = large, .frame = large, .shown = true};
    if (!with_strip)
        return;
    size_t others = q->count - 1, cells = MIN(others, (size_t)LAYOUT_STRIP), k = 0;
    bool fold = others > LAYOUT_STRIP; // the fourth cell says how many more there are
    bool me_last = q->self_shown && large_index != q->count - 1;
    size_t people = fold ? LAYOUT_STRIP - 1 : cells;
    double cell_h = (out->stage.h - 2.0 * margin - 4.0 * gap) / 5.0;
    for (size_t i = 0; i < q->count; i++) {
        bool last = me_last && i == q->count - 1;
        if (i == large_index)
            continue;
        if (!last && k >= people - (me_last ? 1 : 0))
            continue;
        size_t cell = last && fold ? LAYOUT_STRIP - 1 : k;
        SDL_Rect r = {out->stage.w - margin - strip, margin + (int)lround((double)cell * (cell_h + gap)), strip,
                      (int)floor(cell_h)};
        out->tile[i] = (struct layout_tile){.rect = r, .frame = r, .shown = true};
        k++;
    }
    if (fold) {
        size_t cell = me_last ? LAYOUT_STRIP - 2 : LAYOUT_STRIP - 1;
        out->hidden = others - people;
        out->hidden_at = (SDL_Rect){out->stage.w - margin - strip, margin + (int)lround((double)cell * (cell_h + gap)),
                                    strip, (int)floor(cell_h)};
    }
}

void layout_compute(const struct layout_request *request, struct layout_result *result)
{
    memset(result, 0, sizeof *result);
    struct layout_request q = *request;
    q.count = MIN(q.count, (size_t)(q.mode == LAYOUT_SPEAKER ? LAYOUT_MOST : LAYOUT_PAGE));
    q.pinned = q.pinned && q.pin < q.count && q.count > 1;
    q.panel = CLAMP(q.panel, 0, q.width);
    q.card = CLAMP(q.card, 0, q.height);
    result->stage = (SDL_Rect){0, 0, q.width - q.panel, q.height - (q.mode == LAYOUT_TWO ? 0 : q.card)};
    if (q.count == 0)
        return;
    if (q.mode == LAYOUT_TWO && q.count <= 2)
        place_two(&q, result);
    else if (q.mode == LAYOUT_SPEAKER && q.count > 1)
        place_speaker(&q, result);
    else
        place_grid(&q, result);
}

void layout_contain(int picture_width, int picture_height, const SDL_Rect *cell, SDL_Rect *crop, SDL_Rect *out)
{
    double pw = MAX(picture_width, 2), ph = MAX(picture_height, 2), cw = MAX(cell->w, 1), ch = MAX(cell->h, 1);
    double scale = MIN(cw / pw, ch / ph);
    int w = MIN((int)lround(pw * scale), cell->w), h = MIN((int)lround(ph * scale), cell->h);
    *crop = (SDL_Rect){0, 0, picture_width, picture_height};
    *out = (SDL_Rect){cell->x + (cell->w - w) / 2, cell->y + (cell->h - h) / 2, w, h};
}

void layout_cover(int picture_width, int picture_height, const SDL_Rect *cell, SDL_Rect *crop, SDL_Rect *out)
{
    double pw = MAX(picture_width, 2), ph = MAX(picture_height, 2), cw = MAX(cell->w, 1), ch = MAX(cell->h, 1);
    double want = cw / ch, kept_w = pw, kept_h = ph;
    if (want < pw / ph)
        kept_w = MAX(ph * want, pw * 0.75);
    else
        kept_h = MAX(pw / want, ph * 0.75);
    double scale = MIN(cw / kept_w, ch / kept_h);
    int out_w = MIN((int)lround(kept_w * scale), cell->w), out_h = MIN((int)lround(kept_h * scale), cell->h);
    // Chroma is sampled every second pixel: an odd crop would shift the colours.
    int x = (int)((pw - kept_w) / 2) & ~1, y = (int)((ph - kept_h) / 2) & ~1;
    *crop = (SDL_Rect){x, y, MIN((int)lround(kept_w), picture_width - x), MIN((int)lround(kept_h), picture_height - y)};
    *out = (SDL_Rect){cell->x + (cell->w - out_w) / 2, cell->y + (cell->h - out_h) / 2, out_w, out_h};
}
