// What was said before we came, or while we were away: asked of one member who was here, told to who asks. Every line
// carries its author's own signature, so who tells can leave something out and invent nothing (PROTOCOL.md §6).
#include "session_parts.h"

#include "shared/label.h"
#include "shared/log.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum {
    SECOND = 1000000,
    FIRST_US = SECOND / 4,     // who is here has shown by then who he is
    ANSWER_US = 2 * SECOND,    // then another is asked
    PATIENCE_US = 15 * SECOND, // for somebody to ask
    TELL_US = 4 * SECOND,      // an answer to one member in that time, three at once
    BUDGET_US = 10 * SECOND,   // in this time
    BUDGET = 24,               // so many pages are told, whoever asks
    ALONE_US = 120 * SECOND    // then who was lost has left
};

// ---- asking ----

void session_history_enter(struct session *s, uint64_t now_us)
{
    struct session_asking *a = &s->asking;
    bool had = a->had;
    *a = (struct session_asking){.had = had, .back = had};
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        s->members[i].was_here = s->members[i].used;
        a->wanted |= s->members[i].used;
    }
    a->due_us = now_us + FIRST_US;
    a->until_us = now_us + PATIENCE_US;
}

// Ids rise with joins: the lowest has been here longest.
static struct session_member *whom_to_ask(struct session *s)
{
    struct session_member *best = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        struct session_member *m = &s->members[i];
        bool tried = false;
        for (unsigned k = 0; k < s->asking.tries; k++)
            tried |= s->asking.tried[k] == m->id;
        if (m->used && m->was_here && !m->away && !tried && call_trust_good(m->trust) &&
            room_keys_confirmed(&s->keys, m->id) && (!best || m->id < best->id))
            best = m;
    }
    return best;
}

static void ask(struct session *s, const struct session_member *m, uint64_t now_us)
{
    struct session_asking *a = &s->asking;
    char *text = chat_history_ask(&s->history);
    uint64_t n;
    a->tried[a->tries++] = m->id;
    a->asked = m->id;
    a->asked_join = m->join_id;
    a->lines = a->pages = 0;
    a->due_us = now_us + ANSWER_US;
    if (text)
        room_keys_send(&s->keys, m->id, text, &n);
    secrets_free(text);
}

// ---- the end of a conversation ----

static bool anybody(const struct session *s)
{
    bool any = false;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        any |= s->members[i].used;
    return any;
}

// When everybody else has left it is over: who comes then begins another, and learns nothing of it.
void session_history_left(struct session *s, bool lost, uint64_t now_us)
{
    if (anybody(s))
        return;
    s->alone_us = lost ? now_us : 0;
    if (!lost)
        chat_history_forget(&s->history);
}

static uint64_t tick_alone(struct session *s, uint64_t now_us)
{
    if (s->alone_us && anybody(s))
        s->alone_us = 0;
    if (!s->alone_us)
        return UINT64_MAX;
    if (now_us - s->alone_us < ALONE_US)
        return s->alone_us + ALONE_US;
    s->alone_us = 0;
    chat_history_forget(&s->history);
    return UINT64_MAX;
}

static uint64_t tick_asking(struct session *s, uint64_t now_us)
{
    struct session_asking *a = &s->asking;
    if (!a->wanted || !session_room_can_talk(s))
        return UINT64_MAX;
    if (now_us < a->due_us)
        return a->due_us;
    const struct session_member *m = a->tries < ARRAY_LEN(a->tried) ? whom_to_ask(s) : NULL;
    a->asked = 0;
    if (m)
        ask(s, m, now_us);
    else
        a->due_us = now_us + FIRST_US;
    a->wanted = m || (a->tries < ARRAY_LEN(a->tried) && now_us < a->until_us);
    return a->due_us;
}

uint64_t session_history_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = tick_alone(s, now_us);
    return base_sooner(next, tick_asking(s, now_us));
}

// The author's name as it may be shown; NULL when he is not to be believed. A line carries the name its author has
// signed, and an author can be made up: who is here is called as he is here, and nobody else by his name, or by ours.
static const char *author(struct session *s, const struct chat_line *line)
{
    char label[LABEL_MAX], other[LABEL_MAX];
    bool taken = false;
    if (memcmp(line->identity, s->config.identity, sizeof line->identity) == 0)
        return s->config.name;
    label_of(label, line->name);
    label_of(other, s->config.name);
    taken = label_same(label, other);
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        if (m->used && memcmp(m->identity, line->identity, sizeof line->identity) == 0)
            return call_trust_good(m->trust) ? m->name : NULL;
        label_of(other, m->name);
        taken = taken || (m->used && call_trust_good(m->trust) && label_same(label, other));
    }
    bool good = !s->io.judge || call_trust_good(s->io.judge(s->io.ctx, line->name, line->identity));
    return good && !taken ? line->name : NULL;
}

static void take_line(struct session *s, const struct session_member *m, const json_t *o)
{
    struct chat_line line;
    if (!chat_line_read(&line, o))
        return;
    const char *name = chat_line_signed(&line, s->history.tag) ? author(s, &line) : NULL;
    if (name && !chat_history_seen(&s->history, line.identity, line.id)) {
        struct notice *n = notice_new(NOTICE_CHAT);
        memcpy(n->identity, line.identity, sizeof n->identity);
        snprintf(n->name, sizeof n->name, "%s", name);
        n->text = base_strdup(line.text);
        n->advice = base_strdup(m->name);
        n->at_ms = line.at_ms;
        n->line_id = line.id;
        n->older = !s->asking.had;
        n->missed = s->asking.had;
        s->io.notice(s->io.ctx, n);
        if (chat_history_keep(&s->history, &line))
            return;
    }
    chat_line_free(&line);
}

void session_history_take(struct session *s, const struct session_member *m, const json_t *o, uint64_t now_us)
{
    struct session_asking *a = &s->asking;
    const json_t *lines = json_object_get(o, "lines");
    if (!a->wanted || m->id != a->asked || m->join_id != a->asked_join || !json_is_array(lines))
        return; // not what we asked, or not whom
    for (size_t i = 0; i < json_array_size(lines) && a->lines < CHAT_HISTORY_LINES; i++, a->lines++)
        take_line(s, m, json_array_get(lines, i));
    bool more = json_is_true(json_object_get(o, "more")) && a->lines < CHAT_HISTORY_LINES;
    a->due_us = now_us + ANSWER_US;
    if (more && ++a->pages < CHAT_HISTORY_PAGES)
        return;
    // Who was here may have been away himself for a moment: who comes back asks the next one, too, for what is lacking.
    a->wanted = a->back && a->tries < ARRAY_LEN(a->tried);
    a->had = true;
    a->asked = 0;
    a->due_us = now_us;
}

// ---- telling ----

// Nobody can make us talk all the time.
static bool may_tell(struct session *s, struct session_member *m, uint64_t now_us)
{
    uint64_t from = MAX(m->told_us, now_us);
    if (now_us - s->told_us >= BUDGET_US) {
        s->told_us = now_us;
        s->told_pages = 0;
    }
    if (!call_trust_good(m->trust) || from - now_us > 2 * TELL_US || s->told_pages >= BUDGET)
        return false;
    m->told_us = from + TELL_US;
    return true;
}

void session_history_tell(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us)
{
    struct chat_history_have have;
    size_t at = 0;
    bool more = true;
    if (!chat_history_read_ask(&have, o) || !may_tell(s, m, now_us))
        return;
    while (more) {
        char *page = chat_history_page(&s->history, &have, &at, &more);
        uint64_t n;
        if (!page || !room_keys_send(&s->keys, m->id, page, &n))
            more = false;
        secrets_free(page);
        s->told_pages++;
    }
}
