#include "device_names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const device_names_options[DEVICES_KINDS] = {"camera", "microphone", "speaker"};

static void keep(char out[DEVICE_NAMES_SIZE], const char *text)
{
    size_t n = strlen(text);
    if (n >= DEVICE_NAMES_SIZE) // not in the middle of a character
        for (n = DEVICE_NAMES_SIZE - 1; n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80; n--)
            ;
    memcpy(out, text, n);
    out[n] = 0;
}

bool device_names_add(struct device_names *names, const char *name, const char *id, const char *path)
{
    if (names->count == DEVICE_NAMES_MAX)
        return false;
    size_t at = names->count++;
    keep(names->list[at].name, name);
    keep(names->list[at].id, id ? id : name);
    keep(names->list[at].path, path ? path : "");
    return true;
}

static bool contains(const char *name, const char *part)
{
    size_t n = strlen(part);
    for (; strlen(name) >= n; name++)
        if (!strncasecmp(name, part, n))
            return true;
    return false;
}

int device_names_find(const struct device_names *names, const char *wanted)
{
    int found = -1;
    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->list[i].name, wanted) || !strcmp(names->list[i].id, wanted) ||
            (wanted[0] == '/' && !strcmp(names->list[i].path, wanted)))
            return (int)i;
    for (size_t i = 0; i < names->count && wanted[0]; i++) {
        if (!contains(names->list[i].name, wanted))
            continue;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

// Schemes and formats have no blanks in them, and none follows them; names of cameras do: "HP HD Camera: HP HD Camera".
static bool is_address(const char *spec)
{
    size_t n = strcspn(spec, ":/ ");
    return strncmp(spec, "/dev/", 5) != 0 && (spec[n] == '/' || (spec[n] == ':' && spec[n + 1] != ' '));
}

bool device_names_camera(const struct device_names *cameras, const char *spec, int *at)
{
    *at = -1;
    if (!strcmp(spec, "auto") || !strcmp(spec, "none") || !strcmp(spec, "test"))
        return false;
    *at = device_names_find(cameras, spec);
    if (!is_address(spec))
        return true;
    if (*at >= 0 && strcmp(cameras->list[*at].name, spec) != 0) // only has it somewhere
        *at = -1;
    return *at >= 0;
}

bool device_names_sound(const char *spec)
{
    return strcmp(spec, "none") != 0 && strncmp(spec, "tone:", 5) != 0 && strncmp(spec, "file:", 5) != 0;
}
