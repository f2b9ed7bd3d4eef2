// Films: the keys of their panel, and of a film that the arrows are on.
#include "ui_state.h"

#include "client/library/films.h"
#include "film_bar.h"
#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEP_MS = 10000, JUMP_MS = 2000, NARROW = 700 };

bool film_keys_here(const struct ui *ui)
{
    return ui->call->films && (films_library(ui->call->films, 0) || films_view_playing(ui->call, 0));
}

bool film_keys_focused(const struct ui *ui)
{
    return ui_in_room(ui) && ui->panel == PANEL_FILMS && !ui->bar.open && !asks_focused(ui) && !stage_focused(ui) &&
           !ui->help && !ui->settings.open && !ui->call->trial.open;
}

// The film of this tile, if it is one.
static const struct films_playing *film_of(const struct ui *ui, const struct tile *t)
{
    const struct films_playing *p;
    for (size_t i = 0; t && !t->self && (p = films_view_playing(ui->call, i)); i++)
        if (p->member == t->id)
            return p;
    return NULL;
}

static void say(struct ui *ui, uint16_t member, const struct film_message *what)
{
    static struct film_message m; // main thread; large for a stack
    m = *what;
    char *text = film_protocol_write(&m);
    ui_act(ui, UI_FILM, member, text);
    free(text);
}

static void choose_quality(struct ui *ui, const struct films_playing *p)
{
    char text[16];
    snprintf(text, sizeof text, "%d", films_view_next(p));
    ui_act(ui, UI_FILM_QUALITY, p->member, text);
}

static void turn_pause(struct ui *ui, const struct films_playing *p)
{
    bool on = !p->about.paused && !p->about.ended;
    say(ui, p->member, &(struct film_message){.what = on ? FILM_PAUSE : FILM_RESUME});
}

static void seek(struct ui *ui, const struct films_playing *p, int by_ms)
{
    int64_t to = (int64_t)films_position_ms(p, ui->now_us) + by_ms;
    uint64_t ms = (uint64_t)CLAMP(to, 0, (int64_t)p->about.of);
    say(ui, p->member, &(struct film_message){.what = FILM_SEEK, .ms = ms});
}

static void press(struct ui *ui)
{
    struct films_order o = films_view_press(&ui->films_view, ui->call);
    const struct films_playing *p = o.member && ui->call->films ? films_playing_of(ui->call->films, o.member) : NULL;
    if (!o.member)
        return;
    if (o.what == FILM_DO_COUNT && p)
        choose_quality(ui, p);
    else if (o.what != FILM_DO_COUNT)
        say(ui, o.member, &(struct film_message){.what = o.what, .film = o.film, .room = o.room});
    if (o.what == FILM_PLAY)
        ui_open_panel(ui, PANEL_NONE); // it comes large
}

static bool run_panel(struct ui *ui, enum input_action action)
{
    switch (action) {
    case INPUT_UP:
    case INPUT_DOWN:
        films_view_move(&ui->films_view, ui->call, action == INPUT_UP ? -1 : 1);
        return true;
    case INPUT_PAGE_UP:
    case INPUT_PAGE_DOWN:
        films_view_move(&ui->films_view, ui->call, action == INPUT_PAGE_UP ? -6 : 6);
        return true;
    case INPUT_LEFT:
    case INPUT_RIGHT:
        return films_view_aside(&ui->films_view, ui->call, action == INPUT_LEFT ? -1 : 1);
    case INPUT_PRESS:
        press(ui);
        return true;
    default:
        return false;
    }
}

static bool run_film(struct ui *ui, const struct films_playing *p, enum input_action action)
{
    ui->focused_us = ui->now_us;
    switch (action) {
    case INPUT_PRESS:
    case INPUT_HOLD:
        turn_pause(ui, p);
        return true;
    case INPUT_LEFT:
    case INPUT_RIGHT:
        seek(ui, p, action == INPUT_LEFT ? -STEP_MS : STEP_MS);
        return true;
    case INPUT_FILM_QUALITY:
        choose_quality(ui, p);
        return true;
    default:
        return false;
    }
}

bool film_keys_run(struct ui *ui, enum input_action action)
{
    const struct films_playing *first = films_view_playing(ui->call, 0);
    const struct films_playing *p = stage_focused(ui) ? film_of(ui, stage_tile(ui)) : NULL;
    if (!ui_in_room(ui))
        return false;
    if (action == INPUT_FILMS) {
        if (ui->panel != PANEL_FILMS)
            films_view_open(&ui->films_view);
        ui_open_panel(ui, ui->panel == PANEL_FILMS ? PANEL_NONE : PANEL_FILMS);
        return true;
    }
    if (film_keys_focused(ui) && run_panel(ui, action)) {
        ui->dirty = true;
        return true;
    }
    if (p && run_film(ui, p, action)) {
        ui->dirty = true;
        return true;
    }
    if (action == INPUT_FILM_QUALITY && first && !films_view_playing(ui->call, 1)) { // which is meant is clear
        choose_quality(ui, first);
        ui->film_bar_us = ui->now_us;
        return true;
    }
    return false;
}

// ---- the bar ----

// It is another, was paused or sent elsewhere: not only somewhat farther, which each says now and then.
static bool has_changed(struct ui *ui, const struct films_playing *p)
{
    bool runs = p && !p->about.paused && !p->about.ended;
    uint64_t h = p ? hash_int(HASH_START, (uint64_t)p->member << 2 | p->about.paused << 1 | p->about.ended) : 0;
    int64_t from = p ? (int64_t)(runs ? p->at_us / 1000 : 0) - (int64_t)p->about.ms : 0, by = from - ui->film_from_ms;
    bool changed = p && (h != ui->film_told || by > JUMP_MS || by < -JUMP_MS);
    ui->film_told = h;
    ui->film_from_ms = from;
    return changed;
}

// The film whose bar is shown now: that of the tile with the arrows, else one that has just changed.
static const struct films_playing *shown(struct ui *ui, bool *keys)
{
    const struct films_playing *p = stage_focused(ui) ? film_of(ui, stage_tile(ui)) : NULL;
    const struct films_playing *first = films_view_playing(ui->call, 0);
    *keys = p != NULL;
    if (has_changed(ui, first) && ui->seen_call)
        ui->film_bar_us = ui->now_us;
    bool lately = ui->film_bar_us && ui->now_us - ui->film_bar_us < THEME_MS_BAR * 1000u;
    if (first && lately)
        ui_wake(ui, ui->film_bar_us + THEME_MS_BAR * 1000u);
    return p ? p : lately && ui->panel == PANEL_NONE && !ui->bar.open ? first : NULL;
}

// Beside my own picture in its corner when that leaves room enough, else above it.
static SDL_Rect place(const struct ui *ui, SDL_Rect stage, int bottom, bool keys)
{
    const struct pen *pen = &ui->pen;
    SDL_Rect bar = film_bar_rect(pen, stage, bottom, keys);
    for (size_t i = 0; i < ui->shown; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        SDL_Rect own = t->to.rect;
        int gap = pen_px(pen, 24);
        own = (SDL_Rect){own.x - gap, own.y - gap, own.w + 2 * gap, own.h + 2 * gap};
        if (!t->to.shown || !t->to.floats || !SDL_HasIntersection(&bar, &own))
            continue;
        // film_bar_rect leaves 48 at each side
        SDL_Rect beside = {stage.x, stage.y, own.x - stage.x + pen_px(pen, 48), stage.h};
        bar = film_bar_rect(pen, beside, bottom, keys);
        if (bar.w < pen_scaled(pen, NARROW))
            bar = film_bar_rect(pen, stage, own.y, keys);
    }
    return bar;
}

bool film_keys_bar(struct ui *ui, SDL_Rect stage, int bottom, SDL_Rect *rect, uint64_t *signature)
{
    bool keys;
    const struct films_playing *p = ui->screen == SCREEN_CALL ? shown(ui, &keys) : NULL;
    if (ui->film_bar != (p ? p->member : 0)) // the film's tile has no chip meanwhile
        ui_wake(ui, ui->now_us);
    ui->film_bar = p ? p->member : 0;
    if (!p)
        return false;
    ui->film_bar_keys = keys;
    *rect = place(ui, stage, bottom, keys);
    *signature = film_bar_signature(p, keys, ui->now_us);
    if (!p->about.paused && !p->about.ended)
        ui_wake(ui, ui->now_us + 1000000 - films_position_ms(p, ui->now_us) % 1000 * 1000);
    return true;
}

void film_keys_draw_bar(struct ui *ui, SDL_Rect at)
{
    const struct films_playing *p = ui->film_bar ? films_playing_of(ui->call->films, ui->film_bar) : NULL;
    if (p)
        film_bar_draw(&ui->pen, at, p, ui->film_bar_keys, ui->now_us);
}
