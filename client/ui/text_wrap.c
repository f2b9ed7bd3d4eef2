#include "text_wrap.h"

#include "client/utf8.h"

#include <stdbool.h>

struct wrapper {
    const char *text;
    size_t length;
    int width;
    text_measure *measure;
    void *ctx;
    struct text_span *spans;
    size_t max, count;
    size_t line_start, line_end; // the line being filled; end without trailing spaces
    int line_width;              // up to line_end
    int gap;                     // spaces after line_end
    bool open;                   // something (even nothing but a line feed) is on the line
};

static void flush(struct wrapper *w)
{
    if (w->count < w->max)
        w->spans[w->count] = (struct text_span){w->line_start, w->line_end - w->line_start, w->line_width};
    w->count++;
    w->line_width = w->gap = 0;
    w->open = false;
}

// Length of the piece at `at` that must not be broken unless it is longer than a line.
static size_t piece(const struct wrapper *w, size_t at)
{
    size_t end = at;
    uint32_t code = 0;
    while (end < w->length) {
        utf8_next(w->text + end, w->length - end, &code);
        if (code == ' ' || code == '\n' || code == 0x3000)
            break;
        bool wide = utf8_is_wide(code) || utf8_is_emoji(code);
        if (wide && end > at)
            break;
        end += utf8_cluster(w->text + end, w->length - end);
        uint32_t after = 0;
        utf8_next(w->text + end, w->length - end, &after);
        bool digit = after >= '0' && after <= '9'; // -7 stays together
        if (wide || (code == '-' && !digit) || code == 0x2010 || code == 0x2013 || code == 0x2014)
            break;
    }
    // Closing CJK punctuation never begins a line.
    while (end > at && end < w->length) {
        size_t n = utf8_next(w->text + end, w->length - end, &code);
        bool closing = code == 0x3001 || code == 0x3002 || code == 0xFF0C || code == 0xFF01 || code == 0xFF1F ||
                       code == 0xFF09 || code == 0x300D || code == 0x300F || code == 0xFF1A || code == 0xFF1B;
        if (!closing)
            break;
        end += n;
    }
    return end - at;
}

static void put(struct wrapper *w, size_t at, size_t length, int width)
{
    if (w->open && w->line_width > 0 && w->line_width + w->gap + width > w->width)
        flush(w);
    if (!w->open) {
        w->open = true;
        w->line_start = at;
        w->line_width = w->gap = 0;
    }
    w->line_width += w->gap + width;
    w->line_end = at + length;
    w->gap = 0;
}

static void put_piece(struct wrapper *w, size_t at, size_t length)
{
    int width = w->measure(w->ctx, w->text + at, length);
    if (width <= w->width) {
        put(w, at, length, width);
        return;
    }
    for (size_t end = at + length; at < end;) {
        size_t n = utf8_cluster(w->text + at, end - at);
        put(w, at, n, w->measure(w->ctx, w->text + at, n));
        at += n;
    }
}

size_t text_wrap(const char *text, size_t length, int width, text_measure *measure, void *ctx, struct text_span *spans,
                 size_t max)
{
    struct wrapper w = {
        .text = text, .length = length, .width = width, .measure = measure, .ctx = ctx, .spans = spans, .max = max};
    int space = measure(ctx, " ", 1);
    for (size_t at = 0; at < length;) {
        if (text[at] == '\n') {
            if (!w.open)
                w.line_start = w.line_end = at;
            flush(&w);
            at++;
        } else if (text[at] == ' ') {
            w.gap += space;
            at++;
        } else {
            size_t n = piece(&w, at);
            if (n == 0)
                n = utf8_cluster(text + at, length - at);
            put_piece(&w, at, n);
            at += n;
        }
    }
    if (w.open)
        flush(&w);
    return w.count;
}
