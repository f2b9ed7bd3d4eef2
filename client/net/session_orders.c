// Hosts: whom of those who say so we obey, what our own person orders, and what the room is.
//
// orders.c has the table and the rules; here it meets the session. Orders and claims come as signed texts (from
// session_boxes.c), the relay's word as room-state and descriptor (from session_room.c). After each of them refresh()
// sees whom the relay has named while no believed host was here, has session_trust.c judge every member anew - it asks
// session_orders_judge() about each: NEW, or NOT_ADMITTED when it was kicked or nobody has let it in - tells main how
// the room is believed to be, and, when the room is ours, signs that for the relay. What the relay says beyond it is
// neither shown nor signed. Our person's orders go signed to all before the relay hears of them; what the relay then
// refuses openly is taken back, but for a kick, which needs no relay.
#include "session_parts.h"

#include "shared/control.h"
#include "shared/keys.h"
#include "shared/log.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, FRESH_US = 2 * SECOND, REFUSED_US = 10 * SECOND, EPOCH_STEPS = 1000 };
enum { REQUESTS = 0x40000000 }; // of what hosts order, from here; rooms are asked for with small numbers

// Listed by the relay, and nothing speaks against it: it counts as here.
static bool stands(const struct session_member *m)
{
    return m->used && m->stated && m->trust != CALL_TRUST_GHOST && m->trust != CALL_TRUST_NOT_ADMITTED;
}

static void add(struct orders_people *p, const uint8_t identity[32])
{
    memcpy(p->identity[p->count++], identity, 32);
}

static struct orders_people here(const struct session *s)
{
    struct orders_people p = {.count = 0};
    add(&p, s->config.identity);
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (stands(&s->members[i]))
            add(&p, s->members[i].identity);
    return p;
}

// Whom the relay names counts only while no believed host is here.
static void hear_hosts(struct session *s)
{
    struct orders_people all = here(s), named = {.count = s->now.host_count};
    if (!s->in_room || !s->now.epoch)
        return;
    memcpy(named.identity, s->now.hosts, (size_t)32 * named.count);
    orders_hear_hosts(&s->orders, &all, &named, s->just_came ? s->config.identity : NULL);
}

// ---- what main is told ----

static const uint8_t *identity_of(struct session *s, uint16_t id)
{
    const struct session_member *m = session_room_member(s, id);
    if (id == s->self)
        return s->config.identity;
    return m && stands(m) ? m->identity : NULL;
}

static bool obeyed(struct session *s, uint16_t id)
{
    const uint8_t *identity = identity_of(s, id);
    return identity && orders_is_host(&s->orders, identity);
}

// Whom to show as hosts: those of the relay whom we believe. When it names none of them, those whom we believe.
static void fill_hosts(struct session *s, struct session_hosts *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < s->named.count; i++)
        if (obeyed(s, s->named.id[i]))
            out->id[out->count++] = s->named.id[i];
    if (out->count)
        return;
    if (obeyed(s, s->self))
        out->id[out->count++] = s->self;
    for (unsigned i = 0; i < ARRAY_LEN(s->members) && out->count < ARRAY_LEN(out->id); i++)
        if (s->members[i].used && obeyed(s, s->members[i].id))
            out->id[out->count++] = s->members[i].id;
}

static void tell_state(struct session *s, bool again)
{
    struct session_told now = {.lobby = s->orders.lobby, .locked = s->orders.locked, .epoch = s->now.epoch};
    if (!s->now.epoch)
        return;
    fill_hosts(s, &now.hosts);
    if (!again && now.lobby == s->told.lobby && now.locked == s->told.locked && now.epoch == s->told.epoch &&
        now.hosts.count == s->told.hosts.count && memcmp(now.hosts.id, s->told.hosts.id, sizeof now.hosts.id) == 0)
        return;
    s->told = now;
    struct notice *n = notice_new(NOTICE_ROOM_STATE);
    n->lobby = now.lobby;
    n->locked = now.locked;
    n->epoch = now.epoch;
    n->host_count = now.hosts.count;
    memcpy(n->hosts, now.hosts.id, sizeof n->hosts);
    s->io.notice(s->io.ctx, n);
}

// ---- what the room is ----

// Sign what the room is, when it is ours, the relay says the same as believed orders made of it, and does not hold
// just that.
static void describe(struct session *s)
{
    struct control c = {.type = CONTROL_DESCRIPTOR};
    if (!s->creator || !s->in_room || !s->now.epoch || !orders_agree(&s->orders, &s->now, s->config.identity))
        return;
    // The newest is believed. Of the last number there is, no newer one could ever be.
    if (s->now.epoch > (uint64_t)s->orders.described + EPOCH_STEPS)
        return;
    memcpy(s->now.creator, s->config.identity, 32);
    c.descriptor.size = descriptor_sign(&s->now, s->config.identity_secret, s->secret->invite_key, c.descriptor.bytes);
    if (s->described && c.descriptor.size == s->descriptor_size &&
        memcmp(c.descriptor.bytes, s->descriptor, s->descriptor_size) == 0)
        return;
    s->io.control(s->io.ctx, control_write(&c));
}

// Something may have changed whom we obey or who may have keys.
static void refresh(struct session *s, bool again, uint64_t now_us)
{
    hear_hosts(s);
    session_trust_all(s, now_us);
    hear_hosts(s); // somebody may not count any more
    tell_state(s, again);
    describe(s);
    session_pass_tell(s, now_us);
}

// Whoever is here with keys was here before what comes now.
static void remember_all(struct session *s)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].introduced && stands(&s->members[i]))
            orders_met(&s->orders, s->members[i].identity);
}

void session_orders_enter(struct session *s, bool created, bool same)
{
    uint8_t token[32], hash[32];
    if (created)
        orders_create(&s->orders, s->config.identity, s->lobby);
    keys_room_token(token, s->secret->invite_key);
    keys_admit_hash(hash, token);
    sodium_memzero(token, sizeof token);
    orders_room(&s->orders, hash);
    s->passed.told = false; // this relay may be another, or a new one
    s->listing = same ? SESSION_LISTING_NEWS : s->ever_in_room ? SESSION_LISTING_AGAIN : SESSION_LISTING_FIRST;
    if (same)
        return;
    s->just_came = created ? 0 : 2;
    s->now.epoch = 0;
    s->named.count = 0;
}

// Who is listed when we come was here before us. Who comes back knows the room: then he believes that only when there
// is no host who could tell him.
void session_orders_listed(struct session *s, const struct control *c)
{
    bool host = orders_is_host(&s->orders, s->config.identity);
    for (size_t i = 0; i < c->room.member_count; i++)
        host = host || orders_is_host(&s->orders, c->room.members[i].identity);
    s->before_us = s->listing == SESSION_LISTING_FIRST || (s->listing == SESSION_LISTING_AGAIN && !host);
}

void session_orders_left(struct session *s, uint64_t now_us)
{
    refresh(s, false, now_us);
}

void session_orders_forget(struct session *s)
{
    orders_forget(&s->orders);
    memset(&s->now, 0, sizeof s->now);
    memset(&s->told, 0, sizeof s->told);
    memset(s->ordered, 0, sizeof s->ordered);
    s->named.count = 0;
    s->passed.told = s->before_us = s->creator = s->described = false;
    s->descriptor_size = 0;
}

void session_orders_state(struct session *s, const struct control *c, uint64_t now_us)
{
    uint8_t token[32];
    if (!s->in_room || session_calls_talking(s))
        return;
    s->now = (struct descriptor){.room = s->hop.room, .code = s->code, .epoch = c->state.epoch};
    s->now.lobby = c->state.lobby;
    s->now.locked = c->state.locked;
    s->now.created = c->state.created;
    s->now.host_count = (unsigned)c->state.host_key_count;
    memcpy(s->now.hosts, c->state.host_keys, sizeof s->now.hosts);
    keys_room_token(token, s->secret->invite_key);
    keys_admit_hash(s->now.admit_hash, token);
    sodium_memzero(token, sizeof token);
    s->named.count = MIN(c->state.host_count, ARRAY_LEN(s->named.id));
    memcpy(s->named.id, c->state.hosts, sizeof s->named.id);
    s->just_came = s->just_came == 2 ? 1 : 0;
    remember_all(s);
    orders_hear_door(&s->orders, c->state.lobby, c->state.locked);
    refresh(s, true, now_us);
}

// Kept for the day on which the relay has lost its ticket key.
void session_orders_descriptor(struct session *s, const struct control *c, uint64_t now_us)
{
    struct descriptor d;
    if (session_calls_talking(s))
        return;
    if (!s->in_room || !descriptor_open(&d, c->descriptor.bytes, c->descriptor.size) ||
        !descriptor_tagged(c->descriptor.bytes, c->descriptor.size, s->secret->invite_key) || d.code != s->code ||
        memcmp(d.admit_hash, s->now.admit_hash, sizeof d.admit_hash) != 0 ||
        (s->orders.has_creator && memcmp(d.creator, s->orders.creator, sizeof d.creator) != 0)) {
        log_warn("session", "a description of the room is not its creator's");
        return;
    }
    memcpy(s->descriptor, c->descriptor.bytes, c->descriptor.size);
    s->descriptor_size = c->descriptor.size;
    s->described = true;
    // The room may be ours from an earlier life of this process.
    s->creator = s->creator || memcmp(d.creator, s->config.identity, 32) == 0;
    remember_all(s);
    orders_describe(&s->orders, &d);
    refresh(s, false, now_us);
}

enum call_trust session_orders_judge(struct session *s, const uint8_t identity[32], const uint8_t key[32],
                                     uint64_t join_id)
{
    return orders_judge(&s->orders, identity, key, join_id) ? CALL_TRUST_NEW : CALL_TRUST_NOT_ADMITTED;
}

// ---- what others say ----

static void complete(struct session *s, struct order *x)
{
    const struct session_member *m = session_room_member(s, x->id);
    if (x->kind == ORDER_KICK && m && m->join_id == x->join_id)
        memcpy(x->identity, m->identity, sizeof x->identity);
}

void session_orders_take(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us)
{
    struct order x;
    struct orders_claim claim;
    enum orders_effect effect = ORDERS_IGNORED;
    if (session_calls_talking(s))
        return;
    hear_hosts(s);
    remember_all(s);
    if (order_read(&x, o)) {
        complete(s, &x);
        effect = orders_take(&s->orders, m->identity, &x);
    } else if (orders_claim_read(&claim, o)) {
        effect = orders_take_claim(&s->orders, m->identity, &claim);
        x.kind = 0;
    }
    if (effect == ORDERS_IGNORED)
        log_warn("session", "an order of somebody who is no host, or none at all id=%u", m->id);
    else if (x.kind == ORDER_MUTE && (x.id == 0 || x.id == s->self))
        s->io.notice(s->io.ctx, session_roster_about(NOTICE_MUTE, m));
    if (effect == ORDERS_CHANGED)
        refresh(s, false, now_us);
}

// ---- what we say ----

void session_orders_greet(struct session *s, uint16_t id)
{
    struct orders_claim claim;
    uint64_t n;
    if (!orders_is_host(&s->orders, s->config.identity))
        return;
    orders_claim(&s->orders, s->config.identity, &claim);
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (s->members[i].introduced && stands(&s->members[i]))
            memcpy(claim.admitted[claim.admitted_count++], s->members[i].key, 32);
    memcpy(claim.admitted[claim.admitted_count++], s->keys.join_public, 32);
    char *text = orders_claim_write(&claim);
    room_keys_send(&s->keys, id, text, &n);
    free(text);
}

// Who has just come may not hold the key of what goes to all: he is told how things stand instead.
void session_orders_say(struct session *s, const struct order *x, uint64_t now_us)
{
    uint64_t n;
    char *text = order_write(x);
    room_keys_send(&s->keys, 0, text, &n);
    free(text);
    remember_all(s);
    enum orders_effect effect = orders_take(&s->orders, s->config.identity, x);
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        if (m->used && m->introduced && now_us - m->since_us < FRESH_US)
            session_orders_greet(s, m->id);
    }
    s->keys.io.flush(s->keys.io.ctx);
    if (effect == ORDERS_CHANGED)
        refresh(s, false, now_us);
}

// The signed order of a command, and what takes it back (kind 0: nothing does). False when there is none to be given.
static bool compose(struct session *s, const struct command *c, struct order *x, struct order *undo)
{
    const struct session_member *m = session_room_member(s, c->member);
    const struct session_knock *k = session_door_knock(s, c->knock);
    const uint8_t *key = k ? k->key : m ? m->key : NULL;
    bool self = c->member == s->self;
    *x = (struct order){.id = c->member, .on = c->flag};
    *undo = (struct order){.kind = 0};
    switch (c->order) {
    case COMMAND_ADMIT:
        x->kind = ORDER_ADMIT;
        if (key)
            memcpy(x->key, key, sizeof x->key);
        return key != NULL;
    case COMMAND_KICK:
        x->kind = ORDER_KICK;
        x->join_id = m ? m->join_id : 0;
        if (m)
            memcpy(x->identity, m->identity, sizeof x->identity);
        return m != NULL;
    case COMMAND_ROLE:
        x->kind = ORDER_ROLE;
        if (m || self)
            memcpy(x->identity, self ? s->config.identity : m->identity, sizeof x->identity);
        if ((m || self) && orders_is_host(&s->orders, x->identity) != x->on)
            *undo = *x;
        break;
    case COMMAND_LOCK:
    case COMMAND_LOBBY:
        x->kind = c->order == COMMAND_LOCK ? ORDER_LOCK : ORDER_LOBBY;
        if ((c->order == COMMAND_LOCK ? s->orders.locked : s->orders.lobby) != x->on)
            *undo = *x;
        m = NULL;
        self = true;
        break;
    case COMMAND_MUTE:
        x->kind = ORDER_MUTE;
        return m || c->member == 0;
    default:
        return false;
    }
    undo->on = !x->on;
    return m || self;
}

static void send_control(struct session *s, const struct command *c, uint32_t request)
{
    static const enum control_type types[] = {
        [COMMAND_ADMIT] = CONTROL_ADMIT, [COMMAND_DENY] = CONTROL_DENY,   [COMMAND_KICK] = CONTROL_KICK,
        [COMMAND_LOCK] = CONTROL_LOCK,   [COMMAND_LOBBY] = CONTROL_LOBBY, [COMMAND_ROLE] = CONTROL_ROLE,
        [COMMAND_END] = CONTROL_END,
    };
    struct control x = {.type = types[c->order], .request = request};
    struct session_knock *k = x.type == CONTROL_ADMIT ? session_door_knock(s, c->knock) : NULL;
    if (k)
        session_door_grant(s, k);
    if (x.type == CONTROL_ADMIT || x.type == CONTROL_DENY) {
        x.knock.id = c->knock;
    } else {
        x.order.id = c->member;
        x.order.on = c->flag;
    }
    s->io.control(s->io.ctx, control_write(&x));
}

void session_orders_do(struct session *s, const struct command *c, uint64_t now_us)
{
    struct order x, undo;
    if (!session_room_can_talk(s) || session_calls_talking(s))
        return;
    hear_hosts(s);
    bool given = compose(s, c, &x, &undo) && orders_is_host(&s->orders, s->config.identity);
    uint32_t number = s->orders_given++ % REQUESTS;
    s->ordered[number % ARRAY_LEN(s->ordered)] =
        (struct session_ordered){.number = number, .at_us = now_us, .undo = undo};
    if (!given)
        s->ordered[number % ARRAY_LEN(s->ordered)].undo.kind = 0;
    if (given)
        session_orders_say(s, &x, now_us);
    if (c->order != COMMAND_MUTE && !(c->order == COMMAND_ADMIT && c->knock == 0)) // these the relay has no part in
        send_control(s, c, REQUESTS + number);
}

bool session_orders_failed(struct session *s, const struct control *c, uint64_t now_us)
{
    if (c->request < REQUESTS)
        return false;
    struct notice *n = notice_new(NOTICE_NOT_DONE);
    n->text = base_strdup(c->error.text);
    s->io.notice(s->io.ctx, n);
    struct session_ordered *o = &s->ordered[(c->request - REQUESTS) % ARRAY_LEN(s->ordered)];
    if (o->number != c->request - REQUESTS || !o->undo.kind || now_us - o->at_us > REFUSED_US)
        return true; // a relay that can take orders back whenever it likes gives them
    struct order undo = o->undo;
    o->undo.kind = 0;
    session_orders_say(s, &undo, now_us);
    return true;
}
