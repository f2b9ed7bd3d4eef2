#include "help_view.h"

#include "input.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <string.h>

// The remote's part at the bottom.
enum { REMOTE_HIGH = 300, REMOTE_TOP = 34 };

static int rows_of_longest(bool kiosk)
{
    size_t count;
    const struct input_key *keys = input_table(&count);
    int rows[INPUT_UNLISTED + 1] = {0}, most = 1;
    for (size_t i = 0; i < count; i++)
        if (keys[i].words && (!kiosk || keys[i].in_kiosk)) {
            rows[keys[i].column]++;
            most = MAX(most, rows[keys[i].column]);
        }
    return most;
}

static int draw_keys(struct pen *pen, const struct input_key *key, int x, int y)
{
    int start = x;
    for (size_t i = 0; i < ARRAY_LEN(key->cap) && key->cap[i]; i++)
        x += pen_key(pen, x, y, _(key->cap[i])) + pen_px(pen, 8);
    return x - start;
}

// On one line, or on two smaller ones.
static void draw_words(struct pen *pen, SDL_Rect at, int line, const char *words, int lines)
{
    struct pen_style style = {30, false, THEME_TEXT, false};
    if (lines == 1 && pen_width(pen, style, words, strlen(words)) > at.w) {
        style.pt = 24;
        line = pen_scaled(pen, 31);
        lines = 2;
    }
    int high = pen_paragraph(pen, 0, 0, at.w, line, style, words, lines, false);
    pen_paragraph(pen, at.x, at.y + (at.h - high) / 2, at.w, line, style, words, lines, true);
}

static void draw_column(struct pen *pen, enum input_column column, const char *title, SDL_Rect at, int row, int lines,
                        bool kiosk)
{
    size_t count;
    const struct input_key *keys = input_table(&count);
    int y = at.y + pen_scaled(pen, 20), line = pen_scaled(pen, 36);
    pen_text_fit(pen, at.x, y, (struct pen_style){30, true, THEME_ACCENT, false}, title, at.w);
    y = at.y + pen_scaled(pen, 59);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].column != column || !keys[i].words || (kiosk && !keys[i].in_kiosk))
            continue;
        int caps =
            MAX(draw_keys(pen, &keys[i], at.x, y + row / 2), pen_scaled(pen, lines > 1 ? 140 : 168)) + pen_px(pen, 16);
        draw_words(pen, (SDL_Rect){at.x + caps, y, at.w - caps, row}, line, _(keys[i].words), lines);
        y += row;
    }
}

static void draw_remote(struct pen *pen, int x, int y)
{
    int r = pen_px(pen, 116), icon = pen_px(pen, 40), edge = pen_px(pen, 18), cx = x + r, cy = y + r;
    pen_disc(pen, cx, cy, r, THEME_RAISED);
    pen_disc(pen, cx, cy, pen_px(pen, 40), THEME_FOCUS);
    pen_text_middle(pen, cx, cy, (struct pen_style){30, true, THEME_ON_FOCUS, true}, WORD_OK);
    pen_icon(pen, "cup", cx - icon / 2, y + edge, icon, THEME_TEXT);
    pen_icon(pen, "cdown", cx - icon / 2, y + 2 * r - edge - icon, icon, THEME_TEXT);
    pen_icon(pen, "left", x + edge, cy - icon / 2, icon, THEME_TEXT);
    pen_icon(pen, "right", x + 2 * r - edge - icon, cy - icon / 2, icon, THEME_TEXT);
}

void help_view_draw(struct pen *pen, SDL_Rect screen, bool kiosk)
{
    int left = screen.x + pen_px(pen, 96), right = screen.x + screen.w - pen_px(pen, 96),
        head = screen.y + pen_px(pen, 116);
    struct pen_style soft = {26, false, THEME_SOFT, false};
    pen_fill(pen, screen, THEME_WALL);
    pen_text(pen, left, head, (struct pen_style){48, true, THEME_TEXT, false}, WORD_KEYS);
    int close = pen_width(pen, soft, WORD_CLOSE, strlen(WORD_CLOSE));
    pen_text(pen, right - close, head, soft, WORD_CLOSE);
    pen_key(pen, right - close - pen_px(pen, 14) - pen_key_width(pen, "Esc"), head, "Esc");
    // Three columns; large words take two lines each and leave the remote out. Beyond 150 % all keys on one page matter
    // more than their size.
    bool large = pen->text_scale > 125;
    int scale = pen->text_scale, top = MAX(screen.y + pen_px(pen, 190), head + pen_scaled(pen, 44)),
        gap = pen_px(pen, 40);
    int width = (right - left - 2 * gap) / 3;
    pen->text_scale = MIN(scale, 150);
    int line = screen.y + screen.h - (large ? pen_px(pen, 61) : pen_px(pen, REMOTE_HIGH));
    int row = MIN(pen_scaled(pen, large ? 84 : 64), (line - top - pen_scaled(pen, 59)) / rows_of_longest(kiosk));
    const char *const titles[] = {WORD_TALK, WORD_SEE, WORD_MORE_KEYS};
    for (int i = 0; i < 3; i++)
        draw_column(pen, (enum input_column)i, titles[i], (SDL_Rect){left + i * (width + gap), top, width, screen.h},
                    row, large ? 2 : 1, kiosk);
    pen->text_scale = scale;
    if (large)
        return;
    pen_divider(pen, left, line, right - left);
    pen_text(pen, left, line + pen_px(pen, REMOTE_TOP + 16), (struct pen_style){34, true, THEME_TEXT, false},
             WORD_REMOTE);
    pen_paragraph(pen, left, line + pen_px(pen, REMOTE_TOP + 50), pen_px(pen, 760), pen_scaled(pen, 39),
                  (struct pen_style){30, false, THEME_SOFT, false}, WORD_REMOTE_2, 4, true);
    int x = screen.x + screen.w * 1008 / 1920;
    draw_remote(pen, x, line + pen_px(pen, REMOTE_TOP));
    x += pen_px(pen, 232 + 36);
    const char *const cap[] = {WORD_OK, WORD_BACK}, *const words[] = {WORD_PRESS, WORD_STEP_BACK};
    for (int i = 0; i < 2; i++) {
        int y = line + pen_px(pen, REMOTE_TOP + 80 + 72 * i);
        pen_key(pen, x, y, cap[i]);
        pen_text_fit(pen, x + pen_px(pen, 130), y, (struct pen_style){30, false, THEME_TEXT, false}, words[i],
                     right - x - pen_px(pen, 130));
    }
}
