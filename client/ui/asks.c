// The card that waits for an answer, on the screen: its place, its keys, what they set off.
#include "ui_state.h"

#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "words.h"

#include <math.h>
#include <stdio.h>

bool asks_focused(const struct ui *ui)
{
    bool writes = ui->panel == PANEL_CHAT && !ui->ask.taken;
    return ui->ask.kind != ASK_NONE && !writes && !ui->help;
}

void asks_follow(struct ui *ui)
{
    bool was = ui->ask.kind != ASK_NONE;
    ui->ask.can_pin = stage_can_pin(ui);
    ui->ask.can_send = files_keys_can_send(ui);
    if (ask_follow(&ui->ask, ui->call, ui_in_room(ui), ui->now_us)) {
        bool is = ui->ask.kind != ASK_NONE;
        if (is)
            bar_close(&ui->bar, ui->now_us);
        if (ui->ask.kind == ASK_NUMBER || ui->ask.kind == ASK_LISTENING) // the last one is not the last word
            toasts_drop(&ui->toasts, "compare");
        if (is != was)
            ui->ask_us = ui->now_us;
    }
    if (ui->ask.kind != ASK_NONE && !ask_ready(&ui->ask, ui->now_us))
        ui_wake(ui, ui->ask.since_us + ASK_GUARD_MS * 1000u);
    if (ui->panel == PANEL_PEOPLE) {
        struct people_row rows[PEOPLE_ROWS_MAX];
        people_focus(&ui->people, rows, people_rows(ui->call, rows));
        if (ui->people.lost)
            ui->people_lost_us = ui->now_us;
        ui->people.lost = false;
    }
}

static double asks_part(const struct ui *ui)
{
    bool open = ui->ask.kind != ASK_NONE;
    if (ui->ask_us == 0)
        return 0;
    double t = theme_part(ui->now_us - ui->ask_us, open ? THEME_MS_FLOAT_IN : THEME_MS_FLOAT_OUT);
    return open ? t : 1 - t;
}

int asks_place(struct ui *ui, SDL_Rect stage, bool two)
{
    if (ui->ask.kind == ASK_NONE) // while it fades it keeps what it said
        return 0;
    ask_view_card(&ui->ask_card, &ui->ask, ui->call, asks_focused(ui));
    ui->ask_card.pinned =
        ui->pinned.any && !ui->pinned.screen &&
        (ui->ask.kind == ASK_SELF ? ui->pinned.self
                                  : ui->pinned.id == ui->ask.id && ui->pinned.join_id == ui->ask.join_id);
    ui->ask_rect = ask_view_rect(&ui->ask_card, &ui->pen, stage, ui->height - pen_px(&ui->pen, THEME_EDGE_SPACE));
    // Under a grid LOOK leaves 204 for a card of 160; with one other person only my own picture makes room.
    return ui->ask_rect.h + pen_px(&ui->pen, two ? 24 : 44);
}

// What has no effect is not ordered, but said.
static bool muted_already(struct ui *ui, const struct ask_order *order)
{
    for (size_t i = 0; i < ui->call->member_count; i++) {
        const struct call_member *m = &ui->call->members[i];
        if (order->action != UI_MUTE || m->id != order->id || !m->muted)
            continue;
        char name[CALL_NAME_MAX], words[CALL_NAME_MAX + 64];
        trust_words_name(name, sizeof name, m->name);
        snprintf(words, sizeof words, WORD_MUTED_ALREADY, name);
        ui_toast(ui, "mic-off", "host", words);
        return true;
    }
    return false;
}

static void run_order(struct ui *ui, struct ask_order order)
{
    if (order.pin)
        stage_pin(ui, order.self, (uint16_t)order.id, order.join_id);
    if (order.hide)
        keys_hide_me(ui);
    for (size_t i = 0; order.send && i < ui->call->member_count; i++)
        if (ui->call->members[i].id == order.id && ui->call->members[i].join_id == order.join_id)
            chooser_keys_start(ui, &ui->call->members[i]);
    order.wanted = order.wanted && !muted_already(ui, &order);
    if (order.compared)
        ui_toast(ui, "shield", "compare", WORD_COMPARED);
    if (order.wanted)
        ui_act(ui, order.action, order.id, NULL);
    if (order.wanted && order.action == UI_MUTE && order.id == 0) // nobody can be seen to press it
        ui_toast(ui, "mic-off", "host", WORD_ALL_MUTED);
    ui->dirty = true;
}

// Left and right in a row of buttons, up and down between rows.
static void move(struct ui *ui, enum input_action action)
{
    int columns = ask_view_columns(&ui->ask_card, &ui->pen, ui->ask_rect), count = (int)ui->ask_card.button_count;
    int back = action == INPUT_LEFT || action == INPUT_UP ? -1 : 1;
    if (action == INPUT_LEFT || action == INPUT_RIGHT)
        ask_move(&ui->ask, ui->call, back);
    else if (columns < count)
        ask_move(&ui->ask, ui->call, back * columns);
}

bool asks_run(struct ui *ui, enum input_action action)
{
    if (ui->ask.kind == ASK_NONE || ui->help)
        return false;
    if (action == INPUT_ANSWER) {
        ui->ask.taken = !ui->ask.taken;
        return true;
    }
    bool mine = action == INPUT_LEFT || action == INPUT_RIGHT || action == INPUT_UP || action == INPUT_DOWN ||
                action == INPUT_PRESS || action == INPUT_BACK;
    if (!asks_focused(ui) || !mine)
        return false;
    if (!ask_ready(&ui->ask, ui->now_us))
        return true; // it has only just come: this key was meant for something else
    if (action == INPUT_PRESS)
        run_order(ui, ask_press(&ui->ask, ui->call));
    else if (action == INPUT_BACK)
        run_order(ui, ask_back(&ui->ask, ui->call));
    else
        move(ui, action);
    asks_follow(ui); // the next key may come before the next frame
    return true;
}

// Enter in the list of people.
void asks_people_press(struct ui *ui)
{
    struct people_row rows[PEOPLE_ROWS_MAX];
    const struct people_row *row = &rows[people_focus(&ui->people, rows, people_rows(ui->call, rows))];
    switch (row->kind) {
    case PEOPLE_KNOCK:
        // Another one has slipped under the finger: he is not let in by mistake.
        if (ui->people.lost || (ui->people_lost_us && ui->now_us - ui->people_lost_us < ASK_GUARD_MS * 1000u))
            return;
        run_order(ui,
                  (struct ask_order){.wanted = true, .action = ui->people.refuse ? UI_DENY : UI_ADMIT, .id = row->id});
        break;
    case PEOPLE_MEMBER:
        ask_open_person(&ui->ask, &ui->call->members[row->index]);
        break;
    case PEOPLE_CODE:
        ask_open_safety(&ui->ask);
        break;
    }
    asks_follow(ui);
}

uint8_t asks_alpha(const struct ui *ui)
{
    return (uint8_t)lround(255 * asks_part(ui));
}

int asks_rise(const struct ui *ui)
{
    return ui->ask.kind == ASK_NONE ? 0 : (int)lround((1 - asks_part(ui)) * pen_px(&ui->pen, 24));
}
