// Choosing a file to send, and whom to send it to, without drawing: which list, which row, where a key leads. Pure:
// what lies in a folder is told (client/directory.h).
#ifndef PARLOUR_UI_CHOOSER_H
#define PARLOUR_UI_CHOOSER_H

#include "client/call.h"
#include "client/directory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHOOSER_TYPED_MAX = 64, CHOOSER_TYPING_US = 1000000 };
#define CHOOSER_LARGEST ((uint64_t)2 << 30) // bytes of a file that is taken anywhere

enum chooser_step {
    CHOOSER_CLOSED,
    CHOOSER_FILES,
    CHOOSER_DROPPED, // onto the window: it is looked at
    CHOOSER_WHOM
};
enum chooser_finds { CHOOSER_NOTHING, CHOOSER_NO_FILE, CHOOSER_TOO_LARGE };

struct chooser {
    enum chooser_step step;
    char path[PATHS_MAX]; // the folder that is shown; "" = the places
    char root[PATHS_MAX]; // the place it lies in,
    enum directory_place place;
    char from[PATHS_MAX];          // what gets the focus when the list is there
    unsigned number;               // of the list the focus is in
    size_t focus, top;             // rows
    char typed[CHOOSER_TYPED_MAX]; // letters of the name one looks for
    uint64_t typed_us;
    bool one; // opened for one member alone
    uint16_t member;
    uint64_t join_id;
    // what has been chosen
    char file[PATHS_MAX];
    char name[256];
    uint64_t size;
    bool dropped;  // there is no list behind it
    uint16_t whom; // who has the focus; 0 = everybody
    uint64_t whom_join;
};

struct chooser_order {
    bool send;
    bool too_large;   // it stays as it is: say so
    const char *path; // valid until the chooser is changed
    uint16_t member;  // 0 = everybody
};

void chooser_open(struct chooser *c, const struct call_member *member); // NULL: asks whom, when a file is chosen
void chooser_drop(struct chooser *c, const char *path);
void chooser_close(struct chooser *c);
// The list of `path` as it is now: the focus goes to its row when it has come. What was dropped may be nothing to send:
// then it has closed, and the answer says why.
enum chooser_finds chooser_follow(struct chooser *c, const struct directory_list *list, const struct call *call);
void chooser_move(struct chooser *c, const struct directory_list *list, const struct call *call, int steps);
// A letter: to the next name that begins with what was typed within the last second.
void chooser_jump(struct chooser *c, const struct directory_list *list, uint32_t letter, uint64_t now_us);
struct chooser_order chooser_press(struct chooser *c, const struct directory_list *list, const struct call *call);
bool chooser_leads_on(const struct chooser *c, const struct directory_list *list); // to a list: nothing is sent yet
bool chooser_up(struct chooser *c); // one step back; false: it has closed

// Whom it can go to: everybody first, when there is more than one. NULL = everybody. Returns how many rows.
size_t chooser_whom(const struct call *call, const struct call_member *out[CALL_MEMBERS_MAX + 1]);
size_t chooser_whom_focus(const struct chooser *c, const struct call *call);

#endif
