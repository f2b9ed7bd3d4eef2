#include "toast.h"

#include "shared/base.h"
#include "theme.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void toasts_add(struct toasts *toasts, const char *icon, const char *kind, const char *title, const char *text,
                unsigned ms)
{
    size_t at = toasts->count;
    for (size_t i = 0; i < toasts->count; i++)
        if (strcmp(toasts->waiting[i].kind, kind) == 0)
            at = i;
    if (at == TOASTS_MAX) { // the one on the screen stays, the next is old news
        memmove(&toasts->waiting[1], &toasts->waiting[2], (TOASTS_MAX - 2) * sizeof toasts->waiting[0]);
        at = --toasts->count;
    }
    struct toast *t = &toasts->waiting[at];
    snprintf(t->icon, sizeof t->icon, "%s", icon);
    snprintf(t->kind, sizeof t->kind, "%s", kind);
    snprintf(t->title, sizeof t->title, "%s", title);
    snprintf(t->text, sizeof t->text, "%s", text);
    t->bar = false;
    t->ms = ms;
    t->serial = ++toasts->serial;
    if (at == toasts->count)
        toasts->count++;
    if (at == 0)
        toasts->shown_us = 0; // its time begins anew
}

void toasts_bar(struct toasts *toasts, const char *kind, int percent)
{
    size_t at = 0;
    while (at < toasts->count && strcmp(toasts->waiting[at].kind, kind) != 0)
        at++;
    if (at == toasts->count)
        return;
    struct toast t = toasts->waiting[at];
    t.bar = true;
    t.percent = percent;
    memmove(&toasts->waiting[1], &toasts->waiting[0], at * sizeof t);
    toasts->waiting[0] = t;
    if (at > 0)
        toasts->shown_us = 0;
}

static void drop_at(struct toasts *toasts, size_t at)
{
    memmove(&toasts->waiting[at], &toasts->waiting[at + 1], (toasts->count - at - 1) * sizeof toasts->waiting[0]);
    toasts->count--;
    if (at == 0)
        toasts->shown_us = 0;
}

void toasts_drop(struct toasts *toasts, const char *kind)
{
    for (size_t i = toasts->count; i > 0; i--)
        if (strcmp(toasts->waiting[i - 1].kind, kind) == 0)
            drop_at(toasts, i - 1);
}

void toasts_keep(struct toasts *toasts, const char *kind)
{
    for (size_t i = toasts->count; i > 0; i--)
        if (strcmp(toasts->waiting[i - 1].kind, kind) != 0)
            drop_at(toasts, i - 1);
}

// Where another one waits, this one has been read sooner: what is told late is no longer true.
static uint64_t end_of(const struct toasts *toasts)
{
    unsigned ms = toasts->waiting[0].ms;
    return toasts->shown_us + (uint64_t)(toasts->count > 1 ? MIN(ms, (unsigned)THEME_MS_TOAST_BRIEF) : ms) * 1000;
}

uint64_t toasts_tick(struct toasts *toasts, uint64_t now_us)
{
    if (toasts->count > 0 && toasts->shown_us && now_us >= end_of(toasts) + THEME_MS_FLOAT_OUT * 1000u)
        drop_at(toasts, 0);
    if (toasts->count == 0)
        return UINT64_MAX;
    if (toasts->shown_us == 0)
        toasts->shown_us = now_us;
    bool moving = now_us < toasts->shown_us + THEME_MS_FLOAT_IN * 1000u || now_us >= end_of(toasts);
    return moving ? now_us : end_of(toasts);
}

const struct toast *toasts_now(const struct toasts *toasts)
{
    return toasts->count && toasts->shown_us ? &toasts->waiting[0] : NULL;
}

uint8_t toasts_alpha(const struct toasts *toasts, uint64_t now_us)
{
    double in = theme_part(now_us - toasts->shown_us, THEME_MS_FLOAT_IN);
    double out = now_us > end_of(toasts) ? theme_part(now_us - end_of(toasts), THEME_MS_FLOAT_OUT) : 0;
    return (uint8_t)lround(255 * MIN(in, 1 - out));
}

int toasts_rise(const struct toasts *toasts, const struct pen *pen, uint64_t now_us)
{
    double t = theme_part(now_us - toasts->shown_us, THEME_MS_FLOAT_IN);
    return (int)lround((1 - t) * pen_px(pen, 24));
}

struct shape {
    int pad, icon, gap, line, words; // words = width for the text
    struct pen_style text, title;
};

static struct shape shape_of(const struct toast *toast, struct pen *pen, int room)
{
    struct shape s = {.pad = pen_px(pen, 34), .icon = pen_scaled(pen, 40), .gap = pen_px(pen, 20)};
    s.text = (struct pen_style){toast->title[0] ? 30 : 34, false, THEME_TEXT, false};
    s.title = (struct pen_style){26, true, THEME_TEXT, false};
    s.line = pen_scaled(pen, toast->title[0] ? 39 : 45);
    int most = MIN(room, pen_px(pen, 1100)) - 2 * s.pad - s.icon - s.gap;
    int wide = pen_width(pen, s.text, toast->text, strlen(toast->text));
    if (toast->title[0]) {
        wide = MAX(wide, pen_width(pen, s.title, toast->title, strlen(toast->title)));
        most = MIN(most, pen_scaled(pen, 720));
    }
    if (toast->bar) // as wide whatever it says
        wide = MAX(wide, pen_scaled(pen, 440));
    s.words = MIN(wide, most) + 1;
    return s;
}

SDL_Rect toast_rect(const struct toast *toast, struct pen *pen, SDL_Rect stage, int bottom)
{
    struct shape s = shape_of(toast, pen, stage.w - 2 * pen_px(pen, 48));
    int text = pen_paragraph(pen, 0, 0, s.words, s.line, s.text, toast->text, 2, false);
    int height = MAX(text + pen_scaled(pen, 43), pen_scaled(pen, 88));
    if (toast->title[0])
        height = text + pen_scaled(pen, 34) + pen_scaled(pen, 40);
    if (toast->bar)
        height += pen_scaled(pen, 28);
    int width = s.words + 2 * s.pad + s.icon + s.gap;
    return (SDL_Rect){stage.x + (stage.w - width) / 2, bottom - height, width, height};
}

void toast_draw(const struct toast *toast, struct pen *pen, SDL_Rect rect)
{
    struct shape s = shape_of(toast, pen, rect.w);
    int radius = pen_px(pen, 20);
    s.words = rect.w - 2 * s.pad - s.icon - s.gap;
    pen_shadow(pen, rect, radius, PEN_HIGH);
    pen_round(pen, rect, radius, THEME_CARD);
    pen_border(pen, rect, radius, MAX(pen_px(pen, 1), 1), THEME_HAIR);
    const char *off = strstr(toast->icon, "-off");
    bool stop = off || strcmp(toast->icon, "warn") == 0;
    pen_icon(pen, toast->icon, rect.x + s.pad, rect.y + (rect.h - s.icon) / 2, s.icon, stop ? THEME_STOP : THEME_SOFT);
    int x = rect.x + s.pad + s.icon + s.gap,
        text = pen_paragraph(pen, 0, 0, s.words, s.line, s.text, toast->text, 2, false);
    int top = rect.y + (rect.h - text) / 2;
    if (toast->bar) {
        int high = pen_scaled(pen, 12), full = s.words * toast->percent / 100;
        top -= pen_scaled(pen, 14);
        SDL_Rect all = {x, top + text + pen_scaled(pen, 12), s.words, high};
        pen_round(pen, all, high / 2, THEME_RAISED);
        if (full >= high)
            pen_round(pen, (SDL_Rect){all.x, all.y, full, high}, high / 2, THEME_ACCENT);
    }
    if (toast->title[0]) {
        int title = pen_scaled(pen, 34);
        top = rect.y + (rect.h - text - title) / 2;
        pen_text_fit(pen, x, top + title / 2, s.title, toast->title, s.words);
        top += title;
    }
    pen_paragraph(pen, x, top, s.words, s.line, s.text, toast->text, 2, true);
}
