#include "ui.h"

#include "shared/base.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "client/text_clean.h"
#include "theme.h"
#include "ui_state.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BRIEF_US = 800000 };

static const struct call NO_CALL = {.phase = CALL_HOME};
static const struct stats NO_STATS;

static void measure(struct ui *ui)
{
    canvas_size(ui->canvas, &ui->width, &ui->height);
    ui->pen.edge = (SDL_Point){ui->width * ui->config.screen_edges / 100, ui->height * ui->config.screen_edges / 100};
    ui->width -= 2 * ui->pen.edge.x;
    ui->height -= 2 * ui->pen.edge.y;
    canvas_origin(ui->canvas, ui->pen.edge.x, ui->pen.edge.y);
    ui->pen.u = layout_unit(ui->width, ui->height);
    crossfade_end(&ui->large_before);
    pen_forget(&ui->pen);
    ui->damage_all = true;
}

bool ui_bind(const char *spec, char *error, size_t size)
{
    return input_bind(spec, error, size);
}

struct ui *ui_create(const struct ui_config *config, const struct ui_ops *ops, const char **error_sentence)
{
    struct ui *ui = base_alloc(sizeof *ui);
    ui->config = *config;
    ui->ops = *ops;
    ui->call = &NO_CALL;
    ui->stats = &NO_STATS;
    ui->dirty = ui->damage_all = true;
    ui->now_us = ui->screen_us = ui->idle.touched_us = clock_now_us();
    ui->fade_us = ui->now_us - THEME_MS_TILES * 1000u; // the first screen is simply there
    if (!config->headless) {
        ui->window = window_create(config);
        if (!ui->window) {
            *error_sentence = _("No screen to draw on. Check the display, or use --headless.");
            free(ui);
            return NULL;
        }
    }
    texture_init(&ui->trial.texture);
    ui->canvas = canvas_create(window_handle(ui->window), config->width, config->height, config->display_path);
    if (!ui->canvas || !pen_init(&ui->pen, ui->canvas)) {
        *error_sentence = ui->canvas ? _("No font found. Install fonts-inter or fonts-dejavu-core.")
                                     : _("The screen could not be opened for drawing.");
        canvas_destroy(ui->canvas);
        window_destroy(ui->window);
        free(ui);
        return NULL;
    }
    ui_apply(ui,
             &(struct ui_look){.text_scale = config->text_scale ? config->text_scale : 100,
                               .screen_edges = config->screen_edges,
                               .idle_after = config->idle_after,
                               .high_contrast = config->high_contrast,
                               .reduced_motion = config->reduced_motion,
                               .mirror_self = config->mirror_self},
             config->name);
    return ui;
}

void ui_destroy(struct ui *ui)
{
    if (!ui)
        return;
    for (size_t i = 0; i < TILES_MAX; i++)
        if (ui->tiles[i].used)
            texture_destroy(&ui->tiles[i].texture);
    texture_destroy(&ui->trial.texture);
    chat_view_destroy(&ui->chat);
    home_view_destroy(&ui->home);
    crossfade_end(&ui->large_before);
    pen_destroy(&ui->pen);
    canvas_destroy(ui->canvas);
    window_destroy(ui->window);
    free(ui);
}

void ui_wake(struct ui *ui, uint64_t at_us)
{
    ui->wake_us = MIN(ui->wake_us, at_us);
}

void ui_act(const struct ui *ui, enum ui_action action, uint32_t id, const char *text)
{
    if (ui->ops.action)
        ui->ops.action(ui->ops.ctx, action, id, text);
}

bool ui_in_room(const struct ui *ui)
{
    return ui->screen == SCREEN_CALL || ui->screen == SCREEN_WAITING;
}

SDL_Rect ui_whole(const struct ui *ui)
{
    return (SDL_Rect){0, 0, ui->width, ui->height};
}

void ui_invalidate(struct ui *ui)
{
    ui->dirty = true;
}

void ui_apply(struct ui *ui, const struct ui_look *look, const char *name)
{
    // A name on the home screen is the person's own words: short and clean like any other.
    name = name ? name : "";
    text_clean(ui->kept_name, sizeof ui->kept_name, name, strlen(name), 40, false);
    ui->pen.text_scale = CLAMP(look->text_scale, 100, 300);
    ui->config.screen_edges = CLAMP(look->screen_edges, 0, 5);
    ui->config.idle_after = look->idle_after;
    ui->config.mirror_self = look->mirror_self;
    theme_choose(look->high_contrast);
    theme_reduce_motion(look->reduced_motion);
    measure(ui);
    ui->dirty = true;
}

void ui_set_text_scale(struct ui *ui, int percent)
{
    char words[64];
    ui->pen.text_scale = CLAMP(percent, 100, 300);
    snprintf(words, sizeof words, WORD_TEXT_SIZE, ui->pen.text_scale);
    ui_toast(ui, "plus", "text-size", words);
    ui->damage_all = ui->dirty = true;
    snprintf(words, sizeof words, "text-scale=%d", ui->pen.text_scale);
    ui_act(ui, UI_SET, 0, words);
}

void ui_toast(struct ui *ui, const char *icon, const char *kind, const char *text)
{
    char clean[TOAST_TEXT_MAX];
    text = _(text); // also what comes from threads that only mark it
    text_clean(clean, sizeof clean, text, strlen(text), 120, false);
    toasts_add(&ui->toasts, icon, kind, "", clean, THEME_MS_TOAST);
    ui->dirty = true;
}

void ui_open_panel(struct ui *ui, enum ui_panel panel)
{
    if (ui->panel == panel)
        return;
    bool swap = ui->panel != PANEL_NONE && panel != PANEL_NONE;
    ui->panel = panel;
    if (panel != PANEL_NONE) {
        ui->panel_shown = panel;
        ui->focused.any = false; // the panel has the arrows
        bar_close(&ui->bar, ui->now_us);
    }
    if (!swap)
        ui->panel_us = ui->now_us;
    ui->chat.composing[0] = '\0';
    ui->chat.address.choosing = false;
    if (panel == PANEL_CHAT)
        toasts_drop(&ui->toasts, "chat");
    if (panel == PANEL_PEOPLE)
        people_open(&ui->people, ui->call);
    ui->dirty = true;
}

double ui_panel_part(const struct ui *ui)
{
    if (ui->panel_us == 0)
        return 0;
    bool open = ui->panel != PANEL_NONE;
    double t = theme_part(ui->now_us - ui->panel_us, open ? THEME_MS_PANEL_IN : THEME_MS_PANEL_OUT);
    return open ? t : 1 - t;
}

// What an input method has in hand; nothing of it is ours before it says so.
static void compose(struct ui *ui, const char *text)
{
    char *composing = keys_composing(ui);
    composing[0] = '\0';
    if (keys_typing(ui))
        text_clean(composing, sizeof ui->chat.composing, text, strlen(text), 60, false);
}

bool ui_event(struct ui *ui, const SDL_Event *event)
{
    ui->now_us = MAX(ui->now_us, clock_now_us());
    char *composing = keys_composing(ui);
    bool used = true;
    switch (event->type) {
    case SDL_KEYDOWN:
        // A held Enter presses one button, not the next one that comes under it.
        used = (event->key.repeat && keys_enters(event->key.keysym.sym)) ||
               keys_press(ui, event->key.keysym.sym, event->key.keysym.mod, event->key.repeat != 0);
        break;
    case SDL_KEYUP: // also of all that are down, when the window loses the focus
        keys_held(ui, hold_release(&ui->hold, event->key.keysym.sym, SDL_GetKeyboardFocus() != NULL, ui->now_us));
        used = false;
        break;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_FINGERDOWN:
        used = front_touch(ui);
        break;
    case SDL_TEXTINPUT:
        composing[0] = '\0';
        keys_text(ui, event->text.text);
        break;
    case SDL_TEXTEDITING:
        compose(ui, event->edit.text);
        break;
    case SDL_TEXTEDITING_EXT: // what is longer than 31 bytes, ten letters of some scripts
        compose(ui, event->editExt.text);
        SDL_free(event->editExt.text); // SDL gives it away
        break;
    case SDL_DROPFILE:
        chooser_keys_drop(ui, event->drop.file);
        SDL_free(event->drop.file); // SDL gives it away
        break;
    case SDL_WINDOWEVENT:
        // The display forgot what it showed, or has another size.
        if (event->window.event == SDL_WINDOWEVENT_EXPOSED || event->window.event == SDL_WINDOWEVENT_SIZE_CHANGED ||
            event->window.event == SDL_WINDOWEVENT_SHOWN || event->window.event == SDL_WINDOWEVENT_RESTORED)
            ui->damage_all = true;
        if (event->window.event == SDL_WINDOWEVENT_FOCUS_GAINED)
            hold_focus(&ui->hold, ui->now_us);
        if (event->window.event == SDL_WINDOWEVENT_FOCUS_LOST)
            keys_held(ui, hold_look(&ui->hold, 0));
        if (event->window.event == SDL_WINDOWEVENT_CLOSE && !ui->config.kiosk)
            ui_act(ui, UI_QUIT, 0, NULL);
        break;
    case SDL_RENDER_TARGETS_RESET:
    case SDL_RENDER_DEVICE_RESET:
        crossfade_end(&ui->large_before);
        pen_forget(&ui->pen);
        ui->damage_all = true;
        break;
    default:
        used = false;
        break;
    }
    ui->dirty |= used;
    return used;
}

bool ui_press(struct ui *ui, const char *key_name)
{
    SDL_Keycode key;
    uint16_t modifiers;
    if (!input_parse(key_name, &key, &modifiers))
        return false;
    ui->now_us = MAX(ui->now_us, clock_now_us());
    bool plain = !(modifiers & (KMOD_CTRL | KMOD_ALT));
    if (keys_typing(ui) && plain && key >= ' ' && key < 0x7F) {
        char text[2] = {(char)key, '\0'};
        if ((modifiers & KMOD_SHIFT) && key >= 'a' && key <= 'z')
            text[0] = (char)(key - 32);
        keys_text(ui, text);
    } else {
        keys_press(ui, key, modifiers, false);
        keys_held(ui, hold_release(&ui->hold, key, true, ui->now_us));
    }
    ui->dirty = true;
    return true;
}

static enum ui_screen screen_for(const struct call *call)
{
    switch (call->phase) {
    case CALL_JOINING:
        return call->waiting ? SCREEN_LOBBY : SCREEN_JOINING;
    case CALL_FAILED:
        return SCREEN_FAILED;
    case CALL_IN_ROOM:
    case CALL_RECONNECTING:
        return tiles_company(call) ? SCREEN_CALL : SCREEN_WAITING;
    case CALL_RINGING:
        return SCREEN_RINGING;
    case CALL_CALLING:
        return SCREEN_CALLING;
    default:
        return SCREEN_HOME;
    }
}

// After a call one is back at the person it was with, unless somebody has called in vain meanwhile.
static void begin_home_list(struct ui *ui, enum ui_screen screen)
{
    bool vain = ui->screen == SCREEN_RINGING || home_list_unseen(ui->call);
    if (screen == SCREEN_RINGING || screen == SCREEN_CALLING)
        home_list_return(&ui->home.list, ui->call->ring.identity);
    else if (screen == SCREEN_HOME ? vain : !ui->call->private_call)
        home_list_reset(&ui->home.list);
}

static void follow_screen(struct ui *ui)
{
    enum ui_screen screen = screen_for(ui->call);
    if (screen == ui->screen)
        return;
    bool room = screen == SCREEN_CALL || screen == SCREEN_WAITING;
    bool rings = screen == SCREEN_RINGING || screen == SCREEN_CALLING, rang = ui->screen == SCREEN_RINGING;
    if (!room)
        begin_home_list(ui, screen);
    ui->screen = screen;
    // What was there for a moment only is not faded from: at the start the first picture is there at once.
    bool brief = ui->now_us - ui->screen_us < BRIEF_US;
    ui->fade_us = brief ? ui->now_us - THEME_MS_TILES * 1000u : ui->now_us;
    ui->screen_us = ui->now_us;
    ui->settings.open = false;
    if (!room) {
        ui->panel = ui->panel_shown = PANEL_NONE;
        ui->bar.open = false;
        ui->bar.open_us = 0;
        ui->speaker_view = ui->screens_small = ui->self_hidden = false;
        if (screen != SCREEN_RINGING && !(rang && screen == SCREEN_HOME)) // what was being typed waits
            home_join_close(&ui->home.join);
        ui->lobby_focus = 0;
        toasts_keep(&ui->toasts, rings ? "" : "call"); // the others spoke of the room, or of the call before
    }
    if (rings)
        ui->help = false; // nothing lies over it
    window_in_call(ui->window, room || rings || screen == SCREEN_JOINING || screen == SCREEN_LOBBY);
}

// What others wrote while the panel was closed comes as a toast.
static void follow_chat(struct ui *ui)
{
    const struct call *call = ui->call;
    const struct call_chat_line *last = call->chat_count ? &call->chat[call->chat_count - 1] : NULL;
    chat_view_update(&ui->chat, call);
    if (last && last->number != ui->chat_seen) {
        ui->chat_seen = last->number;
        if (!last->mine && ui->panel != PANEL_CHAT && call->chat_unread > 0 && ui->seen_call) {
            char text[TOAST_TEXT_MAX], name[CALL_NAME_MAX];
            text_clean(text, sizeof text, last->text, strlen(last->text), 120, false);
            if (text_clean(name, sizeof name, last->name, strlen(last->name), 32, false) == 0)
                snprintf(name, sizeof name, "%s", WORD_GUEST);
            toasts_add(&ui->toasts, "chat", "chat", name, text, THEME_MS_CHAT_TOAST);
        }
    }
    if (ui->panel == PANEL_CHAT && chat_view_at_newest(&ui->chat) && call->chat_unread > 0)
        ui_act(ui, UI_CHAT_SEEN, 0, NULL);
}

static void follow_typing(struct ui *ui)
{
    bool typing = keys_typing(ui);
    if (ui->typing || typing)
        ui->typing_us = ui->now_us;
    if (typing == ui->typing)
        return;
    ui->typing = typing;
    if (ui->window && typing)
        SDL_StartTextInput();
    else if (ui->window)
        SDL_StopTextInput();
}

static void place_input_method(struct ui *ui)
{
    SDL_Rect caret = ui->settings.open           ? ui->settings.caret
                     : ui->screen == SCREEN_HOME ? ui->home.caret
                                                 : ui->chat.caret;
    caret.x += ui->pen.edge.x;
    caret.y += ui->pen.edge.y;
    if (ui->window && ui->typing)
        SDL_SetTextInputRect(&caret);
}

static void let_time_pass(struct ui *ui)
{
    if (ui->bar.open && ui->now_us - ui->bar.used_us >= THEME_MS_BAR * 1000u)
        bar_close(&ui->bar, ui->now_us);
    if (ui->panel == PANEL_NONE && ui->panel_shown != PANEL_NONE && ui_panel_part(ui) <= 0)
        ui->panel_shown = PANEL_NONE;
    ui_wake(ui, toasts_tick(&ui->toasts, ui->now_us));
}

static void follow_meter(struct ui *ui)
{
    const struct call_member *self = people_self(ui->call);
    float level = self && ui->call->microphone_on ? self->level : 0;
    meter_feed(&ui->meter, level, ui->now_us);
    if (ui->meter.step != meter_step_of(level))
        ui_wake(ui, ui->meter.at_us + METER_FALL_US);
}

uint64_t ui_frame(struct ui *ui, const struct call *call, const struct stats *stats, uint64_t now_us)
{
    uint64_t refresh = window_refresh_us(ui->window);
    // A present that blocks is no proof that the last one was shown: keep our own floor, a little under one refresh.
    if (ui->presents && now_us < ui->present_us + refresh - refresh / 10)
        return ui->present_us + refresh;
    ui->call = call ? call : &NO_CALL;
    ui->stats = stats ? stats : &NO_STATS;
    ui->now_us = MAX(now_us, ui->now_us);
    ui->wake_us = UINT64_MAX;
    ui->dirty = false;
    if (canvas_resize(ui->canvas))
        measure(ui);
    follow_screen(ui);
    keys_held(ui, hold_look(&ui->hold, keys_hold_place(ui)));
    front_follow(ui);
    follow_chat(ui);
    ui->seen_call = true;
    asks_follow(ui);
    files_keys_follow(ui);
    chooser_keys_follow(ui);
    follow_typing(ui);
    let_time_pass(ui);
    follow_meter(ui);
    trial_follow(ui);
    tiles_follow(ui);
    tiles_place(ui);
    tiles_pictures(ui);
    scene_build(ui);
    if (window_visible(ui->window) && scene_draw(ui)) {
        ui->presents++;
        ui->present_us = ui->now_us;
        tiles_shown(ui);
        place_input_method(ui);
    }
    // "Now" means at the next refresh.
    uint64_t wake = ui->dirty ? ui->now_us : ui->wake_us, soonest = MAX(ui->present_us + refresh, ui->now_us + 1000);
    return MAX(wake, soonest);
}

bool ui_screenshot(struct ui *ui, const char *path)
{
    return canvas_save(ui->canvas, path);
}

uint64_t ui_presents(const struct ui *ui)
{
    return ui->presents;
}

static bool rect_of(const struct ui *ui, uint16_t member, bool screen, SDL_Rect *rect)
{
    for (size_t i = 0; i < ui->shown; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        if ((t->id == member || (t->self && member == 0)) && t->screen == screen && t->now.shown) {
            *rect = t->now.rect;
            rect->x += ui->pen.edge.x;
            rect->y += ui->pen.edge.y;
            return true;
        }
    }
    return false;
}

bool ui_tile_rect(const struct ui *ui, uint16_t member, SDL_Rect *rect)
{
    return rect_of(ui, member, false, rect);
}

bool ui_screen_rect(const struct ui *ui, uint16_t member, SDL_Rect *rect)
{
    return rect_of(ui, member, true, rect);
}

bool ui_typing(struct ui *ui)
{
    return keys_typing(ui) && !field_blank(keys_field(ui));
}

const char *ui_screen_name(const struct ui *ui)
{
    static const char *const names[] = {"home", "joining", "waiting", "call", "failed", "lobby", "ringing", "calling"};
    return ui->help ? "help" : ui->call->trial.open ? "trial" : ui->settings.open ? "settings" : names[ui->screen];
}

const char *ui_panel_name(const struct ui *ui)
{
    static const char *const names[] = {"", "chat", "connection", "people", "files", "films"};
    return names[ui->panel];
}
