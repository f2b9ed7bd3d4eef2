#include "control_logic.h"

#include "shared/ctrl.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPARE_CONNS = 64, PAGE = 32, COLD_US = 5000000, TICKET_S = 3600, TICKET_RENEW_US = 600000000 };

struct control_logic *control_logic_create(const struct control_logic_config *config, uint64_t now_us, uint64_t wall_s)
{
    struct control_logic *l = base_alloc(sizeof *l);
    uint8_t secret[16];
    l->config = *config;
    l->started_us = now_us;
    l->wall_s = wall_s;
    config->random(config->ctx, secret, sizeof secret);
    guard_init(&l->guard, secret);
    return l;
}

void control_logic_destroy(struct control_logic *l)
{
    if (!l)
        return;
    sodium_memzero(&l->config, sizeof l->config);
    for (unsigned i = 0; i < WIRE_ROOMS_MAX; i++) // not all of it: most pages were never touched
        if (l->rooms.room[i].used)
            sodium_memzero(&l->rooms.room[i], sizeof l->rooms.room[i]);
    free(l);
}

// ---- out ----

static void send_to(struct control_logic *l, uint32_t conn, const struct control *m)
{
    if (conn == ROOM_NO_CONN || l->conn[conn].closing)
        return;
    l->config.send(l->config.ctx, conn, control_write(m));
}

static void close_conn(struct control_logic *l, uint32_t conn)
{
    if (l->conn[conn].closing)
        return;
    l->conn[conn].closing = true;
    l->config.close(l->config.ctx, conn);
}

static void fail(struct control_logic *l, uint32_t conn, uint32_t request, enum control_error code, const char *text)
{
    struct control m = {.type = CONTROL_ERROR, .request = request, .error.code = code};
    snprintf(m.error.text, sizeof m.error.text, "%s", text);
    send_to(l, conn, &m);
}

static void send_room_but(struct control_logic *l, const struct room *r, const struct room_member *but,
                          const struct control *m)
{
    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++)
        if (r->member[i].used && &r->member[i] != but)
            send_to(l, r->member[i].conn, m);
}

static void describe(const struct room_member *m, struct control_member *out)
{
    memset(out, 0, sizeof *out);
    out->id = m->id;
    out->join_id = m->join_id;
    snprintf(out->name, sizeof out->name, "%s", m->name);
    memcpy(out->identity, m->identity, sizeof out->identity);
    memcpy(out->key, m->key, sizeof out->key);
    out->has_key = m->has_key;
    out->away = m->away;
}

static void announce(struct control_logic *l, const struct room *r, const struct room_member *m)
{
    struct control x = {.type = CONTROL_JOINED};
    describe(m, &x.joined);
    send_room_but(l, r, m, &x);
}

static void announce_away(struct control_logic *l, const struct room *r, const struct room_member *m)
{
    struct control x = {.type = CONTROL_AWAY};
    x.away.id = m->id;
    x.away.away = m->away;
    send_room_but(l, r, m, &x);
}

static size_t make_ticket(struct control_logic *l, const struct room *r, const struct room_member *m,
                          uint8_t out[WIRE_TICKET_MAX])
{
    struct ticket t;
    room_ticket(r, m, l->wall_s + TICKET_S, &t);
    size_t n = ticket_seal(&t, l->config.ticket_key, out);
    sodium_memzero(&t, sizeof t);
    return n;
}

// The room and its roster, in pages.
static void send_room(struct control_logic *l, const struct room *r, struct room_member *self, uint32_t request,
                      bool resumed, uint64_t now_us)
{
    struct control m = {.type = CONTROL_ROOM, .request = request};
    m.room.room = r->id;
    m.room.code = r->code;
    m.room.epoch = r->epoch;
    m.room.self = self->id;
    m.room.join_id = self->join_id;
    m.room.resumed = resumed;
    snprintf(m.room.media_host, sizeof m.room.media_host, "%s", l->config.media_host);
    m.room.media_port = l->config.media_port;
    memcpy(m.room.hop_key, self->hop_key, sizeof m.room.hop_key);
    keys_room_secret(m.room.room_secret, l->config.ticket_key, r->id, r->epoch);
    m.room.ticket_size = make_ticket(l, r, self, m.room.ticket);
    self->ticket_us = now_us;

    for (unsigned i = 0; i < WIRE_ROOM_MEMBERS_MAX; i++) {
        if (!r->member[i].used || &r->member[i] == self)
            continue;
        if (m.room.member_count == PAGE) {
            m.room.more = true;
            send_to(l, self->conn, &m);
            m.room.member_count = 0;
        }
        describe(&r->member[i], &m.room.members[m.room.member_count++]);
    }
    m.room.more = false;
    send_to(l, self->conn, &m);
    sodium_memzero(&m, sizeof m);
}

static void send_ticket(struct control_logic *l, const struct room *r, struct room_member *m, uint64_t now_us)
{
    struct control x = {.type = CONTROL_TICKET};
    x.ticket.epoch = r->epoch;
    keys_room_secret(x.ticket.room_secret, l->config.ticket_key, r->id, r->epoch);
    x.ticket.ticket_size = make_ticket(l, r, m, x.ticket.ticket);
    m->ticket_us = now_us;
    send_to(l, m->conn, &x);
    sodium_memzero(&x, sizeof x);
}

// ---- members ----

static void command_add(struct control_logic *l, const struct room *r, const struct room_member *m)
{
    struct core_command x = {.type = CORE_ADD, .room = r->id, .epoch = r->epoch, .sender = m->id};
    x.join_id = m->join_id;
    x.rebuilt = r->rebuilt;
    memcpy(x.hop_key, m->hop_key, sizeof x.hop_key);
    l->config.command(l->config.ctx, &x);
    sodium_memzero(&x, sizeof x);
}

static void attach(struct control_logic *l, uint32_t conn, struct room *r, struct room_member *m)
{
    if (m->conn != ROOM_NO_CONN && m->conn != conn) {
        uint32_t old = m->conn;
        fail(l, old, 0, CONTROL_ERROR_REPLACED, "You came back on another connection.");
        l->conn[old].room = NULL;
        l->conn[old].member = NULL;
        close_conn(l, old);
    }
    m->conn = conn;
    l->conn[conn].room = r;
    l->conn[conn].member = m;
}

static void remove_member(struct control_logic *l, struct room *r, struct room_member *m, const char *reason,
                          bool deliberate)
{
    struct core_command x = {.type = CORE_REMOVE, .room = r->id, .sender = m->id, .join_id = m->join_id};
    struct control left = {.type = CONTROL_LEFT};
    x.lost = !deliberate;
    l->config.command(l->config.ctx, &x);
    left.left.id = m->id;
    snprintf(left.left.reason, sizeof left.left.reason, "%s", reason);
    // A member whose datagrams stopped but whose WebSocket stands hears it too, and joins anew.
    send_room_but(l, r, deliberate ? m : NULL, &left);
    if (m->conn != ROOM_NO_CONN) {
        l->conn[m->conn].room = NULL;
        l->conn[m->conn].member = NULL;
    }
    room_remove(&l->rooms, r, m, deliberate);
}

// ---- in ----

static bool is_cold(const struct control_logic *l, uint64_t now_us)
{
    return l->config.cold && now_us - l->started_us < COLD_US;
}

static void take_hello(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct control welcome = {.type = CONTROL_WELCOME, .request = x->request};
    struct ticket t;
    struct room *r = NULL;
    struct room_member *m = NULL;
    bool made = false;
    if (strncmp(x->hello.version, CONTROL_VERSION, strcspn(CONTROL_VERSION, ".") + 1) != 0) {
        fail(l, conn, x->request, CONTROL_ERROR_VERSION, "This relay speaks version " CONTROL_VERSION ".");
        close_conn(l, conn);
        return;
    }
    k->greeted = true;
    memcpy(k->name, x->hello.name, sizeof k->name);
    memcpy(k->identity, x->hello.identity, sizeof k->identity);
    if (x->hello.ticket_size &&
        ticket_open(&t, l->config.ticket_key, x->hello.ticket, x->hello.ticket_size, l->wall_s) &&
        memcmp(t.identity, k->identity, sizeof t.identity) == 0)
        m = room_restore(&l->rooms, &t, &r, &made, l->config.random, l->config.ctx);
    snprintf(welcome.welcome.version, sizeof welcome.welcome.version, "%s", CONTROL_VERSION);
    welcome.welcome.resumed = m != NULL;
    send_to(l, conn, &welcome);
    if (!m) {
        if (x->hello.ticket_size)
            fail(l, conn, x->request, CONTROL_ERROR_TICKET, "This ticket is no longer good; join anew.");
        return;
    }
    bool news = x->hello.has_key && (!m->has_key || memcmp(m->key, x->hello.key, sizeof m->key) != 0);
    if (x->hello.has_key) {
        memcpy(m->key, x->hello.key, sizeof m->key);
        m->has_key = true;
    }
    attach(l, conn, r, m);
    if (made)
        command_add(l, r, m);
    send_room(l, r, m, x->request, true, now_us);
    if (news)
        announce(l, r, m);
    sodium_memzero(&t, sizeof t);
}

static void enter(struct control_logic *l, uint32_t conn, struct room *r, uint8_t role, const uint8_t key[32],
                  uint32_t request, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct room_member *m = room_add(&l->rooms, r, role, l->config.random, l->config.ctx);
    if (!m) {
        fail(l, conn, request, CONTROL_ERROR_FULL, "The room or the relay is full.");
        return;
    }
    memcpy(m->name, k->name, sizeof m->name);
    memcpy(m->identity, k->identity, sizeof m->identity);
    memcpy(m->key, key, sizeof m->key);
    m->has_key = true;
    attach(l, conn, r, m);
    command_add(l, r, m);
    send_room(l, r, m, request, false, now_us);
    announce(l, r, m);
}

static bool may_enter(struct control_logic *l, uint32_t conn, uint32_t request, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (k->member) {
        fail(l, conn, request, CONTROL_ERROR_NOT_NOW, "You are in a room already.");
        return false;
    }
    if (!guard_join(&l->guard, k->host, now_us)) {
        fail(l, conn, request, CONTROL_ERROR_BUSY, "Too many tries; try again later.");
        return false;
    }
    return true;
}

static void take_create(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    if (!may_enter(l, conn, x->request, now_us))
        return;
    if (is_cold(l, now_us)) {
        fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "The relay has just started; try again in a few seconds.");
        return;
    }
    struct room *r = l->rooms.members < WIRE_MEMBERS_MAX
                         ? room_create(&l->rooms, x->create.admit_hash, l->config.random, l->config.ctx)
                         : NULL;
    if (!r) {
        fail(l, conn, x->request, CONTROL_ERROR_FULL, "The relay is full.");
        return;
    }
    enter(l, conn, r, ROOM_HOST, x->create.key, x->request, now_us);
}

static void take_join(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    uint8_t hash[32];
    if (!may_enter(l, conn, x->request, now_us))
        return;
    // The same work and the same answer whether the room, the token or both are wrong.
    static const uint8_t none[32];
    struct room *r = room_by_code(&l->rooms, x->join.code);
    keys_admit_hash(hash, x->join.has_token ? x->join.token : none);
    bool right = sodium_memcmp(hash, r ? r->admit_hash : none, sizeof hash) == 0;
    if (r && x->join.has_token && right) {
        enter(l, conn, r, ROOM_GUEST, x->join.key, x->request, now_us);
    } else if (is_cold(l, now_us)) {
        fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "The relay has just started; try again in a few seconds.");
    } else if (!guard_may_guess(&l->guard, k->host, now_us)) {
        fail(l, conn, x->request, CONTROL_ERROR_BUSY, "Too many wrong codes; try again later.");
    } else {
        guard_wrong_guess(&l->guard, k->host, now_us);
        fail(l, conn, x->request, CONTROL_ERROR_NO_ROOM, "No such room, or the invite is not for it.");
    }
}

static void take_box(struct control_logic *l, uint32_t conn, const struct control *x)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (!k->member) {
        fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "You are in no room.");
        return;
    }
    for (size_t i = 0; i < x->box.count; i++) {
        struct control out = {.type = CONTROL_BOX};
        out.box.from = k->member->id; // never what the client says
        out.box.to = x->box.boxes[i].to;
        out.box.boxes[0] = x->box.boxes[i];
        out.box.count = 1;
        if (out.box.to == 0) {
            send_room_but(l, k->room, k->member, &out);
            continue;
        }
        const struct room_member *to = room_member(k->room, out.box.to);
        if (to)
            send_to(l, to->conn, &out);
    }
}

static void dispatch(struct control_logic *l, uint32_t conn, const struct control *x, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    if (!k->greeted && x->type != CONTROL_HELLO) {
        fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "Say hello first.");
        close_conn(l, conn);
        return;
    }
    switch (x->type) {
    case CONTROL_HELLO:
        if (k->greeted)
            fail(l, conn, x->request, CONTROL_ERROR_NOT_NOW, "You have said hello.");
        else
            take_hello(l, conn, x, now_us);
        break;
    case CONTROL_CREATE:
        take_create(l, conn, x, now_us);
        break;
    case CONTROL_JOIN:
        take_join(l, conn, x, now_us);
        break;
    case CONTROL_LEAVE:
        if (k->member)
            remove_member(l, k->room, k->member, "left", true);
        break;
    case CONTROL_BOX:
        take_box(l, conn, x);
        break;
    default: // a relay's message, sent by a client
        fail(l, conn, x->request, CONTROL_ERROR_BAD_MESSAGE, "This is not a client's message.");
        break;
    }
}

// ---- the shell's calls ----

// Places are kept free for whoever comes: when few are left, of those in no room the one who has sat there longest
// among the most from one source goes. Members of rooms stay.
static void make_room_for_one(struct control_logic *l)
{
    uint16_t by_host[GUARD_SOURCES] = {0};
    unsigned staying = 0;
    uint32_t worst = ROOM_NO_CONN;
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        const struct control_logic_conn *k = &l->conn[i];
        if (!k->used || k->closing)
            continue;
        staying++;
        if (!k->member)
            by_host[k->host]++;
    }
    for (uint32_t i = 0; staying >= CONTROL_LOGIC_CONNS - SPARE_CONNS && i < CONTROL_LOGIC_CONNS; i++) {
        const struct control_logic_conn *k = &l->conn[i], *w = &l->conn[worst == ROOM_NO_CONN ? i : worst];
        if (!k->used || k->closing || k->member)
            continue;
        if (worst == ROOM_NO_CONN || by_host[k->host] > by_host[w->host] ||
            (by_host[k->host] == by_host[w->host] && k->opened_us < w->opened_us))
            worst = i;
    }
    if (worst != ROOM_NO_CONN)
        close_conn(l, worst);
}

uint32_t control_logic_open(struct control_logic *l, const struct addr *from, uint64_t now_us)
{
    make_room_for_one(l);
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        struct control_logic_conn *k = &l->conn[i];
        if (k->used)
            continue;
        memset(k, 0, sizeof *k);
        k->used = true;
        k->host = guard_host(&l->guard, from);
        k->opened_us = now_us;
        return i;
    }
    return ROOM_NO_CONN;
}

size_t control_logic_message_max(const struct control_logic *l, uint32_t conn)
{
    return l->conn[conn].greeted ? WIRE_CONTROL_MAX : WIRE_CONTROL_FIRST_MAX;
}

bool control_logic_greeted(const struct control_logic *l, uint32_t conn)
{
    return l->conn[conn].greeted;
}

void control_logic_message(struct control_logic *l, uint32_t conn, const char *text, size_t n, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    struct control x;
    if (!k->used || k->closing)
        return;
    if (!guard_take(&k->messages, now_us, 1, WIRE_CONTROL_PER_S, WIRE_CONTROL_BURST)) {
        fail(l, conn, 0, CONTROL_ERROR_BUSY, "Too many messages; one was not taken.");
        return;
    }
    if (n > control_logic_message_max(l, conn) || !control_read(&x, text, n)) {
        fail(l, conn, 0, CONTROL_ERROR_BAD_MESSAGE, "This message cannot be read.");
        if (!k->greeted)
            close_conn(l, conn);
        return;
    }
    dispatch(l, conn, &x, now_us);
    control_free(&x);
}

void control_logic_closed(struct control_logic *l, uint32_t conn, uint64_t now_us)
{
    struct control_logic_conn *k = &l->conn[conn];
    (void)now_us;
    if (!k->used)
        return;
    if (k->member)
        k->member->conn = ROOM_NO_CONN; // not leaving: its datagrams decide
    memset(k, 0, sizeof *k);
}

static void take_proved(struct control_logic *l, const struct core_event *e)
{
    struct room *r;
    bool made;
    struct room_member *m = room_restore(&l->rooms, &e->ticket, &r, &made, l->config.random, l->config.ctx);
    if (m) {
        if (made && m->has_key)
            announce(l, r, m);
        return;
    }
    // The worker took in somebody who cannot be: say goodbye, he joins anew.
    struct core_command x = {.type = CORE_REMOVE, .room = e->room, .sender = e->sender, .join_id = e->join_id};
    x.bye = CTRL_BYE_ENDED;
    l->config.command(l->config.ctx, &x);
}

void control_logic_event(struct control_logic *l, const struct core_event *e, uint64_t now_us)
{
    (void)now_us;
    if (e->type == CORE_PROVED && e->rebuilt)
        take_proved(l, e);
    struct room *r = room_by_id(&l->rooms, e->room);
    struct room_member *m = r ? room_member(r, e->sender) : NULL;
    if (!m || m->join_id != e->join_id)
        return;
    bool away = e->type == CORE_AWAY;
    if (e->type == CORE_LEFT) {
        remove_member(l, r, m, e->reason == CORE_LEFT_BYE ? "left" : "lost", e->reason == CORE_LEFT_BYE);
    } else if (m->away != away) {
        m->away = away;
        announce_away(l, r, m);
    }
}

void control_logic_tick(struct control_logic *l, uint64_t now_us, uint64_t wall_s)
{
    l->wall_s = wall_s;
    for (uint32_t i = 0; i < CONTROL_LOGIC_CONNS; i++) {
        struct control_logic_conn *k = &l->conn[i];
        if (!k->used)
            continue;
        if (!k->greeted && now_us - k->opened_us > WIRE_FIRST_MESSAGE_MS * 1000ull)
            close_conn(l, i);
        else if (k->member && now_us - k->member->ticket_us > TICKET_RENEW_US)
            send_ticket(l, k->room, k->member, now_us);
    }
}
