// The Files panel without its drawing: the order of its cards, which one has the focus, what OK and Back do there, and
// what is to be said of files while the panel is closed. Pure: looks at the call and the time it is given.
#ifndef PARLOUR_UI_FILES_H
#define PARLOUR_UI_FILES_H

#include "client/call.h"
#include "ui.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILES_GUARD_MS = 800 };

struct files_known { // a file, as it was at the last look
    uint32_t id;
    enum call_file_state state;
};

struct files {
    uint32_t focus;    // id of a file, or 0: "Send a file"
    bool on_send;      // 0 was chosen by a person: offers that come take the focus only then, or from nobody
    bool armed;        // OK has been pressed on what still runs: once more stops it
    bool by_itself;    // the panel has opened for an offer: it closes when the last one is answered
    uint64_t since_us; // what asks has the focus, and the keys, since then
    size_t top;        // first card shown
    struct files_known known[CALL_FILES_MAX];
    size_t known_count;
    uint32_t asked[CALL_FILES_MAX]; // offers that have been put before the person
    size_t asked_count;
};

enum files_does {
    FILES_NOTHING,
    FILES_ACT,    // tell app: action, id
    FILES_CHOOSE, // a file to send
    FILES_CLOSE   // one step back
};

struct files_order {
    enum files_does does;
    enum ui_action action;
    uint32_t id;
    bool closes; // and nothing is left to be asked: the panel may go
};

// The cards from above to below: what asks, what goes on, what is over, each the newest first. Returns how many.
size_t files_order(const struct call *call, const struct call_file *out[CALL_FILES_MAX]);
unsigned files_asking(const struct call *call); // offers that wait for an answer
// An offer the person has not seen yet: the panel is to open, if nothing else is in the way.
bool files_wanted(const struct files *files, const struct call *call);
void files_open(struct files *files, const struct call *call, bool can_send, bool by_itself, uint64_t now_us);
// Bring the focus up to date. `shown`: the panel is open; `keys`: and has them. Until it does, nothing is answered.
void files_follow(struct files *files, const struct call *call, bool can_send, bool shown, bool keys, uint64_t now_us);
const struct call_file *files_focused(const struct files *files, const struct call *call); // NULL: "Send a file"
void files_move(struct files *files, const struct call *call, bool can_send, int steps);
bool files_ready(const struct files *files, const struct call *call, uint64_t now_us); // keys count
struct files_order files_press(struct files *files, const struct call *call, uint64_t now_us);
struct files_order files_back(struct files *files, const struct call *call, uint64_t now_us);
// A file whose state is another than at the last look, each once; NULL when there is none more. `before`: what it was,
// or FAILED + 1 for one that was not there.
const struct call_file *files_news(struct files *files, const struct call *call, unsigned *before);

#endif
