#include "field_view.h"

#include "shared/base.h"
#include "theme.h"
#include "client/utf8.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 4096 };

static int width_to(struct pen *pen, struct pen_style style, const struct field *f, size_t from, size_t to)
{
    return to > from ? pen_width(pen, style, f->text + from, to - from) : 0;
}

// Move the first shown byte so that the caret is inside, with a little of what lies before it.
static void follow_caret(struct field *f, struct pen *pen, struct pen_style style, int room)
{
    if (f->scroll > f->caret)
        f->scroll = f->caret;
    while (f->scroll < f->caret && width_to(pen, style, f, f->scroll, f->caret) > room)
        f->scroll += utf8_cluster(f->text + f->scroll, f->length - f->scroll);
    while (f->scroll > 0) {
        size_t before = f->scroll - utf8_previous(f->text, f->scroll);
        if (width_to(pen, style, f, before, f->length) > room)
            break;
        f->scroll = before;
    }
}

// The words as one line, with what is being composed in its place and underlined: whichever way they run, the caret
// stands where the next letter comes. Returns its place.
static int draw_words(struct pen *pen, struct pen_style style, const struct field *f, size_t end, const char *composing,
                      SDL_Point at, SDL_Point bar)
{
    static char line[SHOWN_BYTES]; // main thread only
    size_t before = MIN(f->caret - f->scroll, sizeof line / 2), n = MIN(strlen(composing), sizeof line / 4);
    size_t after = MIN(end - f->caret, sizeof line / 4), length = before + n + after;
    memcpy(line, f->text + f->caret - before, before);
    memcpy(line + before, composing, n);
    memcpy(line + before + n, f->text + f->caret, after);
    pen_text_part(pen, at.x, at.y, style, line, length);
    int from = pen_caret(pen, style, line, length, before), to = pen_caret(pen, style, line, length, before + n);
    if (n)
        pen_fill(pen, (SDL_Rect){at.x + MIN(from, to), at.y + bar.y / 2 - bar.x, abs(to - from), bar.x}, THEME_ACCENT);
    sodium_memzero(line, length);
    return to;
}

void field_view_draw(struct field *field, struct pen *pen, SDL_Rect rect, const char *hint, const char *composing,
                     const char *icon, bool focused, SDL_Rect *caret)
{
    struct pen_style style = {34, false, THEME_TEXT, false}, soft = {34, false, THEME_FAINT, false};
    int radius = pen_px(pen, 20), side = pen_px(pen, 24), y = rect.y + rect.h / 2;
    pen_round(pen, rect, radius, THEME_WALL);
    pen_border(pen, rect, radius, pen_px(pen, focused ? 3 : 2), focused ? THEME_FOCUS : THEME_EDGE);
    int right = rect.x + rect.w - side;
    if (icon) {
        int size = pen_scaled(pen, 36);
        right -= size;
        pen_icon(pen, icon, right, y - size / 2, size, field->length ? THEME_SOFT : THEME_EDGE);
        right -= pen_px(pen, 16);
    }
    int bar = MAX(pen_px(pen, 3), 1), high = pen_scaled(pen, 44), x = rect.x + side;
    int composed = (int)strlen(composing) ? pen_width(pen, style, composing, strlen(composing)) : 0;
    follow_caret(field, pen, style, MAX(right - x - composed - bar, side));
    int before = width_to(pen, style, field, field->scroll, field->caret), edge = before + composed;
    // Show whole clusters only.
    size_t end = field->caret;
    int used = before + composed + bar;
    while (end < field->length) {
        size_t n = utf8_cluster(field->text + end, field->length - end);
        used += pen_width(pen, style, field->text + end, n);
        if (x + used > right)
            break;
        end += n;
    }
    if (field->length == 0 && !composed) {
        int at = x + (focused ? pen_px(pen, 10) : 0);
        pen_shrink(pen, &soft, hint, right - at);
        pen_text_fit(pen, at, y, soft, hint, right - at);
    } else {
        edge = draw_words(pen, style, field, end, composing, (SDL_Point){x, y}, (SDL_Point){bar, high});
    }
    *caret = (SDL_Rect){x + edge, y - high / 2, bar, high};
    if (focused)
        pen_fill(pen, *caret, THEME_ACCENT);
}

static void dots(struct field *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length && out->length + 4 < sizeof out->text;) {
        i += utf8_cluster(text + i, length - i);
        memcpy(out->text + out->length, "•", 4);
        out->length += 3;
    }
}

void field_view_draw_secret(struct field *field, struct pen *pen, SDL_Rect rect, const char *hint,
                            const char *composing, SDL_Rect *caret)
{
    struct field shown = {.length = 0}, unfinished = {.length = 0};
    dots(&shown, field->text, field->caret);
    shown.caret = shown.length;
    dots(&shown, field->text + field->caret, field->length - field->caret);
    dots(&unfinished, composing, strlen(composing));
    field_view_draw(&shown, pen, rect, hint, unfinished.text, NULL, true, caret);
}

bool field_view_key(struct field *field, SDL_Keycode key, uint16_t modifiers)
{
    if (modifiers & KMOD_CTRL) {
        if (key == SDLK_v) {
            char *pasted = SDL_GetClipboardText();
            if (pasted)
                field_insert(field, pasted);
            SDL_free(pasted);
            return true;
        }
        if (key == SDLK_u) {
            field_clear(field);
            return true;
        }
        return false;
    }
    switch (key) {
    case SDLK_BACKSPACE:
        field_backspace(field);
        return true;
    case SDLK_DELETE:
        field_delete(field);
        return true;
    case SDLK_LEFT:
        field_left(field);
        return true;
    case SDLK_RIGHT:
        field_right(field);
        return true;
    case SDLK_HOME:
        field_home(field);
        return true;
    case SDLK_END:
        field_end(field);
        return true;
    default:
        return false;
    }
}
