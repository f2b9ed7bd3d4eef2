// Short notices at the bottom centre: one at a time, the newest of a kind replaces the older.
#ifndef PARLOUR_UI_TOAST_H
#define PARLOUR_UI_TOAST_H

#include "pen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOASTS_MAX = 8, TOAST_TEXT_MAX = 512 };

struct toast {
    char icon[16], kind[16];
    char title[160]; // "" = one line only
    char text[TOAST_TEXT_MAX];
    bool bar; // under the words, full to this percent
    int percent;
    unsigned ms;
    unsigned serial;
};

struct toasts {
    struct toast waiting[TOASTS_MAX]; // [0] is on the screen
    size_t count;
    unsigned serial;
    uint64_t shown_us; // when [0] came, 0 = not yet
};

void toasts_add(struct toasts *toasts, const char *icon, const char *kind, const char *title, const char *text,
                unsigned ms);
void toasts_bar(struct toasts *toasts, const char *kind, int percent); // the one of that kind shows one, 0..100, now
void toasts_drop(struct toasts *toasts, const char *kind);
void toasts_keep(struct toasts *toasts, const char *kind); // drop all others
// Let time pass; returns when to look again (us).
uint64_t toasts_tick(struct toasts *toasts, uint64_t now_us);
const struct toast *toasts_now(const struct toasts *toasts);
uint8_t toasts_alpha(const struct toasts *toasts, uint64_t now_us);
int toasts_rise(const struct toasts *toasts, const struct pen *pen, uint64_t now_us);
// Its place when its lower edge is at `bottom`.
SDL_Rect toast_rect(const struct toast *toast, struct pen *pen, SDL_Rect stage, int bottom);
void toast_draw(const struct toast *toast, struct pen *pen, SDL_Rect rect);

#endif
