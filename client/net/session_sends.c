// Files on their way out: whom each is offered to, and the streams it is sent in.
#include "session_files.h"

#include "shared/keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { OFFER_LONG_US = 60000000, OFFER_SELDOM_US = 30000000, TOGETHER_US = 2000000, WANTED_US = 3000000 };

static void could_not(struct session *s, uint32_t id)
{
    s->io.notice(s->io.ctx, session_files_about(NOTICE_FILE_CANCELLED, id, NULL));
}

// ---- people ----

static void say(struct session *s, struct file_send *x, struct file_peer *p, enum file_box_kind kind, uint64_t now_us)
{
    struct file_box b = {.kind = kind, .tag = x->tag, .number = x->number, .size = x->size};
    if (kind == FILE_BOX_OFFER) {
        memcpy(b.key, x->key, sizeof b.key);
        memcpy(b.root, x->root, sizeof b.root);
        memcpy(b.name, x->name, sizeof b.name);
        p->asked_us = p->asked_us ? p->asked_us : now_us;
        p->offered = true;
    }
    b.turn = p->turn;
    b.first = p->first;
    b.of = session_streams_count(x);
    session_files_say(s, &p->who, &b);
    sodium_memzero(&b, sizeof b);
    p->said_us = now_us;
}

// When to say what again, as long as nothing comes of it: what passes by the relay may be lost with a connection.
static uint64_t again_us(const struct file_peer *p, uint64_t now_us)
{
    switch (p->state) {
    case FILE_PEER_ASKED:
        return now_us - p->asked_us < OFFER_LONG_US ? FILES_AGAIN_US : (uint64_t)OFFER_SELDOM_US;
    case FILE_PEER_STARTING:
        return p->ready ? UINT64_MAX : FILES_SAY_US;
    case FILE_PEER_DROPPED:
        return p->full ? UINT64_MAX : FILES_AGAIN_US;
    case FILE_PEER_SENT:
        return FILES_AGAIN_US;
    default:
        return UINT64_MAX;
    }
}

static uint64_t tick_peer(struct session *s, struct file_send *x, struct file_peer *p, uint64_t now_us)
{
    bool map = now_us - s->files->map_us >= FILES_MAP_US;
    if (p->state == FILE_PEER_OVER)
        return UINT64_MAX;
    if (map && session_files_find(s, &p->who, now_us))
        p->offered = false; // he may have begun anew, and know nothing
    if (session_files_lost(s, &p->who, now_us)) {
        session_streams_set(s, x, p, FILE_PEER_OVER, now_us);
        struct notice *n = session_streams_about(NOTICE_FILE_CANCELLED, x, p);
        n->flag = true;
        s->io.notice(s->io.ctx, n);
        return now_us;
    }
    uint64_t again = again_us(p, now_us);
    if (!session_files_can_say(s, &p->who))
        return UINT64_MAX;
    if (!p->offered)
        say(s, x, p, FILE_BOX_OFFER, now_us);
    else if (again != UINT64_MAX && (!p->said_us || now_us - p->said_us >= again))
        say(s, x, p,
            p->state == FILE_PEER_ASKED     ? FILE_BOX_OFFER
            : p->state == FILE_PEER_DROPPED ? FILE_BOX_LATER
                                            : FILE_BOX_START,
            now_us);
    return again == UINT64_MAX ? UINT64_MAX : p->said_us + again;
}

// ---- the table ----

static void forget(struct session *s, struct file_send **place, uint64_t now_us)
{
    struct file_send *x = *place;
    for (unsigned i = 0; i < x->peers; i++)
        seal_key_destroy(&x->peer[i].key);
    if (x->phase != FILE_SEND_IDLE)
        session_streams_end(s, x, now_us);
    seal_key_destroy(&x->seal);
    sodium_free(x->key);
    free(x);
    *place = NULL;
}

static struct file_send **by_id(struct session *s, uint32_t id)
{
    for (unsigned i = 0; i < FILES_MOST; i++)
        if (s->files->sends[i] && s->files->sends[i]->id == id)
            return &s->files->sends[i];
    return NULL;
}

// Who was started anew is listed twice until the relay has missed the one he was.
static bool has_person(const struct file_send *x, const uint8_t identity[32])
{
    for (unsigned i = 0; i < x->peers; i++)
        if (memcmp(x->peer[i].who.identity, identity, 32) == 0)
            return true;
    return false;
}

static unsigned add_people(struct session *s, struct file_send *x, const struct command *c, uint64_t now_us)
{
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        const uint8_t *not_ours = s->config.identity; // one that we were before we were started anew
        bool meant = c->member ? m->id == c->member && memcmp(m->identity, c->identity, sizeof m->identity) == 0
                               : memcmp(m->identity, not_ours, sizeof m->identity) != 0;
        if (!m->used || !meant || !call_trust_good(m->trust) || x->peers == FILE_OUT_PEERS ||
            has_person(x, m->identity))
            continue;
        struct file_peer *p = &x->peer[x->peers++];
        memcpy(p->who.identity, m->identity, sizeof m->identity);
        memcpy(p->who.name, m->name, sizeof p->who.name);
        p->who.was = m->id;
        p->who.gone_us = now_us;
    }
    return x->peers;
}

static void offer(struct session *s, const struct command *c, uint64_t now_us)
{
    const struct message_file *f = c->file;
    uint8_t number = 0;
    while (number < FILES_MOST && s->files->sends[number])
        number++;
    if (number == FILES_MOST || !s->in_room || f->size > FILE_BOX_SIZE_MOST) {
        could_not(s, f->id);
        return;
    }
    struct file_send *x = base_alloc(sizeof *x);
    *x = (struct file_send){.id = f->id, .number = number, .size = f->size, .key = sodium_malloc(32)};
    if (!x->key)
        abort(); // no guarded memory: no secret may be held
    randombytes_buf(x->key, 32);
    x->tag = file_box_tag(x->key);
    memcpy(x->root, f->root, sizeof x->root);
    memcpy(x->name, f->name, sizeof x->name);
    session_files_key(&x->seal, x->key, 0, session_files_slot(WIRE_STREAM_FILE, number), true);
    s->files->sends[number] = x;
    s->files->map_us = 0;
    if (add_people(s, x, c, now_us) > 0)
        return;
    could_not(s, f->id);
    forget(s, &s->files->sends[number], now_us);
}

static void take_pipe(struct session *s, struct file_send *x, struct message_file *f)
{
    struct file_pipe *pipe = f->pipe;
    f->pipe = NULL;
    if (x->asked > 0)
        x->asked--;
    if (x->asked > 0 || x->phase != FILE_SEND_STARTING || x->pipe) { // of a stream that is over
        session_files_drop_pipe(&pipe);
        return;
    }
    x->pipe = pipe;
    if (s->io.wake)
        file_pipe_set_take_wake(pipe, s->io.wake, s->io.ctx);
}

static void cancel(struct session *s, struct file_send **place, uint64_t now_us)
{
    struct file_send *x = *place;
    for (unsigned i = 0; i < x->peers; i++)
        if (x->peer[i].state != FILE_PEER_OVER && x->peer[i].who.id)
            say(s, x, &x->peer[i], FILE_BOX_CANCEL, now_us);
    forget(s, place, now_us);
}

void session_sends_command(struct session *s, struct command *c, uint64_t now_us)
{
    struct file_send **x = by_id(s, c->file->id);
    if (c->type == COMMAND_FILE_OFFER && !x)
        offer(s, c, now_us);
    else if (c->type == COMMAND_FILE_STREAM && x && c->file->pipe)
        take_pipe(s, *x, c->file);
    else if (c->type == COMMAND_FILE_CANCEL && x)
        cancel(s, x, now_us);
    if (c->file->pipe) // nobody wants it any more
        session_files_drop_pipe(&c->file->pipe);
}

// ---- what they say ----

static struct file_send *by_tag(struct session *s, const struct session_member *m, uint64_t tag, struct file_peer **who)
{
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_send *x = s->files->sends[i];
        for (unsigned k = 0; x && x->tag == tag && k < x->peers; k++)
            if (memcmp(x->peer[k].who.identity, m->identity, sizeof m->identity) == 0) {
                *who = &x->peer[k];
                return x;
            }
    }
    return NULL;
}

static void accepted(struct session *s, struct file_send *x, struct file_peer *p, const struct file_box *b,
                     uint64_t now_us)
{
    bool known = p->taker && p->turn == b->turn;
    uint32_t of = (uint32_t)p->who.id << 8 | b->number;
    if (!p->key.cipher || p->key_of != of) {
        session_files_key(&p->key, x->key, p->who.id, session_files_slot(WIRE_STREAM_FILE_ACK, b->number), false);
        memset(&p->seen, 0, sizeof p->seen);
        p->key_of = of;
        p->number = b->number;
        session_subscribe(s, now_us);
    }
    if (known)
        return;
    memset(&p->seen, 0, sizeof p->seen); // he may have been started anew, and count from the begin
    p->taker = true;
    p->full = false;
    p->turn = b->turn;
    memcpy(p->have, b->have, sizeof p->have);
    x->accepted_us = x->accepted_us ? x->accepted_us : now_us;
    session_streams_set(s, x, p, FILE_PEER_ACCEPTED, now_us);
}

// He keeps what he has, and accepts anew by himself.
static void has_no_room(struct session *s, struct file_send *x, struct file_peer *p, uint64_t now_us)
{
    if (!p->taker)
        return;
    session_streams_set(s, x, p, FILE_PEER_DROPPED, now_us);
    p->full = true;
}

static void ended(struct session *s, struct file_send *x, struct file_peer *p, const struct file_box *b,
                  uint64_t now_us)
{
    p->finished = b->kind == FILE_BOX_DONE && b->ok;
    session_streams_set(s, x, p, FILE_PEER_OVER, now_us);
    enum notice_type type = b->kind == FILE_BOX_DONE     ? NOTICE_FILE_DONE
                            : b->kind == FILE_BOX_REFUSE ? NOTICE_FILE_REFUSED
                                                         : NOTICE_FILE_CANCELLED;
    struct notice *n = session_streams_about(type, x, p);
    n->flag = p->finished;
    s->io.notice(s->io.ctx, n);
}

void session_sends_box(struct session *s, const struct session_member *m, const struct file_box *b, uint64_t now_us)
{
    struct file_peer *p = NULL;
    struct file_send *x = by_tag(s, m, b->tag, &p);
    if (!x && b->kind == FILE_BOX_ACCEPT) { // it was before we were started, or is over
        struct file_person who = {.id = m->id};
        session_files_say(s, &who, &(struct file_box){.kind = FILE_BOX_CANCEL, .tag = b->tag});
    }
    if (!x || p->state == FILE_PEER_OVER)
        return;
    session_files_find(s, &p->who, now_us);
    if (b->kind == FILE_BOX_FULL)
        has_no_room(s, x, p, now_us);
    else if (b->kind != FILE_BOX_ACCEPT)
        ended(s, x, p, b, now_us);
    else if (p->who.id)
        accepted(s, x, p, b, now_us);
}

// ---- time ----

static enum message_wait waits(const struct session *s, const struct file_send *x, bool still)
{
    bool here = false, any = false, full = true, dropped = true;
    for (unsigned i = 0; i < x->peers; i++) {
        const struct file_peer *p = &x->peer[i];
        bool takes = p->taker && p->state != FILE_PEER_OVER;
        any |= takes;
        here |= takes && p->who.id;
        full &= !takes || p->full;
        dropped &= !takes || p->state == FILE_PEER_DROPPED;
    }
    if (any && (!here || !s->files->connected))
        return MESSAGE_WAIT_LINE;
    if (any && full)
        return MESSAGE_WAIT_FULL;
    if (any && x->parked)
        return MESSAGE_WAIT_STUCK;
    return still || (any && dropped) ? MESSAGE_WAIT_LINE : MESSAGE_WAIT_NOT;
}

// The one who is waited for; NULL = there is more than one, or none.
static const struct file_peer *the_only(const struct file_send *x)
{
    const struct file_peer *only = NULL;
    unsigned n = 0;
    for (unsigned i = 0; i < x->peers; i++)
        if (x->peer[i].taker && x->peer[i].state != FILE_PEER_OVER) {
            only = &x->peer[i];
            n++;
        }
    return n == 1 ? only : NULL;
}

// Somebody has accepted it, and there is no stream for him yet.
static bool is_in_line(const struct session *s, const struct file_send *x)
{
    for (unsigned i = 0; i < x->peers; i++)
        if (x->peer[i].state == FILE_PEER_ACCEPTED && session_files_can_say(s, &x->peer[i].who))
            return true;
    return false;
}

static bool is_wanted(const struct session *s, uint64_t now_us)
{
    for (unsigned i = 0; i < FILES_MOST; i++) {
        const struct file_send *x = s->files->sends[i];
        if (x && is_in_line(s, x) && now_us - x->accepted_us >= WANTED_US)
            return true;
    }
    return false;
}

// Who has waited longest is next; who took nothing when it was his turn, after all others.
static bool is_next(const struct session *s, const struct file_send *x)
{
    for (unsigned i = 0; i < FILES_MOST; i++) {
        const struct file_send *y = s->files->sends[i];
        if (!y || y == x || y->phase != FILE_SEND_IDLE || !is_in_line(s, y))
            continue;
        if (y->parked != x->parked ? x->parked : y->accepted_us < x->accepted_us)
            return false;
    }
    return true;
}

// Who is asked with others may wait a moment for them: one stream is for all.
static bool may_begin(const struct session *s, const struct file_send *x, unsigned running, uint64_t now_us)
{
    bool others = false;
    for (unsigned i = 0; i < x->peers; i++)
        others |= x->peer[i].state == FILE_PEER_ASKED && x->peer[i].who.id;
    return x->phase == FILE_SEND_IDLE && running < FILES_RUN && s->files->connected &&
           (!others || now_us - x->accepted_us >= TOGETHER_US) && (running + 1 < FILES_RUN || is_next(s, x));
}

static uint64_t tick_one(struct session *s, struct file_send **place, unsigned *running, uint64_t now_us)
{
    struct file_send *x = *place;
    uint64_t next = now_us + FILES_MAP_US;
    unsigned open = 0;
    for (unsigned i = 0; i < x->peers; i++)
        next = base_sooner(next, tick_peer(s, x, &x->peer[i], now_us));
    for (unsigned i = 0; i < x->peers; i++)
        open += x->peer[i].state != FILE_PEER_OVER;
    if (!open) {
        forget(s, place, now_us);
        return next;
    }
    if (may_begin(s, x, *running, now_us))
        session_streams_begin(s, x, now_us);
    if (x->phase == FILE_SEND_STARTING)
        session_streams_run(x, now_us);
    if (x->out && s->files->connected)
        next = base_sooner(next, session_streams_tick(s, x, now_us));
    if (x->phase != FILE_SEND_IDLE)
        session_streams_park(s, x, is_wanted(s, now_us), now_us);
    *running += x->phase != FILE_SEND_IDLE;
    bool still = session_files_still(&x->flow, x->phase != FILE_SEND_IDLE, now_us);
    x->flow.waiting = waits(s, x, still);
    if (session_files_flow(&x->flow, now_us))
        s->io.notice(s->io.ctx, session_streams_about(NOTICE_FILE_STATE, x, the_only(x)));
    return next;
}

uint64_t session_sends_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    unsigned running = 0;
    for (unsigned i = 0; i < FILES_MOST; i++)
        running += s->files->sends[i] && s->files->sends[i]->phase != FILE_SEND_IDLE;
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_send *x = s->files->sends[i];
        if (!x)
            continue;
        running -= x->phase != FILE_SEND_IDLE;
        next = base_sooner(next, tick_one(s, &s->files->sends[i], &running, now_us));
    }
    return next;
}

// What nobody has taken is taken back. Of what was on its way nothing is said, as after a cut: who has some of it keeps
// that, and goes on with it when it is offered again.
void session_sends_end(struct session *s, uint64_t now_us)
{
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_send *x = s->files->sends[i];
        for (unsigned k = 0; x && k < x->peers; k++)
            if (x->peer[k].state == FILE_PEER_ASKED && x->peer[k].who.id)
                say(s, x, &x->peer[k], FILE_BOX_CANCEL, now_us);
        if (!x)
            continue;
        could_not(s, x->id);
        forget(s, &s->files->sends[i], now_us);
    }
}
