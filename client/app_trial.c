// Trying camera and sound at the home screen: one sees oneself, hears oneself, and the microphone listens to the
// loudspeaker. Nothing of it leaves the box, and everything is closed with the screen, or when nobody is there.
#include "app_parts.h"

#include "shared/clock.h"
#include "sound_check.h"
#include "ui/words.h"

#include <stdlib.h>
#include <string.h>

enum {
    SECOND = 1000000,
    LOOK_US = SECOND / 10,
    SETTLE_US = SECOND * 6 / 10, // for devices to open
    LATE_US = 6 * SECOND,        // a step takes three: this one gets nothing to hear
    NOBODY_US = 120 * SECOND
};

static const float QUIET = 0.0005f;

void app_trial_open(struct app *a)
{
    struct call_trial *t = &a->call.trial;
    a->trial_us = clock_now_us();
    if (t->open)
        return;
    if (a->call.phase != CALL_HOME) {
        if (a->ui)
            ui_toast(a->ui, "sound", "trial", WORD_TRIAL_NOT_NOW);
        app_sounds_not_possible(a);
        return;
    }
    if (!a->trial_sound) {
        a->trial_sound = base_alloc(SOUND_CHECK_MOST * sizeof *a->trial_sound);
        a->trial_chime = base_alloc(SOUND_CHECK_CHIME * sizeof *a->trial_chime);
        sound_check_chime(a->trial_chime);
    }
    *t = (struct call_trial){.open = true, .quiet_us = a->trial_us};
    t->no_microphone = strcmp(a->options->microphone, "none") == 0;
    t->no_camera = strcmp(a->options->camera, "none") == 0;
    a->trial_step_us = a->trial_us;
    atomic_store(&a->trial_heard, SOUND_CHECK_MOST);
    atomic_store(&a->trial_on, true);
    app_media_privacy(a, PRIVACY_TRY);
}

void app_trial_close(struct app *a)
{
    if (!a->call.trial.open)
        return;
    a->call.trial.open = false;
    a->trial_step_us = clock_now_us(); // the next tick wipes what was heard
    sounds_clip_stop(a->sounds);
    app_media_privacy(a, PRIVACY_TRIED);
    atomic_store(&a->trial_on, false);
}

static bool begin(struct app *a, enum call_trial_step step)
{
    struct call_trial *t = &a->call.trial;
    a->trial_us = clock_now_us();
    if (!t->open || t->step != CALL_TRIAL_READY || a->trial_us - a->trial_step_us < SETTLE_US || t->no_microphone ||
        a->call.microphone_missing || sounds_clip_busy(a->sounds))
        return false;
    t->step = step;
    t->result = CALL_TRIAL_NONE;
    a->trial_step_us = a->trial_us;
    atomic_store(&a->trial_heard, 0);
    return true;
}

static void chime(struct app *a)
{
    a->trial_step_us = clock_now_us();
    atomic_store(&a->trial_heard, 0);
    sounds_clip(a->sounds, a->trial_chime, SOUND_CHECK_CHIME);
    speaker_look(a->speaker);
}

void app_trial_sound(struct app *a)
{
    if (!begin(a, CALL_TRIAL_LISTENS))
        return;
    a->trial_again = false;
    chime(a);
}

void app_trial_voice(struct app *a)
{
    begin(a, CALL_TRIAL_RECORDS);
}

bool app_trial_heard(struct app *a, const int16_t *samples, size_t count)
{
    if (!atomic_load(&a->trial_on))
        return false;
    size_t at = atomic_load(&a->trial_heard);
    if (at + count <= SOUND_CHECK_MOST) {
        memcpy(a->trial_sound + at, samples, count * sizeof *samples);
        atomic_store(&a->trial_heard, at + count);
    }
    return true;
}

static void end(struct app *a, enum call_trial_result result)
{
    a->call.trial.step = CALL_TRIAL_READY;
    a->call.trial.result = result;
    a->trial_step_us = 0; // the devices are open
}

static void full(struct app *a)
{
    static const enum call_trial_result results[] = {[SOUND_CHECK_HEARD] = CALL_TRIAL_WORKS,
                                                     [SOUND_CHECK_NOT_HEARD] = CALL_TRIAL_NOT_HEARD,
                                                     [SOUND_CHECK_SILENCE] = CALL_TRIAL_SILENT};
    struct call_trial *t = &a->call.trial;
    enum sound_check_result found = sound_check_find(a->trial_sound, SOUND_CHECK_MOST, NULL);
    // A door, a cough, a loudspeaker that takes its time to open: once more before anybody is told to look for a fault.
    if (t->step == CALL_TRIAL_LISTENS && found == SOUND_CHECK_NOT_HEARD && !a->trial_again) {
        a->trial_again = true;
        chime(a);
        return;
    }
    if (t->step == CALL_TRIAL_LISTENS || found == SOUND_CHECK_SILENCE) {
        end(a, results[found]);
        return;
    }
    t->step = CALL_TRIAL_PLAYS;
    a->trial_step_us = clock_now_us();
    sounds_clip(a->sounds, a->trial_sound, SOUND_CHECK_MOST);
    speaker_look(a->speaker);
}

uint64_t app_trial_tick(struct app *a, uint64_t now_us)
{
    struct call_trial *t = &a->call.trial;
    if (!t->open) {
        if (a->trial_step_us == 0)
            return UINT64_MAX;
        if (sounds_clip_busy(a->sounds))
            return now_us + LOOK_US;
        memset(a->trial_sound, 0, SOUND_CHECK_MOST * sizeof *a->trial_sound); // nothing of the voice is kept
        a->trial_step_us = 0;
        return UINT64_MAX;
    }
    if (a->call.phase != CALL_HOME || now_us - a->trial_us > NOBODY_US) {
        app_trial_close(a);
        return now_us;
    }
    bool records = t->step == CALL_TRIAL_LISTENS || t->step == CALL_TRIAL_RECORDS;
    bool late = now_us > a->trial_step_us + LATE_US;
    if (records && atomic_load(&a->trial_heard) == SOUND_CHECK_MOST)
        full(a);
    else if (records && late)
        end(a, CALL_TRIAL_SILENT);
    else if (t->step == CALL_TRIAL_PLAYS && (late || !sounds_clip_busy(a->sounds)))
        end(a, CALL_TRIAL_PLAYED);
    t->level = a->mic ? mic_level(a->mic) : 0;
    if (t->level > QUIET)
        t->quiet_us = now_us;
    return now_us + LOOK_US;
}

void app_trial_destroy(struct app *a)
{
    free(a->trial_sound);
    free(a->trial_chime);
}
