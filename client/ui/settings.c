// What keys do on the settings screen, and what becomes of a changed value.
#include "ui_state.h"

#include "shared/base.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

void ui_open_settings(struct ui *ui)
{
    settings_view_open(&ui->settings);
    ui->locked = ui->config.settings_pin && ui->config.settings_pin[0];
    pin_pad_open(&ui->pin);
    settings_view_refresh(&ui->settings, &ui->ops);
    ui->help = false;
    ui->dirty = true;
}

void ui_devices_changed(struct ui *ui)
{
    if (!ui->settings.open)
        return;
    settings_view_refresh(&ui->settings, &ui->ops);
    ui->dirty = true;
}

static void change(struct ui *ui, const char *text)
{
    if (!strcmp(text, "try-out=yes"))
        ui_act(ui, UI_TRIAL, 1, NULL);
    else
        ui_act(ui, UI_SET, 0, text);
    settings_view_refresh(&ui->settings, &ui->ops);
}

static void keep_typed(struct ui *ui)
{
    char text[FIELD_BYTES + 8];
    struct settings_view *view = &ui->settings;
    snprintf(text, sizeof text, "name=%s", view->field.text);
    if (!settings_fit("name", view->field.text)) {
        ui_toast(ui, "warn", "settings", WORD_BAD_NAME);
        return;
    }
    view->editing = false;
    change(ui, text);
}

static void turn(struct ui *ui, int direction)
{
    char text[SETTINGS_WORDS_MAX];
    if (ui->settings.editing && direction == 0)
        keep_typed(ui);
    else if (settings_view_turn(&ui->settings, &ui->ops, direction, text, sizeof text))
        change(ui, text);
}

// Digits, arrows and OK on the pad; true when it took the key.
static bool unlock(struct ui *ui, enum input_action action)
{
    const char *pin = ui->config.settings_pin;
    enum pin_pad_result result = PIN_PAD_ON;
    if (action >= INPUT_PIN_1 && action <= INPUT_PIN_9)
        result = pin_pad_digit(&ui->pin, pin, action - INPUT_PIN_1 + 1, ui->now_us);
    else if (action == INPUT_HIDE_ME) // the key 0
        result = pin_pad_digit(&ui->pin, pin, 0, ui->now_us);
    else if (action == INPUT_PRESS)
        result = pin_pad_press(&ui->pin, pin, ui->now_us);
    else if (action == INPUT_UP || action == INPUT_DOWN)
        pin_pad_move(&ui->pin, 0, action == INPUT_UP ? -1 : 1);
    else if (action == INPUT_LEFT || action == INPUT_RIGHT)
        pin_pad_move(&ui->pin, action == INPUT_LEFT ? -1 : 1, 0);
    else
        return false;
    ui->locked = result != PIN_PAD_RIGHT;
    return true;
}

bool settings_run(struct ui *ui, enum input_action action)
{
    struct settings_view *view = &ui->settings;
    if (!view->open)
        return false;
    ui->dirty = true;
    if (ui->locked && unlock(ui, action))
        return true;
    switch (action) {
    case INPUT_UP:
    case INPUT_DOWN:
        if (!view->editing)
            settings_view_move(view, &ui->ops, action == INPUT_UP ? -1 : 1);
        return true;
    case INPUT_PAGE_UP:
    case INPUT_PAGE_DOWN:
        if (!view->editing)
            settings_view_move(view, &ui->ops, action == INPUT_PAGE_UP ? -6 : 6);
        return true;
    case INPUT_LEFT:
    case INPUT_RIGHT:
        turn(ui, action == INPUT_LEFT ? -1 : 1);
        return true;
    case INPUT_PRESS:
        turn(ui, 0);
        return true;
    case INPUT_BACK:
        settings_view_back(view);
        return true;
    case INPUT_SETTINGS:
        view->open = false;
        return true;
    default: // other single keys mean nothing here
        return !keys_of_window(action) && action != INPUT_LEAVE && action != INPUT_HELP && action != INPUT_TRIAL;
    }
}
