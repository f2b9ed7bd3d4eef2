// The Connection panel: graphs of the last minute and a table of the pictures and sounds that come.
#ifndef PARLOUR_UI_STATS_VIEW_H
#define PARLOUR_UI_STATS_VIEW_H

#include "client/call.h"
#include "client/stats.h"
#include "pen.h"

struct stats_view {
    size_t page, pages; // tables that do not fit beside each other are turned with Up and Down
};

uint64_t stats_view_signature(const struct stats_view *view, const struct stats *stats);
void stats_view_draw(struct stats_view *view, struct pen *pen, const struct call *call, const struct stats *stats,
                     SDL_Rect panel);
void stats_view_scroll(struct stats_view *view, int steps); // positive = down

#endif
