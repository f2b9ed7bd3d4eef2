#include "big_button.h"

#include "theme.h"

#include <string.h>

int big_button_width(struct pen *pen, const struct big_button *button, int icon)
{
    struct pen_style style = {34, true, THEME_TEXT, false};
    return pen_width(pen, style, button->words, strlen(button->words)) + pen_scaled(pen, icon + 16) +
           2 * pen_px(pen, 32);
}

void big_button_draw(struct pen *pen, SDL_Rect at, const struct big_button *button, int icon, bool focused)
{
    uint32_t ink = focused ? THEME_ON_FOCUS : THEME_TEXT;
    struct pen_style style = {34, true, ink, false};
    int size = pen_scaled(pen, icon), space = pen_scaled(pen, 16), y = at.y + at.h / 2;
    pen_shrink(pen, &style, button->words, at.w - size - space - 2 * pen_px(pen, 16));
    int x = at.x + (at.w - pen_width(pen, style, button->words, strlen(button->words)) - size - space) / 2;
    if (focused)
        pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
    pen_round(pen, at, pen_px(pen, 20), focused ? THEME_FOCUS : THEME_RAISED);
    pen_icon(pen, button->icon, x, y - size / 2, size, !focused && button->stop ? THEME_STOP : ink);
    pen_text(pen, x + size + space, y, style, button->words);
}
