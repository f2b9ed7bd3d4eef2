#include "card.h"

#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

#define TITLE  ((struct pen_style){34, true, THEME_TEXT, false})
#define SECOND ((struct pen_style){26, false, THEME_SOFT, false})

static int words_width(struct pen *pen, int width)
{
    return width - 2 * pen_px(pen, 36) - pen_scaled(pen, 44) - pen_px(pen, 24);
}

SDL_Rect card_rect(struct pen *pen, SDL_Rect stage, int bottom)
{
    int width = MIN(pen_scaled(pen, 860), stage.w - 2 * pen_px(pen, 48)), room = words_width(pen, width);
    int text = pen_paragraph(pen, 0, 0, room, pen_scaled(pen, 45), TITLE, WORD_DROPPED, 3, false);
    text += pen_paragraph(pen, 0, 0, room, pen_scaled(pen, 34), SECOND, WORD_DROPPED_ADVICE, 3, false);
    int height = text + pen_scaled(pen, 33);
    return (SDL_Rect){stage.x + (stage.w - width) / 2, bottom - height, width, height};
}

void card_reconnecting(struct pen *pen, SDL_Rect rect)
{
    int icon = pen_scaled(pen, 44), pad = pen_px(pen, 36), room = words_width(pen, rect.w),
        x = rect.x + rect.w - pad - room;
    int top = rect.y + pen_scaled(pen, 33) / 2;
    pen_shadow(pen, rect, pen_px(pen, 24), PEN_HIGH);
    pen_round(pen, rect, pen_px(pen, 24), THEME_CARD);
    pen_border(pen, rect, pen_px(pen, 24), MAX(pen_px(pen, 1), 1), THEME_HAIR);
    pen_icon(pen, "wait", rect.x + pad, rect.y + (rect.h - icon) / 2, icon, THEME_ACCENT);
    top += pen_paragraph(pen, x, top, room, pen_scaled(pen, 45), TITLE, WORD_DROPPED, 3, true);
    pen_paragraph(pen, x, top, room, pen_scaled(pen, 34), SECOND, WORD_DROPPED_ADVICE, 3, true);
}

void card_more(struct pen *pen, SDL_Rect rect, size_t count)
{
    char words[48];
    snprintf(words, sizeof words, WORD_MORE(count), (unsigned)count);
    pen_round(pen, rect, pen_px(pen, THEME_TILE_RADIUS), THEME_PANEL);
    pen_text_middle(pen, rect.x + rect.w / 2, rect.y + rect.h / 2, (struct pen_style){30, false, THEME_SOFT, false},
                    words);
}

void card_unread(struct pen *pen, SDL_Rect rect, unsigned count)
{
    char words[16];
    int icon = pen_scaled(pen, 28), y = rect.y + rect.h / 2;
    snprintf(words, sizeof words, count > 99 ? "99+" : "%u", count);
    struct pen_style style = {28, true, THEME_TEXT, false};
    int wide = pen_width(pen, style, words, strlen(words)), gap = pen_px(pen, 10);
    int x = rect.x + (rect.w - icon - gap - wide) / 2;
    pen_round(pen, rect, pen_px(pen, 12), THEME_SCRIM);
    pen_icon(pen, "chat", x, y - icon / 2, icon, THEME_ACCENT);
    pen_text(pen, x + icon + gap, y, style, words);
}

static const char *page_words(char *out, size_t size, size_t page, size_t pages)
{
    snprintf(out, size, WORD_PAGE, (unsigned)page + 1, (unsigned)pages);
    return out;
}

SDL_Rect card_page_rect(struct pen *pen, SDL_Rect stage, size_t page, size_t pages)
{
    char words[48];
    page_words(words, sizeof words, page, pages);
    int wide = pen_width(pen, (struct pen_style){28, true, THEME_TEXT, false}, words, strlen(words)) +
               2 * pen_scaled(pen, 16),
        high = pen_scaled(pen, 48), edge = pen_px(pen, THEME_EDGE_SPACE);
    return (SDL_Rect){stage.x + stage.w - edge - wide, stage.y + stage.h - edge - high, wide, high};
}

void card_page(struct pen *pen, SDL_Rect rect, size_t page, size_t pages)
{
    char words[48];
    pen_round(pen, rect, pen_px(pen, 12), THEME_SCRIM);
    pen_text_middle(pen, rect.x + rect.w / 2, rect.y + rect.h / 2, (struct pen_style){28, true, THEME_TEXT, false},
                    page_words(words, sizeof words, page, pages));
}
