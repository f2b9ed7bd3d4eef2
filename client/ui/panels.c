// What the side panel shows: one of chat, people, connection and files.
#include "ui_state.h"

#include "files_view.h"
#include "hash.h"
#include "people_view.h"
#include "theme.h"

static bool people_focused(const struct ui *ui)
{
    return ui->panel == PANEL_PEOPLE && !ui->bar.open && !asks_focused(ui) && !stage_focused(ui);
}

uint64_t panels_signature(struct ui *ui)
{
    if (ui->panel_shown == PANEL_CHAT)
        return hash_int(chat_view_signature(&ui->chat, ui->call), keys_typing(ui));
    if (ui->panel_shown == PANEL_PEOPLE)
        return people_view_signature(&ui->people, ui->call, people_focused(ui));
    if (ui->panel_shown == PANEL_FILES)
        return chooser_keys_open(ui) ? chooser_keys_signature(ui)
                                     : files_view_signature(&ui->files, ui->call, files_keys_focused(ui));
    if (ui->panel_shown == PANEL_FILMS)
        return films_view_signature(&ui->films_view, ui->call, film_keys_focused(ui), ui->now_us);
    return stats_view_signature(&ui->stats_view, ui->stats);
}

void panels_draw(struct ui *ui, SDL_Rect at)
{
    struct pen *pen = &ui->pen;
    SDL_Rect panel = {at.x, 0, at.w - pen->edge.x, ui->height};
    if (pen->edge.x)
        pen_fill(pen, at, THEME_PANEL);
    if (ui->panel_shown == PANEL_CHAT)
        chat_view_draw(&ui->chat, pen, ui->call, panel, !asks_focused(ui));
    else if (ui->panel_shown == PANEL_PEOPLE)
        people_view_draw(&ui->people, pen, ui->call, panel, people_focused(ui));
    else if (ui->panel_shown == PANEL_FILES && chooser_keys_open(ui))
        chooser_keys_draw(ui, panel);
    else if (ui->panel_shown == PANEL_FILES)
        files_view_draw(&ui->files, pen, ui->call, panel, files_keys_focused(ui), files_keys_can_send(ui));
    else if (ui->panel_shown == PANEL_FILMS)
        films_view_draw(&ui->films_view, pen, ui->call, panel, film_keys_focused(ui), ui->now_us);
    else
        stats_view_draw(&ui->stats_view, pen, ui->call, ui->stats, panel);
}
