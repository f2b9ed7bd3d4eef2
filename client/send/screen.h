// What this box shows of an X11 display: the whole screen or one window, as I420 with a capture time, as often as its
// content asks for (screen_pace.h). It follows a window that is moved or gets another size.
#ifndef PARLOUR_SCREEN_H
#define PARLOUR_SCREEN_H

#include "shared/base.h"

#include <stdatomic.h>

struct AVFrame;
struct screen; // one thread ("screen") owns everything inside; see screen.c

enum { SCREEN_SPEC_MAX = 160 };

struct screen_steering { // any thread writes
    atomic_bool held;    // too much waits to be sent: no picture now
    atomic_bool wanted;  // somebody waits for one
    atomic_uint fps;     // at most; 0 = 30
};

struct screen_config {
    // screen (of $DISPLAY) | :DISPLAY (another one) | window:0xID | window:TITLE, or a part of it
    const char *spec;
    struct screen_steering *steering; // the caller's, longer there than this
    void *ctx;
    // A picture: I420, BT.709 limited range, even sizes, at most 1920x1080. Lent, as a camera's. Screen thread.
    void (*on_picture)(void *ctx, struct AVFrame *frame, uint64_t capture_us);
    // It is over by itself: one sentence why (N_). Screen thread, once.
    void (*on_ended)(void *ctx, const char *sentence);
};

// NULL = it can be tried; else a sentence (N_) why nothing can be shown from here.
const char *screen_refused(const char *spec);
struct screen *screen_create(const struct screen_config *config); // the spec is copied; starts nothing
bool screen_start(struct screen *s);
void screen_stop(struct screen *s);    // any thread
void screen_join(struct screen *s);    // after stop; under 200 ms
void screen_destroy(struct screen *s); // after join; NULL is fine

#endif
