// What keys do on the home screen and while a call rings.
#include "ui_state.h"

#include "shared/base.h"
#include "shared/keys.h"
#include "words.h"

#include <sodium.h>

static void join(struct ui *ui)
{
    char text[HOME_JOIN_MAX];
    switch (home_join_enter(&ui->home.join, text)) {
    case HOME_ENTER_BAD:
        ui_toast(ui, "warn", "link", WORD_BAD_LINK);
        break;
    case HOME_ENTER_ON:
        break;
    case HOME_ENTER_LINK:
        ui_act(ui, UI_JOIN_INVITE, 0, text);
        break;
    case HOME_ENTER_CODE:
        ui_act(ui, UI_JOIN_CODE, 0, text);
        break;
    }
    sodium_memzero(text, sizeof text);
}

static void call_person(struct ui *ui, struct home_row row)
{
    const uint8_t *identity =
        row.kind == HOME_MISSED ? ui->call->missed[row.index].identity : ui->call->people[row.index].identity;
    char text[64];
    keys_base64(text, sizeof text, identity, 32);
    ui_act(ui, UI_CALL, 0, text);
}

void front_press(struct ui *ui)
{
    struct home_list *list = &ui->home.list;
    char why[320];
    if (ui->home.join.open) {
        join(ui);
        return;
    }
    home_list_follow(list, ui->call, ui->now_us); // others may have come or gone since it was drawn
    if (!home_list_ready(list, ui->now_us))
        return;
    struct home_row row = home_list_focus(list);
    home_rows_refusal(ui->call, row, why, sizeof why);
    if (why[0]) {
        ui_toast(ui, "people", "person", why);
        return;
    }
    switch (row.kind) {
    case HOME_MISSED:
    case HOME_PERSON:
        call_person(ui, row);
        break;
    case HOME_START:
        ui_act(ui, UI_CREATE_ROOM, 0, NULL);
        break;
    case HOME_JOIN:
        ui->home.join.open = true;
        break;
    case HOME_BACK:
        ui_act(ui, UI_TRY_AGAIN, 0, NULL);
        break;
    case HOME_RECENT:
        ui_act(ui, UI_RECENT, (uint32_t)row.index, NULL);
        break;
    case HOME_SETTINGS:
        ui_open_settings(ui);
        break;
    case HOME_ROW_NONE:
        break;
    }
}

void front_arrow(struct ui *ui, enum input_action action)
{
    struct home_list *list = &ui->home.list;
    if (ui->home.join.open)
        return;
    home_list_follow(list, ui->call, ui->now_us);
    if (action == INPUT_UP || action == INPUT_DOWN)
        home_list_move(list, ui->call, action == INPUT_UP ? -1 : 1);
    else
        home_list_side(list, ui->call, action == INPUT_RIGHT);
}

void front_page(struct ui *ui, int direction)
{
    home_list_follow(&ui->home.list, ui->call, ui->now_us);
    home_list_move(&ui->home.list, ui->call, -direction * HOME_PAGE);
}

static void ringing_act(struct ui *ui, enum ringing_does does)
{
    static const enum ui_action actions[] = {
        [RINGING_ANSWERS] = UI_ANSWER, [RINGING_ANSWERS_SOUND] = UI_ANSWER_SOUND, [RINGING_REFUSES] = UI_REFUSE,
        [RINGING_STAYS] = UI_STAY,     [RINGING_STOPS] = UI_STOP_CALLING,
    };
    if (does != RINGING_NOTHING && does != RINGING_MOVED)
        ui_act(ui, actions[does], does == RINGING_STOPS ? 0 : ui->call->ring.id, NULL);
}

static bool ring_key(struct ui *ui, SDL_Keycode key, enum input_action action)
{
    const struct call_ring *ring = &ui->call->ring;
    ringing_follow(&ui->ringing, ring, ui->now_us);
    bool counting = ui->screen == SCREEN_RINGING && ringing_counting(&ui->ringing, ring);
    if (keys_of_window(action) && !counting)
        return false;
    ringing_act(ui, ui->screen == SCREEN_CALLING ? ringing_calling_key(&ui->ringing, action, ui->now_us)
                                                 : ringing_key(&ui->ringing, ring, action, key == SDLK_a, ui->now_us));
    return true;
}

// A number is a room's: no need to look for its field first.
static bool type_number(struct ui *ui, SDL_Keycode key)
{
    char digit[] = {(char)key, '\0'};
    if (key >= SDLK_KP_1 && key <= SDLK_KP_0)
        digit[0] = (char)('0' + (key - SDLK_KP_1 + 1) % 10);
    else if (key < SDLK_0 || key > SDLK_9)
        return false;
    ui->home.join.open = true;
    field_insert(&ui->home.join.field, digit);
    return true;
}

static bool home_key(struct ui *ui, SDL_Keycode key, uint16_t modifiers, enum input_action action)
{
    if (home_list_unseen(ui->call))
        ui_act(ui, UI_MISSED_SEEN, 0, NULL);
    bool plain = !(modifiers & (KMOD_CTRL | KMOD_ALT | KMOD_GUI));
    if (ui->home.join.open || !plain)
        return false;
    home_list_follow(&ui->home.list, ui->call, ui->now_us);
    if (key == SDLK_HOME || key == SDLK_END)
        home_list_move(&ui->home.list, ui->call, key == SDLK_HOME ? -HOME_ROWS_MAX : HOME_ROWS_MAX);
    else if (type_number(ui, key))
        return true;
    else if (key <= ' ' || key >= 0x110000 || keys_of_window(action) || action == INPUT_HELP)
        return false;
    else if (!home_list_find(&ui->home.list, ui->call, (uint32_t)key)) // a name comes first
        return action != INPUT_TRIAL;
    return true;
}

bool front_touch(struct ui *ui)
{
    bool was = idle_touch(&ui->idle, ui->now_us);
    if (ui->idle.away)
        ui_act(ui, UI_AWAY, 0, NULL);
    ui->idle.away = false;
    ui->dirty |= was;
    return was;
}

bool front_key(struct ui *ui, SDL_Keycode key, uint16_t modifiers)
{
    enum input_action action = input_lookup(key, modifiers, false, UINT64_MAX, ui->config.kiosk);
    if (ui->screen == SCREEN_RINGING || ui->screen == SCREEN_CALLING)
        return ring_key(ui, key, action);
    if (ui->screen == SCREEN_HOME && !ui->help && !ui->settings.open && !ui->call->trial.open)
        return home_key(ui, key, modifiers, action);
    return false;
}
