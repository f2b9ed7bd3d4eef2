#include "settings_view.h"

#include "field_view.h"
#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { ROW = 96, TITLE_LINE = 45, LINES = 3, ONE_COLUMN_FROM = 175 };

// ---- what is where, and what keys do ----

void settings_view_open(struct settings_view *view)
{
    memset(view, 0, sizeof *view);
    view->open = true;
}

struct settings_source settings_view_source(const struct settings_view *view, const struct ui_ops *ops)
{
    return (struct settings_source){ops->ctx, ops->setting, view->known, view->known_count, view->devices};
}

static size_t rows_of(const struct settings_view *view, const struct ui_ops *ops,
                      struct settings_list_row rows[SETTINGS_LIST_MAX])
{
    struct settings_source source = settings_view_source(view, ops);
    return settings_list_rows(&source, view->group, rows);
}

void settings_view_refresh(struct settings_view *view, const struct ui_ops *ops)
{
    struct settings_list_row rows[SETTINGS_LIST_MAX];
    for (size_t i = 0; i < DEVICES_KINDS; i++) {
        struct settings_devices *d = &view->devices[i];
        d->known = ops->devices && ops->devices(ops->ctx, device_names_options[i], &d->names);
    }
    view->known_count = ops->known ? ops->known(ops->ctx, view->known, SETTINGS_KNOWN_MAX) : 0;
    view->changes++;
    size_t count = rows_of(view, ops, rows);
    view->row = MIN(view->row, count ? count - 1 : 0);
}

bool settings_view_move(struct settings_view *view, const struct ui_ops *ops, int steps)
{
    struct settings_list_row rows[SETTINGS_LIST_MAX];
    int count = view->in_rows ? (int)rows_of(view, ops, rows) : SETTINGS_GROUPS;
    int now = view->in_rows ? (int)view->row : (int)view->group, to = CLAMP(now + steps, 0, MAX(count - 1, 0));
    if (view->in_rows)
        view->row = (size_t)to;
    else
        view->group = (enum settings_group)to;
    if (!view->in_rows && to != now)
        view->row = view->top = 0;
    return to != now;
}

bool settings_view_turn(struct settings_view *view, const struct ui_ops *ops, int direction, char *out, size_t size)
{
    struct settings_list_row rows[SETTINGS_LIST_MAX];
    struct settings_source source = settings_view_source(view, ops);
    size_t count = rows_of(view, ops, rows);
    if (!view->in_rows) {
        view->in_rows = direction >= 0 && count > 0;
        view->row = 0;
        return false;
    }
    if (view->row >= count)
        return false;
    const struct settings_list_row *row = &rows[view->row];
    if (settings_list_kind(row) == SETTINGS_TEXT && direction == 0) {
        char value[SETTINGS_WORDS_MAX];
        field_clear(&view->field);
        settings_list_words(&source, row, value, sizeof value);
        field_insert(&view->field, value);
        view->editing = true;
        return false;
    }
    return !settings_list_idle(&source, row) && settings_list_step(&source, row, direction, out, size);
}

bool settings_view_back(struct settings_view *view)
{
    if (view->editing)
        view->editing = false;
    else if (view->in_rows)
        view->in_rows = false;
    else
        view->open = false;
    view->composing[0] = '\0';
    return view->open;
}

bool settings_view_shows_edges(const struct settings_view *view, const struct ui_ops *ops)
{
    struct settings_list_row rows[SETTINGS_LIST_MAX];
    return view->open && view->in_rows && view->row < rows_of(view, ops, rows) &&
           !strcmp(settings_list_name(&rows[view->row]), "screen-edges");
}

uint64_t settings_view_signature(const struct settings_view *view)
{
    uint64_t h = hash_int(HASH_START, (view->in_rows ? 1u : 0) | (view->editing ? 2u : 0) | view->group * 4u);
    h = hash_int(h, view->row << 32 | view->changes);
    return hash_int(hash_words(h, view->composing), view->field.change);
}

// ---- on the screen ----

struct place {
    SDL_Rect groups, rows; // an empty one is not shown
    int row, side, line;
};

// The largest words leave the room to the rows.
static bool has_hints(const struct pen *pen)
{
    return pen->text_scale <= 200;
}

static struct place place_of(const struct settings_view *view, const struct pen *pen, SDL_Rect screen)
{
    int left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), wide = screen.w - 2 * pen_px(pen, THEME_SCREEN_LEFT);
    int top = screen.y + MAX(pen_px(pen, 190), pen_px(pen, 116) + pen_scaled(pen, 50));
    int high = screen.y + screen.h - pen_px(pen, 56) - (has_hints(pen) ? pen_scaled(pen, 56) : 0) - top;
    struct place p = {.row = pen_scaled(pen, ROW), .side = pen_px(pen, 28), .line = pen_scaled(pen, TITLE_LINE)};
    p.groups = p.rows = (SDL_Rect){left, top, wide, high};
    if (pen->text_scale >= ONE_COLUMN_FROM) { // one of them at a time
        if (view->in_rows)
            p.groups.w = 0;
        else
            p.rows.w = 0;
        return p;
    }
    p.groups.w = pen_scaled(pen, 360);
    p.rows.x += p.groups.w + pen_px(pen, 56);
    p.rows.w = MIN(wide - p.groups.w - pen_px(pen, 56), pen_scaled(pen, 1180));
    return p;
}

static struct pen_style ink_of(bool focused, bool bold, bool idle)
{
    uint32_t ink = focused ? THEME_ON_FOCUS : idle ? THEME_FAINT : THEME_TEXT;
    return (struct pen_style){34, bold, ink, false};
}

static void draw_group(struct pen *pen, SDL_Rect at, const char *words, bool focused, bool chosen)
{
    int x = at.x + pen_px(pen, 28), size = pen_scaled(pen, 32), y = at.y + at.h / 2, room = at.w - pen_px(pen, 56);
    int radius = pen_px(pen, 20);
    if (focused) {
        pen_shadow(pen, at, radius, PEN_LOW);
        pen_round(pen, at, radius, THEME_FOCUS);
    } else if (chosen) {
        pen_border(pen, at, radius, pen_px(pen, 3), THEME_ACCENT);
        pen_icon(pen, "ok", x, y - size / 2, size, THEME_ACCENT);
        x += size + pen_px(pen, 16);
        room -= size + pen_px(pen, 16);
    }
    pen_text_fit(pen, x, y, ink_of(focused, focused || chosen, false), words, room);
}

struct row_look {
    char label[SETTINGS_WORDS_MAX], words[SETTINGS_WORDS_MAX];
    bool stacked, idle, person; // stacked: the value stands under the label
    enum settings_kind kind;
    int label_high, words_high, height;
};

// Room for the two arrows beside a value.
static int arrows(const struct pen *pen)
{
    return pen_scaled(pen, 2 * (32 + 20));
}

static struct row_look look_of(const struct settings_source *source, const struct settings_list_row *row,
                               struct pen *pen, const struct place *p, int wide)
{
    struct row_look l = {.kind = settings_list_kind(row), .idle = settings_list_idle(source, row)};
    int room = wide - 2 * p->side;
    settings_list_label(source, row, l.label, sizeof l.label);
    settings_list_words(source, row, l.words, sizeof l.words);
    struct pen_style bold = ink_of(false, true, false);
    int label = pen_width(pen, bold, l.label, strlen(l.label)), words = pen_width(pen, bold, l.words, strlen(l.words));
    l.stacked = label + words + arrows(pen) + pen_px(pen, 48) > room;
    l.label_high =
        l.stacked ? pen_paragraph(pen, 0, 0, room, p->line, bold, l.label, LINES, false) : pen_scaled(pen, TITLE_LINE);
    l.words_high = l.stacked ? pen_paragraph(pen, 0, 0, room - arrows(pen), p->line, bold, l.words, LINES, false) : 0;
    l.height = MAX(p->row, l.label_high + l.words_high + pen_scaled(pen, ROW - TITLE_LINE));
    return l;
}

static void draw_value(struct pen *pen, SDL_Rect at, const struct row_look *l, const struct place *p, bool focused)
{
    struct pen_style style = ink_of(focused, focused, l->idle);
    int size = pen_scaled(pen, 32), space = pen_scaled(pen, 20), right = at.x + at.w - p->side;
    bool turns = l->kind != SETTINGS_TEXT && l->kind != SETTINGS_FACT && l->kind != SETTINGS_OPENS && !l->idle;
    int y = at.y + at.h / 2, wide = pen_width(pen, style, l->words, strlen(l->words));
    if (!focused && !l->idle)
        style.colour = THEME_SOFT;
    if (l->stacked) {
        int top = at.y + (at.h - l->label_high - l->words_high) / 2 + l->label_high;
        pen_paragraph(pen, at.x + p->side, top, at.w - 2 * p->side - arrows(pen), p->line, style, l->words, LINES,
                      true);
        y = top + p->line / 2;
        if (focused && turns) {
            pen_icon(pen, "left", right - 2 * size - space, y - size / 2, size, style.colour);
            pen_icon(pen, "right", right - size, y - size / 2, size, style.colour);
        }
        return;
    }
    if (turns)
        right -= size + space;
    pen_text_right(pen, right, y, style, l->words);
    if (focused && turns) {
        pen_icon(pen, "left", right - wide - space - size, y - size / 2, size, style.colour);
        pen_icon(pen, "right", right + space, y - size / 2, size, style.colour);
    }
}

static void draw_row(struct pen *pen, SDL_Rect at, const struct row_look *l, const struct place *p, bool focused)
{
    struct pen_style style = ink_of(focused, focused, l->idle);
    int radius = pen_px(pen, 20), room = at.w - 2 * p->side;
    if (focused) {
        pen_shadow(pen, at, radius, PEN_LOW);
        pen_round(pen, at, radius, THEME_FOCUS);
    }
    if (l->stacked)
        pen_paragraph(pen, at.x + p->side, at.y + (at.h - l->label_high - l->words_high) / 2, room, p->line, style,
                      l->label, LINES, true);
    else
        pen_text_fit(pen, at.x + p->side, at.y + at.h / 2, style, l->label, room);
    draw_value(pen, at, l, p, focused);
}

static void draw_more(struct pen *pen, const SDL_Rect *at, const char *icon, int y)
{
    int size = pen_scaled(pen, 32);
    pen_icon(pen, icon, at->x + at->w / 2 - size / 2, y - size / 2, size, THEME_SOFT);
}

static void draw_groups(const struct settings_view *view, struct pen *pen, const struct place *p)
{
    int most = MAX(p->groups.h / p->row, 1), more = pen_scaled(pen, 40);
    if (most < SETTINGS_GROUPS)
        most = MAX((p->groups.h - more) / p->row, 1);
    int first = MAX((int)view->group - most + 1, 0), bottom = p->groups.y + most * p->row;
    if (most < SETTINGS_GROUPS) // which way there are others
        draw_more(pen, &p->groups, first + most < SETTINGS_GROUPS ? "cdown" : "cup", bottom + more / 2);
    for (int i = first; i < MIN(first + most, SETTINGS_GROUPS); i++) {
        bool here = (int)view->group == i;
        SDL_Rect at = {p->groups.x, p->groups.y + (i - first) * p->row, p->groups.w, p->row - pen_px(pen, 8)};
        draw_group(pen, at, settings_list_title((enum settings_group)i), here && !view->in_rows, here && view->in_rows);
    }
}

// The rows from `top` on that fit; the focused one is always among them.
static void draw_rows(struct settings_view *view, const struct settings_source *source, struct pen *pen,
                      const struct place *p)
{
    struct settings_list_row rows[SETTINGS_LIST_MAX];
    static struct row_look look[SETTINGS_LIST_MAX]; // main thread only; large
    size_t count = settings_list_rows(source, view->group, rows);
    int more = pen_scaled(pen, 40), gap = pen_px(pen, 8), total = 0;
    for (size_t i = 0; i < count; i++) {
        look[i] = look_of(source, &rows[i], pen, p, p->rows.w);
        total += look[i].height + gap;
    }
    bool scrolls = total - gap > p->rows.h;
    int room = p->rows.h - (scrolls ? 2 * more : 0), used = 0;
    view->top = scrolls ? MIN(view->top, view->row) : 0;
    for (size_t i = view->top; i <= view->row && i < count; i++)
        used += look[i].height + gap;
    while (scrolls && used - gap > room && view->top < view->row)
        used -= look[view->top++].height + gap;
    int y = p->rows.y + (view->top > 0 ? more : 0), bottom = p->rows.y + p->rows.h - (scrolls ? more : 0);
    size_t i = view->top;
    if (view->top > 0)
        draw_more(pen, &p->rows, "cup", p->rows.y + more / 2);
    for (; i < count && (y + look[i].height <= bottom || i == view->row); i++) {
        SDL_Rect at = {p->rows.x, y, p->rows.w, look[i].height};
        bool focused = view->in_rows && i == view->row;
        if (focused && view->editing)
            field_view_draw(&view->field, pen, at, WORD_NAME_HINT, view->composing, NULL, true, &view->caret);
        else
            draw_row(pen, at, &look[i], p, focused);
        y += look[i].height + gap;
    }
    if (i < count)
        draw_more(pen, &p->rows, "cdown", bottom + more / 2);
}

static int draw_hint(struct pen *pen, int right, int y, const char *key, const char *words)
{
    struct pen_style soft = {26, false, THEME_SOFT, false};
    int wide = pen_width(pen, soft, words, strlen(words)), cap = pen_key_width(pen, key), gap = pen_px(pen, 14);
    if (right - wide - gap - cap < pen_px(pen, THEME_SCREEN_LEFT))
        return right;
    pen_text(pen, right - wide, y, soft, words);
    pen_key(pen, right - wide - gap - cap, y, key);
    return right - wide - gap - cap - pen_px(pen, 36);
}

static void draw_hints(const struct settings_view *view, struct pen *pen, SDL_Rect screen)
{
    int y = screen.y + screen.h - pen_px(pen, 56) - pen_scaled(pen, 22);
    int right = screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT);
    if (view->editing) {
        right = draw_hint(pen, right, y, "Enter", WORD_SAVE);
        draw_hint(pen, right, y, "Esc", WORD_BACK);
        return;
    }
    right = draw_hint(pen, right, y, "Esc", view->in_rows ? WORD_BACK : WORD_CLOSE);
    right = draw_hint(pen, right, y, view->in_rows ? "← →" : "Enter", view->in_rows ? WORD_CHANGE : WORD_OPEN);
    draw_hint(pen, right, y, "↑ ↓", WORD_CHOOSE);
}

// The corner a person has to see for the whole screen to be in sight: an angle, and the way out from it.
static void draw_corner(struct pen *pen, int x, int y, int right, int down)
{
    int line = MAX(pen_px(pen, 6), 1), arm = pen_px(pen, 64);
    pen_fill(pen, (SDL_Rect){right > 0 ? x : x - arm, down > 0 ? y : y - line, arm, line}, THEME_ACCENT);
    pen_fill(pen, (SDL_Rect){right > 0 ? x : x - line, down > 0 ? y : y - arm, line, arm}, THEME_ACCENT);
    for (int i = 0; i < arm; i += MAX(line / 2, 1)) // the shaft, in steps
        pen_fill(pen, (SDL_Rect){right > 0 ? x + i : x - i - line, down > 0 ? y + i : y - i - line, line, line},
                 THEME_ACCENT);
}

static void draw_edges(struct pen *pen, SDL_Rect s)
{
    pen_border(pen, s, 0, MAX(pen_px(pen, 2), 1), THEME_ACCENT);
    draw_corner(pen, s.x, s.y, 1, 1);
    draw_corner(pen, s.x + s.w, s.y, -1, 1);
    draw_corner(pen, s.x, s.y + s.h, 1, -1);
    draw_corner(pen, s.x + s.w, s.y + s.h, -1, -1);
}

void settings_view_draw(struct settings_view *view, const struct ui_ops *ops, struct pen *pen, SDL_Rect screen)
{
    struct place p = place_of(view, pen, screen);
    struct settings_source source = settings_view_source(view, ops);
    bool alone = p.groups.w == 0;
    pen_fill(pen, screen, THEME_WALL);
    pen_text_fit(pen, screen.x + pen_px(pen, THEME_SCREEN_LEFT), screen.y + pen_px(pen, 116),
                 (struct pen_style){48, true, THEME_TEXT, false},
                 alone ? settings_list_title(view->group) : WORD_SETTINGS,
                 screen.w - 2 * pen_px(pen, THEME_SCREEN_LEFT));
    if (p.groups.w > 0)
        draw_groups(view, pen, &p);
    if (p.rows.w > 0)
        draw_rows(view, &source, pen, &p);
    if (has_hints(pen))
        draw_hints(view, pen, screen);
    if (settings_view_shows_edges(view, ops))
        draw_edges(pen, screen);
}
