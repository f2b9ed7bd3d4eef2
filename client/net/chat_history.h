// Pure: the last lines of chat to all in this room, as their authors signed them, for who comes later; and which lines
// have been seen, so that none is shown twice. Lines to one member alone never come in here.
#ifndef PARLOUR_CHAT_HISTORY_H
#define PARLOUR_CHAT_HISTORY_H

#include "chat_line.h"

enum {
    CHAT_HISTORY_LINES = 50,
    CHAT_HISTORY_BYTES = 48 * 1024, // of all lines as they are handed on; the oldest go first
    CHAT_HISTORY_PAGE = 10 * 1024,  // of one page
    CHAT_HISTORY_PAGES = 8,         // more never come of this
    CHAT_HISTORY_SEEN = 512         // the oldest is forgotten first
};

struct chat_history {
    uint8_t tag[CHAT_LINE_TAG];
    struct chat_line lines[CHAT_HISTORY_LINES]; // the oldest first
    size_t size[CHAT_HISTORY_LINES];            // of each as JSON
    size_t count, bytes;
    struct {
        uint8_t identity[32];
        uint64_t id; // 0 = free
    } seen[CHAT_HISTORY_SEEN];
    unsigned seen_at;
};

struct chat_history_have { // what who asks has already
    uint64_t id[CHAT_HISTORY_LINES];
    size_t count;
};

void chat_history_begin(struct chat_history *h,
                        const uint8_t invite_key[16]); // of this room: lines of another are wiped
void chat_history_forget(struct chat_history *h);      // the conversation is over
void chat_history_end(struct chat_history *h);         // everything is wiped

// Has that author's line been seen? From now on it has.
bool chat_history_seen(struct chat_history *h, const uint8_t identity[32], uint64_t id);
// Keep a line for others (text moved) if its signature is right; the oldest make room. False and untouched when it is
// not, or when it is too large for a page.
MUST_USE bool chat_history_keep(struct chat_history *h, struct chat_line *line);

// What to ask for: {"kind":"history-ask","have":[...]}, malloced, NULL when there is no memory. Reading gives false
// unless it is well formed and within bounds.
char *chat_history_ask(const struct chat_history *h);
MUST_USE bool chat_history_read_ask(struct chat_history_have *have, const json_t *o);
// The next page of what he lacks, from line *at on: {"kind":"history","lines":[...],"more":BOOL}, malloced. *at moves
// on; *more = another follows. At least one page exists, with nothing in it if need be.
char *chat_history_page(const struct chat_history *h, const struct chat_history_have *have, size_t *at, bool *more);

#endif
