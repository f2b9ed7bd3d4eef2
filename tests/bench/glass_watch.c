// Looks at a rectangle of an X screen a thousand times a second and prints a line for each new picture of the test
// camera it sees there: when it was first seen (CLOCK_MONOTONIC, us), its counter, its capture time (ms).
//   glass_watch X Y WIDTH HEIGHT SECONDS [COUNT]     ends after SECONDS, or COUNT pictures
#include "client/send/test_picture.h"
#include "shared/clock.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

enum { STEP_US = 1000 };

struct watch {
    Display *display;
    Window root;
    XImage *image; // only the rows the strip of bits lies in
    XShmSegmentInfo shm;
    int x, y, width, height;
    int top; // first row of `image` within the rectangle
    uint8_t *luma;
};

static bool open_screen(struct watch *w)
{
    w->display = XOpenDisplay(NULL);
    if (!w->display || !XShmQueryExtension(w->display))
        return false;
    int screen = DefaultScreen(w->display), rows = w->height / 10;
    w->root = RootWindow(w->display, screen);
    w->top = w->height - rows;
    w->image =
        XShmCreateImage(w->display, DefaultVisual(w->display, screen), (unsigned)DefaultDepth(w->display, screen),
                        ZPixmap, NULL, &w->shm, (unsigned)w->width, (unsigned)rows);
    if (!w->image || w->image->bits_per_pixel != 32)
        return false;
    w->shm.shmid = shmget(IPC_PRIVATE, (size_t)w->image->bytes_per_line * (size_t)rows, IPC_CREAT | 0600);
    if (w->shm.shmid < 0)
        return false;
    w->shm.shmaddr = w->image->data = shmat(w->shm.shmid, NULL, 0);
    w->shm.readOnly = False;
    bool attached = XShmAttach(w->display, &w->shm);
    XSync(w->display, False);
    shmctl(w->shm.shmid, IPC_RMID, NULL); // gone with the last who uses it
    w->luma = calloc((size_t)w->width, (size_t)w->height);
    return attached && w->luma;
}

static bool look(struct watch *w, uint32_t *counter, uint32_t *capture_ms)
{
    if (!XShmGetImage(w->display, w->root, w->image, w->x, w->y + w->top, AllPlanes))
        return false;
    for (int row = 0; row < w->image->height; row++) {
        const char *from = w->image->data + (ptrdiff_t)row * w->image->bytes_per_line;
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
    struct watch w = {.x = (int)strtol(argv[1], NULL, 10),
                      .y = (int)strtol(argv[2], NULL, 10),
                      .width = (int)strtol(argv[3], NULL, 10),
                      .height = (int)strtol(argv[4], NULL, 10)};
    if (w.width < 320 || w.height < 180 || !open_screen(&w)) {
        fputs("glass_watch: no such rectangle on this display\n", stderr);
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    uint64_t next = clock_now_us(), end = next + (uint64_t)(int)strtol(argv[5], NULL, 10) * 1000000u;
    uint32_t last = UINT32_MAX;
    long left = argc > 6 ? atol(argv[6]) : -1;
    while (clock_now_us() < end && left != 0) {
        uint32_t counter, ms;
        bool seen = look(&w, &counter, &ms);
        uint64_t now = clock_now_us();
        if (seen && counter != last) {
            printf("%llu %u %u\n", (unsigned long long)now, counter, ms);
            last = counter;
            left--;
        }
        next = MAX(next + STEP_US, now);
        clock_sleep_until(next);
    }
    XShmDetach(w.display, &w.shm);
    XDestroyImage(w.image);
    XCloseDisplay(w.display);
    free(w.luma);
    return 0;
}
