// Text messages waiting to be written into one WebSocket.
#ifndef PARLOUR_CONTROL_OUT_H
#define PARLOUR_CONTROL_OUT_H

#include "shared/base.h"

enum { CONTROL_OUT_BYTES = 256 << 10 }; // a client that does not read is cut off beyond it

struct lws;
struct control_out_text;

struct control_out { // zero = empty
    struct control_out_text *first, *last;
    size_t bytes;
};

// Copies. False when more waits now than may.
bool control_out_push(struct control_out *o, const char *text);
// Write the oldest, if there is one. False when the connection must end.
bool control_out_write(struct control_out *o, struct lws *wsi);
void control_out_clear(struct control_out *o);

#endif
