#include "screen_rows.h"

#include <X11/Xutil.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/shm.h>

bool screen_rows_open(struct screen_rows *s, int x, int y, int width, int height)
{
    *s = (struct screen_rows){.x = x, .y = y, .display = XOpenDisplay(NULL)};
    if (!s->display || !XShmQueryExtension(s->display))
        return false;
    int screen = DefaultScreen(s->display);
    s->root = RootWindow(s->display, screen);
    s->image =
        XShmCreateImage(s->display, DefaultVisual(s->display, screen), (unsigned)DefaultDepth(s->display, screen),
                        ZPixmap, NULL, &s->shm, (unsigned)width, (unsigned)height);
    if (!s->image || s->image->bits_per_pixel != 32)
        return false;
    s->shm.shmid = shmget(IPC_PRIVATE, (size_t)s->image->bytes_per_line * (size_t)height, IPC_CREAT | 0600);
    if (s->shm.shmid < 0)
        return false;
    s->shm.shmaddr = s->image->data = shmat(s->shm.shmid, NULL, 0);
    s->shm.readOnly = False;
    bool attached = XShmAttach(s->display, &s->shm);
    XSync(s->display, False);
    shmctl(s->shm.shmid, IPC_RMID, NULL); // gone with the last who uses it
    return attached;
}

bool screen_rows_look(struct screen_rows *s)
{
    return XShmGetImage(s->display, s->root, s->image, s->x, s->y, AllPlanes);
}

void screen_rows_close(struct screen_rows *s)
{
    XShmDetach(s->display, &s->shm);
    XDestroyImage(s->image);
    XCloseDisplay(s->display);
}
