#include "label.h"

#include <string.h>
#include <strings.h>

// The next code point; broken UTF-8 is U+FFFD, a byte each. 0 at the end.
static uint32_t next_code(const char **text)
{
    const uint8_t *p = (const uint8_t *)*text;
    size_t more = p[0] < 0x80 ? 0 : p[0] >= 0xc2 && p[0] < 0xe0 ? 1 : (p[0] & 0xf0) == 0xe0 ? 2 : 3;
    uint32_t code = more == 0 ? p[0] : p[0] & (0x3fu >> more);
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            more = SIZE_MAX;
            break;
        }
        code = code << 6 | (p[i] & 0x3f);
    }
    if (more == SIZE_MAX || (p[0] >= 0x80 && p[0] < 0xc2) || p[0] >= 0xf5 || code < least[more] || code > 0x10ffff ||
        (code >> 11) == 0x1b) {
        *text += 1;
        return 0xfffd;
    }
    *text += code ? more + 1 : 0;
    return code;
}

static size_t put_code(char out[4], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[more] | code >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        out[i] = (char)(0x80 | (code >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

// Two names that look alike because one has something invisible in it must not be two names. Unicode's
// Default_Ignorable_Code_Point and controls: nothing; White_Space and the fillers that look like it: a blank.
static bool is_invisible(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x34f || c == 0x61c || c == 0x17b4 || c == 0x17b5 ||
           (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
           (c >= 0xfff0 && c <= 0xfffb) || (c >= 0x1bca0 && c <= 0x1bca3) || (c >= 0x1d173 && c <= 0x1d17a) ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == '\t' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
           c == 0x205f || c == 0x3000 || c == 0x115f || c == 0x1160 || c == 0x2800 || c == 0x3164 || c == 0xffa0;
}

void label_of(char out[LABEL_MAX], const char *name)
{
    size_t n = 0;
    bool blank = false;
    for (uint32_t code; (code = next_code(&name)) != 0;) {
        char bytes[4];
        if (is_blank(code)) {
            blank = n > 0;
            continue;
        }
        if (is_invisible(code))
            continue;
        size_t size = put_code(bytes, code);
        if (n + blank + size >= LABEL_MAX)
            break;
        if (blank)
            out[n++] = ' ';
        blank = false;
        memcpy(out + n, bytes, size);
        n += size;
    }
    if (!n)
        out[n++] = '?';
    out[n] = 0;
}

bool label_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}
