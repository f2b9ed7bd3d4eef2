#include "lobby_view.h"

#include "big_button.h"
#include "hash.h"
#include "home_view.h"
#include "room_view.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

SDL_Rect lobby_view_self(const struct pen *pen, SDL_Rect screen)
{
    SDL_Rect self = room_view_self(pen, screen);
    self.y = screen.y + pen_px(pen, 270);
    return self;
}

enum input_action lobby_view_action(size_t focus)
{
    static const enum input_action actions[LOBBY_BUTTONS] = {INPUT_MICROPHONE, INPUT_CAMERA, INPUT_LEAVE};
    return focus < LOBBY_BUTTONS ? actions[focus] : INPUT_NONE;
}

uint64_t lobby_view_signature(const struct call *call, size_t focus)
{
    uint64_t h = hash_words(hash_int(HASH_START, focus), call->code);
    return hash_int(h, (call->microphone_on ? 1u : 0) | (call->camera_on ? 2u : 0));
}

// Places of everything on the left for one text scale.
struct shape {
    int left, width, title_line, line, title, words, high, gap, rest;
    struct pen_style title_style;
};

#define SOFT ((struct pen_style){40, false, THEME_SOFT, false})

// Where a button goes: beside the one before it, or below when there is no room. Returns the height of all of them.
static int place(struct pen *pen, const struct big_button *b, const struct shape *s, SDL_Rect at[LOBBY_BUTTONS])
{
    int x = 0, y = 0;
    for (size_t i = 0; i < LOBBY_BUTTONS; i++) {
        int wide = big_button_width(pen, &b[i], 36);
        if (i > 0 && x + wide > s->width) {
            x = 0;
            y += s->high + s->gap;
        }
        at[i] = (SDL_Rect){s->left + x, y, wide, s->high};
        x += wide + s->gap;
    }
    return y + s->high;
}

static struct shape shape_of(struct pen *pen, const struct big_button *b, const char *words, SDL_Rect screen)
{
    SDL_Rect at[LOBBY_BUTTONS];
    struct shape s = {.left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), .gap = pen_px(pen, 24)};
    s.title_style = (struct pen_style){pen->text_scale > 150 ? 48.0f : 72.0f, true, THEME_TEXT, false};
    s.width = lobby_view_self(pen, screen).x - pen_px(pen, 64) - s.left;
    s.title_line = pen_scaled(pen, (double)s.title_style.pt * 1.1);
    s.line = pen_scaled(pen, 50);
    s.high = pen_scaled(pen, 96);
    s.title = pen_paragraph(pen, 0, 0, s.width, s.title_line, s.title_style, WORD_LOBBY, 2, false) + pen_px(pen, 16);
    s.words = pen_paragraph(pen, 0, 0, s.width, s.line, SOFT, words, 6, false) + pen_px(pen, 66);
    s.rest = s.title + s.words + place(pen, b, &s, at);
    return s;
}

void lobby_view_draw(struct pen *pen, const struct call *call, SDL_Rect screen, size_t focus)
{
    bool mic = call->microphone_on, camera = call->camera_on;
    const struct big_button buttons[LOBBY_BUTTONS] = {
        {mic ? "mic" : "mic-off", mic ? WORD_MIC_ON : WORD_MIC_OFF, !mic},
        {camera ? "cam" : "cam-off", camera ? WORD_CAMERA_ON : WORD_CAMERA_OFF, !camera},
        {"no", WORD_LEAVE, true}};
    struct pen_style small = {30, false, THEME_SOFT, false};
    SDL_Rect self = lobby_view_self(pen, screen), at[LOBBY_BUTTONS];
    char words[256];
    int kept = pen->text_scale, icon = pen_px(pen, 96), above = pen_px(pen, 32), edge = pen_px(pen, 72);
    home_view_ground(pen, screen);
    snprintf(words, sizeof words, "%s", WORD_LOBBY_TOLD);
    if (strlen(call->code) == 6)
        snprintf(words, sizeof words, WORD_LOBBY_ROOM, call->code, call->code + 3);
    // The largest words with which every button is still on the screen.
    struct shape s = shape_of(pen, buttons, words, screen);
    while (s.rest > screen.h - 2 * edge && pen->text_scale > 100) {
        pen->text_scale -= 10;
        s = shape_of(pen, buttons, words, screen);
    }
    int y = screen.y + MIN(pen_px(pen, 390), screen.h - edge - s.rest);
    if (y - icon - above >= screen.y + pen_px(pen, 40))
        pen_icon(pen, "door", s.left, y - icon - above, icon, THEME_ACCENT);
    pen_paragraph(pen, s.left, y, s.width, s.title_line, s.title_style, WORD_LOBBY, 2, true);
    pen_paragraph(pen, s.left, y + s.title, s.width, s.line, SOFT, words, 6, true);
    place(pen, buttons, &s, at);
    for (size_t i = 0; i < LOBBY_BUTTONS; i++) {
        at[i].y += y + s.title + s.words;
        big_button_draw(pen, at[i], &buttons[i], 36, i == focus);
    }
    pen->text_scale = kept;
    int under = self.y + self.h + above, only = pen_width(pen, small, WORD_ONLY_YOU, strlen(WORD_ONLY_YOU));
    pen_paragraph(pen, self.x + MAX((self.w - only) / 2, 0), under, self.w, pen_scaled(pen, 39), small, WORD_ONLY_YOU,
                  2, true);
}
