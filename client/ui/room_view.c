#include "room_view.h"

#include "hash.h"
#include "home_view.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

uint64_t room_view_signature(const struct call *call)
{
    uint64_t h = hash_words(hash_words(HASH_START, call->sentence), call->advice);
    h = hash_words(hash_words(h, call->code), call->invite);
    return hash_int(hash_words(h, call->ring.name), call->private_call);
}

SDL_Rect room_view_self(const struct pen *pen, SDL_Rect screen)
{
    int w = pen_px(pen, 768), h = pen_px(pen, 432);
    return (SDL_Rect){screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT) - w, screen.y + pen_px(pen, 318), w, h};
}

// The square, the number and the link others come in by. A call of two has none of them.
static void draw_invite(struct qr *qr, struct pen *pen, const struct call *call, SDL_Rect screen, int y)
{
    struct pen_style soft = {30, false, THEME_SOFT, false};
    int left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), width = pen_px(pen, 880), line = pen_scaled(pen, 39);
    int square = pen_px(pen, 360), x = left;
    if (call->invite[0]) {
        qr_draw(qr, pen, (SDL_Rect){left, y, square, square}, call->invite);
        x += square + pen_px(pen, 48);
    }
    int room = left + width - x, at = y;
    if (call->code[0]) {
        char code[16];
        home_view_code(call->code, code);
        pen_text_fit(pen, x, at + line / 2, soft, WORD_ROOM_NUMBER, room);
        at += line + pen_px(pen, 8);
        pen_text(pen, x - pen_px(pen, 4), at + pen_px(pen, 62), (struct pen_style){112, true, THEME_TEXT, true}, code);
        at += pen_px(pen, 123 + 14);
    }
    if (call->invite[0]) {
        int fits = MAX((y + square + pen_px(pen, 20) - at) / line, 1);
        pen_paragraph(pen, x, at, room, line, soft, WORD_SCAN, fits, true);
        struct pen_style link = {24, false, THEME_FAINT, false};
        int step = pen_scaled(pen, 34), top = y + square + pen_px(pen, 32);
        int lines = MAX((screen.y + screen.h - pen_px(pen, 150) - top) / step, 1);
        pen_paragraph(pen, left, top, width, step, link, call->invite, lines, true);
    }
}

// Whom a call of two goes to.
static void connecting_words(const struct call *call, char *words, size_t size)
{
    char name[CALL_NAME_MAX];
    trust_words_name(name, sizeof name, call->ring.name);
    if (call->ring.name[0])
        snprintf(words, size, WORD_CONNECTING_TO, name);
    else
        snprintf(words, size, "%s", WORD_CONNECTING);
}

void room_view_waiting(struct qr *qr, struct pen *pen, const struct call *call, SDL_Rect screen, bool panel, bool hints)
{
    int left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), line = pen_scaled(pen, 39), y = screen.y + pen_px(pen, 148);
    int scale_title = pen->text_scale > 150 ? 48 : 72; // two lines of it would push the number out
    struct pen_style soft = {30, false, THEME_SOFT, false}, title = {(float)scale_title, true, THEME_TEXT, false};
    char words[320];
    snprintf(words, sizeof words, "%s", WORD_WAITING);
    if (call->private_call)
        connecting_words(call, words, sizeof words);
    home_view_ground(pen, screen);
    pen_shrink(pen, &title, words, screen.w - 2 * pen_px(pen, 96));
    y += pen_paragraph(pen, left, y, screen.w - 2 * pen_px(pen, 96), pen_scaled(pen, scale_title * 1.1), title, words,
                       1, true);
    if (!call->private_call)
        draw_invite(qr, pen, call, screen, MAX(y + pen_px(pen, 40), screen.y + pen_px(pen, 318)));
    const struct home_hint bottom[] = {{"← →", WORD_BUTTONS}, {"?", WORD_HELP}};
    if (hints && !panel && pen->text_scale <= 130)
        home_view_hints(pen, screen, bottom, ARRAY_LEN(bottom), screen.x + screen.w / 2);
    if (!panel) {
        SDL_Rect self = room_view_self(pen, screen);
        int wide = pen_width(pen, soft, WORD_ONLY_YOU, strlen(WORD_ONLY_YOU)),
            under = self.y + self.h + pen_px(pen, 32);
        pen_paragraph(pen, self.x + MAX((self.w - wide) / 2, 0), under, self.w, line, soft, WORD_ONLY_YOU, 2, true);
    }
}

static void draw_button(struct pen *pen, SDL_Rect at, float pt, const char *words)
{
    pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
    pen_round(pen, at, pen_px(pen, 20), THEME_FOCUS);
    pen_text_middle(pen, at.x + at.w / 2, at.y + at.h / 2, (struct pen_style){pt, true, THEME_ON_FOCUS, false}, words);
}

void room_view_joining(struct pen *pen, const struct call *call, SDL_Rect screen)
{
    struct pen_style title = {pen->text_scale > 150 ? 48.0f : 72.0f, true, THEME_TEXT, false},
                     soft = {40, false, THEME_SOFT, false};
    char words[320];
    snprintf(words, sizeof words, "%s", call->sentence[0] ? call->sentence : WORD_JOINING);
    if (call->private_call && !call->sentence[0])
        connecting_words(call, words, sizeof words);
    int left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), width = screen.w - 2 * pen_px(pen, THEME_SCREEN_LEFT);
    int y = screen.y + pen_px(pen, 330), icon = pen_px(pen, 96);
    home_view_ground(pen, screen);
    pen_icon(pen, call->private_call ? "phone" : "door", left, y - icon - pen_px(pen, 28), icon, THEME_ACCENT);
    y += pen_paragraph(pen, left, y, width, pen_scaled(pen, (double)title.pt * 1.1), title, words, 2, true) +
         pen_px(pen, 20);
    if (call->advice[0])
        y += pen_paragraph(pen, left, y, width, pen_scaled(pen, 50), soft, call->advice, 3, true);
    int wide = pen_width(pen, (struct pen_style){34, true, 0, false}, WORD_STOP, strlen(WORD_STOP)) + pen_px(pen, 120);
    draw_button(pen, (SDL_Rect){left, y + pen_px(pen, 52), wide, pen_scaled(pen, 96)}, 34, WORD_STOP);
}

void room_view_failed(struct pen *pen, const struct call *call, SDL_Rect screen)
{
    struct pen_style bold = {34, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    double grown = MIN(pen->text_scale / 100.0, 1.9);
    int width = pen_px(pen, 860 * (1 + (grown - 1) * 0.9)), pad = pen_px(pen, 36), icon = pen_scaled(pen, 44),
        gap = pen_px(pen, 24);
    const char *words = call->sentence[0] ? call->sentence : WORD_FAILED,
               *button = call->advice[0] ? WORD_TRY_AGAIN : WORD_BACK;
    int wide = pen_width(pen, (struct pen_style){30, true, 0, false}, button, strlen(button)) + pen_px(pen, 56);
    int tall = pen_scaled(pen, 80), room = width - 2 * pad - icon - 2 * gap - wide;
    bool below = room < pen_scaled(pen, 420); // large words: the button goes under them
    if (below)
        room = width - 2 * pad - icon - gap;
    int line = pen_scaled(pen, 45), line2 = pen_scaled(pen, 34);
    int text = pen_paragraph(pen, 0, 0, room, line, bold, words, 4, false);
    int text2 = call->advice[0] ? pen_paragraph(pen, 0, 0, room, line2, soft, call->advice, 4, false) : 0;
    int height = MAX(text + text2, below ? 0 : tall) + 2 * pen_px(pen, 26) + (below ? tall + gap : 0);
    SDL_Rect card = {screen.x + (screen.w - width) / 2, screen.y + (screen.h - height) / 2, width, height};
    home_view_ground(pen, screen);
    pen_shadow(pen, card, pen_px(pen, 24), PEN_HIGH);
    pen_round(pen, card, pen_px(pen, 24), THEME_CARD);
    pen_border(pen, card, pen_px(pen, 24), MAX(pen_px(pen, 1), 1), THEME_HAIR);
    int x = card.x + pad + icon + gap;
    int top = below ? card.y + pen_px(pen, 26) : card.y + (height - text - text2) / 2;
    pen_icon(pen, "warn", card.x + pad, top + (text + text2 - icon) / 2, icon, THEME_STOP);
    pen_paragraph(pen, x, top, room, line, bold, words, 4, true);
    if (text2)
        pen_paragraph(pen, x, top + text, room, line2, soft, call->advice, 4, true);
    SDL_Rect press = {card.x + width - pad - wide,
                      below ? card.y + height - pen_px(pen, 26) - tall : card.y + (height - tall) / 2, wide, tall};
    draw_button(pen, press, 30, button);
}
