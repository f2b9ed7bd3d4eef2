// The room side of a session: asking for one, being in one, coming back, and what hosts do.
#include "session_parts.h"

#include "shared/control.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, ASK_AGAIN_US = 2 * SECOND, ASK_SOON_US = SECOND / 2, NO_ROOM_PATIENCE_US = 30 * SECOND };

static void send_control(struct session *s, const struct control *c)
{
    s->io.control(s->io.ctx, control_write(c));
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

static void enter(struct session *s, const struct control *c, uint64_t now_us)
{
    bool same = s->in_room && s->join_id == c->room.join_id && s->self == c->room.self;
    if (!same) { // a new join: nothing of an older one stays
        for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
            if (s->members[i].used)
                session_roster_remove(s, &s->members[i], true, now_us);
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
        session_roster_add(s, &c->room.members[i], true, now_us);
    if (resumed && !c->room.more) { // boxes may have been lost with the connection
        room_keys_announce(&s->keys, now_us);
        session_roster_send_state_to_all(s);
    }
    session_subscribe(s, now_us);
    session_boxes_send_waiting(s);
}

static void on_left(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, c->left.id);
    if (m) {
        session_roster_remove(s, m, false, now_us);
    } else if (s->in_room &&
               c->left.id == s->self) { // our datagrams were gone too long: the invite still opens the door
        s->in_room = false;
        s->retry_us = now_us;
    }
}

// ---- errors ----

void session_room_refuse(struct session *s, uint64_t now_us, int exit_code, const char *sentence, const char *advice)
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
        session_room_refuse(s, now_us, EXIT_REFUSED, "This box needs a newer parlour to join.",
                            "Update it and try again.");
        break;
    case CONTROL_ERROR_NO_ROOM:
        if (!s->ever_in_room) {
            session_room_refuse(s, now_us, EXIT_REFUSED, "No room has this number", "Check the number and try again.");
        } else { // a restarted relay may not know it yet: others will bring it back
            if (!s->no_room_since_us)
                s->no_room_since_us = now_us;
            s->retry_us = now_us + ASK_AGAIN_US;
            if (now_us - s->no_room_since_us > NO_ROOM_PATIENCE_US)
                session_room_refuse(s, now_us, EXIT_LOST, "The room has ended.",
                                    "Start a new one or ask for a new invite.");
        }
        break;
    case CONTROL_ERROR_TICKET: // our place is gone; the invite still opens the door
        s->retry_us = now_us;
        s->in_room = false;
        break;
    case CONTROL_ERROR_FULL:
        if (!s->ever_in_room)
            session_room_refuse(s, now_us, EXIT_REFUSED, "The room is full", "Try again when somebody has left.");
        else
            s->retry_us = now_us + ASK_AGAIN_US;
        break;
    case CONTROL_ERROR_BUSY:
        if (!s->ever_in_room)
            session_room_refuse(s, now_us, EXIT_REFUSED, "Too many tries. Wait one minute.", "Then try again.");
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
            session_roster_add(s, &c.joined, false, now_us);
        break;
    case CONTROL_AWAY:
        session_roster_away(s, c.away.id, c.away.away);
        break;
    case CONTROL_LEFT:
        on_left(s, &c, now_us);
        break;
    case CONTROL_BOX:
        session_boxes_take(s, &c, now_us);
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

bool session_room_can_talk(const struct session *s)
{
    return s->in_room && s->link_up && s->welcomed && !s->asked;
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
        session_boxes_chat(s, c);
        break;
    case COMMAND_STATE:
        s->microphone = c->microphone;
        s->camera = c->camera;
        s->hand = c->hand;
        if (session_room_can_talk(s))
            session_roster_send_state_to_all(s);
        break;
    default:
        break;
    }
}

uint64_t session_room_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = session_roster_tick(s, now_us);
    if (s->link_up && s->welcomed && s->retry_us <= now_us)
        ask_room(s);
    if (s->link_up && s->welcomed)
        next = MIN(next, s->retry_us);
    return next;
}
