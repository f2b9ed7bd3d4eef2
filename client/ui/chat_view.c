#include "chat_view.h"

#include "field_view.h"
#include "hash.h"
#include "panel.h"
#include "shared/base.h"
#include "text_clean.h"
#include "text_wrap.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SPANS_MAX = 2048 };

struct chat_bubble {
    uint32_t number;
    int room, size; // what it was wrapped for
    int widest;
    size_t count;
    const struct text_span *span;
    const char *text; // what was sent, made safe to show; both lie behind the struct
};

struct metrics {
    int line, pad_x, pad_y, gap, head, head_gap, foot, room;
};

#define BODY ((struct pen_style){34, false, THEME_TEXT, false})

void chat_view_destroy(struct chat_view *view)
{
    for (size_t i = 0; i < CHAT_VIEW_KEPT; i++) {
        free(view->bubble[i]);
        view->bubble[i] = NULL;
    }
}

static const struct call_chat_line *newest_mine(const struct call *call)
{
    for (size_t i = call->chat_count; i > 0; i--)
        if (call->chat[i - 1].mine)
            return &call->chat[i - 1];
    return NULL;
}

uint64_t chat_view_signature(const struct chat_view *view, const struct call *call)
{
    const struct call_chat_line *mine = newest_mine(call);
    uint64_t h = hash_int(HASH_START, call->chat_count ? call->chat[call->chat_count - 1].number : 0);
    h = hash_int(h, mine ? mine->number * 2u + (mine->delivered ? 1u : 0u) : 0);
    h = hash_int(h, view->field.change);
    h = hash_int(h, view->skip * 10000 + view->skip_lines);
    return hash_words(h, view->composing);
}

void chat_view_update(struct chat_view *view, const struct call *call)
{
    uint32_t last = call->chat_count ? call->chat[call->chat_count - 1].number : 0;
    // Someone who reads older lines is not moved by new ones.
    if (last > view->newest && view->skip + view->skip_lines > 0)
        view->skip += last - view->newest;
    view->newest = last;
    view->skip = MIN(view->skip, call->chat_count ? call->chat_count - 1 : 0);
}

bool chat_view_at_newest(const struct chat_view *view)
{
    return view->skip == 0 && view->skip_lines == 0;
}

struct measure {
    struct pen *pen;
};

static int measure_body(void *ctx, const char *words, size_t length)
{
    const struct measure *m = ctx;
    return pen_width(m->pen, BODY, words, length);
}

static const struct chat_bubble *wrapped(struct chat_view *view, struct pen *pen, const struct call_chat_line *line,
                                         int room)
{
    // Main thread only.
    static struct text_span spans[SPANS_MAX];
    static char clean[CALL_TEXT_MAX];
    struct chat_bubble **kept = &view->bubble[line->number % CHAT_VIEW_KEPT], *made;
    int size = pen_size(pen, BODY);
    if (*kept && (*kept)->number == line->number && (*kept)->room == room && (*kept)->size == size)
        return *kept;
    struct measure m = {pen};
    size_t length = text_clean(clean, sizeof clean, line->text, strlen(line->text), FIELD_CODES, true);
    size_t count = MIN(text_wrap(clean, length, room, measure_body, &m, spans, SPANS_MAX), (size_t)SPANS_MAX);
    free(*kept);
    *kept = made = base_alloc(sizeof *made + count * sizeof spans[0] + length + 1);
    struct text_span *span = (struct text_span *)(made + 1);
    char *text = (char *)(span + count);
    memcpy(span, spans, count * sizeof spans[0]);
    memcpy(text, clean, length);
    *made = (struct chat_bubble){
        .number = line->number, .room = room, .size = size, .count = count, .span = span, .text = text};
    for (size_t i = 0; i < count; i++)
        made->widest = MAX(made->widest, spans[i].width);
    return made;
}

static struct metrics measures(const struct pen *pen, int width)
{
    double t = MIN(pen->text_scale / 100.0, 1.4);
    struct metrics m = {.line = pen_scaled(pen, 45),
                        .pad_x = pen_scaled(pen, 22),
                        .pad_y = pen_scaled(pen, 16),
                        .gap = pen_px(pen, 24 * t),
                        .head = pen_scaled(pen, 34),
                        .head_gap = pen_px(pen, 8),
                        .foot = pen_scaled(pen, 31) + pen_px(pen, 6)};
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

// The name stands above the first of several lines one person writes within a minute.
static bool has_head(const struct call *call, size_t i)
{
    const struct call_chat_line *line = &call->chat[i], *before = i ? &call->chat[i - 1] : NULL;
    if (line->mine)
        return false;
    return !before || before->mine || before->from != line->from || strcmp(before->name, line->name) != 0 ||
           before->at_ms / 60000 != line->at_ms / 60000;
}

static int height_of(struct chat_view *view, struct pen *pen, const struct call *call, size_t i,
                     const struct metrics *m, size_t lines)
{
    const struct call_chat_line *line = &call->chat[i];
    (void)view;
    (void)pen;
    int height = (int)lines * m->line + 2 * m->pad_y;
    if (has_head(call, i))
        height += m->head + m->head_gap;
    if (line == newest_mine(call))
        height += m->foot;
    return height;
}

static void draw_bubble(struct pen *pen, const struct call *call, size_t i, const struct chat_bubble *bubble,
                        SDL_Rect area, int top, size_t first, size_t lines, const struct metrics *m)
{
    const struct call_chat_line *line = &call->chat[i];
    struct pen_style name = {26, true, THEME_TEXT, false}, when = {26, false, THEME_SOFT, false};
    struct pen_style foot = {24, false, THEME_SOFT, false};
    char clock[16], words[64];
    time_words(line->at_ms, clock, sizeof clock);
    if (has_head(call, i)) {
        int time_width = pen_width(pen, when, clock, strlen(clock)), y = top + m->head / 2;
        char who[CALL_NAME_MAX];
        if (text_clean(who, sizeof who, line->name, strlen(line->name), 32, false) == 0)
            snprintf(who, sizeof who, "%s", WORD_GUEST);
        int w = pen_text_fit(pen, area.x, y, name, who, area.w - time_width - pen_px(pen, 14));
        pen_text(pen, area.x + w + pen_px(pen, 14), y, when, clock);
        top += m->head + m->head_gap;
    }
    int width = bubble->widest + 2 * m->pad_x, height = (int)lines * m->line + 2 * m->pad_y;
    int x = line->mine ? area.x + area.w - width : area.x, near = pen_px(pen, 6), far = pen_px(pen, 20);
    if (line->mine)
        pen_round4(pen, (SDL_Rect){x, top, width, height}, (int[4]){far, far, far, near}, THEME_ACCENT_DEEP);
    else
        pen_round4(pen, (SDL_Rect){x, top, width, height}, (int[4]){near, far, far, far}, THEME_RAISED);
    for (size_t k = 0; k < lines; k++) {
        const struct text_span *span = &bubble->span[first + k];
        pen_text_part(pen, x + m->pad_x, top + m->pad_y + (int)k * m->line + m->line / 2, BODY,
                      bubble->text + span->start, span->length);
    }
    if (line == newest_mine(call)) {
        snprintf(words, sizeof words, line->delivered ? WORD_DELIVERED : WORD_SENDING, clock);
        pen_text_right(pen, area.x + area.w, top + height + pen_px(pen, 6) + pen_scaled(pen, 31) / 2, foot, words);
    }
}

static void draw_count(struct pen *pen, int x, int y, const char *icon, size_t count, const char *one, const char *many)
{
    struct pen_style faint = {24, false, THEME_FAINT, false};
    char words[64];
    int size = pen_scaled(pen, 28);
    if (count == 1)
        snprintf(words, sizeof words, "%s", one);
    else
        snprintf(words, sizeof words, many, (unsigned)count);
    pen_icon(pen, icon, x, y - size / 2, size, THEME_FAINT);
    pen_text(pen, x + size + pen_px(pen, 12), y, faint, words);
}

// Whole messages from the bottom up; one that is longer than the panel is cut at the top and scrolled by lines.
static void draw_messages(struct chat_view *view, struct pen *pen, const struct call *call, SDL_Rect area)
{
    struct metrics m = measures(pen, area.w);
    int count_line = pen_scaled(pen, 31) + pen_px(pen, 8), bottom = area.y + area.h, limit = area.y;
    size_t i = call->chat_count - view->skip;
    if (view->skip > 0) {
        draw_count(pen, area.x, bottom - count_line / 2, "cdown", view->skip, WORD_ONE_LATER, WORD_LATER);
        bottom -= count_line;
    }
    view->page = 0;
    view->fully = 1;
    for (; i > 0; i--) {
        const struct chat_bubble *bubble = wrapped(view, pen, &call->chat[i - 1], m.room);
        size_t lines = bubble->count, first = 0;
        bool lowest = view->page == 0;
        if (lowest) {
            view->skip_lines = MIN(view->skip_lines, lines ? lines - 1 : 0);
            lines -= view->skip_lines;
        }
        int top_limit = i > 1 ? limit + count_line + m.gap / 2 : limit;
        int height = height_of(view, pen, call, i - 1, &m, lines);
        if (bottom - height < top_limit) {
            if (!lowest)
                break;
            int chrome = height - (int)lines * m.line;
            size_t fit = (size_t)MAX((bottom - top_limit - chrome) / m.line, 1);
            first = lines > fit ? lines - fit : 0;
            lines -= first;
            height = height_of(view, pen, call, i - 1, &m, lines);
            view->fully = 0;
        }
        draw_bubble(pen, call, i - 1, bubble, area, bottom - height, first, lines, &m);
        bottom -= height + m.gap;
        view->page++;
    }
    view->top_reached = i == 0;
    if (i > 0)
        draw_count(pen, area.x, area.y + pen_scaled(pen, 31) / 2, "cup", i, WORD_ONE_EARLIER, WORD_EARLIER);
}

void chat_view_draw(struct chat_view *view, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused)
{
    SDL_Rect content = panel_draw(pen, panel, WORD_CHAT, "Esc");
    double t = pen->text_scale / 100.0;
    int field_high = pen_px(pen, 96 + (t - 1) * 70);
    SDL_Rect field = {content.x, panel.h - pen_px(pen, 48) - field_high, content.w, field_high};
    SDL_Rect area = {content.x, content.y + pen_px(pen, 8), content.w,
                     field.y - pen_px(pen, 32) - content.y - pen_px(pen, 8)};
    if (call->chat_count > 0)
        draw_messages(view, pen, call, area);
    else
        pen_paragraph(pen, area.x, area.y, area.w, pen_scaled(pen, 39),
                      (struct pen_style){30, false, THEME_SOFT, false}, WORD_NO_MESSAGES, 4, true);
    field_view_draw(&view->field, pen, field, WORD_WRITE, view->composing, t < 2 ? "send" : NULL, focused,
                    &view->caret);
}

void chat_view_scroll(struct chat_view *view, const struct call *call, int steps)
{
    for (; steps > 0; steps--) {
        if (view->top_reached && view->fully)
            return;
        if (!view->fully)
            view->skip_lines++;
        else if (view->skip + 1 < call->chat_count) {
            view->skip++;
            view->skip_lines = 0;
        }
    }
    for (; steps < 0; steps++) {
        if (view->skip_lines > 0)
            view->skip_lines--;
        else if (view->skip > 0)
            view->skip--;
    }
}
