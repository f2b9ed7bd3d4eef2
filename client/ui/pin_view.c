#include "pin_view.h"

#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <string.h>

enum { KEY = 112, GAP = 16, DOT = 9 };

uint64_t pin_view_signature(const struct pin_pad *pad, uint64_t now_us)
{
    uint64_t h = hash_int(HASH_START, pad->length << 8 | pad->focus);
    return hash_int(h, (pad->said ? 1u : 0) | (pin_pad_waits(pad, now_us) ? 2u : 0) | pad->wrong * 4u);
}

static void draw_key(struct pen *pen, SDL_Rect at, size_t index, bool focused)
{
    char digit[2] = {(char)('1' + index), 0};
    uint32_t ink = focused ? THEME_ON_FOCUS : THEME_TEXT;
    int radius = pen_px(pen, 20), x = at.x + at.w / 2, y = at.y + at.h / 2, size = pen_px(pen, 40);
    if (focused)
        pen_shadow(pen, at, radius, PEN_LOW);
    pen_round(pen, at, radius, focused ? THEME_FOCUS : THEME_RAISED);
    if (index == 9 || index == 11) {
        pen_icon(pen, index == 9 ? "left" : "ok", x - size / 2, y - size / 2, size, ink);
        return;
    }
    if (index == 10)
        digit[0] = '0';
    pen_text_middle(pen, x, y, (struct pen_style){48, true, ink, true}, digit);
}

void pin_view_draw(const struct pin_pad *pad, struct pen *pen, SDL_Rect screen, uint64_t now_us)
{
    bool waits = pin_pad_waits(pad, now_us);
    const char *words = waits ? WORD_LOCKED_WAIT : pad->said ? WORD_LOCKED_WRONG : WORD_LOCKED_PIN;
    int key = pen_px(pen, KEY), gap = pen_px(pen, GAP), left = screen.x + pen_px(pen, THEME_SCREEN_LEFT);
    int right = screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT), wide = 3 * key + 2 * gap;
    int pad_x = right - wide, pad_y = screen.y + (screen.h - 4 * key - 3 * gap) / 2;
    int room = pad_x - left - pen_px(pen, 64), y = screen.y + pen_px(pen, 116), dot = pen_px(pen, DOT);
    pen_fill(pen, screen, THEME_WALL);
    pen_text_fit(pen, left, y, (struct pen_style){48, true, THEME_TEXT, false}, WORD_SETTINGS, room);
    y += pen_scaled(pen, 80);
    y += pen_paragraph(pen, left, y, room, pen_scaled(pen, 50), (struct pen_style){40, false, THEME_SOFT, false}, words,
                       5, true);
    for (size_t i = 0; i < PIN_PAD_MOST; i++) // how many, and not which
        if (i < pad->length)
            pen_disc(pen, left + dot + (int)i * 4 * dot, y + pen_px(pen, 64), dot, THEME_TEXT);
    for (size_t i = 0; i < PIN_PAD_KEYS; i++) {
        SDL_Rect at = {pad_x + (int)(i % 3) * (key + gap), pad_y + (int)(i / 3) * (key + gap), key, key};
        draw_key(pen, at, i, i == pad->focus && !waits);
    }
}
