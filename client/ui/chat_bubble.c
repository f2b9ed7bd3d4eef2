#include "chat_bubble.h"

#include "field.h"
#include "shared/base.h"
#include "client/text_clean.h"
#include "theme.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SPANS_MAX = 2048 };

#define BODY ((struct pen_style){34, false, THEME_TEXT, false})

static int measure_body(void *ctx, const char *words, size_t length)
{
    return pen_width(ctx, BODY, words, length);
}

const struct chat_bubble *chat_bubble_wrap(struct chat_bubble **kept, struct pen *pen,
                                           const struct call_chat_line *line, int room)
{
    // Main thread only.
    static struct text_span spans[SPANS_MAX];
    static char clean[CALL_TEXT_MAX];
    struct chat_bubble *made;
    int size = pen_size(pen, BODY);
    if (*kept && (*kept)->number == line->number && (*kept)->room == room && (*kept)->size == size)
        return *kept;
    size_t length = text_clean(clean, sizeof clean, line->text, strlen(line->text), FIELD_CODES, true);
    size_t lines = text_wrap(clean, length, room, measure_body, pen, spans, SPANS_MAX),
           count = MIN(lines, (size_t)SPANS_MAX);
    free(*kept);
    *kept = made = base_alloc(sizeof *made + count * (sizeof spans[0] + sizeof(enum text_base)) + length + 1);
    struct text_span *span = (struct text_span *)(made + 1);
    enum text_base *base = (enum text_base *)(span + count);
    char *text = (char *)(base + count);
    memcpy(span, spans, count * sizeof spans[0]);
    memcpy(text, clean, length);
    *made = (struct chat_bubble){
        .number = line->number, .room = room, .size = size, .count = count, .span = span, .base = base, .text = text};
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || memchr(text + spans[i - 1].start, '\n', spans[i].start - spans[i - 1].start);
        const char *begin = text + spans[i].start, *end = memchr(begin, '\n', length - spans[i].start);
        size_t paragraph = end ? (size_t)(end - begin) : length - spans[i].start;
        base[i] = first ? text_base_of(begin, paragraph) : base[i - 1];
        made->widest = MAX(made->widest, spans[i].width);
    }
    return made;
}

struct chat_bubble_metrics chat_bubble_measures(const struct pen *pen, int width)
{
    double t = MIN(pen->text_scale / 100.0, 1.4);
    struct chat_bubble_metrics m = {.line = pen_scaled(pen, 45),
                                    .pad_x = pen_scaled(pen, 22),
                                    .pad_y = pen_scaled(pen, 16),
                                    .gap = pen_px(pen, 24 * t),
                                    .head = pen_scaled(pen, 34),
                                    .head_gap = pen_px(pen, 8),
                                    .foot = pen_scaled(pen, 31) + pen_px(pen, 6),
                                    .divider = pen_scaled(pen, 40)};
    m.room = width * 92 / 100 - 2 * m.pad_x;
    return m;
}

static void time_words(int64_t at_ms, char *out, size_t size)
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm tm;
    localtime_r(&at, &tm);
    strftime(out, size, "%H:%M", &tm);
}

// The name stands above the first of several lines one person writes within a minute, and whom it is for above what is
// for one alone.
static bool has_head(const struct call *call, size_t i)
{
    const struct call_chat_line *line = &call->chat[i], *before = i ? &call->chat[i - 1] : NULL;
    if (line->mine)
        return line->to != 0 && (!before || before->to != line->to || !before->mine);
    return !before || before->mine || before->from != line->from || before->to != line->to ||
           memcmp(before->identity, line->identity, sizeof line->identity) != 0 || before->older != line->older ||
           strcmp(before->name, line->name) != 0 || before->at_ms / 60000 != line->at_ms / 60000;
}

static bool has_divider(const struct call *call, size_t i)
{
    bool before = i > 0 && call->chat[i - 1].older;
    return call->chat[i].older ? !before : before;
}

static bool has_foot(const struct call *call, size_t i)
{
    const struct call_chat_line *line = &call->chat[i];
    bool newest = line->mine && !line->older;
    for (size_t k = i + 1; newest && k < call->chat_count; k++)
        newest = !call->chat[k].mine;
    return newest || line->lost;
}

int chat_bubble_height(const struct call *call, size_t i, const struct chat_bubble_metrics *m, size_t lines)
{
    int height = (int)lines * m->line + 2 * m->pad_y;
    if (has_divider(call, i))
        height += m->divider + m->gap;
    if (has_head(call, i))
        height += m->head + m->head_gap;
    if (has_foot(call, i))
        height += m->foot;
    return height;
}

static void draw_divider(struct pen *pen, const struct call_chat_line *line, SDL_Rect area, int y)
{
    struct pen_style faint = {24, false, THEME_FAINT, false};
    char words[CALL_NAME_MAX + 64], who[CALL_NAME_MAX];
    int hair = MAX(pen_px(pen, 2), 1), gap = pen_px(pen, 16);
    trust_words_name(who, sizeof who, line->told_by);
    snprintf(words, sizeof words, line->older ? WORD_EARLIER_FROM : "%s", line->older ? who : WORD_SINCE_HERE);
    int w = pen_text_fit(pen, area.x, y, faint, words, area.w);
    pen_fill(pen, (SDL_Rect){area.x + w + gap, y, MAX(area.w - w - gap, 0), hair}, THEME_HAIR);
}

// Who and when; or, above mine for one alone, for whom.
static void draw_head(struct pen *pen, const struct call_chat_line *line, SDL_Rect area, int y)
{
    struct pen_style name = {26, true, line->older ? THEME_SOFT : THEME_TEXT, false};
    struct pen_style when = {26, false, THEME_SOFT, false};
    int icon = pen_scaled(pen, 26), gap = pen_px(pen, 14), lock = line->to ? icon + pen_px(pen, 8) : 0;
    char who[CALL_NAME_MAX], clock[CALL_NAME_MAX + 64];
    if (line->mine) {
        trust_words_name(who, sizeof who, line->to_name);
        snprintf(clock, sizeof clock, WORD_ONLY_TO, who);
        int w = MIN(pen_width(pen, when, clock, strlen(clock)), area.w - lock);
        pen_icon(pen, "lock", area.x + area.w - w - lock, y - icon / 2, icon, THEME_ACCENT);
        pen_text_fit(pen, area.x + area.w - w, y, when, clock, w);
        return;
    }
    time_words(line->at_ms, clock, 16);
    if (line->to)
        snprintf(clock + strlen(clock), sizeof clock - 16, " · %s", WORD_ONLY_TO_YOU);
    trust_words_name(who, sizeof who, line->name);
    int second = pen_width(pen, when, clock, strlen(clock));
    int w = pen_text_fit(pen, area.x, y, name, who, area.w - second - gap - lock);
    if (line->to)
        pen_icon(pen, "lock", area.x + w + gap, y - icon / 2, icon, THEME_ACCENT);
    pen_text(pen, area.x + w + gap + lock, y, when, clock);
}

static void draw_foot(struct pen *pen, const struct call_chat_line *line, SDL_Rect area, int y)
{
    char clock[16], words[64];
    time_words(line->at_ms, clock, sizeof clock);
    snprintf(words, sizeof words, line->lost ? WORD_NOT_SENT : line->delivered ? WORD_DELIVERED : WORD_SENDING, clock);
    pen_text_right(pen, area.x + area.w, y, (struct pen_style){24, false, line->lost ? THEME_STOP : THEME_SOFT, false},
                   words);
}

void chat_bubble_draw(struct pen *pen, const struct call *call, size_t i, const struct chat_bubble *bubble,
                      SDL_Rect area, int top, size_t first, size_t lines, const struct chat_bubble_metrics *m)
{
    const struct call_chat_line *line = &call->chat[i];
    struct pen_style body = BODY;
    body.colour = line->older ? THEME_SOFT : THEME_TEXT;
    if (has_divider(call, i)) {
        draw_divider(pen, line, area, top + m->divider / 2);
        top += m->divider + m->gap;
    }
    if (has_head(call, i)) {
        draw_head(pen, line, area, top + m->head / 2);
        top += m->head + m->head_gap;
    }
    int width = bubble->widest + 2 * m->pad_x, height = (int)lines * m->line + 2 * m->pad_y;
    int x = line->mine ? area.x + area.w - width : area.x, near = pen_px(pen, 6), far = pen_px(pen, 20);
    if (line->mine && THEME_HIGH) // whose it is, without a colour
        pen_border(pen, (SDL_Rect){x, top, width, height}, far, 0, THEME_HAIR);
    else if (line->mine)
        pen_round4(pen, (SDL_Rect){x, top, width, height}, (int[4]){far, far, far, near}, THEME_ACCENT_DEEP);
    else
        pen_round4(pen, (SDL_Rect){x, top, width, height}, (int[4]){near, far, far, far}, THEME_RAISED);
    for (size_t k = 0; k < lines; k++) {
        const struct text_span *span = &bubble->span[first + k];
        enum text_base base = bubble->base[first + k];
        int indent = base == TEXT_BASE_RIGHT_TO_LEFT ? bubble->widest - span->width : 0;
        pen_text_based(pen, x + m->pad_x + indent, top + m->pad_y + (int)k * m->line + m->line / 2, body,
                       bubble->text + span->start, span->length, base);
    }
    if (has_foot(call, i))
        draw_foot(pen, line, area, top + height + pen_px(pen, 6) + pen_scaled(pen, 31) / 2);
}
