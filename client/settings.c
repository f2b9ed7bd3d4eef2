#include "settings.h"

#include "language.h"
#include "quiet_hours.h"

#include "shared/base.h"
#include "shared/control.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_flag(const char *v)
{
    return !strcmp(v, "yes") || !strcmp(v, "no");
}

static bool is_number(const char *v)
{
    size_t n = strspn(v, "0123456789");
    return n > 0 && n <= 6 && v[n] == 0; // its range is the option's
}

static bool is_theme(const char *v)
{
    return !strcmp(v, "dark") || !strcmp(v, "high-contrast");
}

static bool is_hours(const char *v)
{
    struct quiet_hours q;
    return quiet_hours_parse(&q, v);
}

static bool is_device(const char *v)
{
    return v[0] != 0;
}

// In the order they are written.
static const struct {
    const char *name;
    bool (*fits)(const char *value);
} SETTINGS[] = {{"name", control_name_ok},   {"camera", is_device},           {"microphone", is_device},
                {"speaker", is_device},      {"listen-while-muted", is_flag}, {"mirror", is_flag},
                {"volume", is_number},       {"sound-volume", is_number},     {"sounds", is_flag},
                {"quiet-hours", is_hours},   {"text-scale", is_number},       {"theme", is_theme},
                {"reduced-motion", is_flag}, {"screen-edges", is_number},     {"language", language_known},
                {"idle-after", is_number},   {"auto-answer", is_flag},        {"auto-answer-delay", is_number}};

static_assert(ARRAY_LEN(SETTINGS) <= SETTINGS_ROWS_MAX, "a row for every setting");

static bool plain(const char *text)
{
    size_t n = 0;
    for (; text[n]; n++)
        if ((unsigned char)text[n] < ' ' || text[n] == 0x7F)
            return false;
    return n < SETTINGS_VALUE_MAX && (n == 0 || (text[0] != ' ' && text[n - 1] != ' '));
}

static const char *find(const char *name, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(SETTINGS); i++)
        if (!strcmp(SETTINGS[i].name, name))
            return plain(value) && SETTINGS[i].fits(value) ? SETTINGS[i].name : NULL;
    return NULL;
}

bool settings_fit(const char *name, const char *value)
{
    return find(name, value) != NULL;
}

bool settings_put(struct settings *s, const char *name, const char *value)
{
    const char *known = find(name, value);
    size_t i = 0;
    if (!known)
        return false;
    while (i < s->count && s->rows[i].name != known)
        i++;
    s->rows[i].name = known;
    memcpy(s->rows[i].value, value, strlen(value) + 1);
    s->count = MAX(s->count, i + 1);
    return true;
}

const char *settings_get(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->rows[i].name, name))
            return s->rows[i].value;
    return NULL;
}

static size_t trimmed(const char **text, size_t n)
{
    while (n > 0 && (**text == ' ' || **text == '\t')) {
        ++*text;
        n--;
    }
    while (n > 0 && ((*text)[n - 1] == ' ' || (*text)[n - 1] == '\t' || (*text)[n - 1] == '\r'))
        n--;
    return n;
}

static bool copy(char *out, size_t size, const char *text, size_t n)
{
    n = trimmed(&text, n);
    if (n >= size || memchr(text, 0, n))
        return false;
    memcpy(out, text, n);
    out[n] = 0;
    return true;
}

static bool read_line(struct settings *s, const char *line, size_t n)
{
    char name[32], value[SETTINGS_VALUE_MAX];
    const char *equals = memchr(line, '=', n);
    return equals && copy(name, sizeof name, line, (size_t)(equals - line)) &&
           copy(value, sizeof value, equals + 1, n - (size_t)(equals + 1 - line)) && settings_put(s, name, value);
}

static void keep(struct settings *s, const char *line, size_t n)
{
    if (n + 1 > sizeof s->kept - s->kept_size)
        return;
    memcpy(s->kept + s->kept_size, line, n);
    s->kept_size += n;
    s->kept[s->kept_size++] = '\n';
}

void settings_read(struct settings *s, const char *text, size_t size)
{
    s->damaged = 0;
    for (size_t at = 0; at < size;) {
        const char *line = text + at, *end = memchr(line, '\n', size - at), *words = line;
        size_t n = end ? (size_t)(end - line) : size - at, left = trimmed(&words, n);
        at += n + 1;
        if (left == 0 || read_line(s, line, n))
            continue;
        keep(s, line, n);
        s->damaged += words[0] != '#';
    }
}

char *settings_write(const struct settings *s, size_t *size)
{
    char *text = base_alloc(s->kept_size + s->count * (SETTINGS_VALUE_MAX + 40) + 1);
    size_t n = s->kept_size;
    memcpy(text, s->kept, n);
    for (size_t i = 0; i < ARRAY_LEN(SETTINGS); i++) {
        const char *value = settings_get(s, SETTINGS[i].name);
        size_t name = strlen(SETTINGS[i].name), length = value ? strlen(value) : 0;
        if (!value)
            continue;
        memcpy(text + n, SETTINGS[i].name, name);
        memcpy(text + n + name, " = ", 3);
        memcpy(text + n + name + 3, value, length);
        n += name + 3 + length;
        text[n++] = '\n';
    }
    *size = n;
    return text;
}
