#include "file_day.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 24 * 3600, DIGITS = 20 };

bool file_day_allows(struct file_day *d, uint64_t bytes, uint64_t most, uint64_t now_s)
{
    if (!d->from_s || now_s < d->from_s || now_s - d->from_s > DAY_S)
        *d = (struct file_day){.from_s = now_s};
    return bytes <= most && d->bytes <= most - bytes;
}

void file_day_write(char out[FILE_DAY_TEXT + 1], const struct file_day *d)
{
    snprintf(out, FILE_DAY_TEXT + 1, "%020" PRIu64 " %020" PRIu64 "\n", d->from_s, d->bytes);
}

void file_day_read(struct file_day *d, const char *text, size_t n)
{
    static const char DIGIT[] = "0123456789";
    char copy[FILE_DAY_TEXT + 1] = "";
    *d = (struct file_day){.from_s = 0};
    if (n != FILE_DAY_TEXT)
        return;
    memcpy(copy, text, n);
    if (strspn(copy, DIGIT) != DIGITS || copy[DIGITS] != ' ' || strspn(copy + DIGITS + 1, DIGIT) != DIGITS ||
        copy[FILE_DAY_TEXT - 1] != '\n')
        return;
    d->from_s = strtoull(copy, NULL, 10);
    d->bytes = strtoull(copy + DIGITS + 1, NULL, 10);
}
