// The card that waits for an answer: which one there is now, what it says, which button has the focus. One at a time.
// Pure: looks at the call and the time it is given. Which buttons a person or the room has: acts.h.
#ifndef PARLOUR_UI_ASK_H
#define PARLOUR_UI_ASK_H

#include "client/call.h"
#include "ui.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The first that there is a reason for is shown.
enum ask_kind {
    ASK_NONE,
    ASK_LISTENING, // two read different numbers
    ASK_WAITING,   // for the other's half of a comparison
    ASK_NUMBER,    // is it the same there?
    ASK_ENDED,     // the comparison failed
    ASK_PERSON,    // opened: what is known of one person, and what can be done
    ASK_SELF,      // opened: the same of me
    ASK_REMOVING,  // opened: is that person really to go?
    ASK_ROOM,      // opened: what a host can do with the room
    ASK_ENDING,    // opened: is it really to end for everybody?
    ASK_RECORDING, // opened: is this call to be recorded?
    ASK_SAFETY,    // opened: the room's safety code
    ASK_SHARE,     // opened: is this screen to be shown?
    ASK_CHANGED,   // somebody came under the name of somebody else
    ASK_KNOCK      // somebody is at the door
};

enum ask_answer {
    ASK_CLOSE, // puts the card away, nothing more
    ASK_ADMIT,
    ASK_DENY,
    ASK_COMPARE,
    ASK_SAME,
    ASK_DIFFERENT,
    ASK_STOP,
    ASK_TRUST,
    ASK_PIN,  // a picture large, or no longer
    ASK_SEND, // a file
    ASK_MUTE,
    ASK_HOST,   // make him one
    ASK_GUEST,  // host no more
    ASK_REMOVE, // asks once more
    ASK_REMOVE_SURE,
    ASK_HAND,
    ASK_HIDE, // my own picture
    ASK_CODE, // the safety code
    ASK_LOBBY,
    ASK_LOCK,
    ASK_MUTE_ALL,
    ASK_END, // asks once more
    ASK_RECORD_SURE,
    ASK_END_SURE,
    ASK_SHARE_OTHER, // the next of what could be shown
    ASK_SHARE_SURE
};

enum { ASK_BUTTONS_MAX = 7, ASK_GUARD_MS = 800, ASK_NAMES_MAX = CALL_MEMBERS_MAX };

struct ask {
    enum ask_kind kind;
    uint32_t id;        // the knock's or the member's
    uint64_t join_id;   // the member's
    uint64_t number;    // ASK_NUMBER: which one, as a hash
    size_t focus;       // button
    enum ask_answer on; // what it says: buttons before it may come and go
    size_t share;       // ASK_SHARE: which of the call's choices
    bool can_pin;       // told by who places the tiles
    bool can_send;      // files may be sent from here
    uint64_t since_us;  // it appeared
    bool guarded;       // it came by itself: keys wait a moment
    bool taken;         // it has the keys although something is being written
    enum ask_kind open; // one of the opened kinds or ASK_LISTENING: asked for, until closed
    uint32_t open_id;
    uint64_t open_join_id;
    // What has been put away: a comparison until it changes, the knocks of one moment, changed people by their names.
    bool compare_away, away_stopped;
    enum call_compare_state away_state;
    uint16_t away_with;
    char away_number[7];
    uint32_t knock_away[CALL_KNOCKS_MAX];
    size_t knock_away_count;
    uint64_t name_away[ASK_NAMES_MAX]; // hashes; the oldest goes first
    size_t name_away_count;
};

struct ask_order {
    bool wanted;
    enum ui_action action;
    uint32_t id;
    uint64_t join_id;
    bool compared;  // say so
    bool pin, hide; // nothing for the others: that member's picture; my own
    bool send;      // a file for that member is to be chosen
    bool self;      // that member is me
};

// Choose the card; true when another one (or none) is there now. `in_room` false: none at all, and all forgotten.
bool ask_follow(struct ask *ask, const struct call *call, bool in_room, uint64_t now_us);
void ask_open_safety(struct ask *ask);
void ask_open_person(struct ask *ask, const struct call_member *member); // also me
void ask_open_recording(struct ask *ask);
void ask_open_share(struct ask *ask);
void ask_open_room(struct ask *ask); // for hosts
size_t ask_buttons(const struct ask *ask, const struct call *call, enum ask_answer out[ASK_BUTTONS_MAX]);
void ask_move(struct ask *ask, const struct call *call, int steps);
bool ask_ready(const struct ask *ask, uint64_t now_us); // keys count
struct ask_order ask_press(struct ask *ask, const struct call *call);
struct ask_order ask_back(struct ask *ask, const struct call *call); // Esc: never refuses, never agrees

#endif
