// The settings screen, and how all screens look: what a real box would keep and do is made up here.
#include "gallery.h"

#include "client/device_names.h"
#include "client/language.h"
#include "client/settings.h"
#include "client/ui/ui_state.h"
#include "shared/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings values;
static struct ui *screen;
static struct ui_known known[] = {{"Amina Diallo", "utHv4zTqAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true, true},
                                  {"Living room", "a7Hv4zTqAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", true, false},
                                  {"Robert", "b8Hv4zTqAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false, false}};

static const struct {
    const char *name, *value;
} FIRST[] = {{"name", "Lobby, ground floor"},
             {"camera", "/dev/video0"},
             {"mirror", "yes"},
             {"microphone", "Built-in Audio Analog Stereo of the conference room table (front left)"},
             {"speaker", "HDMI 0"},
             {"sounds", "yes"},
             {"volume", "80"},
             {"listen-while-muted", "no"},
             {"try-out", "yes"},
             {"sound-volume", "70"},
             {"quiet-hours", "22:00-07:00"},
             {"text-scale", "100"},
             {"theme", "dark"},
             {"reduced-motion", "no"},
             {"screen-edges", "0"},
             {"language", "auto"},
             {"idle-after", "10"},
             {"auto-answer", "yes"},
             {"auto-answer-delay", "5"}};

static FILE *words_file;

bool gallery_listens(void)
{
    return getenv("GALLERY_WORDS") != NULL;
}

static void written(const char *words, bool cut)
{
    fprintf(words_file, "%c\t", cut ? '-' : '+');
    for (; *words; words++)
        fputc(*words == '\n' ? ' ' : *words, words_file);
    fputc('\n', words_file);
}

void gallery_settings_start(int text_scale)
{
    const char *theme = getenv("GALLERY_THEME"), *language = getenv("GALLERY_LANGUAGE"),
               *edges = getenv("GALLERY_EDGES"), *folder = getenv("GALLERY_LOCALE");
    char scale[16];
    snprintf(scale, sizeof scale, "%d", text_scale);
    for (size_t i = 0; i < ARRAY_LEN(FIRST); i++)
        settings_put(&values, FIRST[i].name, FIRST[i].value);
    settings_put(&values, "text-scale", scale);
    settings_put(&values, "theme", theme ? theme : "dark");
    settings_put(&values, "screen-edges", edges ? edges : "0");
    if (gallery_listens())
        settings_put(&values, "reduced-motion", "yes");
    language_choose(language ? language : "en");
    if (folder)
        language_folder(folder);
}

bool gallery_setting(void *ctx, const char *name, char *out, size_t size)
{
    static const char *const facts[][2] = {{"relay", "relay.example.org:5000"}, {"identity", "utHv-4zTq-8z2g-91kx"},
                                           {"version", PARLOUR_VERSION},        {"camera-given", "/dev/video0"},
                                           {"microphone-given", "auto"},        {"speaker-given", "HDMI 0"}};
    (void)ctx;
    const char *value = settings_get(&values, name);
    for (size_t i = 0; i < ARRAY_LEN(facts) && !value; i++)
        if (!strcmp(facts[i][0], name))
            value = facts[i][1];
    snprintf(out, size, "%s", value ? value : "");
    return value != NULL;
}

size_t gallery_known(void *ctx, struct ui_known *out, size_t max)
{
    (void)ctx;
    size_t count = MIN(max, ARRAY_LEN(known));
    memcpy(out, known, count * sizeof *out);
    return count;
}

bool gallery_devices(void *ctx, const char *setting, struct device_names *out)
{
    (void)ctx;
    out->count = 0;
    if (!strcmp(setting, "camera")) {
        device_names_add(out, "HD Pro Webcam C920", "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0",
                         "/dev/video0");
        device_names_add(out, "HD Pro Webcam C920", "/dev/video2", "/dev/video2");
    } else if (!strcmp(setting, "microphone")) {
        device_names_add(out, "Jabra SPEAK 510 Mono", NULL, NULL);
        device_names_add(out, "Built-in Audio Analog Stereo of the conference room table (front left)", NULL, NULL);
    } else {
        device_names_add(out, "Jabra SPEAK 510 Mono", NULL, NULL);
    }
    return true;
}

static int number(const char *name)
{
    return (int)strtol(settings_get(&values, name), NULL, 10);
}

static struct ui_look look(void)
{
    return (struct ui_look){.text_scale = number("text-scale"),
                            .screen_edges = number("screen-edges"),
                            .high_contrast = !strcmp(settings_get(&values, "theme"), "high-contrast"),
                            .reduced_motion = !strcmp(settings_get(&values, "reduced-motion"), "yes"),
                            .mirror_self = !strcmp(settings_get(&values, "mirror"), "yes")};
}

void gallery_set(const char *text)
{
    char name[32];
    const char *equals = strchr(text, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (!strcmp(known[i].fingerprint, equals + 1))
            known[i].paired = name[0] == 'p';
    settings_put(&values, name, equals + 1);
    struct ui_look now = look();
    if (screen)
        ui_apply(screen, &now, settings_get(&values, "name"));
}

// All five groups, each with the focus on its first row, and the edges of the screen with their marks.
void gallery_settings(struct gallery *g)
{
    static const char *const names[] = {"me", "picture", "sound", "screen", "box"};
    char name[32];
    screen = g->ui;
    ui_open_settings(g->ui);
    take(g, "settings");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        ui_press(g->ui, "Return");
        snprintf(name, sizeof name, "settings-%s", names[i]);
        take(g, name);
        if (!strcmp(names[i], "screen")) {
            for (int k = 0; k < 3; k++)
                ui_press(g->ui, "Down");
            take(g, "settings-edges");
        }
        ui_press(g->ui, "Escape");
        ui_press(g->ui, "Down");
    }
    ui_press(g->ui, "Return");
    for (int k = 0; k < 20; k++)
        ui_press(g->ui, "Down");
    take(g, "settings-box-end");
    ui_press(g->ui, "Escape");
    for (int k = 0; k < 5; k++)
        ui_press(g->ui, "Up");
    ui_press(g->ui, "Return");
    ui_press(g->ui, "Return");
    take(g, "settings-name");
    for (int k = 0; k < 3; k++)
        ui_press(g->ui, "Escape");
    g->ui->config.settings_pin = "4281";
    ui_open_settings(g->ui);
    ui_press(g->ui, "5");
    ui_press(g->ui, "Down");
    take(g, "settings-locked");
    for (const char *c = "281"; *c; c++)
        ui_press(g->ui, (char[2]){*c, 0});
    take(g, "settings-wrong");
    ui_press(g->ui, "Escape");
    g->ui->config.settings_pin = NULL;
    screen = NULL;
}

// As the person has chosen, from the first screen on.
void gallery_settings_apply(struct gallery *g)
{
    struct ui_look now = look();
    ui_apply(g->ui, &now, settings_get(&values, "name"));
    if (!gallery_listens() || words_file)
        return;
    words_file = fopen(getenv("GALLERY_WORDS"), "w");
    if (words_file)
        g->ui->pen.written = written;
}
