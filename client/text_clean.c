#include "text_clean.h"

#include "utf8.h"

#include <string.h>

enum { MARKS_IN_A_ROW = 4 }; // UTS #39's own figure: more is vandalism, not a language

static bool is_dropped(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x61C || code == 0x180E ||
           code == 0x200B || code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB) ||
           (code >= 0xE0000 && code <= 0xE0FFF) || (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}

static bool is_letter_like(uint32_t code)
{
    return (code >= 0xC0 && !is_dropped(code)) || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

static bool is_joiner(uint32_t code)
{
    return code == 0x200C || code == 0x200D;
}

// The next character that will be kept; joiners need to know whether anything follows.
static uint32_t code_after(const char *text, size_t length)
{
    uint32_t code = 0;
    return utf8_next(text, length, &code) > 0 ? code : 0;
}

size_t text_clean(char *out, size_t size, const char *text, size_t length, size_t max_codes, bool lines)
{
    size_t used = 0, codes = 0, marks = 0;
    uint32_t before = 0, code;
    if (size == 0)
        return 0;
    for (size_t i = 0, n; i < length && codes < max_codes && (n = utf8_next(text + i, length - i, &code)) > 0; i += n) {
        if (code == '\n' || code == '\r' || code == '\t' || code == 0x2028 || code == 0x2029) {
            if (code == '\r')
                continue;
            code = lines && code != '\t' ? '\n' : ' ';
        }
        if (is_dropped(code) && code != '\n')
            continue;
        if (is_joiner(code)) {
            uint32_t after = code_after(text + i + n, length - i - n);
            if (is_joiner(before) || !is_letter_like(before) || !is_letter_like(after) || is_joiner(after))
                continue;
        } else if (utf8_is_mark(code)) {
            if (++marks > MARKS_IN_A_ROW)
                continue;
        } else {
            marks = 0;
        }
        char bytes[4];
        size_t count = utf8_put(code, bytes);
        if (used + count >= size)
            break;
        memcpy(out + used, bytes, count);
        used += count;
        codes++;
        before = code;
    }
    out[used] = '\0';
    return used;
}
