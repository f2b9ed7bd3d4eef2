#include "core.h"

#include "shared/bytes.h"
#include "shared/ctrl.h"
#include "shared/feedback.h"
#include "shared/keys.h"
#include "forward.h"
#include "handshake.h"
#include "history.h"
#include "parity.h"
#include "repair.h"
#include "switches.h"
#include "uplink.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { WATCHED_SOON_US = 50000, WATCHED_US = 1000000, PING_US = 1000000, EPOCH_US = 10000000 };

struct core *core_create(const struct core_config *config, uint64_t wall_s)
{
    struct core *c = base_alloc(sizeof *c);
    uint8_t secret[32];
    c->config = *config;
    c->wall_s = wall_s;
    bool ok = table_init(&c->table, config->members_max ? config->members_max : WIRE_MEMBERS_MAX,
                         config->rooms_max ? config->rooms_max : WIRE_ROOMS_MAX);
    c->history = history_create(config->history_bytes);
    c->repair = repair_create();
    c->parity = parity_create();
    keys_kdf(secret, config->boot_secret, sizeof config->boot_secret, "guard", "", 0);
    guard_init(&c->guard, secret);
    if (ok && c->history && c->repair && c->parity)
        return c;
    core_destroy(c);
    return NULL;
}

void core_destroy(struct core *c)
{
    if (!c)
        return;
    table_free(&c->table);
    history_destroy(c->history);
    repair_destroy(c->repair);
    parity_destroy(c->parity);
    sodium_memzero(c, sizeof *c);
    free(c);
}

// Types 7, 8, 10 to one member: its session's next number, its own key.
void core_send(struct core *c, struct table_member *m, uint8_t *p, size_t n, const struct addr *to, uint64_t now_us)
{
    wire_stamp(p, n, m->key_down, ++m->down_number, now_us);
    m->sent_us = now_us;
    c->counters.out++;
    c->counters.out_bytes += n;
    c->config.emit(c->config.ctx, p, n, n, to);
}

static void send_feedback(struct core *c, struct table_member *m, struct bytes_writer *w, uint8_t *out, uint64_t now_us)
{
    size_t n = feedback_end(w, out);
    if (n)
        core_send(c, m, out, n, &m->addr, now_us);
}

static void send_report(struct core *c, struct table_member *m, uint8_t space, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_arrivals block[REPORT_BLOCKS];
    unsigned blocks = report_make(&m->report[space], space, block, now_us);
    if (!blocks) // what came was older than all that is told of
        return;
    struct bytes_writer w = feedback_begin(out, 0, m->room_id);
    for (unsigned i = 0; i < blocks; i++)
        feedback_put_arrivals(&w, &block[i]);
    send_feedback(c, m, &w, out, now_us);
}

void core_send_reports(struct core *c, struct table_member *m, uint64_t now_us)
{
    for (uint8_t s = 0; s < TABLE_SPACES; s++)
        if (report_due(&m->report[s], now_us))
            send_report(c, m, s, now_us);
}

static void send_refreshes(struct core *c, struct table_member *m, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_refresh r;
    for (unsigned i = 0; i < TABLE_VIDEO_SLOTS; i++) {
        if (!m->refresh[i].pending || !forward_refresh_due(m, i, &r, now_us))
            continue;
        struct bytes_writer w = feedback_begin(out, 0, m->room_id);
        feedback_put_refresh(&w, &r);
        send_feedback(c, m, &w, out, now_us);
    }
}

void core_send_refreshes(struct core *c, const struct table_room *r, uint64_t now_us)
{
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++)
        if (r->live >> s & 1)
            send_refreshes(c, &c->table.member[r->seat[s]], now_us);
}

static void send_watched(struct core *c, struct table_member *m, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback_watched x;
    forward_watched(&c->table, m, &x);
    struct bytes_writer w = feedback_begin(out, 0, m->room_id);
    feedback_put_watched(&w, &x);
    send_feedback(c, m, &w, out, now_us);
    if (m->watched_repeats)
        m->watched_repeats--;
    m->watched_due_us = now_us + (m->watched_repeats ? WATCHED_SOON_US : WATCHED_US);
}

static void send_ping(struct core *c, struct table_member *m, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl ping = {.op = CTRL_PING, .other_number = m->down_number + 2, .time = now_us};
    ping.epoch = c->table.room[m->room].epoch;
    m->pinged_us = now_us;
    core_send(c, m, out, ctrl_write(&ping, 0, m->room_id, out), &m->addr, now_us);
}

static void tell(struct core *c, struct table_member *m, enum core_event_type type)
{
    struct core_event e = {.type = type, .room = m->room_id, .sender = m->sender, .join_id = m->join_id};
    e.reason = (enum core_left)m->left_reason;
    if (c->config.event(c->config.ctx, &e))
        m->told = m->state;
}

// What the control thread has not heard yet. When its queue was full, only the newest state is told later.
static void tell_state(struct core *c, struct table_member *m)
{
    if (m->told == m->state || m->told == TABLE_LEFT)
        return;
    tell(c, m, m->state == TABLE_LEFT ? CORE_LEFT : m->state == TABLE_AWAY ? CORE_AWAY : CORE_BACK);
}

void core_set_state(struct core *c, struct table_member *m, enum table_state state, uint64_t now_us)
{
    struct table_room *r = &c->table.room[m->room];
    uint64_t bit = (uint64_t)1 << m->seat;
    if (state == TABLE_LIVE)
        m->back_us = now_us;
    m->state = (uint8_t)state;
    m->due_us = 0;
    r->live = state == TABLE_LIVE && m->proved ? r->live | bit : r->live & ~bit;
    forward_watchers_changed(&c->table, r, now_us);
    tell_state(c, m);
}

void core_over_limit(struct core *c, const struct addr *source)
{
    if (c->config.over_limit)
        c->config.over_limit(c->config.ctx, source);
}

// Datagrams that proved nothing new: counted by source, so that one who sends many is told from many who send one.
static void rejected(struct core *c, const struct addr *from, uint64_t count, uint64_t now_us)
{
    unsigned i = guard_source(&c->guard, from) % CORE_REJECTED;
    uint32_t second = (uint32_t)(now_us / 1000000);
    if (c->rejected[i].second != second) {
        c->rejected[i].second = second;
        c->rejected[i].count = 0;
    }
    c->rejected[i].count += (uint32_t)count;
    if (c->rejected[i].count > CORE_REJECTED_PER_S)
        core_over_limit(c, from);
}

static bool is_handshake(const uint8_t *p)
{
    return p[0] == WIRE_CTRL && (p[WIRE_HEADER] == CTRL_HELLO || p[WIRE_HEADER] == CTRL_PROOF);
}

// What belongs to no session yet.
static void take_stranger(struct core *c, const struct wire_header *h, const uint8_t *p, size_t n,
                          const struct addr *from, uint64_t now_us)
{
    struct ctrl x;
    bool readable = h->type == WIRE_CTRL && ctrl_read(&x, p, n);
    if (!readable && is_handshake(p))
        c->counters.malformed++;
    else if (readable && x.op == CTRL_HELLO)
        handshake_hello(c, h, &x, from, now_us);
    else if (readable && x.op == CTRL_PROOF)
        handshake_proof(c, h, &x, p, n, from, now_us);
    else if (readable && x.op == CTRL_PING && h->sender == 0 && h->room < WIRE_PROBE_ROOMS)
        handshake_probe(c, h, &x, p, n, from, now_us);
    else
        c->counters.strangers++;
}

static uint64_t refused(const struct core_counters *x)
{
    return x->malformed + x->strangers + x->bad_tag + x->replayed + x->far_ahead + x->over_limit;
}

void core_train(struct core *c, uint8_t *p, size_t n, size_t segment, const struct addr *from, uint64_t came_us,
                uint64_t now_us)
{
    struct uplink u = {
        .c = c, .from = from, .came_us = came_us, .now_us = now_us, .train = history_holds(c->history, p) ? n : 0};
    struct wire_header h;
    uint64_t before = refused(&c->counters);
    bool usable = !addr_is_unusable(from) && !(c->config.own.length && addr_equal(from, &c->config.own));
    c->train_kept = false;
    c->counters.in_bytes += n;
    if (n == 0) { // UDP has those too
        c->counters.in++;
        c->counters.malformed++;
    }
    for (size_t at = 0; at < n; at += segment) {
        uint8_t *d = p + at;
        size_t size = MIN(segment, n - at);
        c->counters.in++;
        if (!usable || !wire_read(&h, d, size)) {
            c->counters.malformed++;
            continue;
        }
        if (!u.m || u.m->room_id != h.room || u.m->sender != h.sender || is_handshake(d)) {
            uplink_end(&u);
            struct table_member *m = is_handshake(d) ? NULL : table_find(&c->table, h.room, h.sender);
            if (!m) {
                take_stranger(c, &h, d, size, from, now_us);
                continue;
            }
            uplink_begin(&u, m);
        }
        uplink_datagram(&u, &h, d, size);
    }
    uplink_end(&u);
    uint64_t more = refused(&c->counters) - before;
    if (more)
        rejected(c, from, more, now_us);
}

void core_datagram(struct core *c, uint8_t *p, size_t n, const struct addr *from, uint64_t now_us)
{
    core_train(c, p, n, n, from, now_us, now_us);
}

// When tick_member has something to do again, if nothing new comes.
static uint64_t next_due(const struct table_member *m, uint64_t now_us)
{
    uint64_t soon = now_us + CORE_TICK_US,
             next = m->heard_us + (m->state == TABLE_LIVE ? WIRE_AWAY_MS : WIRE_LEFT_MS) * 1000ull;
    if (m->told != m->state && m->told != TABLE_LEFT)
        return soon;
    if (!m->proved || m->state != TABLE_LIVE)
        return MAX(next, soon);
    for (unsigned i = 0; i < TABLE_VIDEO_SLOTS; i++)
        if (m->refresh[i].pending || m->layer[i].waiting)
            return soon;
    if (report_waits(&m->report[TABLE_SPACE_MEDIA]) || report_waits(&m->report[TABLE_SPACE_OTHER]))
        return soon;
    if (repair_waits(m))
        return soon;
    next = MIN(next, m->watched_due_us);
    return MIN(next, MIN(m->pinged_us + PING_US, m->sent_us + WIRE_KEEPALIVE_MS * 1000u));
}

static void tick_member(struct core *c, struct table_member *m, uint64_t now_us)
{
    uint64_t silent = now_us - m->heard_us;
    if (m->state != TABLE_LEFT && silent >= WIRE_LEFT_MS * 1000ull) {
        m->left_reason = CORE_LEFT_LOST;
        core_set_state(c, m, TABLE_LEFT, now_us);
    } else if (m->state == TABLE_LIVE && silent >= WIRE_AWAY_MS * 1000ull) {
        core_set_state(c, m, TABLE_AWAY, now_us);
    }
    tell_state(c, m);
    if (!m->proved || m->state != TABLE_LIVE)
        return;
    core_send_reports(c, m, now_us);
    if (m->switching)
        switches_tick(m, now_us);
    send_refreshes(c, m, now_us);
    repair_tick(c, m, now_us);
    if (now_us >= m->watched_due_us)
        send_watched(c, m, now_us);
    if (now_us - m->pinged_us >= PING_US || now_us - m->sent_us >= WIRE_KEEPALIVE_MS * 1000u)
        send_ping(c, m, now_us);
}

// A room's new downlink key is used once every live member knows it, or when its time is over.
static void tick_room(struct core *c, struct table_room *r, uint64_t now_us)
{
    bool known = true;
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++)
        known = known && (!(r->live >> s & 1) || c->table.member[r->seat[s]].seen_epoch >= r->epoch);
    if (!known && now_us < r->down_next_us)
        return;
    memcpy(r->down, r->down_next, sizeof r->down);
    r->down_next_us = 0;
}

void core_tick(struct core *c, uint64_t now_us, uint64_t wall_s)
{
    c->wall_s = wall_s;
    c->ticks++;
    if (c->table.members)
        history_warm(c->history);
    for (unsigned i = 0, seen = 0; i < c->table.rooms_max && seen < c->table.rooms; i++) {
        seen += c->table.room[i].used;
        if (c->table.room[i].used && c->table.room[i].down_next_us)
            tick_room(c, &c->table.room[i], now_us);
    }
    for (unsigned i = 0, seen = 0; i < c->table.members_max && seen < c->table.members; i++) {
        struct table_member *m = &c->table.member[i];
        if (!m->used)
            continue;
        seen++;
        if (now_us < m->due_us)
            continue;
        tick_member(c, m, now_us);
        m->due_us = next_due(m, now_us);
    }
    for (unsigned i = 0, seen = 0; i < c->table.rooms_max && seen < c->table.rooms; i++) {
        seen += c->table.room[i].used;
        if (c->table.room[i].quiet)
            repair_tick_room(c, &c->table.room[i], now_us);
    }
}

void core_room_down(const struct core *c, uint32_t room, uint32_t epoch, uint8_t down[16])
{
    uint8_t secret[32];
    keys_room_secret(secret, c->config.ticket_key, room, epoch);
    keys_room_down(down, secret, c->config.boot_nonce);
    sodium_memzero(secret, sizeof secret);
}

static void add(struct core *c, const struct core_command *x, uint64_t now_us)
{
    struct table_room *r = table_room(&c->table, x->room);
    struct table_member *m = table_find(&c->table, x->room, x->sender);
    if (m)
        return; // came by UDP first
    if (!r) {
        r = table_add_room(&c->table, x->room, x->epoch);
        if (!r)
            return;
        core_room_down(c, x->room, x->epoch, r->down);
    }
    r->rebuilt |= x->rebuilt;
    if (table_add(&c->table, r, x->sender, x->join_id, x->hop_key, now_us))
        return;
    c->counters.over_limit++;
    if (!r->taken)
        table_drop_room(&c->table, r);
}

static void say_bye(struct core *c, struct table_member *m, uint8_t reason, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl bye = {.op = CTRL_BYE, .reason = reason};
    core_send(c, m, out, ctrl_write(&bye, 0, m->room_id, out), &m->addr, now_us);
}

// Everybody here has been told by the control thread: those who were sent away are removed on their own.
static void new_epoch(struct core *c, const struct core_command *x, uint64_t now_us)
{
    struct table_room *r = table_room(&c->table, x->room);
    if (!r || x->epoch <= r->epoch)
        return;
    // Two changes within a moment: a member keeps the key before the newest, no older one.
    if (r->down_next_us)
        memcpy(r->down, r->down_next, sizeof r->down);
    r->epoch = x->epoch;
    core_room_down(c, r->id, r->epoch, r->down_next);
    r->down_next_us = now_us + EPOCH_US;
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++)
        if (r->taken >> s & 1)
            c->table.member[r->seat[s]].epoch = x->epoch;
}

void core_command(struct core *c, const struct core_command *x, uint64_t now_us)
{
    if (x->type == CORE_ADD) {
        add(c, x, now_us);
        return;
    }
    if (x->type == CORE_EPOCH) {
        new_epoch(c, x, now_us);
        return;
    }
    if (x->type == CORE_DRAIN) {
        for (unsigned i = 0; i < c->table.members_max; i++)
            if (c->table.member[i].used && c->table.member[i].proved)
                say_bye(c, &c->table.member[i], CTRL_BYE_DRAINING, now_us);
        return;
    }
    struct table_member *m = table_find(&c->table, x->room, x->sender);
    if (!x->lost)
        table_make_void(&c->table, x->join_id);
    if (!m || m->join_id != x->join_id)
        return;
    struct table_room *r = &c->table.room[m->room];
    if (x->bye && m->proved)
        say_bye(c, m, x->bye, now_us);
    bool last = r->taken == (uint64_t)1 << m->seat;
    table_remove(&c->table, m);
    if (!last)
        forward_watchers_changed(&c->table, r, now_us);
}
