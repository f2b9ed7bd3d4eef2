// What is said to everybody when something changes in the room: who comes and leaves, what hosts do, whose hand is up.
// Pure: the words of the notices to show, one of a kind at a time.
#ifndef PARLOUR_UI_ANNOUNCEMENTS_H
#define PARLOUR_UI_ANNOUNCEMENTS_H

#include "client/call.h"
#include "client/messages.h"

enum { ANNOUNCEMENTS_MAX = 4, ANNOUNCEMENT_TEXT_MAX = CALL_NAME_MAX + 64 };

struct announcement {
    const char *icon, *kind; // as ui_toast has them
    char text[ANNOUNCEMENT_TEXT_MAX];
};

// Those who came, or left, close upon each other: the room is told their number instead of all their names.
struct announcements_crowd {
    unsigned count;
    uint64_t last_us;
};

void announcements_joined(struct announcements_crowd *crowd, const char *name, uint64_t now_us,
                          struct announcement *out);
// What has come and is no person: it counts among no people, and says its own name whoever else came.
void announcements_came(const char *name, struct announcement *out);
void announcements_left(struct announcements_crowd *crowd, const char *name, uint64_t now_us, struct announcement *out);
void announcements_removed(const char *name, struct announcement *out); // by a host
void announcements_screen(const char *name, struct announcement *out);  // he shows his
void announcements_hand(const char *name, struct announcement *out);
void announcements_recording(const char *name, bool on, struct announcement *out);
// What NOTICE_ROOM_STATE changes in the call, which it has not been applied to yet; nothing the first time. Returns how
// many of `out` are used.
size_t announcements_state(const struct call *call, const struct notice *state,
                           struct announcement out[ANNOUNCEMENTS_MAX]);

#endif
