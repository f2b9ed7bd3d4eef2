#include "films_view.h"

#include "client/text_clean.h"
#include "hash.h"
#include "panel.h"
#include "people.h"
#include "scroll.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum {
    ROWS_MAX = FILMS_LIBRARIES * FILM_FILMS_MAX + CALL_MEMBERS_MAX,
    TITLE_LETTERS = 64,
    LINE = 256,
    ANSWERS = 2,
    NOTES = 3
};

struct row {
    const struct films_playing *playing; // or a film of a library
    const struct films_library *library;
    const struct film *film;
};

// ---- rows ----

const struct films_playing *films_view_playing(const struct call *call, size_t n)
{
    const struct call_member *self = people_self(call);
    for (size_t i = 0; call->films && self && i < call->films->playing_count; i++) {
        const struct films_playing *p = &call->films->playing[i];
        if (films_for_us(p, self->id) && n-- == 0)
            return p;
    }
    return NULL;
}

static size_t rows_of(const struct call *call, struct row rows[ROWS_MAX])
{
    size_t n = 0;
    const struct films_playing *p;
    while ((p = films_view_playing(call, n)) && n < CALL_MEMBERS_MAX)
        rows[n++] = (struct row){.playing = p};
    for (size_t i = 0; call->films && i < FILMS_LIBRARIES; i++) {
        const struct films_library *l = &call->films->library[i];
        for (size_t k = 0; l->member && k < l->count; k++)
            rows[n++] = (struct row){.library = l, .film = &l->film[k]};
    }
    return n;
}

static bool is(const struct films_view *v, const struct row *r)
{
    return r->playing ? !v->film && v->member == r->playing->member
                      : v->film == r->film->id && v->member == r->library->member;
}

static unsigned answers_of(const struct row *r)
{
    return r->playing || film_playable(r->film) ? ANSWERS : 0;
}

static void focus_on(struct films_view *v, const struct row *r, size_t at)
{
    v->member = r->playing ? r->playing->member : r->library->member;
    v->film = r->playing ? 0 : r->film->id;
    v->at = at;
}

// The row with the focus; when it has gone, the one in its place.
static size_t focus_of(struct films_view *v, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is(v, &rows[i])) {
            v->at = i;
            return i;
        }
    v->at = count ? MIN(v->at, count - 1) : 0;
    if (count)
        focus_on(v, &rows[v->at], v->at);
    v->answer = 0;
    return v->at;
}

void films_view_open(struct films_view *v)
{
    *v = (struct films_view){.member = 0};
}

void films_view_move(struct films_view *v, const struct call *call, int steps)
{
    static struct row rows[ROWS_MAX]; // main thread; large for a stack
    size_t count = rows_of(call, rows), at = focus_of(v, rows, count);
    if (!count)
        return;
    focus_on(v, &rows[at], at);
    at = (size_t)CLAMP((int)at + steps, 0, (int)count - 1);
    if (at != v->at)
        v->answer = 0;
    focus_on(v, &rows[at], at);
}

bool films_view_aside(struct films_view *v, const struct call *call, int steps)
{
    static struct row rows[ROWS_MAX];
    size_t count = rows_of(call, rows), at = focus_of(v, rows, count);
    unsigned answers = at < count ? answers_of(&rows[at]) : 0;
    int to = (int)v->answer + steps;
    if (to < 0 || to >= (int)answers)
        return false;
    v->answer = (unsigned)to;
    return true;
}

struct films_order films_view_press(struct films_view *v, const struct call *call)
{
    static struct row rows[ROWS_MAX];
    size_t count = rows_of(call, rows), at = focus_of(v, rows, count);
    const struct row *r = &rows[at];
    if (at >= count || !answers_of(r))
        return (struct films_order){.member = 0};
    if (r->film)
        return (struct films_order){r->library->member, FILM_PLAY, r->film->id, v->answer == 1, 0};
    if (v->answer == 0)
        return (struct films_order){.member = r->playing->member, .what = FILM_STOP};
    return (struct films_order){
        .member = r->playing->member, .what = FILM_DO_COUNT, .quality = films_view_next(r->playing)};
}

// ---- words ----

void films_view_time(uint64_t ms, char out[16])
{
    unsigned s = (unsigned)(ms / 1000), h = s / 3600;
    if (h)
        snprintf(out, 16, "%u:%02u:%02u", h % 100, s / 60 % 60, s % 60);
    else
        snprintf(out, 16, "%u:%02u", s / 60, s % 60);
}

void films_view_quality(const struct films_playing *p, char *out, size_t size)
{
    if (!p->only || p->only > films_layers(p))
        snprintf(out, size, "%s", WORD_FILM_AUTO);
    else
        text_clean(out, size, p->about.has[p->only - 1], strlen(p->about.has[p->only - 1]), 12, false);
}

int films_view_next(const struct films_playing *p)
{
    int next = p->only; // 1 + which it is
    return next < (int)films_layers(p) ? next : -1;
}

static void clean_title(char *out, size_t size, const char *title)
{
    if (text_clean(out, size, title, strlen(title), TITLE_LETTERS, false) == 0)
        snprintf(out, size, "?");
}

static void add(char *line, size_t size, const char *between, const char *words)
{
    size_t used = strlen(line);
    snprintf(line + used, size - used, "%s%s", used ? between : "", words);
}

// How long, and in which qualities.
static void second_line(const struct row *r, uint64_t now_us, char *out, size_t size)
{
    char a[16], b[16], name[16];
    out[0] = '\0';
    if (r->playing) {
        films_view_time(films_position_ms(r->playing, now_us), a);
        films_view_time(r->playing->about.of, b);
        snprintf(out, size, WORD_FILM_AT, a, b);
        return;
    }
    const char *between = "   ";
    films_view_time(r->film->ms, a);
    if (r->film->ms)
        snprintf(out, size, "%s", a);
    for (unsigned i = 0; i < FILM_QUALITIES; i++)
        if (r->film->quality[i].way == FILM_DIRECT || r->film->quality[i].way == FILM_MADE) {
            film_quality_name(r->film, i, name);
            add(out, size, between, name);
            between = " \xc2\xb7 ";
        }
}

// What is not as it should be: of what is missing, made anew or broken one line each. How many there are.
static unsigned note_lines(const struct row *r, char out[NOTES][LINE])
{
    char names[FILM_BAD + 1][48] = {""}, name[16];
    static const enum film_way order[NOTES] = {FILM_MISSING, FILM_MADE, FILM_BAD};
    const struct film *f = r->film;
    unsigned n = 0;
    for (unsigned i = 0; f && i < FILM_QUALITIES; i++) {
        film_quality_name(f, i, name);
        if (f->quality[i].way != FILM_MISSING || !f->single)
            add(names[f->quality[i].way], sizeof names[0], ", ", name);
    }
    for (unsigned i = 0; i < NOTES; i++) {
        const char *format = order[i] == FILM_MISSING ? WORD_FILM_MISSING
                             : order[i] == FILM_MADE  ? WORD_FILM_MADE
                                                      : WORD_FILM_BAD;
        if (names[order[i]][0])
            snprintf(out[n++], LINE, format, names[order[i]]);
    }
    return n;
}

// ---- drawing ----

struct measures {
    int side, title, line, answers, gap, pad, count;
};

static struct measures measures_of(const struct pen *pen)
{
    return (struct measures){.side = pen_px(pen, 16),
                             .title = pen_scaled(pen, 42),
                             .line = pen_scaled(pen, 34),
                             .answers = pen_scaled(pen, 72),
                             .gap = pen_px(pen, 8),
                             .pad = pen_px(pen, 10),
                             .count = pen_scaled(pen, 40)};
}

static int row_height(const struct row *r, const struct measures *m, bool focused)
{
    char notes[NOTES][LINE];
    int lines = (int)note_lines(r, notes) + (r->playing || r->film->ms ? 1 : 0);
    return 2 * m->pad + m->title + MAX(lines, 1) * m->line + (focused && answers_of(r) ? m->answers + m->gap : 0);
}

static void draw_answer(struct pen *pen, SDL_Rect at, const char *icon, const char *words, bool focused)
{
    uint32_t ink = focused ? THEME_ON_FOCUS : THEME_TEXT;
    struct pen_style style = {28, true, ink, false};
    int size = pen_scaled(pen, 28), space = pen_px(pen, 12), y = at.y + at.h / 2, room = at.w - size - 3 * space;
    pen_shrink(pen, &style, words, room);
    int wide = MIN(pen_width(pen, style, words, strlen(words)), room), x = at.x + (at.w - wide - size - space) / 2;
    if (focused)
        pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
    pen_round(pen, at, pen_px(pen, 20), focused ? THEME_FOCUS : THEME_RAISED);
    pen_icon(pen, icon, x, y - size / 2, size, focused ? ink : THEME_ACCENT);
    pen_text_fit(pen, x + size + space, y, style, words, wide);
}

static void draw_answers(struct pen *pen, SDL_Rect at, const struct row *r, const struct films_view *v, bool focused)
{
    char quality[32];
    int space = pen_px(pen, 16), wide = (at.w - space) / 2;
    SDL_Rect first = {at.x, at.y, wide, at.h}, second = {at.x + wide + space, at.y, wide, at.h};
    if (r->playing) {
        films_view_quality(r->playing, quality, sizeof quality);
        draw_answer(pen, first, "no", WORD_FILM_STOP, focused && v->answer == 0);
        draw_answer(pen, second, "gear", quality, focused && v->answer == 1);
        return;
    }
    draw_answer(pen, first, "me", WORD_FILM_FOR_ME, focused && v->answer == 0);
    draw_answer(pen, second, "people", WORD_FILM_FOR_ROOM, focused && v->answer == 1);
}

static void draw_row(struct pen *pen, SDL_Rect at, const struct row *r, const struct measures *m,
                     const struct films_view *v, bool mine, bool focused, uint64_t now_us)
{
    char title[FILM_TITLE_MAX], line[LINE], notes[NOTES][LINE];
    bool whole = mine && focused && !answers_of(r); // nothing else can show the focus
    int x = at.x + m->side, icon = pen_scaled(pen, 32), text = x + icon + pen_px(pen, 16), y = at.y + m->pad;
    int room = at.x + at.w - m->side - text;
    struct pen_style bold = {32, true, whole ? THEME_ON_FOCUS : THEME_TEXT, false};
    struct pen_style soft = {26, false, whole ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
    clean_title(title, sizeof title, r->playing ? r->playing->about.title : r->film->title);
    second_line(r, now_us, line, sizeof line);
    unsigned count = note_lines(r, notes);
    if (whole)
        pen_round(pen, at, pen_px(pen, 20), THEME_FOCUS);
    const char *sign = !r->playing ? "film" : r->playing->about.paused ? "pause" : "play";
    pen_icon(pen, sign, x, y + (m->title - icon) / 2, icon, r->playing ? THEME_ACCENT : soft.colour);
    pen_text_fit(pen, text, y + m->title / 2, bold, title, room);
    y += m->title + m->line / 2;
    if (line[0])
        pen_text_fit(pen, text, y, soft, line, room);
    y += line[0] ? m->line : 0;
    for (unsigned i = 0; i < count; i++, y += m->line) {
        struct pen_style small = soft;
        pen_shrink(pen, &small, notes[i], room);
        pen_text_fit(pen, text, y, small, notes[i], room);
    }
    if (mine && answers_of(r))
        draw_answers(pen, (SDL_Rect){x, at.y + at.h - m->answers - m->pad / 2, at.w - 2 * m->side, m->answers}, r, v,
                     focused);
}

static void draw_rows(struct films_view *v, struct pen *pen, const struct call *call, SDL_Rect area, bool focused,
                      uint64_t now_us)
{
    static struct row rows[ROWS_MAX]; // main thread; large for a stack
    static int height[ROWS_MAX];
    struct measures m = measures_of(pen);
    size_t count = rows_of(call, rows), focus = focus_of(v, rows, count);
    for (size_t i = 0; i < count; i++)
        height[i] = row_height(&rows[i], &m, i == focus) + m.gap;
    const struct scroll scroll = {height, count, area.h, m.count};
    v->top = scroll_top(&scroll, v->top, focus);
    size_t end = scroll_end(&scroll, v->top);
    int y = area.y, x = area.x + m.side;
    if (v->top > 0) {
        panel_more(pen, x, y + m.count / 2, "cup", WORD_UP_MORE(v->top), v->top);
        y += m.count;
    }
    for (size_t i = v->top; i < end; i++) {
        draw_row(pen, (SDL_Rect){area.x, y, area.w, height[i] - m.gap}, &rows[i], &m, v, i == focus, focused, now_us);
        y += height[i];
    }
    if (end < count)
        panel_more(pen, x, y + m.count / 2, "cdown", WORD_DOWN_MORE(count - end), count - end);
}

void films_view_draw(struct films_view *v, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused,
                     uint64_t now_us)
{
    const struct films_library *l = call->films ? films_library(call->films, 0) : NULL;
    SDL_Rect in = panel_draw(pen, panel, WORD_FILMS, "Esc");
    int side = pen_px(pen, 16);
    SDL_Rect area = {in.x - side, in.y, in.w + 2 * side, in.h};
    struct pen_style soft = {30, false, THEME_SOFT, false};
    if ((!l || !l->count) && !films_view_playing(call, 0))
        pen_paragraph(pen, in.x, in.y, in.w, pen_scaled(pen, 39), soft,
                      l && !l->complete ? WORD_FILM_LOADING : WORD_FILM_NONE, 3, true);
    draw_rows(v, pen, call, area, focused, now_us);
}

uint64_t films_view_signature(const struct films_view *v, const struct call *call, bool focused, uint64_t now_us)
{
    uint64_t h = hash_int(HASH_START, (uint64_t)v->film << 32 | (uint64_t)v->member << 8 | v->answer << 1 | focused);
    const struct films_playing *p;
    for (size_t i = 0; (p = films_view_playing(call, i)); i++) {
        h = hash_words(hash_int(h, films_position_ms(p, now_us) / 1000), p->text);
        h = hash_int(h, (uint64_t)p->member << 8 | p->only);
    }
    for (size_t i = 0; call->films && i < FILMS_LIBRARIES; i++) {
        const struct films_library *l = &call->films->library[i];
        h = hash_words(hash_int(h, (uint64_t)l->member << 32 | l->count << 1 | l->complete), l->about);
    }
    return h;
}
