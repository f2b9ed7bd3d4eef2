#include "trial_view.h"

#include "big_button.h"
#include "hash.h"
#include "layout.h"
#include "lobby_view.h"
#include "shared/base.h"
#include "theme.h"
#include "tile_view.h"
#include "words.h"

#include <string.h>

enum { ROWS = 4, QUIET_US = 4000000, BLIND_US = 3000000 };

struct row {
    const char *icon;
    uint32_t ink;
    const char *words, *advice; // NULL = none
    bool meter;
};

void trial_view_follow(struct trial_view *view, const struct call *call, uint64_t now_us, uint64_t *next_us)
{
    const struct call_trial *t = &call->trial;
    bool changed = view->open != t->open;
    if (changed)
        view->focus = TRIAL_SOUND;
    if (changed && !t->open) {
        texture_forget(&view->texture); // nobody finds it there later
        view->picture_us = 0;
    }
    view->open = t->open;
    if (!t->open)
        return;
    bool quiet = now_us > t->quiet_us + QUIET_US, sees = view->picture_us && now_us - view->picture_us < BLIND_US;
    if (view->sees && !sees) // an old picture would look like a camera that works
        texture_forget(&view->texture);
    view->quiet = quiet;
    view->sees = sees;
    *next_us = now_us + METER_FALL_US;
    meter_feed(&view->meter, t->level, now_us);
}

static struct row camera_row(const struct trial_view *view, const struct call *call)
{
    if (call->trial.no_camera)
        return (struct row){"cam-off", THEME_STOP, WORD_NO_CAMERA_HERE, NULL, false};
    if (call->camera_missing)
        return (struct row){"cam-off", THEME_STOP, WORD_TRIAL_NO_CAMERA, WORD_TRIAL_NO_DEVICE_2, false};
    if (view->sees)
        return (struct row){"ok", THEME_ACCENT, WORD_TRIAL_CAMERA, WORD_TRIAL_CAMERA_2, false};
    return (struct row){"cam", THEME_SOFT, WORD_TRIAL_CAMERA_SOON, NULL, false};
}

static struct row microphone_row(const struct trial_view *view, const struct call *call)
{
    if (call->trial.no_microphone)
        return (struct row){"mic-off", THEME_STOP, WORD_NO_MICROPHONE_HERE, NULL, false};
    if (call->microphone_missing)
        return (struct row){"mic-off", THEME_STOP, WORD_TRIAL_NO_MICROPHONE, WORD_TRIAL_NO_DEVICE_2, false};
    if (view->quiet)
        return (struct row){"warn", THEME_STOP, WORD_TRIAL_QUIET, WORD_TRIAL_QUIET_2, true};
    return (struct row){"mic", THEME_SOFT, WORD_TRIAL_MICROPHONE, WORD_TRIAL_MICROPHONE_2, true};
}

static struct row sound_row(const struct call *call)
{
    const struct call_trial *t = &call->trial;
    if (call->speaker_missing)
        return (struct row){"sound-off", THEME_STOP, WORD_TRIAL_NO_SPEAKER, WORD_TRIAL_NO_DEVICE_2, false};
    if (t->step == CALL_TRIAL_LISTENS)
        return (struct row){"sound", THEME_ACCENT, WORD_TRIAL_LISTENS, NULL, false};
    if (t->step == CALL_TRIAL_RECORDS)
        return (struct row){"mic", THEME_ACCENT, WORD_TRIAL_RECORDS, WORD_TRIAL_RECORDS_2, false};
    if (t->step == CALL_TRIAL_PLAYS)
        return (struct row){"sound", THEME_ACCENT, WORD_TRIAL_PLAYS, NULL, false};
    if (t->result == CALL_TRIAL_WORKS)
        return (struct row){"ok", THEME_ACCENT, WORD_TRIAL_WORKS, WORD_TRIAL_WORKS_2, false};
    if (t->result == CALL_TRIAL_NOT_HEARD)
        return (struct row){"warn", THEME_STOP, WORD_TRIAL_NOT_HEARD, WORD_TRIAL_NOT_HEARD_2, false};
    if (t->result == CALL_TRIAL_SILENT)
        return (struct row){"warn", THEME_STOP, WORD_TRIAL_QUIET, WORD_TRIAL_QUIET_2, false};
    if (t->result == CALL_TRIAL_PLAYED)
        return (struct row){"sound", THEME_SOFT, WORD_TRIAL_PLAYED, WORD_TRIAL_PLAYED_2, false};
    return (struct row){"sound", THEME_SOFT, WORD_TRIAL_UNTRIED, WORD_TRIAL_UNTRIED_2, false};
}

static struct row network_row(const struct call *call)
{
    if (call->relay_reached)
        return (struct row){"ok", THEME_ACCENT, WORD_TRIAL_NETWORK, NULL, false};
    return (struct row){"netlow", THEME_STOP, WORD_TRIAL_NO_NETWORK, WORD_TRIAL_NO_NETWORK_2, false};
}

static void rows_of(const struct trial_view *view, const struct call *call, struct row rows[ROWS])
{
    rows[0] = camera_row(view, call);
    rows[1] = microphone_row(view, call);
    rows[2] = sound_row(call);
    rows[3] = network_row(call);
}

uint64_t trial_view_signature(const struct trial_view *view, const struct call *call)
{
    struct row rows[ROWS];
    uint64_t h = hash_int(HASH_START, view->focus << 8 | view->meter.step);
    rows_of(view, call, rows);
    for (size_t i = 0; i < ROWS; i++)
        h = hash_words(h, rows[i].words);
    return hash_int(h, view->picture_us != 0);
}

SDL_Rect trial_view_picture(const struct pen *pen, SDL_Rect screen)
{
    SDL_Rect at = lobby_view_self(pen, screen);
    at.y = screen.y + pen_px(pen, 210);
    return at;
}

static int row_height(struct pen *pen, const struct row *row, int width, int x, int y, bool draw)
{
    struct pen_style bold = {34, true, THEME_TEXT, false}, soft = {26, false, THEME_SOFT, false};
    int size = pen_scaled(pen, 40), in = size + pen_px(pen, 24), room = width - in;
    int meter = row->meter ? pen_scaled(pen, 64) : 0, high = 0;
    if (draw)
        pen_icon(pen, row->icon, x, y + pen_scaled(pen, 45) / 2 - size / 2, size, row->ink);
    high += pen_paragraph(pen, x + in, y, room - meter, pen_scaled(pen, 45), bold, row->words, 3, draw);
    if (row->advice)
        high += pen_paragraph(pen, x + in, y + high, room, pen_scaled(pen, 34), soft, row->advice, 3, draw);
    return MAX(high, pen_scaled(pen, 45 + 34)) + pen_scaled(pen, 28); // what is below stays where it is
}

struct shape {
    int left, width, top, bottom, button, gap;
};

static struct shape shape_of(const struct pen *pen, SDL_Rect screen)
{
    struct shape s = {.left = screen.x + pen_px(pen, THEME_SCREEN_LEFT), .gap = pen_px(pen, 24)};
    s.button = pen_scaled(pen, 88);
    s.top = screen.y + pen_px(pen, 210);
    s.bottom = screen.y + screen.h - pen_px(pen, 64) - s.button;
    s.width = trial_view_picture(pen, screen).x - pen_px(pen, 64) - s.left;
    return s;
}

static int rows_height(struct pen *pen, const struct row rows[ROWS], const struct shape *s)
{
    int high = 0;
    for (size_t i = 0; i < ROWS; i++)
        high += row_height(pen, &rows[i], s->width, 0, 0, false);
    return high;
}

static void draw_buttons(const struct trial_view *view, struct pen *pen, const struct shape *s, int right)
{
    const struct big_button buttons[TRIAL_BUTTONS] = {
        {"sound", WORD_TRIAL_SOUND, false}, {"mic", WORD_TRIAL_VOICE, false}, {"ok", WORD_TRIAL_DONE, false}};
    int wide = (right - s->left - (TRIAL_BUTTONS - 1) * s->gap) / TRIAL_BUTTONS;
    for (size_t i = 0; i < TRIAL_BUTTONS; i++) {
        SDL_Rect at = {s->left + (int)i * (wide + s->gap), s->bottom, wide, s->button};
        big_button_draw(pen, at, &buttons[i], 36, i == view->focus);
    }
}

void trial_view_draw(const struct trial_view *view, struct pen *pen, const struct call *call, SDL_Rect screen)
{
    struct pen_style small = {26, false, THEME_SOFT, false};
    SDL_Rect picture = trial_view_picture(pen, screen);
    struct row rows[ROWS];
    int kept = pen->text_scale, right = screen.x + screen.w - pen_px(pen, THEME_SCREEN_LEFT);
    rows_of(view, call, rows);
    pen_fill(pen, screen, THEME_WALL);
    struct shape s = shape_of(pen, screen);
    // The largest words with which every line and every button is there.
    while (pen->text_scale > 100 && s.top + rows_height(pen, rows, &s) > s.bottom) {
        pen->text_scale -= 10;
        s = shape_of(pen, screen);
    }
    pen_text_fit(pen, s.left, screen.y + pen_px(pen, 116), (struct pen_style){48, true, THEME_TEXT, false}, WORD_TRIAL,
                 right - s.left);
    int y = s.top;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].meter) {
            int size = pen_scaled(pen, 48);
            tile_view_meter(pen, (SDL_Rect){s.left + s.width - size, y, size, size}, view->meter.step);
        }
        y += row_height(pen, &rows[i], s.width, s.left, y, true);
    }
    draw_buttons(view, pen, &s, right);
    if (!texture_has(&view->texture)) {
        int icon = pen_px(pen, 96);
        pen_round(pen, picture, pen_px(pen, THEME_TILE_RADIUS), THEME_PANEL);
        pen_icon(pen, "cam-off", picture.x + (picture.w - icon) / 2, picture.y + (picture.h - icon) / 2, icon,
                 THEME_EDGE);
    }
    pen_paragraph(pen, picture.x, picture.y + picture.h + pen_px(pen, 24), picture.w, pen_scaled(pen, 34), small,
                  WORD_TRIAL_ALONE, 2, true);
    pen->text_scale = kept;
}

void trial_view_draw_picture(struct trial_view *view, struct pen *pen, SDL_Rect at)
{
    SDL_Rect crop, out;
    layout_cover(texture_width(&view->texture), texture_height(&view->texture), &at, &crop, &out);
    canvas_picture(pen->canvas, &view->texture, &crop, &out, pen_radius(pen, THEME_TILE_RADIUS));
}
