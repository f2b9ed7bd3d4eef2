// What the settings screen holds: five groups of rows, the values each can have, and the words for them. Pure: values
// are text, as options are (client/settings.h).
#ifndef PARLOUR_UI_SETTINGS_LIST_H
#define PARLOUR_UI_SETTINGS_LIST_H

#include "client/device_names.h"
#include "ui.h"

#include <stdbool.h>
#include <stddef.h>

enum settings_group { SETTINGS_ME, SETTINGS_PICTURE, SETTINGS_SOUND, SETTINGS_SCREEN, SETTINGS_BOX, SETTINGS_GROUPS };

enum settings_kind {
    SETTINGS_TOGGLE, // "yes", "no"
    SETTINGS_NUMBER,
    SETTINGS_CHOICE, // one of a few, or what was configured
    SETTINGS_FROM,   // the two ends of hours of the day, half an hour a step
    SETTINGS_UNTIL,
    SETTINGS_TEXT,  // typed
    SETTINGS_OPENS, // another screen
    SETTINGS_FACT,  // nothing to change
    SETTINGS_PERSON // somebody this box knows: paired or not
};

enum { SETTINGS_LIST_MAX = 80, SETTINGS_KNOWN_MAX = 64, SETTINGS_WORDS_MAX = 300 };

struct settings_item;

struct settings_list_row {
    const struct settings_item *item;
    size_t person; // SETTINGS_PERSON: which of `known`
};

struct settings_devices { // cameras, microphones or loudspeakers
    bool known;           // false: nobody has looked yet
    struct device_names names;
};

struct settings_source { // where values come from: ui_ops
    void *ctx;
    bool (*setting)(void *ctx, const char *name, char *out, size_t size);
    const struct ui_known *known;
    size_t known_count;
    const struct settings_devices *devices; // DEVICES_KINDS of them, or NULL
};

const char *settings_list_title(enum settings_group group); // in the person's language
// Rows of a group; one whose setting there is not is left out. Returns how many.
size_t settings_list_rows(const struct settings_source *source, enum settings_group group,
                          struct settings_list_row rows[SETTINGS_LIST_MAX]);
enum settings_kind settings_list_kind(const struct settings_list_row *row);
const char *settings_list_name(const struct settings_list_row *row); // the option's
// What the row is called, and its value, in the person's language.
void settings_list_label(const struct settings_source *source, const struct settings_list_row *row, char *out,
                         size_t size);
void settings_list_words(const struct settings_source *source, const struct settings_list_row *row, char *out,
                         size_t size);
// "OPTION=VALUE" one step to the left (-1) or right (1), or for 0 what OK does. False when there is nothing further.
bool settings_list_step(const struct settings_source *source, const struct settings_list_row *row, int direction,
                        char *out, size_t size);
// True when another row decides that this one means nothing just now.
bool settings_list_idle(const struct settings_source *source, const struct settings_list_row *row);

#endif
