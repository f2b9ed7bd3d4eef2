// What a person has changed on the settings screen, as text: lines of `name = value` with the names of options. Pure:
// no files, no clock. Only options that are settings are taken, and only values that fit them, so nothing in the file
// can keep the program from starting. What is not understood is kept as it is.
#ifndef PARLOUR_SETTINGS_H
#define PARLOUR_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SETTINGS_VALUE_MAX = 256,    // bytes of a value with its end
    SETTINGS_ROWS_MAX = 32,      // there are fewer settings than this
    SETTINGS_KEPT_MAX = 8 << 10, // bytes of lines that are not understood; what goes beyond is left out
    SETTINGS_TEXT_MAX = 32 << 10 // bytes of a file
};

struct settings_row {
    const char *name; // static
    char value[SETTINGS_VALUE_MAX];
};

// A zeroed one is empty.
struct settings {
    struct settings_row rows[SETTINGS_ROWS_MAX];
    size_t count;
    char kept[SETTINGS_KEPT_MAX]; // lines, each with its line feed
    size_t kept_size;
    unsigned damaged; // lines not understood by the last settings_read
};

// True when `name` is a setting and `value` one it can have.
bool settings_fit(const char *name, const char *value);
// Add what a file says; a later line replaces an earlier one of the same name.
void settings_read(struct settings *s, const char *text, size_t size);
// False, and nothing changed, when it does not fit.
bool settings_put(struct settings *s, const char *name, const char *value);
const char *settings_get(const struct settings *s, const char *name); // NULL = not changed by a person
// The file's text, malloced, *size bytes.
char *settings_write(const struct settings *s, size_t *size);

#endif
