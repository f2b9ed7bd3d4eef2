// How loud the loudspeaker is, and how loud one of the others is.
#include "ui_state.h"

#include "shared/base.h"
#include "client/text_clean.h"
#include "theme.h"
#include "trust_words.h"
#include "client/volumes.h"
#include "words.h"

#include <stdio.h>

enum { STEP = 10, PERSON_STEP = 25, BACK_TO = 70 };

static int stepped(int now, int direction, int step, int most)
{
    return CLAMP((direction > 0 ? now / step + 1 : (now + step - 1) / step - 1) * step, 0, most);
}

static void show(struct ui *ui, const char *icon, const char *words, int percent, int most)
{
    toasts_add(&ui->toasts, icon, "volume", "", words, THEME_MS_TOAST_BRIEF);
    toasts_bar(&ui->toasts, "volume", percent * 100 / most);
    ui->dirty = true;
}

bool volume_keys_run(struct ui *ui, enum input_action action)
{
    int now = ui->call->loudness, to = now;
    char text[64];
    if (action == INPUT_SILENCE) {
        to = now > 0 ? 0 : ui->loudness_before > 0 ? ui->loudness_before : BACK_TO;
        ui->loudness_before = now;
    } else if (action == INPUT_LOUDER || action == INPUT_QUIETER) {
        to = stepped(now, action == INPUT_LOUDER ? 1 : -1, STEP, 100);
    } else {
        return false;
    }
    if (to != now) {
        snprintf(text, sizeof text, "volume=%d", to);
        ui_act(ui, UI_SET, 0, text);
    }
    if (ui->settings.open)
        settings_view_refresh(&ui->settings, &ui->ops);
    if (to == 0)
        snprintf(text, sizeof text, "%s", WORD_LOUDSPEAKER_OFF);
    else
        snprintf(text, sizeof text, WORD_LOUDSPEAKER_AT, to);
    show(ui, to == 0 ? "sound-off" : "sound", text, to, 100);
    return true;
}

bool volume_keys_person(struct ui *ui, int direction)
{
    char name[CALL_NAME_MAX], percent[16], words[CALL_NAME_MAX + 64];
    const struct call_member *m = people_chosen(&ui->people, ui->call);
    if (!m || m->self || trust_words_doubt(m->trust))
        return false;
    int to = stepped(m->volume, direction, PERSON_STEP, VOLUMES_MOST);
    snprintf(percent, sizeof percent, "%d", to);
    if (to != m->volume)
        ui_act(ui, UI_VOLUME, m->id, percent);
    trust_words_name(name, sizeof name, m->name);
    snprintf(words, sizeof words, WORD_PERSON_AT, name, to);
    show(ui, to == 0 ? "sound-off" : "sound", words, to, VOLUMES_MOST);
    return true;
}
