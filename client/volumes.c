#include "volumes.h"

#include "shared/base.h"

#include <string.h>

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
