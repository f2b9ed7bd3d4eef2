// The room side of a session: asking for one, being in one, coming back, and what hosts do.
#include "session_parts.h"

#include "client/language.h"

#include "shared/control.h"
#include "shared/ctrl.h"
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

void session_room_sign_join(const struct session *s, uint8_t signature[STATEMENT_SIZE])
{
    statement_sign(signature, s->config.name, s->keys.join_public, s->config.identity_secret);
}

void session_room_hello(struct session *s)
{
    struct control c = {.type = CONTROL_HELLO};
    session_people_hello(s);
    memcpy(c.hello.version, CONTROL_VERSION, sizeof CONTROL_VERSION);
    memcpy(c.hello.name, s->config.name, sizeof c.hello.name);
    memcpy(c.hello.identity, s->config.identity, 32);
    if (s->in_room) {
        c.hello.has_key = true;
        memcpy(c.hello.key, s->keys.join_public, 32);
        session_room_sign_join(s, c.hello.signature);
        memcpy(c.hello.ticket, s->hop.ticket, s->hop.ticket_size);
        c.hello.ticket_size = s->hop.ticket_size;
    }
    send_control(s, &c);
}

// What tells a relay that has lost its ticket key who we were: the room's descriptor, and that our identity is ours.
static void add_memory(struct session *s, struct control *join, const uint8_t token[32])
{
    uint8_t hash[32];
    memcpy(join->join.descriptor, s->descriptor, s->descriptor_size);
    join->join.descriptor_size = s->descriptor_size;
    join->join.has_proof = s->has_challenge;
    keys_admit_hash(hash, token);
    descriptor_prove(join->join.proof, s->challenge, hash, s->config.identity_secret);
}

static void ask_room(struct session *s, uint64_t now_us)
{
    uint8_t token[32], door[DOOR_MAX];
    char door_text[2 * DOOR_MAX];
    struct control c = {.request = s->request + 1};
    s->retry_us = UINT64_MAX;
    if (!s->welcomed || s->want == SESSION_NOTHING || s->asked) // asking twice would change the join key in between
        return;
    if (s->want == SESSION_CALL) {
        session_calls_ask(s, now_us);
        return;
    }
    s->request = c.request;
    room_keys_begin(&s->keys);
    room_keys_set_invite(&s->keys, s->secret->invite_key);
    keys_room_token(token, s->secret->invite_key);
    s->asked = true;
    if (s->want == SESSION_CREATE) {
        c.type = CONTROL_CREATE;
        memcpy(c.create.key, s->keys.join_public, 32);
        session_room_sign_join(s, c.create.signature);
        keys_admit_hash(c.create.admit_hash, token);
        c.create.lobby = s->lobby;
    } else {
        c.type = CONTROL_JOIN;
        c.join.code = s->code;
        c.join.has_token = s->secret->has_invite_key;
        memcpy(c.join.key, s->keys.join_public, 32);
        session_room_sign_join(s, c.join.signature);
        memcpy(c.join.token, token, 32);
        if (c.join.has_token)
            add_memory(s, &c, token);
        size_t n = session_door_begin(s, door);
        c.join.door = n ? keys_base64(door_text, sizeof door_text, door, n) : NULL;
    }
    send_control(s, &c);
    sodium_memzero(token, sizeof token);
}

void session_room_leave(struct session *s, uint64_t now_us)
{
    session_files_end(s, now_us);
    if ((s->in_room || s->asked) && s->link_up) // what was asked for is answered before this is read
        send_control(s, &(struct control){.type = CONTROL_LEAVE});
    hop_leave(&s->hop, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].used)
            session_forget_member(s, s->members[i].id);
    memset(s->members, 0, sizeof s->members);
    memset(&s->copies, 0, sizeof s->copies);
    memset(&s->layers, 0, sizeof s->layers);
    memset(s->sent, 0, sizeof s->sent);
    outflow_left(&s->outflow);
    chat_out_end(&s->out);
    chat_history_end(&s->history);
    memset(&s->asking, 0, sizeof s->asking);
    s->alone_us = 0;
    s->in_room = s->ever_in_room = s->connection = s->asked = s->room_more = false;
    s->knocking = false;
    session_orders_forget(s);
    session_calls_forget(s);
    s->no_room_since_us = 0;
    s->retry_us = UINT64_MAX;
    s->want = SESSION_NOTHING;
    room_keys_end(&s->keys);
    sodium_memzero(s->secret, sizeof *s->secret);
}

// The join whose keys we have: while another is asked for, there are none of an older one.
static bool is_this_join(const struct session *s, const struct control *c)
{
    return s->in_room && !s->asked && s->join_id == c->room.join_id && s->self == c->room.self;
}

static void enter(struct session *s, const struct control *c, uint64_t now_us)
{
    bool same = is_this_join(s, c);
    if (!same) { // a new join: nothing of an older one stays
        for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
            if (s->members[i].used)
                session_roster_remove(s, &s->members[i], true, now_us);
        s->self = c->room.self;
        s->join_id = c->room.join_id;
        room_keys_enter(&s->keys, c->room.room, s->self, s->join_id);
    }
    s->code = c->room.code;
    bool created = s->want == SESSION_CREATE;
    session_orders_enter(s, created, same);
    s->in_room = s->ever_in_room = true;
    if (s->want != SESSION_CALL)
        s->want = SESSION_JOIN; // from now on we come back by the number
    else if (!same)
        session_calls_entered(s, now_us);
    s->retry_us = UINT64_MAX;
    s->no_room_since_us = 0;
    s->asked = s->knocking = s->described = false;
    session_door_forget(s);
    s->creator = s->creator || created;
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
    chat_history_begin(&s->history, s->secret->invite_key);
    chat_out_again(&s->out, now_us);
    if (!same)
        session_compare_enter(s);
    struct notice *n = notice_new(NOTICE_ROOM);
    n->member = s->self;
    n->code = s->code;
    n->resumed = same;
    memcpy(n->invite_key, s->secret->invite_key, sizeof n->invite_key);
    n->has_passphrase = s->secret->has_root;
    if ((n->private_call = session_calls_talking(s))) {
        n->ring = s->call.told;
        memcpy(n->name, s->call.name, sizeof n->name);
        memcpy(n->identity, s->call.identity, sizeof n->identity);
    }
    s->io.notice(s->io.ctx, n);
    if (same)
        for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
            s->members[i].missing_us = now_us; // until listed below or announced again
}

static void on_room(struct session *s, const struct control *c, uint64_t now_us)
{
    bool ours = is_this_join(s, c), resumed = ours, continued = ours && s->room_more;
    // What was not asked for is not gone into: before `join` or `create` our join key and base are zeros, and the
    // invite key is not mixed in. Nor is what we have left meanwhile.
    if (s->want == SESSION_NOTHING || !(ours || (s->asked && c->request == s->request)))
        return;
    if ((s->want == SESSION_CALL) != (c->room.code == CONTROL_NO_CODE))
        return; // a call has no number, and every other room has one
    s->room_more = c->room.more;
    if (!continued && !session_door_may_enter(s, now_us))
        return;
    if (!continued)
        enter(s, c, now_us);
    session_orders_listed(s, c);
    for (size_t i = 0; i < c->room.member_count; i++)
        session_roster_add(s, &c->room.members[i], true, now_us);
    if (resumed && !c->room.more) { // boxes may have been lost with the connection
        room_keys_announce(&s->keys, now_us);
        session_tell_state_to_all(s);
    }
    session_subscribe(s, now_us);
    if (!c->room.more)
        session_history_enter(s, now_us);
    session_chat_tick(s, now_us);
}

static void on_left(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, c->left.id);
    if (m) {
        session_roster_remove(s, m, false, now_us);
        session_orders_left(s, now_us);
        session_history_left(s, strcmp(c->left.reason, "lost") == 0, now_us);
        return;
    }
    if (!s->in_room || c->left.id != s->self)
        return;
    if (strcmp(c->left.reason, "kicked") == 0) {
        session_room_goodbye(s, CTRL_BYE_KICKED, now_us);
    } else if (strcmp(c->left.reason, "ended") == 0) {
        session_room_goodbye(s, CTRL_BYE_ENDED, now_us);
    } else { // our datagrams were gone too long, or somebody knew better: the invite still opens the door
        s->in_room = false;
        s->retry_us = now_us;
    }
}

// ---- in front of the door ----

static void on_waiting(struct session *s, const struct control *c)
{
    if (!s->asked || c->request != s->request)
        return;
    s->knocking = true;
    s->io.notice(s->io.ctx, notice_new(NOTICE_WAITING));
}

// ---- errors ----

static void refuse(struct session *s, uint64_t now_us, int exit_code, const char *sentence, const char *advice,
                   bool gone)
{
    struct notice *n = notice_new(NOTICE_REFUSED);
    n->text = base_strdup(sentence);
    n->advice = base_strdup(advice);
    n->exit_code = exit_code;
    n->flag = !*advice; // a person has decided: nothing to try
    n->gone = gone;
    session_calls_drop(s, CONTROL_CALL_BUSY, now_us);
    session_room_leave(s, now_us);
    s->io.notice(s->io.ctx, n);
}

void session_room_refuse(struct session *s, uint64_t now_us, int exit_code, const char *sentence, const char *advice)
{
    refuse(s, now_us, exit_code, sentence, advice, false);
}

void session_room_goodbye(struct session *s, uint8_t reason, uint64_t now_us)
{
    bool final = reason == CTRL_BYE_KICKED || reason == CTRL_BYE_ENDED;
    if (final && session_calls_talking(s)) // in a call there is no host
        session_calls_over(s, now_us);
    else if (reason == CTRL_BYE_KICKED)
        session_room_refuse(s, now_us, EXIT_REFUSED, N_("The host has removed you from the call."), "");
    else if (reason == CTRL_BYE_ENDED)
        refuse(s, now_us, EXIT_REFUSED, N_("The host has ended the call."), "", true);
    // Draining: the relay will be back, and so shall we.
}

static void no_room(struct session *s, bool waited, uint64_t now_us)
{
    if (waited) {
        refuse(s, now_us, EXIT_REFUSED, N_("The room has ended."), "", true);
    } else if (!s->ever_in_room) {
        refuse(s, now_us, EXIT_REFUSED, N_("No room has this number"), N_("Check the number and try again."), true);
    } else { // a restarted relay may not know it yet: others will bring it back
        if (!s->no_room_since_us)
            s->no_room_since_us = now_us;
        s->retry_us = now_us + ASK_SOON_US;
        if (now_us - s->no_room_since_us > NO_ROOM_PATIENCE_US)
            refuse(s, now_us, EXIT_LOST, N_("The room has ended."), N_("Start a new one or ask for a new invite."),
                   true);
    }
}

static void on_error(struct session *s, const struct control *c, uint64_t now_us)
{
    bool waited = s->knocking;
    log_info("session", "relay says code=%s", control_error_name(c->error.code));
    if (session_calls_failed(s, c, now_us) || session_people_failed(s, c, now_us) ||
        session_orders_failed(s, c, now_us) || (c->request && c->request != s->request))
        return; // the last: of what has been given up
    if (s->want == SESSION_CALL && c->error.code != CONTROL_ERROR_VERSION && c->error.code != CONTROL_ERROR_TICKET)
        return; // of calls, what is not about one says nothing
    if (c->request)
        s->asked = s->knocking = false;
    switch (c->error.code) {
    case CONTROL_ERROR_VERSION:
        session_room_refuse(s, now_us, EXIT_REFUSED, N_("This box needs a newer parlour to join."),
                            N_("Update it and try again."));
        break;
    case CONTROL_ERROR_NO_ROOM:
        no_room(s, waited, now_us);
        break;
    case CONTROL_ERROR_TICKET: // our place is gone; the invite still opens the door
        s->retry_us = now_us;
        s->in_room = false;
        break;
    case CONTROL_ERROR_FULL:
        if (!s->ever_in_room)
            session_room_refuse(s, now_us, EXIT_REFUSED, N_("The room is full"),
                                N_("Try again when somebody has left."));
        else
            s->retry_us = now_us + ASK_AGAIN_US;
        break;
    case CONTROL_ERROR_BUSY:
        if (!s->ever_in_room)
            session_room_refuse(s, now_us, EXIT_REFUSED, N_("Too many tries. Wait one minute."), N_("Then try again."));
        else
            s->retry_us = now_us + 5 * ASK_AGAIN_US;
        break;
    case CONTROL_ERROR_NOT_NOW:
    case CONTROL_ERROR_DRAINING:
        if (!s->in_room)
            s->retry_us = now_us + (s->ever_in_room ? ASK_SOON_US : ASK_AGAIN_US);
        break;
    case CONTROL_ERROR_DENIED:
        session_room_refuse(s, now_us, EXIT_REFUSED, N_("The host did not let you in."), "");
        break;
    default:
        break;
    }
}

static void on_welcome(struct session *s, const struct control *c, uint64_t now_us)
{
    if (s->welcomed)
        return; // once a connection: asking for the room again would throw away our keys
    s->welcomed = true;
    s->has_challenge = c->welcome.has_challenge;
    memcpy(s->challenge, c->welcome.challenge, sizeof s->challenge);
    struct notice *n = notice_new(NOTICE_RELAY);
    n->flag = true;
    s->io.notice(s->io.ctx, n);
    session_people_welcome(s, now_us);
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
    case CONTROL_ROOM_STATE:
        session_orders_state(s, &c, now_us);
        break;
    case CONTROL_DESCRIPTOR:
        session_orders_descriptor(s, &c, now_us);
        break;
    case CONTROL_WAITING:
        on_waiting(s, &c);
        break;
    case CONTROL_KNOCK:
        session_door_on_knock(s, &c, now_us);
        break;
    case CONTROL_KNOCK_GONE:
        session_door_on_gone(s, c.knock.id);
        break;
    case CONTROL_DOOR:
        session_door_take(s, &c, now_us);
        break;
    case CONTROL_PEOPLE:
        session_people_take(s, &c);
        break;
    case CONTROL_CALLING:
    case CONTROL_RINGING:
    case CONTROL_CALL_ENDED:
    case CONTROL_MISSED:
        session_calls_control(s, &c, now_us);
        break;
    case CONTROL_DRAINING:
        s->io.notice(s->io.ctx, notice_new(NOTICE_DRAINING));
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

// A room we make has an invite key also when people come by its passphrase: the door hands it on.
static void take_secrets(struct session *s, const struct command *c)
{
    struct session_secret *x = s->secret;
    x->has_invite_key = c->type == COMMAND_CREATE || c->has_invite_key;
    if (c->type == COMMAND_CREATE)
        randombytes_buf(x->invite_key, sizeof x->invite_key);
    else if (c->has_invite_key)
        memcpy(x->invite_key, c->invite_key, sizeof x->invite_key);
    x->has_root = c->has_passphrase;
    memcpy(x->root, c->pass_root, sizeof x->root);
}

void session_room_command(struct session *s, struct command *c, uint64_t now_us)
{
    switch (c->type) {
    case COMMAND_CREATE:
    case COMMAND_JOIN:
        session_calls_drop(s, CONTROL_CALL_BUSY, now_us);
        if (s->in_room || s->want != SESSION_NOTHING)
            session_room_leave(s, now_us);
        if (c->elsewhere)
            s->welcomed = false; // the relay we talk to has nothing to do with it
        s->want = c->type == COMMAND_CREATE ? SESSION_CREATE : SESSION_JOIN;
        s->code = c->code;
        s->lobby = c->flag;
        take_secrets(s, c);
        s->retry_us = now_us;
        break;
    case COMMAND_LEAVE:
        session_calls_drop(s, CONTROL_CALL_BUSY, now_us);
        session_room_leave(s, now_us);
        break;
    case COMMAND_HOST:
        session_orders_do(s, c, now_us);
        break;
    case COMMAND_CHAT:
        session_chat_say(s, c, now_us);
        break;
    case COMMAND_TRUST:
        session_trust_accept(s, c->member, c->identity, now_us);
        session_people_judge(s);
        break;
    case COMMAND_COMPARE:
        session_compare_start(s, c->member, now_us);
        break;
    case COMMAND_COMPARE_STOP:
        session_compare_stop(s);
        break;
    case COMMAND_VERIFIED:
        if (c->member)
            session_compare_stop(s); // the person has seen enough
        session_trust_all(s, now_us);
        session_pass_tell(s, now_us);
        session_people_judge(s);
        break;
    case COMMAND_CALL:
    case COMMAND_ANSWER:
    case COMMAND_HANGUP:
        session_calls_command(s, c, now_us);
        break;
    case COMMAND_FILE_OFFER:
    case COMMAND_FILE_STREAM:
    case COMMAND_FILE_ACCEPT:
    case COMMAND_FILE_REFUSE:
    case COMMAND_FILE_CANCEL:
    case COMMAND_FILE_FULL:
    case COMMAND_FILE_DONE:
        session_files_command(s, c, now_us);
        break;
    case COMMAND_PRESENCE:
        session_people_presence(s, c->flag, c->answers);
        break;
    case COMMAND_NAME:
        session_people_rename(s, c->text);
        break;
    case COMMAND_STATE:
        session_tell_change_state(s, c);
        break;
    case COMMAND_TELL:
        session_tell_say(s, c);
        break;
    default:
        break;
    }
}

uint64_t session_room_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = base_sooner(session_roster_tick(s, now_us), session_trust_tick(s, now_us));
    next = base_sooner(next, session_compare_tick(s, now_us));
    next = base_sooner(next, session_history_tick(s, now_us));
    next = base_sooner(next, session_chat_tick(s, now_us));
    next = base_sooner(next, base_sooner(session_people_tick(s, now_us), session_calls_tick(s, now_us)));
    if (!s->link_up || !s->welcomed)
        return next;
    if (!session_calls_may_ask(s, now_us))
        return MIN(next, now_us + ASK_SOON_US);
    if (s->retry_us <= now_us)
        ask_room(s, now_us);
    return MIN(next, s->retry_us);
}
