// Files on their way in: what is offered, what our person makes of it, and the chunks that come.
#include "session_files.h"

#include "shared/keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { ACK_PER_PEER_US = 5000, BEGIN_US = 100000 };

// ---- the table ----

static void say(struct session *s, struct file_take *x, enum file_box_kind kind, bool ok, uint64_t now_us)
{
    struct file_box b = {.kind = kind, .tag = x->tag, .number = x->ack, .turn = x->turn, .ok = ok};
    memcpy(b.have, x->have, sizeof b.have);
    session_files_say(s, &x->who, &b);
    x->said_us = now_us;
}

// It is over, and this was the answer; it is given again to who asks again.
static void remember(struct session *s, const struct file_take *x, enum file_box_kind kind, bool ok)
{
    struct session_files *f = s->files;
    f->past[f->past_next % FILES_PAST].tag = x->tag;
    f->past[f->past_next++ % FILES_PAST].verdict = (struct file_box){.kind = kind, .tag = x->tag, .ok = ok};
}

static void stop_stream(struct session *s, struct file_take *x, uint64_t now_us)
{
    bool ran = x->in != NULL;
    session_files_drop_pipe(&x->pipe);
    free(x->in);
    x->in = NULL;
    if (ran)
        session_subscribe(s, now_us);
}

static void forget(struct session *s, struct file_take **place, uint64_t now_us)
{
    struct file_take *x = *place;
    stop_stream(s, x, now_us);
    seal_key_destroy(&x->open);
    seal_key_destroy(&x->seal);
    sodium_free(x->key);
    free(x);
    *place = NULL;
}

// For our person, not by him.
static void cancelled(struct session *s, struct file_take **place, bool lost, uint64_t now_us)
{
    struct notice *n = session_files_about(NOTICE_FILE_CANCELLED, (*place)->id, &(*place)->who);
    n->flag = lost;
    s->io.notice(s->io.ctx, n);
    forget(s, place, now_us);
}

static struct file_take **by_id(struct session *s, uint32_t id)
{
    for (unsigned i = 0; i < FILES_MOST; i++)
        if (s->files->takes[i] && s->files->takes[i]->id == id)
            return &s->files->takes[i];
    return NULL;
}

// ---- what our person says ----

static void accept(struct session *s, struct file_take *x, struct message_file *f, uint64_t now_us)
{
    if (!f->pipe || (x->state != FILE_TAKE_ASKED && x->state != FILE_TAKE_AGAIN))
        return;
    stop_stream(s, x, now_us);
    x->pipe = f->pipe;
    f->pipe = NULL;
    memset(x->have, 0, sizeof x->have);
    memcpy(x->have, f->have, MIN(f->have_size, sizeof x->have));
    x->turn = ++s->files->turn;
    x->state = FILE_TAKE_ACCEPTED;
    x->said_us = 0;
    if (s->io.wake)
        file_pipe_set_put_wake(x->pipe, s->io.wake, s->io.ctx);
}

// Who sends it keeps it ready; it is accepted anew with what has come so far.
static void no_room(struct session *s, struct file_take *x, uint64_t now_us)
{
    if (x->state == FILE_TAKE_ASKED)
        return;
    stop_stream(s, x, now_us);
    x->state = FILE_TAKE_AGAIN;
    say(s, x, FILE_BOX_FULL, false, now_us);
}

void session_takes_command(struct session *s, struct command *c, uint64_t now_us)
{
    struct file_take **x = by_id(s, c->file->id);
    enum file_box_kind kind = c->type == COMMAND_FILE_DONE     ? FILE_BOX_DONE
                              : c->type == COMMAND_FILE_REFUSE ? FILE_BOX_REFUSE
                                                               : FILE_BOX_CANCEL;
    if (x && c->type == COMMAND_FILE_ACCEPT) {
        accept(s, *x, c->file, now_us);
    } else if (x && c->type == COMMAND_FILE_FULL) {
        no_room(s, *x, now_us);
    } else if (x) {
        say(s, *x, kind, c->flag, now_us);
        remember(s, *x, kind, c->flag);
        forget(s, x, now_us);
    }
    if (c->file->pipe)
        session_files_drop_pipe(&c->file->pipe);
}

// ---- what he says ----

static void answer(struct session *s, const struct session_member *m, const struct file_box *b)
{
    struct file_person who = {.id = m->id};
    session_files_say(s, &who, b);
}

static bool answered(struct session *s, const struct session_member *m, uint64_t tag)
{
    for (unsigned i = 0; i < MIN(s->files->past_next, (unsigned)FILES_PAST); i++)
        if (s->files->past[i].tag == tag) {
            answer(s, m, &s->files->past[i].verdict);
            return true;
        }
    return false;
}

static bool is_his(const struct file_take *x, const struct session_member *m)
{
    return x && memcmp(x->who.identity, m->identity, sizeof m->identity) == 0;
}

// The place for one more; -1 = there is none, or he has enough that wait. What he offers anew, because he was started
// anew himself, takes the place of what it was before.
static int place_for(struct session *s, const struct session_member *m, const struct file_box *b, uint64_t now_us)
{
    unsigned asked = 0;
    int place = -1;
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_take **x = &s->files->takes[i];
        if (is_his(*x, m) && memcmp((*x)->root, b->root, sizeof b->root) == 0 && (*x)->offered != m->join_id)
            cancelled(s, x, true, now_us);
        asked += is_his(*x, m) && (*x)->state == FILE_TAKE_ASKED;
        if (!*x && place < 0)
            place = (int)i;
    }
    return asked < FILES_ASKED ? place : -1;
}

static void offered(struct session *s, const struct session_member *m, const struct file_box *b, uint64_t now_us)
{
    if (answered(s, m, b->tag))
        return;
    int place = place_for(s, m, b, now_us);
    if (place < 0) {
        answer(s, m, &(struct file_box){.kind = FILE_BOX_REFUSE, .tag = b->tag});
        return;
    }
    struct file_take *x = base_alloc(sizeof *x);
    *x = (struct file_take){.id = 2 * s->files->ids++ + 1,
                            .tag = b->tag,
                            .number = b->number,
                            .ack = (uint8_t)place,
                            .key = sodium_malloc(32),
                            .offered = m->join_id,
                            .size = b->size,
                            .most = file_box_stream_most(b->size),
                            .who = {.id = m->id, .was = m->id, .join_id = m->join_id}};
    if (!x->key)
        abort(); // no guarded memory: no secret may be held
    memcpy(x->key, b->key, 32);
    memcpy(x->root, b->root, sizeof x->root);
    memcpy(x->who.identity, m->identity, sizeof m->identity);
    memcpy(x->who.name, m->name, sizeof x->who.name);
    session_files_key(&x->open, x->key, 0, session_files_slot(WIRE_STREAM_FILE, x->number), false);
    s->files->takes[place] = x;
    struct notice *n = session_files_about(NOTICE_FILE_OFFER, x->id, &x->who);
    memcpy(n->file->name, b->name, sizeof n->file->name);
    memcpy(n->file->root, b->root, sizeof n->file->root);
    n->file->size = b->size;
    s->io.notice(s->io.ctx, n);
}

static void again(struct session *s, struct file_take *x, uint64_t now_us)
{
    if (x->state != FILE_TAKE_RUNNING && x->state != FILE_TAKE_SAID)
        return;
    stop_stream(s, x, now_us);
    x->state = FILE_TAKE_AGAIN;
    s->io.notice(s->io.ctx, session_files_about(NOTICE_FILE_AGAIN, x->id, &x->who));
}

static void started(struct session *s, struct file_take *x, const struct file_box *b, uint64_t now_us)
{
    if (b->turn != x->turn || (x->state == FILE_TAKE_RUNNING && b->first == x->first))
        return;                                              // of a turn before this one, or said again
    if (x->state == FILE_TAKE_RUNNING && x->in->bytes > 0) { // what has come is of another stream
        again(s, x, now_us);
        return;
    }
    if (x->state != FILE_TAKE_RUNNING && x->state != FILE_TAKE_SAID)
        return;
    free(x->in);
    x->state = FILE_TAKE_RUNNING;
    x->first = b->first;
    x->of = b->of;
    x->in = base_alloc(sizeof *x->in);
    x->flow.moved = 0;
    x->begun_us = now_us;
    file_in_init(x->in, b->first);
    session_subscribe(s, now_us);
}

void session_takes_box(struct session *s, const struct session_member *m, const struct file_box *b, uint64_t now_us)
{
    struct file_take **place = NULL;
    for (unsigned i = 0; i < FILES_MOST && !place; i++)
        if (is_his(s->files->takes[i], m) && s->files->takes[i]->tag == b->tag)
            place = &s->files->takes[i];
    if (!place) {
        if (b->kind == FILE_BOX_OFFER)
            offered(s, m, b, now_us);
        else if (b->kind == FILE_BOX_START && !answered(s, m, b->tag))
            answer(s, m, &(struct file_box){.kind = FILE_BOX_CANCEL, .tag = b->tag});
        return;
    }
    struct file_take *x = *place;
    session_files_find(s, &x->who, now_us);
    if (b->kind == FILE_BOX_OFFER && (x->state == FILE_TAKE_SAID || x->state == FILE_TAKE_RUNNING))
        say(s, x, FILE_BOX_ACCEPT, false, now_us); // one of us was away
    else if (b->kind == FILE_BOX_START)
        started(s, x, b, now_us);
    else if (b->kind == FILE_BOX_LATER)
        again(s, x, now_us);
    else if (b->kind == FILE_BOX_CANCEL)
        cancelled(s, place, m->join_id != x->offered, now_us); // he may know nothing of it, and can offer it anew
}

// ---- datagrams ----

// More than was offered, however it is packed.
static bool is_too_much(const struct file_take *x)
{
    return x->flow.moved > x->most;
}

// What is in its turn goes on to main, as far as it takes it.
static void hand_on(struct file_take *x)
{
    const uint8_t *data;
    size_t n;
    while ((data = file_in_look(x->in, &n)) && file_pipe_put(x->pipe, data, n)) {
        file_in_take(x->in);
        x->flow.moved += n;
    }
}

bool session_takes_data(struct session *s, const uint8_t *p, size_t n, const struct wire_header *h)
{
    uint8_t payload[WIRE_PAYLOAD_MAX];
    const uint8_t *data;
    size_t size;
    uint32_t ts, number;
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_take *x = s->files->takes[i];
        if (!x || !x->in || x->who.id != h->sender || session_files_slot(WIRE_STREAM_FILE, x->number) != h->slot)
            continue;
        if (!session_files_open(&x->open, &x->seen, p, n, payload, &size, &ts))
            continue; // he may offer two under one number
        if (file_bytes_read_data(payload, size, &number, &data, &size) && number >= x->first)
            file_in_push(x->in, number, data, size, ts);
        return true;
    }
    return false;
}

static void send_ack(struct session *s, struct file_take *x, const struct file_ack *ack, uint64_t now_us)
{
    uint8_t payload[FILE_ACK], p[WIRE_DATAGRAM_MAX], slot = session_files_slot(WIRE_STREAM_FILE_ACK, x->ack);
    if (!x->seal.cipher || x->seal_of != s->hop.sender) {
        session_files_key(&x->seal, x->key, s->hop.sender, slot, true);
        x->seal_of = s->hop.sender;
    }
    file_bytes_write_ack(payload, ack);
    size_t n = session_files_seal(s, &x->seal, slot, payload, sizeof payload, p, now_us);
    if (n)
        hop_send_other(&s->hop, p, n, now_us);
}

static uint64_t interval_us(const struct file_take *x)
{
    if (x->in->bytes == 0) // until the first chunk: he waits for the word that we are there
        return BEGIN_US;
    return MAX((uint64_t)FILE_IN_ACK_US, (uint64_t)ACK_PER_PEER_US * x->of);
}

static uint64_t tick_stream(struct session *s, struct file_take *x, uint64_t now_us)
{
    struct file_ack ack;
    hand_on(x);
    if (s->layers_sent_us < x->begun_us) // what he sends would not come to us yet
        return UINT64_MAX;
    if (s->files->connected && x->who.id && file_in_ack(x->in, &ack, interval_us(x), now_us))
        send_ack(s, x, &ack, now_us);
    return file_in_next_us(x->in, interval_us(x));
}

// ---- time ----

static bool runs(const struct file_take *x)
{
    return x && (x->state == FILE_TAKE_SAID || x->state == FILE_TAKE_RUNNING);
}

static uint64_t tick_one(struct session *s, struct file_take **place, unsigned *running, uint64_t now_us)
{
    struct file_take *x = *place;
    uint64_t next = now_us + FILES_MAP_US;
    bool can_say = session_files_can_say(s, &x->who);
    if (now_us - s->files->map_us >= FILES_MAP_US && session_files_find(s, &x->who, now_us))
        x->said_us = 0;
    if (session_files_lost(s, &x->who, now_us)) {
        cancelled(s, place, true, now_us);
        return next;
    }
    if (x->state == FILE_TAKE_ACCEPTED && *running < FILES_RUN && can_say) {
        x->state = FILE_TAKE_SAID;
        ++*running;
    }
    bool silent = x->state == FILE_TAKE_RUNNING && x->in->unsaid == 0;
    if (can_say && (x->state == FILE_TAKE_SAID || (silent && !x->said_us)) &&
        (!x->said_us || now_us - x->said_us >= FILES_AGAIN_US))
        say(s, x, FILE_BOX_ACCEPT, false, now_us);
    if (x->in)
        next = base_sooner(next, tick_stream(s, x, now_us));
    if (x->in && is_too_much(x)) {
        say(s, x, FILE_BOX_DONE, false, now_us);
        remember(s, x, FILE_BOX_DONE, false);
        s->io.notice(s->io.ctx, session_files_about(NOTICE_FILE_DONE, x->id, &x->who));
        forget(s, place, now_us);
        return next;
    }
    bool still = session_files_still(&x->flow, x->state != FILE_TAKE_ASKED && x->state != FILE_TAKE_AGAIN, now_us);
    bool cut = x->state != FILE_TAKE_ASKED && (!s->files->connected || !x->who.id);
    x->flow.waiting = still || cut ? MESSAGE_WAIT_LINE : MESSAGE_WAIT_NOT;
    if (session_files_flow(&x->flow, now_us)) {
        struct notice *n = session_files_about(NOTICE_FILE_STATE, x->id, &x->who);
        n->file->moved = x->flow.moved;
        n->file->rate = x->flow.rate;
        n->file->waiting = x->flow.waiting;
        s->io.notice(s->io.ctx, n);
    }
    return next;
}

uint64_t session_takes_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = UINT64_MAX;
    unsigned running = 0;
    for (unsigned i = 0; i < FILES_MOST; i++)
        running += runs(s->files->takes[i]);
    for (unsigned i = 0; i < FILES_MOST; i++)
        if (s->files->takes[i])
            next = base_sooner(next, tick_one(s, &s->files->takes[i], &running, now_us));
    return next;
}

void session_takes_slots(const struct session *s, struct feedback_layers *l)
{
    for (unsigned i = 0; i < FILES_MOST && l->file_count < FEEDBACK_LIST_MAX; i++) {
        const struct file_take *x = s->files->takes[i];
        if (!x || !x->in || !x->who.id)
            continue;
        l->file[l->file_count].sender = x->who.id;
        l->file[l->file_count++].slot = session_files_slot(WIRE_STREAM_FILE, x->number);
    }
}

void session_takes_end(struct session *s, uint64_t now_us)
{
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_take *x = s->files->takes[i];
        if (!x)
            continue;
        if (x->state == FILE_TAKE_ASKED) // what is under way goes on when we are back
            say(s, x, FILE_BOX_CANCEL, false, now_us);
        cancelled(s, &s->files->takes[i], true, now_us);
    }
}

void session_takes_stats(const struct session *s, struct stats *stats)
{
    for (unsigned i = 0; i < FILES_MOST && stats->file_count < STATS_FILES_MAX; i++) {
        const struct file_take *x = s->files->takes[i];
        if (!x || !x->in)
            continue;
        stats->files[stats->file_count++] = (struct stats_file){.id = x->id,
                                                                .member = x->who.id,
                                                                .state = x->flow.waiting ? "waiting" : "receiving",
                                                                .rate_kbps = x->flow.rate * 8 / 1000,
                                                                .retransmitted = x->in->again};
    }
}
