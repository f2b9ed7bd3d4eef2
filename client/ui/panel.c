#include "panel.h"

#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

SDL_Rect panel_draw(struct pen *pen, SDL_Rect panel, const char *title, const char *key)
{
    return panel_draw_as(pen, panel, title, key, WORD_CLOSE);
}

SDL_Rect panel_draw_as(struct pen *pen, SDL_Rect panel, const char *title, const char *key, const char *does)
{
    int left = panel.x + pen_px(pen, THEME_PANEL_LEFT), right = panel.x + panel.w - pen_px(pen, THEME_EDGE_SPACE);
    int head = pen_px(pen, 48), high = pen_scaled(pen, 56), y = head + high / 2;
    struct pen_style bold = {40, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    pen_fill(pen, panel, THEME_PANEL);
    pen_fill(pen, (SDL_Rect){panel.x, panel.y, MAX(pen_px(pen, THEME_HIGH ? THEME_LINE : 1), 1), panel.h}, THEME_HAIR);
    int close = pen_width(pen, soft, does, strlen(does)), cap = pen_key_width(pen, key);
    int gap = pen_px(pen, 14), room = right - left - close - cap - 2 * gap;
    pen_shrink(pen, &bold, title, room);
    pen_text_fit(pen, left, y, bold, title, room);
    pen_key(pen, right - close - gap - cap, y, key);
    pen_text(pen, right - close, y, soft, does);
    int top = head + high + pen_px(pen, 20);
    return (SDL_Rect){left, top, right - left, panel.h - top - pen_px(pen, THEME_EDGE_SPACE)};
}

void panel_more(struct pen *pen, int x, int y, const char *icon, const char *format, size_t count)
{
    char words[64];
    int size = pen_scaled(pen, 28);
    snprintf(words, sizeof words, format, (unsigned)count);
    pen_icon(pen, icon, x, y - size / 2, size, THEME_FAINT);
    pen_text(pen, x + size + pen_px(pen, 12), y, (struct pen_style){24, false, THEME_FAINT, false}, words);
}
