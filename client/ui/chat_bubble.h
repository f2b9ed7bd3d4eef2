// One message as it stands in the chat panel: its words in lines, and what is written around it.
#ifndef PARLOUR_UI_CHAT_BUBBLE_H
#define PARLOUR_UI_CHAT_BUBBLE_H

#include "client/call.h"
#include "pen.h"
#include "text_wrap.h"

struct chat_bubble {
    uint32_t number;
    int room, size; // what it was wrapped for
    int widest;
    size_t count;
    const struct text_span *span;
    const char *text;           // what was sent, made safe to show; they lie behind the struct
    const enum text_base *base; // of each line: that of its paragraph
};

struct chat_bubble_metrics {
    int line, pad_x, pad_y, gap, head, head_gap, foot, divider, room;
};

struct chat_bubble_metrics chat_bubble_measures(const struct pen *pen, int width); // of a panel that wide
// Makes *kept fit line and room, anew only if it does not; malloced. Main thread only.
const struct chat_bubble *chat_bubble_wrap(struct chat_bubble **kept, struct pen *pen,
                                           const struct call_chat_line *line, int room);
// Height of message i of the log when `lines` of it are shown.
int chat_bubble_height(const struct call *call, size_t i, const struct chat_bubble_metrics *m, size_t lines);
void chat_bubble_draw(struct pen *pen, const struct call *call, size_t i, const struct chat_bubble *bubble,
                      SDL_Rect area, int top, size_t first, size_t lines, const struct chat_bubble_metrics *m);

#endif
