// Pure: lines of chat on their way: those that wait for the connection, and those that nobody has acknowledged yet,
// which are said again when the connection comes back. Receivers know a line by its id and show it once.
#ifndef PARLOUR_CHAT_OUT_H
#define PARLOUR_CHAT_OUT_H

#include "shared/base.h"

enum { CHAT_OUT_LINES = 32, CHAT_OUT_AGAIN_US = 40000000, CHAT_OUT_ABSENT_US = 30000000 };

struct chat_out_line {
    char *text;           // owned
    uint32_t number;      // main's
    uint64_t id;          // of the line, wherever it is read
    int64_t at_ms;        // when it was written
    uint16_t to;          // 0 = to all; else to that member alone, and only while it is
    uint8_t identity[32]; // this person
    uint64_t n;           // of its box; 0 = not sent
    uint64_t sent_us;     // first
    uint64_t said_us;     // last
    uint64_t absent_us;   // since when whom it is for is not here; 0 = he is
};

struct chat_out {
    struct chat_out_line line[CHAT_OUT_LINES]; // in the order they were written
    size_t count;
};

// Takes the line, text moved. When all places are taken the oldest that has been sent goes (it has been handed to the
// relay); false when none has.
MUST_USE bool chat_out_add(struct chat_out *out, const struct chat_out_line *line);
void chat_out_drop(struct chat_out *out, size_t i);
void chat_out_end(struct chat_out *out); // all are dropped
// The connection is back, numbers of boxes may count anew: what was sent a short while ago is to be sent again, the
// rest is taken as said.
void chat_out_again(struct chat_out *out, uint64_t now_us);
// `member` has everything of ours to it up to box n. Gives main's number of one such line and drops it; 0 = no more.
uint32_t chat_out_got(struct chat_out *out, uint16_t member, uint64_t n);

#endif
