// Pure: a name that somebody else gave a file, made one that can be a file's here: one component, nothing hidden in it,
// nothing a shell, another system or a reader could take for something else.
#ifndef PARLOUR_FILE_NAME_H
#define PARLOUR_FILE_NAME_H

#include <stddef.h>

enum { FILE_NAME_MOST = 120, FILE_NAME_SIZE = FILE_NAME_MOST + 1 }; // bytes; the end of the name (.pdf) is kept

// `label` needs no end. Never empty, never "." or "..", never begins with a dot or a dash.
void file_name_clean(char out[FILE_NAME_SIZE], const char *label, size_t length);
// "name.pdf" and 2: "name (2).pdf", cut to the same length. `name` is a clean one.
void file_name_numbered(char out[FILE_NAME_SIZE], const char *name, unsigned number);

#endif
