#include "screen_changes.h"

#include <string.h>

enum { CELL_BYTES = 256, CELL_LINES = 16, CELLS_MAX = 256 };

// Which cells of one band of lines differ.
static unsigned band_cells(const struct screen_changes_picture *a, const struct screen_changes_picture *b,
                           unsigned first, unsigned cells)
{
    bool differs[CELLS_MAX] = {false};
    unsigned count = 0, end = MIN(first + CELL_LINES, a->lines);
    for (unsigned y = first; y < end; y++) {
        const uint8_t *p = a->data + y * a->stride, *q = b->data + y * b->stride;
        if (memcmp(p, q, a->line) == 0)
            continue;
        for (unsigned i = 0; i < cells; i++) {
            size_t at = (size_t)i * CELL_BYTES, n = i + 1 == cells ? a->line - at : (size_t)CELL_BYTES;
            if (differs[i] || memcmp(p + at, q + at, n) == 0)
                continue;
            differs[i] = true;
            count++;
        }
    }
    return count;
}

double screen_changes_share(const struct screen_changes_picture *a, const struct screen_changes_picture *b)
{
    if (a->line != b->line || a->lines != b->lines)
        return 1;
    if (!a->line || !a->lines)
        return 0;
    unsigned cells = (unsigned)CLAMP((a->line + CELL_BYTES - 1) / CELL_BYTES, (size_t)1, (size_t)CELLS_MAX);
    unsigned bands = (a->lines + CELL_LINES - 1) / CELL_LINES, differ = 0;
    for (unsigned i = 0; i < bands; i++)
        differ += band_cells(a, b, i * CELL_LINES, cells);
    return (double)differ / ((double)bands * cells);
}
