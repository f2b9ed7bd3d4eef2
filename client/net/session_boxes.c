// What members say to each other past the relay, in sealed boxes: who takes what.
#include "session_parts.h"

#include "client/net/file_box.h"

#include "shared/control.h"
#include "shared/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_US = 100000, TEXT_BURST_US = 64 * TEXT_US }; // a text in that time, and so many at once

static void take_text(struct session *s, struct session_member *m, const char *text, bool alone, uint64_t number,
                      uint64_t now_us)
{
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const char *kind = json_string_value(json_object_get(o, "kind"));
    if (kind && !strcmp(kind, "state"))
        session_tell_take_state(s, m, o);
    else if (kind && !strcmp(kind, "chat"))
        session_chat_take(s, m, o, alone, number, now_us);
    else if (kind && !strcmp(kind, "got"))
        session_chat_take_receipt(s, m, o);
    else if (kind && alone && !strcmp(kind, "history-ask"))
        session_history_tell(s, m, o, now_us);
    else if (kind && alone && !strcmp(kind, "history"))
        session_history_take(s, m, o, now_us);
    else if (kind && (!strcmp(kind, "order") || !strcmp(kind, "hosts")))
        session_orders_take(s, m, o, now_us);
    else if (kind && !strcmp(kind, "tell"))
        session_tell_take(s, m, o, alone);
    else if (kind && !strcmp(kind, "compare"))
        session_compare_take(s, m, o, now_us);
    else if (alone && file_box_is(kind))
        session_files_box(s, m, o, now_us);
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
            take_text(s, m, text, to != 0, number, now_us);
        secrets_free(text);
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
