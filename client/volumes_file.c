#define _GNU_SOURCE
#include "volumes_file.h"

#include "paths.h"
#include "shared/base.h"
#include "shared/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void volumes_file_read(const char *path, struct volumes *out)
{
    char *text = base_alloc(VOLUMES_TEXT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, text, VOLUMES_TEXT_MAX) : -1;
    if (n < 0 && errno != ENOENT)
        log_warn("volumes", "the file is not used path=\"%s\" reason=\"%s\"", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    volumes_read(out, text, n > 0 ? (size_t)n : 0);
    free(text);
}

bool volumes_file_write(const char *path, const struct volumes *v)
{
    char fresh[PATHS_MAX + 8], *text = base_alloc(VOLUMES_TEXT_MAX);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    unlink(fresh); // of a write that was cut short, or a link somebody put there
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t size = volumes_write(v, text);
    bool ok = fd >= 0 && write(fd, text, size) == (ssize_t)size;
    ok = (fd < 0 || close(fd) == 0) && ok && rename(fresh, path) == 0;
    if (!ok) {
        log_warn("volumes", "the file could not be written path=\"%s\" reason=\"%s\"", path, strerror(errno));
        unlink(fresh);
    }
    free(text);
    return ok;
}
