// The Files panel on the screen: its keys, when it opens by itself, what is said of files while it is closed.
#include "ui_state.h"

#include "file_words.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>

bool files_keys_can_send(const struct ui *ui)
{
    return !ui->config.kiosk && ui->ops.directory; // who stands before it could send away whatever lies on its disk
}

bool files_keys_focused(const struct ui *ui)
{
    return ui_in_room(ui) && ui->panel == PANEL_FILES && !ui->bar.open && !asks_focused(ui) && !stage_focused(ui) &&
           !ui->help && !ui->settings.open && !ui->call->trial.open;
}

static void open_panel(struct ui *ui, bool by_itself)
{
    ui_open_panel(ui, PANEL_FILES);
    files_open(&ui->files, ui->call, files_keys_can_send(ui), by_itself, ui->now_us);
}

static void say(struct ui *ui, const char *icon, const struct call_file *f, const char *words)
{
    char name[CALL_FILE_NAME_MAX];
    file_words_name(name, sizeof name, f->name);
    toasts_add(&ui->toasts, icon, "file", name, words, THEME_MS_TOAST);
    ui->dirty = true;
}

// What there is to say of a file when its card is not to be seen.
static void tell(struct ui *ui, const struct call_file *f, unsigned before)
{
    char words[FILE_WORDS_LINE];
    bool ours_ended = f->out && (f->state == CALL_FILE_REFUSED || f->state == CALL_FILE_DONE);
    if (f->state == CALL_FILE_ASKED) {
        file_words_who(words, sizeof words, f);
        say(ui, "file", f, words);
    } else if (f->state == CALL_FILE_FAILED || (f->state == CALL_FILE_DONE && !f->out) || ours_ended) {
        file_words_sentence(words, sizeof words, f);
        say(ui, f->state == CALL_FILE_DONE ? "ok" : f->state == CALL_FILE_FAILED ? "warn" : "no", f, words);
    } else if (f->state == CALL_FILE_CANCELLED && before != CALL_FILE_PREPARING && f->sentence[0]) {
        file_words_sentence(words, sizeof words, f); // by the other side
        say(ui, "no", f, words);
    }
}

void files_keys_follow(struct ui *ui)
{
    const struct call_file *f;
    unsigned before;
    bool room = ui_in_room(ui), free = room && ui->panel == PANEL_NONE && !ui->bar.open && !ui->help &&
                                       !ui->settings.open && !ui->call->trial.open && !stage_focused(ui);
    if (free && files_wanted(&ui->files, ui->call))
        open_panel(ui, true);
    bool cards = room && ui->panel == PANEL_FILES && !chooser_keys_open(ui);
    while ((f = files_news(&ui->files, ui->call, &before)) != NULL)
        if (room && !cards && ui->seen_call)
            tell(ui, f, before);
    files_follow(&ui->files, ui->call, files_keys_can_send(ui), cards, files_keys_focused(ui), ui->now_us);
    if (files_keys_focused(ui) && !files_ready(&ui->files, ui->call, ui->now_us))
        ui_wake(ui, ui->files.since_us + FILES_GUARD_MS * 1000u);
}

static void show(struct ui *ui)
{
    if (ui->panel == PANEL_FILES)
        ui_open_panel(ui, PANEL_NONE);
    else
        open_panel(ui, false);
}

// A file is to be chosen, unless one is offered: what asks comes first.
static void send(struct ui *ui)
{
    bool shown = ui->panel == PANEL_FILES;
    if (!files_keys_can_send(ui)) {
        show(ui); // it says why
        return;
    }
    if (!shown)
        open_panel(ui, false);
    if (chooser_keys_open(ui))
        chooser_close(&ui->chooser);
    else if (shown || files_asking(ui->call) == 0)
        chooser_keys_start(ui, NULL);
}

static void run_order(struct ui *ui, struct files_order order)
{
    switch (order.does) {
    case FILES_NOTHING:
        break;
    case FILES_CHOOSE:
        if (files_keys_can_send(ui))
            chooser_keys_start(ui, NULL);
        break;
    case FILES_ACT:
        ui_act(ui, order.action, order.id, NULL);
        if (order.closes)
            ui_open_panel(ui, PANEL_NONE);
        break;
    case FILES_CLOSE:
        ui_open_panel(ui, PANEL_NONE);
        break;
    }
    ui->dirty = true;
}

bool files_keys_run(struct ui *ui, enum input_action action)
{
    if (ui_in_room(ui) && (action == INPUT_FILES || action == INPUT_SEND_FILE)) {
        if (action == INPUT_FILES)
            show(ui);
        else
            send(ui);
        return true;
    }
    if (!files_keys_focused(ui))
        return false;
    switch (action) {
    case INPUT_UP:
    case INPUT_DOWN:
        if (files_ready(&ui->files, ui->call, ui->now_us))
            files_move(&ui->files, ui->call, files_keys_can_send(ui), action == INPUT_UP ? -1 : 1);
        return true;
    case INPUT_LEFT:
    case INPUT_RIGHT:
        return !files_ready(&ui->files, ui->call, ui->now_us); // it was meant for what was there before
    case INPUT_PRESS:
        run_order(ui, files_press(&ui->files, ui->call, ui->now_us));
        return true;
    case INPUT_BACK:
        run_order(ui, files_back(&ui->files, ui->call, ui->now_us));
        return true;
    default:
        return false;
    }
}
