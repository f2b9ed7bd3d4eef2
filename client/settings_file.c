#define _GNU_SOURCE
#include "settings_file.h"

#include "paths.h"
#include "thread.h"

#include "shared/base.h"
#include "shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAVE_AFTER_US = 1000000, SAVE_AGAIN_US = 30 * 1000000 };

struct settings_file {
    char path[PATHS_MAX];
    struct settings settings;
    bool bad;        // what is on the disk now is none of ours: put aside before it is replaced
    bool changed;    // since it was last written
    uint64_t due_us; // of the next write

    pthread_t thread;
    bool writing; // `thread` is to be joined
    atomic_bool written;
    char *text; // the thread's until it is joined
    size_t size;
    bool ok;
};

// NULL with errno set; "" when there is no file.
static char *read_text(const char *path, size_t *size)
{
    struct stat st;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? base_strdup("") : NULL;
    char *text = base_alloc(SETTINGS_TEXT_MAX + 1);
    errno = EFBIG;
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= SETTINGS_TEXT_MAX
                    ? read(fd, text, SETTINGS_TEXT_MAX)
                    : -1;
    close(fd);
    if (n >= 0 && !memchr(text, 0, (size_t)n)) {
        *size = (size_t)n;
        return text;
    }
    free(text);
    return NULL;
}

static bool load(const char *path, struct settings *out)
{
    size_t size;
    char *text = read_text(path, &size);
    memset(out, 0, sizeof *out);
    if (!text) {
        log_warn("settings", "the file is not used path=\"%s\" reason=\"%s\"", path, strerror(errno));
        return false;
    }
    settings_read(out, text, size);
    if (out->damaged)
        log_warn("settings", "lines that are no setting path=\"%s\" lines=%u", path, out->damaged);
    free(text);
    return true;
}

void settings_file_read(const char *path, struct settings *out)
{
    load(path, out);
}

struct settings_file *settings_file_open(const char *path)
{
    struct settings_file *f = base_alloc(sizeof *f);
    snprintf(f->path, sizeof f->path, "%s", path);
    f->bad = !load(f->path, &f->settings);
    return f;
}

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        size -= (size_t)n;
    }
    return fsync(fd) == 0;
}

static bool replace(const struct settings_file *f)
{
    char fresh[PATHS_MAX + 8], aside[PATHS_MAX + 8];
    snprintf(fresh, sizeof fresh, "%s.new", f->path);
    snprintf(aside, sizeof aside, "%s.bad", f->path);
    if (f->bad && rename(f->path, aside) != 0 && errno != ENOENT)
        return false;
    unlink(fresh); // of a write that was cut short, or a link somebody put there
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, f->text, f->size);
    ok = close(fd) == 0 && ok;
    ok = ok && rename(fresh, f->path) == 0;
    if (!ok)
        unlink(fresh);
    return ok;
}

static void *run(void *arg)
{
    struct settings_file *f = arg;
    f->ok = replace(f);
    if (!f->ok)
        log_warn("settings", "the file could not be written path=\"%s\" reason=\"%s\"", f->path, strerror(errno));
    atomic_store(&f->written, true);
    return NULL;
}

static void finish(struct settings_file *f, uint64_t now_us)
{
    if (!f->writing)
        return;
    pthread_join(f->thread, NULL);
    f->writing = false;
    free(f->text);
    f->text = NULL;
    if (f->ok) {
        f->bad = false;
    } else { // what was to be written is still to be written
        f->due_us = now_us + (f->changed ? SAVE_AFTER_US : SAVE_AGAIN_US);
        f->changed = true;
    }
}

bool settings_file_put(struct settings_file *f, const char *name, const char *value, uint64_t now_us)
{
    if (!settings_put(&f->settings, name, value))
        return false;
    f->changed = true;
    f->due_us = now_us + SAVE_AFTER_US;
    return true;
}

static void begin(struct settings_file *f)
{
    f->text = settings_write(&f->settings, &f->size);
    f->changed = false;
    f->ok = false;
    atomic_store(&f->written, false);
    f->writing = thread_start(&f->thread, "settings", run, f);
    if (f->writing)
        return;
    free(f->text);
    f->text = NULL;
    f->changed = true;
}

uint64_t settings_file_tick(struct settings_file *f, uint64_t now_us)
{
    if (f->writing && !atomic_load(&f->written))
        return now_us + SAVE_AFTER_US;
    finish(f, now_us);
    if (f->changed && now_us >= f->due_us) {
        f->due_us = now_us + SAVE_AGAIN_US;
        begin(f);
        return now_us + SAVE_AFTER_US;
    }
    return f->changed ? f->due_us : UINT64_MAX;
}

void settings_file_close(struct settings_file *f)
{
    if (!f)
        return;
    finish(f, 0);
    if (f->changed) {
        begin(f);
        finish(f, 0);
    }
    free(f);
}
