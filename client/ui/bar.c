#include "bar.h"

#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BUTTONS_MAX = 16, ROW_MOST = 7 };

struct button {
    enum input_action action;
    const char *icon, *words, *key;
    bool stop; // coral icon: off, or ends something
};

static size_t first_buttons(const struct bar_state *s, struct button out[BUTTONS_MAX])
{
    size_t n = 0;
    out[n++] = (struct button){INPUT_MICROPHONE, s->microphone ? "mic" : "mic-off",
                               s->microphone ? WORD_MIC_ON : WORD_MIC_OFF, "M", !s->microphone};
    out[n++] = (struct button){INPUT_CAMERA, s->camera ? "cam" : "cam-off",
                               s->camera ? WORD_CAMERA_ON : WORD_CAMERA_OFF, "V", !s->camera};
    out[n++] = (struct button){INPUT_CHAT, "chat", WORD_CHAT, "C", false};
    out[n++] = (struct button){INPUT_PEOPLE, "people", WORD_PEOPLE, "P", false};
    if (s->can_grid)
        out[n++] = (struct button){INPUT_SPEAKER_VIEW, s->speaker_view ? "speaker" : "grid",
                                   s->speaker_view ? WORD_SPEAKER : WORD_GRID, "W", false};
    out[n++] = (struct button){INPUT_MORE_BUTTONS, "more", WORD_MORE_BUTTONS, "", false};
    out[n++] = (struct button){INPUT_LEAVE, "leave", WORD_LEAVE, "", true};
    return n;
}

static size_t more_buttons(const struct bar_state *s, struct button out[BUTTONS_MAX])
{
    size_t n = 0;
    out[n++] = (struct button){INPUT_HAND, "hand", s->hand ? WORD_HAND_UP : WORD_RAISE_HAND, "R", false};
    if (s->can_pin)
        out[n++] = (struct button){INPUT_CHOOSE_PIN, "pin", WORD_PIN, "1-9", false};
    out[n++] = (struct button){INPUT_HIDE_ME, s->self_hidden ? "me-off" : "me",
                               s->self_hidden ? WORD_ME_HIDDEN : WORD_ME_SHOWN, "0", s->self_hidden};
    out[n++] = (struct button){INPUT_SAFETY_CODE, "shield", WORD_SAFETY_CODE, "Y", false};
    if (s->host)
        out[n++] = (struct button){INPUT_ROOM, "room", WORD_ROOM, "", false};
    out[n++] = (struct button){INPUT_SHARE, "share", s->sharing ? WORD_SHARING_STOP : WORD_SHARE, "D", s->sharing};
    if (s->films)
        out[n++] = (struct button){INPUT_FILMS, "film", WORD_FILMS, "L", false};
    out[n++] = (struct button){INPUT_FILES, "file", WORD_FILES, "", false};
    out[n++] = (struct button){INPUT_RECORD, "record", s->recording ? WORD_RECORD_STOP : WORD_RECORD, "", s->recording};
    out[n++] = (struct button){INPUT_CONNECTION, "stats", WORD_CONNECTION, "T", false};
    out[n++] = (struct button){INPUT_SETTINGS, "gear", WORD_SETTINGS, "", false};
    out[n++] = (struct button){INPUT_TEXT_NEXT, "plus", WORD_TEXT_SIZE_BUTTON, "", false};
    if (!s->kiosk)
        out[n++] = (struct button){INPUT_FULL_SCREEN, "full", WORD_FULL_SCREEN, "F", false};
    out[n++] = (struct button){INPUT_HELP, "help", WORD_HELP, "?", false};
    return n;
}

static size_t buttons(const struct bar_state *s, struct button out[BUTTONS_MAX])
{
    size_t count = s->more ? more_buttons(s, out) : first_buttons(s, out);
    for (size_t i = 0; i < count; i++)
        if (out[i].action != INPUT_CHOOSE_PIN)
            out[i].key = input_cap(out[i].action);
    return count;
}

// More than fit in one row stand in two.
static size_t columns_of(size_t count)
{
    return count > ROW_MOST ? (count + 1) / 2 : count;
}

size_t bar_count(const struct bar_state *state)
{
    struct button all[BUTTONS_MAX];
    return buttons(state, all);
}

enum input_action bar_action(const struct bar_state *state, size_t index)
{
    struct button all[BUTTONS_MAX];
    return index < buttons(state, all) ? all[index].action : INPUT_NONE;
}

void bar_open(struct bar *bar, uint64_t now_us)
{
    bar->used_us = now_us;
    if (bar->open)
        return;
    bar->open = true;
    bar->more = false;
    bar->focus = 0;
    bar->open_us = now_us;
}

void bar_close(struct bar *bar, uint64_t now_us)
{
    if (!bar->open)
        return;
    bar->open = false;
    bar->close_us = now_us;
}

void bar_more(struct bar *bar, uint64_t now_us)
{
    bar->used_us = now_us;
    bar->more = true;
    bar->focus = 0;
}

bool bar_back(struct bar *bar, const struct bar_state *state, uint64_t now_us)
{
    struct bar_state first = *state;
    struct button all[BUTTONS_MAX];
    if (!bar->more)
        return false;
    first.more = bar->more = false;
    bar->used_us = now_us;
    for (size_t i = buttons(&first, all); i > 0; i--) // where one was
        if (all[i - 1].action == INPUT_MORE_BUTTONS)
            bar->focus = i - 1;
    return true;
}

bool bar_move(struct bar *bar, const struct bar_state *state, int right, int down, uint64_t now_us)
{
    int count = (int)bar_count(state), columns = (int)columns_of((size_t)count);
    int at = (int)MIN(bar->focus, (size_t)count - 1), row = at / columns, to = at + right + down * columns;
    bar->used_us = now_us;
    bar->focus = (size_t)at;
    if (down > 0 && row == 0 && columns < count)
        to = MIN(to, count - 1); // the last row may be shorter
    if (to < 0 || to >= count || (down == 0 && to / columns != row))
        return false;
    bar->focus = (size_t)to;
    return true;
}

uint8_t bar_alpha(const struct bar *bar, uint64_t now_us)
{
    if (bar->open_us == 0)
        return 0;
    double t = bar->open ? theme_part(now_us - bar->open_us, THEME_MS_FLOAT_IN)
                         : 1 - theme_part(now_us - bar->close_us, THEME_MS_FLOAT_OUT);
    return (uint8_t)lround(255 * t);
}

int bar_rise(const struct bar *bar, const struct pen *pen, uint64_t now_us)
{
    double t = bar->open ? theme_part(now_us - bar->open_us, THEME_MS_FLOAT_IN) : 1;
    return (int)lround((1 - t) * pen_px(pen, 24));
}

// Large words need wider buttons; seven of them must still fit beside an open panel.
static int button_width(const struct pen *pen, SDL_Rect stage, int count)
{
    int wanted = pen_px(pen, 144.0 * MIN(pen->text_scale / 100.0, 1.6)), gap = pen_px(pen, 8), pad = pen_px(pen, 12);
    return MIN(wanted, (stage.w - 2 * pen_px(pen, 16) - 2 * pad - (count - 1) * gap) / count);
}

SDL_Rect bar_rect(const struct pen *pen, const struct bar_state *state, SDL_Rect stage)
{
    int count = (int)bar_count(state), columns = (int)columns_of((size_t)count), rows = columns < count ? 2 : 1;
    int gap = pen_px(pen, 8), pad = pen_px(pen, 12);
    int width = columns * button_width(pen, stage, columns) + (columns - 1) * gap + 2 * pad;
    int height = rows * pen_px(pen, 120.0 * MIN(pen->text_scale / 100.0, 1.6)) + (rows - 1) * gap + 2 * pad;
    return (SDL_Rect){stage.x + (stage.w - width) / 2, stage.y + stage.h - pen_px(pen, 48) - height, width, height};
}

uint64_t bar_signature(const struct bar *bar, const struct bar_state *s)
{
    uint64_t h = hash_int(HASH_START, bar->focus);
    return hash_int(h, (s->microphone ? 1u : 0) | (s->camera ? 2u : 0) | (s->speaker_view ? 4u : 0) |
                           (s->fullscreen ? 8u : 0) | (s->can_grid ? 16u : 0) | (s->more ? 32u : 0) |
                           (s->hand ? 64u : 0) | (s->self_hidden ? 128u : 0) | (s->can_pin ? 256u : 0) |
                           (s->host ? 512u : 0) | (s->films ? 1024u : 0) | (s->recording ? 2048u : 0) |
                           (s->sharing ? 4096u : 0) | (uint64_t)s->unread << 16 | (uint64_t)s->knocks << 40 |
                           (uint64_t)s->offers << 48);
}

static void draw_button(struct pen *pen, const struct button *b, SDL_Rect at, bool focused, unsigned mark_count)
{
    double grown = MIN(pen->text_scale / 100.0, 1.6);
    struct pen_style words = {26.0f * (float)grown, focused, focused ? THEME_ON_FOCUS : THEME_TEXT, true};
    struct pen_style key = {24.0f * (float)grown, false, focused ? THEME_SOFT_ON_FOCUS : THEME_FAINT, true};
    int icon = pen_px(pen, 40 * grown), middle = at.x + at.w / 2, room = at.w - pen_px(pen, 14);
    pen_round(pen, at, pen_px(pen, 18), focused ? THEME_FOCUS : THEME_RAISED);
    pen_icon(pen, b->icon, middle - icon / 2, at.y + at.h * 43 / 100 - icon / 2, icon,
             focused   ? THEME_ON_FOCUS
             : b->stop ? THEME_STOP
                       : THEME_TEXT);
    int width = pen_width(pen, words, b->words, strlen(b->words));
    while (width > room && words.pt > 18) { // the same word a little smaller rather than half of it
        words.pt -= 1;
        width = pen_width(pen, words, b->words, strlen(b->words));
    }
    pen_text_fit(pen, middle - MIN(width, room) / 2, at.y + at.h * 78 / 100, words, b->words, room);
    pen_text_right(pen, at.x + at.w - pen_px(pen, 14), at.y + pen_px(pen, 23 * grown), key, b->key);
    if (mark_count > 0) {
        char count[16];
        snprintf(count, sizeof count, mark_count > 99 ? "99+" : "%u", mark_count);
        struct pen_style small = {24, true, THEME_ON_ACCENT, true};
        int high = pen_px(pen, 34), wide = MAX(pen_width(pen, small, count, strlen(count)) + pen_px(pen, 18), high);
        SDL_Rect mark = {at.x + pen_px(pen, 10), at.y + pen_px(pen, 8), wide, high};
        pen_round(pen, mark, high / 2, THEME_ACCENT);
        pen_text_middle(pen, mark.x + wide / 2, mark.y + high / 2, small, count);
    }
}

void bar_draw(const struct bar *bar, struct pen *pen, const struct bar_state *state, SDL_Rect rect)
{
    struct button all[BUTTONS_MAX];
    size_t count = buttons(state, all);
    int gap = pen_px(pen, 8), pad = pen_px(pen, 12);
    int columns = (int)columns_of(count), rows = columns < (int)count ? 2 : 1;
    int width = (rect.w - 2 * pad - (columns - 1) * gap) / columns, high = (rect.h - 2 * pad - (rows - 1) * gap) / rows;
    pen_shadow(pen, rect, pen_px(pen, 28), PEN_HIGH);
    pen_round(pen, rect, pen_px(pen, 28), THEME_CARD);
    pen_border(pen, rect, pen_px(pen, 28), MAX(pen_px(pen, 1), 1), THEME_HAIR);
    for (size_t i = 0; i < count; i++) {
        SDL_Rect at = {rect.x + pad + (int)i % columns * (width + gap), rect.y + pad + (int)i / columns * (high + gap),
                       width, high};
        draw_button(pen, &all[i], at, i == bar->focus,
                    all[i].action == INPUT_CHAT                                           ? state->unread
                    : all[i].action == INPUT_PEOPLE                                       ? state->knocks
                    : all[i].action == INPUT_FILES || all[i].action == INPUT_MORE_BUTTONS ? state->offers
                                                                                          : 0);
    }
}
