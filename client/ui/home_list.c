#include "home_list.h"

#include "shared/base.h"
#include "client/utf8.h"

#include <string.h>
#include <wctype.h>

void home_list_reset(struct home_list *list)
{
    list->kind = HOME_ROW_NONE;
    list->moved = false;
    list->lost_us = 0;
    list->missed_from_ms = 0;
}

void home_list_return(struct home_list *list, const uint8_t identity[32])
{
    home_list_reset(list);
    list->kind = HOME_PERSON;
    memcpy(list->identity, identity, sizeof list->identity);
}

static void add(struct home_list *list, enum home_row_kind kind, size_t index)
{
    if (list->count < HOME_ROWS_MAX)
        list->rows[list->count++] = (struct home_row){kind, index};
}

static bool shows_missed(const struct home_list *list, const struct call_missed *m)
{
    return !m->seen || (list->missed_from_ms && m->at_ms >= list->missed_from_ms);
}

bool home_list_unseen(const struct call *call)
{
    for (size_t i = 0; i < call->missed_count; i++)
        if (!call->missed[i].seen)
            return true;
    return false;
}

size_t home_list_missed_times(const struct home_list *list, const struct call *call, size_t index)
{
    size_t times = 0;
    for (size_t i = 0; i < call->missed_count; i++)
        times += shows_missed(list, &call->missed[i]) &&
                 memcmp(call->missed[i].identity, call->missed[index].identity, 32) == 0;
    return times;
}

static void add_missed(struct home_list *list, const struct call *call)
{
    for (size_t i = 0; i < call->missed_count; i++)
        if (!call->missed[i].seen && (!list->missed_from_ms || call->missed[i].at_ms < list->missed_from_ms))
            list->missed_from_ms = call->missed[i].at_ms;
    for (size_t i = 0; i < call->missed_count && list->count < HOME_MISSED_SHOWN; i++) {
        bool again = false;
        for (size_t k = 0; k < list->count; k++)
            again |= memcmp(call->missed[list->rows[k].index].identity, call->missed[i].identity, 32) == 0;
        if (!again && shows_missed(list, &call->missed[i]))
            add(list, HOME_MISSED, i);
    }
}

static void build(struct home_list *list, const struct call *call)
{
    list->count = 0;
    add_missed(list, call);
    for (size_t i = 0; i < call->people_count; i++)
        add(list, HOME_PERSON, i);
    list->above = list->count;
    add(list, HOME_START, 0);
    add(list, HOME_JOIN, 0);
    if (call->back_code[0])
        add(list, HOME_BACK, 0);
    for (size_t i = 0; i < call->recent_count; i++)
        if (strcmp(call->recent[i].code, call->back_code) != 0)
            add(list, HOME_RECENT, i);
    add(list, HOME_SETTINGS, 0);
}

static const uint8_t *identity_of(const struct call *call, struct home_row row)
{
    return row.kind == HOME_MISSED ? call->missed[row.index].identity : call->people[row.index].identity;
}

static bool is_focus(const struct home_list *list, const struct call *call, struct home_row row)
{
    if (row.kind != list->kind)
        return false;
    if (row.kind == HOME_MISSED || row.kind == HOME_PERSON)
        return memcmp(identity_of(call, row), list->identity, 32) == 0;
    return row.kind != HOME_RECENT || strcmp(call->recent[row.index].code, list->code) == 0;
}

static void focus_at(struct home_list *list, const struct call *call, size_t at)
{
    struct home_row row = list->rows[at];
    list->at = at;
    list->kind = row.kind;
    if (row.kind == HOME_MISSED || row.kind == HOME_PERSON)
        memcpy(list->identity, identity_of(call, row), 32);
    if (row.kind == HOME_RECENT)
        memcpy(list->code, call->recent[row.index].code, sizeof list->code);
}

static size_t first_of(const struct home_list *list, enum home_row_kind kind)
{
    size_t at = 0;
    while (at < list->count && list->rows[at].kind != kind)
        at++;
    return at;
}

// Where the focus begins. Never on what ends or loses something: there is nothing of the kind on this screen.
static size_t beginning(const struct home_list *list)
{
    size_t back = first_of(list, HOME_BACK);
    if (list->rows[0].kind != HOME_MISSED && back < list->count)
        return back;
    return 0;
}

void home_list_follow(struct home_list *list, const struct call *call, uint64_t now_us)
{
    build(list, call);
    bool fresh = list->kind == HOME_ROW_NONE;
    bool anew = fresh || (!list->moved && list->kind != HOME_PERSON && list->kind != HOME_MISSED);
    size_t at = anew ? beginning(list) : 0;
    while (!anew && at < list->count && !is_focus(list, call, list->rows[at]))
        at++;
    if (at == list->count) { // gone: what stands in its place now is somebody else
        bool above = list->kind == HOME_PERSON || list->kind == HOME_MISSED;
        size_t last = above ? MAX(list->above, (size_t)1) - 1 : list->count - 1;
        at = MIN(list->at, last);
        list->lost_us = now_us;
    } else if (!fresh && !is_focus(list, call, list->rows[at])) {
        list->lost_us = now_us;
    }
    focus_at(list, call, at);
}

struct home_row home_list_focus(const struct home_list *list)
{
    return list->rows[list->at];
}

void home_list_move(struct home_list *list, const struct call *call, int by)
{
    int at = (int)list->at + by;
    list->moved = true;
    focus_at(list, call, (size_t)CLAMP(at, 0, (int)list->count - 1));
}

void home_list_side(struct home_list *list, const struct call *call, bool below)
{
    list->moved = true;
    if (below && list->at < list->above)
        focus_at(list, call, list->above);
    else if (!below && list->at >= list->above && list->above > 0)
        focus_at(list, call, first_of(list, call->people_count ? HOME_PERSON : HOME_MISSED));
}

static uint32_t plain_letter(uint32_t letter)
{
    return (uint32_t)towlower((wint_t)letter);
}

bool home_list_find(struct home_list *list, const struct call *call, uint32_t letter)
{
    size_t n = list->above, start = list->at < n ? list->at + 1 : 0;
    for (size_t i = 0; i < n; i++) {
        struct home_row row = list->rows[(start + i) % n];
        uint32_t first = 0;
        if (row.kind != HOME_PERSON)
            continue;
        utf8_next(call->people[row.index].name, strlen(call->people[row.index].name), &first);
        if (plain_letter(first) == plain_letter(letter)) {
            list->moved = true;
            focus_at(list, call, (start + i) % n);
            return true;
        }
    }
    return false;
}

bool home_list_ready(const struct home_list *list, uint64_t now_us)
{
    return !list->lost_us || now_us - list->lost_us >= HOME_GUARD_MS * 1000u;
}
