#include "home_view.h"

#include "field_view.h"
#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE ((struct pen_style){30, false, THEME_TEXT, false})

void home_view_destroy(struct home_view *view)
{
    qr_destroy(&view->qr);
}

void home_view_forget_link(struct home_view *view)
{
    qr_destroy(&view->qr);
}

bool home_view_code(char code[7], const char *text)
{
    size_t digits = 0;
    for (; *text; text++) {
        if (*text >= '0' && *text <= '9') {
            if (digits == 6)
                return false;
            code[digits++] = *text;
        } else if (strncmp(text, "\u2009", 3) == 0) { // the thin blank we write ourselves
            text += 2;
        } else if (*text != ' ' && *text != '-') {
            return false;
        }
    }
    code[digits] = '\0';
    return digits == 6;
}

static void forget(struct field *field)
{
    unsigned change = field->change;
    sodium_memzero(field, sizeof *field);
    field->change = change + 1;
}

enum home_enter home_view_enter(struct home_view *view, char text[HOME_JOIN_MAX])
{
    char code[7];
    const char *from = view->field.text;
    if (home_view_code(code, from)) {
        if (!view->passphrase_open) {
            view->passphrase_open = true;
            return HOME_ENTER_ON;
        }
        if (field_blank(&view->passphrase))
            snprintf(text, HOME_JOIN_MAX, "%s", code);
        else
            snprintf(text, HOME_JOIN_MAX, "%s %s", code, view->passphrase.text);
        home_view_close_field(view);
        return HOME_ENTER_CODE;
    }
    while (*from == ' ')
        from++;
    if (strncmp(from, "parlour://", 10) != 0)
        return HOME_ENTER_BAD;
    snprintf(text, HOME_JOIN_MAX, "%s", from);
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
    home_view_close_field(view);
    return HOME_ENTER_LINK;
}

void home_view_back(struct home_view *view)
{
    if (view->passphrase_open)
        forget(&view->passphrase);
    else
        view->typing = false;
    view->passphrase_open = false;
}

void home_view_close_field(struct home_view *view)
{
    view->typing = view->passphrase_open = false;
    forget(&view->field); // a link carries the room's key
    forget(&view->passphrase);
}

struct status {
    const char *icon, *words, *second;
    bool fine;
};

static struct status status_of(const struct call *call)
{
    if (!call->relay_reached)
        return (struct status){"wait", WORD_NO_RELAY, "", false};
    if (call->camera_missing && call->microphone_missing)
        return (struct status){"warn", WORD_NO_BOTH, "", false};
    if (call->camera_missing)
        return (struct status){"cam-off", WORD_NO_CAMERA, "", false};
    if (call->microphone_missing)
        return (struct status){"mic-off", WORD_NO_MICROPHONE, "", false};
    if (call->speaker_missing)
        return (struct status){"sound-off", WORD_NO_SPEAKER, "", false};
    return (struct status){"ok", WORD_WORKS, WORD_WORKS_2, true};
}

uint64_t home_view_signature(const struct home_view *view, const struct call *call, const char *clock,
                             const char *place)
{
    uint64_t h = hash_words(HASH_START, clock);
    h = hash_words(h, place);
    h = hash_int(h, view->focus | (view->typing ? 8u : 0) | (view->passphrase_open ? 16u : 0));
    h = hash_int(h, (uint64_t)view->field.change << 32 | view->passphrase.change);
    h = hash_words(h, view->composing);
    h = hash_words(h, status_of(call).words);
    h = hash_words(h, call->sentence);
    h = hash_words(h, call->advice);
    h = hash_words(h, call->code);
    h = hash_words(h, call->back_code);
    return hash_words(h, call->invite);
}

// Three discs of lamp light in the corner (LOOK §2: flat, no gradient).
void home_view_ground(struct pen *pen, SDL_Rect screen)
{
    pen_fill(pen, screen, THEME_WALL);
    static const int radius[] = {920, 650, 400};
    for (size_t i = 0; i < ARRAY_LEN(radius); i++)
        pen_glow(pen, screen.x, screen.y + screen.h, pen_px(pen, radius[i]), THEME_LAMP);
}

static void draw_status(struct pen *pen, const struct call *call, SDL_Rect screen, int width)
{
    struct status s = status_of(call);
    int size = pen_scaled(pen, 36), x = screen.x + pen_px(pen, THEME_SCREEN_LEFT);
    int y = screen.y + screen.h - pen_px(pen, 56) - pen_scaled(pen, 22);
    struct pen_style soft = SENTENCE;
    soft.colour = THEME_SOFT;
    pen_icon(pen, s.icon, x, y - size / 2, size, s.fine ? THEME_ACCENT : THEME_STOP);
    x += size + pen_px(pen, 16);
    int right = screen.x + pen_px(pen, THEME_SCREEN_LEFT) + width;
    x += pen_text_fit(pen, x, y, SENTENCE, s.words, right - x) + pen_px(pen, 24);
    if (s.second[0] && x + pen_width(pen, soft, s.second, strlen(s.second)) <= right)
        pen_text(pen, x, y, soft, s.second);
}

static int hint_width(struct pen *pen, const char *key, const char *words)
{
    struct pen_style soft = {26, false, THEME_SOFT, false};
    return pen_key_width(pen, key) + pen_px(pen, 14) + pen_width(pen, soft, words, strlen(words));
}

static void draw_hint(struct pen *pen, int x, int y, const char *key, const char *words)
{
    x += pen_key(pen, x, y, key) + pen_px(pen, 14);
    pen_text(pen, x, y, (struct pen_style){26, false, THEME_SOFT, false}, words);
}

struct hint {
    const char *key, *words;
};

static void draw_hints(struct pen *pen, SDL_Rect screen, const struct hint *hint, size_t count, int left)
{
    int x = screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT);
    int y = screen.y + screen.h - pen_px(pen, 56) - pen_scaled(pen, 22);
    // From the right, as many as there is room for.
    for (size_t i = count; i > 0; i--) {
        x -= hint_width(pen, hint[i - 1].key, hint[i - 1].words);
        if (x < left)
            break;
        draw_hint(pen, x, y, hint[i - 1].key, hint[i - 1].words);
        x -= pen_px(pen, 36);
    }
}

static void draw_row(struct pen *pen, SDL_Rect row, const char *icon, const char *words, const char *second,
                     const char *verb, bool focused)
{
    int size = pen_scaled(pen, 40), disc = pen_scaled(pen, 64), x = row.x + pen_px(pen, 28), y = row.y + row.h / 2;
    uint32_t ink = focused ? THEME_ON_FOCUS : THEME_TEXT;
    if (focused) {
        pen_shadow(pen, row, pen_px(pen, 20), PEN_LOW);
        pen_round(pen, row, pen_px(pen, 20), THEME_FOCUS);
    }
    pen_disc(pen, x + disc / 2, y, disc / 2, THEME_RAISED);
    pen_icon(pen, icon, x + (disc - size) / 2, y - size / 2, size, THEME_TEXT);
    x += disc + pen_px(pen, 24);
    struct pen_style bold = {34, true, ink, false}, action = {30, true, ink, false};
    struct pen_style soft = {26, false, focused ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
    int right = row.x + row.w - pen_px(pen, 28);
    if (focused) {
        int wide = pen_width(pen, action, verb, strlen(verb));
        if (right - wide > x + pen_width(pen, bold, words, strlen(words)) + pen_px(pen, 24))
            right -= pen_text_right(pen, right, y, action, verb) + pen_px(pen, 24);
    }
    pen_text_fit(pen, x, y - pen_scaled(pen, 18), bold, words, right - x);
    pen_text_fit(pen, x, y + pen_scaled(pen, 22), soft, second, right - x);
}

enum home_row home_view_focus(const struct home_view *view, const struct call *call)
{
    return view->focus == HOME_BACK && !call->back_code[0] ? HOME_START : view->focus;
}

void home_view_move(struct home_view *view, const struct call *call, bool up)
{
    enum home_row first = call->back_code[0] ? HOME_BACK : HOME_START, at = home_view_focus(view, call);
    if (up && at > first)
        view->focus = (enum home_row)(at - 1);
    else if (!up && at < HOME_JOIN)
        view->focus = (enum home_row)(at + 1);
}

static void draw_fields(struct home_view *view, struct pen *pen, int x, int y, int width)
{
    double grown = pen->text_scale / 100.0 - 1;
    SDL_Rect field = {x, y, width, pen_px(pen, 96 + grown * 70)}, unused;
    char code[7];
    if (!view->passphrase_open) {
        field_view_draw(&view->field, pen, field, WORD_JOIN_HINT, view->composing, NULL, true, &view->caret);
        return;
    }
    struct field shown = view->field; // the number as people write it, whatever was typed
    if (home_view_code(code, view->field.text)) {
        field_clear(&shown);
        char words[16];
        snprintf(words, sizeof words, "%.3s %.3s", code, code + 3);
        field_insert(&shown, words);
    }
    field_view_draw(&shown, pen, field, WORD_JOIN_HINT, "", "ok", false, &unused);
    field.y += field.h + pen_px(pen, 16);
    field_view_draw_secret(&view->passphrase, pen, field, WORD_PASSPHRASE, view->composing, &view->caret);
}

static void draw_choices(struct home_view *view, struct pen *pen, const struct call *call, SDL_Rect at)
{
    enum home_row focus = home_view_focus(view, call);
    struct pen_style question = {40, true, THEME_TEXT, false};
    int row = pen_scaled(pen, 104), gap = pen_px(pen, 8), side = pen_px(pen, 28), y = at.y;
    // Very large words: what is being done comes first, the rest gives way.
    bool typing = view->typing;
    bool huge = pen->text_scale > (view->passphrase_open ? 130 : 200);
    if (!huge)
        y += pen_paragraph(pen, at.x + side, y, at.w - side, pen_scaled(pen, 50), question, WORD_WHAT_TO_DO, 2, true) +
             pen_px(pen, 26);
    if (call->back_code[0] && (!huge || !typing)) {
        char words[96];
        snprintf(words, sizeof words, WORD_GO_BACK, call->back_code, call->back_code + 3);
        draw_row(pen, (SDL_Rect){at.x, y, at.w, row}, "room", words, WORD_GO_BACK_2, WORD_JOIN,
                 focus == HOME_BACK && !typing);
        y += row + gap;
    }
    if (!huge || !typing) {
        draw_row(pen, (SDL_Rect){at.x, y, at.w, row}, "plus", WORD_START_ROOM, WORD_START_ROOM_2, WORD_START,
                 focus == HOME_START && !typing);
        y += row + gap;
    }
    draw_row(pen, (SDL_Rect){at.x, y, at.w, row}, "door", WORD_JOIN_NUMBER, WORD_JOIN_NUMBER_2, WORD_JOIN,
             focus == HOME_JOIN && !typing);
    y += row + pen_px(pen, 16);
    if (typing)
        draw_fields(view, pen, at.x, y, at.w);
}

void home_view_draw(struct home_view *view, struct pen *pen, const struct call *call, const char *clock,
                    const char *date, const char *place, SDL_Rect screen)
{
    bool large = pen->text_scale > 130;
    int left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), right = screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT);
    int middle = screen.x + screen.w * (large ? 760 : 1000) / 1920, width = middle - left - pen_px(pen, 48);
    struct pen_style soft = {30, false, THEME_SOFT, false}, day = {40, false, THEME_SOFT, false};
    home_view_ground(pen, screen);
    int name = pen_scaled(pen, 39), y = screen.y + pen_px(pen, 72);
    pen_text_fit(pen, left, y + name / 2, soft, place, width);
    y += name + pen_px(pen, 22);
    pen_text(pen, left - pen_px(pen, 10), y + pen_px(pen, 88), (struct pen_style){176, false, THEME_TEXT, true}, clock);
    pen_paragraph(pen, left, y + pen_px(pen, 196), width, pen_scaled(pen, 50), day, date, 3, true);
    draw_choices(view, pen, call, (SDL_Rect){middle, screen.y + pen_px(pen, 72), right - middle, screen.h});
    draw_status(pen, call, screen, large ? right - left : width + pen_px(pen, 48));
    if (!large) {
        char code[7];
        bool more = !view->passphrase_open && home_view_code(code, view->field.text);
        const struct hint typing[] = {{"Esc", WORD_BACK}, {"Enter", more ? WORD_NEXT : WORD_JOIN}};
        const struct hint choosing[] = {{"↑ ↓", WORD_CHOOSE},
                                        {"Enter", home_view_focus(view, call) == HOME_START ? WORD_START : WORD_JOIN},
                                        {"?", WORD_HELP}};
        if (view->typing)
            draw_hints(pen, screen, typing, ARRAY_LEN(typing), middle);
        else
            draw_hints(pen, screen, choosing, ARRAY_LEN(choosing), middle);
    }
}

static void code_words(const struct call *call, char out[16])
{
    if (strlen(call->code) == 6)
        snprintf(out, 16, "%.3s\u2009%.3s", call->code, call->code + 3);
    else
        snprintf(out, 16, "%s", call->code);
}

SDL_Rect home_view_self(const struct pen *pen, SDL_Rect screen)
{
    int w = pen_px(pen, 768), h = pen_px(pen, 432);
    return (SDL_Rect){screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT) - w, screen.y + pen_px(pen, 318), w, h};
}

void home_view_waiting(struct home_view *view, struct pen *pen, const struct call *call, SDL_Rect screen, bool panel,
                       bool hints)
{
    home_view_ground(pen, screen);
    int left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), width = pen_px(pen, 880), line = pen_scaled(pen, 39);
    int scale_title = pen->text_scale > 150 ? 48 : 72; // two lines of it would push the number out
    struct pen_style soft = {30, false, THEME_SOFT, false}, title = {(float)scale_title, true, THEME_TEXT, false};
    int y = screen.y + pen_px(pen, 148);
    y += pen_paragraph(pen, left, y, screen.w - 2 * pen_px(pen, 96), pen_scaled(pen, scale_title * 1.1), title,
                       WORD_WAITING, 1, true);
    y = MAX(y + pen_px(pen, 40), screen.y + pen_px(pen, 318));
    int square = pen_px(pen, 360), x = left;
    if (call->invite[0]) {
        qr_draw(&view->qr, pen, (SDL_Rect){left, y, square, square}, call->invite);
        x += square + pen_px(pen, 48);
    }
    int room = left + width - x, at = y;
    if (call->code[0]) {
        char code[16];
        code_words(call, code);
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
    const struct hint bottom[] = {{"← →", WORD_BUTTONS}, {"?", WORD_HELP}};
    if (hints && !panel && pen->text_scale <= 130)
        draw_hints(pen, screen, bottom, ARRAY_LEN(bottom), screen.x + screen.w / 2);
    if (!panel) {
        SDL_Rect self = home_view_self(pen, screen);
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

void home_view_joining(struct pen *pen, const struct call *call, SDL_Rect screen)
{
    struct pen_style title = {pen->text_scale > 150 ? 48.0f : 72.0f, true, THEME_TEXT, false},
                     soft = {40, false, THEME_SOFT, false};
    const char *words = call->sentence[0] ? call->sentence : WORD_JOINING;
    int left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), width = screen.w - 2 * pen_px(pen, THEME_SCREEN_LEFT);
    int y = screen.y + pen_px(pen, 330), icon = pen_px(pen, 96);
    home_view_ground(pen, screen);
    pen_icon(pen, "door", left, y - icon - pen_px(pen, 28), icon, THEME_ACCENT);
    y += pen_paragraph(pen, left, y, width, pen_scaled(pen, (double)title.pt * 1.1), title, words, 2, true) +
         pen_px(pen, 20);
    if (call->advice[0])
        y += pen_paragraph(pen, left, y, width, pen_scaled(pen, 50), soft, call->advice, 3, true);
    int wide = pen_width(pen, (struct pen_style){34, true, 0, false}, WORD_STOP, strlen(WORD_STOP)) + pen_px(pen, 120);
    draw_button(pen, (SDL_Rect){left, y + pen_px(pen, 52), wide, pen_scaled(pen, 96)}, 34, WORD_STOP);
}

void home_view_failed(struct pen *pen, const struct call *call, SDL_Rect screen)
{
    struct pen_style bold = {34, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    double grown = MIN(pen->text_scale / 100.0, 1.9);
    int width = pen_px(pen, 860 * (1 + (grown - 1) * 0.9)), pad = pen_px(pen, 36), icon = pen_scaled(pen, 44),
        gap = pen_px(pen, 24);
    const char *words = call->sentence[0] ? call->sentence : WORD_FAILED, *button = WORD_TRY_AGAIN;
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
