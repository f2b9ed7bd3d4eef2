#include "chat_address_view.h"

#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { ROW = 88, LINE = 56, HEAD = 56, FOOT = 40 };

uint64_t chat_address_view_signature(const struct chat_address *a, const struct call *call)
{
    uint16_t member;
    uint64_t h = hash_int(HASH_START, chat_address_state(a, call, &member) * 4u + (a->choosing ? 2u : 0) + a->one);
    h = hash_words(hash_int(h, a->focus * 16u + a->lost), a->name);
    for (size_t i = 0; i < call->member_count; i++) {
        const struct call_member *m = &call->members[i];
        h = hash_words(hash_int(h, (uint64_t)m->trust << 17 | (uint64_t)m->self << 16 | m->id), m->name);
    }
    return h;
}

int chat_address_view_height(const struct pen *pen, const struct chat_address *a, const struct call *call)
{
    return a->one || chat_address_rows(call) > 1 ? pen_scaled(pen, LINE) : 0;
}

static void words_of(const struct chat_address *a, const struct call *call, char *out, size_t size)
{
    char name[CALL_NAME_MAX];
    uint16_t member;
    trust_words_name(name, sizeof name, a->name);
    switch (chat_address_state(a, call, &member)) {
    case CHAT_ADDRESS_ALL:
        snprintf(out, size, "%s", WORD_TO_EVERYONE);
        break;
    case CHAT_ADDRESS_HERE:
        snprintf(out, size, WORD_TO_ONE, name);
        break;
    case CHAT_ADDRESS_GONE:
        snprintf(out, size, WORD_TO_GONE, name);
        break;
    case CHAT_ADDRESS_DOUBTED:
        snprintf(out, size, WORD_TO_DOUBTED, name);
        break;
    }
}

void chat_address_view_line(const struct chat_address *a, struct pen *pen, const struct call *call, SDL_Rect at)
{
    uint16_t member;
    enum chat_address_state state = chat_address_state(a, call, &member);
    bool stuck = state == CHAT_ADDRESS_GONE || state == CHAT_ADDRESS_DOUBTED;
    struct pen_style style = {26, state != CHAT_ADDRESS_ALL, stuck ? THEME_TEXT : THEME_SOFT, false};
    int y = at.y + at.h / 2, icon = pen_scaled(pen, 30), gap = pen_px(pen, 12), right = at.x + at.w;
    char words[CALL_NAME_MAX + 64];
    words_of(a, call, words, sizeof words);
    right -= pen_key_width(pen, "Tab");
    pen_key(pen, right, y, "Tab");
    pen_icon(pen,
             stuck    ? "warn"
             : a->one ? "lock"
                      : "people",
             at.x, y - icon / 2, icon,
             stuck    ? THEME_STOP
             : a->one ? THEME_ACCENT
                      : THEME_SOFT);
    int x = at.x + icon + gap;
    pen_text_fit(pen, x, y, style, words, right - gap - x);
}

void chat_address_view_hint(const struct chat_address *a, const struct call *call, char *out, size_t size)
{
    char name[CALL_NAME_MAX];
    const struct call_member *other = call->private_call ? chat_address_row(call, 1) : NULL;
    trust_words_name(name, sizeof name, a->one || !other ? a->name : other->name);
    if (a->one || other)
        snprintf(out, size, WORD_WRITE_ONE, name);
    else
        snprintf(out, size, "%s", WORD_WRITE);
}

bool chat_address_view_refusal(const struct chat_address *a, const struct call *call, char *out, size_t size)
{
    char name[CALL_NAME_MAX];
    uint16_t member;
    enum chat_address_state state = chat_address_state(a, call, &member);
    trust_words_name(name, sizeof name, a->name);
    if (state == CHAT_ADDRESS_GONE)
        snprintf(out, size, WORD_CHAT_GONE, name);
    else if (state == CHAT_ADDRESS_DOUBTED)
        snprintf(out, size, WORD_CHAT_DOUBTED, name);
    return state == CHAT_ADDRESS_GONE || state == CHAT_ADDRESS_DOUBTED;
}

static void draw_row(struct pen *pen, SDL_Rect at, const struct call_member *m, bool focused, bool chosen)
{
    bool not_possible = m && !call_trust_good(m->trust);
    char name[CALL_NAME_MAX], second[CALL_SENTENCE_MAX];
    int side = pen_px(pen, 20), icon = pen_scaled(pen, 32), y = at.y + at.h / 2;
    uint32_t ink = focused ? THEME_ON_FOCUS : not_possible ? THEME_FAINT : THEME_TEXT;
    struct pen_style bold = {34, !not_possible, ink, false};
    struct pen_style soft = {26, false, focused ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
    if (focused) {
        pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
        pen_round(pen, at, pen_px(pen, 20), THEME_FOCUS);
    }
    if (m)
        trust_words_name(name, sizeof name, m->name);
    if (not_possible)
        trust_words_short(second, sizeof second, m);
    else
        snprintf(second, sizeof second, "%s", m ? WORD_NOBODY_ELSE : WORD_EVERYONE_2);
    pen_icon(pen, not_possible ? "warn" : m ? "lock" : "people", at.x + side, y - icon / 2, icon, ink);
    int x = at.x + side + icon + pen_px(pen, 20), right = at.x + at.w - side - (chosen ? icon + side : 0);
    pen_text_fit(pen, x, y - pen_scaled(pen, 18), bold, m ? name : WORD_EVERYONE, right - x);
    pen_text_fit(pen, x, y + pen_scaled(pen, 20), soft, second, right - x);
    if (chosen)
        pen_icon(pen, "ok", at.x + at.w - side - icon, y - icon / 2, icon, focused ? THEME_ON_FOCUS : THEME_ACCENT);
}

void chat_address_view_list(struct chat_address *a, struct pen *pen, const struct call *call, SDL_Rect area,
                            bool focused)
{
    int head = pen_scaled(pen, HEAD), row = pen_scaled(pen, ROW), gap = pen_px(pen, 8);
    size_t count = chat_address_rows(call), at = chat_address_focus(a, call);
    int foot = head + (int)count * (row + gap) > area.h ? pen_scaled(pen, FOOT) : 0;
    size_t fit = (size_t)MAX((area.h - head - foot) / (row + gap), 1);
    uint16_t chosen;
    enum chat_address_state state = chat_address_state(a, call, &chosen);
    a->top = MIN(a->top, at);
    a->top = at >= a->top + fit ? at - fit + 1 : a->top;
    pen_text_fit(pen, area.x, area.y + head / 2, (struct pen_style){30, true, THEME_TEXT, false}, WORD_WRITE_WHOM,
                 area.w);
    for (size_t i = a->top; i < count && i < a->top + fit; i++) {
        const struct call_member *m = chat_address_row(call, i);
        SDL_Rect place = {area.x, area.y + head + (int)(i - a->top) * (row + gap), area.w, row};
        bool is = m ? state == CHAT_ADDRESS_HERE && m->id == chosen : state == CHAT_ADDRESS_ALL;
        draw_row(pen, place, m, focused && i == at, is);
    }
    size_t above = a->top, below = count - MIN(count, a->top + fit);
    char words[64];
    if (above + below == 0)
        return;
    snprintf(words, sizeof words, below ? WORD_DOWN_MORE(below) : WORD_UP_MORE(above),
             (unsigned)(below ? below : above));
    pen_text_fit(pen, area.x, area.y + area.h - foot / 2, (struct pen_style){24, false, THEME_FAINT, false}, words,
                 area.w);
}
