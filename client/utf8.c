#include "utf8.h"

size_t utf8_next(const char *text, size_t length, uint32_t *code)
{
    if (length == 0)
        return 0;
    const unsigned char *s = (const unsigned char *)text;
    *code = s[0];
    if (s[0] < 0x80)
        return 1;
    size_t more = s[0] >= 0xF0 && s[0] <= 0xF4 ? 3 : s[0] >= 0xE0 ? 2 : s[0] >= 0xC2 ? 1 : 0;
    uint32_t value = more == 3 ? s[0] & 7u : more == 2 ? s[0] & 15u : s[0] & 31u;
    *code = UTF8_BAD;
    if (more == 0 || s[0] > 0xF4 || more >= length)
        return 1;
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 1;
        value = value << 6 | (s[i] & 0x3Fu);
    }
    bool overlong = (more == 2 && value < 0x800) || (more == 3 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 1;
    *code = value;
    return more + 1;
}

size_t utf8_previous(const char *text, size_t at)
{
    size_t n = 0;
    while (at > 0 && n < 4) {
        at--;
        n++;
        if (((unsigned char)text[at] & 0xC0) != 0x80)
            break;
    }
    return n;
}

size_t utf8_put(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t utf8_count(const char *text, size_t length)
{
    size_t count = 0;
    uint32_t code;
    for (size_t i = 0, n; i < length && (n = utf8_next(text + i, length - i, &code)) > 0; i += n)
        count++;
    return count;
}

struct range {
    uint32_t first, last;
};

static bool inside(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

bool utf8_is_mark(uint32_t code)
{
    static const struct range marks[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05C7}, {0x0610, 0x061A}, {0x064B, 0x065F},
        {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x06E7, 0x06ED}, {0x0711, 0x0711}, {0x0730, 0x074A},
        {0x07A6, 0x07B0}, {0x0900, 0x0903}, {0x093A, 0x093C}, {0x093E, 0x094F}, {0x0951, 0x0957}, {0x0962, 0x0963},
        {0x0981, 0x0983}, {0x09BC, 0x09BC}, {0x09BE, 0x09CD}, {0x0A01, 0x0A03}, {0x0A3C, 0x0A51}, {0x0A81, 0x0A83},
        {0x0ABC, 0x0ABC}, {0x0ABE, 0x0ACD}, {0x0B01, 0x0B03}, {0x0B3C, 0x0B3C}, {0x0B3E, 0x0B57}, {0x0B82, 0x0B82},
        {0x0BBE, 0x0BCD}, {0x0C00, 0x0C04}, {0x0C3E, 0x0C56}, {0x0C81, 0x0C83}, {0x0CBC, 0x0CBC}, {0x0CBE, 0x0CD6},
        {0x0D00, 0x0D03}, {0x0D3B, 0x0D4D}, {0x0DCA, 0x0DDF}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
        {0x0EB1, 0x0EB1}, {0x0EB4, 0x0EBC}, {0x0EC8, 0x0ECD}, {0x0F18, 0x0F19}, {0x0F35, 0x0F39}, {0x0F71, 0x0F84},
        {0x102B, 0x103E}, {0x135D, 0x135F}, {0x17B4, 0x17D3}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200C, 0x200D},
        {0x20D0, 0x20FF}, {0x302A, 0x302F}, {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1F3FB, 0x1F3FF}};
    return code >= 0x300 && inside(code, marks, sizeof marks / sizeof marks[0]);
}

bool utf8_is_wide(uint32_t code)
{
    static const struct range wide[] = {{0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0x33FF},  {0x3400, 0x4DBF},
                                        {0x4E00, 0x9FFF}, {0xA000, 0xA4CF}, {0xF900, 0xFAFF},  {0xFE30, 0xFE4F},
                                        {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x20000, 0x3FFFD}};
    return code >= 0x1100 && inside(code, wide, sizeof wide / sizeof wide[0]);
}

bool utf8_is_emoji(uint32_t code)
{
    static const struct range emoji[] = {
        {0x231A, 0x231B}, {0x23E9, 0x23EC}, {0x25FD, 0x25FE}, {0x2614, 0x2615}, {0x2648, 0x2653},
        {0x267F, 0x267F}, {0x2693, 0x2693}, {0x26A1, 0x26A1}, {0x26AA, 0x26AB}, {0x26BD, 0x26BE},
        {0x26C4, 0x26C5}, {0x26CE, 0x26CE}, {0x26D4, 0x26D4}, {0x26EA, 0x26EA}, {0x26F2, 0x26F5},
        {0x26FA, 0x26FD}, {0x2705, 0x2705}, {0x270A, 0x270B}, {0x2728, 0x2728}, {0x274C, 0x274C},
        {0x2753, 0x2757}, {0x2795, 0x2797}, {0x27B0, 0x27B0}, {0x2B50, 0x2B55}, {0x1F000, 0x1FAFF}};
    return code >= 0x231A && inside(code, emoji, sizeof emoji / sizeof emoji[0]);
}

size_t utf8_cluster(const char *text, size_t length)
{
    uint32_t code = 0, first = 0;
    size_t at = utf8_next(text, length, &first);
    bool joined = false, flag = first >= 0x1F1E6 && first <= 0x1F1FF;
    while (at < length) {
        size_t n = utf8_next(text + at, length - at, &code);
        bool second_flag = flag && code >= 0x1F1E6 && code <= 0x1F1FF;
        if (!utf8_is_mark(code) && !second_flag && !(joined && utf8_is_emoji(code)) &&
            !(joined && code >= 0x2600 && code < 0x2800))
            break;
        flag = false;
        joined = code == 0x200D;
        at += n;
    }
    return at;
}
