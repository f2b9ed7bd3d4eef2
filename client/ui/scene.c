// What is on the screen: a list of layers from below to above. Comparing it with the list before gives the parts to
// draw.
#include "ui_state.h"

#include "acts.h"
#include "card.h"
#include "hash.h"
#include "help_view.h"
#include "lobby_view.h"
#include "client/secrets.h"
#include "pin_view.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "room_view.h"
#include "theme.h"
#include "tile_view.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// With what the screen may cut off.
static SDL_Rect outer(const struct ui *ui)
{
    SDL_Point edge = ui->pen.edge;
    return (SDL_Rect){-edge.x, -edge.y, ui->width + 2 * edge.x, ui->height + 2 * edge.y};
}

void scene_damage(struct ui *ui, SDL_Rect rect)
{
    SDL_Rect screen = outer(ui), all;
    if (ui->damage_all || !SDL_IntersectRect(&rect, &screen, &rect))
        return;
    for (int i = 0; i < ui->damage_count; i++) {
        SDL_Rect *d = &ui->damage[i];
        SDL_UnionRect(d, &rect, &all);
        // Together when that costs hardly more than apart. Two tiles stay apart: with the gap between them, all that
        // lies under them would be drawn too.
        if ((long)all.w * all.h <= (long)d->w * d->h + (long)rect.w * rect.h + DAMAGE_SLACK) {
            *d = all;
            return;
        }
    }
    if (ui->damage_count == DAMAGE_MAX)
        ui->damage_all = true;
    else
        ui->damage[ui->damage_count++] = rect;
}

static struct layer *add(struct ui *ui, enum layer_kind kind, SDL_Rect bounds, uint64_t signature, uint8_t alpha)
{
    struct layer *l = &ui->layers[ui->layer_count < LAYERS_MAX ? ui->layer_count++ : LAYERS_MAX - 1];
    *l = (struct layer){.kind = kind, .bounds = bounds, .signature = signature, .alpha = alpha};
    return l;
}

static SDL_Rect grown(const struct ui *ui, SDL_Rect r, double units)
{
    int by = pen_px(&ui->pen, units);
    return (SDL_Rect){r.x - by, r.y - by, r.w + 2 * by, r.h + 2 * by};
}

static bool bottom_is_free(const struct ui *ui)
{
    return !ui->bar.open && ui->ask.kind == ASK_NONE;
}

static void add_ground(struct ui *ui)
{
    uint64_t h = hash_int(HASH_START, ui->screen);
    if (ui->screen == SCREEN_HOME || ui->screen == SCREEN_RINGING || ui->screen == SCREEN_CALLING)
        h = hash_int(h, front_signature(ui));
    else if (ui->screen != SCREEN_CALL)
        h = hash_int(h, room_view_signature(ui->call));
    if (ui->screen == SCREEN_LOBBY)
        h = hash_int(h, lobby_view_signature(ui->call, ui->lobby_focus));
    if (ui->screen == SCREEN_WAITING)
        h = hash_int(h, (ui->panel != PANEL_NONE ? 1u : 0) | (bottom_is_free(ui) ? 0 : 2u));
    h = hash_int(h, (ui->call->relay_reached ? 1u : 0) | (ui->call->camera_missing ? 2u : 0) |
                        (ui->call->microphone_missing ? 4u : 0) | (ui->call->speaker_missing ? 8u : 0));
    add(ui, LAYER_GROUND, ui_whole(ui), h, 255)->solid = ui_whole(ui);
    SDL_Rect rings;
    if (front_rings(ui, &rings, &h))
        add(ui, LAYER_RINGS, rings, h, 255);
}

static void add_tiles(struct ui *ui)
{
    bool many = ui->hidden > 0;
    for (size_t i = 0; i < ui->shown; i++) {
        struct tile *t = &ui->tiles[ui->order[i]];
        struct tile_look look = tiles_look(ui, t);
        if (!t->now.shown || !look.member)
            continue;
        uint64_t h = hash_int(tile_signature(t, &look, ui->now_us),
                              (uint64_t)(uint32_t)t->now.frame.x << 32 | (uint32_t)t->now.frame.w);
        struct layer *l = add(ui, LAYER_TILE, tile_bounds(t, &ui->pen), h, 255);
        l->tile = t;
        l->id = t->self ? 0 : t->id;
        l->solid = tile_solid(t, &look);
        l->radius = t->now.edge ? 0 : pen_radius(&ui->pen, THEME_TILE_RADIUS);
        uint64_t ring = t->ring_us + (t->speaking ? THEME_MS_RING_IN : THEME_MS_RING_OUT) * 1000u;
        if (t->ring_us && ui->now_us < ring)
            ui_wake(ui, ui->now_us);
    }
    if (many)
        add(ui, LAYER_HIDDEN, ui->hidden_at, ui->hidden, 255);
    uint8_t before = crossfade_alpha(&ui->large_before, ui->now_us);
    if (before) {
        add(ui, LAYER_BEFORE, ui->large_before.at, 1, before);
        ui_wake(ui, ui->now_us);
    } else {
        crossfade_end(&ui->large_before);
    }
    const struct tile *focused = stage_focused(ui) ? stage_tile(ui) : NULL;
    if (focused)
        add(ui, LAYER_FRAME, tile_view_frame(focused, &ui->pen), 1, 255);
    if (ui->screen == SCREEN_CALL && ui->pages > 1)
        add(ui, LAYER_PAGE, ui->page_at, hash_int(ui->page, ui->pages), 255);
}

static struct bar_state bar_state_of(const struct ui *ui)
{
    const struct call_member *self = people_self(ui->call);
    return (struct bar_state){.microphone = ui->call->microphone_on,
                              .camera = ui->call->camera_on,
                              .speaker_view = stage_speaker(ui),
                              .fullscreen = window_is_fullscreen(ui->window),
                              .kiosk = ui->config.kiosk,
                              .more = ui->bar.more,
                              .hand = self && self->hand,
                              .recording = self && self->recording,
                              .sharing = ui->call->share.on,
                              .self_hidden = ui->self_hidden,
                              .can_pin = stage_can_pin(ui),
                              .host = acts_hosting(ui->call),
                              .films = film_keys_here(ui),
                              .can_grid = ui->shown > 2 || (ui->shown == 2 && ui->self_hidden),
                              .unread = ui->call->chat_unread,
                              .offers = files_asking(ui->call),
                              .knocks = people_am_host(ui->call) ? (unsigned)ui->call->knock_count : 0};
}

struct bar_state scene_bar_state(const struct ui *ui)
{
    return bar_state_of(ui);
}

static SDL_Rect panel_rect(const struct ui *ui)
{
    int width = layout_panel_width(ui->pen.u, ui->pen.text_scale);
    int slide = (int)lround((1 - ui_panel_part(ui)) * pen_px(&ui->pen, 64));
    // Closing only fades.
    return (SDL_Rect){ui->width - width + (ui->panel != PANEL_NONE ? slide : 0), 0, width, ui->height};
}

// A panel goes on to where the screen may be cut off; what is on it does not.
static SDL_Rect to_edges(const struct ui *ui, SDL_Rect panel)
{
    SDL_Point edge = ui->pen.edge;
    return (SDL_Rect){panel.x, panel.y - edge.y, panel.w + edge.x, panel.h + 2 * edge.y};
}

static void add_panel(struct ui *ui)
{
    double part = ui_panel_part(ui);
    if (ui->panel_shown == PANEL_NONE)
        return;
    struct layer *l = add(ui, LAYER_PANEL, to_edges(ui, panel_rect(ui)),
                          hash_int(panels_signature(ui), ui->panel_shown), (uint8_t)lround(part * 255));
    if (l->alpha == 255)
        l->solid = l->bounds;
    else
        ui_wake(ui, ui->now_us);
}

static SDL_Rect unread_rect(struct ui *ui)
{
    int high = pen_scaled(&ui->pen, 48), wide = pen_scaled(&ui->pen, 108), edge = pen_px(&ui->pen, 48);
    SDL_Rect above;
    uint64_t which;
    int top = signs_recording(ui, &above, &which) ? above.y + above.h + pen_px(&ui->pen, 16) : edge;
    return (SDL_Rect){ui->stage.w - edge - wide, top, wide, high};
}

static int add_ask(struct ui *ui, int bottom)
{
    uint8_t alpha = asks_alpha(ui);
    if (alpha == 0)
        return bottom;
    SDL_Rect rect = ui->ask_rect;
    bool there = ui->ask.kind != ASK_NONE;
    rect.y += asks_rise(ui);
    add(ui, LAYER_ASK, grown(ui, rect, 84), ask_view_signature(&ui->ask_card), alpha);
    if (there ? alpha < 255 : true)
        ui_wake(ui, ui->now_us);
    return there ? ui->ask_rect.y - pen_px(&ui->pen, 24) : bottom;
}

static uint64_t settings_signature(struct ui *ui)
{
    if (!ui->locked)
        return settings_view_signature(&ui->settings);
    if (pin_pad_waits(&ui->pin, ui->now_us))
        ui_wake(ui, ui->pin.until_us);
    return hash_int(pin_view_signature(&ui->pin, ui->now_us), 1);
}

// Things at the bottom centre, one above the other: bar, card, toast.
static void add_floats(struct ui *ui)
{
    struct pen *pen = &ui->pen;
    bool room = ui_in_room(ui);
    SDL_Rect stage = room ? ui->stage : ui_whole(ui);
    if (ui->screen == SCREEN_CALL && stage_speaker(ui) && !ui->two && ui->panel == PANEL_NONE) // on the large picture
        stage.w -= pen_px(pen, THEME_STRIP_WIDTH + THEME_TILE_GAP);
    // Full screens have their status and their keys in the last line: it stays readable.
    int bottom = ui->height - (room ? pen_px(pen, 48) : pen_px(pen, 72) + pen_scaled(pen, 48));
    const struct toast *toast = toasts_now(&ui->toasts);
    if (room && ui->call->chat_unread > 0 && ui->panel != PANEL_CHAT && !(toast && toast->title[0]))
        add(ui, LAYER_UNREAD, unread_rect(ui), ui->call->chat_unread, 255);
    bottom = add_ask(ui, bottom);
    uint8_t alpha = room ? bar_alpha(&ui->bar, ui->now_us) : 0;
    if (alpha > 0) {
        struct bar_state state = bar_state_of(ui);
        SDL_Rect rect = bar_rect(pen, &state, stage);
        rect.y = MIN(rect.y, bottom - rect.h);
        bottom = rect.y - pen_px(pen, 24);
        rect.y += bar_rise(&ui->bar, pen, ui->now_us);
        struct layer *l = add(ui, LAYER_BAR, grown(ui, rect, 84), bar_signature(&ui->bar, &state), alpha);
        l->solid = (SDL_Rect){0, 0, 0, 0};
    }
    if (room && (ui->bar.open ? alpha < 255 : alpha > 0))
        ui_wake(ui, ui->now_us);
    if (ui->bar.open)
        ui_wake(ui, ui->bar.used_us + THEME_MS_BAR * 1000u);
    SDL_Rect film;
    uint64_t said;
    if (film_keys_bar(ui, stage, bottom, &film, &said)) {
        add(ui, LAYER_FILM, grown(ui, film, 84), said, 255);
        bottom = film.y - pen_px(pen, 24);
    }
    if (room && ui->call->phase == CALL_RECONNECTING) {
        SDL_Rect rect = card_rect(pen, stage, bottom);
        bottom = rect.y - pen_px(pen, 24);
        add(ui, LAYER_CARD, grown(ui, rect, 84), 1, 255);
    }
    SDL_Rect off;
    uint64_t which;
    if (signs_recording(ui, &off, &which))
        add(ui, LAYER_RECORDING, off, which, 255);
    if (!ui->idle.on && signs_off(ui, &off, &which))
        add(ui, LAYER_OFF, off, which, 255);
    struct toast sign;
    if (room && signs_hold(ui, &sign)) {
        SDL_Rect rect = toast_rect(&sign, pen, stage, bottom);
        bottom = rect.y - pen_px(pen, 24);
        add(ui, LAYER_SIGN, grown(ui, rect, 84), hash_words(HASH_START, sign.text), 255);
    }
    if (ui->settings.open)
        add(ui, LAYER_SETTINGS, ui_whole(ui), settings_signature(ui), 255)->solid = ui_whole(ui);
    if (ui->call->trial.open) {
        add(ui, LAYER_TRIAL, ui_whole(ui), trial_view_signature(&ui->trial, ui->call), 255)->solid = ui_whole(ui);
        if (texture_has(&ui->trial.texture))
            add(ui, LAYER_TRIAL_PICTURE, trial_view_picture(pen, ui_whole(ui)), ui->trial.texture.serial, 255);
    }
    if (room && signs_sharing(ui, &sign)) {
        SDL_Rect rect = toast_rect(&sign, pen, stage, bottom);
        bottom = rect.y - pen_px(pen, 24);
        add(ui, LAYER_SHARING, grown(ui, rect, 84), hash_words(HASH_START, sign.text), 255);
    }
    if (toast) {
        SDL_Rect rect = toast_rect(toast, pen, stage, bottom);
        rect.y += toasts_rise(&ui->toasts, pen, ui->now_us);
        add(ui, LAYER_TOAST, grown(ui, rect, 84), toast->serial, toasts_alpha(&ui->toasts, ui->now_us));
    }
}

// What fills the screen fills also what the screen may cut off.
static void widen_full(struct ui *ui)
{
    SDL_Rect full = ui_whole(ui);
    for (size_t i = 0; i < ui->layer_count; i++) {
        struct layer *l = &ui->layers[i];
        if (SDL_RectEquals(&l->bounds, &full))
            l->bounds = outer(ui);
        if (SDL_RectEquals(&l->solid, &full))
            l->solid = outer(ui);
    }
}

void scene_build(struct ui *ui)
{
    memcpy(ui->before, ui->layers, ui->layer_count * sizeof ui->layers[0]);
    ui->before_count = ui->layer_count;
    ui->layer_count = 0;
    add_ground(ui);
    if (ui->screen == SCREEN_CALL || ui->screen == SCREEN_WAITING || ui->screen == SCREEN_LOBBY)
        add_tiles(ui);
    if (ui_in_room(ui))
        add_panel(ui);
    add_floats(ui);
    if (ui->help)
        add(ui, LAYER_HELP, ui_whole(ui), 1, 255)->solid = ui_whole(ui);
    double part = theme_part(ui->now_us - ui->fade_us, THEME_MS_TILES);
    if (part < 1) {
        add(ui, LAYER_FADE, ui_whole(ui), 1, (uint8_t)lround(255 * (1 - part)));
        ui_wake(ui, ui->now_us);
    }
    widen_full(ui);
    for (size_t i = 0; i < ui->layer_count; i++) {
        const struct layer *l = &ui->layers[i], *old = NULL;
        for (size_t k = 0; k < ui->before_count && !old; k++)
            if (ui->before[k].kind == l->kind && ui->before[k].id == l->id && ui->before[k].tile == l->tile)
                old = &ui->before[k];
        bool same = old && !memcmp(&old->bounds, &l->bounds, sizeof l->bounds) && old->signature == l->signature &&
                    old->alpha == l->alpha && !memcmp(&old->solid, &l->solid, sizeof l->solid);
        if (old && !same)
            scene_damage(ui, old->bounds);
        if (!same)
            scene_damage(ui, l->bounds);
    }
    for (size_t k = 0; k < ui->before_count; k++) {
        bool still = false;
        for (size_t i = 0; i < ui->layer_count && !still; i++)
            still = ui->before[k].kind == ui->layers[i].kind && ui->before[k].id == ui->layers[i].id &&
                    ui->before[k].tile == ui->layers[i].tile;
        if (!still)
            scene_damage(ui, ui->before[k].bounds);
    }
}

// An invite link may have been typed or shown there: it goes with the screen.
static void forget_link(struct ui *ui)
{
    if (ui->ground != ui->screen && (ui->ground == SCREEN_HOME || ui->ground == SCREEN_WAITING)) {
        home_view_forget_link(&ui->home);
        pen_forget(&ui->pen);
        secrets_scrub();
    }
    ui->ground = ui->screen;
}

static void draw_ground(struct ui *ui)
{
    forget_link(ui);
    switch (ui->screen) {
    case SCREEN_HOME:
    case SCREEN_RINGING:
    case SCREEN_CALLING:
        front_draw(ui);
        break;
    case SCREEN_JOINING:
        room_view_joining(&ui->pen, ui->call, ui_whole(ui));
        break;
    case SCREEN_WAITING:
        room_view_waiting(&ui->home.qr, &ui->pen, ui->call, ui_whole(ui), ui->panel != PANEL_NONE, bottom_is_free(ui));
        break;
    case SCREEN_LOBBY:
        lobby_view_draw(&ui->pen, ui->call, ui_whole(ui), ui->lobby_focus);
        break;
    case SCREEN_FAILED:
        room_view_failed(&ui->pen, ui->call, ui_whole(ui));
        break;
    case SCREEN_CALL:
        pen_fill(&ui->pen, outer(ui), THEME_NIGHT);
        break;
    }
}

static void draw_layer(struct ui *ui, const struct layer *l)
{
    struct pen *pen = &ui->pen;
    SDL_Rect inner = grown(ui, l->bounds, -84);
    struct bar_state state;
    struct toast sign;
    struct tile_look look;
    pen->alpha = l->alpha;
    if (l->solid.x < 0 && l->kind != LAYER_TILE) // beside a full screen
        pen_fill(pen, outer(ui), THEME_WALL);
    switch (l->kind) {
    case LAYER_GROUND:
        draw_ground(ui);
        break;
    case LAYER_TILE:
        look = tiles_look(ui, l->tile);
        if (look.member)
            tile_view_draw(l->tile, pen, &look, ui->now_us);
        break;
    case LAYER_RINGS:
        front_draw_rings(ui, l->bounds);
        break;
    case LAYER_HIDDEN:
        card_more(pen, l->bounds, ui->hidden);
        break;
    case LAYER_BEFORE:
        for (size_t i = 0; i < ui->shown; i++) // the old name goes at once, the new one is there at once
            if (SDL_RectEquals(&ui->tiles[ui->order[i]].now.rect, &l->bounds))
                crossfade_spare(&ui->large_before, ui->tiles[ui->order[i]].chip);
        crossfade_draw(&ui->large_before, ui->canvas, l->alpha);
        break;
    case LAYER_FRAME:
        if (stage_tile(ui))
            tile_view_draw_frame(stage_tile(ui), pen);
        break;
    case LAYER_PAGE:
        card_page(pen, l->bounds, ui->page, ui->pages);
        break;
    case LAYER_PANEL:
        panels_draw(ui, l->bounds);
        break;
    case LAYER_UNREAD:
        card_unread(pen, l->bounds, ui->call->chat_unread);
        break;
    case LAYER_BAR:
        state = bar_state_of(ui);
        bar_draw(&ui->bar, pen, &state, inner);
        break;
    case LAYER_FILM:
        film_keys_draw_bar(ui, inner);
        break;
    case LAYER_ASK:
        ask_view_draw(&ui->ask_card, pen, inner);
        break;
    case LAYER_CARD:
        card_reconnecting(pen, inner);
        break;
    case LAYER_RECORDING:
        signs_draw_recording(ui, l->bounds);
        break;
    case LAYER_OFF:
        signs_draw_off(ui, l->bounds);
        break;
    case LAYER_SIGN:
        if (signs_hold(ui, &sign))
            toast_draw(&sign, pen, inner);
        break;
    case LAYER_SHARING:
        if (signs_sharing(ui, &sign))
            toast_draw(&sign, pen, inner);
        break;
    case LAYER_TOAST:
        if (toasts_now(&ui->toasts))
            toast_draw(toasts_now(&ui->toasts), pen, inner);
        break;
    case LAYER_SETTINGS:
        if (ui->locked)
            pin_view_draw(&ui->pin, pen, ui_whole(ui), ui->now_us);
        else
            settings_view_draw(&ui->settings, &ui->ops, pen, ui_whole(ui));
        break;
    case LAYER_TRIAL:
        trial_view_draw(&ui->trial, pen, ui->call, ui_whole(ui));
        break;
    case LAYER_TRIAL_PICTURE:
        trial_view_draw_picture(&ui->trial, pen, l->bounds);
        break;
    case LAYER_HELP:
        help_view_draw(pen, ui_whole(ui), ui->config.kiosk);
        break;
    case LAYER_FADE:
        pen_fill(pen, outer(ui), THEME_NIGHT);
        break;
    }
    pen->alpha = 255;
}

static bool holds(const SDL_Rect *outer, const SDL_Rect *inner)
{
    return outer->w > 0 && inner->x >= outer->x && inner->y >= outer->y && inner->x + inner->w <= outer->x + outer->w &&
           inner->y + inner->h <= outer->y + outer->h;
}

static void draw_below(struct ui *ui, size_t above, const SDL_Rect *clip)
{
    canvas_clip(ui->canvas, clip);
    for (size_t i = 0; i < above; i++)
        if (SDL_HasIntersection(&ui->layers[i].bounds, clip))
            draw_layer(ui, &ui->layers[i]);
}

static void draw_part(struct ui *ui, const SDL_Rect *clip)
{
    // What lies under an opaque thing shows only at its rounded corners.
    size_t first = ui->layer_count;
    while (first > 0 && !(ui->layers[first - 1].alpha == 255 && holds(&ui->layers[first - 1].solid, clip)))
        first--;
    first = first > 0 ? first - 1 : 0;
    const struct layer *l = &ui->layers[first];
    for (int c = 0; c < 4 && l->radius > 0 && first > 0; c++) {
        SDL_Rect corner = {c & 1 ? l->solid.x + l->solid.w - l->radius : l->solid.x,
                           c & 2 ? l->solid.y + l->solid.h - l->radius : l->solid.y, l->radius, l->radius};
        SDL_Rect seen;
        if (SDL_IntersectRect(&corner, clip, &seen))
            draw_below(ui, first, &seen);
    }
    canvas_clip(ui->canvas, clip);
    for (size_t i = first; i < ui->layer_count; i++)
        if (SDL_HasIntersection(&ui->layers[i].bounds, clip))
            draw_layer(ui, &ui->layers[i]);
}

bool scene_draw(struct ui *ui)
{
    if (!ui->damage_all && ui->damage_count == 0)
        return false;
    if (ui->damage_all || !canvas_keeps(ui->canvas)) {
        ui->damage[0] = outer(ui);
        ui->damage_count = 1;
    }
    for (int i = 0; i < ui->damage_count; i++)
        draw_part(ui, &ui->damage[i]);
    canvas_clip(ui->canvas, NULL);
    canvas_present(ui->canvas, ui->damage, ui->damage_count);
    ui->damage_count = 0;
    ui->damage_all = false;
    return true;
}
