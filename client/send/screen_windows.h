// The windows of an X11 display, and where they are: what can be shown of it. Nothing here ends the program when the
// display goes away.
#ifndef PARLOUR_SCREEN_WINDOWS_H
#define PARLOUR_SCREEN_WINDOWS_H

#include "shared/base.h"

enum { SCREEN_WINDOWS_MAX = 12, SCREEN_WINDOWS_TITLE = 128 };

struct screen_window {
    uint32_t id;
    char title[SCREEN_WINDOWS_TITLE]; // as its program says: clean it before it is shown
};

struct screen_place { // of a window on the screen, as far as it can be seen
    uint32_t window;
    int x, y;               // from the window's own corner
    unsigned width, height; // even; 0 = nothing of it can be seen now
};

struct screen_windows;

// `display` NULL = the one of the environment. NULL when there is none.
struct screen_windows *screen_windows_open(const char *display);
void screen_windows_close(struct screen_windows *w); // NULL is fine
// Windows of other programs with a title, the topmost first as far as the display tells; how many.
size_t screen_windows_list(struct screen_windows *w, struct screen_window *out, size_t max);
// What is hidden by other windows can be read, too, from now on: the display keeps it. Until the display is closed.
void screen_windows_keep(struct screen_windows *w, uint32_t window);
// 0 = the whole screen. False: there is no such window (any more), or no display.
bool screen_windows_place(struct screen_windows *w, uint32_t window, struct screen_place *out);

#endif
