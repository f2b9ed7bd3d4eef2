#include "files.h"

#include "shared/base.h"

#include <string.h>

static int rank(const struct call_file *f)
{
    return f->state == CALL_FILE_ASKED ? 0 : call_file_over(f->state) ? 2 : 1;
}

size_t files_order(const struct call *call, const struct call_file *out[CALL_FILES_MAX])
{
    size_t n = 0, count = MIN(call->file_count, (size_t)CALL_FILES_MAX);
    for (int r = 0; r <= 2; r++)
        for (size_t i = count; i > 0; i--)
            if (rank(&call->files[i - 1]) == r)
                out[n++] = &call->files[i - 1];
    return n;
}

static const struct call_file *find(const struct call *call, uint32_t id)
{
    return call_file_by_id((struct call *)call, id);
}

unsigned files_asking(const struct call *call)
{
    unsigned n = 0;
    for (size_t i = 0; i < call->file_count; i++)
        n += call->files[i].state == CALL_FILE_ASKED;
    return n;
}

static bool was_asked(const struct files *files, uint32_t id)
{
    for (size_t i = 0; i < files->asked_count; i++)
        if (files->asked[i] == id)
            return true;
    return false;
}

// Offers that are answered or gone need not be remembered: what is kept never outgrows what there is.
static void remember_asked(struct files *files, const struct call *call)
{
    size_t kept = 0;
    for (size_t i = 0; i < files->asked_count; i++) {
        const struct call_file *f = find(call, files->asked[i]);
        if (f && f->state == CALL_FILE_ASKED)
            files->asked[kept++] = files->asked[i];
    }
    files->asked_count = kept;
    for (size_t i = 0; i < call->file_count && files->asked_count < CALL_FILES_MAX; i++)
        if (call->files[i].state == CALL_FILE_ASKED && !was_asked(files, call->files[i].id))
            files->asked[files->asked_count++] = call->files[i].id;
}

bool files_wanted(const struct files *files, const struct call *call)
{
    for (size_t i = 0; i < call->file_count; i++)
        if (call->files[i].state == CALL_FILE_ASKED && !was_asked(files, call->files[i].id))
            return true;
    return false;
}

const struct call_file *files_focused(const struct files *files, const struct call *call)
{
    return find(call, files->focus);
}

static void focus_on(struct files *files, uint32_t id, uint64_t now_us)
{
    files->armed = false;
    if (files->focus != id)
        files->since_us = now_us;
    files->focus = id;
}

// Where the focus goes by itself: to what asks, else to the row at the end, else to the first card.
static uint32_t first(const struct call *call, bool can_send)
{
    const struct call_file *order[CALL_FILES_MAX];
    size_t count = files_order(call, order);
    if (count > 0 && (order[0]->state == CALL_FILE_ASKED || !can_send))
        return order[0]->id;
    return 0;
}

void files_open(struct files *files, const struct call *call, bool can_send, bool by_itself, uint64_t now_us)
{
    files->top = 0;
    files->armed = files->on_send = false;
    files->by_itself = by_itself;
    files->focus = first(call, can_send);
    files->since_us = now_us;
    remember_asked(files, call);
}

void files_follow(struct files *files, const struct call *call, bool can_send, bool shown, bool keys, uint64_t now_us)
{
    if (!shown)
        return;
    const struct call_file *on = files_focused(files, call);
    bool asks = on && on->state == CALL_FILE_ASKED;
    // A new offer takes the focus from what does nothing when OK is pressed twice, never from another offer.
    if ((!on && !files->on_send) || (!asks && !files->armed && files_wanted(files, call)))
        focus_on(files, first(call, can_send), now_us);
    on = files_focused(files, call);
    if (!on || call_file_over(on->state))
        files->armed = false;
    remember_asked(files, call);
    if (!keys)
        files->since_us = now_us;
}

void files_move(struct files *files, const struct call *call, bool can_send, int steps)
{
    const struct call_file *order[CALL_FILES_MAX];
    int count = (int)files_order(call, order), last = can_send ? count : count - 1, at = count;
    for (int i = 0; i < count; i++)
        if (order[i]->id == files->focus)
            at = i;
    int to = CLAMP(at + steps, 0, MAX(last, 0));
    files->armed = files->armed && to == at;
    files->focus = to < count ? order[to]->id : 0;
    files->on_send = files->focus == 0;
}

bool files_ready(const struct files *files, const struct call *call, uint64_t now_us)
{
    const struct call_file *on = files_focused(files, call);
    return !on || on->state != CALL_FILE_ASKED || now_us - files->since_us >= FILES_GUARD_MS * 1000u;
}

static struct files_order act(enum ui_action action, uint32_t id)
{
    return (struct files_order){.does = FILES_ACT, .action = action, .id = id};
}

// An answered offer no longer asks, although the call says so a moment later only.
static struct files_order answer(struct files *files, const struct call *call, enum ui_action action, uint64_t now_us)
{
    struct files_order out = act(action, files->focus);
    const struct call_file *order[CALL_FILES_MAX];
    size_t count = files_order(call, order);
    bool active = false;
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (order[i]->id == files->focus)
            continue;
        if (!next && order[i]->state == CALL_FILE_ASKED)
            next = order[i]->id;
        active |= !call_file_over(order[i]->state);
    }
    out.closes = files->by_itself && !active && action == UI_FILE_REFUSE;
    if (next)
        focus_on(files, next, now_us);
    return out;
}

struct files_order files_press(struct files *files, const struct call *call, uint64_t now_us)
{
    const struct call_file *on = files_focused(files, call);
    if (!files_ready(files, call, now_us))
        return (struct files_order){.does = FILES_NOTHING};
    if (!on)
        return (struct files_order){.does = FILES_CHOOSE};
    if (on->state == CALL_FILE_ASKED)
        return answer(files, call, UI_FILE_ACCEPT, now_us);
    if (call_file_over(on->state))
        return on->again ? act(UI_FILE_RETRY, on->id) : (struct files_order){.does = FILES_NOTHING};
    files->armed = !files->armed;
    return files->armed ? (struct files_order){.does = FILES_NOTHING} : act(UI_FILE_CANCEL, on->id);
}

struct files_order files_back(struct files *files, const struct call *call, uint64_t now_us)
{
    const struct call_file *on = files_focused(files, call);
    if (!files_ready(files, call, now_us))
        return (struct files_order){.does = FILES_NOTHING};
    if (on && on->state == CALL_FILE_ASKED)
        return answer(files, call, UI_FILE_REFUSE, now_us);
    if (files->armed) {
        files->armed = false;
        return (struct files_order){.does = FILES_NOTHING};
    }
    return (struct files_order){.does = FILES_CLOSE};
}

const struct call_file *files_news(struct files *files, const struct call *call, unsigned *before)
{
    size_t kept = 0;
    for (size_t i = 0; i < files->known_count; i++)
        if (find(call, files->known[i].id))
            files->known[kept++] = files->known[i];
    files->known_count = kept;
    for (size_t i = 0; i < call->file_count; i++) {
        const struct call_file *f = &call->files[i];
        size_t k = 0;
        while (k < files->known_count && files->known[k].id != f->id)
            k++;
        if (k < files->known_count && files->known[k].state == f->state)
            continue;
        *before = k < files->known_count ? files->known[k].state : CALL_FILE_FAILED + 1;
        if (k == files->known_count)
            files->known_count++;
        files->known[k] = (struct files_known){f->id, f->state};
        return f;
    }
    return NULL;
}
