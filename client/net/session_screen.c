// A screen that this box shows: which of its layers are watched, and what others are told of them.
#include "session_parts.h"

#include "client/send/encoded_frame.h"

#include <math.h>
#include <string.h>

void session_screen_watched(struct session *s, const struct feedback_watched *w, uint64_t now_us)
{
    struct ladder_watch watch[BUDGET_SCREENS] = {{0, 0}};
    for (unsigned i = 0; i < w->count; i++)
        if (wire_stream(w->item[i].slot) == WIRE_STREAM_SCREEN && !wire_part(w->item[i].slot) &&
            wire_layer(w->item[i].slot) < BUDGET_SCREENS)
            watch[wire_layer(w->item[i].slot)] =
                (struct ladder_watch){w->item[i].watchers, s->config.camera_kbps ? w->item[i].kbps : 0};
    screen_rates_watched(&s->outflow.screen, watch, now_us);
}

void session_screen_show(struct session *s, bool on)
{
    if (on == s->outflow.screen.on)
        return;
    outflow_show_screen(&s->outflow, on);
    memset(s->shown, 0, sizeof s->shown);
    s->meta_repeat = SESSION_META_REPEATS; // who shall see it has to hear of it
    s->meta_us = 0;
}

// Before anything was made of it, it is as large as it may be.
struct ladder_layer session_screen_layer(const struct session *s, unsigned i)
{
    const struct budget_layer *most = budget_screen(i);
    struct ladder_layer l = {most->width, most->height, 0, s->outflow.screen.layer[i].kbps};
    const struct session_sent *sent = &s->shown[i], *all = &s->shown[BUDGET_SCREENS - 1];
    struct session_sent size = sent->width ? *sent : *all;
    l.width = size.width ? MIN(size.width, l.width) : l.width;
    l.height = size.height ? MIN(size.height, l.height) : l.height;
    l.fps = (unsigned)CLAMP(lround(sent->fps), 0, 255);
    return l;
}

void session_screen_made(struct session *s, const struct encoded_frame *f)
{
    s->shown[f->layer % BUDGET_SCREENS].width = f->width;
    s->shown[f->layer % BUDGET_SCREENS].height = f->height;
}

void session_screen_stats(const struct session *s, struct stats *stats)
{
    const struct screen_rates *r = &s->outflow.screen;
    for (unsigned i = 0; i < BUDGET_SCREENS; i++) {
        struct ladder_layer l = session_screen_layer(s, i);
        stats->call.screen[i] = (struct stats_layer){.width = r->on ? l.width : 0,
                                                     .height = r->on ? l.height : 0,
                                                     .watchers = r->watch[i].watchers,
                                                     .fps = s->shown[i].fps,
                                                     .kbps = s->shown[i].kbps,
                                                     .offered = r->on};
    }
}
