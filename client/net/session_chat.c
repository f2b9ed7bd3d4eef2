// Chat: lines to all, which their author signs for whoever reads them later, lines to one member alone, and the word
// that they have come. A line that cannot leave waits; one that nobody has acknowledged is said again when the
// connection is back, and shown once, because receivers know it by its id.
#include "session_parts.h"

#include "shared/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECEIPT_US = 200000, RECEIPT_ROOM = 16, AGAIN_US = 3000000 };

// ---- in ----

static void tell(struct session *s, const struct session_member *m, const char *text, uint64_t id, bool alone)
{
    struct notice *n = session_roster_about(NOTICE_CHAT, m);
    n->text = base_strdup(text);
    n->alone = alone;
    n->line_id = id;
    s->io.notice(s->io.ctx, n);
}

// Kept for who comes later, when it is signed for that.
static void keep(struct session *s, const struct session_member *m, const char *text, struct chat_line *line)
{
    memcpy(line->identity, m->identity, sizeof line->identity);
    snprintf(line->name, sizeof line->name, "%s", m->name);
    line->text = base_strdup(text);
    if (!chat_history_keep(&s->history, line))
        chat_line_free(line);
}

void session_chat_take(struct session *s, struct session_member *m, const json_t *o, bool alone, uint64_t number,
                       uint64_t now_us)
{
    const char *text = chat_line_text(json_object_get(o, "text"));
    struct chat_line line = {.id = 0};
    if (!text)
        return;
    bool whole = !alone && chat_line_take(&line, o);
    if (!whole && !chat_line_read_id(&line.id, json_object_get(o, "id")))
        line.id = 0;
    if (!line.id || !chat_history_seen(&s->history, m->identity, line.id)) {
        tell(s, m, text, line.id, alone);
        if (whole)
            keep(s, m, text, &line);
    }
    m->got_n = number;
    m->got_alone |= alone;
    if (!m->got_due_us)
        m->got_due_us = now_us + RECEIPT_US;
}

void session_chat_take_receipt(struct session *s, const struct session_member *m, const json_t *o)
{
    json_int_t n = json_integer_value(json_object_get(o, "n"));
    uint32_t number;
    while (n > 0 && (number = chat_out_got(&s->out, m->id, (uint64_t)n)) != 0) {
        struct notice *d = notice_new(NOTICE_DELIVERED);
        d->chat_number = number;
        s->io.notice(s->io.ctx, d);
    }
}

void session_chat_receipt(struct session *s, struct session_member *m, size_t members)
{
    char text[64];
    uint64_t n;
    m->got_due_us = 0;
    if (m->got_n <= m->got_told_n || (members > RECEIPT_ROOM && !m->got_alone) || !session_room_can_talk(s))
        return;
    m->got_alone = false;
    snprintf(text, sizeof text, "{\"kind\":\"got\",\"n\":%llu}", (unsigned long long)m->got_n);
    room_keys_send(&s->keys, m->id, text, &n);
    m->got_told_n = m->got_n;
}

// ---- out ----

static void lost(struct session *s, uint32_t number)
{
    struct notice *n = notice_new(NOTICE_CHAT_LOST);
    n->chat_number = number;
    s->io.notice(s->io.ctx, n);
}

// Whom a line to one is for: this person, wherever he is listed now. NULL while nobody here has shown to be him.
static struct session_member *addressee(struct session *s, const struct chat_out_line *l)
{
    struct session_member *found = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        struct session_member *m = &s->members[i];
        if (m->used && call_trust_good(m->trust) && memcmp(m->identity, l->identity, sizeof l->identity) == 0 &&
            room_keys_confirmed(&s->keys, m->id) && (!found || m->id == l->to))
            found = m;
    }
    return found;
}

static char *words_to_all(struct session *s, struct chat_line *line)
{
    memcpy(line->identity, s->config.identity, sizeof line->identity);
    snprintf(line->name, sizeof line->name, "%s", s->config.name);
    chat_line_sign(line, s->history.tag, s->config.identity_secret);
    json_t *o = json_pack("{s:s,s:s}", "kind", "chat", "text", line->text);
    char *packed = o && chat_line_put(line, o) ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return packed;
}

static char *words_to_one(const struct chat_out_line *l)
{
    char id[CHAT_LINE_ID];
    chat_line_write_id(id, l->id);
    json_t *o = json_pack("{s:s,s:s,s:s}", "kind", "chat", "text", l->text, "id", id);
    char *packed = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    return packed;
}

static bool say(struct session *s, struct chat_out_line *l, uint64_t now_us)
{
    struct chat_line line = {.id = l->id, .at_ms = l->at_ms, .text = l->text};
    char *packed = l->to ? words_to_one(l) : words_to_all(s, &line);
    bool sent = packed && room_keys_send(&s->keys, l->to, packed, &l->n);
    secrets_free(packed);
    if (!sent)
        return false;
    l->sent_us = l->sent_us ? l->sent_us : now_us;
    l->said_us = now_us;
    if (!l->to && !chat_history_seen(&s->history, s->config.identity, l->id)) {
        line.text = base_strdup(l->text);
        if (!chat_history_keep(&s->history, &line))
            chat_line_free(&line);
    }
    return true;
}

// Somebody here would say that he has a line to all.
static bool would_tell(const struct session *s)
{
    size_t members = 1, here = 0;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        members += m->used;
        here += m->used && !m->away && call_trust_good(m->trust);
    }
    return here > 0 && members <= RECEIPT_ROOM;
}

// The relay hands nothing to who is just coming back: what nobody has is said again for a while.
static uint64_t say_again(struct session *s, struct chat_out_line *l, uint64_t now_us)
{
    if (now_us - l->sent_us > CHAT_OUT_AGAIN_US)
        return UINT64_MAX;
    if (now_us - l->said_us < AGAIN_US)
        return l->said_us + AGAIN_US;
    const struct session_member *m = l->to ? addressee(s, l) : NULL;
    l->said_us = now_us;
    if (m)
        l->to = m->id;
    if (m || (!l->to && would_tell(s)))
        say(s, l, now_us);
    return now_us + AGAIN_US;
}

// A line that has not been sent; false when it is on its way no more.
static bool send_line(struct session *s, size_t i, uint64_t *next, uint64_t now_us)
{
    struct chat_out_line *l = &s->out.line[i];
    const struct session_member *m = l->to ? addressee(s, l) : NULL;
    if (l->to && !m) // waits for him a while, never for anybody else
        l->absent_us = l->absent_us ? l->absent_us : now_us;
    if (l->to && !m && now_us - l->absent_us < CHAT_OUT_ABSENT_US) {
        *next = MIN(*next, l->absent_us + CHAT_OUT_ABSENT_US);
        return true;
    }
    if (m)
        l->to = m->id;
    if ((!l->to || m) && say(s, l, now_us)) {
        *next = MIN(*next, now_us + AGAIN_US);
        return true;
    }
    lost(s, l->number);
    chat_out_drop(&s->out, i);
    return false;
}

uint64_t session_chat_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    if (!session_room_can_talk(s) || s->room_more)
        return UINT64_MAX;
    for (size_t i = 0; i < s->out.count;) {
        struct chat_out_line *l = &s->out.line[i];
        if (l->n)
            next = base_sooner(next, say_again(s, l, now_us));
        i += l->n || send_line(s, i, &next, now_us);
    }
    return next;
}

// He has left, and it is known: nobody else may have what was for him alone.
void session_chat_left(struct session *s, const struct session_member *m)
{
    for (size_t i = s->out.count; i-- > 0;) {
        const struct chat_out_line *l = &s->out.line[i];
        if (l->to && memcmp(l->identity, m->identity, sizeof l->identity) == 0 && !addressee(s, l)) {
            lost(s, l->number);
            chat_out_drop(&s->out, i);
        }
    }
}

void session_chat_say(struct session *s, struct command *c, uint64_t now_us)
{
    struct chat_out_line l = {
        .text = c->text, .number = c->chat_number, .id = c->line_id, .at_ms = c->at_ms, .to = c->member};
    memcpy(l.identity, c->identity, sizeof l.identity);
    if (!s->ever_in_room || !chat_out_add(&s->out, &l)) {
        lost(s, c->chat_number);
        return;
    }
    c->text = NULL;
    session_chat_tick(s, now_us);
}
