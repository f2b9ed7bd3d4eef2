// The file of the settings a person has changed: DATA_DIR/settings. Main thread; a thread of its own does the writing,
// a second after the last change and at the end, and replaces the file as a whole.
#ifndef PARLOUR_SETTINGS_FILE_H
#define PARLOUR_SETTINGS_FILE_H

#include "settings.h"

#include <stdint.h>

struct settings_file;

// What the file says. A missing one says nothing; one that cannot be read, or is no text, is told in one log line, left
// alone here and put aside (PATH.bad) before something new is written.
void settings_file_read(const char *path, struct settings *out);

struct settings_file *settings_file_open(const char *path); // never NULL; reads it
void settings_file_close(struct settings_file *file);       // writes what is not yet written; NULL is fine
// False when it is no setting or no value of it.
bool settings_file_put(struct settings_file *file, const char *name, const char *value, uint64_t now_us);
// Write when it is time. Returns when to call again (us, UINT64_MAX = not before the next change).
uint64_t settings_file_tick(struct settings_file *file, uint64_t now_us);

#endif
