#define _GNU_SOURCE
#include "directory.h"

#include "shared/base.h"
#include "thread.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct directory {
    pthread_mutex_t mutex; // covers what follows
    unsigned holders;      // main and the readers: the last one frees it
    unsigned readers;
    bool closed;
    struct directory_list *done; // read, not yet taken
    unsigned asked;              // number of the newest list that was asked for
    void (*wake)(void *ctx);
    void *ctx;

    struct directory_list *now; // main's
    bool waits;                 // for a reader that is free
};

struct reading {
    struct directory *directory;
    struct directory_list *list;
};

static void list_free(struct directory_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i].name);
        free(list->entries[i].path);
    }
    free(list->entries);
    free(list);
}

static void let_go(struct directory *d)
{
    pthread_mutex_lock(&d->mutex);
    bool last = --d->holders == 0;
    pthread_mutex_unlock(&d->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&d->mutex);
    list_free(d->done);
    free(d);
}

// Names in the order people expect: case does not matter, and "Photo 9" comes before "Photo 10".
static int compare_names(const char *a, const char *b)
{
    char low[2][256];
    const char *const name[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        size_t n = 0;
        for (; name[k][n] && n + 1 < sizeof low[k]; n++)
            low[k][n] = (char)tolower((unsigned char)name[k][n]);
        low[k][n] = '\0';
    }
    int order = strverscmp(low[0], low[1]);
    return order ? order : strcmp(a, b);
}

static int compare(const void *x, const void *y)
{
    const struct directory_entry *a = x, *b = y;
    return a->folder != b->folder ? (a->folder ? -1 : 1) : compare_names(a->name, b->name);
}

static bool read_entry(int dir, const char *name, struct directory_entry *out)
{
    struct stat st;
    if (name[0] == '.' || fstatat(dir, name, &st, 0) != 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        return false;
    *out = (struct directory_entry){.folder = S_ISDIR(st.st_mode),
                                    .size = S_ISREG(st.st_mode) ? (uint64_t)MAX(st.st_size, 0) : 0,
                                    .changed_s = st.st_mtime};
    out->name = base_strdup(name);
    return true;
}

// What was dropped onto the window may be a file.
static bool read_file(struct directory_list *list)
{
    const char *name = strrchr(list->path, '/');
    struct directory_entry entry;
    if (!name || !read_entry(AT_FDCWD, list->path, &entry))
        return false;
    free(entry.name); // the whole path
    if (entry.folder)
        return false;
    entry.name = base_strdup(name + 1);
    entry.path = base_strdup(list->path);
    list->entries = base_alloc(sizeof *list->entries);
    list->entries[list->count++] = entry;
    list->state = DIRECTORY_READY;
    return true;
}

static void read_folder(struct directory_list *list)
{
    if (read_file(list))
        return;
    DIR *dir = opendir(list->path);
    struct dirent *e;
    list->state = dir ? DIRECTORY_READY : DIRECTORY_FAILED;
    if (!dir)
        return;
    list->entries = base_alloc(DIRECTORY_ENTRIES_MAX * sizeof *list->entries);
    while (!list->more && (e = readdir(dir)) != NULL) {
        struct directory_entry entry;
        if (!read_entry(dirfd(dir), e->d_name, &entry))
            continue;
        list->more = list->count == DIRECTORY_ENTRIES_MAX;
        if (list->more)
            free(entry.name);
        else
            list->entries[list->count++] = entry;
    }
    closedir(dir);
    qsort(list->entries, list->count, sizeof *list->entries, compare);
}

// ---- places ----

bool directory_user_dir(char out[PATHS_MAX], const char *text, const char *key, const char *home)
{
    char name[64];
    int n = snprintf(name, sizeof name, "XDG_%s_DIR=\"", key);
    for (const char *line = text, *end; line && *line; end = strchr(line, '\n'), line = end ? end + 1 : NULL) {
        line += strspn(line, " \t");
        if (strncmp(line, name, (size_t)n) != 0)
            continue;
        const char *value = line + n;
        size_t length = strcspn(value, "\"\n");
        if (value[length] != '"')
            return false;
        if (strncmp(value, "$HOME/", 6) == 0)
            n = snprintf(out, PATHS_MAX, "%s/%.*s", home, (int)length - 6, value + 6);
        else if (value[0] == '/')
            n = snprintf(out, PATHS_MAX, "%.*s", (int)MIN(length, (size_t)PATHS_MAX), value);
        else
            return false;
        while (n > 1 && n < PATHS_MAX && out[n - 1] == '/')
            out[--n] = '\0';
        return n > 0 && n < PATHS_MAX && strcmp(out, home) != 0; // "$HOME/" means there is none
    }
    return false;
}

static void add_place(struct directory_list *list, enum directory_place place, const char *path, const char *name)
{
    struct stat st;
    if (list->count == DIRECTORY_PLACES_MAX || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return;
    struct directory_entry *e = &list->entries[list->count++];
    *e = (struct directory_entry){.place = place, .folder = true, .changed_s = st.st_mtime};
    e->name = base_strdup(name);
    e->path = base_strdup(path);
}

// What is plugged in is mounted below these: a folder of another device than the one it lies in.
static void add_media(struct directory_list *list, const char *below)
{
    char path[PATHS_MAX];
    struct stat above, st;
    DIR *dir = opendir(below);
    struct dirent *e;
    if (!dir)
        return;
    bool known = fstat(dirfd(dir), &above) == 0;
    while (known && (e = readdir(dir)) != NULL)
        if (e->d_name[0] != '.' && paths_join(path, below, e->d_name) && stat(path, &st) == 0 &&
            st.st_dev != above.st_dev)
            add_place(list, DIRECTORY_MEDIUM, path, e->d_name);
    closedir(dir);
}

static void read_user_dirs(char *text, size_t size, const char *home)
{
    char path[PATHS_MAX];
    const char *config = getenv("XDG_CONFIG_HOME");
    bool given = config && config[0] == '/';
    text[0] = '\0';
    if (!paths_join(path, given ? config : home, given ? "user-dirs.dirs" : ".config/user-dirs.dirs"))
        return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : 0;
    text[MAX(n, 0)] = '\0';
    if (fd >= 0)
        close(fd);
}

static void read_places(struct directory_list *list)
{
    static const struct {
        enum directory_place place;
        const char *key, *usual;
    } dirs[] = {{DIRECTORY_DOWNLOADS, "DOWNLOAD", "Downloads"},
                {DIRECTORY_PICTURES, "PICTURES", "Pictures"},
                {DIRECTORY_VIDEOS, "VIDEOS", "Videos"},
                {DIRECTORY_MUSIC, "MUSIC", "Music"},
                {DIRECTORY_DOCUMENTS, "DOCUMENTS", "Documents"}};
    char text[8192], path[PATHS_MAX];
    const char *home = getenv("HOME"), *user = getenv("USER");
    list->state = DIRECTORY_READY;
    list->entries = base_alloc(DIRECTORY_PLACES_MAX * sizeof *list->entries);
    if (home && home[0] == '/') {
        read_user_dirs(text, sizeof text, home);
        for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
            if (directory_user_dir(path, text, dirs[i].key, home) || paths_join(path, home, dirs[i].usual))
                add_place(list, dirs[i].place, path, dirs[i].usual);
        add_place(list, DIRECTORY_HOME, home, "Home");
    }
    static const char *const media[] = {"/media", "/run/media"};
    for (size_t i = 0; i < ARRAY_LEN(media); i++) {
        add_media(list, media[i]);
        if (user && *user && !strchr(user, '/') && paths_join(path, media[i], user))
            add_media(list, path);
    }
}

// ---- one list, one thread ----

static void *run(void *arg)
{
    struct reading *r = arg;
    struct directory *d = r->directory;
    struct directory_list *old = r->list;
    if (r->list->path[0])
        read_folder(r->list);
    else
        read_places(r->list);
    pthread_mutex_lock(&d->mutex);
    d->readers--;
    if (!d->closed && r->list->number == d->asked) {
        old = d->done;
        d->done = r->list;
    }
    if (!d->closed) // under the lock: nobody is woken who has gone
        d->wake(d->ctx);
    pthread_mutex_unlock(&d->mutex);
    list_free(old);
    free(r);
    let_go(d);
    return NULL;
}

static struct directory_list *list_new(const char *path, unsigned number)
{
    struct directory_list *list = base_alloc(sizeof *list);
    *list = (struct directory_list){.state = DIRECTORY_READING, .number = number};
    snprintf(list->path, sizeof list->path, "%s", path);
    return list;
}

// False when every reader stands still.
static bool start(struct directory *d)
{
    pthread_t thread;
    struct reading *r = base_alloc(sizeof *r);
    pthread_mutex_lock(&d->mutex);
    bool free_one = d->readers < DIRECTORY_READERS_MAX;
    if (free_one) {
        d->readers++;
        d->holders++;
    }
    pthread_mutex_unlock(&d->mutex);
    if (!free_one) {
        free(r);
        return false;
    }
    *r = (struct reading){d, list_new(d->now->path, d->now->number)};
    if (thread_start(&thread, "directory", run, r)) {
        pthread_detach(thread);
        return true;
    }
    list_free(r->list);
    free(r);
    d->now->state = DIRECTORY_FAILED;
    pthread_mutex_lock(&d->mutex);
    d->readers--;
    d->holders--;
    pthread_mutex_unlock(&d->mutex);
    return true;
}

static void ask(struct directory *d, const char *path)
{
    list_free(d->now);
    pthread_mutex_lock(&d->mutex);
    unsigned number = ++d->asked;
    pthread_mutex_unlock(&d->mutex);
    d->now = list_new(path, number);
    d->waits = !start(d);
}

struct directory *directory_create(void (*wake)(void *ctx), void *ctx)
{
    struct directory *d = base_alloc(sizeof *d);
    *d = (struct directory){.holders = 1, .wake = wake, .ctx = ctx};
    pthread_mutex_init(&d->mutex, NULL);
    return d;
}

void directory_destroy(struct directory *d)
{
    if (!d)
        return;
    pthread_mutex_lock(&d->mutex);
    d->closed = true;
    pthread_mutex_unlock(&d->mutex);
    list_free(d->now);
    d->now = NULL;
    let_go(d);
}

const struct directory_list *directory_look(struct directory *d, const char *path, bool again)
{
    if (!d->now || again || strcmp(d->now->path, path) != 0)
        ask(d, path);
    else if (d->waits)
        d->waits = !start(d);
    pthread_mutex_lock(&d->mutex);
    struct directory_list *done = d->done;
    d->done = NULL;
    pthread_mutex_unlock(&d->mutex);
    if (done && done->number == d->now->number) {
        list_free(d->now);
        d->now = done;
    } else {
        list_free(done);
    }
    return d->now;
}
