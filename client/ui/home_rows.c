#include "home_rows.h"

#include "calendar.h"
#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "tile.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

// One row as it is drawn.
struct row {
    const char *icon;        // NULL = the initials of `name`
    const uint8_t *identity; // for their colour
    char name[CALL_NAME_MAX], title[320], second[320], aside[96];
    char short_title[320], short_second[320]; // where the title does not fit; "" = cut it
    bool soft, warn;                          // not possible just now; who it is is in doubt
};

// Where rows are: one pane above the line and one below, or one for all when words are very large.
struct pane {
    SDL_Rect at;
    size_t first, end;
    bool below;  // only what is below the line
    int content; // pixels of all its rows
};

struct panes {
    struct pane pane[2];
    size_t count;
    int tall, low, line, note; // heights: a person, a choice, the line's room, the words when nobody is there
};

// "14:05", and the day before it when it was not today.
static void when(int64_t at_ms, int64_t now_ms, char clock[16], char day[64])
{
    time_t at = (time_t)(at_ms / 1000), now = (time_t)(now_ms / 1000);
    struct tm tm, today;
    localtime_r(&at, &tm);
    localtime_r(&now, &today);
    strftime(clock, 16, "%H:%M", &tm);
    day[0] = '\0';
    if (tm.tm_yday != today.tm_yday || tm.tm_year != today.tm_year)
        snprintf(day, 64, "%s", calendar_day(&tm));
}

void home_rows_missed(const struct call_missed *missed, int64_t now_ms, char *words, size_t size)
{
    char clock[16], day[64], name[CALL_NAME_MAX];
    trust_words_name(name, sizeof name, missed->name);
    when(missed->at_ms, now_ms, clock, day);
    if (day[0])
        snprintf(words, size, WORD_MISSED_DAY, name, day, clock);
    else
        snprintf(words, size, WORD_MISSED_TODAY, name, clock);
}

static const char *state_words(const struct call_person *p)
{
    if (p->trust == CALL_TRUST_CHANGED)
        return WORD_NOT_YOUR_SCREEN;
    if (p->trust == CALL_TRUST_STRANGER)
        return WORD_STRANGER;
    if (p->state == CALL_PERSON_BUSY)
        return WORD_IN_A_CALL;
    if (p->state == CALL_PERSON_AWAY)
        return WORD_PERSON_AWAY;
    return p->answers ? WORD_FREE_ANSWERS : WORD_FREE;
}

static const struct call_person *person_of(const struct call *call, struct home_row row)
{
    if (row.kind == HOME_PERSON)
        return &call->people[row.index];
    for (size_t i = 0; row.kind == HOME_MISSED && i < call->people_count; i++)
        if (memcmp(call->people[i].identity, call->missed[row.index].identity, 32) == 0)
            return &call->people[i];
    return NULL;
}

static void person_row(struct row *r, const struct call_person *p)
{
    bool met = p->met || p->paired || p->trust != CALL_TRUST_NEW;
    trust_words_name(r->name, sizeof r->name, p->name);
    snprintf(r->title, sizeof r->title, "%s", r->name);
    snprintf(r->second, sizeof r->second, met ? "%s" : WORD_NOT_MET, state_words(p));
    r->identity = p->identity;
    r->soft = p->state == CALL_PERSON_BUSY || p->trust == CALL_TRUST_STRANGER;
    r->warn = p->trust == CALL_TRUST_CHANGED || p->trust == CALL_TRUST_STRANGER;
}

static void missed_row(struct row *r, const struct home_list *list, const struct call *call, struct home_row row,
                       int64_t now_ms)
{
    const struct call_missed *m = &call->missed[row.index];
    const struct call_person *p = person_of(call, row);
    const char *state = p ? state_words(p) : WORD_MISSED_GONE;
    size_t times = home_list_missed_times(list, call, row.index);
    char clock[16], day[64];
    when(m->at_ms, now_ms, clock, day);
    trust_words_name(r->name, sizeof r->name, m->name);
    home_rows_missed(m, now_ms, r->title, sizeof r->title);
    if (times > 1)
        snprintf(r->second, sizeof r->second, WORD_MISSED_TIMES(times), (unsigned)times, state);
    else
        snprintf(r->second, sizeof r->second, "%s", state);
    // When it was is worth more than the end of a long name.
    snprintf(r->short_title, sizeof r->short_title, "%s", r->name);
    if (day[0])
        snprintf(r->short_second, sizeof r->short_second, WORD_CALLED_DAY, day, clock);
    else
        snprintf(r->short_second, sizeof r->short_second, WORD_CALLED_TODAY, clock);
    r->identity = m->identity;
    r->warn = p && (p->trust == CALL_TRUST_CHANGED || p->trust == CALL_TRUST_STRANGER);
}

static void recent_row(struct row *r, const struct call_recent *recent, int64_t now_ms)
{
    char clock[16], day[64];
    snprintf(r->title, sizeof r->title, WORD_EARLIER_ROOM, recent->code, recent->code + 3);
    when(recent->left_ms, now_ms, clock, day);
    if (day[0])
        snprintf(r->aside, sizeof r->aside, WORD_UNTIL_DAY, day, clock);
    else
        snprintf(r->aside, sizeof r->aside, WORD_UNTIL, clock);
    r->icon = "room";
}

static void choice_row(struct row *r, const char *icon, const char *title)
{
    r->icon = icon;
    snprintf(r->title, sizeof r->title, "%s", title);
}

static struct row row_of(const struct home_list *list, const struct call *call, struct home_row row, int64_t now_ms)
{
    struct row r = {0};
    char words[96];
    switch (row.kind) {
    case HOME_MISSED:
        missed_row(&r, list, call, row, now_ms);
        break;
    case HOME_PERSON:
        person_row(&r, &call->people[row.index]);
        break;
    case HOME_START:
        choice_row(&r, "plus", WORD_START_ROOM);
        break;
    case HOME_JOIN:
        choice_row(&r, "door", WORD_JOIN_NUMBER);
        break;
    case HOME_BACK:
        snprintf(words, sizeof words, WORD_GO_BACK, call->back_code, call->back_code + 3);
        choice_row(&r, "room", words);
        break;
    case HOME_RECENT:
        recent_row(&r, &call->recent[row.index], now_ms);
        break;
    case HOME_SETTINGS:
    case HOME_ROW_NONE:
        choice_row(&r, "gear", WORD_SETTINGS);
        break;
    }
    return r;
}

void home_rows_refusal(const struct call *call, struct home_row row, char *words, size_t size)
{
    const struct call_person *p = person_of(call, row);
    char name[CALL_NAME_MAX];
    words[0] = '\0';
    if (row.kind != HOME_MISSED && row.kind != HOME_PERSON)
        return;
    trust_words_name(name, sizeof name, p ? p->name : call->missed[row.index].name);
    if (!p)
        snprintf(words, size, WORD_PERSON_GONE, name);
    else if (p->trust == CALL_TRUST_STRANGER)
        snprintf(words, size, WORD_PERSON_STRANGER, name);
    else if (p->state == CALL_PERSON_BUSY)
        snprintf(words, size, WORD_PERSON_BUSY, name);
}

const char *home_rows_verb(const struct call *call, struct home_row row)
{
    char why[320];
    home_rows_refusal(call, row, why, sizeof why);
    if (why[0])
        return "";
    switch (row.kind) {
    case HOME_MISSED:
    case HOME_PERSON:
        return WORD_CALL;
    case HOME_START:
        return WORD_START;
    case HOME_SETTINGS:
    case HOME_ROW_NONE:
        return WORD_SETTINGS_VERB;
    default:
        return WORD_JOIN;
    }
}

// Why nobody is in the list, and what that means.
static const char *note_words(const struct call *call, const char *screen_name, char *words, size_t size)
{
    const char *second = WORD_LIST_EMPTY_2;
    if (!call->relay_reached) {
        snprintf(words, size, "%s", WORD_LIST_NO_RELAY);
        second = WORD_LIST_NO_RELAY_2;
    } else if (call->name_taken) {
        if (screen_name[0])
            snprintf(words, size, WORD_LIST_TAKEN, screen_name);
        else
            snprintf(words, size, "%s", WORD_LIST_TAKEN_LEAST);
        second = WORD_LIST_TAKEN_2;
    } else if (!call->registered) {
        snprintf(words, size, "%s", WORD_LIST_SOON);
        second = WORD_LIST_SOON_2;
    } else {
        snprintf(words, size, "%s", WORD_LIST_EMPTY);
    }
    return second;
}

// Somebody else has this box's name: said even when others can be called.
static bool has_note(const struct call *call)
{
    return call->people_count == 0 || call->name_taken;
}

static int draw_note(struct pen *pen, const struct call *call, const char *screen_name, int x, int y, int width,
                     bool draw)
{
    int kept = pen->text_scale;
    pen->text_scale = MIN(kept, 200); // so that it and the first row are seen together
    char words[320];
    const char *second = note_words(call, screen_name, words, sizeof words);
    struct pen_style bold = {34, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    int side = pen_px(pen, 28), size = pen_scaled(pen, 40), top = y;
    bool taken = call->relay_reached && call->name_taken;
    const char *icon = !call->relay_reached ? "wait" : taken ? "warn" : "people";
    int disc = pen_scaled(pen, 64), left = x + side + disc + pen_px(pen, 24), room = x + width - side - left;
    y += pen_px(pen, 12);
    if (draw)
        pen_icon(pen, icon, x + side + (disc - size) / 2, y + (pen_scaled(pen, 45) - size) / 2, size,
                 taken ? THEME_STOP : THEME_SOFT);
    y += pen_paragraph(pen, left, y, room, pen_scaled(pen, 45), bold, words, 4, draw);
    y += pen_paragraph(pen, left, y, room, pen_scaled(pen, 34), soft, second, 4, draw);
    pen->text_scale = kept;
    return y + pen_px(pen, 12) - top;
}

// Heights of all, then the room each side gets: people give way to the choices' first rows, half a row shows that there
// are more.
static struct panes panes_of(struct pen *pen, const struct home_list *list, const struct call *call,
                             const char *screen_name, SDL_Rect area)
{
    struct panes p = {.count = 2, .tall = pen_scaled(pen, 104), .low = pen_scaled(pen, 76), .line = pen_px(pen, 42)};
    if (has_note(call))
        p.note = draw_note(pen, call, screen_name, area.x, 0, area.w, false);
    int up = (int)list->above * p.tall + p.note, down = (int)(list->count - list->above) * p.low;
    p.pane[0] = (struct pane){{area.x, area.y, area.w, up}, 0, list->above, false, up};
    p.pane[1] = (struct pane){{area.x, 0, area.w, down}, list->above, list->count, true, down};
    if (up + p.line + down > area.h) {
        int least = down <= 4 * p.low ? down : p.low * 7 / 2, high = CLAMP(area.h - p.line - up, least, down);
        high = high < down ? (high * 2 / p.low - 1) / 2 * p.low + p.low / 2 : high;
        int rest = area.h - p.line - high, rows = (rest - p.tall / 2) / p.tall;
        if (rest < up && rows < 2) { // one list of all there is
            p.count = 1;
            p.pane[0] = (struct pane){area, 0, list->count, false, up + p.line + down};
            return p;
        }
        p.pane[0].at.h = rest < up ? rows * p.tall + p.tall / 2 : up;
        p.pane[1].at.h = high;
    }
    p.pane[1].at.y = area.y + p.pane[0].at.h + p.line;
    return p;
}

// A row's place in its pane's content.
static int row_top(const struct panes *p, const struct pane *pane, const struct home_list *list, size_t i)
{
    size_t above = MIN(list->above, i);
    int y = (int)above * p->tall + (int)(i - above) * p->low + (i >= list->above ? p->note + p->line : 0);
    return pane->below ? (int)(i - pane->first) * p->low : y;
}

static int row_height(const struct panes *p, const struct home_list *list, size_t i)
{
    return i < list->above ? p->tall : p->low;
}

static void scroll(int *offset, const struct panes *p, const struct pane *pane, const struct home_list *list)
{
    int most = MAX(pane->content - pane->at.h, 0);
    if (list->at >= pane->first && list->at < pane->end) {
        int top = row_top(p, pane, list, list->at), bottom = top + row_height(p, list, list->at);
        if (top < *offset)
            *offset = top;
        if (list->at == pane->first) // with as much as there is room for of what stands above the first row
            *offset = MAX(*offset, bottom - pane->at.h);
        for (size_t i = pane->first; bottom > *offset + pane->at.h && i <= list->at; i++)
            if (bottom <= row_top(p, pane, list, i) + pane->at.h)
                *offset = row_top(p, pane, list, i);
    }
    if (pane->below && list->at < pane->first) // seen from above the line it begins where it begins
        *offset = 0;
    *offset = CLAMP(*offset, 0, most);
}

static void draw_avatar(struct pen *pen, const struct row *r, int x, int y)
{
    char letters[32];
    int disc = pen_scaled(pen, 64);
    tile_initials(r->name, letters, sizeof letters);
    pen_disc(pen, x + disc / 2, y, disc / 2, tile_avatar_colour(r->identity));
    pen_text_middle(pen, x + disc / 2, y, (struct pen_style){24, true, THEME_TEXT, false}, letters);
}

// What OK does, at the right of the focused row. Returns the room it takes.
static int draw_verb(struct pen *pen, const struct call *call, struct home_row row, int right, int y, int room)
{
    struct pen_style action = {30, true, THEME_ON_FOCUS, false};
    const char *verb = home_rows_verb(call, row);
    bool phone = row.kind == HOME_MISSED || row.kind == HOME_PERSON;
    int wide = pen_width(pen, action, verb, strlen(verb)), size = pen_scaled(pen, 36), gap = pen_px(pen, 14);
    int all = wide + (phone ? size + gap : 0);
    if (all > room || !verb[0])
        return 0;
    pen_text_right(pen, right, y, action, verb);
    if (phone)
        pen_icon(pen, "phone", right - all, y - size / 2, size, THEME_ON_FOCUS);
    return all + pen_px(pen, 24);
}

static void draw_row(struct pen *pen, const struct row *r, const struct call *call, struct home_row row, SDL_Rect at,
                     bool focused)
{
    int size = pen_scaled(pen, 40), disc = pen_scaled(pen, 64), x = at.x + pen_px(pen, 28), y = at.y + at.h / 2;
    uint32_t ink = focused ? THEME_ON_FOCUS : r->soft ? THEME_SOFT : THEME_TEXT;
    struct pen_style title = {34, r->icon == NULL || focused, ink, false},
                     soft = {26, false, focused ? THEME_SOFT_ON_FOCUS : THEME_SOFT, false};
    int right = at.x + at.w - pen_px(pen, 28);
    if (focused) {
        pen_shadow(pen, at, pen_px(pen, 20), PEN_LOW);
        pen_round(pen, at, pen_px(pen, 20), THEME_FOCUS);
    }
    if (r->icon)
        pen_icon(pen, r->icon, x + (disc - size) / 2, y - size / 2, size, focused ? THEME_ON_FOCUS : THEME_SOFT);
    else
        draw_avatar(pen, r, x, y);
    x += disc + pen_px(pen, 24);
    const char *words = r->title, *second = r->second;
    if (r->short_title[0] && pen_width(pen, title, words, strlen(words)) > right - x) {
        words = r->short_title;
        second = r->short_second;
    }
    int wide = pen_width(pen, title, words, strlen(words));
    if (focused)
        right -= draw_verb(pen, call, row, right, y, right - x - wide - pen_px(pen, 24));
    else if (r->aside[0] && wide + pen_width(pen, soft, r->aside, strlen(r->aside)) < right - x - pen_px(pen, 24))
        pen_text_right(pen, right, y, soft, r->aside);
    if (!second[0]) {
        pen_shrink(pen, &title, words, right - x);
        pen_text_fit(pen, x, y, title, words, right - x);
        return;
    }
    int under = y + pen_scaled(pen, 22), small = pen_scaled(pen, 28);
    pen_text_fit(pen, x, y - pen_scaled(pen, 18), title, words, right - x);
    if (r->warn) {
        pen_icon(pen, "warn", x, under - small / 2, small, focused ? THEME_ON_FOCUS : THEME_STOP);
        x += small + pen_px(pen, 10);
    }
    pen_shrink(pen, &soft, second, right - x);
    pen_text_fit(pen, x, under, soft, second, right - x);
}

static void draw_pane(struct pen *pen, const struct panes *p, const struct pane *pane, int offset,
                      const struct home_list *list, const struct call *call, const char *screen_name, int64_t now_ms)
{
    SDL_Rect before = canvas_clipped(pen->canvas), clip = pane->at;
    int spill = pen_px(pen, 48), x = pane->at.x, y = pane->at.y - offset, w = pane->at.w;
    // The shadow of the focused row may lie over the edge where the list ends.
    clip.x -= spill;
    clip.w += 2 * spill;
    if (offset == 0) {
        clip.y -= spill;
        clip.h += spill;
    }
    if (offset + pane->at.h >= pane->content)
        clip.h += spill;
    if (!SDL_IntersectRect(&clip, &before, &clip))
        return;
    canvas_clip(pen->canvas, &clip);
    if (!pane->below && p->note)
        draw_note(pen, call, screen_name, x, y + (int)list->above * p->tall, w, true);
    if (p->count == 1)
        pen_fill(pen,
                 (SDL_Rect){x + pen_px(pen, 28), y + (int)list->above * p->tall + p->note + p->line / 2,
                            w - pen_px(pen, 56), MAX(pen_px(pen, 2), 1)},
                 THEME_HAIR);
    for (size_t i = pane->first; i < pane->end; i++) {
        SDL_Rect at = {x, y + row_top(p, pane, list, i), w, row_height(p, list, i)};
        if (at.y + at.h <= pane->at.y || at.y >= pane->at.y + pane->at.h)
            continue;
        struct row r = row_of(list, call, list->rows[i], now_ms);
        draw_row(pen, &r, call, list->rows[i], at, i == list->at);
    }
    canvas_clip(pen->canvas, &before);
}

bool home_rows_draw(struct home_rows *rows, struct pen *pen, const struct home_list *list, const struct call *call,
                    const char *screen_name, int64_t now_ms, SDL_Rect area)
{
    struct panes p = panes_of(pen, list, call, screen_name, area);
    for (size_t i = 0; i < p.count; i++) {
        scroll(&rows->offset[i], &p, &p.pane[i], list);
        draw_pane(pen, &p, &p.pane[i], rows->offset[i], list, call, screen_name, now_ms);
    }
    if (p.count == 2)
        pen_fill(pen,
                 (SDL_Rect){area.x + pen_px(pen, 28), p.pane[1].at.y - p.line / 2, area.w - pen_px(pen, 56),
                            MAX(pen_px(pen, 2), 1)},
                 THEME_HAIR);
    return p.pane[0].content > p.pane[0].at.h && list->above > 1;
}

uint64_t home_rows_signature(const struct home_list *list, const struct call *call, int64_t now_ms)
{
    uint64_t h = hash_int(HASH_START, list->at);
    h = hash_int(h, (call->relay_reached ? 1u : 0) | (call->registered ? 2u : 0) | (call->name_taken ? 4u : 0));
    for (size_t i = 0; i < list->count; i++) {
        struct row r = row_of(list, call, list->rows[i], now_ms);
        h = hash_words(hash_words(hash_words(h, r.title), r.second), r.aside);
        h = hash_int(h, (r.soft ? 1u : 0) | (r.warn ? 2u : 0));
        for (size_t k = 0; r.identity && k < 8; k++)
            h = hash_int(h, r.identity[k]);
    }
    return h;
}
