// The room side of a session: control messages, the roster, boxes, state and chat.
#include "session.h"

#include "shared/control.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, MISSING_US = WIRE_LEFT_MS * 1000, ASK_AGAIN_US = 2 * SECOND, RECEIPT_US = SECOND / 5 };
enum { NO_ROOM_PATIENCE_US = 30 * SECOND, RECEIPT_ROOM = 16 };

struct session_member *session_room_member(struct session *s, uint16_t id)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used && s->members[i].id == id)
            return &s->members[i];
    return NULL;
}

static void send_control(struct session *s, const struct control *c)
{
    s->io.control(s->io.ctx, control_write(c));
}

static struct notice *about(enum notice_type type, const struct session_member *m)
{
    struct notice *n = notice_new(type);
    n->member = m->id;
    n->join_id = m->join_id;
    memcpy(n->name, m->name, sizeof n->name);
    memcpy(n->identity, m->identity, sizeof n->identity);
    return n;
}

// ---- asking ----

void session_room_hello(struct session *s)
{
    struct control c = {.type = CONTROL_HELLO};
    memcpy(c.hello.version, CONTROL_VERSION, sizeof CONTROL_VERSION);
    memcpy(c.hello.name, s->config.name, sizeof c.hello.name);
    memcpy(c.hello.identity, s->config.identity, 32);
    if (s->in_room) {
        c.hello.has_key = true;
        memcpy(c.hello.key, s->keys.join_public, 32);
        memcpy(c.hello.ticket, s->hop.ticket, s->hop.ticket_size);
        c.hello.ticket_size = s->hop.ticket_size;
    }
    send_control(s, &c);
}

static void ask_room(struct session *s)
{
    uint8_t token[32];
    struct control c = {.request = ++s->request};
    s->retry_us = UINT64_MAX;
    if (!s->welcomed || s->want == SESSION_NOTHING || s->asked) // asking twice would change the join key in between
        return;
    room_keys_begin(&s->keys, s->invite_key);
    keys_room_token(token, s->invite_key);
    s->asked = true;
    if (s->want == SESSION_CREATE) {
        c.type = CONTROL_CREATE;
        memcpy(c.create.key, s->keys.join_public, 32);
        keys_admit_hash(c.create.admit_hash, token);
    } else {
        c.type = CONTROL_JOIN;
        c.join.code = s->code;
        c.join.has_token = true;
        memcpy(c.join.key, s->keys.join_public, 32);
        memcpy(c.join.token, token, 32);
    }
    send_control(s, &c);
    sodium_memzero(token, sizeof token);
}

// ---- roster ----

static void send_state(struct session *s, uint16_t to)
{
    char text[96];
    uint64_t n;
    snprintf(text, sizeof text, "{\"kind\":\"state\",\"mic\":%s,\"cam\":%s,\"hand\":%s}",
             s->microphone ? "true" : "false", s->camera ? "true" : "false", s->hand ? "true" : "false");
    room_keys_send(&s->keys, to, text, &n);
}

// One by one, under the pairwise keys: a member who has just come may not have the message key yet.
static void send_state_to_all(struct session *s)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used)
            send_state(s, s->members[i].id);
}

static void remove_member(struct session *s, struct session_member *m, bool silent, uint64_t now_us)
{
    struct notice *n = about(NOTICE_LEFT, m);
    n->silent = silent;
    room_keys_remove(&s->keys, m->id, now_us);
    session_forget_member(s, m->id);
    m->used = false;
    s->io.notice(s->io.ctx, n);
    session_subscribe(s, now_us);
}

static void add_member(struct session *s, const struct control_member *c, bool silent, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, c->id);
    if (m && m->join_id != c->join_id) {
        remove_member(s, m, true, now_us);
        m = NULL;
    }
    bool fresh = !m;
    for (unsigned i = 0; !m && i < ARRAY_LEN(s->members); i++)
        if (!s->members[i].used)
            m = &s->members[i];
    if (!m || c->id == s->self)
        return;
    if (fresh) {
        *m = (struct session_member){.used = true, .id = c->id, .join_id = c->join_id};
        memcpy(m->name, c->name, sizeof m->name);
        memcpy(m->identity, c->identity, sizeof m->identity);
        struct notice *n = about(NOTICE_JOINED, m);
        n->silent = silent;
        s->io.notice(s->io.ctx, n);
    }
    m->missing_us = 0;
    if (c->has_key && room_keys_add(&s->keys, c->id, c->join_id, c->key, now_us) && !m->announced) {
        m->announced = true;
        send_state(s, c->id);
    }
    if (m->away != c->away) {
        m->away = c->away;
        struct notice *n = about(NOTICE_AWAY, m);
        n->flag = m->away;
        s->io.notice(s->io.ctx, n);
    }
}

void session_room_leave(struct session *s, uint64_t now_us)
{
    if ((s->in_room || s->asked) && s->link_up) // what was asked for is answered before this is read
        send_control(s, &(struct control){.type = CONTROL_LEAVE});
    hop_leave(&s->hop, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used)
            session_forget_member(s, s->members[i].id);
    memset(s->members, 0, sizeof s->members);
    for (size_t i = 0; i < s->waiting_count; i++)
        free(s->waiting[i].text);
    s->waiting_count = s->undelivered_count = 0;
    s->in_room = s->ever_in_room = s->connection = s->asked = s->room_more = false;
    s->no_room_since_us = 0;
    s->retry_us = UINT64_MAX;
    s->want = SESSION_NOTHING;
}

static void send_waiting(struct session *s);

static void enter(struct session *s, const struct control *c, uint64_t now_us)
{
    bool same = s->in_room && s->join_id == c->room.join_id && s->self == c->room.self;
    if (!same) { // a new join: nothing of an older one stays
        for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
            if (s->members[i].used)
                remove_member(s, &s->members[i], true, now_us);
        s->self = c->room.self;
        s->join_id = c->room.join_id;
        room_keys_enter(&s->keys, c->room.room, s->self, s->join_id);
    }
    s->code = c->room.code;
    s->in_room = s->ever_in_room = true;
    s->want = SESSION_JOIN; // from now on we come back by the number
    s->retry_us = UINT64_MAX;
    s->no_room_since_us = 0;
    s->asked = false;
    s->io.media_address(s->io.ctx, c->room.media_host, c->room.media_port);
    uint64_t nonce;
    randombytes_buf(&nonce, sizeof nonce);
    nonce >>= 8; // room to rise
    hop_enter(&s->hop,
              &(struct hop_entry){.sender = c->room.self,
                                  .room = c->room.room,
                                  .epoch = c->room.epoch,
                                  .hop_key = c->room.hop_key,
                                  .room_secret = c->room.room_secret,
                                  .ticket = c->room.ticket,
                                  .ticket_size = c->room.ticket_size},
              nonce, now_us);
    struct notice *n = notice_new(NOTICE_ROOM);
    n->member = s->self;
    n->code = s->code;
    n->resumed = same;
    memcpy(n->invite_key, s->invite_key, sizeof n->invite_key);
    s->io.notice(s->io.ctx, n);
    if (same)
        for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
            s->members[i].missing_us = now_us; // until listed below or announced again
}

static void on_room(struct session *s, const struct control *c, uint64_t now_us)
{
    bool resumed = s->in_room && s->join_id == c->room.join_id;
    bool continued = s->room_more;
    s->room_more = c->room.more;
    if (s->want == SESSION_NOTHING || (c->request && c->request != s->request))
        return; // we have left meanwhile
    if (!continued)
        enter(s, c, now_us);
    for (size_t i = 0; i < c->room.member_count; i++)
        add_member(s, &c->room.members[i], true, now_us);
    if (resumed && !c->room.more) { // boxes may have been lost with the connection
        room_keys_announce(&s->keys, now_us);
        send_state_to_all(s);
    }
    session_subscribe(s, now_us);
    send_waiting(s);
}

static void on_left(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, c->left.id);
    if (m) {
        remove_member(s, m, false, now_us);
    } else if (s->in_room &&
               c->left.id == s->self) { // our datagrams were gone too long: the invite still opens the door
        s->in_room = false;
        s->retry_us = now_us;
    }
}

static void on_away(struct session *s, const struct control *c)
{
    struct session_member *m = session_room_member(s, c->away.id);
    if (!m || m->away == c->away.away)
        return;
    m->away = c->away.away;
    struct notice *n = about(NOTICE_AWAY, m);
    n->flag = m->away;
    s->io.notice(s->io.ctx, n);
}

// ---- errors ----

static void refuse(struct session *s, uint64_t now_us, int exit_code, const char *sentence, const char *advice)
{
    struct notice *n = notice_new(NOTICE_REFUSED);
    n->text = base_strdup(sentence);
    n->advice = base_strdup(advice);
    n->exit_code = exit_code;
    session_room_leave(s, now_us);
    s->io.notice(s->io.ctx, n);
}

static void on_error(struct session *s, const struct control *c, uint64_t now_us)
{
    log_info("session", "relay says code=%s", control_error_name(c->error.code));
    if (c->request && c->request == s->request)
        s->asked = false;
    switch (c->error.code) {
    case CONTROL_ERROR_VERSION:
        refuse(s, now_us, EXIT_REFUSED, "This box needs a newer parlour to join.", "Update it and try again.");
        break;
    case CONTROL_ERROR_NO_ROOM:
        if (!s->ever_in_room) {
            refuse(s, now_us, EXIT_REFUSED, "No room has this number", "Check the number and try again.");
        } else { // a restarted relay may not know it yet: others will bring it back
            if (!s->no_room_since_us)
                s->no_room_since_us = now_us;
            s->retry_us = now_us + ASK_AGAIN_US;
            if (now_us - s->no_room_since_us > NO_ROOM_PATIENCE_US)
                refuse(s, now_us, EXIT_LOST, "The room has ended.", "Start a new one or ask for a new invite.");
        }
        break;
    case CONTROL_ERROR_TICKET: // our place is gone; the invite still opens the door
        s->retry_us = now_us;
        s->in_room = false;
        break;
    case CONTROL_ERROR_FULL:
        if (!s->ever_in_room)
            refuse(s, now_us, EXIT_REFUSED, "The room is full", "Try again when somebody has left.");
        else
            s->retry_us = now_us + ASK_AGAIN_US;
        break;
    case CONTROL_ERROR_BUSY:
        if (!s->ever_in_room)
            refuse(s, now_us, EXIT_REFUSED, "Too many tries. Wait one minute.", "Then try again.");
        else
            s->retry_us = now_us + 5 * ASK_AGAIN_US;
        break;
    case CONTROL_ERROR_NOT_NOW:
        s->retry_us = now_us + ASK_AGAIN_US;
        break;
    default:
        break;
    }
}

static void on_welcome(struct session *s, const struct control *c, uint64_t now_us)
{
    s->welcomed = true;
    struct notice *n = notice_new(NOTICE_RELAY);
    n->flag = true;
    s->io.notice(s->io.ctx, n);
    if (s->in_room && c->welcome.resumed)
        return; // `room` follows
    if (s->want != SESSION_NOTHING)
        s->retry_us = now_us;
}

// ---- boxes ----

static void take_state(struct session *s, struct session_member *m, json_t *o)
{
    struct notice *n = about(NOTICE_STATE, m);
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
    struct notice *n = about(NOTICE_CHAT, m);
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
    json_decref(o); // other kinds are for later versions
}

static void on_box(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, c->box.from);
    char *text = NULL;
    uint64_t number = 0;
    if (!m)
        return;
    switch (room_keys_open(&s->keys, m->id, c->box.to, c->box.boxes[0].data, now_us, &text, &number)) {
    case ROOM_KEYS_TEXT:
        take_text(s, m, text, number, now_us);
        free(text);
        break;
    case ROOM_KEYS_NEW_BASE:
        media_rx_key_came(&s->rx, now_us);
        if (!m->keyed) {
            m->keyed = true;
            s->io.notice(s->io.ctx, about(NOTICE_KEY, m));
            session_subscribe(s, now_us);
        }
        break;
    case ROOM_KEYS_ASKED:
        send_state(s, m->id);
        break;
    case ROOM_KEYS_BAD:
        log_warn("session", "a box did not open from=%u", m->id);
        break;
    case ROOM_KEYS_HANDLED:
        break;
    }
}

void session_room_control(struct session *s, const char *text, size_t n, uint64_t now_us)
{
    struct control c;
    if (!control_read(&c, text, n)) {
        log_warn("session", "a control message of the relay was not understood size=%zu", n);
        return;
    }
    switch (c.type) {
    case CONTROL_WELCOME:
        on_welcome(s, &c, now_us);
        break;
    case CONTROL_ROOM:
        on_room(s, &c, now_us);
        break;
    case CONTROL_JOINED:
        if (s->in_room)
            add_member(s, &c.joined, false, now_us);
        break;
    case CONTROL_AWAY:
        on_away(s, &c);
        break;
    case CONTROL_LEFT:
        on_left(s, &c, now_us);
        break;
    case CONTROL_BOX:
        on_box(s, &c, now_us);
        break;
    case CONTROL_TICKET:
        hop_renew(&s->hop, c.ticket.epoch, c.ticket.room_secret, c.ticket.ticket, c.ticket.ticket_size, now_us);
        break;
    case CONTROL_ERROR:
        on_error(s, &c, now_us);
        break;
    default: // only clients say these
        break;
    }
    control_free(&c);
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

static bool can_talk(const struct session *s)
{
    return s->in_room && s->link_up && s->welcomed && !s->asked;
}

static void send_waiting(struct session *s)
{
    if (!can_talk(s))
        return;
    for (size_t i = 0; i < s->waiting_count; i++) {
        send_chat(s, s->waiting[i].text, s->waiting[i].number);
        free(s->waiting[i].text);
    }
    s->waiting_count = 0;
}

static void chat(struct session *s, struct command *c)
{
    if (can_talk(s)) {
        send_chat(s, c->text, c->chat_number);
    } else if (s->waiting_count < ARRAY_LEN(s->waiting)) {
        s->waiting[s->waiting_count++] = (struct session_chat_line){c->text, c->chat_number};
        c->text = NULL;
    }
}

void session_room_command(struct session *s, struct command *c, uint64_t now_us)
{
    switch (c->type) {
    case COMMAND_CREATE:
    case COMMAND_JOIN:
        if (s->in_room || s->want != SESSION_NOTHING)
            session_room_leave(s, now_us);
        s->want = c->type == COMMAND_CREATE ? SESSION_CREATE : SESSION_JOIN;
        s->code = c->code;
        if (c->type == COMMAND_CREATE)
            randombytes_buf(s->invite_key, sizeof s->invite_key);
        else
            memcpy(s->invite_key, c->invite_key, sizeof s->invite_key);
        s->retry_us = now_us;
        break;
    case COMMAND_LEAVE:
        session_room_leave(s, now_us);
        break;
    case COMMAND_CHAT:
        chat(s, c);
        break;
    case COMMAND_STATE:
        s->microphone = c->microphone;
        s->camera = c->camera;
        s->hand = c->hand;
        if (can_talk(s))
            send_state_to_all(s);
        break;
    default:
        break;
    }
}

static uint64_t tick_member(struct session *s, struct session_member *m, size_t members, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    if (m->got_due_us && now_us >= m->got_due_us) {
        char text[64];
        uint64_t n;
        m->got_due_us = 0;
        if (m->got_n > m->got_told_n && members <= RECEIPT_ROOM && can_talk(s)) {
            snprintf(text, sizeof text, "{\"kind\":\"got\",\"n\":%llu}", (unsigned long long)m->got_n);
            room_keys_send(&s->keys, m->id, text, &n);
            m->got_told_n = m->got_n;
        }
    }
    if (m->got_due_us)
        next = m->got_due_us;
    // A rebuilt room knows only who has come back; the others get their 30 seconds, counted while we are connected.
    if (m->missing_us && can_talk(s)) {
        if (now_us - m->missing_us > MISSING_US)
            remove_member(s, m, false, now_us);
        else
            next = MIN(next, m->missing_us + MISSING_US + 1);
    }
    return next;
}

uint64_t session_room_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    size_t members = 1;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        members += s->members[i].used;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used)
            next = MIN(next, tick_member(s, &s->members[i], members, now_us));
    if (s->link_up && s->welcomed && s->retry_us <= now_us)
        ask_room(s);
    if (s->link_up && s->welcomed)
        next = MIN(next, s->retry_us);
    return next;
}
