// The door: how somebody without the room's invite key comes in, and how a host lets him (PROTOCOL.md §6). door.c has
// the exchange; here it meets the relay's messages. A knock counts only with a good join statement, and what the relay
// alone says lets nobody in: without a grant that a host has signed a knocker turns away.
#include "session_parts.h"

#include "client/language.h"

#include "shared/control.h"
#include "shared/log.h"
#include "shared/statement.h"

#include <sodium.h>
#include <string.h>

static struct door_self self_of(const struct session *s)
{
    struct door_self me = {.identity_secret = s->config.identity_secret, .key_secret = room_keys_join_secret(&s->keys)};
    memcpy(me.open.identity, s->config.identity, 32);
    memcpy(me.open.key, s->keys.join_public, 32);
    return me;
}

static const uint8_t *root_of(const struct session *s)
{
    return s->secret->has_root ? s->secret->root : NULL;
}

static void send_door(struct session *s, uint32_t knock, uint16_t host, const uint8_t *data, size_t n)
{
    char text[2 * DOOR_MAX];
    struct control c = {.type = CONTROL_DOOR};
    if (!n)
        return;
    c.door.knock = knock;
    c.door.id = host;
    c.door.data = keys_base64(text, sizeof text, data, n);
    s->io.control(s->io.ctx, control_write(&c));
}

static size_t decode(uint8_t out[DOOR_MAX], const char *text)
{
    size_t n = 0;
    return text && keys_unbase64(out, DOOR_MAX, &n, text) ? n : 0;
}

// ---- who knocks ----

size_t session_door_begin(struct session *s, uint8_t out[DOOR_MAX])
{
    struct door_self me = self_of(s);
    return door_knock(&s->secret->knocker, s->code, &me, s->secret->has_invite_key ? NULL : root_of(s), out);
}

static void take_grant(struct session *s, const struct door_grant *g)
{
    memcpy(s->secret->invite_key, g->invite_key, sizeof s->secret->invite_key);
    s->secret->has_invite_key = true;
    if (g->has_root)
        memcpy(s->secret->root, g->root, sizeof s->secret->root);
    s->secret->has_root = s->secret->has_root || g->has_root;
    room_keys_set_invite(&s->keys, s->secret->invite_key);
}

static void knocker_take(struct session *s, const struct control *c, uint64_t now_us)
{
    uint8_t data[DOOR_MAX], out[DOOR_MAX];
    size_t n = decode(data, c->door.data), out_n = 0;
    struct door_self me = self_of(s);
    struct door_grant grant;
    const uint8_t *invite = s->secret->has_invite_key ? s->secret->invite_key : NULL;
    switch (door_knocker_take(&s->secret->knocker, &me, invite, data, n, out, &out_n, &grant)) {
    case DOOR_SEND:
        send_door(s, 0, c->door.id, out, out_n);
        break;
    case DOOR_GRANTED:
        take_grant(s, &grant);
        break;
    case DOOR_WRONG: // a box without a person must not try again, and use up the tries of those who know it
        session_room_refuse(s, now_us, EXIT_REFUSED, N_("The passphrase is not the room's."), "");
        break;
    case DOOR_UNPROVEN:
        log_warn("session", "let in by one who does not know the passphrase: not taken");
        break;
    case DOOR_BAD:
        log_warn("session", "a message at the door was not understood size=%zu", n);
        break;
    default: // the room has a passphrase, and we were not given one: a person may let us in
        break;
    }
    sodium_memzero(&grant, sizeof grant);
}

bool session_door_may_enter(struct session *s, uint64_t now_us)
{
    if (s->secret->has_invite_key)
        return true;
    session_room_refuse(s, now_us, EXIT_REFUSED, N_("The relay opened the door, not a host."),
                        N_("Ask for an invite link, or for the safety code."));
    return false;
}

// ---- a host ----

struct session_knock *session_door_knock(struct session *s, uint32_t id)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->secret->knocks); i++)
        if (s->secret->knocks[i].used && s->secret->knocks[i].id == id)
            return &s->secret->knocks[i];
    return NULL;
}

void session_door_grant(struct session *s, struct session_knock *k)
{
    uint8_t out[DOOR_MAX];
    struct door_self me = self_of(s);
    k->let_in = true;
    send_door(s, k->id, 0, out, door_grant(&k->door, &me, s->secret->invite_key, root_of(s), out));
    sodium_memzero(out, sizeof out);
}

// He knows the passphrase: let him in, and let those try again who had to wait behind wrong ones.
static void admit(struct session *s, struct session_knock *k, uint64_t now_us)
{
    uint8_t out[DOOR_MAX];
    struct door_self me = self_of(s);
    struct command order = {.type = COMMAND_HOST, .order = COMMAND_ADMIT, .knock = k->id};
    session_orders_do(s, &order, now_us);
    for (unsigned i = 0; i < ARRAY_LEN(s->secret->knocks); i++) {
        struct session_knock *w = &s->secret->knocks[i];
        if (w->used && !w->let_in)
            send_door(s, w->id, 0, out, door_host_retry(&w->door, &me, root_of(s), &s->door_limit, now_us, out));
    }
}

// Answers what he says; true when a person need not be asked, because the passphrase decides.
static bool host_take(struct session *s, struct session_knock *k, const char *text, uint64_t now_us)
{
    uint8_t data[DOOR_MAX], out[DOOR_MAX];
    size_t n = decode(data, text), out_n = 0;
    struct door_self me = self_of(s);
    enum door_result r = door_host_take(&k->door, &me, root_of(s), &s->door_limit, now_us, data, n, out, &out_n);
    if (r == DOOR_SEND)
        send_door(s, k->id, 0, out, out_n);
    if (r == DOOR_ADMIT)
        admit(s, k, now_us);
    return r == DOOR_ADMIT || (r == DOOR_SEND && n > 0);
}

static void show_knock(struct session *s, struct session_knock *k)
{
    struct notice *n = notice_new(NOTICE_KNOCK);
    n->knock = k->id;
    memcpy(n->name, k->name, sizeof n->name);
    memcpy(n->identity, k->identity, sizeof n->identity);
    n->trust = s->io.judge ? s->io.judge(s->io.ctx, k->name, k->identity) : CALL_TRUST_NEW;
    if (n->trust == CALL_TRUST_STRANGER) { // this box talks to others only
        notice_free(n);
        return;
    }
    k->shown = true;
    s->io.notice(s->io.ctx, n);
}

void session_door_on_knock(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_knock *k = session_door_knock(s, c->knock.id);
    if (c->knock.id == 0 || session_calls_talking(s))
        return; // 0 means: no knock; and nobody knocks at a call
    if (!statement_signed(c->knock.signature, c->knock.name, c->knock.identity, c->knock.key)) {
        log_warn("session", "a knock is not signed by whom it names: not shown knock=%u", (unsigned)c->knock.id);
        return;
    }
    for (unsigned i = 0; !k && i < ARRAY_LEN(s->secret->knocks); i++)
        if (!s->secret->knocks[i].used)
            k = &s->secret->knocks[i];
    if (!k || k->used)
        return;
    *k = (struct session_knock){.used = true, .id = c->knock.id};
    memcpy(k->name, c->knock.name, sizeof k->name);
    memcpy(k->identity, c->knock.identity, sizeof k->identity);
    memcpy(k->key, c->knock.key, sizeof k->key);
    struct door_side side;
    memcpy(side.identity, k->identity, 32);
    memcpy(side.key, k->key, 32);
    door_host_open(&k->door, s->code, &side);
    if (!host_take(s, k, c->knock.door, now_us))
        show_knock(s, k);
}

void session_door_on_gone(struct session *s, uint32_t id)
{
    struct session_knock *k = session_door_knock(s, id);
    if (!k)
        return;
    if (k->shown) {
        struct notice *n = notice_new(NOTICE_KNOCK_GONE);
        n->knock = id;
        s->io.notice(s->io.ctx, n);
    }
    door_host_close(&k->door, &s->door_limit, k->let_in);
    sodium_memzero(k, sizeof *k);
}

// We are back at the relay, which says anew who waits.
void session_door_forget(struct session *s)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->secret->knocks); i++)
        if (s->secret->knocks[i].used)
            session_door_on_gone(s, s->secret->knocks[i].id);
}

void session_door_take(struct session *s, const struct control *c, uint64_t now_us)
{
    struct session_knock *k;
    if (s->knocking && c->door.id)
        knocker_take(s, c, now_us);
    else if (s->in_room && c->door.knock && (k = session_door_knock(s, c->door.knock)))
        host_take(s, k, c->door.data, now_us);
}
