#include "chat_view.h"

#include "chat_address_view.h"
#include "chat_bubble.h"
#include "field_view.h"
#include "hash.h"
#include "panel.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void chat_view_destroy(struct chat_view *view)
{
    for (size_t i = 0; i < CHAT_VIEW_KEPT; i++) {
        free(view->bubble[i]);
        view->bubble[i] = NULL;
    }
}

uint64_t chat_view_signature(const struct chat_view *view, const struct call *call)
{
    uint64_t h = hash_int(HASH_START, call->chat_changes);
    h = hash_int(h, view->field.change);
    h = hash_int(h, view->skip * 10000 + view->skip_lines);
    h = hash_int(h, chat_address_view_signature(&view->address, call));
    return hash_words(h, view->composing);
}

// What was being written was for the people of that room.
static void follow_room(struct chat_view *view, const struct call *call)
{
    if (!call->code[0] || strcmp(call->code, view->code) == 0)
        return;
    if (view->code[0]) {
        field_clear(&view->field);
        chat_address_set(&view->address, NULL);
        view->composing[0] = '\0';
    }
    snprintf(view->code, sizeof view->code, "%s", call->code);
}

void chat_view_update(struct chat_view *view, const struct call *call)
{
    uint32_t last = call->chat_count ? call->chat[call->chat_count - 1].number : 0;
    follow_room(view, call);
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

static void draw_count(struct pen *pen, int x, int y, const char *icon, size_t count, const char *format)
{
    struct pen_style faint = {24, false, THEME_FAINT, false};
    char words[64];
    int size = pen_scaled(pen, 28);
    snprintf(words, sizeof words, format, (unsigned)count);
    pen_icon(pen, icon, x, y - size / 2, size, THEME_FAINT);
    pen_text(pen, x + size + pen_px(pen, 12), y, faint, words);
}

// Whole messages from the bottom up; one that is longer than the panel is cut at the top and scrolled by lines.
static void draw_messages(struct chat_view *view, struct pen *pen, const struct call *call, SDL_Rect area)
{
    struct chat_bubble_metrics m = chat_bubble_measures(pen, area.w);
    int count_line = pen_scaled(pen, 31) + pen_px(pen, 8), bottom = area.y + area.h, limit = area.y;
    size_t i = call->chat_count - view->skip;
    if (view->skip > 0) {
        draw_count(pen, area.x, bottom - count_line / 2, "cdown", view->skip, WORD_LATER(view->skip));
        bottom -= count_line;
    }
    view->page = 0;
    view->fully = 1;
    for (; i > 0; i--) {
        const struct call_chat_line *line = &call->chat[i - 1];
        const struct chat_bubble *bubble =
            chat_bubble_wrap(&view->bubble[line->number % CHAT_VIEW_KEPT], pen, line, m.room);
        size_t lines = bubble->count, first = 0;
        bool lowest = view->page == 0;
        if (lowest) {
            view->skip_lines = MIN(view->skip_lines, lines ? lines - 1 : 0);
            lines -= view->skip_lines;
        }
        int top_limit = i > 1 ? limit + count_line + m.gap / 2 : limit;
        int height = chat_bubble_height(call, i - 1, &m, lines);
        if (bottom - height < top_limit) {
            if (!lowest)
                break;
            int chrome = height - (int)lines * m.line;
            size_t fit = (size_t)MAX((bottom - top_limit - chrome) / m.line, 1);
            first = lines > fit ? lines - fit : 0;
            lines -= first;
            height = chat_bubble_height(call, i - 1, &m, lines);
            view->fully = 0;
        }
        chat_bubble_draw(pen, call, i - 1, bubble, area, bottom - height, first, lines, &m);
        bottom -= height + m.gap;
        view->page++;
    }
    view->top_reached = i == 0;
    if (i > 0)
        draw_count(pen, area.x, area.y + pen_scaled(pen, 31) / 2, "cup", i, WORD_EARLIER(i));
}

void chat_view_draw(struct chat_view *view, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused)
{
    SDL_Rect content = panel_draw(pen, panel, WORD_CHAT, "Esc");
    double t = pen->text_scale / 100.0;
    char hint[CALL_NAME_MAX + 64];
    int field_high = pen_px(pen, 96 + (t - 1) * 70), line = chat_address_view_height(pen, &view->address, call);
    SDL_Rect field = {content.x, panel.h - pen_px(pen, 48) - field_high, content.w, field_high};
    SDL_Rect to = {content.x, field.y - line - (line ? pen_px(pen, 8) : 0), content.w, line};
    SDL_Rect area = {content.x, content.y + pen_px(pen, 8), content.w,
                     to.y - pen_px(pen, line ? 16 : 32) - content.y - pen_px(pen, 8)};
    if (view->address.choosing)
        chat_address_view_list(&view->address, pen, call, area, focused);
    else if (call->chat_count > 0)
        draw_messages(view, pen, call, area);
    else
        pen_paragraph(pen, area.x, area.y, area.w, pen_scaled(pen, 39),
                      (struct pen_style){30, false, THEME_SOFT, false}, WORD_NO_MESSAGES, 4, true);
    if (line)
        chat_address_view_line(&view->address, pen, call, to);
    chat_address_view_hint(&view->address, call, hint, sizeof hint);
    field_view_draw(&view->field, pen, field, hint, view->composing, t < 2 ? "send" : NULL,
                    focused && !view->address.choosing, &view->caret);
}

void chat_view_address(struct chat_view *view, const struct call_member *member)
{
    chat_address_set(&view->address, member);
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
