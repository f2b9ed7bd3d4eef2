// The keys of the chat panel: whom one writes to, and Enter.
#include "ui_state.h"

#include "chat_address_view.h"
#include "shared/base.h"
#include "words.h"

#include <sodium.h>
#include <string.h>

static bool open_in_room(const struct ui *ui)
{
    return ui_in_room(ui) && ui->panel == PANEL_CHAT;
}

bool chat_keys_choosing(const struct ui *ui)
{
    return open_in_room(ui) && ui->chat.address.choosing;
}

bool chat_keys_choose_whom(struct ui *ui)
{
    struct chat_address *a = &ui->chat.address;
    if (!open_in_room(ui) || chat_address_view_height(&ui->pen, a, ui->call) == 0)
        return false;
    if (a->choosing)
        a->choosing = false;
    else
        chat_address_open(a, ui->call);
    return true;
}

void chat_keys_arrow(struct ui *ui, enum input_action action)
{
    if (action == INPUT_UP || action == INPUT_DOWN)
        chat_address_move(&ui->chat.address, ui->call, action == INPUT_UP ? -1 : 1);
    else
        ui->chat.address.choosing = false;
}

void chat_keys_send(struct ui *ui)
{
    char text[FIELD_BYTES], why[CALL_NAME_MAX + 64];
    uint16_t to;
    if (field_blank(&ui->chat.field))
        return;
    if (chat_address_view_refusal(&ui->chat.address, ui->call, why, sizeof why)) {
        ui_toast(ui, "warn", "chat-to", why); // the words stay
        return;
    }
    memcpy(text, ui->chat.field.text, ui->chat.field.length + 1);
    field_clear(&ui->chat.field);
    ui->chat.skip = ui->chat.skip_lines = 0;
    chat_address_state(&ui->chat.address, ui->call, &to);
    ui_act(ui, to ? UI_SEND_CHAT_TO : UI_SEND_CHAT, to, text);
    sodium_memzero(text, sizeof text);
}
