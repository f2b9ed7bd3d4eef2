// Looks at a rectangle of an X screen a thousand times a second and prints a line for each new picture of the test
// camera it sees there: when it was first seen (CLOCK_MONOTONIC, us), its counter, its capture time (ms).
//   glass_watch X Y WIDTH HEIGHT SECONDS [COUNT [EACH]]   ends after SECONDS, or COUNT pictures; looks EACH ms
#include "screen_rows.h"

#include "client/send/test_picture.h"
#include "shared/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_US = 1000 };

struct watch {
    struct screen_rows rows; // only those the strip of bits lies in
    int width, height;
    int top; // first row of `rows` within the rectangle
    uint8_t *luma;
};

static bool open_screen(struct watch *w, int x, int y)
{
    int rows = w->height / 10;
    w->top = w->height - rows;
    w->luma = calloc((size_t)w->width, (size_t)w->height);
    return w->luma && screen_rows_open(&w->rows, x, y + w->top, w->width, rows);
}

static bool look(struct watch *w, uint32_t *counter, uint32_t *capture_ms)
{
    const XImage *image = w->rows.image;
    if (!screen_rows_look(&w->rows))
        return false;
    for (int row = 0; row < image->height; row++) {
        const char *from = image->data + (ptrdiff_t)row * image->bytes_per_line;
        uint8_t *to = w->luma + (ptrdiff_t)(w->top + row) * w->width;
        for (int x = 0; x < w->width; x++)
            to[x] = (uint8_t)from[4 * x + 1]; // green says enough about black and white
    }
    return test_picture_read(w->luma, w->width, (unsigned)w->width, (unsigned)w->height, counter, capture_ms);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 64;
    int x = (int)strtol(argv[1], NULL, 10), y = (int)strtol(argv[2], NULL, 10);
    struct watch w = {.width = (int)strtol(argv[3], NULL, 10), .height = (int)strtol(argv[4], NULL, 10)};
    if (w.width < 320 || w.height < 180 || !open_screen(&w, x, y)) {
        fputs("glass_watch: no such rectangle on this display\n", stderr);
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    uint64_t next = clock_now_us(), end = next + (uint64_t)(int)strtol(argv[5], NULL, 10) * 1000000u;
    uint32_t last = UINT32_MAX;
    long left = argc > 6 ? atol(argv[6]) : -1;
    uint64_t step = STEP_US * (argc > 7 ? strtoull(argv[7], NULL, 10) : 1);
    while (clock_now_us() < end && left != 0) {
        uint32_t counter, ms;
        bool seen = look(&w, &counter, &ms);
        uint64_t now = clock_now_us();
        if (seen && counter != last) {
            printf("%llu %u %u\n", (unsigned long long)now, counter, ms);
            last = counter;
            left--;
        }
        next = MAX(next + step, now);
        clock_sleep_until(next);
    }
    screen_rows_close(&w.rows);
    free(w.luma);
    return 0;
}
