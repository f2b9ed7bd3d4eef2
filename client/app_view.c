// Whom the screen shows, and how large: it decides what comes of them.
#include "app_parts.h"

#include <string.h>

enum { SOON_US = 100000, AGAIN_US = 1000000, RECORDED = 1080 };

static void spoken(struct app *a, struct command_view *x, uint64_t now_us)
{
    const struct call_member *m = call_member_by_id(&a->call, x->member);
    for (size_t i = 0; i < a->view.count; i++)
        if (a->view.seen[i].member == x->member && !a->view.seen[i].screen)
            x->spoke_us = a->view.seen[i].spoke_us;
    if (m && m->speaking)
        x->spoke_us = now_us;
}

// Nobody looks at a recorder's screen: all that is shown to it comes, as large as it is.
static size_t add_screens(const struct app *a, struct command_view *out, size_t count)
{
    for (size_t i = 0; i < a->call.member_count && count < APP_VIEW_MAX; i++)
        if (!a->call.members[i].self && a->call.members[i].screen)
            out[count++] = (struct command_view){.member = a->call.members[i].id, .height = RECORDED, .screen = true};
    return count;
}

// Everybody but me; who is not on the screen has no height.
static size_t look(struct app *a, struct command_view *out, uint64_t now_us)
{
    struct ui_seen seen[APP_VIEW_MAX];
    size_t shown = a->ui ? ui_seen(a->ui, seen, APP_VIEW_MAX) : 0, count = 0;
    for (size_t i = 0; i < a->call.member_count && count < CALL_MEMBERS_MAX; i++) {
        const struct call_member *m = &a->call.members[i];
        if (m->self)
            continue;
        struct command_view *x = &out[count++];
        *x = (struct command_view){.member = m->id};
        spoken(a, x, now_us);
        app_films_view(a, x);
        for (size_t k = 0; k < shown; k++)
            if (seen[k].member == m->id && !seen[k].screen) {
                x->height = (uint16_t)CLAMP(seen[k].height, 0, UINT16_MAX);
                x->speaker = seen[k].talks;
                x->pinned = seen[k].pinned;
            }
        if (app_record_is_recorder(a))
            x->height = RECORDED; // nobody looks here: as large as they come
    }
    if (app_record_is_recorder(a))
        return add_screens(a, out, count);
    for (size_t k = 0; k < shown && count < APP_VIEW_MAX; k++)
        if (seen[k].screen)
            out[count++] = (struct command_view){.member = seen[k].member,
                                                 .height = (uint16_t)CLAMP(seen[k].height, 0, UINT16_MAX),
                                                 .pinned = seen[k].pinned,
                                                 .screen = true};
    return count;
}

static bool same(const struct app_view *v, const struct command_view *seen, size_t count)
{
    bool equal = count == v->count;
    for (size_t i = 0; equal && i < count; i++)
        equal = seen[i].member == v->seen[i].member && seen[i].height == v->seen[i].height &&
                seen[i].speaker == v->seen[i].speaker && seen[i].pinned == v->seen[i].pinned &&
                seen[i].screen == v->seen[i].screen && seen[i].only == v->seen[i].only &&
                seen[i].none == v->seen[i].none;
    return equal;
}

uint64_t app_view_tick(struct app *a, uint64_t now_us)
{
    struct command_view seen[APP_VIEW_MAX];
    size_t count = look(a, seen, now_us);
    bool changed = !same(&a->view, seen, count);
    memcpy(a->view.seen, seen, count * sizeof *seen);
    a->view.count = count;
    if (!count && !changed)
        return UINT64_MAX;
    // Once more each second: the net thread forgets all when a room is gone into again.
    a->view.changed |= changed;
    uint64_t due = a->view.told_us + (a->view.changed ? SOON_US : AGAIN_US);
    if (now_us < due)
        return due;
    struct command *c = command_new(COMMAND_VIEW);
    c->view = count ? base_alloc(count * sizeof *seen) : NULL;
    c->view_count = count;
    if (count)
        memcpy(c->view, seen, count * sizeof *seen);
    a->view.told_us = now_us;
    a->view.changed = !app_send(a, c);
    return now_us + (a->view.changed ? SOON_US : AGAIN_US);
}
