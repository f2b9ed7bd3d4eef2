#include "files_view.h"

#include "file_words.h"
#include "hash.h"
#include "panel.h"
#include "scroll.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { SENTENCE_LINES = 3, TRACK = 12 };

// What OK and Back do to the card with the focus; "" = nothing.
struct answers {
    const char *ok, *back;
};

struct card {
    const struct call_file *file;
    bool focused, armed;
    struct answers answers;
    char name[CALL_FILE_NAME_MAX], who[FILE_WORDS_LINE], sentence[CALL_SENTENCE_MAX], advice[CALL_SENTENCE_MAX];
};

struct measures {
    int side, pad, icon, space, name, line, gap, track, keys;
};

static struct measures measures_of(const struct pen *pen)
{
    return (struct measures){.side = pen_px(pen, 28),
                             .pad = pen_px(pen, 24),
                             .icon = pen_scaled(pen, 40),
                             .space = pen_px(pen, 20),
                             .name = pen_scaled(pen, 39),
                             .line = pen_scaled(pen, 34),
                             .gap = pen_px(pen, 16),
                             .track = pen_px(pen, TRACK),
                             .keys = pen_scaled(pen, 48)};
}

static uint64_t hash_file(uint64_t h, const struct call_file *f)
{
    h = hash_words(hash_words(hash_words(h, f->name), f->who), f->sentence);
    h = hash_words(hash_int(hash_int(h, f->id), f->done), f->advice);
    return hash_int(h, (uint64_t)f->rate << 16 | (uint64_t)f->finished << 8 | (uint64_t)f->state << 2 |
                           (f->again ? 2u : 0) | f->out);
}

uint64_t files_view_signature(const struct files *files, const struct call *call, bool focused)
{
    uint64_t h = hash_int(HASH_START, (uint64_t)files->focus << 2 | (files->armed ? 2u : 0) | (focused ? 1u : 0));
    for (size_t i = 0; i < call->file_count; i++)
        h = hash_file(h, &call->files[i]);
    return h;
}

static struct answers answers_of(const struct call_file *f, bool armed)
{
    if (f->state == CALL_FILE_ASKED)
        return (struct answers){WORD_FILE_TAKE, WORD_NOT_NOW};
    if (!call_file_over(f->state))
        return armed ? (struct answers){WORD_FILE_STOP, WORD_FILE_GO_ON} : (struct answers){WORD_STOP, ""};
    return (struct answers){f->again ? WORD_TRY_AGAIN : "", ""};
}

static void fill_card(struct card *card, const struct call_file *f, const struct files *files, bool focused)
{
    memset(card, 0, sizeof *card);
    card->file = f;
    card->focused = focused && files->focus == f->id;
    card->armed = card->focused && files->armed;
    // An offer says how it is answered even when the keys are elsewhere.
    if (card->focused)
        card->answers = answers_of(f, card->armed);
    else
        card->answers = (struct answers){"", ""};
    file_words_name(card->name, sizeof card->name, f->name);
    file_words_who(card->who, sizeof card->who, f);
    file_words_sentence(card->sentence, sizeof card->sentence, f);
    snprintf(card->advice, sizeof card->advice, "%s", call_file_over(f->state) ? f->advice : "");
}

static bool has_track(const struct call_file *f)
{
    return f->state == CALL_FILE_PREPARING || f->state == CALL_FILE_RUNNING || f->state == CALL_FILE_WAITING;
}

static const char *icon_of(const struct call_file *f)
{
    switch (f->state) {
    case CALL_FILE_ASKED:
    case CALL_FILE_PREPARING:
        return "file";
    case CALL_FILE_DONE:
        return "ok";
    case CALL_FILE_REFUSED:
    case CALL_FILE_CANCELLED:
        return "no";
    case CALL_FILE_FAILED:
        return "warn";
    default:
        return f->out ? "up" : "down";
    }
}

static uint32_t icon_colour(const struct card *card)
{
    if (card->focused)
        return THEME_ON_FOCUS;
    if (card->file->state == CALL_FILE_DONE)
        return THEME_ACCENT;
    return card->file->state == CALL_FILE_FAILED ? THEME_STOP : THEME_SOFT;
}

static struct pen_style soft_of(const struct card *card)
{
    return (struct pen_style){26, false, card->focused ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
}

// OK and what it does, Back and what it does; below each other when they have no room beside each other.
static int draw_answers(struct pen *pen, SDL_Rect at, const struct card *card, const struct measures *m, bool draw)
{
    const char *const caps[] = {WORD_OK, WORD_BACK}, *const words[] = {card->answers.ok, card->answers.back};
    struct pen_style style = {26, false, THEME_ON_FOCUS, false};
    int gap = pen_px(pen, 14), x = at.x, y = at.y, used = 0;
    for (int i = 0; i < 2; i++) {
        if (!words[i][0])
            continue;
        int cap = pen_key_width(pen, caps[i]), wide = cap + gap + pen_width(pen, style, words[i], strlen(words[i]));
        if (used == 0)
            used = m->keys;
        else if (x + wide > at.x + at.w) {
            x = at.x;
            y += m->keys + pen_px(pen, 8);
            used += m->keys + pen_px(pen, 8);
        }
        if (draw) {
            pen_key_on(pen, x, y + m->keys / 2, caps[i], THEME_SOFT_ON_FOCUS, THEME_ON_FOCUS);
            pen_text_fit(pen, x + cap + gap, y + m->keys / 2, style, words[i], at.x + at.w - x - cap - gap);
        }
        x += wide + pen_px(pen, 32);
    }
    return used;
}

static void draw_track(struct pen *pen, SDL_Rect at, const struct card *card)
{
    const struct call_file *f = card->file;
    uint32_t done = f->state == CALL_FILE_RUNNING ? (card->focused ? THEME_ACCENT_DEEP : THEME_ACCENT) : THEME_EDGE;
    pen_round(pen, at, at.h / 2, card->focused ? THEME_TRACK_ON_FOCUS : THEME_TRACK);
    at.w = f->size ? (int)((double)at.w * (double)MIN(f->done, f->size) / (double)f->size) : 0;
    if (at.w > 0)
        pen_round(pen, (SDL_Rect){at.x, at.y, MAX(at.w, at.h), at.h}, at.h / 2, done);
}

// Who offers what is a sentence, and stays whole; whom something comes from is a name.
static int who_height(struct pen *pen, int room, const struct card *card, const struct measures *m)
{
    if (card->file->state != CALL_FILE_ASKED)
        return m->line;
    room -= m->icon + m->space;
    return pen_paragraph(pen, 0, 0, room, m->line, soft_of(card), card->who, SENTENCE_LINES, false);
}

// Name and percent on the first line; who and how fast on the second.
static void draw_head(struct pen *pen, SDL_Rect at, const struct card *card, const struct measures *m)
{
    const struct call_file *f = card->file;
    uint32_t ink = card->focused ? THEME_ON_FOCUS : THEME_TEXT;
    struct pen_style bold = {30, true, ink, false}, soft = soft_of(card);
    int x = at.x + m->icon + m->space, right = at.x + at.w, y = at.y + m->name / 2, low = at.y + m->name + m->line / 2;
    int rest = right;
    char words[FILE_WORDS_SIZE];
    pen_icon(pen, icon_of(f), at.x, at.y + (at.h - m->icon) / 2, m->icon, icon_colour(card));
    if (has_track(f)) {
        snprintf(words, sizeof words, WORD_FILE_PERCENT, file_words_percent(f));
        rest -= pen_number(pen, right, y, bold, words) + m->space;
    }
    pen_text_fit(pen, x, y, bold, card->name, rest - x);
    rest = right;
    if (f->state == CALL_FILE_RUNNING && f->rate > 0) {
        char rate[FILE_WORDS_SIZE];
        file_words_size(rate, sizeof rate, (uint64_t)f->rate);
        snprintf(words, sizeof words, WORD_FILE_RATE, rate);
        int wide = pen_width(pen, soft, card->who, strlen(card->who)) + m->space;
        if (x + wide + (int)(pen_width(pen, soft, words, strlen(words)) * 1.2) <= right)
            rest -= pen_number(pen, right, low, soft, words) + m->space;
    }
    if (f->state == CALL_FILE_ASKED)
        pen_paragraph(pen, x, at.y + m->name, right - x, m->line, soft, card->who, SENTENCE_LINES, true);
    else
        pen_text_fit(pen, x, low, soft, card->who, rest - x);
}

// Returns the height; `draw` false measures.
static int draw_card(struct pen *pen, SDL_Rect at, const struct card *card, const struct measures *m, bool draw)
{
    int x = at.x + m->side, room = at.w - 2 * m->side, y = at.y + m->pad;
    int head = m->name + who_height(pen, room, card, m);
    struct pen_style soft = soft_of(card);
    if (draw) {
        if (card->focused)
            pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
        pen_round(pen, at, pen_px(pen, 20), card->focused ? THEME_FOCUS : THEME_RAISED);
        draw_head(pen, (SDL_Rect){x, y, room, head}, card, m);
    }
    y += head;
    if (has_track(card->file)) {
        y += pen_px(pen, 18);
        if (draw)
            draw_track(pen, (SDL_Rect){x, y, room, m->track}, card);
        y += m->track + pen_px(pen, 12);
    } else if (card->sentence[0]) {
        y += pen_px(pen, 14);
    }
    if (card->sentence[0])
        y += pen_paragraph(pen, x, y, room, m->line, soft, card->sentence, SENTENCE_LINES, draw);
    if (card->advice[0])
        y += pen_paragraph(pen, x, y, room, m->line, soft, card->advice, SENTENCE_LINES, draw);
    if (card->answers.ok[0]) {
        y += pen_px(pen, 14);
        y += draw_answers(pen, (SDL_Rect){x, y, room, 0}, card, m, draw);
    }
    return y + m->pad - at.y;
}

struct deck {
    struct card card[CALL_FILES_MAX];
    int height[CALL_FILES_MAX]; // with the gap below
    size_t count, focus;        // focus: its place, or count
};

// Returns the height of the card that has to fit: the one with the focus, else the first.
static int measure(struct deck *deck, struct pen *pen, const struct call *call, const struct files *files,
                   SDL_Rect area, bool focused)
{
    const struct call_file *order[CALL_FILES_MAX];
    struct measures m = measures_of(pen);
    deck->focus = deck->count = files_order(call, order);
    for (size_t i = 0; i < deck->count; i++) {
        fill_card(&deck->card[i], order[i], files, focused);
        deck->height[i] = draw_card(pen, area, &deck->card[i], &m, false) + m.gap;
        if (order[i]->id == files->focus)
            deck->focus = i;
    }
    return deck->count ? deck->height[deck->focus < deck->count ? deck->focus : 0] : 0;
}

static void draw_deck(const struct deck *deck, struct files *files, struct pen *pen, SDL_Rect area)
{
    int line = pen_scaled(pen, 40), y = area.y;
    struct measures m = measures_of(pen);
    const struct scroll scroll = {deck->height, deck->count, area.h + m.gap, line};
    files->top = scroll_top(&scroll, files->top, deck->focus);
    size_t end = scroll_end(&scroll, files->top);
    if (files->top > 0) {
        panel_more(pen, area.x, y + line / 2, "cup", WORD_UP_MORE(files->top), files->top);
        y += line;
    }
    for (size_t i = files->top; i < end; i++) {
        draw_card(pen, (SDL_Rect){area.x, y, area.w, deck->height[i] - m.gap}, &deck->card[i], &m, true);
        y += deck->height[i];
    }
    if (end < deck->count)
        panel_more(pen, area.x, y + line / 2, "cdown", WORD_DOWN_MORE(deck->count - end), deck->count - end);
}

static void draw_cards(struct files *files, struct pen *pen, const struct call *call, SDL_Rect area, bool focused)
{
    static struct deck deck; // main thread; large for a stack
    int scale = pen->text_scale;
    // With the largest words a card is still there as a whole, between the lines that count the others.
    while (measure(&deck, pen, call, files, area, focused) + (deck.count > 1 ? 2 : 0) * pen_scaled(pen, 40) > area.h &&
           pen->text_scale > 100)
        pen->text_scale -= 10;
    draw_deck(&deck, files, pen, area);
    pen->text_scale = scale;
}

// The row at the end: how a file is sent, or that none is from here.
static int foot_height(struct pen *pen, int width, bool can_send)
{
    struct pen_style soft = {26, false, THEME_SOFT, false};
    if (can_send)
        return pen_scaled(pen, 72);
    return pen_paragraph(pen, 0, 0, width, pen_scaled(pen, 34), soft, WORD_FILE_NO_SENDING, 3, false);
}

static void draw_foot(struct pen *pen, SDL_Rect at, bool focused, bool can_send)
{
    struct pen_style soft = {26, false, THEME_SOFT, false}, bold = {30, true, THEME_ON_FOCUS, false};
    int y = at.y + at.h / 2, gap = pen_px(pen, 14), x = at.x, icon = pen_scaled(pen, 32);
    if (!can_send) {
        pen_paragraph(pen, at.x, at.y, at.w, pen_scaled(pen, 34), soft, WORD_FILE_NO_SENDING, 3, true);
        return;
    }
    if (focused) {
        pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
        pen_round(pen, at, pen_px(pen, 20), THEME_FOCUS);
        pen_icon(pen, "up", x + pen_px(pen, 28), y - icon / 2, icon, THEME_ON_FOCUS);
        x += pen_px(pen, 28) + icon + pen_px(pen, 20);
        pen_text_fit(pen, x, y, bold, WORD_FILE_SEND, at.x + at.w - x);
        return;
    }
    const char *const caps[] = {"Ctrl", "O"};
    for (int i = 0; i < 2; i++)
        x += pen_key(pen, x, y, caps[i]) + gap;
    pen_text_fit(pen, x, y, soft, WORD_FILE_SEND, at.x + at.w - x);
}

void files_view_draw(struct files *files, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused,
                     bool can_send)
{
    SDL_Rect in = panel_draw(pen, panel, WORD_FILES, "Esc");
    int foot = foot_height(pen, in.w, can_send), space = pen_px(pen, 24);
    SDL_Rect area = {in.x, in.y, in.w, in.h - foot - space};
    struct pen_style soft = {30, false, THEME_SOFT, false};
    if (call->file_count == 0)
        pen_paragraph(pen, area.x, area.y, area.w, pen_scaled(pen, 39), soft, WORD_FILE_NONE, 3, true);
    draw_cards(files, pen, call, area, focused);
    draw_foot(pen, (SDL_Rect){in.x, in.y + in.h - foot, in.w, foot}, focused && !files_focused(files, call), can_send);
}
