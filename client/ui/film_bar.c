#include "film_bar.h"

#include "client/text_clean.h"
#include "films_view.h"
#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { HIGH = 132, LOW = 92, WIDE = 1000, TRACK = 8, TITLE_LETTERS = 64 };

SDL_Rect film_bar_rect(const struct pen *pen, SDL_Rect stage, int bottom, bool keys)
{
    int wide = MIN(pen_scaled(pen, WIDE), stage.w - 2 * pen_px(pen, 48)), high = pen_scaled(pen, keys ? HIGH : LOW);
    return (SDL_Rect){stage.x + (stage.w - wide) / 2, bottom - high, wide, high};
}

uint64_t film_bar_signature(const struct films_playing *p, bool keys, uint64_t now_us)
{
    uint64_t h = hash_int(HASH_START, films_position_ms(p, now_us) / 1000);
    return hash_int(hash_words(h, p->text), (uint64_t)p->member << 16 | (uint64_t)p->only << 1 | keys);
}

static void draw_track(struct pen *pen, SDL_Rect at, uint64_t ms, uint64_t of)
{
    pen_round(pen, at, at.h / 2, THEME_EDGE);
    at.w = of ? (int)((double)at.w * (double)MIN(ms, of) / (double)of) : 0;
    if (at.w > 0)
        pen_round(pen, (SDL_Rect){at.x, at.y, MAX(at.w, at.h), at.h}, at.h / 2, THEME_ACCENT);
}

void film_bar_draw(struct pen *pen, SDL_Rect at, const struct films_playing *p, bool keys, uint64_t now_us)
{
    char title[FILM_TITLE_MAX], a[16], b[16], times[64], quality[32], right[128];
    struct pen_style bold = {30, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    int pad = pen_px(pen, 28), icon = pen_scaled(pen, 36), x = at.x + pad, end = at.x + at.w - pad;
    int y = at.y + pen_scaled(pen, 40), low = at.y + pen_scaled(pen, 102), track = pen_px(pen, TRACK);
    uint64_t ms = films_position_ms(p, now_us);
    if (text_clean(title, sizeof title, p->about.title, strlen(p->about.title), TITLE_LETTERS, false) == 0)
        snprintf(title, sizeof title, "?");
    films_view_time(ms, a);
    films_view_time(p->about.of, b);
    snprintf(times, sizeof times, WORD_FILM_AT, a, b);
    films_view_quality(p, quality, sizeof quality);
    const char *state = p->about.ended ? WORD_FILM_ENDED : p->about.paused ? WORD_FILM_PAUSED : quality;
    snprintf(right, sizeof right, "%s   %s", state, times);
    pen_shadow(pen, at, pen_px(pen, 28), PEN_HIGH);
    pen_round(pen, at, pen_px(pen, 28), THEME_CARD);
    pen_border(pen, at, pen_px(pen, 28), MAX(pen_px(pen, 1), 1), THEME_HAIR);
    pen_icon(pen, p->about.paused || p->about.ended ? "pause" : "play", x, y - icon / 2, icon, THEME_ACCENT);
    x += icon + pen_px(pen, 16);
    int wide = pen_width(pen, soft, right, strlen(right));
    pen_text_fit(pen, x, y, bold, title, MAX(end - wide - pen_px(pen, 24) - x, pen_px(pen, 80)));
    pen_text_right(pen, end, y, soft, right);
    draw_track(pen, (SDL_Rect){at.x + pad, at.y + pen_scaled(pen, 68), at.w - 2 * pad, track}, ms, p->about.of);
    struct pen_style small = {24, false, THEME_FAINT, false};
    const char *help = p->about.ended ? WORD_FILM_HELP_ANEW : p->about.paused ? WORD_FILM_HELP_ON : WORD_FILM_HELP;
    if (keys) {
        pen_shrink(pen, &small, help, at.w - 2 * pad);
        pen_text_fit(pen, at.x + pad, low, small, help, at.w - 2 * pad);
    }
}
