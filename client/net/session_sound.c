// Sound of ours and of the others: with older packets in it, where packets get lost.
#include "session_parts.h"

static unsigned choose(struct session *s, uint64_t now_us)
{
    bool steered = s->outflow.camera_most_kbps && s->outflow.begun;
    struct copies_path path = {.loss = loss_share(&s->hop.loss_up, now_us),
                               .burst = loss_burst(&s->hop.loss_up, now_us)};
    path.bps = steered ? s->outflow.bandwidth.target_bps : 1e9;
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
    if (sent)
        copies_keep(&s->copies, &place, opus, n);
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
