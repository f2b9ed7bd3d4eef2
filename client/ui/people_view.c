#include "people_view.h"

#include "hash.h"
#include "panel.h"
#include "scroll.h"
#include "shared/base.h"
#include "theme.h"
#include "tile.h"
#include "trust_words.h"
#include "client/volumes.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

struct measures {
    int row, answers, gap, head, count, side;
};

static struct measures measures_of(const struct pen *pen)
{
    return (struct measures){.row = pen_scaled(pen, 88),
                             .answers = pen_scaled(pen, 72),
                             .gap = pen_px(pen, 8),
                             .head = pen_scaled(pen, 48),
                             .count = pen_scaled(pen, 40),
                             .side = pen_px(pen, 16)};
}

static uint64_t hash_member(uint64_t h, const struct call_member *m)
{
    h = hash_words(h, m->name);
    h = hash_int(h, (uint64_t)m->volume);
    h = hash_int(h, m->identity[0] | (uint64_t)m->identity[1] << 8);
    h = hash_int(h, (uint64_t)m->kind << 2 | (m->recording ? 2u : 0) | (m->screen ? 1u : 0));
    return hash_int(h, (m->self ? 1u : 0) | (m->muted ? 2u : 0) | (m->speaking ? 4u : 0) | (m->host ? 8u : 0) |
                           (m->away ? 16u : 0) | (uint64_t)m->trust << 8 |
                           (uint64_t)(m->hand ? m->hand_turn : 0) << 32 | (uint64_t)m->id << 16);
}

uint64_t people_view_signature(const struct people *people, const struct call *call, bool focused)
{
    uint64_t h = hash_int(HASH_START, people->at * 4 + (people->refuse ? 2u : 0) + (focused ? 1u : 0));
    for (size_t i = 0; i < call->member_count; i++)
        h = hash_member(h, &call->members[i]);
    for (size_t i = 0; i < call->knock_count; i++)
        h = hash_int(hash_words(h, call->knocks[i].name), call->knocks[i].id * 8ull + call->knocks[i].trust);
    return h;
}

// The sign of what is no person, and its word; "" for a person.
static const char *kind_icon(enum call_kind kind)
{
    static const char *const icons[] = {"", "cam", "folder", "film", "record"};
    return icons[kind];
}

static const char *kind_words(enum call_kind kind)
{
    const char *const words[] = {"", WORD_KIND_CAMERA, WORD_KIND_LIBRARY, WORD_KIND_FILM, WORD_KIND_RECORDER};
    return words[kind];
}

static void draw_disc(struct pen *pen, int x, int y, const char *name, uint32_t fill, enum call_kind kind)
{
    int size = pen_scaled(pen, 56), icon = pen_scaled(pen, 32);
    char letters[32];
    if (kind != CALL_KIND_PERSON) {
        pen_disc(pen, x + size / 2, y, size / 2, THEME_RAISED);
        pen_icon(pen, kind_icon(kind), x + (size - icon) / 2, y - icon / 2, icon, THEME_TEXT);
        return;
    }
    tile_initials(name, letters, sizeof letters);
    uint32_t ink = fill == THEME_ACCENT ? THEME_ON_ACCENT : THEME_TEXT;
    pen_disc(pen, x + size / 2, y, size / 2, fill);
    pen_text_middle(pen, x + size / 2, y, (struct pen_style){24, true, ink, false}, letters);
}

static void draw_focus(struct pen *pen, SDL_Rect at)
{
    pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
    pen_round(pen, at, pen_px(pen, 20), THEME_FOCUS);
}

// Name above, what is known of him below with its sign.
static void draw_words(struct pen *pen, SDL_Rect at, const char *name, const char *icon, const char *second, bool warns,
                       bool focused)
{
    struct pen_style bold = {34, true, focused ? THEME_ON_FOCUS : THEME_TEXT, false};
    struct pen_style soft = {26, false, focused ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
    int y = at.y + at.h / 2, low = y + pen_scaled(pen, 20), x = at.x, size = pen_scaled(pen, 28);
    pen_text_fit(pen, x, y - pen_scaled(pen, 18), bold, name, at.w);
    if (icon[0]) {
        uint32_t ink = focused ? THEME_ON_FOCUS : warns ? THEME_STOP : THEME_ACCENT;
        pen_icon(pen, icon, x, low - size / 2, size, ink);
        x += size + pen_px(pen, 10);
    }
    pen_text_fit(pen, x, low, soft, second, at.x + at.w - x);
}

// What he shows and records, beside his microphone; returns where they begin.
static int draw_does(struct pen *pen, int left, int y, const struct call_member *m, bool focused)
{
    int size = pen_scaled(pen, 32), space = pen_px(pen, 12);
    if (m->screen) {
        left -= space + size;
        pen_icon(pen, "share", left, y - size / 2, size, focused ? THEME_ON_FOCUS : THEME_ACCENT);
    }
    if (m->recording && m->kind != CALL_KIND_RECORDER) {
        left -= space + size;
        pen_icon(pen, "record", left, y - size / 2, size, focused ? THEME_ON_FOCUS : THEME_STOP);
    }
    return left;
}

// What he does with his microphone, and "host" before it; of what is no person, what it is. Returns where they begin.
static int draw_role(struct pen *pen, int right, int y, const struct call_member *m, bool focused)
{
    const char *icon = m->speaking ? "wave" : m->muted ? "mic-off" : "mic"; // what is heard outranks what is said
    uint32_t ink = focused ? THEME_ON_FOCUS : m->speaking ? THEME_ACCENT : m->muted ? THEME_STOP : THEME_EDGE;
    struct pen_style soft = {26, false, focused ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
    int size = pen_scaled(pen, 32), left = right - size;
    if (m->kind != CALL_KIND_PERSON)
        return right - pen_text_right(pen, right, y, soft, kind_words(m->kind));
    if (!trust_words_doubt(m->trust)) // nothing of the others is heard
        pen_icon(pen, icon, left, y - size / 2, size, ink);
    left = draw_does(pen, left, y, m, focused);
    if (m->host)
        left -= pen_px(pen, 16) + pen_text_right(pen, left - pen_px(pen, 16), y, soft, WORD_HOST);
    return left;
}

// `hand`: the place of a raised hand among them, 0 = down.
static void draw_member(struct pen *pen, SDL_Rect at, const struct call_member *m, unsigned hand, bool focused)
{
    char name[CALL_NAME_MAX], words[CALL_NAME_MAX + 64], turn[64];
    bool doubt = trust_words_doubt(m->trust) && !m->self;
    hand = m->away || doubt ? 0 : hand; // first things first
    snprintf(turn, sizeof turn, WORD_HAND_TURN, hand);
    int side = pen_px(pen, 16), y = at.y + at.h / 2, x = at.x + side, disc = pen_scaled(pen, 56);
    trust_words_name(name, sizeof name, m->name);
    trust_words_short(words, sizeof words, m);
    const char *icon = hand ? "hand" : m->self ? "" : m->away ? "netlow" : trust_words_icon(m->trust);
    if (focused)
        draw_focus(pen, at);
    draw_disc(pen, x, y, name, tile_avatar_colour(m->identity), m->kind);
    x += disc + pen_px(pen, 20);
    int right = draw_role(pen, at.x + at.w - side, y, m, focused) - pen_px(pen, 16);
    struct pen_style second = {26, false, THEME_SOFT, false};
    if (pen_width(pen, second, words, strlen(words)) > right - x - pen_scaled(pen, 28) - pen_px(pen, 10))
        snprintf(words, sizeof words, "%s", trust_words_least(m->trust));
    if (!m->self && !doubt && m->volume != VOLUMES_FULL)
        snprintf(words, sizeof words, WORD_VOLUME, m->volume);
    draw_words(pen, (SDL_Rect){x, at.y, right - x, at.h}, m->self ? WORD_YOU : name, icon,
               hand      ? turn
               : m->self ? name
               : m->away ? WORD_AWAY
                         : words,
               m->away || doubt, focused);
}

static void draw_answer(struct pen *pen, SDL_Rect at, const char *icon, const char *words, bool stop, bool focused)
{
    uint32_t ink = focused ? THEME_ON_FOCUS : THEME_TEXT;
    struct pen_style style = {30, true, ink, false};
    int size = pen_scaled(pen, 28), space = pen_px(pen, 12), y = at.y + at.h / 2;
    int wide = MIN(pen_width(pen, style, words, strlen(words)), at.w - size - space);
    int x = at.x + (at.w - wide - size - space) / 2;
    if (focused)
        draw_focus(pen, at);
    else
        pen_round(pen, at, pen_px(pen, 20), THEME_RAISED);
    pen_icon(pen, icon, x, y - size / 2, size, focused ? ink : stop ? THEME_STOP : THEME_ACCENT);
    pen_text_fit(pen, x + size + space, y, style, words, wide);
}

static void draw_knock(struct pen *pen, SDL_Rect at, const struct measures *m, const struct call_knock *knock,
                       bool focused, bool refuse)
{
    char name[CALL_NAME_MAX], words[CALL_NAME_MAX + 64];
    int x = at.x + m->side, disc = pen_scaled(pen, 56), right = at.x + at.w - m->side, space = pen_px(pen, 16);
    bool doubt = knock->trust == CALL_TRUST_CHANGED, known = knock->trust == CALL_TRUST_VERIFIED;
    trust_words_name(name, sizeof name, knock->name);
    trust_words_knock(words, sizeof words, knock);
    int room = right - x - disc - pen_px(pen, 20) - pen_scaled(pen, 28) - pen_px(pen, 10);
    if (doubt && pen_width(pen, (struct pen_style){26, false, THEME_SOFT, false}, words, strlen(words)) > room)
        snprintf(words, sizeof words, "%s", trust_words_least(knock->trust));
    draw_disc(pen, x, at.y + m->row / 2, name, THEME_ACCENT, CALL_KIND_PERSON);
    draw_words(pen, (SDL_Rect){x + disc + pen_px(pen, 20), at.y, right - x - disc - pen_px(pen, 20), m->row}, name,
               doubt   ? "warn"
               : known ? "shield"
                       : "",
               words, doubt, false);
    int wide = (right - x - space) / 2, y = at.y + m->row;
    draw_answer(pen, (SDL_Rect){x, y, wide, m->answers}, "ok", WORD_LET_IN, false, focused && !refuse);
    draw_answer(pen, (SDL_Rect){x + wide + space, y, wide, m->answers}, "no", WORD_NOT_NOW, true, focused && refuse);
}

// Where rows lie, with the heading above the first of each kind when there are two.
struct list {
    struct people_row rows[PEOPLE_ROWS_MAX];
    int height[PEOPLE_ROWS_MAX];
    const char *head[PEOPLE_ROWS_MAX];
    size_t count; // without the safety code, which stands below
};

static void list_of(struct list *list, const struct call *call, const struct measures *m)
{
    size_t all = people_rows(call, list->rows);
    bool door = list->rows[0].kind == PEOPLE_KNOCK;
    list->count = all - 1;
    for (size_t i = 0; i < list->count; i++) {
        bool first = i == 0 || list->rows[i].kind != list->rows[i - 1].kind;
        bool knock = list->rows[i].kind == PEOPLE_KNOCK;
        list->head[i] = door && first ? (knock ? WORD_AT_THE_DOOR : WORD_IN_THE_ROOM) : NULL;
        list->height[i] = m->row + (knock ? m->answers + m->gap : 0) + (list->head[i] ? m->head : 0) + m->gap;
    }
}

static void draw_rows(struct people *people, struct pen *pen, const struct call *call, SDL_Rect area, size_t focus,
                      bool focused)
{
    struct measures m = measures_of(pen);
    struct list list;
    list_of(&list, call, &m);
    const struct scroll scroll = {list.height, list.count, area.h, m.count};
    people->top = scroll_top(&scroll, people->top, focus);
    size_t end = scroll_end(&scroll, people->top);
    int y = area.y, x = area.x + m.side;
    if (people->top > 0) {
        panel_more(pen, x, y + m.count / 2, "cup", WORD_UP_MORE(people->top), people->top);
        y += m.count;
    }
    for (size_t i = people->top; i < end; i++) {
        const struct people_row *row = &list.rows[i];
        int high = list.height[i] - m.gap;
        if (list.head[i]) {
            pen_text_fit(pen, x, y + m.head / 2, (struct pen_style){26, false, THEME_SOFT, false}, list.head[i],
                         area.w);
            y += m.head;
            high -= m.head;
        }
        SDL_Rect at = {area.x, y, area.w, high};
        if (row->kind == PEOPLE_KNOCK)
            draw_knock(pen, at, &m, &call->knocks[row->index], focused && i == focus, people->refuse);
        else
            draw_member(pen, at, &call->members[row->index], people_hand(call, &call->members[row->index]),
                        focused && i == focus);
        y += high + m.gap;
    }
    if (end < list.count)
        panel_more(pen, x, y + m.count / 2, "cdown", WORD_DOWN_MORE(list.count - end), list.count - end);
}

void people_view_draw(struct people *people, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused)
{
    struct people_row rows[PEOPLE_ROWS_MAX];
    size_t count = people_rows(call, rows), focus = people_focus(people, rows, count);
    unsigned known = people_known(call);
    char title[64];
    if (known > 1)
        snprintf(title, sizeof title, WORD_PEOPLE_COUNT(known), known);
    else
        snprintf(title, sizeof title, "%s", WORD_PEOPLE_ONE);
    SDL_Rect in = panel_draw(pen, panel, title, "Esc");
    // Rows reach out on both sides, so that their words stand under the title's.
    int side = pen_px(pen, 16), high = pen_scaled(pen, 88), space = pen_px(pen, 24);
    SDL_Rect area = {in.x - side, in.y, in.w + 2 * side, in.h - high - space};
    // Somebody at the door takes the most room: with the largest words he is still there as a whole.
    int scale = pen->text_scale;
    while (pen->text_scale > 100 && pen_scaled(pen, 48 + 88 + 72 + 2 * 40) + 2 * pen_px(pen, 8) > area.h)
        pen->text_scale -= 10;
    draw_rows(people, pen, call, area, focus, focused);
    pen->text_scale = scale;
    SDL_Rect code = {in.x, in.y + in.h - high, in.w, high};
    draw_answer(pen, code, "shield", WORD_SAFETY_CODE, false, focused && focus + 1 == count);
}
