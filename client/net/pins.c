#define _GNU_SOURCE
#include "pins.h"

#include "shared/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FINGERPRINT_LENGTH = 43, FILE_MAX = 1 << 20, HOST_PORT_MAX = 300 };

static void host_port(char out[HOST_PORT_MAX], const char *host, uint16_t port)
{
    snprintf(out, HOST_PORT_MAX, strchr(host, ':') ? "[%.255s]:%u" : "%.255s:%u", host, (unsigned)port);
}

enum pins_result pins_check(const char *text, const char *host, uint16_t port, const char *fingerprint, char found[44])
{
    char wanted[HOST_PORT_MAX];
    host_port(wanted, host, port);
    size_t n = strlen(wanted);
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        // Names are compared without case, as the DNS does: another spelling must not be another first contact.
        if (length > n && line[n] == ' ' && !strncasecmp(line, wanted, n)) {
            const char *key = line + n + 1;
            size_t size = strcspn(key, " \r\n");
            if (size == strlen(PINS_PUBLIC_WORD) && !memcmp(key, PINS_PUBLIC_WORD, size))
                return PINS_PUBLIC;
            if (size == FINGERPRINT_LENGTH) {
                memcpy(found, key, FINGERPRINT_LENGTH);
                found[FINGERPRINT_LENGTH] = 0;
                return strcmp(found, fingerprint) ? PINS_DIFFERENT : PINS_MATCH;
            }
        }
        line += length + (line[length] == '\n');
    }
    return PINS_UNKNOWN;
}

static bool read_all(int fd, char *out, size_t n)
{
    while (n) {
        ssize_t done = read(fd, out, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        out += done;
        n -= (size_t)done;
    }
    return true;
}

char *pins_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? base_strdup("") : NULL;
    struct stat st;
    char *text = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX) {
        text = base_alloc((size_t)st.st_size + 1);
        if (!read_all(fd, text, (size_t)st.st_size)) {
            free(text);
            text = NULL;
        }
    } else {
        errno = EINVAL;
    }
    int why = errno;
    close(fd);
    errno = why;
    return text;
}

bool pins_add(const char *path, const char *host, uint16_t port, const char *what)
{
    char name[HOST_PORT_MAX], line[HOST_PORT_MAX + 64], last = '\n';
    host_port(name, host, port);
    // One append of one line: two clients that meet relays at the same moment lose neither pin.
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    off_t end = lseek(fd, 0, SEEK_END);
    // An editor may have left the last line open; joined to ours both pins would be lost.
    if (end > 0 && pread(fd, &last, 1, end - 1) != 1)
        last = '\n';
    int n = snprintf(line, sizeof line, "%s%s %s\n", last == '\n' ? "" : "\n", name, what);
    ssize_t done = write(fd, line, (size_t)n);
    int why = done < 0 ? errno : ENOSPC;
    close(fd);
    errno = why;
    return done == n;
}
