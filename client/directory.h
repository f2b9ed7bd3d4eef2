// What lies in a folder, read beside everything else: a disk or a network that stands still stops nothing but the list.
// Owned by main; each list is read by a thread of its own that ends with it.
#ifndef PARLOUR_DIRECTORY_H
#define PARLOUR_DIRECTORY_H

#include "paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DIRECTORY_ENTRIES_MAX = 2000, // what more there is, is not listed
    DIRECTORY_PLACES_MAX = 24,
    DIRECTORY_READERS_MAX = 3 // at once; when all stand still, the next list waits for one of them
};

enum directory_place {
    DIRECTORY_NO_PLACE,
    DIRECTORY_DOWNLOADS,
    DIRECTORY_PICTURES,
    DIRECTORY_VIDEOS,
    DIRECTORY_MUSIC,
    DIRECTORY_DOCUMENTS,
    DIRECTORY_HOME,
    DIRECTORY_MEDIUM // something that was plugged in
};

struct directory_entry {
    char *name; // as on the disk: any bytes but '/'
    char *path; // of a place; NULL = in the folder of the list
    enum directory_place place;
    bool folder;
    uint64_t size;     // bytes
    int64_t changed_s; // since 1970
};

enum directory_state { DIRECTORY_READING, DIRECTORY_READY, DIRECTORY_FAILED };

struct directory_list {
    enum directory_state state;
    char path[PATHS_MAX];            // "" = the places one begins at
    struct directory_entry *entries; // folders first, then by name; nothing hidden, nothing but files and folders
    size_t count;
    bool more;
    unsigned number; // of the reading: another one is another list
};

struct directory; // opaque

// `wake` (any thread) is called when a list is there.
struct directory *directory_create(void (*wake)(void *ctx), void *ctx);
void directory_destroy(struct directory *d); // does not wait for a disk; NULL is fine
// The list of `path` (absolute, or ""), READING at first; of a file: that file alone, with its path. `again`: read it
// anew. Never NULL; valid until the next call.
const struct directory_list *directory_look(struct directory *d, const char *path, bool again);

// The folder that the text of user-dirs.dirs gives for `key` ("DOWNLOAD"); false when it says none below a home.
bool directory_user_dir(char out[PATHS_MAX], const char *text, const char *key, const char *home);

#endif
