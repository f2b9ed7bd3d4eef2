// People of the call and their tiles: who has one, where it goes, which picture it shows.
#include "ui_state.h"

#include "card.h"
#include "client/library/films.h"
#include "lobby_view.h"
#include "room_view.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"

#include <string.h>

enum { SILENT_US = 10 * 1000000, HEARD_US = 4 * 1000000 };

static struct tile *find(struct ui *ui, const struct call_member *m, bool screen)
{
    for (size_t i = 0; i < TILES_MAX; i++) {
        struct tile *t = &ui->tiles[i];
        // My own tile stays over reconnects, whatever number the room gives me.
        if (t->used && t->screen == screen &&
            (m->self ? t->self : !t->self && t->id == m->id && t->join_id == m->join_id))
            return t;
    }
    return NULL;
}

static struct tile *take(struct ui *ui, const struct call_member *m, bool screen)
{
    for (size_t i = 0; i < TILES_MAX; i++) {
        struct tile *t = &ui->tiles[i];
        if (t->used)
            continue;
        memset(t, 0, sizeof *t);
        texture_init(&t->texture);
        t->used = true;
        t->self = m->self;
        t->screen = screen;
        t->taken_us = ui->now_us;
        t->texture.mirror = m->self && !screen && ui->config.mirror_self;
        return t;
    }
    return NULL;
}

const struct call_member *tiles_member(const struct ui *ui, const struct tile *tile)
{
    if (ui->screen == SCREEN_LOBBY)
        return tile->self ? &ui->lobby_self : NULL;
    for (size_t i = 0; i < ui->call->member_count; i++)
        if (tile->self ? ui->call->members[i].self : ui->call->members[i].id == tile->id)
            return &ui->call->members[i];
    return NULL;
}

// The large picture changes: the last one goes away over it. Of who has left nothing stays.
static void fade_from(struct ui *ui, uint16_t id)
{
    for (size_t i = 0; i < ui->shown && ui->speaker_view && !ui->screens && !ui->two && !ui->damage_all; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        if (!t->self && t->id == id && t->now.shown && t->move_ms == 0)
            crossfade_begin(&ui->large_before, ui->canvas, t->now.rect, t->chip, ui->now_us);
    }
}

static void choose_large(struct ui *ui)
{
    struct talker_voice voice[CALL_MEMBERS_MAX];
    size_t count = 0;
    uint64_t next;
    for (size_t i = 0; i < ui->shown; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        if (!t->self && !t->screen && !t->film)
            voice[count++] = (struct talker_voice){t->id, t->speaking};
    }
    uint16_t before = ui->talker.large;
    if (talker_follow(&ui->talker, voice, count, ui->now_us, &next) && !ui->pinned.any)
        fade_from(ui, before);
    if (ui->speaker_view)
        ui_wake(ui, next);
}

static uint16_t my_id(const struct call *call)
{
    const struct call_member *self = people_self(call);
    return self ? self->id : 0;
}

// Who says that he shows his screen and sends nothing of it does not keep the large place.
static bool shows_something(struct ui *ui, const struct tile *t)
{
    uint64_t until = t->taken_us + SILENT_US;
    if (texture_has(&t->texture))
        return true;
    if (ui->now_us < until)
        ui_wake(ui, until);
    return ui->now_us < until;
}

// The one tile of a member's, his camera's or his screen's, comes next in the order. NULL: there are too many.
static const struct tile *follow_one(struct ui *ui, const struct call_member *m, bool screen)
{
    struct tile *t = find(ui, m, screen);
    bool doubt = trust_words_doubt(m->trust);
    if (!t)
        t = take(ui, m, screen);
    if (!t)
        return NULL;
    t->present = true;
    t->id = m->id;
    t->join_id = m->join_id;
    t->film = !screen && m->kind == CALL_KIND_FILM;
    const struct films_playing *film = t->film && ui->call->films ? films_playing_of(ui->call->films, m->id) : NULL;
    if (film && (film->about.paused || film->about.ended) && t->picture_us)
        t->picture_us = ui->now_us; // it is to stand still: that is not late
    bool hidden = doubt || (!screen && !m->camera) || (screen && m->self && !ui->call->share.seen);
    if (hidden && texture_has(&t->texture) && ui->call->phase != CALL_RECONNECTING)
        texture_forget(&t->texture);
    ui_wake(ui, tile_listen(t, !screen && !t->film && m->speaking && !doubt, ui->now_us));
    ui->order[ui->shown++] = (size_t)(t - ui->tiles);
    return t;
}

// Tiles of others; all of them once I have been followed, who am the last.
static size_t others(const struct ui *ui)
{
    size_t count = 0;
    for (size_t i = 0; i < ui->shown; i++)
        count += ui->tiles[ui->order[i]].self ? 0 : 1;
    return count;
}

// Of what I show others see more than I: with one other only, the words at the bottom are enough.
static bool has_screen_tile(const struct ui *ui, const struct call_member *m, size_t screens)
{
    return m->screen && !m->away && !trust_words_doubt(m->trust) && screens < TILE_SCREENS_MAX &&
           (!m->self || others(ui) > 1);
}

// Who only does something for the room is nobody to be looked at. Whatever he says that he is: who was heard is shown.
static bool has_tile(const struct call *call, const struct call_member *m)
{
    bool hides = m->kind == CALL_KIND_RECORDER || films_hides(call->films, m, my_id(call));
    return m->self || !hides || m->heard_us;
}

// As the relay says, who may say so of somebody who is heard all the same.
static bool is_away(struct ui *ui, const struct call_member *m)
{
    uint64_t until = m->heard_us + HEARD_US;
    if (!m->away || !m->heard_us || ui->now_us >= until)
        return m->away;
    ui_wake(ui, until);
    return false;
}

bool tiles_company(const struct call *call)
{
    for (size_t i = 0; i < call->member_count; i++)
        if (!call->members[i].self && !call->members[i].away && has_tile(call, &call->members[i]))
            return true;
    return false;
}

static void follow_member(struct ui *ui, const struct call_member *m, size_t *screens)
{
    bool screen = has_screen_tile(ui, m, *screens);
    if (!has_tile(ui->call, m))
        return;
    *screens += screen;
    if (m->self && screen) // I am the last tile
        follow_one(ui, m, true);
    if (!is_away(ui, m) && !(m->self && ui->self_hidden))
        follow_one(ui, m, false);
    if (!m->self && screen) {
        const struct tile *t = follow_one(ui, m, true);
        ui->screens += t && shows_something(ui, t);
    }
    ui->screens += m->kind == CALL_KIND_FILM && !m->self && !m->away;
}

void tiles_follow(struct ui *ui)
{
    const struct call *call = ui->call;
    bool in_room = call->phase == CALL_IN_ROOM || call->phase == CALL_RECONNECTING;
    size_t screens = 0, before = ui->screens;
    for (size_t i = 0; i < TILES_MAX; i++)
        ui->tiles[i].present = false;
    ui->shown = ui->screens = 0;
    bool lobby = ui->screen == SCREEN_LOBBY;
    ui->lobby_self = (struct call_member){
        .self = true, .camera = call->camera_on && !call->camera_missing, .muted = !call->microphone_on};
    for (size_t i = 0; lobby ? i < 1 : in_room && i < call->member_count && i < CALL_MEMBERS_MAX; i++) {
        follow_member(ui, lobby ? &ui->lobby_self : &call->members[i], &screens);
    }
    if (ui->screens > before) // what is new is to be seen
        ui->screens_small = false;
    for (size_t i = 0; i < TILES_MAX; i++)
        if (ui->tiles[i].used && !ui->tiles[i].present) {
            texture_destroy(&ui->tiles[i].texture);
            ui->tiles[i].used = false;
        }
    choose_large(ui);
    stage_follow(ui);
}

// The pinned one, else the screen or film that came last, else who talks.
static size_t large_of(struct ui *ui)
{
    size_t large = 0, screen = ui->shown;
    uint64_t newest = 0;
    for (size_t i = 0; i < ui->shown; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        if (stage_pinned(ui, t))
            return i;
        if (!t->self && !t->screen && !t->film && t->id == ui->talker.large)
            large = i;
        if (!t->self && ((t->screen && shows_something(ui, t)) || t->film) && t->taken_us >= newest) {
            newest = t->taken_us;
            screen = i;
        }
    }
    return screen < ui->shown ? screen : large;
}

// What is to be placed: one page of a grid, or all in speaker view. Returns the first tile of it.
static size_t request_of(struct ui *ui, struct layout_request *q)
{
    q->self_shown =
        ui->shown > 0 && ui->tiles[ui->order[ui->shown - 1]].self && !ui->tiles[ui->order[ui->shown - 1]].screen;
    q->mode = ui->two ? LAYOUT_TWO : stage_speaker(ui) ? LAYOUT_SPEAKER : LAYOUT_GRID;
    ui->pages = q->mode == LAYOUT_GRID ? (ui->shown + LAYOUT_PAGE - 1) / LAYOUT_PAGE : 1;
    ui->page = MIN(ui->page, ui->pages ? ui->pages - 1 : 0);
    size_t first = ui->page * LAYOUT_PAGE;
    q->count =
        q->mode == LAYOUT_GRID ? MIN(ui->shown - first, (size_t)LAYOUT_PAGE) : MIN(ui->shown, (size_t)LAYOUT_MOST);
    q->large = large_of(ui);
    for (size_t i = first; i < first + q->count; i++)
        if (stage_pinned(ui, &ui->tiles[ui->order[i]])) {
            q->pinned = true;
            q->pin = i - first;
        }
    return first;
}

static void place(struct ui *ui, struct tile *t, const struct layout_tile *at, unsigned ms)
{
    bool was_shown = t->placed && t->now.shown, fresh = !t->placed;
    // What fades does not slide, too.
    bool fades = crossfade_alpha(&ui->large_before, ui->now_us) > 0;
    tile_go(t, at, ui->now_us, ui->damage_all || fades ? 0 : ms);
    if (fresh && ui->screen == SCREEN_CALL && ui->ground == SCREEN_CALL && !ui->damage_all)
        t->born_us = ui->now_us;
    if (!was_shown && t->now.shown && texture_has(&t->texture))
        t->picture_us = ui->now_us; // nobody asked for its pictures meanwhile: they are not late
    if (tile_move(t, ui->now_us) || tile_new_alpha(t, ui->now_us) || tile_avatar_alpha(t, ui->now_us))
        ui_wake(ui, ui->now_us);
}

// A picture that goes edge to edge goes also where the screen may cut it off.
static void widen_edge(const struct ui *ui, struct layout_result *r, size_t count)
{
    SDL_Point e = ui->pen.edge;
    for (size_t i = 0; i < count; i++) {
        struct layout_tile *t = &r->tile[i];
        if (!t->edge)
            continue;
        t->rect = (SDL_Rect){t->rect.x - e.x, t->rect.y - e.y, t->rect.w + 2 * e.x, t->rect.h + 2 * e.y};
        t->frame = (SDL_Rect){t->frame.x - e.x, t->frame.y - e.y, t->frame.w + 2 * e.x, t->frame.h + 2 * e.y};
    }
}

// Nothing cuts a film off, no panel and no edge of the screen.
static void keep_films_whole(const struct ui *ui, struct layout_result *r, size_t first, size_t count)
{
    SDL_Point e = ui->pen.edge;
    for (size_t i = 0; i < count; i++) {
        struct layout_tile *t = &r->tile[i];
        if (!ui->tiles[ui->order[first + i]].film)
            continue;
        t->frame = t->rect;
        if (t->edge)
            t->frame = (SDL_Rect){t->rect.x + e.x, t->rect.y + e.y, t->rect.w - 2 * e.x, t->rect.h - 2 * e.y};
    }
}

void tiles_place(struct ui *ui)
{
    int panel = ui->panel != PANEL_NONE ? layout_panel_width(ui->pen.u, ui->pen.text_scale) : 0;
    bool waiting = ui->screen == SCREEN_WAITING || ui->screen == SCREEN_LOBBY;
    struct layout_request q = {.width = ui->width, .height = ui->height, .panel = panel, .u = ui->pen.u};
    struct layout_result r;
    ui->two = others(ui) == 1;
    size_t first = request_of(ui, &q);
    q.card = asks_place(ui, (SDL_Rect){0, 0, ui->width - panel, ui->height}, ui->two);
    layout_compute(&q, &r);
    widen_edge(ui, &r, q.count);
    keep_films_whole(ui, &r, first, q.count);
    ui->stage = r.stage;
    ui->hidden = r.hidden;
    ui->hidden_at = r.hidden_at;
    ui->page_at = ui->pages > 1 ? card_page_rect(&ui->pen, ui->stage, ui->page, ui->pages) : (SDL_Rect){0, 0, 0, 0};
    unsigned ms = ui->now_us - ui->panel_us < 1000 ? THEME_MS_PANEL_IN : THEME_MS_TILES;
    for (size_t i = 0; i < ui->shown; i++) {
        struct tile *t = &ui->tiles[ui->order[i]];
        struct layout_tile at =
            i >= first && i < first + q.count ? r.tile[i - first] : (struct layout_tile){.shown = false};
        if (waiting) {
            SDL_Rect screen = {0, 0, ui->width, ui->height};
            SDL_Rect self =
                ui->screen == SCREEN_LOBBY ? lobby_view_self(&ui->pen, screen) : room_view_self(&ui->pen, screen);
            at = (struct layout_tile){
                .rect = self, .frame = self, .shown = t->self && !t->screen && panel == 0, .floats = true};
        }
        place(ui, t, &at, ms);
    }
}

// A page that stands still is sent once a second.
static uint64_t late_us(const struct tile *tile)
{
    return (tile->screen ? 2u : 1u) * THEME_MS_LATE * 1000u;
}

struct tile_look tiles_look(const struct ui *ui, const struct tile *tile)
{
    struct tile_look look = {.member = tiles_member(ui, tile), .two = ui->two || ui->screen != SCREEN_CALL};
    if (!look.member)
        return look;
    const struct call_member *m = look.member;
    bool reconnecting = ui->call->phase == CALL_RECONNECTING;
    bool has = texture_has(&tile->texture);
    bool on = tile->screen ? m->screen : m->camera;
    look.late = !tile->self && !reconnecting && on && has && ui->now_us - tile->picture_us >= late_us(tile);
    uint64_t next;
    look.paused = !tile->self && !tile->screen && !reconnecting && m->camera && m->paused;
    look.late = look.late && !look.paused;
    look.dead = m->kind == CALL_KIND_CAMERA && !tile->self && m->told && !m->camera && !reconnecting;
    look.still_s = look.late ? tile_still_s(tile, ui->now_us, &next) : 0;
    look.pinned = ui->screen == SCREEN_CALL && !ui->two && stage_pinned(ui, tile);
    if (SDL_HasIntersection(&ui->page_at, &tile->now.rect))
        look.cut = tile->now.rect.x + tile->now.rect.w - ui->page_at.x;
    look.titled = tile->film && ui->screen == SCREEN_CALL && ui->film_bar == tile->id;
    look.dim = has && ((reconnecting && !tile->self) || look.late || look.paused);
    look.card = ui->ask.kind != ASK_NONE ? ui->ask_rect.h + pen_px(&ui->pen, 24) : 0;
    look.meter = tile->self && !tile->screen && !m->muted && ui->call->microphone_on;
    look.level = look.meter ? ui->meter.step : 0;
    look.doubt = !tile->self && trust_words_doubt(m->trust);
    look.connecting = !tile->self && !look.doubt && !look.paused && (!m->has_key || (on && !has));
    return look;
}

static struct AVFrame *newest(struct ui *ui, const struct tile *t, uint64_t *next)
{
    struct AVFrame *(*of)(void *, uint16_t, uint64_t, uint64_t *) =
        t->screen ? ui->ops.screen_picture : ui->ops.picture;
    return of ? of(ui->ops.ctx, t->self ? 0 : t->id, ui->now_us, next) : NULL;
}

void tiles_pictures(struct ui *ui)
{
    for (size_t i = 0; i < ui->shown; i++) {
        struct tile *t = &ui->tiles[ui->order[i]];
        const struct call_member *m = tiles_member(ui, t);
        if (!t->now.shown || !m)
            continue;
        uint64_t next = UINT64_MAX;
        struct AVFrame *frame = newest(ui, t, &next);
        bool on = t->screen ? m->screen : m->camera;
        ui_wake(ui, next);
        if (!frame || !on || trust_words_doubt(m->trust)) {
            if (texture_has(&t->texture) && on && !t->self) {
                (void)tile_still_s(t, ui->now_us, &next); // the words about it change with the seconds
                ui_wake(ui, next);
            }
            continue;
        }
        if (!texture_put(&t->texture, frame))
            continue;
        if (t->picture_us == 0)
            t->shown_us = ui->now_us;
        t->picture_us = ui->now_us;
        t->fresh = true;
        ui_wake(ui, ui->now_us + late_us(t));
        if (!ui->help || ui->now_us - ui->help_us < THEME_MS_TILES * 1000u)
            scene_damage(ui, t->now.rect);
    }
}

size_t ui_seen(const struct ui *ui, struct ui_seen *out, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < ui->shown && count < max; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        if (t->self || !t->to.shown)
            continue;
        out[count++] = (struct ui_seen){.member = t->id,
                                        .height = t->to.frame.h,
                                        .screen = t->screen,
                                        .talks = !t->screen && t->id == ui->talker.large,
                                        .pinned = stage_pinned(ui, t)};
    }
    return count;
}

void tiles_shown(struct ui *ui)
{
    for (size_t i = 0; i < ui->shown; i++) {
        struct tile *t = &ui->tiles[ui->order[i]];
        void (*shown)(void *, uint16_t, uint64_t) = t->screen ? ui->ops.screen_shown : ui->ops.shown;
        if (t->fresh && !ui->help && shown)
            shown(ui->ops.ctx, t->self ? 0 : t->id, ui->now_us);
        t->fresh = false;
    }
}
