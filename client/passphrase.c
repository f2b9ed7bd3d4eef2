#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

// One byte at a time: what comes after the line belongs to somebody else. *n counts what was read of the line.
static const char *read_line(int fd, char *out, size_t *n)
{
    for (*n = 0;;) {
        char c = 0;
        ssize_t done = read(fd, &c, 1);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return "cannot be read.";
        if (done == 0 || c == '\n')
            break;
        if (c == 0)
            return "holds a zero byte in its first line.";
        if (*n == PASSPHRASE_MAX)
            return "has too long a first line.";
        out[(*n)++] = c;
    }
    if (*n && out[*n - 1] == '\r')
        --*n;
    out[*n] = 0;
    return *n ? NULL : "has an empty first line.";
}

char *passphrase_read(const char *path, const char **why)
{
    size_t n = 0;
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *text = fd < 0 ? NULL : sodium_malloc(PASSPHRASE_MAX + 1);
    *why = fd < 0 ? "cannot be read." : text ? read_line(fd, text, &n) : "finds no memory that can be locked.";
    if (fd >= 0 && !standard_input)
        close(fd);
    if (*why) {
        passphrase_free(text);
        return NULL;
    }
    return text;
}

void passphrase_free(char *passphrase)
{
    sodium_free(passphrase);
}
