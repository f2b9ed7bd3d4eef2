// What a person changes on the settings screen: kept, and done at once.
#include "app_parts.h"

#include "language.h"
#include "settings_file.h"

#include "shared/clock.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void app_settings_open(struct app *a)
{
    char path[PATHS_MAX];
    if (client_options_settings_path(a->options, path))
        a->settings = settings_file_open(path);
}

void app_settings_close(struct app *a)
{
    settings_file_close(a->settings);
    a->settings = NULL;
}

struct ui_look app_settings_look(const struct app *a)
{
    const struct client_options *o = a->options;
    return (struct ui_look){.text_scale = o->text_scale,
                            .screen_edges = o->screen_edges,
                            .idle_after = o->idle_after,
                            .high_contrast = strcmp(o->theme, "high-contrast") == 0,
                            .reduced_motion = o->reduced_motion,
                            .mirror_self = o->mirror};
}

bool app_settings_value(void *ctx, const char *name, char *out, size_t size)
{
    const struct app *a = ctx;
    char text[KEYS_FINGERPRINT_TEXT];
    int n = -1;
    keys_fingerprint_text(text, a->identity_public);
    if (!strcmp(name, "identity"))
        n = snprintf(out, size, "%s", text);
    else if (!strcmp(name, "version"))
        n = snprintf(out, size, "%s", PARLOUR_VERSION);
    else if (!strcmp(name, "relay"))
        n = snprintf(out, size, a->relay_host[0] ? "%s:%u" : "–", a->relay_host, (unsigned)a->relay_port);
    else if (!strcmp(name, "try-out"))
        n = snprintf(out, size, "yes");
    else if (!strcmp(name, "camera-given"))
        n = snprintf(out, size, "%s", a->options->camera_given);
    else if (!strcmp(name, "microphone-given"))
        n = snprintf(out, size, "%s", a->options->microphone_given);
    else if (!strcmp(name, "speaker-given"))
        n = snprintf(out, size, "%s", a->options->speaker_given);
    else
        return client_options_show(a->options, name, out, size);
    return n >= 0 && (size_t)n < size;
}

// The paired first, then whom this box has met last.
static int by_use(const void *left, const void *right)
{
    const struct identity *l = left, *r = right;
    if (l->paired != r->paired)
        return l->paired ? -1 : 1;
    return (l->last_s < r->last_s) - (l->last_s > r->last_s);
}

size_t app_settings_known(void *ctx, struct ui_known *out, size_t max)
{
    const struct app *a = ctx;
    size_t count = 0, n = 0;
    struct identity *all = identities_list(a->identities, &count);
    if (count)
        qsort(all, count, sizeof *all, by_use);
    for (size_t i = 0; i < count && n < max; i++) {
        struct ui_known *k = &out[n++];
        *k = (struct ui_known){.verified = all[i].verified, .paired = all[i].paired};
        keys_base64(k->fingerprint, sizeof k->fingerprint, all[i].key, 32);
        snprintf(k->name, sizeof k->name, "%s", all[i].name);
        if (!k->name[0]) { // paired before it was met
            char text[KEYS_FINGERPRINT_TEXT];
            keys_fingerprint_text(text, all[i].key);
            snprintf(k->name, sizeof k->name, "%s", text);
        }
    }
    free(all);
    return n;
}

// A new name is for the next connection: in a call it stays what the others know.
static void rename_later(struct app *a)
{
    struct command *c = command_new(COMMAND_NAME);
    c->text = base_strdup(a->options->name);
    a->renamed = app_send(a, c);
}

uint64_t app_settings_tick(struct app *a, uint64_t now_us)
{
    if (a->renamed && a->call.phase == CALL_HOME) {
        a->renamed = false;
        if (a->relay_host[0])
            transport_reconnect(a->transport);
    }
    return a->settings ? settings_file_tick(a->settings, now_us) : UINT64_MAX;
}

static void take_effect(struct app *a, const char *name)
{
    const struct client_options *o = a->options;
    struct ui_look look = app_settings_look(a);
    if (!strcmp(name, "name"))
        rename_later(a);
    else if (!strcmp(name, "camera") || !strcmp(name, "microphone"))
        app_media_reopen(a, name[0] == 'c');
    else if (!strcmp(name, "speaker")) {
        if (!speaker_change(a->speaker, o->speaker))
            log_error("speaker", "no thread for another one");
    } else if (!strcmp(name, "listen-while-muted"))
        app_media_listen(a);
    else if (!strcmp(name, "volume"))
        app_sounds_loudness(a, o->volume);
    else if (!strcmp(name, "sounds"))
        app_sounds_set(a, o->sounds);
    else if (!strcmp(name, "sound-volume"))
        app_sounds_volume(a, o->sound_volume);
    else if (!strcmp(name, "quiet-hours"))
        a->silence = o->silence;
    else if (!strcmp(name, "auto-answer"))
        a->answers = o->auto_answer;
    else if (!strcmp(name, "auto-answer-delay"))
        a->answer_delay_s = (unsigned)o->auto_answer_delay;
    else if (!strcmp(name, "language"))
        language_choose(o->language);
    if (a->ui)
        ui_apply(a->ui, &look, o->name);
}

static void pair(struct app *a, const char *fingerprint, bool on)
{
    const char *why = app_trust_pair(a, 0, fingerprint, on);
    if (why)
        log_warn("app", "pair=%d reason=\"%s\"", on, why);
}

void app_settings_change(struct app *a, const char *text)
{
    char name[32];
    const char *equals = text ? strchr(text, '=') : NULL;
    if (!equals || (size_t)(equals - text) >= sizeof name)
        return;
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = 0;
    const char *value = equals + 1;
    if (!strcmp(name, "pair-identity") || !strcmp(name, "unpair-identity")) {
        pair(a, value, name[0] == 'p');
        return;
    }
    sodium_mprotect_readwrite(a->changeable);
    bool done = client_options_change(a->changeable, name, value);
    sodium_mprotect_readonly(a->changeable);
    if (!done) {
        log_warn("settings", "not a value name=%s", name);
        return;
    }
    if (a->settings)
        settings_file_put(a->settings, name, value, clock_now_us());
    take_effect(a, name);
}
