// A file's streams: to all who have accepted and are here, at once. Who says that he is there is sent to; whom all
// others wait for is not any longer.
#include "session_files.h"

#include "shared/log.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { READY_US = 3000000, QUIET_US = 1000000 };

// ---- what main is told ----

static void count(const struct file_send *x, struct message_file *m)
{
    for (unsigned i = 0; i < x->peers; i++) {
        m->takers += x->peer[i].taker;
        m->finished += x->peer[i].finished;
        m->open += x->peer[i].state != FILE_PEER_OVER;
    }
}

struct notice *session_streams_about(enum notice_type type, const struct file_send *x, const struct file_peer *p)
{
    struct notice *n = session_files_about(type, x->id, p ? &p->who : NULL);
    count(x, n->file);
    n->file->moved = x->flow.moved;
    n->file->rate = x->flow.rate;
    n->file->waiting = x->flow.waiting;
    return n;
}

// ---- begin and end ----

// The stream is over, finished or not. What it was numbered with is not used again.
void session_streams_end(struct session *s, struct file_send *x, uint64_t now_us)
{
    session_files_drop_pipe(&x->pipe);
    x->next_first = x->first + (x->out ? x->out->next : 0);
    free(x->out);
    x->out = NULL;
    x->phase = FILE_SEND_IDLE;
    session_subscribe(s, now_us);
}

static bool has_stream(const struct file_peer *p)
{
    return p->state == FILE_PEER_STARTING || p->state == FILE_PEER_RUNNING;
}

unsigned session_streams_count(const struct file_send *x)
{
    unsigned n = 0;
    for (unsigned i = 0; i < x->peers; i++)
        n += has_stream(&x->peer[i]);
    return n;
}

void session_streams_set(struct session *s, struct file_send *x, struct file_peer *p, enum file_peer_state to,
                         uint64_t now_us)
{
    bool was = p->state == FILE_PEER_RUNNING;
    p->state = to;
    p->said_us = 0;
    p->ready = false;
    if (was && x->out)
        file_out_drop(x->out, (unsigned)(p - x->peer), now_us);
    if (x->phase != FILE_SEND_IDLE && session_streams_count(x) == 0)
        session_streams_end(s, x, now_us);
}

// Everybody who has accepted and is here, as far as there is room for their acks.
void session_streams_begin(struct session *s, struct file_send *x, uint64_t now_us)
{
    struct feedback_layers l = {0};
    uint8_t have[MESSAGE_FILE_HAVE];
    struct file_peer *first = NULL;
    session_files_slots(s, &l);
    memset(have, 0xff, sizeof have);
    for (unsigned i = 0; i < x->peers; i++) {
        struct file_peer *p = &x->peer[i];
        if (p->state != FILE_PEER_ACCEPTED || !session_files_can_say(s, &p->who) || l.file_count >= FILES_SLOTS)
            continue;
        l.file_count++;
        p->state = FILE_PEER_STARTING;
        p->ready = false;
        p->said_us = 0;
        p->first = x->next_first;
        for (size_t k = 0; k < sizeof have; k++)
            have[k] &= p->have[k];
        first = first ? first : p;
    }
    if (!first)
        return;
    x->phase = FILE_SEND_STARTING;
    x->first = x->next_first;
    x->begun_us = now_us;
    x->accepted_us = 0;
    file_patience_begin(&x->patience, now_us);
    x->asked++;
    struct notice *n = session_streams_about(NOTICE_FILE_ACCEPTED, x, first);
    memcpy(n->file->have, have, sizeof have);
    n->file->have_size = sizeof have;
    s->io.notice(s->io.ctx, n);
    session_subscribe(s, now_us);
}

// Once those who were told are there, and main gives.
void session_streams_run(struct file_send *x, uint64_t now_us)
{
    uint64_t active = 0;
    unsigned told = 0;
    for (unsigned i = 0; i < x->peers; i++) {
        told += x->peer[i].state == FILE_PEER_STARTING;
        active |= x->peer[i].state == FILE_PEER_STARTING && x->peer[i].ready ? 1ull << i : 0;
    }
    bool all = told == (unsigned)__builtin_popcountll(active);
    if (!x->pipe || !active || (!all && now_us - x->begun_us < READY_US))
        return;
    for (unsigned i = 0; i < x->peers; i++)
        if (x->peer[i].state == FILE_PEER_STARTING)
            x->peer[i].state = x->peer[i].ready ? FILE_PEER_RUNNING : FILE_PEER_ACCEPTED;
    if (!all)
        x->accepted_us = now_us; // they wait for the next one
    x->out = base_alloc(sizeof *x->out);
    file_out_init(x->out, active, now_us);
    x->phase = FILE_SEND_RUNNING;
}

// Who has accepted and takes nothing, or as good as nothing, would have its place for ever.
void session_streams_park(struct session *s, struct file_send *x, bool wanted, uint64_t now_us)
{
    uint64_t moved = x->out ? x->out->moved : 0;
    bool theirs = s->files->connected && (x->out ? file_out_waits(x->out) : x->pipe != NULL);
    x->parked &= moved == 0;
    if (!file_patience_over(&x->patience, moved, theirs, wanted, now_us))
        return;
    log_info("files", "nobody takes what was accepted file=%u", x->id);
    x->parked = true;
    for (unsigned i = 0; i < x->peers && x->phase != FILE_SEND_IDLE; i++)
        if (has_stream(&x->peer[i]))
            session_streams_set(s, x, &x->peer[i], FILE_PEER_DROPPED, now_us);
}

static void feed(struct file_send *x)
{
    uint8_t data[FILE_PIPE_CHUNK];
    size_t n;
    enum file_pipe_state state = file_pipe_get_state(x->pipe); // first: what it had then is taken below
    while (file_out_room(x->out)) {
        if (file_pipe_take(x->pipe, data, &n)) {
            file_out_give(x->out, data, n);
            continue;
        }
        if (state == FILE_PIPE_ENDED)
            file_out_end(x->out);
        break;
    }
    sodium_memzero(data, sizeof data);
}

uint64_t session_streams_tick(struct session *s, struct file_send *x, uint64_t now_us)
{
    uint64_t next = file_out_tick(x->out, now_us), blockers = file_out_blockers(x->out, FILES_BLOCK_US, now_us);
    file_out_yield(x->out, s->files->beside);
    feed(x);
    x->flow.moved = x->out->moved;
    for (uint64_t left = blockers; left; left &= left - 1)
        session_streams_set(s, x, &x->peer[__builtin_ctzll(left)], FILE_PEER_DROPPED, now_us);
    if (!x->out || !file_out_done(x->out))
        return next;
    for (unsigned i = 0; i < x->peers; i++)
        if (x->peer[i].state == FILE_PEER_RUNNING) {
            x->peer[i].state = FILE_PEER_SENT;
            x->peer[i].said_us = now_us;
        }
    session_streams_end(s, x, now_us);
    return now_us;
}

// ---- datagrams ----

static void acked(struct file_send *x, struct file_peer *p, struct file_ack *ack, uint64_t now_us)
{
    if (ack->una < x->first)
        return; // of a stream before this one
    if (p->state == FILE_PEER_STARTING && !p->ready) {
        p->ready = true;
        session_streams_run(x, now_us);
    }
    if (p->state != FILE_PEER_RUNNING || !x->out)
        return;
    // He is back: what was sent into the silence is not waited for.
    if (x->out->reno.timeouts > 1 && now_us - x->out->progress_us > QUIET_US)
        file_out_resume(x->out, now_us);
    ack->una -= x->first;
    file_out_ack(x->out, (unsigned)(p - x->peer), ack, now_us);
}

bool session_streams_ack(struct session *s, const uint8_t *p, size_t n, const struct wire_header *h, uint64_t now_us)
{
    uint8_t payload[WIRE_PAYLOAD_MAX];
    struct file_ack ack;
    size_t size;
    uint32_t ts;
    for (unsigned i = 0; i < FILES_MOST; i++) {
        struct file_send *x = s->files->sends[i];
        for (unsigned k = 0; x && k < x->peers; k++) {
            struct file_peer *q = &x->peer[k];
            if (!has_stream(q) || q->who.id != h->sender ||
                session_files_slot(WIRE_STREAM_FILE_ACK, q->number) != h->slot || q->key_of >> 8 != h->sender)
                continue;
            if (!session_files_open(&q->key, &q->seen, p, n, payload, &size, &ts))
                return false;
            if (file_bytes_read_ack(&ack, payload, size))
                acked(x, q, &ack, now_us);
            return true;
        }
    }
    return false;
}

static bool send_one(struct session *s, struct file_send *x, uint64_t now_us)
{
    uint8_t payload[WIRE_PAYLOAD_MAX], p[WIRE_DATAGRAM_MAX];
    uint32_t number;
    size_t n;
    feed(x);
    const uint8_t *data = file_out_next(x->out, &number, &n, now_us);
    if (!data)
        return false;
    n = file_bytes_write_data(payload, x->first + number, data, n);
    n = session_files_seal(s, &x->seal, session_files_slot(WIRE_STREAM_FILE, x->number), payload, n, p, now_us);
    return n && outflow_file(&s->outflow, p, n, now_us);
}

bool session_streams_next(struct session *s, uint64_t now_us)
{
    struct session_files *f = s->files;
    for (unsigned i = 0; f->connected && i < FILES_MOST; i++) { // in turn
        struct file_send *x = f->sends[++f->next % FILES_MOST];
        if (x && x->out && send_one(s, x, now_us))
            return true;
    }
    return false;
}

bool session_streams_active(const struct session *s)
{
    for (unsigned i = 0; i < FILES_MOST; i++)
        if (s->files->sends[i] && s->files->sends[i]->out)
            return true;
    return false;
}

void session_streams_slots(const struct session *s, struct feedback_layers *l)
{
    for (unsigned i = 0; i < FILES_MOST; i++) {
        const struct file_send *x = s->files->sends[i];
        for (unsigned k = 0; x && k < x->peers && l->file_count < FEEDBACK_LIST_MAX; k++) {
            const struct file_peer *p = &x->peer[k];
            if (!has_stream(p) || !p->who.id)
                continue;
            l->file[l->file_count].sender = p->who.id;
            l->file[l->file_count++].slot = session_files_slot(WIRE_STREAM_FILE_ACK, p->number);
        }
    }
}

void session_streams_resume(struct session *s, uint64_t now_us)
{
    for (unsigned i = 0; i < FILES_MOST; i++)
        if (s->files->sends[i] && s->files->sends[i]->out)
            file_out_resume(s->files->sends[i]->out, now_us);
}

void session_streams_stats(const struct session *s, struct stats *stats)
{
    for (unsigned i = 0; i < FILES_MOST && stats->file_count < STATS_FILES_MAX; i++) {
        const struct file_send *x = s->files->sends[i];
        if (!x || !x->out)
            continue;
        const struct file_out *o = x->out;
        struct stats_file *out = &stats->files[stats->file_count++];
        *out = (struct stats_file){.id = x->id,
                                   .out = true,
                                   .state = reno_state_name(o->reno.state),
                                   .cwnd_bytes = file_out_window(o),
                                   .ssthresh_bytes = o->reno.ssthresh,
                                   .flight_bytes = o->flight,
                                   .rtt_ms = o->reno.srtt / 1000,
                                   .rate_kbps = x->flow.rate * 8 / 1000,
                                   .retransmitted = o->bytes_again};
        for (unsigned k = 0; k < x->peers && !out->member; k++)
            out->member = has_stream(&x->peer[k]) ? x->peer[k].who.id : 0;
    }
}
