// Full screens outside a call: home, joining, alone in the room, could not start.
#ifndef PARLOUR_UI_HOME_VIEW_H
#define PARLOUR_UI_HOME_VIEW_H

#include "client/call.h"
#include "field.h"
#include "pen.h"
#include "qr.h"

#include <stdbool.h>
#include <stdint.h>

enum home_row { HOME_BACK /* only with a room to go back to */, HOME_START, HOME_JOIN };

struct home_view {
    enum home_row focus; // read it through home_view_focus
    bool typing;         // the field for an invite is open
    struct field field;
    char composing[256];
    SDL_Rect caret;
    struct qr qr;
};

void home_view_destroy(struct home_view *view);
enum home_row home_view_focus(const struct home_view *view, const struct call *call);
void home_view_move(struct home_view *view, const struct call *call, bool up);
uint64_t home_view_signature(const struct home_view *view, const struct call *call, const char *clock,
                             const char *place);
void home_view_draw(struct home_view *view, struct pen *pen, const struct call *call, const char *clock,
                    const char *date, const char *place, SDL_Rect screen);
void home_view_waiting(struct home_view *view, struct pen *pen, const struct call *call, SDL_Rect screen, bool panel,
                       bool hints);
SDL_Rect home_view_self(const struct pen *pen, SDL_Rect screen); // my picture beside "Waiting for the others"
void home_view_joining(struct pen *pen, const struct call *call, SDL_Rect screen);
void home_view_failed(struct pen *pen, const struct call *call, SDL_Rect screen);

#endif
