// The screens of a call that rings: here (Answer, Without picture, Not now) and there (Stop calling).
#ifndef PARLOUR_UI_RING_VIEW_H
#define PARLOUR_UI_RING_VIEW_H

#include "client/call.h"
#include "pen.h"

#include <stdbool.h>
#include <stdint.h>

enum { RING_PHASES = 32 };

struct ring_look {
    const struct call_ring *ring;
    bool ours;        // we call
    size_t focus;     // enum ringing_button
    bool counting;    // it is answered by itself
    unsigned seconds; // in so many
    double closed;    // 0..1 of the ring that closes meanwhile
    unsigned phase;   // 0..RING_PHASES-1: how far the rings are in brightening in turn
};

// All but the rings, which move and are a layer of their own.
uint64_t ring_view_signature(const struct ring_look *look);
void ring_view_draw(struct pen *pen, const struct ring_look *look, SDL_Rect screen);
uint64_t ring_view_rings_signature(const struct ring_look *look);
SDL_Rect ring_view_rings(struct pen *pen, const struct ring_look *look, SDL_Rect screen); // where they are
void ring_view_draw_rings(struct pen *pen, const struct ring_look *look, SDL_Rect rings);

#endif
