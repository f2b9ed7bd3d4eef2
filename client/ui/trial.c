// What keys do while a person tries camera and sound, and the pictures that come meanwhile.
#include "ui_state.h"

#include "shared/base.h"

void trial_follow(struct ui *ui)
{
    uint64_t next = UINT64_MAX;
    struct trial_view *view = &ui->trial;
    trial_view_follow(view, ui->call, ui->now_us, &next);
    if (view->open) {
        struct AVFrame *frame = ui->ops.picture(ui->ops.ctx, 0, ui->now_us, &next);
        view->texture.mirror = ui->config.mirror_self;
        if (frame && texture_put(&view->texture, frame))
            view->picture_us = ui->now_us;
    }
    ui_wake(ui, next);
}

static void press(struct ui *ui)
{
    if (ui->trial.focus == TRIAL_DONE)
        ui_act(ui, UI_TRIAL, 0, NULL);
    else
        ui_act(ui, ui->trial.focus == TRIAL_SOUND ? UI_TRIAL_SOUND : UI_TRIAL_VOICE, 0, NULL);
}

bool trial_run(struct ui *ui, enum input_action action)
{
    if (!ui->call->trial.open)
        return false;
    ui->dirty = true;
    switch (action) {
    case INPUT_LEFT:
    case INPUT_UP:
        ui->trial.focus -= ui->trial.focus > 0;
        return true;
    case INPUT_RIGHT:
    case INPUT_DOWN:
        ui->trial.focus += ui->trial.focus + 1 < TRIAL_BUTTONS;
        return true;
    case INPUT_PRESS:
        press(ui);
        return true;
    case INPUT_BACK:
    case INPUT_TRIAL:
        ui_act(ui, UI_TRIAL, 0, NULL);
        return true;
    default: // other keys mean nothing here
        return !keys_of_window(action) && action != INPUT_HELP;
    }
}
