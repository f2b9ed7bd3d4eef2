#include "ask_view.h"

#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <string.h>

enum { WIDTH = 1376, LEAST_HEIGHT = 160, SMALLEST_SCALE = 75, SCALE_STEP = 5, BESIDE_MOST = 2, TOOL_MOST = 250 };

struct face {
    const char *icon, *words;
    bool stop;
};

// Everything of one card in pixels, for measuring and for drawing.
struct shape {
    int scale; // percent: a card that would cover too much of the screen takes smaller words
    int pad, sign, gap, button_high, button_gap;
    int words;               // width for the words
    int title, second, code; // heights
    int hint;                // of the key that takes one to the card
    int per_line;            // groups of digits
    int button_wide[ASK_BUTTONS_MAX], buttons;
    bool below, stacked; // the buttons go under the words; under each other
    bool tools;          // more than two: a sign above a word each, in one or two rows
    int columns, rows;
    int height;
};

#define SECOND ((struct pen_style){26, false, THEME_SOFT, false})

static struct pen_style title_style(const struct ask_card *card)
{
    return card->quiet ? (struct pen_style){30, false, THEME_TEXT, false}
                       : (struct pen_style){40, true, THEME_TEXT, false};
}

static int title_line(const struct ask_card *card, const struct pen *pen)
{
    return pen_scaled(pen, card->quiet ? 39 : 50);
}

static struct face face_of(const struct ask_card *card, enum ask_answer answer)
{
    switch (answer) {
    case ASK_PIN:
        return (struct face){"pin", card->pinned ? WORD_UNPIN : WORD_PIN, false};
    case ASK_SEND:
        return (struct face){"file", WORD_FILE_SEND_SHORT, false};
    case ASK_MUTE:
        return (struct face){"mic-off", WORD_MUTE, false};
    case ASK_HOST:
        return (struct face){"star", WORD_MAKE_HOST, false};
    case ASK_GUEST:
        return (struct face){"star", WORD_NO_HOST, false};
    case ASK_REMOVE:
    case ASK_REMOVE_SURE:
        return (struct face){"leave", WORD_REMOVE, true};
    case ASK_HAND:
        return (struct face){"hand", card->hand ? WORD_HAND_UP : WORD_RAISE_HAND, false};
    case ASK_HIDE:
        return (struct face){"me-off", WORD_HIDE_ME, false};
    case ASK_CODE:
        return (struct face){"shield", WORD_SAFETY_CODE, false};
    case ASK_LOBBY:
        return (struct face){"door", card->lobby ? WORD_LOBBY_ON : WORD_LOBBY_OFF, false};
    case ASK_LOCK:
        return (struct face){"lock", card->locked ? WORD_LOCKED : WORD_UNLOCKED, false};
    case ASK_MUTE_ALL:
        return (struct face){"mic-off", WORD_MUTE_ALL, false};
    case ASK_END:
    case ASK_END_SURE:
        return (struct face){"leave", WORD_END, true};
    case ASK_RECORD_SURE:
        return (struct face){"", WORD_RECORD_IT, false};
    case ASK_ADMIT:
        return (struct face){"ok", WORD_LET_IN, false};
    case ASK_DENY:
        return (struct face){"no", WORD_NOT_NOW, true};
    case ASK_COMPARE:
        return (struct face){"shield", WORD_COMPARE, false};
    case ASK_SAME:
        return (struct face){"ok", WORD_SAME, false};
    case ASK_DIFFERENT:
        return (struct face){"no", WORD_DIFFERENT, true};
    case ASK_STOP:
        return (struct face){"", WORD_STOP, false};
    case ASK_TRUST:
        return (struct face){"", WORD_ALL_RIGHT, false};
    case ASK_SHARE_OTHER:
        return (struct face){"right", WORD_SHARE_OTHER, false};
    case ASK_SHARE_SURE:
        return (struct face){card->button_count > BESIDE_MOST ? "share" : "", WORD_SHARE_IT, false};
    case ASK_CLOSE:
        break;
    }
    return (struct face){card->button_count > BESIDE_MOST ? "no" : "", card->refuses ? WORD_NOT_NOW : WORD_CLOSE,
                         false};
}

static struct pen_style number_style(const struct ask_card *card)
{
    return (struct pen_style){card->number_pt, true, THEME_TEXT, false};
}

static int cell_of(const struct ask_card *card, const struct pen *pen)
{
    return (pen_size(pen, number_style(card)) * 67 + 50) / 100;
}

static int group_gap(const struct pen *pen)
{
    return pen_scaled(pen, 24);
}

static int group_wide(const struct ask_card *card, const struct pen *pen)
{
    return (int)strcspn(card->number, " ") * cell_of(card, pen);
}

static int number_height(const struct ask_card *card, struct pen *pen, struct shape *s)
{
    int groups = 0, wide = group_wide(card, pen);
    for (const char *at = card->number; *at; groups++) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    if (groups == 0)
        return 0;
    s->per_line = CLAMP((s->words + group_gap(pen)) / MAX(wide + group_gap(pen), 1), 1, groups);
    int lines = (groups + s->per_line - 1) / s->per_line;
    s->per_line = (groups + lines - 1) / lines;
    return lines * pen_scaled(pen, (double)card->number_pt * 1.2) + pen_scaled(pen, 8);
}

static void measure_buttons(const struct ask_card *card, struct pen *pen, struct shape *s)
{
    struct pen_style style = {34, true, THEME_TEXT, false};
    s->buttons = 0;
    for (size_t i = 0; i < card->button_count; i++) {
        struct face f = face_of(card, card->button[i]);
        int icon = f.icon[0] ? pen_scaled(pen, 32 + 16) : 0;
        int wide = pen_width(pen, style, f.words, strlen(f.words)) + icon + 2 * pen_px(pen, 36);
        s->button_wide[i] = MAX(wide, pen_scaled(pen, 200));
        s->buttons += s->button_wide[i] + (i ? s->button_gap : 0);
    }
}

// Buttons as in the bar, all of one width.
static void measure_tools(const struct ask_card *card, struct pen *pen, struct shape *s, int room)
{
    int count = (int)card->button_count;
    double grown = MIN(pen->text_scale / 100.0, 1.6);
    s->button_gap = pen_px(pen, 16);
    s->columns = (room - (count - 1) * s->button_gap) / count >= pen_px(pen, 150 * grown) ? count : (count + 1) / 2;
    s->rows = s->columns < count ? 2 : 1;
    int wide = MIN((room - (s->columns - 1) * s->button_gap) / s->columns, pen_px(pen, TOOL_MOST * grown));
    for (int i = 0; i < count; i++)
        s->button_wide[i] = wide;
    s->buttons = s->columns * wide + (s->columns - 1) * s->button_gap;
    s->button_high = pen_px(pen, 120 * grown);
}

static void measure_words(const struct ask_card *card, struct pen *pen, struct shape *s)
{
    s->title = pen_paragraph(pen, 0, 0, s->words, title_line(card, pen), title_style(card), card->title, 4, false);
    s->title += pen_scaled(pen, 4);
    s->second = pen_paragraph(pen, 0, 0, s->words, pen_scaled(pen, 34), SECOND, card->second, 4, false);
    s->code = number_height(card, pen, s);
    s->hint = card->focused ? 0 : pen_scaled(pen, 56);
}

static int buttons_high(const struct shape *s)
{
    return s->rows * s->button_high + (s->rows - 1) * s->gap / 2;
}

static struct shape shape_with(const struct ask_card *card, struct pen *pen, int width, bool below)
{
    struct shape s = {.scale = pen->text_scale, .pad = pen_px(pen, 32), .gap = pen_px(pen, 28)};
    s.sign = pen_scaled(pen, 96);
    s.button_high = pen_scaled(pen, 96);
    s.button_gap = pen_px(pen, 28);
    s.tools = card->button_count > BESIDE_MOST;
    s.columns = (int)card->button_count;
    s.rows = 1;
    if (s.tools)
        measure_tools(card, pen, &s, width - 2 * s.pad);
    else
        measure_buttons(card, pen, &s);
    int room = width - 2 * s.pad - s.sign - s.gap;
    s.words = room - s.gap - s.buttons;
    s.below = below || s.tools || s.words < pen_scaled(pen, 300);
    if (s.below)
        s.words = room;
    s.stacked = s.below && !s.tools && s.buttons > room;
    if (s.stacked) {
        s.columns = 1;
        s.rows = (int)card->button_count;
    }
    measure_words(card, pen, &s);
    int text = MAX(s.title + s.second + s.code + s.hint, s.sign);
    if (s.below)
        text += s.gap + buttons_high(&s);
    s.height = MAX(MAX(text, s.button_high) + 2 * s.pad, pen_px(pen, LEAST_HEIGHT));
    return s;
}

// Buttons beside the words, or below them where that makes the card lower.
static struct shape shape_at(const struct ask_card *card, struct pen *pen, int width)
{
    struct shape beside = shape_with(card, pen, width, false), below = shape_with(card, pen, width, true);
    return below.height < beside.height ? below : beside;
}

// The largest words with which the card leaves half of the screen to the people on it.
static struct shape shape_of(const struct ask_card *card, struct pen *pen, int width, int most)
{
    int kept = pen->text_scale;
    struct shape s = shape_at(card, pen, width);
    while (s.height > most && pen->text_scale > SMALLEST_SCALE) {
        pen->text_scale -= SCALE_STEP;
        s = shape_at(card, pen, width);
    }
    pen->text_scale = kept;
    return s;
}

static int most_high(const struct pen *pen)
{
    return pen_px(pen, 540);
}

SDL_Rect ask_view_rect(const struct ask_card *card, struct pen *pen, SDL_Rect stage, int bottom)
{
    double grown = 1 + (pen->text_scale / 100.0 - 1) / 2;
    int width = MIN(pen_px(pen, WIDTH * grown), stage.w - 2 * pen_px(pen, THEME_EDGE_SPACE));
    struct shape s = shape_of(card, pen, width, most_high(pen));
    return (SDL_Rect){stage.x + (stage.w - width) / 2, bottom - s.height, width, s.height};
}

int ask_view_columns(const struct ask_card *card, struct pen *pen, SDL_Rect rect)
{
    return MAX(shape_of(card, pen, rect.w, most_high(pen)).columns, 1);
}

static void draw_ground(struct pen *pen, SDL_Rect at, bool focused, bool idle)
{
    if (focused)
        pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
    if (focused || !idle)
        pen_round(pen, at, pen_px(pen, 20), focused ? THEME_FOCUS : THEME_RAISED);
    else
        pen_border(pen, at, pen_px(pen, 20), MAX(pen_px(pen, 2), 1), THEME_NOT_POSSIBLE);
}

static void draw_button(const struct ask_card *card, struct pen *pen, size_t i, SDL_Rect at)
{
    struct face f = face_of(card, card->button[i]);
    bool focused = card->focused && i == card->focus;
    uint32_t ink = focused ? THEME_ON_FOCUS : THEME_TEXT;
    struct pen_style style = {34, true, ink, false};
    int words = pen_width(pen, style, f.words, strlen(f.words)), size = pen_scaled(pen, 32),
        space = pen_scaled(pen, 16);
    int x = at.x + (at.w - words - (f.icon[0] ? size + space : 0)) / 2, y = at.y + at.h / 2;
    draw_ground(pen, at, focused, false);
    if (f.icon[0]) {
        pen_icon(pen, f.icon, x, y - size / 2, size, focused ? ink : f.stop ? THEME_STOP : THEME_ACCENT);
        x += size + space;
    }
    pen_text(pen, x, y, style, f.words);
}

static void draw_tool(const struct ask_card *card, struct pen *pen, size_t i, SDL_Rect at)
{
    struct face f = face_of(card, card->button[i]);
    bool focused = card->focused && i == card->focus, idle = card->idle[i];
    double grown = MIN(pen->text_scale / 100.0, 1.6);
    uint32_t ink = focused ? THEME_ON_FOCUS : idle ? THEME_FAINT : THEME_TEXT;
    struct pen_style words = {26.0f * (float)grown, focused, ink, true};
    int icon = pen_px(pen, 40 * grown), middle = at.x + at.w / 2, room = at.w - pen_px(pen, 14);
    int wide = pen_width(pen, words, f.words, strlen(f.words));
    while (wide > room && words.pt > 18) { // the same words a little smaller rather than half of them
        words.pt -= 1;
        wide = pen_width(pen, words, f.words, strlen(f.words));
    }
    draw_ground(pen, at, focused, idle);
    pen_icon(pen, f.icon, middle - icon / 2, at.y + at.h * 40 / 100 - icon / 2, icon,
             f.stop && !focused ? THEME_STOP : ink);
    pen_text_fit(pen, middle - MIN(wide, room) / 2, at.y + at.h * 77 / 100, words, f.words, room);
}

static void draw_buttons(const struct ask_card *card, struct pen *pen, const struct shape *s, SDL_Rect rect)
{
    int left = rect.x + rect.w - s->pad - s->buttons, y = rect.y + (rect.h - s->button_high) / 2;
    if (s->below) {
        left = rect.x + s->pad + (s->tools ? 0 : s->sign + s->gap);
        y = rect.y + rect.h - s->pad - buttons_high(s);
    }
    for (int i = 0, x = left; i < (int)card->button_count; i++) {
        if (i > 0 && i % s->columns == 0) {
            x = left;
            y += s->button_high + s->gap / 2;
        }
        SDL_Rect at = {x, y, s->stacked ? s->words : s->button_wide[i], s->button_high};
        if (s->tools)
            draw_tool(card, pen, (size_t)i, at);
        else
            draw_button(card, pen, (size_t)i, at);
        x += at.w + s->button_gap;
    }
}

static void draw_number(const struct ask_card *card, struct pen *pen, const struct shape *s, int x, int top)
{
    int line = pen_scaled(pen, (double)card->number_pt * 1.2), wide = group_wide(card, pen), i = 0;
    for (const char *at = card->number; *at; i++) {
        char group[8] = "";
        size_t n = strcspn(at, " ");
        memcpy(group, at, MIN(n, sizeof group - 1));
        int right = x + (i % s->per_line) * (wide + group_gap(pen)) + wide;
        pen_number(pen, right, top + i / s->per_line * line + line / 2, number_style(card), group);
        at += n;
        at += strspn(at, " ");
    }
}

static void draw_sign(const struct ask_card *card, struct pen *pen, const struct shape *s, int x, int y)
{
    uint32_t ink = card->disc == THEME_ACCENT ? THEME_ON_ACCENT : THEME_TEXT;
    int icon = s->sign * 2 / 3;
    if (card->icon[0])
        pen_icon(pen, card->icon, x + (s->sign - icon) / 2, y - icon / 2, icon,
                 card->warns    ? THEME_STOP
                 : card->lively ? THEME_ACCENT
                                : THEME_SOFT);
    else {
        pen_disc(pen, x + s->sign / 2, y, s->sign / 2, card->disc);
        pen_text_middle(pen, x + s->sign / 2, y, (struct pen_style){36, true, ink, false}, card->initials);
    }
}

void ask_view_draw(const struct ask_card *card, struct pen *pen, SDL_Rect rect)
{
    int kept = pen->text_scale, radius = pen_px(pen, THEME_CARD_RADIUS);
    struct shape s = shape_of(card, pen, rect.w, most_high(pen));
    pen_shadow(pen, rect, radius, PEN_HIGH);
    pen_round(pen, rect, radius, THEME_CARD);
    pen_border(pen, rect, radius, MAX(pen_px(pen, 1), 1), THEME_HAIR);
    pen->text_scale = s.scale;
    int text = s.title + s.second + s.code + s.hint, x = rect.x + s.pad + s.sign + s.gap;
    int block = MAX(text, s.sign);
    int top = s.below ? rect.y + s.pad + (block - text) / 2 : rect.y + (rect.h - text) / 2;
    draw_sign(card, pen, &s, rect.x + s.pad, top + (text - s.hint) / 2);
    if (s.code)
        draw_number(card, pen, &s, x, top);
    top += s.code;
    top += pen_paragraph(pen, x, top, s.words, title_line(card, pen), title_style(card), card->title, 4, true) +
           pen_scaled(pen, 4);
    top += pen_paragraph(pen, x, top, s.words, pen_scaled(pen, 34), SECOND, card->second, 4, true);
    if (s.hint) {
        int key = pen_key(pen, x, top + s.hint - pen_scaled(pen, 22), "Tab");
        pen_text(pen, x + key + pen_px(pen, 14), top + s.hint - pen_scaled(pen, 22), SECOND, WORD_ANSWER);
    }
    draw_buttons(card, pen, &s, rect);
    pen->text_scale = kept;
}
