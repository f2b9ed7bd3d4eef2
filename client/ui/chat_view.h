// The chat panel: bubbles from the newest upwards, scrolling, and the field to write in.
#ifndef PARLOUR_UI_CHAT_VIEW_H
#define PARLOUR_UI_CHAT_VIEW_H

#include "chat_address.h"
#include "client/call.h"
#include "field.h"
#include "pen.h"

#include <stdint.h>

enum { CHAT_VIEW_KEPT = 96 };

struct chat_bubble; // one wrapped message

struct chat_view {
    struct field field; // the draft: outlives the panel and the connection, not the room
    char code[7];       // of the room it is for
    struct chat_address address;
    char composing[256]; // unfinished input of an input method
    SDL_Rect caret;      // where it stands on the screen
    size_t skip;         // newest messages scrolled out below
    size_t skip_lines;   // lines of the lowest shown message scrolled out below
    uint32_t newest;     // number of the newest message seen, to stay in place when more come
    size_t page, fully;  // messages shown last time, and whether the lowest fits
    bool top_reached;
    struct chat_bubble *bubble[CHAT_VIEW_KEPT]; // by number, direct mapped
};

void chat_view_destroy(struct chat_view *view);
// Changes when the panel would look different.
uint64_t chat_view_signature(const struct chat_view *view, const struct call *call);
// Follow new lines; call before drawing.
void chat_view_update(struct chat_view *view, const struct call *call);
void chat_view_draw(struct chat_view *view, struct pen *pen, const struct call *call, SDL_Rect panel,
                    bool focused); // the field has the keys
// Scroll by messages (or by lines inside a very long one); positive = towards older ones.
void chat_view_scroll(struct chat_view *view, const struct call *call, int steps);
// What is written from now on is for this one alone; NULL = for everybody.
void chat_view_address(struct chat_view *view, const struct call_member *member);
bool chat_view_at_newest(const struct chat_view *view);

#endif
