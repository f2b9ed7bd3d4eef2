// The rows of the home screen and which of them has the focus. Pure: no drawing, no clock.
// The focus stays with whom or what it stands for, not with a place: people come and go under it.
#ifndef PARLOUR_UI_HOME_LIST_H
#define PARLOUR_UI_HOME_LIST_H

#include "client/call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum home_row_kind {
    HOME_ROW_NONE, // nothing has had the focus yet
    HOME_MISSED,   // index in call.missed
    HOME_PERSON,   // index in call.people
    HOME_START,    // from here on below the line
    HOME_JOIN,
    HOME_BACK,   // only with a room to go back to
    HOME_RECENT, // index in call.recent
    HOME_SETTINGS
};

enum {
    HOME_MISSED_SHOWN = 3, // the newest; one row a caller
    HOME_ROWS_MAX = HOME_MISSED_SHOWN + CALL_PEOPLE_MAX + CALL_RECENT_MAX + 4,
    HOME_GUARD_MS = 800, // OK does nothing for so long after the focused row went away by itself
    HOME_PAGE = 6
};

struct home_row {
    enum home_row_kind kind;
    size_t index;
};

struct home_list {
    struct home_row rows[HOME_ROWS_MAX];
    size_t count, above; // `above`: how many of them stand above the line
    // What has the focus.
    enum home_row_kind kind;
    uint8_t identity[32];
    char code[7];
    size_t at;
    bool moved;             // by a person, since the screen came
    uint64_t lost_us;       // when the focused row went away, 0 = it did not
    int64_t missed_from_ms; // missed calls from then on stay to be seen until the screen goes, 0 = none
};

// The screen comes again: the focus begins at a missed call, the room one has left, or who can be called.
void home_list_reset(struct home_list *list);
// The same after a call with one person: it begins there.
void home_list_return(struct home_list *list, const uint8_t identity[32]);
// Bring rows and focus up to date.
void home_list_follow(struct home_list *list, const struct call *call, uint64_t now_us);
// The focused row; follow first.
struct home_row home_list_focus(const struct home_list *list);
void home_list_move(struct home_list *list, const struct call *call, int by);     // stops at both ends
void home_list_side(struct home_list *list, const struct call *call, bool below); // over the line
// To the next person whose name begins with this letter; false when there is none.
bool home_list_find(struct home_list *list, const struct call *call, uint32_t letter);
// The row may be pressed: it did not just come under the finger.
bool home_list_ready(const struct home_list *list, uint64_t now_us);
// How many of the missed calls one caller made that are shown as one row.
size_t home_list_missed_times(const struct home_list *list, const struct call *call, size_t index);
bool home_list_unseen(const struct call *call); // a missed call nobody has seen

#endif
