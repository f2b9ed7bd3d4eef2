#include "chooser.h"

#include "shared/base.h"
#include "client/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void chooser_open(struct chooser *c, const struct call_member *member)
{
    memset(c, 0, sizeof *c);
    c->step = CHOOSER_FILES;
    c->one = member != NULL;
    c->member = member ? member->id : 0;
    c->join_id = member ? member->join_id : 0;
}

static bool takes_files(const struct call_member *m)
{
    return !m->self && m->kind == CALL_KIND_PERSON && call_trust_good(m->trust);
}

size_t chooser_whom(const struct call *call, const struct call_member *out[CALL_MEMBERS_MAX + 1])
{
    size_t n = 1;
    for (size_t i = 0; i < call->member_count && i < CALL_MEMBERS_MAX; i++)
        if (takes_files(&call->members[i]))
            out[n++] = &call->members[i];
    out[0] = NULL;
    if (n > 2)
        return n;
    out[0] = n == 2 ? out[1] : NULL;
    return n - 1;
}

size_t chooser_whom_focus(const struct chooser *c, const struct call *call)
{
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    size_t count = chooser_whom(call, row);
    for (size_t i = 0; c->whom && i < count; i++)
        if (row[i] && row[i]->id == c->whom && row[i]->join_id == c->whom_join)
            return i;
    return c->whom ? count : 0; // who has left is nobody, never everybody
}

static void whom_set(struct chooser *c, const struct call_member *m)
{
    c->whom = m ? m->id : 0;
    c->whom_join = m ? m->join_id : 0;
}

static void ask_whom(struct chooser *c, const struct call *call)
{
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    size_t count = chooser_whom(call, row);
    c->step = CHOOSER_WHOM;
    whom_set(c, count ? row[0] : NULL);
}

void chooser_drop(struct chooser *c, const char *path)
{
    memset(c, 0, sizeof *c);
    c->step = CHOOSER_DROPPED;
    c->dropped = true;
    snprintf(c->path, sizeof c->path, "%s", path);
}

void chooser_close(struct chooser *c)
{
    c->step = CHOOSER_CLOSED;
}

static enum chooser_finds take_dropped(struct chooser *c, const struct directory_list *list, const struct call *call)
{
    bool file = list->state == DIRECTORY_READY && list->count == 1 && list->entries[0].path && !list->entries[0].folder;
    c->step = CHOOSER_CLOSED;
    if (!file)
        return CHOOSER_NO_FILE;
    if (list->entries[0].size > CHOOSER_LARGEST)
        return CHOOSER_TOO_LARGE;
    snprintf(c->file, sizeof c->file, "%s", c->path);
    snprintf(c->name, sizeof c->name, "%s", list->entries[0].name);
    c->size = list->entries[0].size;
    ask_whom(c, call);
    return CHOOSER_NOTHING;
}

enum chooser_finds chooser_follow(struct chooser *c, const struct directory_list *list, const struct call *call)
{
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    if (c->step == CHOOSER_WHOM && c->whom == 0 && chooser_whom(call, row) == 1)
        whom_set(c, row[0]); // somebody alone with us is not everybody
    if (list->state == DIRECTORY_READING || strcmp(list->path, c->path) != 0)
        return CHOOSER_NOTHING;
    if (c->step == CHOOSER_DROPPED)
        return take_dropped(c, list, call);
    if (c->step != CHOOSER_FILES || list->number == c->number)
        return CHOOSER_NOTHING;
    c->number = list->number;
    c->focus = c->top = 0;
    for (size_t i = 0; c->from[0] && i < list->count; i++)
        if (!strcmp(list->entries[i].path ? list->entries[i].path : list->entries[i].name, c->from))
            c->focus = i;
    return CHOOSER_NOTHING;
}

void chooser_move(struct chooser *c, const struct directory_list *list, const struct call *call, int steps)
{
    const struct call_member *row[CALL_MEMBERS_MAX + 1];
    bool whom = c->step == CHOOSER_WHOM;
    size_t count = whom ? chooser_whom(call, row) : c->step == CHOOSER_FILES ? list->count : 0;
    if (count == 0)
        return;
    int last = (int)count - 1, at = (int)(whom ? MIN(chooser_whom_focus(c, call), count) : c->focus);
    size_t to = (size_t)CLAMP(at + CLAMP(steps, -last - 1, last + 1), 0, last);
    if (whom)
        whom_set(c, row[to]);
    else
        c->focus = to;
    c->typed[0] = '\0';
}

static uint32_t folded(uint32_t code)
{
    return code < 0x80 ? (uint32_t)tolower((int)code) : code;
}

static bool begins(const char *name, const char *with)
{
    size_t a = strlen(name), b = strlen(with);
    while (*with) {
        uint32_t x, y;
        size_t n = utf8_next(name, a, &x), m = utf8_next(with, b, &y);
        if (n == 0 || folded(x) != folded(y))
            return false;
        name += n;
        a -= n;
        with += m;
        b -= m;
    }
    return true;
}

void chooser_jump(struct chooser *c, const struct directory_list *list, uint32_t letter, uint64_t now_us)
{
    if (c->step != CHOOSER_FILES || list->count == 0)
        return;
    if (now_us - c->typed_us > CHOOSER_TYPING_US)
        c->typed[0] = '\0';
    c->typed_us = now_us;
    size_t n = strlen(c->typed);
    if (n + 5 < sizeof c->typed)
        c->typed[n + utf8_put(letter, c->typed + n)] = '\0';
    // The first letter again goes on to the next one; more letters may stay where one is.
    size_t start = c->focus + (n == 0 ? 1 : 0);
    for (size_t i = 0; i < list->count; i++) {
        size_t at = (start + i) % list->count;
        if (begins(list->entries[at].name, c->typed)) {
            c->focus = at;
            return;
        }
    }
}

static void enter(struct chooser *c, const struct directory_entry *e)
{
    char path[PATHS_MAX];
    bool fits = e->path ? snprintf(path, sizeof path, "%s", e->path) < PATHS_MAX : paths_join(path, c->path, e->name);
    if (!fits)
        return;
    if (e->path) {
        snprintf(c->root, sizeof c->root, "%s", path);
        c->place = e->place;
    }
    snprintf(c->path, sizeof c->path, "%s", path);
    c->from[0] = c->typed[0] = '\0';
    c->focus = c->top = 0;
}

static const struct call_member *only(const struct chooser *c, const struct call *call)
{
    for (size_t i = 0; i < call->member_count; i++)
        if (call->members[i].id == c->member && call->members[i].join_id == c->join_id)
            return &call->members[i];
    return NULL;
}

static struct chooser_order choose(struct chooser *c, const struct directory_entry *e, const struct call *call)
{
    struct chooser_order out = {.path = c->file};
    if (e->size > CHOOSER_LARGEST) {
        out.too_large = true;
        return out;
    }
    if (!paths_join(c->file, c->path, e->name))
        return out;
    snprintf(c->name, sizeof c->name, "%s", e->name);
    snprintf(c->from, sizeof c->from, "%s", e->name);
    c->size = e->size;
    const struct call_member *to = c->one ? only(c, call) : NULL;
    if (to && takes_files(to)) {
        out.send = true;
        out.member = to->id;
    } else {
        ask_whom(c, call); // whom it was for has left: it goes to nobody else by itself
    }
    return out;
}

struct chooser_order chooser_press(struct chooser *c, const struct directory_list *list, const struct call *call)
{
    struct chooser_order out = {.path = c->file};
    if (c->step == CHOOSER_WHOM) {
        const struct call_member *row[CALL_MEMBERS_MAX + 1];
        size_t count = chooser_whom(call, row), at = chooser_whom_focus(c, call);
        out.send = at < count;
        out.member = out.send && row[at] ? row[at]->id : 0;
        return out;
    }
    if (c->step != CHOOSER_FILES || list->state != DIRECTORY_READY || c->focus >= list->count)
        return out;
    const struct directory_entry *e = &list->entries[c->focus];
    if (!e->folder)
        return choose(c, e, call);
    enter(c, e);
    return out;
}

bool chooser_leads_on(const struct chooser *c, const struct directory_list *list)
{
    return c->step == CHOOSER_FILES && c->focus < list->count && (list->entries[c->focus].folder || !c->one);
}

bool chooser_up(struct chooser *c)
{
    c->typed[0] = '\0';
    if (c->step == CHOOSER_WHOM && !c->dropped) {
        c->step = CHOOSER_FILES;
        return true;
    }
    if (c->step != CHOOSER_FILES || !c->path[0]) {
        c->step = CHOOSER_CLOSED;
        return false;
    }
    char *slash = strrchr(c->path, '/');
    if (!strcmp(c->path, c->root) || !slash || slash == c->path) {
        memcpy(c->from, c->path, sizeof c->from);
        c->path[0] = '\0';
    } else {
        memmove(c->from, slash + 1, strlen(slash + 1) + 1);
        *slash = '\0';
    }
    c->focus = c->top = 0;
    return true;
}
