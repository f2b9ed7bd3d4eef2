// Which layers of whose picture come to us, and which of ours are watched; what meta tells of both.
#include "session_parts.h"

#include "client/recv/assembler.h"
#include "client/send/encoded_frame.h"
#include "shared/bytes.h"

#include <math.h>
#include <string.h>

enum {
    MS = 1000,
    SECOND = 1000000,
    REPEAT_US = 50 * MS,
    REPEATS = SESSION_META_REPEATS,
    CHOOSE_US = 200 * MS,
    UNSEEN_LINES = 1080, // nobody has said how large: as large as it comes
    BEHIND_TS = 90000,
    FAR_TS = 900000,
    FAR_US = 10 * SECOND
};
enum { META_LIVE = 1, META_WHOLE = 2 }; // whole: as it is, or not at all; no limit makes it smaller

static struct session_member *member_of(const struct session *s, uint16_t id)
{
    return session_room_member((struct session *)s, id);
}

static bool is_screen(uint8_t slot)
{
    return wire_stream(slot) == WIRE_STREAM_SCREEN;
}

static struct session_picture *picture_of(struct session_member *m, bool screen)
{
    return screen ? &m->screen : &m->picture;
}

static uint8_t slot_of(bool screen, int layer)
{
    return WIRE_SLOT(screen ? WIRE_STREAM_SCREEN : WIRE_STREAM_CAMERA, (unsigned)layer);
}

static unsigned others(const struct session *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        n += s->members[i].used;
    return n;
}

// ---- what is asked for ----

// Not oftener than it is repeated, whatever the others do: it goes past the pacer.
static void ask(struct session *s, uint64_t now_us)
{
    s->layers_due_us = MAX(now_us, s->layers_sent_us + REPEAT_US);
    s->layers_repeat = REPEATS;
}

void session_subscribe(struct session *s, uint64_t now_us)
{
    ask(s, now_us);
    s->layers_us = 0; // who is here may have changed
}

static void tell_paused(struct session *s, struct session_member *m, bool paused)
{
    if (paused == m->picture.paused)
        return;
    m->picture.paused = paused;
    struct notice *n = notice_new(NOTICE_PICTURE);
    n->member = m->id;
    n->flag = paused;
    s->io.notice(s->io.ctx, n);
}

void session_layers_shut_out(struct session *s, struct session_member *m)
{
    tell_paused(s, m, false);
}

void session_layers_view(struct session *s, const struct command *c, uint64_t now_us)
{
    bool sound[ARRAY_LEN(s->members)];
    s->viewed = true;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        sound[i] = !s->members[i].picture.none;
    for (unsigned i = 0; i < 2 * ARRAY_LEN(s->members); i++) {
        struct session_picture *x = picture_of(&s->members[i / 2], i % 2);
        x->height = 0;
        x->speaker = x->pinned = x->none = false;
        x->only = 0;
    }
    for (size_t i = 0; i < c->view_count; i++) {
        struct session_member *m = session_room_member(s, c->view[i].member);
        if (!m)
            continue;
        struct session_picture *x = picture_of(m, c->view[i].screen);
        x->height = c->view[i].height;
        x->speaker = c->view[i].speaker;
        x->pinned = c->view[i].pinned;
        x->only = c->view[i].only;
        x->none = c->view[i].none;
        m->picture.spoke_us = MAX(m->picture.spoke_us, c->view[i].spoke_us);
    }
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++)
        if (sound[i] == s->members[i].picture.none)
            ask(s, now_us);
    session_layers_choose(s, now_us);
}

void session_layers_forget(struct session *s, uint16_t id)
{
    struct session_member *m = session_room_member(s, id);
    layers_forget(&s->layers, id);
    if (!m)
        return;
    m->picture.any = m->picture.told = m->picture.paused = false;
    m->picture.offered = 0;
    m->picture.number = 0;
    m->screen = (struct session_picture){.height = m->screen.height};
}

// Before he has told what he offers it is what anybody does in a room of so many.
static void describe(const struct session *s, const struct session_member *m, struct layers_stream *out)
{
    const struct session_picture *x = &m->picture;
    out->height = x->none ? 0 : s->viewed ? x->height : UNSEEN_LINES;
    out->only = x->only;
    out->speaker = x->speaker;
    out->pinned = x->pinned;
    out->offered = x->told ? x->offered : others(s) <= 1 ? 1u << LADDER_ALONE : (2u << LADDER_TOP) - 1;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        out->lines[i] = x->told && x->lines[i] ? x->lines[i] : budget_layer(i)->height;
        out->whole_kbps[i] = x->told ? x->whole_kbps[i] : 0;
    }
}

// Nothing is known of a screen before meta tells of it; when it tells no more of it, it is not shown any more.
static void describe_screen(struct session *s, const struct session_member *m)
{
    const struct session_picture *x = &m->screen;
    if (!x->offered && !layers_find(&s->layers, m->id, true))
        return;
    struct layers_stream *out = layers_stream(&s->layers, m->id, true);
    if (!out)
        return;
    out->height = s->viewed ? x->height : UNSEEN_LINES;
    out->pinned = x->pinned;
    out->offered = x->offered;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        out->lines[i] = x->lines[i];
}

void session_layers_choose(struct session *s, uint64_t now_us)
{
    double besides_bps, bps = inflow_bps(&s->inflow, &besides_bps);
    s->layers_us = now_us;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        struct session_member *m = &s->members[i];
        struct layers_stream *x = NULL;
        if (m->used && room_keys_has(&s->keys, m->id))
            x = layers_stream(&s->layers, m->id, false);
        if (x)
            describe(s, m, x);
        if (x)
            describe_screen(s, m);
    }
    if (layers_choose(&s->layers, bps, besides_bps, now_us))
        ask(s, now_us);
    if (s->layers.burst)
        s->inflow.burst_us = now_us;
    s->inflow.held = layers_held(&s->layers);
    s->inflow.wants_bps = s->layers.wants_bps;
    bool narrow = layers_narrow(&s->layers);
    if (narrow != s->narrow) { // meta tells it
        s->narrow = narrow;
        s->meta_repeat = REPEATS;
        s->meta_us = now_us;
    }
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        struct session_member *m = &s->members[i];
        const struct layers_stream *x = m->used ? layers_find(&s->layers, m->id, false) : NULL;
        if (x)
            tell_paused(s, m, x->reason == LAYERS_PAUSED);
    }
}

// So many others were heard after him, or come first among those who were not.
static unsigned turn_of(const struct session *s, const struct session_member *m)
{
    unsigned turn = 0;
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *x = &s->members[i];
        bool later = x->picture.spoke_us > m->picture.spoke_us;
        turn += x->used && x != m && (later || (x->picture.spoke_us == m->picture.spoke_us && x < m));
    }
    return turn;
}

static void send_layers(struct session *s, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    struct feedback_layers l = {0};
    for (unsigned i = 0; i < ARRAY_LEN(s->members); i++) {
        const struct session_member *m = &s->members[i];
        const struct layers_stream *x = m->used ? layers_find(&s->layers, m->id, false) : NULL;
        if (!x || l.count == FEEDBACK_LIST_MAX)
            continue;
        bool few = s->layers.few_voices && turn_of(s, m) >= LAYERS_VOICES;
        bool silent = s->config.deaf || m->picture.none || few;
        struct feedback_layer *out = &l.item[l.count++];
        out->sender = m->id;
        out->camera = x->layer == LAYERS_NONE ? 0 : FEEDBACK_WANT_LAYER((unsigned)x->layer);
        out->camera |= silent ? FEEDBACK_NO_AUDIO : 0;
        out->camera_kbps = (uint16_t)MIN(x->limit_kbps, (unsigned)UINT16_MAX);
        x = layers_find(&s->layers, m->id, true);
        if (!x)
            continue;
        out->screen = x->layer == LAYERS_NONE ? 0 : FEEDBACK_WANT_LAYER((unsigned)x->layer);
        out->screen_kbps = (uint16_t)MIN(x->limit_kbps, (unsigned)UINT16_MAX);
    }
    session_files_slots(s, &l);
    struct bytes_writer w = feedback_begin(p, s->hop.sender, s->hop.room);
    feedback_put_layers(&w, &l);
    bool sent = hop_send_other(&s->hop, p, feedback_end(&w, p), now_us);
    s->layers_sent_us = now_us;
    if (sent && s->layers_repeat)
        s->layers_repeat--;
    s->layers_due_us = now_us + (s->layers_repeat || !sent ? REPEAT_US : SECOND);
}

uint64_t session_layers_tick(struct session *s, uint64_t now_us)
{
    uint8_t offered = s->outflow.ladder.offered;
    ladder_others(&s->outflow.ladder, others(s));
    if (offered != s->offered) {
        s->offered = offered;
        s->meta_repeat = REPEATS;
        s->meta_us = now_us;
    }
    if (s->meta_repeat && now_us >= s->meta_us) {
        s->meta_repeat--;
        session_layers_meta(s, now_us);
        s->meta_us = now_us + REPEAT_US;
    }
    if (now_us - s->layers_us >= CHOOSE_US)
        session_layers_choose(s, now_us);
    if (now_us >= s->layers_due_us)
        send_layers(s, now_us);
    uint64_t next = MIN(s->layers_due_us, s->layers_us + CHOOSE_US);
    return s->meta_repeat ? MIN(next, s->meta_us) : next;
}

// ---- what comes ----

bool session_layers_wants(struct session *s, uint16_t sender, uint8_t slot)
{
    struct session_member *m = session_room_member(s, sender);
    bool screen = is_screen(slot);
    const struct layers_stream *x = m ? layers_find(&s->layers, sender, screen) : NULL;
    if (!m || !room_keys_has(&s->keys, sender))
        return false;
    if (slot == SESSION_AUDIO_SLOT)
        return !m->picture.none;
    if (!x || x->layer == LAYERS_NONE)
        return false;
    const struct session_picture *shown = picture_of(m, screen);
    return slot == slot_of(screen, x->layer) || (shown->any && slot == shown->slot);
}

void session_layers_begins(struct session *s, uint16_t sender, uint8_t slot, uint64_t first)
{
    struct media_stream *st = media_rx_find(&s->rx, sender, slot);
    if (st && st->assembler && st->newest && first > st->newest)
        assembler_reset(st->assembler);
}

static bool is_wanted(const struct session *s, const struct media_stream *st)
{
    const struct layers_stream *x = layers_find(&s->layers, st->sender, is_screen(st->slot));
    return x && x->layer != LAYERS_NONE && st->slot == slot_of(is_screen(st->slot), x->layer);
}

// Another layer begins with a keyframe, not far behind what was shown last. One of before the layer that is shown is of
// the one that it came after, but for what we ask for now: what the relay kept of it may be older.
static bool goes_over(const struct session_picture *x, const struct recv_frame *frame, bool wanted)
{
    return frame->keyframe && (wanted || (int32_t)(frame->ts - x->since_ts) > 0) &&
           (int32_t)(frame->ts - x->newest_ts) > -BEHIND_TS;
}

bool session_layers_takes(struct session *s, const struct media_stream *st, struct recv_frame *frame)
{
    struct session_member *m = session_room_member(s, st->sender);
    if (!m)
        return false;
    struct session_picture *x = picture_of(m, is_screen(st->slot));
    // They begin anew each 13 h: after a night without a picture they do not tell before from after.
    if (x->any && frame->arrived_us > x->seen_us + FAR_US)
        x->newest_ts = x->since_ts = frame->ts - 1;
    if (!x->any || st->slot != x->slot) {
        if (x->any && !goes_over(x, frame, is_wanted(s, st)))
            return false;
        struct media_stream *old = x->any ? media_rx_find(&s->rx, st->sender, x->slot) : NULL;
        if (old && old->assembler)
            assembler_reset(old->assembler); // what it misses is of no use any more
        if (!x->any)
            x->newest_ts = frame->ts - 1;
        if (!x->any || (int32_t)(frame->ts - x->since_ts) > 0)
            x->since_ts = frame->ts;
        x->any = true;
        x->slot = st->slot;
    }
    frame->behind = (int32_t)(frame->ts - x->newest_ts) <= 0;
    if (!frame->behind) {
        x->newest_ts = frame->ts;
        x->seen_us = frame->arrived_us;
    }
    if ((int32_t)(frame->ts - x->since_ts) > FAR_TS) // before it is too long ago to be told from after
        x->since_ts = frame->ts - FAR_TS;
    return true;
}

bool session_layers_shows(const struct session *s, const struct media_stream *st)
{
    struct session_member *m = member_of(s, st->sender);
    const struct session_picture *x = m ? picture_of(m, is_screen(st->slot)) : NULL;
    return wire_stream(st->slot) == WIRE_STREAM_AUDIO || (x && x->any && x->slot == st->slot);
}

// ---- what we send ----

void session_layers_watched(struct session *s, const struct feedback_watched *w, uint64_t now_us)
{
    struct ladder_watch watch[BUDGET_LAYERS] = {{0, 0}};
    unsigned most[BUDGET_LAYERS];
    for (unsigned i = 0; i < w->count; i++) // we send no sub-streams, whoever subscribes to them
        if (wire_stream(w->item[i].slot) == WIRE_STREAM_CAMERA && !wire_part(w->item[i].slot))
            watch[wire_layer(w->item[i].slot)] =
                (struct ladder_watch){w->item[i].watchers, s->config.camera_kbps ? w->item[i].kbps : 0};
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        most[i] = ladder_most_kbps(&s->outflow.ladder, i);
    ladder_watched(&s->outflow.ladder, watch, now_us);
    session_screen_watched(s, w, now_us);
    // It fell to so much less than what is sent that some of it must be lost on his way: a keyframe now spares him the
    // time to ask for one.
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        unsigned now = ladder_most_kbps(&s->outflow.ladder, i);
        bool early = s->sent[i].spared_us && now_us - s->sent[i].spared_us < WIRE_REFRESH_MS * MS;
        if (!watch[i].kbps || now >= most[i] || now * 5 >= s->outflow.told.camera[i].kbps * 3 || early)
            continue;
        s->sent[i].spared_us = now_us;
        s->io.keyframe(s->io.ctx, WIRE_SLOT(WIRE_STREAM_CAMERA, i));
    }
}

// ---- meta ----

enum { META_COUNTED = 1, COUNT_MOST = 1000 };

static void tell_number(const struct session *s, struct bytes_writer *w)
{
    uint32_t number, ts;
    if (!s->io.counted || !s->io.counted(s->io.ctx, &number, &ts))
        return;
    bytes_put_u8(w, META_COUNTED);
    bytes_put_u32(w, number);
    bytes_put_u32(w, ts);
}

// Between two metas the pictures come as they did between the last two.
static void take_number(struct session_picture *x, struct bytes_reader *r)
{
    uint8_t kind = bytes_u8(r);
    uint32_t number = bytes_u32(r), ts = bytes_u32(r);
    if (r->failed || kind != META_COUNTED)
        return;
    uint32_t more = number - x->number, ticks = ts - x->number_ts;
    if (!x->number || more > COUNT_MOST || ticks > FAR_TS)
        x->number_rate = 0;
    else if (ticks)
        x->number_rate = (double)more / ticks;
    x->number = number;
    x->number_ts = ts;
}

// Meta (stream 15): the sender's clock against the timestamps of its slots, and against the relay's clock; and what
// layers there are.
void session_layers_take_meta(struct session *s, const struct media_packet *p)
{
    struct bytes_reader r = bytes_reader(p->payload, p->size);
    struct session_member *m = session_room_member(s, p->sender);
    if (bytes_u8(&r) != 1 || !s->hop.has_clock || !m)
        return;
    uint64_t their_us = bytes_u64(&r);
    uint64_t their_offset = bytes_u64(&r); // relay - theirs; modulo 2^64, as anybody may say anything
    uint8_t count = bytes_u8(&r), offered = 0, screens = 0;
    for (unsigned i = 0; i < count; i++) {
        uint8_t slot = bytes_u8(&r), flags = bytes_u8(&r);
        uint32_t ts = bytes_u32(&r);
        unsigned width = bytes_u16(&r), height = bytes_u16(&r), fps = bytes_u8(&r);
        unsigned kbps = bytes_u16(&r);
        if (r.failed)
            return;
        if (wire_stream(slot) == WIRE_STREAM_CAMERA) {
            offered |= (uint8_t)(1u << wire_layer(slot));
            m->picture.lines[wire_layer(slot)] = (uint16_t)height;
            uint16_t *whole = &m->picture.whole_kbps[wire_layer(slot)], was = *whole;
            *whole = (uint16_t)(flags & META_WHOLE ? MAX(kbps, 1u) : 0);
            if (*whole && !was) // what was asked for before that was known begins as large
                s->inflow.burst_us = p->now_us;
        } else if (is_screen(slot) && wire_layer(slot) < BUDGET_SCREENS) {
            screens |= (uint8_t)(1u << wire_layer(slot));
            m->screen.lines[wire_layer(slot)] = (uint16_t)height;
        }
        struct media_stream *st = media_rx_find(&s->rx, p->sender, slot);
        if (!st)
            continue;
        st->width = width;
        st->height = height;
        st->fps = fps;
        st->has_map = true;
        st->map_ts = ts;
        st->map_us = their_us + their_offset - (uint64_t)s->hop.clock_offset_us;
        s->io.clock_map(s->io.ctx, p->sender, slot, ts, st->map_us);
    }
    session_sound_told(s, p->sender, &r, p->now_us);
    take_number(&m->picture, &r);
    m->picture.told = true;
    m->picture.offered = offered;
    bool news = screens != m->screen.offered;
    m->screen.offered = screens;
    if (!screens)
        m->screen.any = false; // what he shows next begins anew
    if (news)
        session_layers_choose(s, p->now_us);
}

static void put_slot(struct bytes_writer *w, uint8_t slot, unsigned flags, uint32_t ts, const struct ladder_layer *l)
{
    bytes_put_u8(w, slot);
    bytes_put_u8(w, (uint8_t)flags);
    bytes_put_u32(w, ts);
    bytes_put_u16(w, (uint16_t)l->width);
    bytes_put_u16(w, (uint16_t)l->height);
    bytes_put_u8(w, (uint8_t)l->fps);
    bytes_put_u16(w, (uint16_t)MIN(l->kbps, (unsigned)UINT16_MAX));
}

// What the encoder really makes of it, once it does: a camera may be of another shape, or smaller. It is still so when
// nobody watches it any more: else who found it too small would come back to it for ever.
static struct ladder_layer layer_of(const struct session *s, unsigned i)
{
    struct ladder_layer l = s->outflow.ladder.layer[i];
    const struct session_sent *sent = &s->sent[i];
    if (s->outflow.ladder.fixed)
        return s->outflow.ladder.has[i];
    if (sent->width && (sent->fps > 0 || !s->outflow.ladder.alone)) {
        l.width = sent->width;
        l.height = sent->height;
    }
    if (sent->fps > 0)
        l.fps = (unsigned)CLAMP(lround(sent->fps), 0, 255);
    return l;
}

void session_layers_fix(struct session *s, const struct command *c)
{
    struct ladder_layer has[BUDGET_LAYERS] = {{0}};
    for (unsigned i = 0; i <= LADDER_TOP; i++) {
        has[i] = (struct ladder_layer){c->layers[i].width, c->layers[i].height, c->layers[i].fps, c->layers[i].kbps};
        has[i].kbps = MIN(has[i].kbps, (unsigned)UINT16_MAX);
    }
    if (s->outflow.ladder.fixed && memcmp(has, s->outflow.ladder.has, sizeof has) == 0)
        return;
    ladder_fix(&s->outflow.ladder, has);
    s->meta_repeat = REPEATS; // sizes and rates may be others
    s->meta_us = 0;
}

void session_layers_made(struct session *s, const struct encoded_frame *f)
{
    if (f->screen) {
        session_screen_made(s, f);
        return;
    }
    struct session_sent *sent = &s->sent[f->layer % BUDGET_LAYERS];
    bool other = sent->width && (sent->width != f->width || sent->height != f->height);
    for (unsigned i = 0; other && i < BUDGET_LAYERS; i++) // another camera: the rest is not known any more either
        s->sent[i].width = s->sent[i].height = 0;
    sent->width = f->width;
    sent->height = f->height;
}

void session_layers_meta(struct session *s, uint64_t now_us)
{
    static const struct ladder_layer none;
    uint8_t payload[160], offered = s->outflow.ladder.offered;
    struct bytes_writer w = bytes_writer(payload, sizeof payload);
    if (!s->in_room)
        return;
    bytes_put_u8(&w, 1);
    bytes_put_u64(&w, now_us);
    bytes_put_u64(&w, (uint64_t)s->hop.clock_offset_us);
    unsigned screens = s->outflow.screen.on ? BUDGET_SCREENS : 0;
    bytes_put_u8(&w, (uint8_t)(1 + (unsigned)__builtin_popcount(offered) + screens));
    unsigned flags = (s->camera ? META_LIVE : 0u) | (s->outflow.ladder.fixed ? META_WHOLE : 0u);
    put_slot(&w, SESSION_AUDIO_SLOT, s->microphone ? META_LIVE : 0u,
             s->io.audio_ts ? s->io.audio_ts(s->io.ctx, now_us) : encoded_frame_audio_ts(now_us), &none);
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        struct ladder_layer l = layer_of(s, i);
        if (offered >> i & 1)
            put_slot(&w, WIRE_SLOT(WIRE_STREAM_CAMERA, i), flags, encoded_frame_ts(now_us), &l);
    }
    for (unsigned i = 0; i < screens; i++) {
        struct ladder_layer l = session_screen_layer(s, i);
        put_slot(&w, WIRE_SLOT(WIRE_STREAM_SCREEN, i), META_LIVE, encoded_frame_ts(now_us), &l);
    }
    session_sound_tell(s, &w);
    tell_number(s, &w);
    media_tx_packet(&s->tx, SESSION_META_SLOT, WIRE_MARK_START | WIRE_MARK_END | WIRE_MARK_INDEPENDENT,
                    encoded_frame_ts(now_us), payload, sizeof payload - w.left, now_us);
}

// ---- figures ----

void session_layers_stats(const struct session *s, struct stats *stats)
{
    const struct ladder *ladder = &s->outflow.ladder;
    stats->call.fps_sent = 0;
    stats->call.width_sent = stats->call.height_sent = 0;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        const struct session_sent *x = &s->sent[i];
        struct ladder_layer l = layer_of(s, i);
        stats->call.layers[i] = (struct stats_layer){.width = l.width,
                                                     .height = l.height,
                                                     .watchers = ladder->watch[i].watchers,
                                                     .fps = x->fps,
                                                     .kbps = x->kbps,
                                                     .offered = ladder->offered >> i & 1};
        if (x->fps <= 0)
            continue;
        stats->call.width_sent = l.width;
        stats->call.height_sent = l.height;
        stats->call.fps_sent = x->fps;
    }
}

void session_layers_choices(const struct session *s, struct stats *stats)
{
    for (size_t i = 0; i < stats->stream_count; i++) {
        struct stats_stream *out = &stats->streams[i];
        bool screen = strcmp(out->slot, "screen") == 0;
        const struct layers_stream *x = layers_find(&s->layers, out->member, screen);
        out->wanted_layer = LAYERS_NONE;
        out->reason[0] = 0;
        if (!x || (!screen && strcmp(out->slot, "camera") != 0))
            continue;
        out->wanted_layer = x->layer;
        out->limit_kbps = x->limit_kbps;
        memcpy(out->reason, layers_reason_name(x->reason), strlen(layers_reason_name(x->reason)) + 1);
    }
}
