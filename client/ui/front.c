// The screens in front of a room: home, what is left of it when nobody is there, and a call that rings.
#include "ui_state.h"

#include "calendar.h"
#include "hash.h"
#include "ring_view.h"
#include "shared/base.h"
#include "shared/clock.h"
#include "theme.h"

#include <time.h>

enum { RINGING_FRAME_US = 50000 };

static bool rings(const struct ui *ui)
{
    return ui->screen == SCREEN_RINGING || ui->screen == SCREEN_CALLING;
}

static void follow_idle(struct ui *ui)
{
    bool home = ui->screen == SCREEN_HOME;
    if (idle_follow(&ui->idle, home, ui->config.idle_after, ui->now_us)) {
        ui->help = ui->settings.open = false;
        home_join_close(&ui->home.join); // what was being typed there is nobody's now
        home_list_reset(&ui->home.list);
        if (!ui->idle.away)
            ui_act(ui, UI_AWAY, 1, NULL);
        ui->idle.away = true;
    }
    ui_wake(ui, idle_due(&ui->idle, home, ui->config.idle_after));
}

void front_follow(struct ui *ui)
{
    follow_idle(ui);
    if (ui->screen == SCREEN_HOME)
        home_list_follow(&ui->home.list, ui->call, ui->now_us);
    if (rings(ui))
        ringing_follow(&ui->ringing, &ui->call->ring, ui->now_us);
    else
        ui->ringing.since_us = 0;
}

static struct ring_look ring_look(const struct ui *ui)
{
    const struct call_ring *ring = &ui->call->ring;
    struct ring_look look = {.ring = ring, .ours = ui->screen == SCREEN_CALLING, .focus = ui->ringing.focus};
    look.counting = !look.ours && ringing_counting(&ui->ringing, ring);
    if (look.counting) {
        look.seconds = ringing_seconds(ring, ui->now_us);
        look.closed = ringing_closed(ring, ui->now_us);
    }
    uint64_t round = THEME_MS_RINGING * UINT64_C(1000), since = ui->now_us - ui->screen_us;
    if (round > 0 && !look.ours)
        look.phase = (unsigned)(since % round * RING_PHASES / round);
    return look;
}

static struct home_now home_now(const struct ui *ui)
{
    struct home_now now = {.place = ui->kept_name, .at_ms = clock_wall_ms(), .idle = ui->idle.on};
    time_t at = (time_t)(now.at_ms / 1000);
    struct tm tm;
    localtime_r(&at, &tm);
    strftime(now.clock, sizeof now.clock, "%H:%M", &tm);
    calendar_date(now.date, sizeof now.date, &tm);
    return now;
}

uint64_t front_signature(struct ui *ui)
{
    if (rings(ui)) {
        struct ring_look look = ring_look(ui);
        if (look.counting)
            ui_wake(ui, ringing_next(look.ring, ui->now_us));
        else if (!look.ours && THEME_MS_RINGING > 0)
            ui_wake(ui, ui->now_us + RINGING_FRAME_US);
        return ring_view_signature(&look);
    }
    // The clock is the only thing that moves by itself here: once a minute.
    struct home_now now = home_now(ui);
    ui_wake(ui, ui->now_us + (uint64_t)(60000 - clock_wall_ms() % 60000) * 1000 + 2000);
    return home_view_signature(&ui->home, ui->call, &now);
}

void front_draw(struct ui *ui)
{
    if (rings(ui)) {
        struct ring_look look = ring_look(ui);
        ring_view_draw(&ui->pen, &look, ui_whole(ui));
    } else {
        struct home_now now = home_now(ui);
        home_view_draw(&ui->home, &ui->pen, ui->call, &now, ui_whole(ui));
    }
}

bool front_rings(struct ui *ui, SDL_Rect *bounds, uint64_t *signature)
{
    if (!rings(ui))
        return false;
    struct ring_look look = ring_look(ui);
    *bounds = ring_view_rings(&ui->pen, &look, ui_whole(ui));
    *signature = ring_view_rings_signature(&look);
    return true;
}

void front_draw_rings(struct ui *ui, SDL_Rect bounds)
{
    struct ring_look look = ring_look(ui);
    ring_view_draw_rings(&ui->pen, &look, bounds);
}
