#include "device_choices.h"

#include "client/language.h"
#include "client/settings.h"
#include "shared/base.h"
#include "client/text_clean.h"
#include "client/url_secret.h"
#include "client/utf8.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_CODES = 44, SHOWN_SIZE = 4 * SHOWN_CODES + 8 };

static const char BY_ID[] = "/dev/v4l/by-id/";

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

// What a device may be found by: everything else is an address, a file or a tone (client/README, options). `at`: which
// one, -1 = it is not there.
static bool means_device(const struct device_names *names, const char *setting, const char *value, int *at)
{
    if (!strcmp(setting, "camera"))
        return device_names_camera(names, value, at);
    bool device = strcmp(value, "auto") != 0 && device_names_sound(value);
    *at = device ? device_names_find(names, value) : -1;
    return device;
}

static bool only_one(const struct device_names *names, size_t i)
{
    size_t n = 0;
    for (size_t k = 0; k < names->count; k++)
        n += !strcmp(names->list[k].name, names->list[i].name);
    return n == 1;
}

// Settings have no blanks at their ends; names of devices have.
static bool take(const struct device_names *names, size_t i, const char *setting, const char *text,
                 char out[DEVICE_NAMES_SIZE])
{
    while (*text == ' ')
        text++;
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    memcpy(out, text, n);
    out[n] = 0;
    static const struct device_names none; // it must mean no address when the camera is gone
    int at;
    return means_device(&none, setting, out, &at) && settings_fit(setting, out) &&
           means_device(names, setting, out, &at) && at == (int)i;
}

bool device_choices_value(const struct device_names *names, size_t i, const char *setting, char out[DEVICE_NAMES_SIZE])
{
    const char *name = names->list[i].name, *id = names->list[i].id, *path = names->list[i].path;
    bool lasts = strcmp(id, path) != 0; // else it is only where it is now
    return (lasts && take(names, i, setting, id, out)) || (only_one(names, i) && take(names, i, setting, name, out)) ||
           (path[0] && take(names, i, setting, path, out));
}

int device_choices_find(const struct device_names *names, const char *setting, const char *value)
{
    int at;
    return means_device(names, setting, value, &at) ? at : -1;
}

// "/dev/v4l/by-id/usb-046d_C920-video-index0" is hard to read: "046d C920".
static void readable(const char *value, char out[DEVICE_NAMES_SIZE])
{
    static const char tail[] = "-video-index0";
    bool by_id = begins(value, BY_ID);
    value += by_id ? strlen(BY_ID) : 0;
    value += by_id && begins(value, "usb-") ? strlen("usb-") : 0;
    snprintf(out, DEVICE_NAMES_SIZE, "%.*s", DEVICE_NAMES_SIZE - 1, value);
    size_t n = strlen(out), end = strlen(tail);
    if (by_id && n > end && !strcmp(out + n - end, tail))
        out[n - end] = 0;
    for (char *c = out; by_id && *c; c++)
        *c = *c == '_' ? ' ' : *c;
    url_secret_hide(out);
}

static void cut(const char *text, char out[SHOWN_SIZE])
{
    text += strspn(text, " ");
    bool fits = utf8_count(text, strlen(text)) <= SHOWN_CODES;
    size_t n =
        text_clean(out, SHOWN_SIZE - strlen("…"), text, strlen(text), fits ? SHOWN_CODES : SHOWN_CODES - 1, false);
    while (n > 0 && out[n - 1] == ' ')
        n--;
    memcpy(out + n, fits ? "" : "…", fits ? 1 : sizeof "…");
}

void device_choices_words(const struct device_names *names, const char *setting, const char *value, char *out,
                          size_t size)
{
    char text[DEVICE_NAMES_SIZE], shown[SHOWN_SIZE];
    int at = -1;
    bool device = names && means_device(names, setting, value, &at);
    if (at >= 0) {
        cut(names->list[at].name, shown);
        const char *path = names->list[at].path;
        bool plain = only_one(names, (size_t)at) || !path[0];
        snprintf(out, size, plain ? "%s" : "%s (%s)", shown, path);
        return;
    }
    readable(value, text);
    cut(text, shown);
    snprintf(out, size, device ? WORD_DEVICE_ABSENT : "%s", shown);
}
