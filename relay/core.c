#include "core.h"

#include "shared/bytes.h"
#include "shared/ctrl.h"
#include "shared/feedback.h"
#include "shared/keys.h"
#include "forward.h"
#include "handshake.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { WATCHED_SOON_US = 50000, WATCHED_US = 1000000, PING_US = 1000000 };

struct core *core_create(const struct core_config *config, uint64_t wall_s)
{
    struct core *c = base_alloc(sizeof *c);
    uint8_t secret[32];
    c->config = *config;
    c->wall_s = wall_s;
    table_init(&c->table);
    keys_kdf(secret, config->boot_secret, sizeof config->boot_secret, "guard", "", 0);
    guard_init(&c->guard, secret);
    return c;
}

void core_destroy(struct core *c)
{
    if (!c)
        return;
    table_free(&c->table);
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
    struct bytes_writer w = feedback_begin(out, 0, m->room_id);
    for (unsigned i = 0; i < blocks; i++)
        feedback_put_arrivals(&w, &block[i]);
    send_feedback(c, m, &w, out, now_us);
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

static void set_state(struct core *c, struct table_member *m, enum table_state state, uint64_t now_us)
{
    struct table_room *r = &c->table.room[m->room];
    uint64_t bit = (uint64_t)1 << m->seat;
    m->state = state;
    r->live = state == TABLE_LIVE && m->proved ? r->live | bit : r->live & ~bit;
    forward_watchers_changed(&c->table, r, now_us);
    tell_state(c, m);
}

static void take_feedback(struct core *c, struct table_member *m, const uint8_t *p, size_t n, uint64_t number,
                          uint64_t now_us)
{
    struct bytes_reader all = feedback_body(p, n), body, check = all;
    struct feedback_layers layers;
    struct feedback_refresh refresh;
    struct feedback_heads heads;
    int type;
    while ((type = feedback_next(&check, &body)) > 0)
        ;
    if (type < 0) { // a length past the end drops the whole datagram
        c->counters.malformed++;
        return;
    }
    while ((type = feedback_next(&all, &body)) > 0) {
        if (type == FEEDBACK_LAYERS && number > m->layers_number && feedback_read_layers(&layers, body)) {
            m->layers_number = number;
            forward_layers(&c->table, m, &layers, now_us);
        } else if (type == FEEDBACK_REFRESH && feedback_read_refresh(&refresh, body)) {
            forward_refresh(&c->table, m, &refresh);
        } else if (type == FEEDBACK_HEADS && feedback_read_heads(&heads, body)) {
            for (unsigned i = 0; i < heads.count; i++)
                if (heads.item[i].slot == 0xFF)
                    m->confirmed[TABLE_SPACE_MEDIA] = MAX(m->confirmed[TABLE_SPACE_MEDIA], heads.item[i].newest + 1);
        }
    }
    struct table_room *r = &c->table.room[m->room];
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++)
        if (r->live >> s & 1)
            send_refreshes(c, &c->table.member[r->seat[s]], now_us);
}

static void take_ctrl(struct core *c, struct table_member *m, const struct ctrl *x, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    if (x->op == CTRL_PING) {
        m->confirmed[TABLE_SPACE_MEDIA] = MAX(m->confirmed[TABLE_SPACE_MEDIA], x->media_number);
        m->seen_epoch = MAX(m->seen_epoch, x->epoch);
        struct ctrl pong = {.op = CTRL_PONG, .time = x->time, .received = now_us, .sent = now_us};
        core_send(c, m, out, ctrl_write(&pong, 0, m->room_id, out), &m->addr, now_us);
    } else if (x->op == CTRL_BYE) {
        m->left_reason = CORE_LEFT_BYE;
        set_state(c, m, TABLE_LEFT, now_us);
    }
}

// Rewrite the hop header once and send the same bytes to everyone who wants them.
static void forward(struct core *c, struct table_member *m, const struct wire_header *h, uint8_t *p, size_t n,
                    uint64_t now_us)
{
    struct table_room *r = &c->table.room[m->room];
    int at = table_slot_index(h->slot);
    uint64_t seats = forward_receivers(&c->table, m, at), number = ++m->slot[at].number;
    if ((h->mark & (WIRE_MARK_START | WIRE_MARK_INDEPENDENT)) == (WIRE_MARK_START | WIRE_MARK_INDEPENDENT))
        forward_keyframe(m, h->slot);
    if (!seats) {
        c->counters.unwanted++;
        return;
    }
    if (p[0] == WIRE_RTX) // down it is the first copy, with a number of its own
        p[0] = WIRE_MEDIA;
    wire_stamp(p, n, r->down, number, now_us);
    for (; seats; seats &= seats - 1) {
        struct table_member *to = &c->table.member[r->seat[__builtin_ctzll(seats)]];
        to->sent_us = now_us;
        c->counters.out++;
        c->counters.out_bytes += n;
        c->config.emit(c->config.ctx, p, n, n, &to->addr);
    }
}

// Is it one of this session's datagrams, new and untouched? Gives the full number.
static bool admit(struct core *c, struct table_member *m, const struct wire_header *h, const uint8_t *p, size_t n,
                  uint64_t *number, uint64_t now_us)
{
    enum table_space space = h->type == WIRE_MEDIA || h->type == WIRE_RTX ? TABLE_SPACE_MEDIA : TABLE_SPACE_OTHER;
    struct replay *window = &m->up[space];
    *number = replay_unwrap(window, h->hopseq);
    enum replay_verdict v = replay_check(window, *number, REPLAY_WINDOW);
    if (v == REPLAY_SEEN || v == REPLAY_OLD) {
        c->counters.replayed++;
        return false;
    }
    // 32 bits of tag are not enough to throw the window far ahead; the 128 of a trailer are.
    if (v == REPLAY_FAR_AHEAD && wire_is_media(h->type) && *number >= m->confirmed[space] + REPLAY_WINDOW) {
        c->counters.far_ahead++;
        return false;
    }
    if (!wire_verify(p, n, m->key_up, *number)) {
        c->counters.bad_tag++;
        return false;
    }
    uint64_t bytes_per_s = WIRE_MEDIA_MBIT_PER_S * 125000ull;
    if (!guard_take(&m->datagrams, now_us, 1, WIRE_MEDIA_PER_S, WIRE_MEDIA_PER_S * WIRE_MEDIA_BURST_MS / 1000) ||
        !guard_take(&m->bytes, now_us, n, bytes_per_s, bytes_per_s * WIRE_MEDIA_BURST_MS / 1000)) {
        c->counters.over_limit++;
        return false;
    }
    bool newest = *number > window->newest;
    replay_commit(window, *number);
    bool wanted = space == TABLE_SPACE_MEDIA || h->type == WIRE_FILE || h->type == WIRE_PROBE;
    report_arrived(&m->report[space], *number, h->type == WIRE_RTX, wanted, now_us);
    m->up_newest = newest;
    return true;
}

static void take_session(struct core *c, struct table_member *m, const struct wire_header *h, uint8_t *p, size_t n,
                         const struct addr *from, uint64_t now_us)
{
    uint64_t number;
    struct ctrl x;
    if (!m->proved || m->state == TABLE_LEFT || !admit(c, m, h, p, n, &number, now_us))
        return;
    m->heard_us = now_us;
    if (m->state == TABLE_AWAY)
        set_state(c, m, TABLE_LIVE, now_us);
    if (m->up_newest && !addr_equal(&m->addr, from))
        handshake_moved(c, m, from, now_us);
    switch (h->type) {
    case WIRE_MEDIA:
    case WIRE_RTX:
    case WIRE_FILE:
        if (forward_slot_ok(h->type, h->slot))
            forward(c, m, h, p, n, now_us);
        else
            c->counters.malformed++;
        break;
    case WIRE_FEEDBACK:
        take_feedback(c, m, p, n, number, now_us);
        break;
    case WIRE_CTRL:
        if (ctrl_read(&x, p, n))
            take_ctrl(c, m, &x, now_us);
        break;
    default: // FEC and PROBE: counted and reported, nothing to forward
        break;
    }
    for (uint8_t s = 0; s < TABLE_SPACES; s++)
        if (report_due(&m->report[s], now_us))
            send_report(c, m, s, now_us);
}

void core_datagram(struct core *c, uint8_t *p, size_t n, const struct addr *from, uint64_t now_us)
{
    struct wire_header h;
    struct ctrl x;
    c->counters.in++;
    c->counters.in_bytes += n;
    if (addr_is_unusable(from) || (c->config.own.length && addr_equal(from, &c->config.own)) || !wire_read(&h, p, n)) {
        c->counters.malformed++;
        return;
    }
    if (h.type == WIRE_CTRL && (p[WIRE_HEADER] == CTRL_HELLO || p[WIRE_HEADER] == CTRL_PROOF)) {
        if (!ctrl_read(&x, p, n))
            c->counters.malformed++;
        else if (x.op == CTRL_HELLO)
            handshake_hello(c, &h, &x, from, now_us);
        else
            handshake_proof(c, &h, &x, p, n, from, now_us);
        return;
    }
    struct table_member *m = table_find(&c->table, h.room, h.sender);
    if (m)
        take_session(c, m, &h, p, n, from, now_us);
    else
        c->counters.strangers++;
}

void core_train(struct core *c, uint8_t *p, size_t n, size_t segment, const struct addr *from, uint64_t now_us)
{
    for (size_t at = 0; at < n; at += segment)
        core_datagram(c, p + at, MIN(segment, n - at), from, now_us);
}

static void tick_member(struct core *c, struct table_member *m, uint64_t now_us)
{
    uint64_t silent = now_us - m->heard_us;
    if (m->state != TABLE_LEFT && silent >= WIRE_LEFT_MS * 1000ull) {
        m->left_reason = CORE_LEFT_LOST;
        set_state(c, m, TABLE_LEFT, now_us);
    } else if (m->state == TABLE_LIVE && silent >= WIRE_AWAY_MS * 1000ull) {
        set_state(c, m, TABLE_AWAY, now_us);
    }
    tell_state(c, m);
    if (!m->proved || m->state != TABLE_LIVE)
        return;
    for (uint8_t s = 0; s < TABLE_SPACES; s++)
        if (report_due(&m->report[s], now_us))
            send_report(c, m, s, now_us);
    send_refreshes(c, m, now_us);
    if (now_us >= m->watched_due_us)
        send_watched(c, m, now_us);
    if (now_us - m->pinged_us >= PING_US || now_us - m->sent_us >= WIRE_KEEPALIVE_MS * 1000u)
        send_ping(c, m, now_us);
}

void core_tick(struct core *c, uint64_t now_us, uint64_t wall_s)
{
    c->wall_s = wall_s;
    for (unsigned i = 0, seen = 0; i < WIRE_MEMBERS_MAX && seen < c->table.members; i++) {
        struct table_member *m = &c->table.member[i];
        if (!m->used)
            continue;
        seen++;
        tick_member(c, m, now_us);
    }
}

static void add(struct core *c, const struct core_command *x, uint64_t now_us)
{
    struct table_room *r = table_room(&c->table, x->room);
    struct table_member *m = table_find(&c->table, x->room, x->sender);
    if (m)
        return; // came by UDP first
    if (!r) {
        uint8_t secret[32];
        r = table_add_room(&c->table, x->room, x->epoch);
        if (!r)
            return;
        keys_room_secret(secret, c->config.ticket_key, x->room, x->epoch);
        keys_room_down(r->down, secret, c->config.boot_nonce);
        sodium_memzero(secret, sizeof secret);
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

void core_command(struct core *c, const struct core_command *x, uint64_t now_us)
{
    if (x->type == CORE_ADD) {
        add(c, x, now_us);
        return;
    }
    if (x->type == CORE_EPOCH)
        return;
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
