#include "home_view.h"

#include "field_view.h"
#include "hash.h"
#include "idle.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

#define SENTENCE ((struct pen_style){30, false, THEME_TEXT, false})
#define SOFT     ((struct pen_style){30, false, THEME_SOFT, false})

void home_view_destroy(struct home_view *view)
{
    qr_destroy(&view->qr);
}

void home_view_forget_link(struct home_view *view)
{
    qr_destroy(&view->qr);
}

void home_view_code(const char *code, char out[16])
{
    if (strlen(code) == 6)
        snprintf(out, 16, "%.3s\u2009%.3s", code, code + 3);
    else
        snprintf(out, 16, "%s", code);
}

struct status {
    const char *icon, *words, *second;
    bool fine;
};

static struct status status_of(const struct call *call)
{
    if (!call->relay_reached)
        return (struct status){"wait", WORD_NO_RELAY, "", false};
    if (call->camera_missing && call->microphone_missing)
        return (struct status){"warn", WORD_NO_BOTH, "", false};
    if (call->camera_missing)
        return (struct status){"cam-off", WORD_NO_CAMERA, "", false};
    if (call->microphone_missing)
        return (struct status){"mic-off", WORD_NO_MICROPHONE, "", false};
    if (call->speaker_missing)
        return (struct status){"sound-off", WORD_NO_SPEAKER, "", false};
    return (struct status){"ok", WORD_WORKS, WORD_WORKS_2, true};
}

// The number of a room of one's own that others can come into from here.
static const char *open_room(const struct call *call)
{
    const char *code = call->code[0] ? call->code : call->back_code;
    return call->invite[0] && !call->private_call ? code : "";
}

static const struct call_missed *unseen(const struct call *call)
{
    for (size_t i = 0; i < call->missed_count; i++)
        if (!call->missed[i].seen)
            return &call->missed[i];
    return NULL;
}

uint64_t home_view_signature(const struct home_view *view, const struct call *call, const struct home_now *now)
{
    uint64_t h = hash_words(hash_int(HASH_START, now->idle), now->clock);
    h = hash_words(h, status_of(call).words);
    h = hash_words(h, open_room(call));
    const struct call_missed *missed = unseen(call);
    h = hash_int(h, missed ? (uint64_t)missed->at_ms : 0);
    if (now->idle)
        return h;
    h = hash_int(h, (view->join.open ? 1u : 0) | (view->join.passphrase_open ? 2u : 0));
    h = hash_int(h, (uint64_t)view->join.field.change << 32 | view->join.passphrase.change);
    h = hash_words(hash_words(h, view->composing), now->place);
    h = hash_words(hash_words(h, call->sentence), call->invite);
    return hash_int(h, home_rows_signature(&view->list, call, now->at_ms));
}

// Three discs of lamp light in the corner (LOOK §2: flat, no gradient).
void home_view_ground(struct pen *pen, SDL_Rect screen)
{
    pen_fill(pen, screen, THEME_WALL);
    static const int radius[] = {920, 650, 400};
    for (size_t i = 0; i < ARRAY_LEN(radius); i++)
        pen_glow(pen, screen.x, screen.y + screen.h, pen_px(pen, radius[i]), THEME_LAMP);
}

static int status_middle(const struct pen *pen, SDL_Rect screen)
{
    return screen.y + screen.h - pen_px(pen, 56) - pen_scaled(pen, 22);
}

static void draw_status(struct pen *pen, const struct call *call, SDL_Rect screen, int width)
{
    struct status s = status_of(call);
    int size = pen_scaled(pen, 36), x = screen.x + pen_px(pen, THEME_SCREEN_LEFT), y = status_middle(pen, screen);
    int right = x + width;
    pen_icon(pen, s.icon, x, y - size / 2, size, s.fine ? THEME_ACCENT : THEME_STOP);
    x += size + pen_px(pen, 16);
    struct pen_style sentence = SENTENCE;
    pen_shrink(pen, &sentence, s.words, right - x);
    x += pen_text_fit(pen, x, y, sentence, s.words, right - x) + pen_px(pen, 24);
    if (s.second[0] && x + pen_width(pen, SOFT, s.second, strlen(s.second)) <= right)
        pen_text(pen, x, y, SOFT, s.second);
}

static int hint_width(struct pen *pen, const struct home_hint *hint)
{
    struct pen_style soft = {26, false, THEME_SOFT, false};
    return pen_key_width(pen, hint->key) + pen_px(pen, 14) + pen_width(pen, soft, hint->words, strlen(hint->words));
}

void home_view_hints(struct pen *pen, SDL_Rect screen, const struct home_hint *hint, size_t count, int left)
{
    int x = screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT), y = status_middle(pen, screen);
    for (size_t i = count; i > 0; i--) {
        if (!hint[i - 1].words[0])
            continue;
        x -= hint_width(pen, &hint[i - 1]);
        if (x < left)
            break;
        int words = x + pen_key(pen, x, y, hint[i - 1].key) + pen_px(pen, 14);
        pen_text(pen, words, y, (struct pen_style){26, false, THEME_SOFT, false}, hint[i - 1].words);
        x -= pen_px(pen, 36);
    }
}

static int draw_fields(struct home_view *view, struct pen *pen, int x, int y, int width)
{
    double grown = pen->text_scale / 100.0 - 1;
    SDL_Rect field = {x, y, width, pen_px(pen, 96 + grown * 70)}, unused;
    char code[7];
    if (!view->join.passphrase_open) {
        field_view_draw(&view->join.field, pen, field, WORD_JOIN_HINT, view->composing, NULL, true, &view->caret);
        return field.h;
    }
    struct field shown = view->join.field; // the number as people write it, whatever was typed
    if (home_join_code(code, view->join.field.text)) {
        field_clear(&shown);
        char words[16];
        snprintf(words, sizeof words, "%.3s %.3s", code, code + 3);
        field_insert(&shown, words);
    }
    field_view_draw(&shown, pen, field, WORD_JOIN_HINT, "", "ok", false, &unused);
    field.y += field.h + pen_px(pen, 16);
    field_view_draw_secret(&view->join.passphrase, pen, field, WORD_PASSPHRASE, view->composing, &view->caret);
    return 2 * field.h + pen_px(pen, 16);
}

static void draw_join(struct home_view *view, struct pen *pen, SDL_Rect at)
{
    struct pen_style title = {40, true, THEME_TEXT, false};
    int side = pen_px(pen, 28), y = at.y;
    // Very large words: what is being done comes first, the rest gives way.
    if (pen->text_scale <= (view->join.passphrase_open ? 200 : 300)) {
        y += pen_paragraph(pen, at.x + side, y, at.w - side, pen_scaled(pen, 50), title, WORD_JOIN_NUMBER, 2, true);
        y += pen_px(pen, 26);
    }
    y += draw_fields(view, pen, at.x, y, at.w) + pen_px(pen, 20);
    if (!view->join.passphrase_open)
        pen_paragraph(pen, at.x + side, y, at.w - side, pen_scaled(pen, 39), SOFT, WORD_JOIN_NUMBER_2, 2, true);
}

static void draw_list(struct home_view *view, struct pen *pen, const struct call *call, const struct home_now *now,
                      SDL_Rect at)
{
    struct pen_style question = {40, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    int side = pen_px(pen, 28), bottom = at.y + at.h, y = at.y, line = pen_scaled(pen, 50), wide = 0, asked = 0;
    const char *words = call->people_count || !call->relay_reached ? WORD_WHO_TO_CALL : WORD_WHAT_TO_DO;
    if (pen->text_scale <= 200) {
        asked = pen_width(pen, question, words, strlen(words));
        y += pen_paragraph(pen, at.x + side, y, at.w - side, line, question, words, 2, true) + pen_px(pen, 26);
    }
    bool more = home_rows_draw(&view->rows, pen, &view->list, call, now->place, now->at_ms,
                               (SDL_Rect){at.x, y, at.w, bottom - y});
    if (!more || !asked || view->list.at >= view->list.above)
        return;
    char place[64];
    snprintf(place, sizeof place, WORD_PLACE_IN_LIST, (unsigned)view->list.at + 1, (unsigned)view->list.above);
    wide = pen_width(pen, soft, place, strlen(place));
    if (asked + wide + pen_px(pen, 24) <= at.w - 2 * side)
        pen_text_right(pen, at.x + at.w - side, at.y + line / 2, soft, place);
}

// The square and the number of a room others can come into.
static void draw_room(struct home_view *view, struct pen *pen, const struct call *call, SDL_Rect at)
{
    int square = pen_px(pen, 296), x = at.x + square + pen_px(pen, 48), line = pen_scaled(pen, 39);
    char code[16];
    if (at.h < square || !open_room(call)[0])
        return;
    int y = at.y + at.h - square, right = at.x + at.w;
    qr_draw(&view->qr, pen, (SDL_Rect){at.x, y, square, square}, call->invite);
    home_view_code(open_room(call), code);
    struct pen_style number = {112, true, THEME_TEXT, true};
    if (x + pen_width(pen, number, code, strlen(code)) > right)
        number.pt = 64; // large words have made the list wide
    pen_text_fit(pen, x, y + line / 2, SOFT, WORD_ROOM_NUMBER, right - x);
    y += line + pen_px(pen, 8);
    pen_text(pen, x - pen_px(pen, 4), y + pen_px(pen, 62), number, code);
    y += pen_px(pen, 123 + 14);
    pen_paragraph(pen, x, y, right - x, line, SOFT, WORD_SCAN, MAX((at.y + at.h - y) / line, 1), true);
}

static void draw_left(struct home_view *view, struct pen *pen, const struct call *call, const struct home_now *now,
                      SDL_Rect at)
{
    struct pen_style day = {40, false, THEME_SOFT, false}, hours = {176, false, THEME_TEXT, true};
    struct pen_style own = SOFT;
    int name = pen_scaled(pen, 39), y = at.y;
    pen_shrink(pen, &own, now->place, at.w); // whom others call; large words leave it little room
    pen_text_fit(pen, at.x, y + name / 2, own, now->place, at.w);
    y += name + pen_px(pen, 22);
    pen_text(pen, at.x - pen_px(pen, 10), y + pen_px(pen, 88), hours, now->clock);
    y += pen_px(pen, 196);
    y += pen_paragraph(pen, at.x, y, at.w, pen_scaled(pen, 50), day, now->date, 3, true) + pen_px(pen, 40);
    draw_room(view, pen, call, (SDL_Rect){at.x, y, at.w, at.y + at.h - y});
}

// The time, how this screen is called, a number others can come by, and whether all is well: dimmed, and each minute
// somewhere else.
static void draw_idle(struct pen *pen, const struct call *call, const struct home_now *now, SDL_Rect screen)
{
    struct pen_style hours = {176, false, THEME_FAINT, true}, small = {30, false, THEME_FAINT, false};
    struct status s = status_of(call);
    const struct call_missed *missed = unseen(call);
    char words[320], code[96] = "";
    snprintf(words, sizeof words, "%s", s.words);
    if (missed)
        home_rows_missed(missed, now->at_ms, words, sizeof words);
    if (open_room(call)[0])
        snprintf(code, sizeof code, WORD_IDLE_ROOM, open_room(call), open_room(call) + 3);
    int edge = pen_px(pen, THEME_SCREEN_LEFT), size = pen_scaled(pen, 36), gap = pen_px(pen, 16);
    int most = screen.w - 2 * edge, line = pen_scaled(pen, 60);
    int wide = MIN(MAX(pen_width(pen, hours, now->clock, strlen(now->clock)),
                       MAX(pen_width(pen, small, words, strlen(words)) + size + gap,
                           pen_width(pen, small, now->place, strlen(now->place)))),
                   most);
    int high = pen_px(pen, 176) + line * (2 + (code[0] ? 1 : 0));
    double x, y;
    idle_place(now->at_ms / 60000, (most - wide) / pen->u, (screen.h - 2 * edge - high) / pen->u, &x, &y);
    int left = screen.x + edge + pen_px(pen, x), top = screen.y + edge + pen_px(pen, y);
    pen_fill(pen, screen, THEME_NIGHT);
    pen_text(pen, left - pen_px(pen, 10), top + pen_px(pen, 88), hours, now->clock);
    top += pen_px(pen, 176) + line / 2;
    pen_text_fit(pen, left, top, small, now->place, most); // whom others call
    top += line;
    if (code[0]) {
        pen_text_fit(pen, left, top, small, code, most);
        top += line;
    }
    pen_icon(pen, missed ? "phone" : s.icon, left, top - size / 2, size, THEME_FAINT);
    pen_text_fit(pen, left + size + gap, top, small, words, wide - size - gap);
}

static void draw_hints(struct home_view *view, struct pen *pen, const struct call *call, SDL_Rect screen, int left)
{
    char code[7];
    bool more = !view->join.passphrase_open && home_join_code(code, view->join.field.text);
    const struct home_hint typing[] = {{"Esc", WORD_BACK}, {"Enter", more ? WORD_NEXT : WORD_JOIN}};
    const char *verb = home_rows_verb(call, home_list_focus(&view->list));
    const struct home_hint choosing[] = {{"↑ ↓", WORD_CHOOSE}, {"Enter", verb}, {"?", WORD_HELP}};
    if (view->join.open)
        home_view_hints(pen, screen, typing, ARRAY_LEN(typing), left);
    else
        home_view_hints(pen, screen, choosing, ARRAY_LEN(choosing), left);
}

void home_view_draw(struct home_view *view, struct pen *pen, const struct call *call, const struct home_now *now,
                    SDL_Rect screen)
{
    if (now->idle) {
        draw_idle(pen, call, now, screen);
        return;
    }
    bool large = pen->text_scale > 130;
    int edge = pen_px(pen, THEME_SCREEN_LEFT), top = screen.y + pen_px(pen, 72);
    int left = screen.x + edge, right = screen.x + screen.w - edge;
    int middle = screen.x + screen.w * (large ? 760 : 1000) / 1920, width = middle - left - pen_px(pen, 48);
    int low = status_middle(pen, screen) - pen_scaled(pen, 22) - pen_px(pen, 16);
    home_view_ground(pen, screen);
    draw_left(view, pen, call, now, (SDL_Rect){left, top, width, MIN(low, screen.y + pen_px(pen, 856)) - top});
    SDL_Rect list = {middle, top, right - middle, low - top};
    if (view->join.open)
        draw_join(view, pen, list);
    else
        draw_list(view, pen, call, now, list);
    draw_status(pen, call, screen, large ? right - left : width + pen_px(pen, 48));
    if (!large)
        draw_hints(view, pen, call, screen, middle);
}
