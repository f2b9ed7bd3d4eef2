// Sound of ours and of the others: with older packets in it, where packets get lost.
#include "session_parts.h"

enum { TOLD_MOST = 16, TOLD_LEAST = 2, TOLD_US = 5000000, TOLD_MEMBERS = 8, PRESSED_US = 3000000, TOLD_NARROW = 255 };

// What travels again goes to all: for one bad line in a large room it would be dear. Where a way down bears hardly the
// sound, more of it is what makes him miss it.
static double worst(const struct session *s, bool *narrow, uint64_t now_us)
{
    unsigned members = 0, missed = 0;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        members += m->used;
        if (!m->used || !m->missed || now_us - m->missed_us >= TOLD_US)
            continue;
        *narrow |= m->missed == TOLD_NARROW;
        missed = m->missed == TOLD_NARROW ? missed : MAX(missed, m->missed);
    }
    *narrow = *narrow && members <= TOLD_MEMBERS;
    return members > TOLD_MEMBERS ? 0 : missed / 1000.0;
}

// What the slowest way down of those who watch us can take of pictures, kbit/s; 0 = all.
static unsigned least_limit(const struct ladder *l)
{
    unsigned least = 0;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        if (l->watch[i].watchers && l->watch[i].kbps && (!least || l->watch[i].kbps < least))
            least = l->watch[i].kbps;
    return least;
}

// Somebody's way down was just told to bear much less than before: it is full, and loses sound, too.
static bool is_pressed(struct session *s, uint64_t now_us)
{
    unsigned limit = least_limit(&s->outflow.ladder), before = s->limit_kbps;
    if (limit && (!before || limit < before * 4 / 5))
        s->pressed_us = now_us;
    s->limit_kbps = limit;
    return s->pressed_us && now_us - s->pressed_us < PRESSED_US;
}

static unsigned choose(struct session *s, uint64_t now_us)
{
    bool steered = s->outflow.camera_most_kbps && s->outflow.begun;
    struct copies_path path = {.loss = loss_share(&s->hop.loss_up, now_us),
                               .burst = loss_burst(&s->hop.loss_up, now_us)};
    bool narrow = false;
    double missed = worst(s, &narrow, now_us);
    path.missed = MAX(missed, is_pressed(s, now_us) ? COPIES_RULE_TWO : 0);
    path.bps = narrow ? 0 : steered ? s->outflow.bandwidth.target_bps : 1e9;
    if (s->limit_kbps)
        path.bps = MIN(path.bps, s->limit_kbps * 1000.0 + BUDGET_AUDIO_BPS);
    path.queue_ms = steered ? s->outflow.bandwidth.queue_ms : 0;
    return s->tcp ? 0 : copies_rule(&s->copies_rule, &path, now_us);
}

bool session_send_audio(struct session *s, const uint8_t *opus, size_t n, uint32_t ts, bool talk_spurt, uint64_t now_us)
{
    uint8_t mark = (uint8_t)(WIRE_MARK_END | WIRE_MARK_INDEPENDENT | (talk_spurt ? WIRE_MARK_START : 0));
    uint8_t payload[WIRE_PAYLOAD_MAX];
    const struct seal_key *key = s->hop.state == HOP_UP ? room_keys_sealing(&s->keys, SESSION_AUDIO_SLOT) : NULL;
    if (!key)
        return false;
    const struct copies_place place = {.kid = key->kid, .ctr = key->ctr, .ts = ts};
    size_t all = copies_pack(&s->copies, choose(s, now_us), &place, opus, n, payload, sizeof payload);
    bool sent = all ? media_tx_packet(&s->tx, SESSION_AUDIO_SLOT, mark | COPIES_MARK, ts, payload, all, now_us)
                    : media_tx_packet(&s->tx, SESSION_AUDIO_SLOT, mark, ts, opus, n, now_us);
    if (sent) {
        copies_keep(&s->copies, &place, opus, n);
        session_files_media(s, true, now_us);
    }
    return sent;
}

void session_hear(struct session *s, struct media_stream *st, const struct media_packet *p)
{
    struct copies all = {.data = p->payload, .size = p->size};
    if (p->mark & COPIES_MARK && !copies_read(&all, p->payload, p->size))
        return;
    for (unsigned i = 0; i < all.count; i++) {
        const struct copies_part *x = &all.older[i];
        struct media_packet older = *p;
        if (!copies_fresh(&st->heard, p->running - x->back, true))
            continue;
        older.copy = true;
        older.mark = 0;
        older.running -= x->back;
        older.ts -= x->ts_back;
        older.payload = x->data;
        older.size = x->size;
        s->io.audio(s->io.ctx, &older);
    }
    struct media_packet own = session_sound_own(p);
    if (copies_fresh(&st->heard, p->running, false))
        s->io.audio(s->io.ctx, &own);
}

struct media_packet session_sound_own(const struct media_packet *p)
{
    struct media_packet own = *p;
    struct copies all;
    if (wire_stream(p->slot) == WIRE_STREAM_AUDIO && p->mark & COPIES_MARK && copies_read(&all, p->payload, p->size)) {
        own.mark = (uint8_t)(p->mark & ~COPIES_MARK);
        own.payload = all.data;
        own.size = all.size;
    }
    return own;
}

void session_sound_tell(const struct session *s, struct bytes_writer *w)
{
    struct bytes_writer count = *w;
    uint8_t n = 0;
    bytes_put_u8(w, 0);
    for (unsigned i = 0; i < MEDIA_RX_STREAMS && n < TOLD_MOST; i++) {
        const struct media_stream *st = &s->rx.streams[i];
        unsigned share = (unsigned)(st->heard.missed * 1000 + 0.5);
        if (!st->used || st->slot != SESSION_AUDIO_SLOT || (share < TOLD_LEAST && !s->narrow))
            continue;
        bytes_put_u16(w, st->sender);
        bytes_put_u8(w, (uint8_t)(s->narrow ? TOLD_NARROW : MIN(share, TOLD_NARROW - 1u)));
        n++;
    }
    bytes_put_u8(&count, n);
}

void session_sound_told(struct session *s, uint16_t sender, struct bytes_reader *r, uint64_t now_us)
{
    struct session_member *m = session_room_member(s, sender);
    uint8_t missed = 0;
    for (unsigned n = bytes_u8(r); n; n--) {
        uint16_t whom = bytes_u16(r);
        uint8_t share = bytes_u8(r);
        missed = whom == s->self ? share : missed;
    }
    if (!m || r->failed)
        return;
    m->missed = missed;
    m->missed_us = now_us;
}
