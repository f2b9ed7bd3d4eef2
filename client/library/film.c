#include "film.h"

#include "shared/base.h"

#include <stdio.h>
#include <string.h>

static const char SUFFIX[] = ".mp4";
static const unsigned LINES[FILM_QUALITIES] = {240, 720, 1440};

unsigned film_lines(unsigned quality)
{
    return quality < FILM_QUALITIES ? LINES[quality] : 0;
}

void film_quality_name(const struct film *f, unsigned quality, char out[16])
{
    unsigned lines = f->single && quality < FILM_QUALITIES ? f->quality[quality].height : film_lines(quality);
    snprintf(out, 16, "%up", lines);
}

bool film_playable(const struct film *f)
{
    bool any = false;
    for (unsigned i = 0; i < FILM_QUALITIES; i++)
        any |= f->quality[i].way == FILM_DIRECT || f->quality[i].way == FILM_MADE;
    return any;
}

const char *film_why_name(enum film_why why)
{
    static const char *const names[FILM_WHY_COUNT] = {"",      "keyframes",  "codec",     "form",
                                                      "large", "unreadable", "no-picture"};
    return (unsigned)why < FILM_WHY_COUNT ? names[why] : "";
}

// Bytes of the UTF-8 letter at `s`, 0 when it is none or a control character.
static size_t letter(const unsigned char *s, size_t left)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    if (!n || n > left)
        return 0;
    uint32_t code = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (s[i] >> 6 != 2)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < least[n] || code > 0x10ffff || surrogate || code < 0x20 || code == 0x7f ? 0 : n;
}

// A title is sent as JSON, so what is no text becomes '?'. What is too long loses its end.
static void make_title(char title[FILM_TITLE_MAX], const char *name, size_t size)
{
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        size_t n = letter((const unsigned char *)name + at, size - at);
        if (used + MAX(n, (size_t)1) >= FILM_TITLE_MAX)
            break;
        if (n)
            memcpy(title + used, name + at, n);
        else
            title[used] = '?';
        if (n == 1 && title[used] == '_')
            title[used] = ' ';
        used += MAX(n, (size_t)1);
        at += MAX(n, (size_t)1);
    }
    title[used] = 0;
}

bool film_file(const char *file, char title[FILM_TITLE_MAX], size_t *stem, unsigned *quality, bool *single)
{
    size_t size = strlen(file), end = sizeof SUFFIX - 1;
    if (size <= end || size >= FILM_FILE_MAX || file[0] == '.' || strcmp(file + size - end, SUFFIX) != 0)
        return false;
    size -= end;
    *single = true;
    *quality = 0;
    *stem = size;
    for (unsigned i = 0; i < FILM_QUALITIES; i++) {
        char tail[16];
        size_t n = (size_t)snprintf(tail, sizeof tail, "_%up", LINES[i]);
        if (size > n && memcmp(file + size - n, tail, n) == 0) {
            *single = false;
            *quality = i;
            *stem = size - n;
        }
    }
    make_title(title, file, *stem);
    return true;
}
