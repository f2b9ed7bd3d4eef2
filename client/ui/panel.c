#include "panel.h"

#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <string.h>

SDL_Rect panel_draw(struct pen *pen, SDL_Rect panel, const char *title, const char *key)
{
    int left = panel.x + pen_px(pen, THEME_PANEL_LEFT), right = panel.x + panel.w - pen_px(pen, THEME_EDGE_SPACE);
    int head = pen_px(pen, 48), high = pen_scaled(pen, 56), y = head + high / 2;
    struct pen_style bold = {40, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    pen_fill(pen, panel, THEME_PANEL);
    pen_fill(pen, (SDL_Rect){panel.x, panel.y, MAX(pen_px(pen, THEME_HIGH ? THEME_LINE : 1), 1), panel.h}, THEME_HAIR);
    int close = pen_width(pen, soft, WORD_CLOSE, strlen(WORD_CLOSE)), cap = pen_key_width(pen, key);
    int gap = pen_px(pen, 14), room = right - left - close - cap - 2 * gap;
    pen_text_fit(pen, left, y, bold, title, room);
    pen_key(pen, right - close - gap - cap, y, key);
    pen_text(pen, right - close, y, soft, WORD_CLOSE);
    int top = head + high + pen_px(pen, 20);
    return (SDL_Rect){left, top, right - left, panel.h - top - pen_px(pen, THEME_EDGE_SPACE)};
}
