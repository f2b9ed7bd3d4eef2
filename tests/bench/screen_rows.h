// Rows of an X screen, read by shared memory as often as one likes: for the benches that watch what a person would see.
#ifndef PARLOUR_TESTS_SCREEN_ROWS_H
#define PARLOUR_TESTS_SCREEN_ROWS_H

#include <X11/Xlib.h>
#include <X11/extensions/XShm.h>
#include <stdbool.h>

struct screen_rows {
    Display *display;
    Window root;
    XImage *image; // 32 bits a pixel
    XShmSegmentInfo shm;
    int x, y;
};

// A rectangle of the default screen of $DISPLAY. False when there is none, or no shared memory.
bool screen_rows_open(struct screen_rows *s, int x, int y, int width, int height);
bool screen_rows_look(struct screen_rows *s); // what is there now, in `image`
void screen_rows_close(struct screen_rows *s);

#endif
