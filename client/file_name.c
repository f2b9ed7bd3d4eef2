#include "file_name.h"

#include "text_clean.h"
#include "utf8.h"

#include "shared/base.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LABEL_MOST = 4096, COMPONENT_MOST = 255, EXTENSION_MOST = 16 };

static bool is_separator(uint32_t code)
{
    // Slashes, and what looks like one
    return code == '/' || code == '\\' || code == 0x2044 || code == 0x2215 || code == 0x29F8 || code == 0xFF0F ||
           code == 0xFF3C;
}

static bool is_awkward(uint32_t code)
{
    return code < 0x80 && strchr(":*?\"<>|", (int)code) != NULL;
}

// Of the ending with its dot; 0 = there is none, or it is too long to be one.
static size_t extension(const char *name, size_t length)
{
    size_t n = 1;
    while (n < length && n <= EXTENSION_MOST && name[length - n] != '.')
        n++;
    return n < length && n <= EXTENSION_MOST ? n : 0;
}

// What DOS kept for devices is a device there with any ending.
static bool is_reserved(const char *name)
{
    static const char *const words[] = {"con", "prn", "aux", "nul"};
    size_t n = strcspn(name, ".");
    while (n > 0 && name[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n == 3 && !strncasecmp(name, words[i], 3))
            return true;
    return n == 4 && (!strncasecmp(name, "com", 3) || !strncasecmp(name, "lpt", 3)) && name[3] >= '0' && name[3] <= '9';
}

// At most `most` bytes, whole characters, ending kept.
static void cut(char *name, size_t most)
{
    size_t length = strlen(name), end = extension(name, length);
    if (length <= most)
        return;
    size_t stem = most - end;
    while (stem > 0 && ((uint8_t)name[stem] & 0xC0) == 0x80)
        stem--;
    memmove(name + stem, name + length - end, end + 1);
}

static void drop_ends(char *name)
{
    size_t skip = strspn(name, ". -"), n = strlen(name);
    while (n > skip && (name[n - 1] == ' ' || name[n - 1] == '.'))
        n--;
    memmove(name, name + skip, n - MIN(skip, n));
    name[n - MIN(skip, n)] = 0;
}

void file_name_clean(char out[FILE_NAME_SIZE], const char *label, size_t length)
{
    char shown[LABEL_MOST + 1], name[LABEL_MOST + 1];
    size_t used = 0;
    uint32_t code;
    text_clean(shown, sizeof shown, label, MIN(length, (size_t)LABEL_MOST), LABEL_MOST, false);
    for (size_t i = 0, n; (n = utf8_next(shown + i, strlen(shown + i), &code)) > 0; i += n) {
        if (is_separator(code)) {
            used = 0; // only what comes after the last one
            continue;
        }
        if (is_awkward(code)) {
            name[used++] = '_';
            continue;
        }
        memcpy(name + used, shown + i, n);
        used += n;
    }
    name[used] = 0;
    drop_ends(name);
    cut(name, FILE_NAME_MOST - 1); // room for the mark before a reserved one
    drop_ends(name);
    snprintf(out, FILE_NAME_SIZE, "%s%.*s", is_reserved(name) ? "_" : "", FILE_NAME_MOST - 1, name[0] ? name : "file");
}

void file_name_marked(char out[FILE_NAME_SIZE], const char *name, const char *mark)
{
    char stem[COMPONENT_MOST + 1];
    size_t length = strlen(name), end = extension(name, length), n = strlen(mark);
    snprintf(stem, sizeof stem, "%.*s", (int)(length - end), name);
    cut(stem, FILE_NAME_MOST - end - n);
    size_t at = strlen(stem);
    memcpy(out, stem, at);
    memcpy(out + at, mark, n);
    memcpy(out + at + n, name + length - end, end + 1);
}

void file_name_numbered(char out[FILE_NAME_SIZE], const char *name, unsigned number)
{
    char mark[16];
    snprintf(mark, sizeof mark, " (%u)", number);
    file_name_marked(out, name, mark);
}
