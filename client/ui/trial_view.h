// The screen on which a person tries camera and sound: what works, what does not and what to do, and his own picture.
#ifndef PARLOUR_UI_TRIAL_VIEW_H
#define PARLOUR_UI_TRIAL_VIEW_H

#include "client/call.h"
#include "meter.h"
#include "pen.h"
#include "texture.h"

enum { TRIAL_SOUND, TRIAL_VOICE, TRIAL_DONE, TRIAL_BUTTONS };

struct trial_view {
    bool open;
    size_t focus; // of the buttons
    struct meter meter;
    struct texture texture;
    uint64_t picture_us; // when the last picture came, 0 = none yet
    bool quiet, sees;    // nothing is heard for a while; pictures come
};

// Bring it up to date with the call; *next_us: when it wants to be called again.
void trial_view_follow(struct trial_view *view, const struct call *call, uint64_t now_us, uint64_t *next_us);
uint64_t trial_view_signature(const struct trial_view *view, const struct call *call);
SDL_Rect trial_view_picture(const struct pen *pen, SDL_Rect screen); // where one sees oneself
void trial_view_draw(const struct trial_view *view, struct pen *pen, const struct call *call, SDL_Rect screen);
void trial_view_draw_picture(struct trial_view *view, struct pen *pen, SDL_Rect at);

#endif
