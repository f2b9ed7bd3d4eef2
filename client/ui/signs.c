// What is said for as long as it is true: other than a toast it does not go by itself.
#include "ui_state.h"

#include "hash.h"
#include "shared/base.h"
#include "theme.h"
#include "trust_words.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

bool signs_hold(const struct ui *ui, struct toast *sign)
{
    *sign = (struct toast){.kind = "hold"};
    if (ui->call->hold == CALL_HOLD_NONE)
        return false;
    bool talks = ui->call->hold == CALL_HOLD_TALK, missing = talks && ui->call->microphone_missing;
    snprintf(sign->icon, sizeof sign->icon, "%s", talks && !missing ? "mic" : "mic-off");
    if (missing)
        snprintf(sign->text, sizeof sign->text, "%s", WORD_HELD_NOTHING);
    else
        snprintf(sign->text, sizeof sign->text, talks ? WORD_HELD_TALK : WORD_HELD_SILENT, _(input_cap(INPUT_HOLD)));
    return true;
}

bool signs_sharing(const struct ui *ui, struct toast *sign)
{
    const struct call_share *share = &ui->call->share;
    const char *cap = _(input_cap(INPUT_SHARE));
    *sign = (struct toast){.kind = "sharing", .icon = "share"};
    if (!share->on)
        return false;
    if (cap[0])
        snprintf(sign->text, sizeof sign->text, share->what[0] ? WORD_SHARING_PART_KEY : WORD_SHARING_KEY, cap);
    else
        snprintf(sign->text, sizeof sign->text, "%s", share->what[0] ? WORD_SHARING_PART : WORD_SHARING);
    return true;
}

// My own picture where it is on the screen, or NULL.
static const struct tile *own(const struct ui *ui)
{
    for (size_t i = 0; i < ui->shown; i++) {
        const struct tile *t = &ui->tiles[ui->order[i]];
        if (t->self && !t->screen && t->now.shown)
            return t;
    }
    return NULL;
}

// It says when nobody hears me; so does this where it is not there.
static bool microphone_off(const struct ui *ui)
{
    return !ui->call->microphone_on && ui->screen == SCREEN_CALL && !own(ui);
}

static const struct pen_style OFF = {26, true, 0, false};

static int chip_width(struct pen *pen, const char *words)
{
    return pen_width(pen, OFF, words, strlen(words)) + pen_scaled(pen, 28) + pen_px(pen, 10 + 2 * 16);
}

bool signs_off(struct ui *ui, SDL_Rect *bounds, uint64_t *signature)
{
    bool room = ui_in_room(ui);
    bool microphone = microphone_off(ui), loudspeaker = ui->call->loudness == 0;
    struct pen *pen = &ui->pen;
    SDL_Rect stage = room ? ui->stage : ui_whole(ui);
    int edge = pen_px(pen, THEME_EDGE_SPACE), gap = pen_px(pen, 8), wide = 0;
    wide += microphone ? chip_width(pen, WORD_MIC_OFF) : 0;
    wide += loudspeaker ? chip_width(pen, WORD_SOUND_OFF) + (microphone ? gap : 0) : 0;
    int right = stage.x + stage.w - (room ? edge : pen_px(pen, 96));
    if (ui->page_at.w > 0 && ui->screen == SCREEN_CALL)
        right = ui->page_at.x - gap;
    int high = pen_scaled(pen, 48), bottom = stage.y + stage.h - edge;
    if (!room) // over the line of keys
        bottom = stage.h - pen_px(pen, 72) - pen_scaled(pen, 48);
    const struct tile *mine = room ? own(ui) : NULL;
    if (mine && mine->now.floats) // over it
        bottom = mine->now.rect.y - gap;
    *bounds = (SDL_Rect){right - wide, bottom - high, wide, high};
    *signature = hash_int(HASH_START, (microphone ? 1u : 0) | (loudspeaker ? 2u : 0));
    return microphone || loudspeaker;
}

static int draw_chip(struct pen *pen, int x, SDL_Rect in, const char *icon, const char *words)
{
    struct pen_style style = OFF;
    int wide = MIN(chip_width(pen, words), in.w), size = pen_scaled(pen, 28), y = in.y + in.h / 2;
    style.colour = THEME_TEXT;
    pen_round(pen, (SDL_Rect){x, in.y, wide, in.h}, pen_px(pen, 12), THEME_SCRIM);
    pen_icon(pen, icon, x + pen_px(pen, 16), y - size / 2, size, THEME_STOP);
    pen_text_fit(pen, x + pen_px(pen, 16 + 10) + size, y, style, words, wide - size - pen_px(pen, 10 + 2 * 16));
    return wide + pen_px(pen, 8);
}

void signs_draw_off(struct ui *ui, SDL_Rect bounds)
{
    int x = bounds.x;
    if (microphone_off(ui))
        x += draw_chip(&ui->pen, x, bounds, "mic-off", WORD_MIC_OFF);
    if (ui->call->loudness == 0)
        draw_chip(&ui->pen, x, bounds, "sound-off", WORD_SOUND_OFF);
}

// Who records, me first: false = nobody does.
static bool recording_words(const struct ui *ui, char *out, size_t size)
{
    const struct call_member *first = NULL;
    unsigned others = 0;
    char name[CALL_NAME_MAX];
    for (size_t i = 0; ui_in_room(ui) && i < ui->call->member_count; i++) {
        const struct call_member *m = &ui->call->members[i];
        if (!m->recording || !(m->self || m->known)) // also who is away: what he records goes on when he is back
            continue;
        others += first != NULL;
        first = !first || m->self ? m : first;
    }
    if (!first)
        return false;
    trust_words_name(name, sizeof name, first->name);
    if (first->self)
        snprintf(out, size, "%s", WORD_RECORDING_ME);
    else if (others)
        snprintf(out, size, WORD_RECORDING_BY_MORE(others), name, others);
    else
        snprintf(out, size, WORD_RECORDING_BY, name);
    return true;
}

// Large words beside a panel leave no room for who it is; that somebody records is always said.
static bool recording_fits(struct ui *ui, char *out, size_t size)
{
    if (!recording_words(ui, out, size))
        return false;
    if (chip_width(&ui->pen, out) > ui->stage.w - 2 * pen_px(&ui->pen, THEME_EDGE_SPACE))
        snprintf(out, size, "%s", WORD_RECORDING);
    return true;
}

bool signs_recording(struct ui *ui, SDL_Rect *bounds, uint64_t *signature)
{
    char words[CALL_NAME_MAX + 64];
    if (!recording_fits(ui, words, sizeof words))
        return false;
    struct pen *pen = &ui->pen;
    int edge = pen_px(pen, THEME_EDGE_SPACE), wide = MIN(chip_width(pen, words), ui->stage.w - 2 * edge);
    // At the side: the middle of the top is where faces are.
    *bounds = (SDL_Rect){ui->stage.x + ui->stage.w - edge - wide, ui->stage.y + edge, wide, pen_scaled(pen, 48)};
    *signature = hash_words(HASH_START, words);
    return true;
}

void signs_draw_recording(struct ui *ui, SDL_Rect bounds)
{
    char words[CALL_NAME_MAX + 64];
    if (recording_fits(ui, words, sizeof words))
        draw_chip(&ui->pen, bounds.x, bounds, "record", words);
}
