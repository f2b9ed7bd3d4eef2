#include "app_parts.h"

#include "shared/log.h"
#include "text_clean.h"
#include "ui/words.h"

#include <stdio.h>
#include <string.h>

enum { NAME_CODES = 24, NAME_SIZE = 4 * NAME_CODES + 1, SENTENCE_SIZE = 320 };

static const char *const icons[] = {"cam-off", "mic-off", "sound-off"};

// ---- any thread ----

void app_devices_tell(struct app *a, enum devices_kind device, const char *sentence)
{
    struct notice *n = notice_new(NOTICE_DEVICE);
    n->device = device;
    n->text = base_strdup(sentence);
    app_notice(a, n);
}

void app_devices_say(struct app *a, enum devices_kind device, enum sound_said what, const char *wanted, const char *now)
{
    struct notice *n = notice_new(NOTICE_DEVICE_USE);
    n->device = device;
    n->code = what;
    n->text = base_strdup(wanted);
    n->advice = base_strdup(now);
    app_notice(a, n);
}

// ---- main thread ----

void app_devices_notice(struct app *a, const struct notice *n)
{
    struct call *c = &a->call;
    bool missing = n->text && n->text[0];
    static const enum privacy_event found[][2] = {{PRIVACY_CAMERA_BACK, PRIVACY_CAMERA_LOST},
                                                  {PRIVACY_MICROPHONE_BACK, PRIVACY_MICROPHONE_LOST}};
    if (n->device != DEVICES_SPEAKER)
        app_media_privacy(a, found[n->device == DEVICES_MICROPHONE][missing]);
    if (n->device == DEVICES_CAMERA)
        c->camera_missing = missing;
    else if (n->device == DEVICES_MICROPHONE)
        c->microphone_missing = missing;
    else
        c->speaker_missing = missing;
    if (missing) {
        log_warn("app", "device=%s sentence=\"%s\"", device_names_options[n->device], n->text);
        if (a->ui)
            ui_toast(a->ui, icons[n->device], device_names_options[n->device], n->text);
    }
    app_send_state(a); // what others are told is what they can see and hear
}

// The device's own name, as much of it as a sentence has room for.
static const char *shorten(const char *name, char out[NAME_SIZE])
{
    text_clean(out, NAME_SIZE, name, strlen(name), NAME_CODES, false);
    return out;
}

void app_devices_said(struct app *a, const struct notice *n)
{
    const char *const others[] = {WORD_CAMERA_OTHER, WORD_MICROPHONE_OTHER, WORD_SPEAKER_OTHER};
    const char *const anothers[] = {WORD_CAMERA_ANOTHER, WORD_MICROPHONE_ANOTHER, WORD_SPEAKER_ANOTHER};
    const char *const returns[] = {WORD_CAMERA_RETURNS, WORD_MICROPHONE_RETURNS, WORD_SPEAKER_RETURNS};
    static const char *const works[] = {"cam", "mic", "sound"};
    char wanted[NAME_SIZE], now[NAME_SIZE], sentence[SENTENCE_SIZE];
    shorten(n->text, wanted);
    shorten(n->advice, now);
    if (n->code == SOUND_SAID_OTHER && now[0])
        snprintf(sentence, sizeof sentence, others[n->device], wanted, now);
    else if (n->code == SOUND_SAID_OTHER)
        snprintf(sentence, sizeof sentence, anothers[n->device], wanted);
    else if (n->code == SOUND_SAID_RETURN)
        snprintf(sentence, sizeof sentence, returns[n->device], wanted);
    else
        snprintf(sentence, sizeof sentence, "%s", WORD_MICROPHONE_SILENT);
    log_warn("app", "device=%s sentence=\"%s\"", device_names_options[n->device], sentence);
    if (a->ui)
        ui_toast(a->ui, n->code == SOUND_SAID_RETURN ? works[n->device] : icons[n->device],
                 device_names_options[n->device], sentence);
}

// ---- what there is, for the settings ----

static void on_devices(void *ctx)
{
    struct app *a = ctx;
    atomic_store(&a->devices_changed, true);
    app_wake(a);
}

bool app_devices_known(void *ctx, const char *setting, struct device_names *out)
{
    struct app *a = ctx;
    for (int i = 0; i < DEVICES_KINDS && a->devices; i++)
        if (!strcmp(device_names_options[i], setting))
            return device_watch_get(a->devices, (enum devices_kind)i, out);
    out->count = 0;
    return false;
}

void app_devices_tick(struct app *a)
{
    bool wanted = strcmp(ui_screen_name(a->ui), "settings") == 0;
    if (wanted && !a->devices)
        a->devices = device_watch_create(on_devices, a); // without a thread the rows have fewer choices
    if (a->devices && wanted != a->devices_wanted)
        device_watch_look(a->devices, a->devices_wanted = wanted);
    if (atomic_exchange(&a->devices_changed, false))
        ui_devices_changed(a->ui);
}

void app_devices_close(struct app *a)
{
    device_watch_destroy(a->devices);
    a->devices = NULL;
}
