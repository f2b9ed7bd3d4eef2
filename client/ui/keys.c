// What people press, and what it does on the screen they are on.
#include "ui_state.h"

#include "field_view.h"
#include "lobby_view.h"
#include "shared/base.h"
#include "theme.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

bool keys_enters(SDL_Keycode key)
{
    return key == SDLK_RETURN || key == SDLK_KP_ENTER || key == SDLK_SELECT;
}

bool keys_of_window(enum input_action action)
{
    return action == INPUT_QUIT || action == INPUT_FULL_SCREEN || action == INPUT_TEXT_LARGER ||
           action == INPUT_TEXT_SMALLER || action == INPUT_TEXT_NORMAL || action == INPUT_LOUDER ||
           action == INPUT_QUIETER || action == INPUT_SILENCE;
}

bool keys_typing(const struct ui *ui)
{
    if (ui->help || ui->call->trial.open)
        return false;
    if (ui->settings.open)
        return ui->settings.editing;
    return (ui_in_room(ui) && ui->panel == PANEL_CHAT && !ui->chat.address.choosing && !asks_focused(ui)) ||
           (ui->screen == SCREEN_HOME && ui->home.join.open);
}

struct field *keys_field(struct ui *ui)
{
    if (ui->settings.open)
        return &ui->settings.field;
    if (ui->screen != SCREEN_HOME)
        return &ui->chat.field;
    return home_join_field(&ui->home.join);
}

char *keys_composing(struct ui *ui)
{
    if (ui->settings.open)
        return ui->settings.composing;
    return ui->screen == SCREEN_HOME ? ui->home.composing : ui->chat.composing;
}

void keys_text(struct ui *ui, const char *text)
{
    if (keys_typing(ui))
        field_insert(keys_field(ui), text);
}

static bool back(struct ui *ui)
{
    if (ui->help)
        ui->help = false;
    else if (ui_in_room(ui) && ui->bar.open) {
        struct bar_state state = scene_bar_state(ui);
        if (!bar_back(&ui->bar, &state, ui->now_us))
            bar_close(&ui->bar, ui->now_us);
    } else if (stage_focused(ui))
        stage_leave(ui);
    else if (chat_keys_choosing(ui))
        ui->chat.address.choosing = false;
    else if (ui_in_room(ui) && ui->panel != PANEL_NONE)
        ui_open_panel(ui, PANEL_NONE);
    else if (ui->screen == SCREEN_HOME && ui->home.join.open)
        home_join_back(&ui->home.join);
    else if (ui->screen == SCREEN_LOBBY || ui->screen == SCREEN_JOINING || ui->screen == SCREEN_FAILED)
        ui_act(ui, UI_LEAVE, 0, NULL); // there is no call yet that this could end
    else
        return false;
    return true;
}

void keys_hide_me(struct ui *ui)
{
    ui->self_hidden = !ui->self_hidden;
    ui_toast(ui, "people", "self", ui->self_hidden ? WORD_SELF_HIDDEN : WORD_SELF_SHOWN);
}

static bool run(struct ui *ui, enum input_action action);

// What shows a state in its own button leaves the bar open: one sees it change.
static void press_bar(struct ui *ui)
{
    struct bar_state state = scene_bar_state(ui);
    enum input_action chosen = bar_action(&state, ui->bar.focus);
    bool stays = chosen == INPUT_MICROPHONE || chosen == INPUT_CAMERA || chosen == INPUT_SPEAKER_VIEW ||
                 chosen == INPUT_FULL_SCREEN || chosen == INPUT_HAND || chosen == INPUT_HIDE_ME ||
                 chosen == INPUT_TEXT_NEXT || chosen == INPUT_MORE_BUTTONS;
    ui->bar.used_us = ui->now_us;
    if (!stays)
        bar_close(&ui->bar, ui->now_us);
    run(ui, chosen);
}

static void press(struct ui *ui)
{
    if (ui->screen == SCREEN_HOME)
        front_press(ui);
    else if (ui->screen == SCREEN_FAILED)
        ui_act(ui, ui->call->advice[0] ? UI_TRY_AGAIN : UI_LEAVE, 0, NULL); // without advice there is nothing to try
    else if (ui->screen == SCREEN_JOINING)
        ui_act(ui, UI_LEAVE, 0, NULL);
    else if (ui->screen == SCREEN_LOBBY)
        run(ui, lobby_view_action(ui->lobby_focus));
    else if (keys_typing(ui))
        chat_keys_send(ui);
    else if (stage_focused(ui))
        stage_press(ui);
    else if (chat_keys_choosing(ui) && !ui->bar.open)
        chat_address_choose(&ui->chat.address, ui->call);
    else if (ui->panel == PANEL_PEOPLE && !ui->bar.open)
        asks_people_press(ui);
    else if (!ui->bar.open)
        bar_open(&ui->bar, ui->now_us);
    else
        press_bar(ui);
}

static void arrow_bar(struct ui *ui, enum input_action action)
{
    struct bar_state state = scene_bar_state(ui);
    int right = action == INPUT_RIGHT ? 1 : action == INPUT_LEFT ? -1 : 0;
    int down = action == INPUT_DOWN ? 1 : action == INPUT_UP ? -1 : 0;
    if (!bar_move(&ui->bar, &state, right, down, ui->now_us) && action == INPUT_UP)
        stage_enter(ui);
}

static void arrow_room(struct ui *ui, enum input_action action)
{
    bool back_step = action == INPUT_LEFT || action == INPUT_UP;
    bool vertical = action == INPUT_UP || action == INPUT_DOWN;
    if (stage_focused(ui))
        stage_arrow(ui, action);
    else if (ui->bar.open)
        arrow_bar(ui, action);
    else if (ui->panel == PANEL_PEOPLE && vertical)
        people_move(&ui->people, ui->call, back_step ? -1 : 1);
    else if (ui->panel == PANEL_PEOPLE && people_aside(&ui->people, ui->call, back_step ? -1 : 1))
        ui->dirty = true;
    else if (ui->panel == PANEL_PEOPLE && !vertical && volume_keys_person(ui, back_step ? -1 : 1))
        ui->dirty = true;
    else if (chat_keys_choosing(ui))
        chat_keys_arrow(ui, action);
    else if (vertical && ui->panel == PANEL_CHAT)
        chat_view_scroll(&ui->chat, ui->call, back_step ? 1 : -1);
    else if (vertical && ui->panel == PANEL_CONNECTION)
        stats_view_scroll(&ui->stats_view, back_step ? -1 : 1);
    else
        bar_open(&ui->bar, ui->now_us);
}

static void arrow(struct ui *ui, enum input_action action)
{
    bool back_step = action == INPUT_LEFT || action == INPUT_UP;
    if (ui->screen == SCREEN_HOME) {
        front_arrow(ui, action);
    } else if (ui->screen == SCREEN_LOBBY) {
        ui->lobby_focus = (size_t)CLAMP((int)ui->lobby_focus + (back_step ? -1 : 1), 0, LOBBY_BUTTONS - 1);
    } else if (ui_in_room(ui)) {
        arrow_room(ui, action);
    }
}

static void page(struct ui *ui, int direction)
{
    if (ui->screen == SCREEN_HOME)
        front_page(ui, direction);
    else if (ui_in_room(ui) && ui->panel == PANEL_CHAT)
        chat_view_scroll(&ui->chat, ui->call, direction * (int)MAX(ui->chat.page, (size_t)2) - direction);
    else if (ui_in_room(ui) && ui->panel == PANEL_CONNECTION)
        stats_view_scroll(&ui->stats_view, -direction);
    else if (ui_in_room(ui) && ui->panel == PANEL_PEOPLE)
        people_move(&ui->people, ui->call, -direction * 6);
    else
        stage_page(ui, -direction);
}

// Asks once before anything is shown; to stop takes no question.
static void share(struct ui *ui)
{
    if (ui->call->share.on) {
        ui_act(ui, UI_SHARE, 0, NULL);
        return;
    }
    ui_act(ui, UI_SHARE_LOOK, 0, NULL);
    if (ui->call->share.count)
        ask_open_share(&ui->ask);
    asks_follow(ui);
}

// What only makes sense in a room.
static bool run_in_room(struct ui *ui, enum input_action action)
{
    bool lobby =
        ui->screen == SCREEN_LOBBY && (action == INPUT_MICROPHONE || action == INPUT_CAMERA || action == INPUT_LEAVE);
    if (!ui_in_room(ui) && !lobby)
        return false;
    if (action >= INPUT_PIN_1 && action <= INPUT_PIN_9) {
        stage_pin_nth(ui, (size_t)(action - INPUT_PIN_1));
        return true;
    }
    switch (action) {
    case INPUT_PEOPLE:
        ui_open_panel(ui, ui->panel == PANEL_PEOPLE ? PANEL_NONE : PANEL_PEOPLE);
        return true;
    case INPUT_SAFETY_CODE:
        ask_open_safety(&ui->ask);
        asks_follow(ui);
        return true;
    case INPUT_CHAT:
        ui_open_panel(ui, ui->panel == PANEL_CHAT ? PANEL_NONE : PANEL_CHAT);
        return true;
    case INPUT_CONNECTION:
        ui_open_panel(ui, ui->panel == PANEL_CONNECTION ? PANEL_NONE : PANEL_CONNECTION);
        return true;
    case INPUT_SPEAKER_VIEW:
        if (ui->screen != SCREEN_CALL || ui->two)
            return false; // with one other there is only one view
        stage_speaker_turn(ui);
        return true;
    case INPUT_HIDE_ME:
        keys_hide_me(ui);
        return true;
    case INPUT_SHARE:
        share(ui);
        return true;
    case INPUT_HAND:
        ui_act(ui, UI_HAND, 0, NULL);
        return true;
    case INPUT_RECORD: // asks once; to stop takes no question
        if (scene_bar_state(ui).recording)
            ui_act(ui, UI_RECORD, 0, NULL);
        else
            ask_open_recording(&ui->ask);
        asks_follow(ui);
        return true;
    case INPUT_ROOM:
        ask_open_room(&ui->ask);
        asks_follow(ui);
        return true;
    case INPUT_MORE_BUTTONS:
        bar_more(&ui->bar, ui->now_us);
        return true;
    case INPUT_CHOOSE_PIN:
        return stage_enter(ui);
    case INPUT_TEXT_NEXT:
        ui_set_text_scale(ui, ui->pen.text_scale >= 300 ? 100 : ui->pen.text_scale + 25);
        return true;
    case INPUT_LEAVE:
        ui_act(ui, UI_LEAVE, 0, NULL);
        return true;
    case INPUT_MICROPHONE:
        ui_act(ui, UI_TOGGLE_MICROPHONE, 0, NULL);
        return true;
    case INPUT_CAMERA:
        ui_act(ui, UI_TOGGLE_CAMERA, 0, NULL);
        return true;
    default:
        return false;
    }
}

static bool run(struct ui *ui, enum input_action action)
{
    if (ui->help && !keys_of_window(action) && action != INPUT_BACK && action != INPUT_HELP && action != INPUT_LEAVE &&
        action != INPUT_PRESS)
        return false;
    if (volume_keys_run(ui, action))
        return true;
    if (!ui->help && (trial_run(ui, action) || settings_run(ui, action)))
        return true;
    if (asks_run(ui, action) || chooser_keys_run(ui, action) || files_keys_run(ui, action) || film_keys_run(ui, action))
        return true;
    switch (action) {
    case INPUT_NONE:
        return false;
    case INPUT_BACK:
        return back(ui);
    case INPUT_SETTINGS:
        ui_open_settings(ui);
        return true;
    case INPUT_TRIAL:
        ui_act(ui, UI_TRIAL, 1, NULL);
        return true;
    case INPUT_HELP:
        ui->help = !ui->help;
        ui->help_us = ui->now_us;
        return true;
    case INPUT_QUIT:
        ui_act(ui, UI_QUIT, 0, NULL);
        return true;
    case INPUT_FULL_SCREEN:
        window_toggle_fullscreen(ui->window);
        return true;
    case INPUT_TEXT_LARGER:
        ui_set_text_scale(ui, ui->pen.text_scale + 25);
        return true;
    case INPUT_TEXT_SMALLER:
        ui_set_text_scale(ui, ui->pen.text_scale - 25);
        return true;
    case INPUT_TEXT_NORMAL:
        ui_set_text_scale(ui, 100);
        return true;
    case INPUT_ANSWER:
        return chat_keys_choose_whom(ui);
    case INPUT_PRESS:
        if (ui->help)
            ui->help = false;
        else
            press(ui);
        return true;
    case INPUT_LEFT:
    case INPUT_RIGHT:
    case INPUT_UP:
    case INPUT_DOWN:
        arrow(ui, action);
        return true;
    case INPUT_PAGE_UP:
    case INPUT_PAGE_DOWN:
        page(ui, action == INPUT_PAGE_UP ? 1 : -1);
        return true;
    default:
        return run_in_room(ui, action);
    }
}

unsigned keys_hold_place(const struct ui *ui)
{
    if (!ui_in_room(ui) || ui->help || ui->settings.open || keys_typing(ui))
        return 0;
    return 1 + (unsigned)ui->screen * 16 + (unsigned)ui->panel;
}

void keys_held(struct ui *ui, enum hold_does does)
{
    char words[160];
    const char *cap = _(input_cap(INPUT_HOLD));
    if (does == HOLD_NOTHING)
        return;
    bool silent = ui->call->hold == CALL_HOLD_SILENT, any = ui->call->hold != CALL_HOLD_NONE;
    ui_act(ui, does == HOLD_BEGINS ? UI_HOLD : does == HOLD_LOST ? UI_HOLD_LOST : UI_RELEASE, 0, NULL);
    ui->dirty = true;
    if (does == HOLD_BEGINS)
        toasts_drop(&ui->toasts, "microphone"); // what it said is true no more
    if (does == HOLD_TAPPED && any) {
        snprintf(words, sizeof words, silent ? WORD_HOLD_TO_BE_SILENT : WORD_HOLD_TO_TALK, cap);
        ui_toast(ui, silent ? "mic-off" : "mic", "microphone", words);
    }
}

// What a held key does again and again; everything else it does once.
static bool goes_on(enum input_action action)
{
    return action == INPUT_LEFT || action == INPUT_RIGHT || action == INPUT_UP || action == INPUT_DOWN ||
           action == INPUT_PAGE_UP || action == INPUT_PAGE_DOWN || action == INPUT_LOUDER || action == INPUT_QUIETER ||
           action == INPUT_TEXT_LARGER || action == INPUT_TEXT_SMALLER;
}

bool keys_press(struct ui *ui, SDL_Keycode key, uint16_t modifiers, bool repeat)
{
    if (front_touch(ui) || front_key(ui, key, modifiers))
        return true;
    if (chooser_keys_press(ui, key, modifiers))
        return true;
    bool typing = keys_typing(ui), composing = keys_composing(ui)[0] != '\0';
    if (typing) {
        if (composing)
            return true; // the input method has these keys
        if (keys_enters(key)) {
            if (!settings_run(ui, INPUT_PRESS))
                press(ui);
            return true;
        }
        // By remote: beside an empty field stands whom it is for.
        if ((key == SDLK_LEFT || key == SDLK_RIGHT) && keys_field(ui) == &ui->chat.field &&
            ui->chat.field.length == 0 && chat_keys_choose_whom(ui))
            return true;
        if (field_view_key(keys_field(ui), key, modifiers))
            return true;
    }
    uint64_t since = ui->typing_us ? (ui->now_us - ui->typing_us) / 1000 : UINT64_MAX;
    enum input_action action = input_lookup(key, modifiers, typing, since, ui->config.kiosk);
    if (action == INPUT_HOLD && !repeat && film_keys_run(ui, action))
        return true;
    if (action != INPUT_HOLD)
        return (repeat && !goes_on(action)) || run(ui, action);
    keys_held(ui, hold_press(&ui->hold, key, repeat, keys_hold_place(ui), ui->now_us));
    return true;
}
