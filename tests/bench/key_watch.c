// Presses keys on an X screen as a keyboard does, and prints for each how long it took until a rectangle of the screen
// looked different: milliseconds, or "none" after a second.
//   key_watch X Y WIDTH HEIGHT PRESSES GAP_MS KEY...     the keys take turns; names as X has them ("Down", "m")
#include "screen_rows.h"

#include "shared/base.h"
#include "shared/clock.h"

#include <X11/extensions/XTest.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000, STEP_US = 500, PATIENCE_US = 1000 * MS, FIRST_KEY = 7 };

static size_t bytes_of(const struct screen_rows *s)
{
    return (size_t)s->image->bytes_per_line * (size_t)s->image->height;
}

static void press(struct screen_rows *s, unsigned code, bool down)
{
    XTestFakeKeyEvent(s->display, code, down, CurrentTime);
    XFlush(s->display);
}

// From the press to the first look that differs; 0 when none did.
static uint64_t one(struct screen_rows *s, uint8_t *before, unsigned code)
{
    screen_rows_look(s);
    memcpy(before, s->image->data, bytes_of(s));
    uint64_t began = clock_now_us(), next = began, took = 0;
    press(s, code, true);
    while (!took && clock_now_us() < began + PATIENCE_US) {
        next += STEP_US;
        clock_sleep_until(next);
        if (!screen_rows_look(s))
            break;
        if (memcmp(before, s->image->data, bytes_of(s)) != 0)
            took = clock_now_us() - began;
    }
    press(s, code, false);
    return took;
}

int main(int argc, char **argv)
{
    int n[FIRST_KEY] = {0};
    struct screen_rows s;
    if (argc <= FIRST_KEY)
        return 64;
    for (int i = 1; i < FIRST_KEY; i++)
        n[i] = (int)strtol(argv[i], NULL, 10);
    if (!screen_rows_open(&s, n[1], n[2], n[3], n[4])) {
        fputs("key_watch: no such rectangle on this display\n", stderr);
        return 1;
    }
    uint8_t *before = base_alloc(bytes_of(&s));
    for (int i = 0; i < n[5]; i++) {
        const char *name = argv[FIRST_KEY + i % (argc - FIRST_KEY)];
        unsigned code = XKeysymToKeycode(s.display, XStringToKeysym(name));
        uint64_t took = code ? one(&s, before, code) : 0;
        if (took)
            printf("%.2f\n", (double)took / MS);
        else
            printf("none\n");
        // Not in step with the screen's refresh: each press falls somewhere else in it.
        clock_sleep_until(clock_now_us() + (uint64_t)n[6] * MS + (uint64_t)i % 17 * MS);
    }
    free(before);
    screen_rows_close(&s);
    return 0;
}
