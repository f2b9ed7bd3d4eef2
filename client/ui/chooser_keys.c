// Choosing a file to send, on the screen: its keys, and what is dropped onto the window.
#include "ui_state.h"

#include "chooser_view.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "words.h"

bool chooser_keys_open(const struct ui *ui)
{
    return ui->panel_shown == PANEL_FILES && ui->chooser.step != CHOOSER_CLOSED;
}

static bool has_keys(const struct ui *ui)
{
    return chooser_keys_open(ui) && files_keys_focused(ui);
}

static const struct directory_list *list_of(struct ui *ui, bool again)
{
    return ui->ops.directory(ui->ops.ctx, ui->chooser.path, again);
}

void chooser_keys_start(struct ui *ui, const struct call_member *member)
{
    ui_open_panel(ui, PANEL_FILES);
    chooser_open(&ui->chooser, member);
    list_of(ui, true);
    ui->dirty = true;
}

// One step back from the first list: to the cards, when there are any.
static void closed(struct ui *ui)
{
    if (ui->call->file_count == 0)
        ui_open_panel(ui, PANEL_NONE);
}

void chooser_keys_follow(struct ui *ui)
{
    if (ui->panel != PANEL_FILES && ui->panel_shown != PANEL_FILES)
        chooser_close(&ui->chooser); // another panel is in its place
    if (!chooser_keys_open(ui))
        return;
    enum chooser_finds finds = chooser_follow(&ui->chooser, list_of(ui, false), ui->call);
    if (finds == CHOOSER_NOTHING)
        return;
    ui_toast(ui, "file", "file", finds == CHOOSER_TOO_LARGE ? WORD_FILE_LARGE : WORD_FILE_DROP_NO);
    closed(ui);
}

void chooser_keys_drop(struct ui *ui, const char *path)
{
    bool room = ui_in_room(ui);
    if (!files_keys_can_send(ui))
        ui_toast(ui, "file", "file", WORD_FILE_NO_SENDING);
    else if (!room)
        ui_toast(ui, "file", "file", WORD_FILE_DROP_NO_ROOM);
    else if (chooser_keys_open(ui) && ui->chooser.dropped)
        ui_toast(ui, "file", "file", WORD_FILE_DROP_ONE);
    else if (path) {
        ui_open_panel(ui, PANEL_FILES);
        chooser_drop(&ui->chooser, path);
        list_of(ui, true);
    }
    ui->dirty = true;
}

static void press(struct ui *ui)
{
    struct chooser_order order = chooser_press(&ui->chooser, list_of(ui, false), ui->call);
    if (order.too_large)
        ui_toast(ui, "file", "file", WORD_FILE_LARGE);
    if (!order.send)
        return;
    ui_act(ui, UI_FILE_SEND, order.member, order.path);
    chooser_close(&ui->chooser);
    files_open(&ui->files, ui->call, true, false, ui->now_us);
}

static void up(struct ui *ui)
{
    if (!chooser_up(&ui->chooser))
        closed(ui);
}

bool chooser_keys_run(struct ui *ui, enum input_action action)
{
    if (!has_keys(ui))
        return false;
    chooser_keys_follow(ui); // the key before may have led to a list that is there already
    int page = chooser_view_page(&ui->pen, ui->height);
    switch (action) {
    case INPUT_UP:
    case INPUT_DOWN:
        chooser_move(&ui->chooser, list_of(ui, false), ui->call, action == INPUT_UP ? -1 : 1);
        return true;
    case INPUT_PAGE_UP:
    case INPUT_PAGE_DOWN:
        chooser_move(&ui->chooser, list_of(ui, false), ui->call, action == INPUT_PAGE_UP ? -page : page);
        return true;
    case INPUT_PRESS:
        press(ui);
        return true;
    case INPUT_RIGHT:
        if (chooser_leads_on(&ui->chooser, list_of(ui, false)))
            press(ui);
        return true;
    case INPUT_LEFT:
    case INPUT_BACK:
        up(ui);
        return true;
    default:
        return false;
    }
}

bool chooser_keys_press(struct ui *ui, SDL_Keycode key, uint16_t modifiers)
{
    if (!has_keys(ui) || (modifiers & (KMOD_CTRL | KMOD_ALT | KMOD_GUI)))
        return false;
    chooser_keys_follow(ui);
    const struct directory_list *list = list_of(ui, false);
    bool letter = (key >= 'a' && key <= 'z') || (key >= '0' && key <= '9') || (key > 0x7F && key < 0x110000);
    bool goes_on = ui->chooser.typed[0] && ui->now_us - ui->chooser.typed_us <= CHOOSER_TYPING_US;
    letter |= goes_on && key >= ' ' && key < 0x7F; // a blank or a dash within a name
    if (key == SDLK_BACKSPACE)
        up(ui);
    else if (key == SDLK_HOME || key == SDLK_END)
        chooser_move(&ui->chooser, list, ui->call, key == SDLK_HOME ? -DIRECTORY_ENTRIES_MAX : DIRECTORY_ENTRIES_MAX);
    else if (letter)
        chooser_jump(&ui->chooser, list, (uint32_t)key, ui->now_us);
    else
        return false;
    ui->dirty = true;
    return true;
}

uint64_t chooser_keys_signature(struct ui *ui)
{
    return chooser_view_signature(&ui->chooser, list_of(ui, false), ui->call, has_keys(ui));
}

void chooser_keys_draw(struct ui *ui, SDL_Rect panel)
{
    chooser_view_draw(&ui->chooser, &ui->pen, list_of(ui, false), ui->call, panel, has_keys(ui),
                      clock_wall_ms() / 1000);
}
