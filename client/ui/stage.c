// Which tile is pinned, which one the arrows are on, which page is shown.
#include "ui_state.h"

#include "shared/base.h"
#include "theme.h"
#include "tile_focus.h"

#include <string.h>

static bool is(const struct whose *whose, const struct tile *tile)
{
    if (!whose->any || whose->self != tile->self)
        return false;
    if (whose->screen != tile->screen)
        return false;
    return tile->self || (whose->id == tile->id && whose->join_id == tile->join_id);
}

static struct whose whose_of(const struct tile *tile)
{
    return (struct whose){
        .any = true, .self = tile->self, .screen = tile->screen, .id = tile->id, .join_id = tile->join_id};
}

// Who is away for a moment keeps the large place; who has left does not.
static bool still_here(const struct ui *ui, const struct whose *whose)
{
    for (size_t i = 0; i < ui->call->member_count; i++) {
        const struct call_member *m = &ui->call->members[i];
        if (whose->self ? m->self : m->id == whose->id && m->join_id == whose->join_id)
            return !whose->screen || m->screen;
    }
    return false;
}

bool stage_speaker(const struct ui *ui)
{
    return ui->screens ? !ui->screens_small : ui->speaker_view;
}

void stage_speaker_turn(struct ui *ui)
{
    bool *turned = ui->screens ? &ui->screens_small : &ui->speaker_view;
    *turned = !*turned;
}

bool stage_pinned(const struct ui *ui, const struct tile *tile)
{
    return is(&ui->pinned, tile);
}

// The tile the arrows are on, among those that are shown: its place in the order, or `shown`.
static size_t focus_at(const struct ui *ui)
{
    for (size_t i = 0; i < ui->shown; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        if (t->to.shown && is(&ui->focused, t))
            return i;
    }
    return ui->shown;
}

const struct tile *stage_tile(const struct ui *ui)
{
    size_t at = focus_at(ui);
    return at < ui->shown ? &ui->tiles[ui->order[at]] : NULL;
}

bool stage_focused(const struct ui *ui)
{
    return ui->focused.any && ui->screen == SCREEN_CALL && !ui->bar.open && !ui->help && !asks_focused(ui) &&
           !keys_typing(ui);
}

void stage_follow(struct ui *ui)
{
    if (ui->screen != SCREEN_CALL && ui->screen != SCREEN_WAITING)
        ui->pinned.any = false;
    if (ui->screen != SCREEN_CALL)
        ui->focused.any = false;
    if (ui->pinned.any && !still_here(ui, &ui->pinned))
        ui->pinned.any = false;
    if (!ui->focused.any)
        return;
    if (ui->ask.kind != ASK_NONE) // the card about it is open
        ui->focused_us = ui->now_us;
    if (ui->now_us - ui->focused_us >= THEME_MS_BAR * 1000u || focus_at(ui) == ui->shown)
        ui->focused.any = false;
    else
        ui_wake(ui, ui->focused_us + THEME_MS_BAR * 1000u);
}

bool stage_can_pin(const struct ui *ui)
{
    return ui->screen == SCREEN_CALL && !ui->two && ui->shown > 1;
}

static void pin(struct ui *ui, struct whose who)
{
    const struct whose *p = &ui->pinned;
    bool again = p->any && p->self == who.self && p->screen == who.screen &&
                 (who.self || (p->id == who.id && p->join_id == who.join_id));
    ui->pinned = again ? (struct whose){.any = false} : who;
    ui->dirty = true;
}

void stage_pin(struct ui *ui, bool self, uint16_t id, uint64_t join_id)
{
    pin(ui, (struct whose){.any = true, .self = self, .id = id, .join_id = join_id});
}

void ui_pin(struct ui *ui, uint16_t member, bool on)
{
    for (size_t i = 0; ui->call && i < ui->call->member_count; i++) {
        const struct call_member *m = &ui->call->members[i];
        bool is_it = ui->pinned.any && !ui->pinned.self && !ui->pinned.screen && ui->pinned.id == member;
        if (!m->self && m->id == member && is_it != on)
            stage_pin(ui, false, m->id, m->join_id);
    }
}

void stage_pin_nth(struct ui *ui, size_t n)
{
    size_t first = stage_speaker(ui) ? 0 : ui->page * LAYOUT_PAGE;
    if (!stage_can_pin(ui) || first + n >= ui->shown)
        return;
    pin(ui, whose_of(&ui->tiles[ui->order[first + n]]));
}

static size_t places(const struct ui *ui, SDL_Rect *rects)
{
    for (size_t i = 0; i < ui->shown; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        rects[i] = t->to.shown ? t->to.rect : (SDL_Rect){0, 0, 0, 0};
    }
    return ui->shown;
}

static void focus_on(struct ui *ui, size_t at)
{
    ui->focused = whose_of(&ui->tiles[ui->order[at]]);
    ui->focused_us = ui->now_us;
    ui->dirty = true;
}

bool stage_enter(struct ui *ui)
{
    SDL_Rect rects[TILES_MAX] = {{0, 0, 0, 0}};
    size_t count = places(ui, rects), at = tile_focus_first(rects, count, ui->stage.w / 2);
    if (ui->screen != SCREEN_CALL || at >= count)
        return false;
    if (ui->two) // my own picture in its corner is lower: the other one is meant
        at = 0;
    bar_close(&ui->bar, ui->now_us);
    focus_on(ui, at);
    return true;
}

void stage_leave(struct ui *ui)
{
    ui->focused.any = false;
    ui->dirty = true;
}

void stage_page(struct ui *ui, int steps)
{
    int last = ui->pages ? (int)ui->pages - 1 : 0;
    ui->page = (size_t)CLAMP((int)ui->page + steps, 0, last);
    ui->dirty = true;
}

// Beyond the edge lies the next page: its first tile, or the last of the one before.
static bool turn(struct ui *ui, int steps)
{
    size_t before = ui->page;
    if (stage_speaker(ui) || ui->two)
        return false;
    stage_page(ui, steps);
    if (ui->page == before)
        return false;
    focus_on(ui, steps > 0 ? ui->page * LAYOUT_PAGE : before * LAYOUT_PAGE - 1);
    tiles_place(ui); // the next key may come before the next frame
    return true;
}

void stage_arrow(struct ui *ui, enum input_action action)
{
    SDL_Rect rects[TILES_MAX] = {{0, 0, 0, 0}};
    size_t count = places(ui, rects), at = focus_at(ui);
    enum tile_focus_way way = action == INPUT_LEFT    ? TILE_FOCUS_LEFT
                              : action == INPUT_RIGHT ? TILE_FOCUS_RIGHT
                              : action == INPUT_UP    ? TILE_FOCUS_UP
                                                      : TILE_FOCUS_DOWN;
    size_t next = tile_focus_next(rects, count, at, way);
    ui->focused_us = ui->now_us;
    if (next < count) {
        focus_on(ui, next);
    } else if (action == INPUT_DOWN) {
        stage_leave(ui);
        bar_open(&ui->bar, ui->now_us);
    } else if (action == INPUT_LEFT || action == INPUT_RIGHT) {
        turn(ui, action == INPUT_RIGHT ? 1 : -1);
    }
}

void stage_press(struct ui *ui)
{
    const struct tile *t = stage_tile(ui);
    const struct call_member *m = t ? tiles_member(ui, t) : NULL;
    if (m && t->screen) // there is nothing else to be done with it
        pin(ui, whose_of(t));
    else if (m)
        ask_open_person(&ui->ask, m);
    asks_follow(ui);
}
