#include "chooser_view.h"

#include "calendar.h"
#include "file_words.h"
#include "hash.h"
#include "panel.h"
#include "people.h"
#include "scroll.h"
#include "shared/base.h"
#include "theme.h"
#include "tile.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROW = 88, GAP = 8 };

uint64_t chooser_view_signature(const struct chooser *c, const struct directory_list *list, const struct call *call,
                                bool focused)
{
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    uint64_t h = hash_int(hash_words(HASH_START, c->path), c->step * 2u + (focused ? 1u : 0));
    h = hash_int(hash_int(h, c->focus), (uint64_t)list->number << 2 | list->state);
    if (c->step != CHOOSER_WHOM)
        return h;
    size_t count = chooser_whom(call, row);
    for (size_t i = 0; i < count; i++)
        h = hash_int(hash_words(h, row[i] ? row[i]->name : ""), row[i] ? row[i]->id : 0);
    return hash_int(hash_words(h, c->name), chooser_whom_focus(c, call));
}

// In high contrast what has the focus has a second line inside: the words keep away from it.
static int row_height(const struct pen *pen)
{
    return pen_scaled(pen, ROW) + (THEME_HIGH ? pen_px(pen, 16) : 0);
}

int chooser_view_page(struct pen *pen, int panel_height)
{
    return MAX((panel_height - pen_px(pen, 220)) / (row_height(pen) + pen_px(pen, GAP)) - 1, 1);
}

static const char *place_words(enum directory_place place)
{
    switch (place) {
    case DIRECTORY_DOWNLOADS:
        return WORD_PLACE_DOWNLOADS;
    case DIRECTORY_PICTURES:
        return WORD_PLACE_PICTURES;
    case DIRECTORY_VIDEOS:
        return WORD_PLACE_VIDEOS;
    case DIRECTORY_MUSIC:
        return WORD_PLACE_MUSIC;
    case DIRECTORY_DOCUMENTS:
        return WORD_PLACE_DOCUMENTS;
    case DIRECTORY_HOME:
        return WORD_PLACE_HOME;
    default:
        return NULL;
    }
}

struct row {
    const char *icon; // NULL: initials on a disc
    uint32_t disc;
    char initials[32], name[256], second[160];
    bool faint; // it can be looked at, not chosen
};

// Today by the time, this year by the day, else with the year.
static void date_words(char *out, size_t size, int64_t at_s, int64_t now_s)
{
    struct tm at, now;
    time_t a = (time_t)at_s, n = (time_t)now_s;
    localtime_r(&a, &at);
    localtime_r(&n, &now);
    if (at.tm_year == now.tm_year && at.tm_yday == now.tm_yday)
        strftime(out, size, "%H:%M", &at);
    else
        calendar_day_of(out, size, &at, at.tm_year != now.tm_year);
}

static void fill_entry(struct row *row, const struct directory_entry *e, int64_t now_s)
{
    char date[96], bytes[FILE_WORDS_SIZE];
    const char *place = place_words(e->place);
    *row = (struct row){.icon = e->place == DIRECTORY_MEDIUM ? "drive"
                                : e->place == DIRECTORY_HOME ? "room"
                                : e->folder                  ? "folder"
                                                             : "file"};
    if (place)
        snprintf(row->name, sizeof row->name, "%s", place);
    else
        file_words_name(row->name, sizeof row->name, e->name);
    if (e->place != DIRECTORY_NO_PLACE) {
        snprintf(row->second, sizeof row->second, "%s", e->place == DIRECTORY_MEDIUM ? WORD_PLACE_MEDIUM : "");
        return;
    }
    date_words(date, sizeof date, e->changed_s, now_s);
    file_words_size(bytes, sizeof bytes, e->size);
    row->faint = !e->folder && e->size > CHOOSER_LARGEST;
    if (e->folder)
        snprintf(row->second, sizeof row->second, WORD_FOLDER_OF, date);
    else if (row->faint)
        snprintf(row->second, sizeof row->second, WORD_FILE_LARGE_ROW, bytes);
    else
        snprintf(row->second, sizeof row->second, WORD_FILE_OF, bytes, date);
}

static void fill_whom(struct row *row, const struct call_member *m, const struct call *call)
{
    *row = (struct row){.icon = "people"};
    if (!m) {
        unsigned others = people_known(call) - 1;
        snprintf(row->name, sizeof row->name, "%s", WORD_EVERYONE);
        snprintf(row->second, sizeof row->second, WORD_PEOPLE_COUNT(others), others);
        return;
    }
    trust_words_name(row->name, sizeof row->name, m->name);
    trust_words_short(row->second, sizeof row->second, m);
    row->icon = NULL;
    row->disc = tile_avatar_colour(m->identity);
    tile_initials(row->name, row->initials, sizeof row->initials);
}

static void draw_row(struct pen *pen, SDL_Rect at, const struct row *row, bool focused)
{
    int side = pen_px(pen, 16), y = at.y + at.h / 2, x = at.x + side, size = pen_scaled(pen, row->icon ? 40 : 56);
    int space = pen_px(pen, 20), right = at.x + at.w - side;
    uint32_t ink = focused ? THEME_ON_FOCUS : row->faint ? THEME_FAINT : THEME_TEXT;
    struct pen_style name = {34, false, ink, false};
    struct pen_style second = {26, false, focused ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
    name.bold = focused;
    if (focused) {
        pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
        pen_round(pen, at, pen_px(pen, 20), THEME_FOCUS);
    }
    if (row->icon) {
        pen_icon(pen, row->icon, x, y - size / 2, size, focused ? THEME_ON_FOCUS : THEME_SOFT);
    } else {
        pen_disc(pen, x + size / 2, y, size / 2, row->disc);
        pen_text_middle(pen, x + size / 2, y, (struct pen_style){24, true, THEME_TEXT, false}, row->initials);
    }
    x += size + space;
    pen_text_fit(pen, x, row->second[0] ? y - pen_scaled(pen, 18) : y, name, row->name, right - x);
    if (row->second[0])
        pen_text_fit(pen, x, y + pen_scaled(pen, 20), second, row->second, right - x);
}

struct rows { // what draws any of the two lists
    const struct directory_list *list;
    const struct call *call;
    const struct call_member *const *whom; // NULL: the list of files
    size_t count, focus;
    int64_t now_s;
};

static void draw_rows(struct chooser *c, struct pen *pen, const struct rows *rows, SDL_Rect area, bool focused)
{
    static int heights[DIRECTORY_ENTRIES_MAX]; // main thread; all the same
    int high = row_height(pen), gap = pen_px(pen, GAP), line = pen_scaled(pen, 40), y = area.y;
    int side = pen_px(pen, 16);
    for (size_t i = 0; i < rows->count; i++)
        heights[i] = high + gap;
    const struct scroll scroll = {heights, rows->count, area.h + gap, line};
    c->top = scroll_top(&scroll, c->top, rows->focus);
    size_t end = scroll_end(&scroll, c->top);
    if (c->top > 0) {
        panel_more(pen, area.x + side, y + line / 2, "cup", WORD_UP_MORE(c->top), c->top);
        y += line;
    }
    for (size_t i = c->top; i < end; i++, y += high + gap) {
        struct row row;
        if (rows->whom)
            fill_whom(&row, rows->whom[i], rows->call);
        else
            fill_entry(&row, &rows->list->entries[i], rows->now_s);
        draw_row(pen, (SDL_Rect){area.x, y, area.w, high}, &row, focused && i == rows->focus);
    }
    if (end < rows->count)
        panel_more(pen, area.x + side, y + line / 2, "cdown", WORD_DOWN_MORE(rows->count - end), rows->count - end);
}

// The folder one is in, by its own name; a place by the word one came in by.
static void folder_words(char *out, size_t size, const struct chooser *c)
{
    const char *slash = strrchr(c->path, '/');
    if (!c->path[0])
        snprintf(out, size, "%s", WORD_FILE_SEND);
    else if (!strcmp(c->path, c->root) && place_words(c->place))
        snprintf(out, size, "%s", place_words(c->place));
    else
        file_words_name(out, size, slash && slash[1] ? slash + 1 : c->path);
}

static const char *empty_words(const struct directory_list *list)
{
    switch (list->state) {
    case DIRECTORY_READING:
        return WORD_FOLDER_READING;
    case DIRECTORY_FAILED:
        return WORD_FOLDER_FAILED;
    default:
        return WORD_FOLDER_EMPTY;
    }
}

// The letters typed so far change nothing here: where they lead is seen.
static void draw_files(struct chooser *c, struct pen *pen, const struct directory_list *list, SDL_Rect panel,
                       bool focused, int64_t now_s)
{
    char title[256];
    struct pen_style soft = {26, false, THEME_SOFT, false};
    folder_words(title, sizeof title, c);
    SDL_Rect in = panel_draw_as(pen, panel, title, "Esc", c->path[0] ? WORD_BACK : WORD_CLOSE);
    int side = pen_px(pen, 16), foot = 0, line = pen_scaled(pen, 34);
    if (list->more)
        foot = pen_paragraph(pen, 0, 0, in.w, line, soft, WORD_FOLDER_MORE, 3, false);
    SDL_Rect area = {in.x - side, in.y, in.w + 2 * side, in.h - foot - (foot ? pen_px(pen, 16) : 0)};
    if (list->count == 0)
        pen_paragraph(pen, in.x, in.y, in.w, pen_scaled(pen, 39), (struct pen_style){30, false, THEME_SOFT, false},
                      empty_words(list), 3, true);
    draw_rows(c, pen, &(struct rows){.list = list, .count = list->count, .focus = c->focus, .now_s = now_s}, area,
              focused);
    if (foot)
        pen_paragraph(pen, in.x, in.y + in.h - foot, in.w, line, soft, WORD_FOLDER_MORE, 3, true);
}

static void draw_whom(struct chooser *c, struct pen *pen, const struct call *call, SDL_Rect panel, bool focused)
{
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    size_t count = chooser_whom(call, row), focus = chooser_whom_focus(c, call);
    char name[256], bytes[FILE_WORDS_SIZE];
    struct pen_style soft = {26, false, THEME_SOFT, false}, bold = {30, true, THEME_TEXT, false};
    SDL_Rect in = panel_draw_as(pen, panel, WORD_FILE_WHOM, "Esc", WORD_BACK);
    int side = pen_px(pen, 16), pad = pen_px(pen, 24), icon = pen_scaled(pen, 40), x = in.x + pen_px(pen, 28);
    SDL_Rect card = {in.x, in.y, in.w, 2 * pad + pen_scaled(pen, 73)};
    int text = x + icon + pen_px(pen, 20), right = in.x + in.w - pen_px(pen, 28);
    file_words_name(name, sizeof name, c->name);
    file_words_size(bytes, sizeof bytes, c->size);
    pen_round(pen, card, pen_px(pen, 20), THEME_RAISED);
    pen_icon(pen, "file", x, card.y + (card.h - icon) / 2, icon, THEME_SOFT);
    pen_text_fit(pen, text, card.y + pad + pen_scaled(pen, 20), bold, name, right - text);
    pen_text_fit(pen, text, card.y + pad + pen_scaled(pen, 56), soft, bytes, right - text);
    int top = card.y + card.h + pad;
    SDL_Rect area = {in.x - side, top, in.w + 2 * side, in.y + in.h - top};
    if (count == 0)
        pen_paragraph(pen, in.x, top, in.w, pen_scaled(pen, 39), (struct pen_style){30, false, THEME_SOFT, false},
                      WORD_FILE_NOBODY, 3, true);
    draw_rows(c, pen, &(struct rows){.whom = row, .call = call, .count = count, .focus = focus}, area, focused);
}

void chooser_view_draw(struct chooser *c, struct pen *pen, const struct directory_list *list, const struct call *call,
                       SDL_Rect panel, bool focused, int64_t now_s)
{
    if (c->step == CHOOSER_WHOM)
        draw_whom(c, pen, call, panel, focused);
    else
        draw_files(c, pen, list, panel, focused, now_s);
}
