// The bar of buttons in a call: comes with any arrow or OK, goes after five seconds or Back. Behind "More" there is a
// second one in its place.
#ifndef PARLOUR_UI_BAR_H
#define PARLOUR_UI_BAR_H

#include "client/call.h"
#include "input.h"
#include "pen.h"

#include <stdbool.h>
#include <stdint.h>

struct bar {
    bool open, more; // more: the second one
    size_t focus;
    uint64_t open_us, close_us; // last change
    uint64_t used_us;           // last key
};

struct bar_state {
    bool more; // the buttons behind "More"
    bool microphone, camera, speaker_view, fullscreen, kiosk, can_grid;
    bool hand, sharing, self_hidden, can_pin, host, recording;
    bool films;                      // there are some
    unsigned unread, knocks, offers; // offers: of files
};

size_t bar_count(const struct bar_state *state);
enum input_action bar_action(const struct bar_state *state, size_t index);
void bar_open(struct bar *bar, uint64_t now_us);
void bar_close(struct bar *bar, uint64_t now_us);
void bar_more(struct bar *bar, uint64_t now_us);
bool bar_back(struct bar *bar, const struct bar_state *state, uint64_t now_us); // from More; false: it was not there
// False when nothing lies that way.
bool bar_move(struct bar *bar, const struct bar_state *state, int right, int down, uint64_t now_us);
uint8_t bar_alpha(const struct bar *bar, uint64_t now_us);
int bar_rise(const struct bar *bar, const struct pen *pen, uint64_t now_us);
SDL_Rect bar_rect(const struct pen *pen, const struct bar_state *state, SDL_Rect stage);
uint64_t bar_signature(const struct bar *bar, const struct bar_state *state);
void bar_draw(const struct bar *bar, struct pen *pen, const struct bar_state *state, SDL_Rect rect);

#endif
