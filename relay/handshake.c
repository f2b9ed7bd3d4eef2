#include "handshake.h"

#include "repair.h"

#include "forward.h"
#include "shared/keys.h"

#include <sodium.h>
#include <string.h>

enum { COOKIE_S = 5, CHALLENGE_US = 100000, MOVE_US = 1000000, PROBES_PER_S = 10 };

static uint32_t seconds(uint64_t now_us)
{
    return (uint32_t)(now_us / 1000000u);
}

static void make_cookie(const struct core *c, uint8_t out[16], const struct addr *from, uint64_t nonce, uint32_t t)
{
    uint8_t address[16];
    addr_bytes16(from, address);
    ctrl_cookie(out, c->config.boot_secret, address, addr_port(from), nonce, t);
}

static void challenge(struct core *c, uint32_t room, uint64_t nonce, const uint8_t key_down[16], const struct addr *to,
                      uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct ctrl x = {.op = CTRL_CHALLENGE, .nonce = nonce, .t = seconds(now_us)};
    memcpy(x.boot_nonce, c->config.boot_nonce, sizeof x.boot_nonce);
    make_cookie(c, x.cookie, to, nonce, x.t);
    size_t n = ctrl_write(&x, 0, room, out);
    wire_stamp(out, n, key_down, 0, now_us);
    c->counters.challenge++;
    c->counters.out++;
    c->counters.out_bytes += n;
    c->config.emit(c->config.ctx, out, n, n, to);
}

// May this ticket be used? The roster of a live room decides; an unknown join only comes in where the roster itself
// comes from tickets, or where there is no room yet.
static bool judge(struct core *c, const struct ticket *t, struct table_member **member)
{
    struct table_room *r = table_room(&c->table, t->room);
    struct table_member *m = r ? table_find(&c->table, t->room, t->sender) : NULL;
    *member = m;
    if (m)
        return m->join_id == t->join_id && m->told != TABLE_LEFT;
    if (t->sender == 0 || table_is_void(&c->table, t->join_id))
        return false;
    return !r || (r->rebuilt && t->epoch >= r->epoch);
}

static bool open_ticket(const struct core *c, const struct wire_header *h, const struct ctrl *x, struct ticket *t)
{
    return ticket_open(t, c->config.ticket_key, x->ticket, x->ticket_size, c->wall_s) && t->room == h->room &&
           t->sender == h->sender;
}

void handshake_hello(struct core *c, const struct wire_header *h, const struct ctrl *hello, const struct addr *from,
                     uint64_t now_us)
{
    struct ticket t;
    struct table_member *m;
    c->counters.hello++;
    if (!guard_hello(&c->guard, guard_source(&c->guard, from), now_us)) {
        c->counters.over_limit++;
        return;
    }
    if (!open_ticket(c, h, hello, &t) || !judge(c, &t, &m)) {
        c->counters.strangers++;
        return;
    }
    if (m && m->proved && hello->nonce < m->nonce)
        return;
    if (!guard_challenge(&c->guard, from, t.join_id, now_us))
        return;
    uint8_t up[16], down[16];
    keys_hop(up, down, t.hop_key, hello->nonce, c->config.boot_nonce);
    challenge(c, t.room, hello->nonce, down, from, now_us);
}

void handshake_moved(struct core *c, struct table_member *m, const struct addr *from, uint64_t now_us)
{
    if (now_us - m->challenged_us < CHALLENGE_US || (m->moved_us && now_us - m->moved_us < MOVE_US))
        return;
    m->challenged_us = now_us;
    challenge(c, m->room_id, m->nonce, m->key_down, from, now_us);
}

// Members whose tickets are of an older epoch than one presented now must join anew.
static void raise_epoch(struct core *c, struct table_room *r, uint32_t epoch)
{
    r->epoch = epoch;
    core_room_down(c, r->id, epoch, r->down);
    r->down_next_us = 0;
    for (unsigned s = 0; s < WIRE_ROOM_MEMBERS_MAX; s++) {
        if (!(r->taken >> s & 1) || c->table.member[r->seat[s]].epoch >= epoch)
            continue;
        c->table.member[r->seat[s]].state = TABLE_LEFT;
        c->table.member[r->seat[s]].due_us = 0;
        c->table.member[r->seat[s]].left_reason = CORE_LEFT_EPOCH;
        r->live &= ~((uint64_t)1 << s);
    }
}

static struct table_member *rebuild(struct core *c, const struct ticket *t, uint64_t now_us)
{
    struct table_room *r = table_room(&c->table, t->room);
    bool fresh = !r;
    if (fresh)
        r = table_add_room(&c->table, t->room, 0);
    if (!r)
        return NULL;
    struct table_member *m = table_add(&c->table, r, t->sender, t->join_id, t->hop_key, now_us);
    if (!m) {
        if (!r->taken)
            table_drop_room(&c->table, r);
        return NULL;
    }
    r->rebuilt = true;
    m->epoch = t->epoch;
    if (fresh || t->epoch > r->epoch)
        raise_epoch(c, r, t->epoch);
    return m;
}

static bool proof_is_right(const struct core *c, const struct ctrl *x, const struct addr *from, uint64_t now_us)
{
    uint8_t cookie[16];
    if (sodium_memcmp(x->boot_nonce, c->config.boot_nonce, sizeof x->boot_nonce) != 0)
        return false;
    if (seconds(now_us) - x->t > COOKIE_S)
        return false;
    make_cookie(c, cookie, from, x->nonce, x->t);
    return sodium_memcmp(cookie, x->cookie, sizeof cookie) == 0;
}

static void start_session(struct table_member *m, uint64_t nonce, const uint8_t up[16], const uint8_t down[16])
{
    m->nonce = nonce;
    memcpy(m->key_up, up, sizeof m->key_up);
    memcpy(m->key_down, down, sizeof m->key_down);
    for (unsigned s = 0; s < TABLE_SPACES; s++) {
        memset(&m->up[s], 0, sizeof m->up[s]);
        m->confirmed[s] = 0;
        report_init(&m->report[s]);
    }
    repair_session(m);
    m->down_number = 0;
    m->layers_number = 0;
    m->seen_epoch = 0;
    m->proof_t = 0;
    m->proved = true;
}

static void seat(struct core *c, struct table_member *m, const struct addr *from, uint32_t t, uint64_t now_us)
{
    struct table_room *r = &c->table.room[m->room];
    uint8_t out[WIRE_DATAGRAM_MAX];
    if (!addr_equal(&m->addr, from)) {
        if (m->addr.length) {
            c->counters.moves++;
            m->moved_us = now_us;
        }
        m->addr = *from;
    }
    m->proof_t = t;
    m->heard_us = now_us;
    if (m->state != TABLE_LIVE)
        m->back_us = now_us;
    m->state = TABLE_LIVE;
    m->due_us = 0;
    r->live |= (uint64_t)1 << m->seat;
    forward_watchers_changed(&c->table, r, now_us);
    struct ctrl pong = {.op = CTRL_PONG, .received = now_us, .sent = now_us};
    core_send(c, m, out, ctrl_write(&pong, 0, m->room_id, out), from, now_us);
}

void handshake_proof(struct core *c, const struct wire_header *h, const struct ctrl *proof, const uint8_t *p, size_t n,
                     const struct addr *from, uint64_t now_us)
{
    struct ticket t;
    struct table_member *m;
    uint8_t up[16], down[16];
    if (!proof_is_right(c, proof, from, now_us) || !open_ticket(c, h, proof, &t) || !judge(c, &t, &m)) {
        c->counters.strangers++;
        return;
    }
    if (m && m->proved && proof->nonce < m->nonce)
        return;
    keys_hop(up, down, t.hop_key, proof->nonce, c->config.boot_nonce);
    if (!wire_verify(p, n, up, 0)) {
        c->counters.bad_tag++;
        return;
    }
    bool same = m && m->proved && proof->nonce == m->nonce, known = m != NULL;
    if (same && !addr_equal(&m->addr, from)) {
        // A copy of an earlier proof must not move the session back, and nobody moves twice a second.
        if (proof->t < m->proof_t || (m->moved_us && now_us - m->moved_us < MOVE_US))
            return;
    }
    if (!known)
        m = rebuild(c, &t, now_us);
    if (!m) {
        c->counters.over_limit++;
        return;
    }
    c->counters.proof++;
    if (!same)
        start_session(m, proof->nonce, up, down);
    seat(c, m, from, proof->t, now_us);
    if (known && same)
        return;
    struct core_event e = {.type = CORE_PROVED, .room = m->room_id, .sender = m->sender, .join_id = m->join_id};
    e.rebuilt = !known;
    e.ticket = t;
    // A rebuilt member the control thread could not be told of is taken back: its next HELLO comes within 250 ms.
    if (!c->config.event(c->config.ctx, &e) && !known)
        table_remove(&c->table, m);
}

void handshake_probe(struct core *c, const struct wire_header *h, const struct ctrl *ping, const uint8_t *p, size_t n,
                     const struct addr *from, uint64_t now_us)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    uint8_t there[16], here[16];
    addr_bytes16(from, there);
    addr_bytes16(&c->config.own, here);
    bool local = addr_is_loopback(from) || memcmp(there, here, sizeof here) == 0;
    if (!local || !wire_verify(p, n, c->config.probe_key, 0) ||
        !guard_take(&c->probe, now_us, 1, PROBES_PER_S, PROBES_PER_S)) {
        c->counters.strangers++;
        return;
    }
    struct ctrl pong = {.op = CTRL_PONG, .time = ping->time, .received = now_us, .sent = now_us};
    size_t size = ctrl_write(&pong, 0, h->room, out);
    wire_stamp(out, size, c->config.probe_key, 0, now_us);
    c->counters.out++;
    c->counters.out_bytes += size;
    c->config.emit(c->config.ctx, out, size, size, from);
}
