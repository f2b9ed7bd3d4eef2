// Coming in: hello with and without a ticket, create, join, rooms that come back.
#include "control_parts.h"

#include "shared/ctrl.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { COLD_US = 5000000 };

static bool is_cold(const struct control_logic *l, uint64_t now_us)
{
    return l->config.cold && now_us - l->started_us < COLD_US;
}

// ---- tickets ----

// A ticket has been taken: what follows from it for the room.
static void restored(struct control_logic *l, const struct room_restored *x, const struct room_member *m,
                     uint64_t now_us)
{
    if (x->fresh) {
        x->room->frozen_us = now_us + ROOM_FROZEN_US;
        x->room->created = l->wall_s;
    }
    if (x->raised)
        control_drop_lower(l, x->room);
    if (x->raised || (x->made && m->role == ROOM_HOST))
        control_send_state(l, x->room, ROOM_NO_CONN);
}

static struct room_member *take_ticket(struct control_logic *l, const struct control *x, struct room_restored *out)
{
    struct ticket t;
    struct room_member *m = NULL;
    if (x->hello.ticket_size &&
        ticket_open(&t, l->config.ticket_key, x->hello.ticket, x->hello.ticket_size, l->wall_s) &&
        memcmp(t.identity, x->hello.identity, sizeof t.identity) == 0)
        m = room_restore(&l->rooms, &t, out, l->config.random, l->config.ctx);
    sodium_memzero(&t, sizeof t);
    return m;
}

static void keep_key(struct room_member *m, const uint8_t key[32], const uint8_t signature[STATEMENT_SIZE])
{
    memcpy(m->key, key, sizeof m->key);
    memcpy(m->signature, signature, sizeof m->signature);
    m->has_key = true;
}

void control_take_hello(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct control welcome = {.type = CONTROL_WELCOME, .request = x->request};
    struct room_restored back = {.room = NULL};
    if (strncmp(x->hello.version, CONTROL_VERSION, strcspn(CONTROL_VERSION, ".") + 1) != 0) {
        control_fail(l, conn, x->request, CONTROL_ERROR_VERSION, "This relay speaks version " CONTROL_VERSION ".");
        control_close(l, conn, now_us);
        return;
    }
    k->greeted = true;
    memcpy(k->name, x->hello.name, sizeof k->name);
    memcpy(k->identity, x->hello.identity, sizeof k->identity);
    struct room_member *m = take_ticket(l, x, &back);
    snprintf(welcome.welcome.version, sizeof welcome.welcome.version, "%s", CONTROL_VERSION);
    welcome.welcome.resumed = m != NULL;
    welcome.welcome.has_challenge = true;
    memcpy(welcome.welcome.challenge, k->challenge, sizeof k->challenge);
    control_send(l, conn, &welcome);
    if (!m) {
        if (x->hello.ticket_size)
            control_fail(l, conn, x->request, CONTROL_ERROR_TICKET, "This ticket is no longer good; join anew.");
        return;
    }
    bool news = x->hello.has_key && (!m->has_key || memcmp(m->key, x->hello.key, sizeof m->key) != 0 ||
                                     memcmp(m->signature, x->hello.signature, sizeof m->signature) != 0);
    if (x->hello.has_key)
        keep_key(m, x->hello.key, x->hello.signature);
    control_attach(l, conn, back.room, m, now_us);
    if (back.made)
        control_add(l, back.room, m);
    restored(l, &back, m, now_us);
    control_send_roster(l, back.room, m, x->request, true, now_us);
    if (news)
        control_announce(l, back.room, m);
}

void control_take_proved(struct control_logic *l, const struct core_event *e, uint64_t now_us)
{
    struct room_restored back;
    struct room_member *m = room_restore(&l->rooms, &e->ticket, &back, l->config.random, l->config.ctx);
    if (m) {
        restored(l, &back, m, now_us);
        if (back.made && m->has_key)
            control_announce(l, back.room, m);
        return;
    }
    // The worker took in somebody who cannot be. He joins anew, unless it is over.
    struct core_command x = {.type = CORE_REMOVE, .room = e->room, .sender = e->sender, .join_id = e->join_id};
    x.lost = !back.ended;
    x.bye = back.ended ? CTRL_BYE_ENDED : 0;
    l->config.command(l->config.ctx, &x);
}

// ---- entering ----

static struct room_member *seat(struct control_logic *l, uint32_t conn, struct room *r, const struct control_entry *e,
                                uint64_t now_us)
{
    const struct control_logic_conn *k = &l->conn[conn];
    struct room_member *m = room_add(&l->rooms, r, ROOM_GUEST, l->config.random, l->config.ctx);
    if (!m)
        return NULL;
    memcpy(m->name, k->name, sizeof m->name);
    memcpy(m->identity, k->identity, sizeof m->identity);
    keep_key(m, e->key, e->signature);
    control_attach(l, conn, r, m, now_us);
    control_add(l, r, m);
    return m;
}

void control_enter(struct control_logic *l, uint32_t conn, struct room *r, const struct control_entry *e,
                   uint64_t now_us)
{
    struct room_member *m = seat(l, conn, r, e, now_us);
    if (!m) {
        control_fail(l, conn, e->request, CONTROL_ERROR_FULL, "The room or the relay is full.");
        return;
    }
    bool host = e->role == ROOM_HOST && room_set_host(r, m, true);
    control_send_roster(l, r, m, e->request, false, now_us);
    control_announce(l, r, m);
    if (host)
        control_send_state(l, r, ROOM_NO_CONN);
}

void control_enter_call(struct control_logic *l, struct room *r, const uint32_t conn[2],
                        const struct control_entry e[2], uint64_t now_us)
{
    struct room_member *m[2];
    for (unsigned i = 0; i < 2; i++) {
        control_unknock(l, conn[i]); // nobody waits in front of a room and is in another
        m[i] = seat(l, conn[i], r, &e[i], now_us);
    }
    for (unsigned i = 0; i < 2; i++)
        if (m[i])
            control_send_roster(l, r, m[i], e[i].request, false, now_us);
}

static bool may_enter(struct control_logic *l, uint32_t conn, uint32_t request, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (k->member || k->knock) {
        control_fail(l, conn, request, CONTROL_ERROR_NOT_NOW,
                     k->member ? "You are in a room already." : "You are waiting to be let in already.");
        return false;
    }
    if (l->draining) {
        control_fail(l, conn, request, CONTROL_ERROR_DRAINING, "The relay is about to restart; try again soon.");
        return false;
    }
    if (!guard_join(&l->guard, k->host, now_us)) {
        control_fail(l, conn, request, CONTROL_ERROR_BUSY, "Too many tries; try again later.");
        return false;
    }
    return true;
}

void control_take_create(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    if (!may_enter(l, conn, x->request, now_us))
        return;
    if (is_cold(l, now_us)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW,
                     "The relay has just started; try again in a few seconds.");
        return;
    }
    struct room *r = room_members_free(&l->rooms)
                         ? room_create(&l->rooms, x->create.admit_hash, l->config.random, l->config.ctx)
                         : NULL;
    if (!r) {
        control_fail(l, conn, x->request, CONTROL_ERROR_FULL, "The relay is full.");
        return;
    }
    r->lobby = x->create.lobby;
    r->created = l->wall_s;
    r->has_creator = true;
    memcpy(r->creator, l->conn[conn].identity, sizeof r->creator);
    const struct control_entry e = {ROOM_HOST, x->request, x->create.key, x->create.signature};
    control_enter(l, conn, r, &e, now_us);
}

// ---- join ----

// The descriptor a joiner brings, when it is of the room he asks for, as his token shows.
static bool read_descriptor(const struct control *x, const uint8_t hash[32], struct descriptor *d)
{
    return x->join.descriptor_size && descriptor_open(d, x->join.descriptor, x->join.descriptor_size) &&
           x->join.has_token && d->code == x->join.code && memcmp(d->admit_hash, hash, 32) == 0;
}

static void keep_descriptor(struct room *r, const struct control *x)
{
    memcpy(r->descriptor, x->join.descriptor, x->join.descriptor_size);
    r->descriptor_size = x->join.descriptor_size;
}

// The ticket key is lost, and this is the first to bring the room back.
static struct room *rebuild(struct control_logic *l, const struct control *x, const struct descriptor *d,
                            uint64_t now_us)
{
    struct room *r = room_rebuild(&l->rooms, d, l->config.random, l->config.ctx);
    if (!r)
        return NULL;
    r->frozen_us = now_us + ROOM_FROZEN_US;
    keep_descriptor(r, x);
    return r;
}

// Rebuilt from an older descriptor: what the creator signed later is how the room was.
static bool adopt(struct room *r, const struct control *x, const struct descriptor *d, uint64_t now_us)
{
    if (!r->from_descriptor || !control_frozen(r, now_us) || d->epoch <= r->epoch ||
        memcmp(d->creator, r->creator, sizeof r->creator) != 0)
        return false;
    room_adopt(r, d);
    keep_descriptor(r, x);
    return true;
}

static bool brings_the_newest(const struct room *r, const struct control *x)
{
    return r->descriptor_size && r->descriptor_size == x->join.descriptor_size &&
           memcmp(r->descriptor, x->join.descriptor, r->descriptor_size) == 0;
}

static void enter_or_knock(struct control_logic *l, uint32_t conn, struct room *r, const struct control *x, bool token,
                           uint64_t now_us)
{
    const struct control_logic_conn *k = &l->conn[conn];
    bool open = token && !r->lobby && !r->locked;
    bool proved = token && x->join.has_proof && (!open || room_knows_host(r, k->identity)) &&
                  descriptor_proved(x->join.proof, k->challenge, r->admit_hash, k->identity);
    bool host = proved && room_knows_host(r, k->identity), paired = proved && room_lets_pass(r, k->identity);
    // Only members are given the newest descriptor, so who has it was one when the relay lost its key.
    bool was_in = token && control_frozen(r, now_us) && brings_the_newest(r, x);
    const struct control_entry e = {host ? ROOM_HOST : ROOM_GUEST, x->request, x->join.key, x->join.signature};
    if (open || host || paired || was_in)
        control_enter(l, conn, r, &e, now_us);
    else
        control_knock(l, conn, r, x, token, proved, now_us);
}

void control_take_join(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct descriptor d;
    uint8_t hash[32];
    if (!may_enter(l, conn, x->request, now_us))
        return;
    // Nobody guesses tokens; guessed codes are counted, and when there were too many the right one says nothing either.
    if (!x->join.has_token && !guard_may_guess(&l->guard, k->host, now_us)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_BUSY, "Too many wrong codes; try again later.");
        return;
    }
    // The same work and the same answer whether the room, the token or both are wrong.
    static const uint8_t none[32];
    keys_admit_hash(hash, x->join.has_token ? x->join.token : none);
    bool described = read_descriptor(x, hash, &d), raised = false;
    struct room *r = room_by_code(&l->rooms, x->join.code);
    if (described && !r && !is_cold(l, now_us)) // while it is cold, tickets come first
        r = rebuild(l, x, &d, now_us);
    else if (described && r)
        raised = sodium_memcmp(hash, r->admit_hash, sizeof hash) == 0 && adopt(r, x, &d, now_us);
    bool right = sodium_memcmp(hash, r ? r->admit_hash : none, sizeof hash) == 0;
    if (r && (right || !x->join.has_token)) {
        enter_or_knock(l, conn, r, x, right && x->join.has_token, now_us);
        if (raised)
            control_drop_lower(l, r);
    } else if (is_cold(l, now_us)) {
        control_fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW,
                     "The relay has just started; try again in a few seconds.");
    } else {
        if (!x->join.has_token)
            guard_wrong_guess(&l->guard, k->host, now_us);
        control_fail(l, conn, x->request, CONTROL_ERROR_NO_ROOM, "No such room, or the invite is not for it.");
    }
}
