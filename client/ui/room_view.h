// Full screens around a room: on the way into it, alone in it, refused.
#ifndef PARLOUR_UI_ROOM_VIEW_H
#define PARLOUR_UI_ROOM_VIEW_H

#include "client/call.h"
#include "pen.h"
#include "qr.h"

#include <stdbool.h>
#include <stdint.h>

uint64_t room_view_signature(const struct call *call);
void room_view_waiting(struct qr *qr, struct pen *pen, const struct call *call, SDL_Rect screen, bool panel,
                       bool hints);
SDL_Rect room_view_self(const struct pen *pen, SDL_Rect screen); // my picture beside "Waiting for the others"
void room_view_joining(struct pen *pen, const struct call *call, SDL_Rect screen);
void room_view_failed(struct pen *pen, const struct call *call, SDL_Rect screen);

#endif
