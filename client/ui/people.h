// The People panel without its drawing: which rows there are, which one has the focus. Pure.
#ifndef PARLOUR_UI_PEOPLE_H
#define PARLOUR_UI_PEOPLE_H

#include "client/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEOPLE_ROWS_MAX = CALL_KNOCKS_MAX + CALL_MEMBERS_MAX + 1 };

enum people_kind { PEOPLE_KNOCK, PEOPLE_MEMBER, PEOPLE_CODE };

struct people_row {
    enum people_kind kind;
    uint32_t id; // of the knock or the member
    uint64_t join_id;
    size_t index; // in the call's knocks or members
};

// The focus stays with a person, whoever comes or goes above.
struct people {
    struct people_row focus;
    size_t at;   // where that row was when last seen
    bool refuse; // of somebody at the door: "Not now" has the focus, not "Let in"
    size_t top;  // first row shown
    bool lost;   // the focused row went away by itself: what has the focus now was not chosen
};

// Who is at the door (hosts only), who is in the room - raised hands first, in the order of raising - and the safety
// code at the end. Returns the number of rows.
size_t people_rows(const struct call *call, struct people_row rows[PEOPLE_ROWS_MAX]);
void people_open(struct people *people, const struct call *call);
// The focused row's place; brings the focus up to date when its row has gone.
size_t people_focus(struct people *people, const struct people_row *rows, size_t count);
void people_move(struct people *people, const struct call *call, int steps);
// Whose row has the focus; NULL = no member's.
const struct call_member *people_chosen(struct people *people, const struct call *call);
// Left and Right: between the two answers to somebody at the door. False when the row has nothing beside it.
bool people_aside(struct people *people, const struct call *call, int steps);
unsigned people_hand(const struct call *call, const struct call_member *member); // 1 = the first hand up, 0 = down
// People who hold the keys: those who have proved who they are, and me. Cameras, films and the like are none.
unsigned people_known(const struct call *call);
const struct call_member *people_self(const struct call *call); // me, or NULL
bool people_am_host(const struct call *call);

#endif
