// The words part of pen.
#include "pen.h"

#include "shared/base.h"
#include "text.h"
#include "text_wrap.h"
#include "theme.h"

#include <math.h>
#include <string.h>

enum { PARAGRAPH_LINES = 32 };

int pen_size(const struct pen *pen, struct pen_style style)
{
    double scale = style.fixed ? 1.0 : pen->text_scale / 100.0;
    return MAX((int)lround((double)style.pt * pen->u * scale), 6);
}

static struct text_font font_of(const struct pen *pen, struct pen_style style)
{
    return (struct text_font){.size = pen_size(pen, style), .bold = style.bold};
}

// Tell a listener; true when what is drawn from now on is a part of this.
static bool tell(struct pen *pen, const char *words, bool cut)
{
    if (!pen->written || pen->within)
        return false;
    pen->written(words, cut);
    return pen->within = true;
}

int pen_text_based(struct pen *pen, int x, int y, struct pen_style style, const char *words, size_t length,
                   enum text_base base)
{
    if (length == 0)
        return 0;
    struct text_font font = font_of(pen, style);
    font.base = base;
    const struct text_line *line = text_line(pen->text, font, style.colour, words, length);
    // Inter's capitals are 0.727 em high: this puts their middle on y.
    int baseline = y + (int)lround(font.size * 0.3635);
    canvas_draw(pen->canvas, line->image, NULL, x, baseline - line->rise, (uint32_t)pen->alpha << 24 | 0xFFFFFFu);
    return line->width;
}

int pen_text_part(struct pen *pen, int x, int y, struct pen_style style, const char *words, size_t length)
{
    return pen_text_based(pen, x, y, style, words, length, TEXT_BASE_OWN);
}

int pen_caret(struct pen *pen, struct pen_style style, const char *words, size_t length, size_t at)
{
    return text_caret(pen->text, font_of(pen, style), words, length, at);
}

int pen_text(struct pen *pen, int x, int y, struct pen_style style, const char *words)
{
    bool whole = tell(pen, words, false);
    int width = pen_text_part(pen, x, y, style, words, strlen(words));
    pen->within &= !whole;
    return width;
}

int pen_width(struct pen *pen, struct pen_style style, const char *words, size_t length)
{
    return text_width(pen->text, font_of(pen, style), words, length);
}

int pen_text_fit(struct pen *pen, int x, int y, struct pen_style style, const char *words, int width)
{
    char fitted[1024];
    text_fit(pen->text, font_of(pen, style), words, width, fitted, sizeof fitted);
    bool whole = tell(pen, words, strcmp(words, fitted) != 0);
    int used = pen_text(pen, x, y, style, fitted);
    pen->within &= !whole;
    return used;
}

void pen_shrink(struct pen *pen, struct pen_style *style, const char *words, int width)
{
    float least = style->pt * 0.6f;
    int wide = pen_width(pen, *style, words, strlen(words));
    if (wide > width && wide > 0)
        style->pt = MAX(style->pt * (float)width / (float)wide, least);
    // Letters have whole pixels, so their width does not quite follow their size.
    while (style->pt > least && pen_width(pen, *style, words, strlen(words)) > width)
        style->pt = MAX(style->pt - 0.5f, least);
}

int pen_text_right(struct pen *pen, int right, int y, struct pen_style style, const char *words)
{
    int width = pen_width(pen, style, words, strlen(words));
    return pen_text(pen, right - width, y, style, words);
}

int pen_text_middle(struct pen *pen, int x, int y, struct pen_style style, const char *words)
{
    int width = pen_width(pen, style, words, strlen(words));
    return pen_text(pen, x - width / 2, y, style, words);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int pen_number(struct pen *pen, int right, int y, struct pen_style style, const char *words)
{
    int cell = (int)lround(pen_size(pen, style) * (style.bold ? 0.67 : 0.65));
    int width = 0;
    bool whole = tell(pen, words, false);
    // From the right: what stands behind the number keeps its place, digits stand in the middle of their cells.
    for (size_t end = strlen(words); end > 0;) {
        size_t start = end - 1;
        if (is_digit(words[start])) {
            int w = pen_width(pen, style, words + start, 1);
            width += cell;
            pen_text_part(pen, right - width + (cell - w) / 2, y, style, words + start, 1);
        } else {
            while (start > 0 && !is_digit(words[start - 1]))
                start--;
            width += pen_width(pen, style, words + start, end - start);
            pen_text_part(pen, right - width, y, style, words + start, end - start);
        }
        end = start;
    }
    pen->within &= !whole;
    return width;
}

struct measure {
    struct pen *pen;
    struct pen_style style;
};

static int measure_words(void *ctx, const char *words, size_t length)
{
    struct measure *m = ctx;
    return pen_width(m->pen, m->style, words, length);
}

int pen_paragraph(struct pen *pen, int x, int top, int width, int line, struct pen_style style, const char *words,
                  int most, bool draw)
{
    struct text_span span[PARAGRAPH_LINES];
    struct measure m = {pen, style};
    size_t lines = text_wrap(words, strlen(words), width, measure_words, &m, span, PARAGRAPH_LINES);
    size_t shown = MIN(MIN(lines, (size_t)PARAGRAPH_LINES), (size_t)MAX(most, 1));
    bool whole = draw && tell(pen, words, lines > shown);
    for (size_t i = 0; i < shown && draw; i++) {
        int y = top + (int)i * line + line / 2;
        bool cut = i + 1 == shown && lines > shown;
        if (cut) // the rest of the words, so that the ellipsis falls where they end
            pen_text_fit(pen, x, y, style, words + span[i].start, width);
        else
            pen_text_part(pen, x, y, style, words + span[i].start, span[i].length);
    }
    pen->within &= !whole;
    return (int)shown * line;
}

static struct pen_style key_style(void)
{
    return (struct pen_style){26, true, THEME_TEXT, false};
}

int pen_key_width(struct pen *pen, const char *words)
{
    int inner = pen_width(pen, key_style(), words, strlen(words));
    return MAX(inner + 2 * pen_scaled(pen, 12), pen_scaled(pen, 48));
}

int pen_key_on(struct pen *pen, int x, int y, const char *words, uint32_t border, uint32_t ink)
{
    int width = pen_key_width(pen, words), height = pen_scaled(pen, 44);
    struct pen_style style = key_style();
    style.colour = ink;
    pen_border(pen, (SDL_Rect){x, y - height / 2, width, height}, pen_px(pen, 10), pen_px(pen, 2), border);
    pen_text_middle(pen, x + width / 2, y, style, words);
    return width;
}

int pen_key(struct pen *pen, int x, int y, const char *words)
{
    return pen_key_on(pen, x, y, words, THEME_EDGE, key_style().colour);
}
