#include "settings_list.h"

#include "client/language.h"
#include "client/quiet_hours.h"
#include "device_choices.h"
#include "shared/base.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHOICES_MAX = 8, VALUE_MAX = 256, HALF_HOUR = 30, DAY = 24 * 60, NIGHT_FROM = 22 * 60, NIGHT_UNTIL = 7 * 60 };

struct choice {
    const char *value, *words;
};

struct settings_item {
    const char *name, *words;
    enum settings_kind kind;
    int min, max, step;
    const char *format;                 // of a number
    struct choice choices[CHOICES_MAX]; // ends with a NULL value
    const char *given;                  // where what was configured can be read
};

#define DEVICES                                                                                                        \
    {                                                                                                                  \
        {"auto", N_("Automatic")},                                                                                     \
        {                                                                                                              \
            "none", N_("None")                                                                                         \
        }                                                                                                              \
    }

static const struct settings_item ME[] = {{.name = "name", .words = N_("Name"), .kind = SETTINGS_TEXT}};

static const struct settings_item PICTURE[] = {
    {"camera", N_("Camera"), SETTINGS_CHOICE, .choices = DEVICES, .given = "camera-given"},
    {"mirror", N_("My own picture as in a mirror"), SETTINGS_TOGGLE, .min = 0}};

static const struct settings_item SOUND[] = {
    {"microphone", N_("Microphone"), SETTINGS_CHOICE, .choices = DEVICES, .given = "microphone-given"},
    {"speaker", N_("Loudspeaker"), SETTINGS_CHOICE, .choices = DEVICES, .given = "speaker-given"},
    {"volume", N_("How loud it is"), SETTINGS_NUMBER, 0, 100, 10, .format = N_("%d %%")},
    {"sounds", N_("Rings and other sounds"), SETTINGS_TOGGLE, .min = 0},
    {"sound-volume", N_("How loud they are"), SETTINGS_NUMBER, 0, 100, 10, .format = N_("%d %%")},
    {"quiet-hours", N_("Quiet from"), SETTINGS_FROM, .min = 0},
    {"quiet-hours", N_("Quiet until"), SETTINGS_UNTIL, .min = 0},
    {"listen-while-muted", N_("Tell me when I speak while my microphone is off"), SETTINGS_TOGGLE, .min = 0},
    {"try-out", N_("Try camera and sound"), SETTINGS_OPENS, .min = 0}};

static const struct settings_item SCREEN[] = {
    {"text-scale", N_("Text size"), SETTINGS_NUMBER, 100, 300, 25, .format = N_("%d %%")},
    {"theme", N_("Colours"), SETTINGS_CHOICE,
     .choices = {{"dark", N_("Dark and calm")}, {"high-contrast", N_("High contrast")}}},
    {"reduced-motion", N_("Without motion"), SETTINGS_TOGGLE, .min = 0},
    {"screen-edges", N_("Screen edges"), SETTINGS_NUMBER, 0, 5, 1, .format = N_("%d %%")},
    {"language", N_("Language"), SETTINGS_CHOICE,
     .choices = {{"auto", N_("As the system")}, {"en", "English"}, {"de", "Deutsch"}}},
    {"idle-after", N_("Only the clock after"), SETTINGS_CHOICE,
     .choices = {{"0", N_("Never")},
                 {"5", N_("5 minutes")},
                 {"10", N_("10 minutes")},
                 {"20", N_("20 minutes")},
                 {"30", N_("30 minutes")},
                 {"60", N_("60 minutes")}}}};

static const struct settings_item BOX[] = {
    {"auto-answer", N_("Answer paired people by itself"), SETTINGS_TOGGLE, .min = 0},
    {"auto-answer-delay", N_("Ring first for"), SETTINGS_NUMBER, 3, 30, 1, .format = N_("%d s")}};

static const struct settings_item FACTS[] = {{"relay", N_("Relay"), SETTINGS_FACT, .min = 0},
                                             {"identity", N_("This box is"), SETTINGS_FACT, .min = 0},
                                             {"version", N_("Version"), SETTINGS_FACT, .min = 0}};

static const struct settings_item PERSON = {.name = "pair-identity", .kind = SETTINGS_PERSON};

const char *settings_list_title(enum settings_group group)
{
    const char *const titles[SETTINGS_GROUPS] = {WORD_GROUP_ME, WORD_GROUP_PICTURE, WORD_GROUP_SOUND, WORD_GROUP_SCREEN,
                                                 WORD_GROUP_BOX};
    return titles[group];
}

static int number_of(const char *value)
{
    return (int)strtol(value, NULL, 10);
}

static bool value_of(const struct settings_source *s, const char *name, char out[VALUE_MAX])
{
    return s->setting && s->setting(s->ctx, name, out, VALUE_MAX);
}

static size_t add(const struct settings_source *s, const struct settings_item *items, size_t count,
                  struct settings_list_row *rows, size_t used)
{
    char value[VALUE_MAX];
    for (size_t i = 0; i < count && used < SETTINGS_LIST_MAX; i++)
        if (value_of(s, items[i].name, value))
            rows[used++] = (struct settings_list_row){.item = &items[i]};
    return used;
}

size_t settings_list_rows(const struct settings_source *s, enum settings_group group,
                          struct settings_list_row rows[SETTINGS_LIST_MAX])
{
    static const struct {
        const struct settings_item *items;
        size_t count;
    } groups[SETTINGS_GROUPS] = {{ME, ARRAY_LEN(ME)},
                                 {PICTURE, ARRAY_LEN(PICTURE)},
                                 {SOUND, ARRAY_LEN(SOUND)},
                                 {SCREEN, ARRAY_LEN(SCREEN)},
                                 {BOX, ARRAY_LEN(BOX)}};
    size_t n = add(s, groups[group].items, groups[group].count, rows, 0);
    if (group != SETTINGS_BOX)
        return n;
    for (size_t i = 0; i < s->known_count && n < SETTINGS_LIST_MAX - ARRAY_LEN(FACTS); i++)
        rows[n++] = (struct settings_list_row){&PERSON, i};
    return add(s, FACTS, ARRAY_LEN(FACTS), rows, n);
}

enum settings_kind settings_list_kind(const struct settings_list_row *row)
{
    return row->item->kind;
}

const char *settings_list_name(const struct settings_list_row *row)
{
    return row->item->name;
}

void settings_list_label(const struct settings_source *s, const struct settings_list_row *row, char *out, size_t size)
{
    const struct settings_item *item = row->item;
    if (item->kind == SETTINGS_PERSON)
        snprintf(out, size, "%s", s->known[row->person].name);
    else
        snprintf(out, size, "%s", _(item->words));
}

// ---- hours ----

static bool hours_of(const char *value, struct quiet_hours *q)
{
    return value[0] && quiet_hours_parse(q, value) && q->from != q->to;
}

static void time_words(int minutes, char *out, size_t size)
{
    snprintf(out, size, "%02d:%02d", minutes / 60 % 24, minutes % 60);
}

static bool step_hours(const struct settings_item *item, const char *value, int direction, char *out, size_t size)
{
    struct quiet_hours q = {NIGHT_FROM, NIGHT_UNTIL};
    bool on = hours_of(value, &q), from = item->kind == SETTINGS_FROM;
    if (direction == 0 && from) { // OK turns them on and off
        on = !on;
    } else if (direction == 0 || (!on && (!from || direction < 0))) {
        return false;
    } else if (!on) {
        on = true;
    } else {
        int *end = from ? &q.from : &q.to, other = from ? q.to : q.from;
        do
            *end = ((*end / HALF_HOUR + direction) * HALF_HOUR + DAY) % DAY;
        while (*end == other);
    }
    int n = on ? snprintf(out, size, "quiet-hours=%02d:%02d-%02d:%02d", q.from / 60 % 24, q.from % 60, q.to / 60 % 24,
                          q.to % 60)
               : snprintf(out, size, "quiet-hours=");
    return n > 0 && (size_t)n < size;
}

static void hours_words(const struct settings_item *item, const char *value, char *out, size_t size)
{
    struct quiet_hours q;
    if (hours_of(value, &q))
        time_words(item->kind == SETTINGS_FROM ? q.from : q.to, out, size);
    else
        snprintf(out, size, "%s", item->kind == SETTINGS_FROM ? WORD_NEVER : "–");
}

// ---- choices ----

struct choices {
    size_t count, at; // at = the current one
    const char *values[CHOICES_MAX + DEVICE_NAMES_MAX + 2];
    char devices[DEVICE_NAMES_MAX][DEVICE_NAMES_SIZE], given[VALUE_MAX];
};

// What is there for this row; NULL: it is none of devices, or that is not known.
static const struct device_names *devices_of(const struct settings_source *s, const struct settings_item *item)
{
    for (size_t i = 0; i < DEVICES_KINDS && s->devices; i++)
        if (!strcmp(device_names_options[i], item->name) && s->devices[i].known)
            return &s->devices[i].names;
    return NULL;
}

static size_t find(const struct choices *c, const char *value) // SIZE_MAX: it is none of them
{
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(c->values[i], value))
            return i;
    return SIZE_MAX;
}

// The devices that are there. `here` = the one that `value` means, *at which of the choices that is.
static void add_devices(struct choices *c, const struct device_names *names, const char *setting, int here)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!device_choices_value(names, i, setting, c->devices[i]))
            continue;
        if ((int)i == here)
            c->at = c->count;
        c->values[c->count++] = c->devices[i];
    }
}

// Every value there is: automatic, the devices, none; the configured one last when it is another, and the current one
// when it is yet another.
static void choices_of(const struct settings_source *s, const struct settings_item *item, const char *value,
                       struct choices *c)
{
    const struct device_names *names = devices_of(s, item);
    c->count = 0;
    c->at = SIZE_MAX;
    for (size_t i = 0; i < CHOICES_MAX && item->choices[i].value; i++) {
        c->values[c->count++] = item->choices[i].value;
        if (i == 0 && names)
            add_devices(c, names, item->name, device_choices_find(names, item->name, value));
    }
    if (item->given && value_of(s, item->given, c->given) && c->given[0] && find(c, c->given) == SIZE_MAX &&
        (!names || device_choices_find(names, item->name, c->given) < 0))
        c->values[c->count++] = c->given;
    if (c->at == SIZE_MAX)
        c->at = find(c, value);
    if (c->at != SIZE_MAX)
        return;
    c->at = c->count;
    c->values[c->count++] = value;
}

static void choice_words(const struct settings_source *s, const struct settings_item *item, const char *value,
                         char *out, size_t size)
{
    for (size_t i = 0; i < CHOICES_MAX && item->choices[i].value; i++)
        if (!strcmp(item->choices[i].value, value)) {
            snprintf(out, size, "%s", _(item->choices[i].words));
            return;
        }
    if (item->given)
        device_choices_words(devices_of(s, item), item->name, value, out, size);
    else
        snprintf(out, size, "%s", value);
}

// ---- values ----

void settings_list_words(const struct settings_source *s, const struct settings_list_row *row, char *out, size_t size)
{
    const struct settings_item *item = row->item;
    char value[VALUE_MAX] = "";
    out[0] = '\0';
    if (item->kind == SETTINGS_PERSON) {
        const struct ui_known *k = &s->known[row->person];
        snprintf(out, size, "%s", k->paired ? WORD_PAIRED : k->verified ? WORD_NOT_PAIRED : WORD_NOT_PAIRED_NEW);
        return;
    }
    if (!value_of(s, item->name, value))
        return;
    switch (item->kind) {
    case SETTINGS_TOGGLE:
        snprintf(out, size, "%s", strcmp(value, "yes") ? WORD_OFF : WORD_ON);
        break;
    case SETTINGS_NUMBER:
        snprintf(out, size, _(item->format), number_of(value));
        break;
    case SETTINGS_CHOICE:
        choice_words(s, item, value, out, size);
        break;
    case SETTINGS_FROM:
    case SETTINGS_UNTIL:
        hours_words(item, value, out, size);
        break;
    case SETTINGS_OPENS:
        snprintf(out, size, "%s", WORD_OPEN);
        break;
    case SETTINGS_TEXT:
    case SETTINGS_FACT:
    case SETTINGS_PERSON:
        snprintf(out, size, "%s", value);
        break;
    }
}

static bool tell(const struct settings_item *item, const char *value, char *out, size_t size)
{
    int n = snprintf(out, size, "%s=%s", item->name, value);
    return n > 0 && (size_t)n < size;
}

static bool step_number(const struct settings_item *item, const char *value, int direction, char *out, size_t size)
{
    int now = number_of(value), to = now + direction * item->step;
    if (now % item->step) // back onto the steps
        to = (direction > 0 ? now / item->step + 1 : now / item->step) * item->step;
    to = CLAMP(to, item->min, item->max);
    char text[16];
    snprintf(text, sizeof text, "%d", to);
    return direction != 0 && to != now && tell(item, text, out, size);
}

static bool step_choice(const struct settings_source *s, const struct settings_item *item, const char *value,
                        int direction, char *out, size_t size)
{
    struct choices c;
    choices_of(s, item, value, &c);
    if (direction == 0) // OK goes round
        return tell(item, c.values[(c.at + 1) % c.count], out, size);
    return (direction > 0 ? c.at + 1 < c.count : c.at > 0) && tell(item, c.values[c.at + (size_t)direction], out, size);
}

bool settings_list_step(const struct settings_source *s, const struct settings_list_row *row, int direction, char *out,
                        size_t size)
{
    const struct settings_item *item = row->item;
    char value[VALUE_MAX];
    if (item->kind == SETTINGS_PERSON) {
        const struct ui_known *k = &s->known[row->person];
        if (direction != 0 && (direction > 0) == k->paired)
            return false;
        int used = snprintf(out, size, "%s=%s", k->paired ? "unpair-identity" : "pair-identity", k->fingerprint);
        return used > 0 && (size_t)used < size;
    }
    if (!value_of(s, item->name, value))
        return false;
    bool on = !strcmp(value, "yes");
    switch (item->kind) {
    case SETTINGS_TOGGLE:
        return (direction == 0 || (direction > 0) != on) && tell(item, on ? "no" : "yes", out, size);
    case SETTINGS_NUMBER:
        return step_number(item, value, direction, out, size);
    case SETTINGS_CHOICE:
        return step_choice(s, item, value, direction, out, size);
    case SETTINGS_FROM:
    case SETTINGS_UNTIL:
        return step_hours(item, value, direction, out, size);
    case SETTINGS_OPENS:
        return direction == 0 && tell(item, "yes", out, size);
    case SETTINGS_TEXT:
    case SETTINGS_FACT:
    case SETTINGS_PERSON:
        break;
    }
    return false;
}

bool settings_list_idle(const struct settings_source *s, const struct settings_list_row *row)
{
    const struct settings_item *item = row->item;
    char value[VALUE_MAX];
    struct quiet_hours q;
    if (item->kind == SETTINGS_UNTIL)
        return value_of(s, item->name, value) && !hours_of(value, &q);
    if (!strcmp(item->name, "auto-answer-delay"))
        return value_of(s, "auto-answer", value) && strcmp(value, "yes") != 0;
    if (!strcmp(item->name, "sound-volume"))
        return value_of(s, "sounds", value) && strcmp(value, "yes") != 0;
    return false;
}
