// Files, as a session has them: what sends and takes share, and their part in everything else a session does.
#include "session_files.h"

#include "shared/keys.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, BESIDE_US = SECOND, SOUND_US = SECOND / 5 };

// ---- people ----

bool session_files_can_say(const struct session *s, const struct file_person *to)
{
    return to->id && session_room_can_talk(s);
}

void session_files_say(struct session *s, const struct file_person *to, const struct file_box *b)
{
    uint64_t n;
    char *text = session_files_can_say(s, to) ? file_box_write(b) : NULL;
    if (text)
        room_keys_send(&s->keys, to->id, text, &n);
    secrets_free(text); // an offer has its key in it
}

bool session_files_find(struct session *s, struct file_person *who, uint64_t now_us)
{
    const struct session_member *found = NULL;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        if (m->used && !m->away && call_trust_good(m->trust) && room_keys_confirmed(&s->keys, m->id) &&
            memcmp(m->identity, who->identity, sizeof m->identity) == 0 && (!found || m->id == who->id))
            found = m;
    }
    bool back = found && (found->id != who->id || found->join_id != who->join_id);
    if (!found && (who->id || !s->connection)) // without a connection nobody is known to be gone
        who->gone_us = now_us;
    who->id = found ? found->id : 0;
    who->was = found ? found->id : who->was;
    who->join_id = found ? found->join_id : who->join_id;
    return back;
}

bool session_files_lost(const struct session *s, const struct file_person *who, uint64_t now_us)
{
    return !who->id && s->connection && now_us - who->gone_us > FILES_GONE_US;
}

struct notice *session_files_about(enum notice_type type, uint32_t id, const struct file_person *who)
{
    struct notice *n = notice_new(type);
    n->file = base_alloc(sizeof *n->file);
    n->file->id = id;
    if (who) {
        n->member = who->id ? who->id : who->was; // also of who has left it is said who it was
        memcpy(n->name, who->name, sizeof n->name);
        memcpy(n->identity, who->identity, sizeof n->identity);
    }
    return n;
}

// ---- sealed datagrams ----

// `acker` 0: the data's key. A counter is never used twice, whoever had the key's place before.
void session_files_key(struct seal_key *k, const uint8_t key[32], uint32_t acker, uint8_t slot, bool sealing)
{
    uint8_t base[32], data[3] = {(uint8_t)(acker >> 8), (uint8_t)acker, slot};
    uint64_t ctr = k->cipher ? k->ctr : SEAL_CTR_FIRST;
    if (acker)
        keys_kdf(base, key, 32, "file ack", data, sizeof data);
    else
        keys_kdf(base, key, 32, "file", &slot, 1);
    seal_key_destroy(k);
    if (seal_key_init(k, base, 0, sealing))
        k->ctr = ctr;
    sodium_memzero(base, sizeof base);
}

bool session_files_open(struct seal_key *k, struct replay *seen, const uint8_t *p, size_t n,
                        uint8_t out[WIRE_PAYLOAD_MAX], size_t *size, uint32_t *ts)
{
    uint8_t metadata[SEAL_METADATA], kid;
    uint64_t ctr;
    if (n < WIRE_MEDIA_CLEAR || n > WIRE_MEDIA_CLEAR + WIRE_PAYLOAD_MAX + WIRE_SFRAME_TAG ||
        !seal_peek(p + WIRE_TS_END, n - WIRE_TS_END, &kid, &ctr))
        return false;
    uint64_t number = ctr - SEAL_CTR_FIRST + 1;
    enum replay_verdict v = replay_check(seen, number, REPLAY_WINDOW);
    if (v == REPLAY_SEEN || v == REPLAY_OLD)
        return false;
    seal_metadata(metadata, p);
    if (!seal_open(k, metadata, p + WIRE_TS_END, n - WIRE_TS_END, out, size))
        return false;
    replay_commit(seen, number);
    struct bytes_reader r = bytes_reader(p + WIRE_HEADER, WIRE_TS_END - WIRE_HEADER);
    *ts = bytes_u32(&r);
    return true;
}

size_t session_files_seal(const struct session *s, struct seal_key *k, uint8_t slot, const uint8_t *data, size_t n,
                          uint8_t p[WIRE_DATAGRAM_MAX], uint64_t now_us)
{
    uint8_t metadata[SEAL_METADATA];
    wire_write(&(struct wire_header){.type = WIRE_FILE, .sender = s->hop.sender, .room = s->hop.room, .slot = slot}, p);
    struct bytes_writer w = bytes_writer(p + WIRE_HEADER, WIRE_TS_END - WIRE_HEADER);
    bytes_put_u32(&w, (uint32_t)(now_us / 1000));
    seal_metadata(metadata, p);
    size_t sealed = seal_packet(k, metadata, data, n, p + WIRE_TS_END);
    return sealed ? WIRE_TS_END + sealed : 0;
}

bool session_files_datagram(struct session *s, const uint8_t *p, size_t n, const struct hop_datagram *d,
                            uint64_t now_us)
{
    unsigned stream = wire_stream(d->header.slot);
    if (stream != WIRE_STREAM_FILE && stream != WIRE_STREAM_FILE_ACK)
        return false;
    bool good = stream == WIRE_STREAM_FILE ? session_takes_data(s, p, n, &d->header)
                                           : session_streams_ack(s, p, n, &d->header, now_us);
    if (good)
        hop_commit(&s->hop, d);
    return true;
}

// ---- figures ----

void session_files_drop_pipe(struct file_pipe **p)
{
    if (!*p)
        return;
    file_pipe_set_put_wake(*p, NULL, NULL);
    file_pipe_set_take_wake(*p, NULL, NULL);
    file_pipe_abort(*p);
    file_pipe_free(*p);
    *p = NULL;
}

bool session_files_flow(struct file_flow *f, uint64_t now_us)
{
    if (now_us - f->second_us >= SECOND) {
        double s = (double)(now_us - f->second_us) / SECOND;
        double rate = (double)(f->moved - MIN(f->second_moved, f->moved)) / s;
        f->rate = f->second_us && f->rate > 0 ? (f->rate + rate) / 2 : f->second_us ? rate : 0;
        f->second_us = now_us;
        f->second_moved = f->moved;
    }
    bool news = f->moved != f->told_moved || f->waiting != f->told_waiting;
    if (!news || now_us - f->told_us < FILES_TELL_US)
        return false;
    f->told_us = now_us;
    f->told_moved = f->moved;
    f->told_waiting = f->waiting;
    return true;
}

bool session_files_still(struct file_flow *f, bool runs, uint64_t now_us)
{
    if (!runs || f->moved != f->still) {
        f->still = f->moved;
        f->still_us = now_us;
    }
    return now_us - f->still_us >= FILES_STILL_US;
}

void session_files_stats(const struct session *s, struct stats *stats)
{
    stats->file_count = 0;
    session_streams_stats(s, stats);
    session_takes_stats(s, stats);
    double best = -1;
    stats->call.cwnd_bytes = stats->call.ssthresh_bytes = 0;
    for (size_t i = 0; i < stats->file_count; i++) {
        const struct stats_file *x = &stats->files[i];
        if (!x->out || x->rate_kbps <= best)
            continue;
        best = x->rate_kbps;
        stats->call.cwnd_bytes = x->cwnd_bytes;
        stats->call.ssthresh_bytes = isinf(x->ssthresh_bytes) ? 0 : x->ssthresh_bytes;
    }
}

// ---- beside a call ----

void session_files_media(struct session *s, bool sound, uint64_t now_us)
{
    // Silence has one packet each 400 ms: with that alone nobody is waiting for anything.
    bool talks = !sound || now_us - s->files->sound_us < SOUND_US;
    if (sound)
        s->files->sound_us = now_us;
    if (talks)
        s->files->media_us = now_us;
}

bool session_files_next(struct session *s, uint64_t now_us)
{
    return session_streams_next(s, now_us);
}

// ---- the rest ----

void session_files_command(struct session *s, struct command *c, uint64_t now_us)
{
    if (!c->file)
        return;
    if (c->type == COMMAND_FILE_OFFER || c->file->id % 2 == 0)
        session_sends_command(s, c, now_us);
    else
        session_takes_command(s, c, now_us);
}

void session_files_box(struct session *s, struct session_member *m, const json_t *o, uint64_t now_us)
{
    struct file_box b;
    if (!call_trust_good(m->trust) || !file_box_read(&b, o))
        return;
    if (b.kind == FILE_BOX_OFFER || b.kind == FILE_BOX_START || b.kind == FILE_BOX_LATER) {
        session_takes_box(s, m, &b, now_us);
    } else if (b.kind == FILE_BOX_CANCEL) { // either may say it
        session_takes_box(s, m, &b, now_us);
        session_sends_box(s, m, &b, now_us);
    } else {
        session_sends_box(s, m, &b, now_us);
    }
    sodium_memzero(&b, sizeof b);
}

void session_files_slots(const struct session *s, struct feedback_layers *l)
{
    session_takes_slots(s, l);
    session_streams_slots(s, l);
}

uint64_t session_files_tick(struct session *s, uint64_t now_us)
{
    struct session_files *f = s->files;
    f->beside = f->media_us && now_us - f->media_us < BESIDE_US;
    bool connected = s->in_room && s->connection && s->hop.state == HOP_UP;
    if (connected && !f->connected)
        session_streams_resume(s, now_us);
    f->connected = connected;
    uint64_t next = base_sooner(session_sends_tick(s, now_us), session_takes_tick(s, now_us));
    if (now_us - f->map_us >= FILES_MAP_US)
        f->map_us = now_us;
    outflow_files(&s->outflow, f->beside && session_streams_active(s));
    if (!f->beside || !s->config.camera_kbps) // nobody else wants the way, or nobody measures it
        while (session_streams_next(s, now_us))
            ;
    return next;
}

void session_files_end(struct session *s, uint64_t now_us)
{
    session_sends_end(s, now_us);
    session_takes_end(s, now_us);
}

void session_files_init(struct session *s)
{
    s->files = base_alloc(sizeof *s->files);
    s->files->turn = randombytes_random();
}

void session_files_destroy(struct session *s)
{
    free(s->files);
    s->files = NULL;
}
