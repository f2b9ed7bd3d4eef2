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

// What Enter in the fields for joining means.
enum home_enter {
    HOME_ENTER_BAD,  // neither a number nor a link
    HOME_ENTER_ON,   // a number: on to the passphrase
    HOME_ENTER_LINK, // an invite link to join
    HOME_ENTER_CODE  // a number to join, perhaps with a blank and a passphrase behind it
};

enum { HOME_JOIN_MAX = FIELD_BYTES + 8 };

struct home_view {
    enum home_row focus;  // read it through home_view_focus
    bool typing;          // the field for a number or an invite is open
    bool passphrase_open; // and the one below it has the focus
    struct field field, passphrase;
    char composing[256];
    SDL_Rect caret;
    struct qr qr;
};

void home_view_destroy(struct home_view *view);
void home_view_forget_link(struct home_view *view); // that was shown
enum home_row home_view_focus(const struct home_view *view, const struct call *call);
void home_view_move(struct home_view *view, const struct call *call, bool up);
uint64_t home_view_signature(const struct home_view *view, const struct call *call, const char *clock,
                             const char *place);
// Six digits, perhaps with blanks or dashes between them, and nothing else.
bool home_view_code(char code[7], const char *text);
enum home_enter home_view_enter(struct home_view *view, char text[HOME_JOIN_MAX]);
void home_view_back(struct home_view *view);        // one step out of the fields
void home_view_close_field(struct home_view *view); // nothing typed stays, least of all a passphrase
void home_view_ground(struct pen *pen, SDL_Rect screen);
void home_view_draw(struct home_view *view, struct pen *pen, const struct call *call, const char *clock,
                    const char *date, const char *place, SDL_Rect screen);
void home_view_waiting(struct home_view *view, struct pen *pen, const struct call *call, SDL_Rect screen, bool panel,
                       bool hints);
SDL_Rect home_view_self(const struct pen *pen, SDL_Rect screen); // my picture beside "Waiting for the others"
void home_view_joining(struct pen *pen, const struct call *call, SDL_Rect screen);
void home_view_failed(struct pen *pen, const struct call *call, SDL_Rect screen);

#endif
