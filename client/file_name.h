// Pure: a name that somebody else gave a file, made one that can be a file's here: one component, nothing hidden in it,
// nothing a shell, another system or a reader could take for something else.
#ifndef PARLOUR_FILE_NAME_H
#define PARLOUR_FILE_NAME_H

#include <stddef.h>

enum {
    FILE_NAME_MOST = 120, // bytes; the end of the name (.pdf) is kept
    FILE_NAME_SIZE = FILE_NAME_MOST + 1,
    FILE_NAME_NUMBERS = 999 // so many of one name are numbered, no more
};

// `label` needs no end. Never empty, never "." or "..", never begins with a dot or a dash.
void file_name_clean(char out[FILE_NAME_SIZE], const char *label, size_t length);
// "name.pdf" and "-a" (at most 15 bytes): "name-a.pdf", cut to the same length. `name` has no slash in it.
void file_name_marked(char out[FILE_NAME_SIZE], const char *name, const char *mark);
// And with 2: "name (2).pdf".
void file_name_numbered(char out[FILE_NAME_SIZE], const char *name, unsigned number);

#endif
