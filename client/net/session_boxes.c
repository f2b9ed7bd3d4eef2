// What members say to each other past the relay: state, chat and its receipts, in sealed boxes.
#include "session_parts.h"

#include "shared/control.h"
#include "shared/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_US = 100000, TEXT_BURST_US = 64 * TEXT_US }; // a text in that time, and so many at once
enum { RECEIPT_US = 200000, RECEIPT_ROOM = 16 };

static void take_state(struct session *s, struct session_member *m, json_t *o)
{
    struct notice *n = session_roster_about(NOTICE_STATE, m);
    n->microphone = json_is_true(json_object_get(o, "mic"));
    n->camera = json_is_true(json_object_get(o, "cam"));
    n->hand = json_is_true(json_object_get(o, "hand"));
    s->io.notice(s->io.ctx, n);
}

static size_t code_points(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void take_chat(struct session *s, struct session_member *m, json_t *o, uint64_t number, uint64_t now_us)
{
    json_t *t = json_object_get(o, "text");
    const char *text = json_string_value(t);
    size_t length = text ? json_string_length(t) : 0;
    if (length == 0 || length > WIRE_CHAT_BYTES || strlen(text) != length || code_points(text) > WIRE_CHAT_CODEPOINTS)
        return;
    struct notice *n = session_roster_about(NOTICE_CHAT, m);
    n->text = base_strdup(text);
    s->io.notice(s->io.ctx, n);
    m->got_n = number;
    if (!m->got_due_us)
        m->got_due_us = now_us + RECEIPT_US;
}

static void take_receipt(struct session *s, json_t *o)
{
    json_int_t n = json_integer_value(json_object_get(o, "n"));
    size_t kept = 0;
    for (size_t i = 0; i < s->undelivered_count; i++) {
        if (n > 0 && s->undelivered[i].n <= (uint64_t)n) {
            struct notice *d = notice_new(NOTICE_DELIVERED);
            d->chat_number = s->undelivered[i].number;
            s->io.notice(s->io.ctx, d);
        } else {
            s->undelivered[kept++] = s->undelivered[i];
        }
    }
    s->undelivered_count = kept;
}

static void take_text(struct session *s, struct session_member *m, const char *text, uint64_t number, uint64_t now_us)
{
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const char *kind = json_string_value(json_object_get(o, "kind"));
    if (kind && !strcmp(kind, "state"))
        take_state(s, m, o);
    else if (kind && !strcmp(kind, "chat"))
        take_chat(s, m, o, number, now_us);
    else if (kind && !strcmp(kind, "got"))
        take_receipt(s, o);
    else if (kind && (!strcmp(kind, "order") || !strcmp(kind, "hosts")))
        session_orders_take(s, m, o, now_us);
    else if (kind && !strcmp(kind, "compare"))
        session_compare_take(s, m, o, now_us);
    json_decref(o); // other kinds are for later versions
}

// Nobody may fill what main reads, the log or the screen: what others say would be lost with it.
static bool too_much(struct session_member *m, uint64_t now_us)
{
    uint64_t from = MAX(m->texts_us, now_us);
    bool much = from - now_us >= TEXT_BURST_US;
    m->texts_us = much ? m->texts_us : from + TEXT_US;
    return much;
}

void session_boxes_take(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, c->box.from);
    char *text = NULL;
    uint64_t number = 0;
    if (!m)
        return;
    bool was_confirmed = room_keys_confirmed(&s->keys, m->id);
    uint16_t to = c->box.alone ? s->self : c->box.to;
    enum room_keys_box kind = room_keys_open(&s->keys, m->id, to, c->box.boxes[0].data, now_us, &text, &number);
    if (!was_confirmed && room_keys_confirmed(&s->keys, m->id))
        session_trust_confirmed(s, m, now_us);
    switch (kind) {
    case ROOM_KEYS_TEXT:
        if (!too_much(m, now_us))
            take_text(s, m, text, number, now_us);
        free(text);
        break;
    case ROOM_KEYS_NEW_BASE:
        media_rx_key_came(&s->rx, now_us);
        if (!m->keyed) {
            m->keyed = true;
            s->io.notice(s->io.ctx, session_roster_about(NOTICE_KEY, m));
            session_subscribe(s, now_us);
        }
        break;
    case ROOM_KEYS_ASKED:
        session_roster_introduce(s, m->id);
        break;
    case ROOM_KEYS_BAD:
        log_warn("session", "a box did not open from=%u", m->id);
        break;
    case ROOM_KEYS_HANDLED:
        break;
    }
}

// ---- chat out ----

static bool send_chat(struct session *s, const char *text, uint32_t number)
{
    uint64_t n;
    json_t *o = json_pack("{s:s,s:s}", "kind", "chat", "text", text);
    char *packed = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    bool sent = packed && room_keys_send(&s->keys, 0, packed, &n);
    free(packed);
    if (sent) {
        if (s->undelivered_count == ARRAY_LEN(s->undelivered))
            memmove(&s->undelivered[0], &s->undelivered[1], sizeof s->undelivered[0] * --s->undelivered_count);
        s->undelivered[s->undelivered_count].n = n;
        s->undelivered[s->undelivered_count++].number = number;
    }
    return sent;
}

void session_boxes_send_waiting(struct session *s)
{
    if (!session_room_can_talk(s))
        return;
    for (size_t i = 0; i < s->waiting_count; i++) {
        send_chat(s, s->waiting[i].text, s->waiting[i].number);
        free(s->waiting[i].text);
    }
    s->waiting_count = 0;
}

void session_boxes_chat(struct session *s, struct command *c)
{
    if (session_room_can_talk(s)) {
        send_chat(s, c->text, c->chat_number);
    } else if (s->waiting_count < ARRAY_LEN(s->waiting)) {
        s->waiting[s->waiting_count++] = (struct session_chat_line){c->text, c->chat_number};
        c->text = NULL;
    }
}

void session_boxes_receipt(struct session *s, struct session_member *m, size_t members)
{
    char text[64];
    uint64_t n;
    m->got_due_us = 0;
    if (m->got_n <= m->got_told_n || members > RECEIPT_ROOM || !session_room_can_talk(s))
        return;
    snprintf(text, sizeof text, "{\"kind\":\"got\",\"n\":%llu}", (unsigned long long)m->got_n);
    room_keys_send(&s->keys, m->id, text, &n);
    m->got_told_n = m->got_n;
}
