#include "volumes.h"

#include "shared/base.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { HEX = 64 };

static size_t find(const struct volumes *v, const uint8_t identity[32])
{
    size_t i = 0;
    while (i < v->count && memcmp(v->rows[i].identity, identity, 32) != 0)
        i++;
    return i;
}

int volumes_get(const struct volumes *v, const uint8_t identity[32])
{
    size_t at = find(v, identity);
    return at < v->count ? v->rows[at].percent : VOLUMES_FULL;
}

void volumes_set(struct volumes *v, const uint8_t identity[32], int percent)
{
    uint8_t copy[32]; // `identity` may be in a row that moves
    memcpy(copy, identity, sizeof copy);
    size_t at = find(v, copy);
    if (at < v->count) {
        v->count--;
        memmove(v->rows + at, v->rows + at + 1, (v->count - at) * sizeof *v->rows);
    }
    percent = CLAMP(percent, 0, VOLUMES_MOST);
    if (percent == VOLUMES_FULL)
        return;
    v->count = MIN(v->count, (size_t)VOLUMES_MAX - 1);
    memmove(v->rows + 1, v->rows, v->count * sizeof *v->rows);
    v->count++;
    memcpy(v->rows[0].identity, copy, sizeof copy);
    v->rows[0].percent = percent;
}

size_t volumes_write(const struct volumes *v, char out[VOLUMES_TEXT_MAX])
{
    char hex[HEX + 1];
    size_t used = 0;
    for (size_t i = 0; i < v->count; i++) {
        sodium_bin2hex(hex, sizeof hex, v->rows[i].identity, sizeof v->rows[i].identity);
        used += (size_t)snprintf(out + used, VOLUMES_TEXT_MAX - used, "%s %d\n", hex, v->rows[i].percent);
    }
    return used;
}

// False: it is no line of ours.
static bool read_line(const char *line, size_t size, uint8_t identity[32], int *percent)
{
    size_t n = 0;
    if (size < HEX + 2 || size > HEX + 4 || line[HEX] != ' ' ||
        sodium_hex2bin(identity, 32, line, HEX, NULL, &n, NULL) != 0 || n != 32)
        return false;
    *percent = 0;
    for (size_t i = HEX + 1; i < size; i++) {
        if (line[i] < '0' || line[i] > '9')
            return false;
        *percent = *percent * 10 + (line[i] - '0');
    }
    return *percent <= VOLUMES_MOST;
}

void volumes_read(struct volumes *v, const char *text, size_t size)
{
    v->count = 0;
    for (size_t end = size; end > 0;) { // from the last line up: the first one was set last
        size_t start = end - (text[end - 1] == '\n');
        size_t stop = start;
        while (start > 0 && text[start - 1] != '\n')
            start--;
        uint8_t identity[32];
        int percent;
        if (read_line(text + start, stop - start, identity, &percent))
            volumes_set(v, identity, percent);
        end = start;
    }
}
