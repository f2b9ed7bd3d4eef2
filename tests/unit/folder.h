// Folders of a test's own on a real disk.
#ifndef PARLOUR_TESTS_FOLDER_H
#define PARLOUR_TESTS_FOLDER_H

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

// How many there are, hidden or not; 0 when there is no such folder. With `removes` they are removed.
static inline unsigned folder_each(const char *path, bool removes)
{
    unsigned n = 0;
    DIR *d = opendir(path);
    struct dirent *e;
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            n++;
            if (removes)
                unlinkat(dirfd(d), e->d_name, 0);
        }
    if (d)
        closedir(d);
    return n;
}

static inline unsigned folder_count(const char *path)
{
    return folder_each(path, false);
}

// With the files in it, but no folders.
static inline void folder_remove(const char *path)
{
    folder_each(path, true);
    rmdir(path);
}

#endif
