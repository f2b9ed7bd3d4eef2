// Config files and command lines: whatever they hold, every value stays within its row, and nothing is lost.
#define _GNU_SOURCE
#include "tests/fuzz/fuzz.h"

#include "shared/options.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct target {
    bool flag;
    int number, count;
    char *text;
};
static const struct option_row ROWS[] = {
    {"flag", 'f', OPTION_BOOL, offsetof(struct target, flag), "yes", 0, 0, NULL, "a flag"},
    {"number", 'n', OPTION_INT, offsetof(struct target, number), "3", 1, 9, "N", "a number"},
    {"count", 'c', OPTION_COUNT, offsetof(struct target, count), NULL, 0, 5, NULL, "a count"},
    {"text", 't', OPTION_STRING, offsetof(struct target, text), "x", 0, 0, "T", "a text"},
};
static const struct option_table TABLE = {"fuzz", "", "", ROWS, ARRAY_LEN(ROWS)};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int file = -1, quiet, loud;
    char path[32], line[513], *argv[20] = {(char *)(uintptr_t) "fuzz"}, *words[4];
    size_t count;
    int argc = 1;
    if (file < 0) { // parsing complains on stderr and helps on stdout: not thousands of times a second
        file = memfd_create("config", 0);
        quiet = open("/dev/null", O_WRONLY);
        loud = dup(2);
        HOLDS(file >= 0 && loud >= 0 && dup2(quiet, 1) == 1);
    }
    size_t half = size ? MIN(data[0], size) : 0, rest = MIN(size - half, sizeof line - 1);
    HOLDS(ftruncate(file, 0) == 0 && pwrite(file, data, half, 0) == (ssize_t)half);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    memcpy(line, data + half, rest);
    line[rest] = 0;
    for (char *p = line; p && argc < 19 && !strstr(line, "config"); argc++) {
        char *end = strchr(p, '\n');
        argv[argc] = p;
        if (end)
            *end = 0;
        p = end ? end + 1 : NULL;
    }
    struct target t = {0};
    dup2(quiet, 2);
    enum options_result result = options_parse(&TABLE, &t, argc, argv, path, words, 4, &count);
    dup2(loud, 2);
    HOLDS(count <= 4 && t.number >= 1 && t.number <= 9 && t.count >= 0 && t.count < 600 && t.text);
    HOLDS(result == OPTIONS_RUN || result == OPTIONS_DONE || result == OPTIONS_USAGE || result == OPTIONS_CONFIG);
    options_free(&TABLE, &t);
    HOLDS(!t.text);
    return 0;
}
