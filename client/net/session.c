#include "session_parts.h"

#include "client/recv/assembler.h"
#include "client/send/encoded_frame.h"
#include "shared/control.h"
#include "shared/ctrl.h"
#include "shared/bytes.h"
#include "shared/feedback.h"
#include "shared/probe.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOX_FRAME = 32 }; // what a message adds to a box, and has of its own
enum { SECOND = 1000000, MS = 1000, LOST_US = 1500 * MS, REPEAT_US = 50 * MS };

// ---- small glue between the parts ----

static void hop_out(void *ctx, const uint8_t *p, size_t n)
{
    struct session *s = ctx;
    s->io.datagram(s->io.ctx, p, n);
}

static void hop_fresh_socket(void *ctx)
{
    struct session *s = ctx;
    s->io.fresh_socket(s->io.ctx);
}

static void box_out(void *ctx, uint16_t to, char *data);

// As many in one message as the relay takes.
static void flush_boxes(void *ctx)
{
    struct session *s = ctx;
    for (size_t from = 0; from < s->box_count;) {
        struct control c = {.type = CONTROL_BOX};
        for (size_t size = 0; from < s->box_count && c.box.count < WIRE_ROOM_MEMBERS_MAX; from++) {
            size += strlen(s->boxes[from].data) + BOX_FRAME;
            if (c.box.count && size > WIRE_CONTROL_MAX - BOX_FRAME)
                break;
            c.box.boxes[c.box.count++] = (struct control_box){s->boxes[from].to, s->boxes[from].data};
        }
        if (s->link_up)
            s->io.control(s->io.ctx, control_write(&c));
    }
    for (size_t i = 0; i < s->box_count; i++)
        free(s->boxes[i].data);
    s->box_count = 0;
}

static void box_out(void *ctx, uint16_t to, char *data)
{
    struct session *s = ctx;
    if (s->box_count == ARRAY_LEN(s->boxes))
        flush_boxes(s);
    s->boxes[s->box_count].to = to;
    s->boxes[s->box_count++].data = data;
}

// ---- media in ----

static void ask_refresh(struct session *s, struct media_stream *st, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    if (st->refresh_us && now_us - st->refresh_us < WIRE_REFRESH_MS * MS) {
        st->refresh_wanted = true; // asked again when the 300 ms are over
        return;
    }
    struct bytes_writer w = feedback_begin(p, s->hop.sender, s->hop.room);
    feedback_put_refresh(&w, &(struct feedback_refresh){.sender = st->sender, .slot = st->slot});
    if (hop_send_other(&s->hop, p, feedback_end(&w, p), now_us)) {
        st->refresh_us = now_us;
        st->refresh_wanted = false;
        st->refreshes++;
    }
}

static void on_frames(void *ctx, struct media_stream *st, uint64_t now_us)
{
    struct session *s = ctx;
    struct recv_frame frame;
    bool useless = false;
    session_files_media(s, false, now_us);
    while (assembler_pop(st->assembler, now_us, &frame)) {
        st->second_frames++;
        st->frames++;
        frame.room_us = net_repair_room(&s->repair, now_us);
        useless = !session_layers_takes(s, st, &frame);
        if (useless)
            free(frame.data);
        else
            s->io.video(s->io.ctx, st->sender, st->slot, &frame);
    }
    // Useless, though it is wanted: its keyframe came too late to go over to it.
    if ((useless || assembler_needs_refresh(st->assembler)) && session_layers_wants(s, st->sender, st->slot))
        ask_refresh(s, st, now_us);
}

static void on_packet(void *ctx, struct media_stream *st, const struct media_packet *p)
{
    struct session *s = ctx;
    if (p->slot == SESSION_AUDIO_SLOT)
        session_files_media(s, true, p->now_us);
    if (p->slot == SESSION_AUDIO_SLOT && session_layers_wants(s, p->sender, p->slot)) // others have no voice
        session_hear(s, st, p);
    else if (p->slot == SESSION_META_SLOT)
        session_layers_take_meta(s, p);
}

static void on_opened(void *ctx, const struct media_packet *p)
{
    struct session *s = ctx;
    struct media_packet own = session_sound_own(p);
    if (s->io.opened)
        s->io.opened(s->io.ctx, &own);
}

// ---- what goes out ----

static void on_sent(void *ctx, enum hop_sent kind, uint64_t number, size_t n, uint64_t now_us)
{
    struct session *s = ctx;
    outflow_sent(&s->outflow, kind, number, n, now_us);
}

static void on_rates(void *ctx, const struct outflow_rates *rates)
{
    struct session *s = ctx;
    if (s->io.rates)
        s->io.rates(s->io.ctx, rates);
}

static bool on_file(void *ctx, uint64_t now_us)
{
    return session_files_next(ctx, now_us);
}

static void on_hold(void *ctx, bool hold)
{
    struct session *s = ctx;
    s->io.hold(s->io.ctx, hold);
}

static void on_hold_screen(void *ctx, bool hold)
{
    struct session *s = ctx;
    if (s->io.hold_screen)
        s->io.hold_screen(s->io.ctx, hold);
}

// ---- lifecycle ----

void session_init(struct session *s, const struct session_config *config, const struct session_io *io)
{
    memset(s, 0, sizeof *s);
    s->io = *io;
    s->config = *config;
    s->secret = sodium_malloc(sizeof *s->secret);
    if (!s->secret)
        abort(); // no guarded memory: no secret may be held
    memset(s->secret, 0, sizeof *s->secret);
    s->retry_us = UINT64_MAX;
    session_people_init(s);
    session_files_init(s);
    hop_init(&s->hop, &(struct hop_io){s, hop_out, hop_fresh_socket, on_sent});
    room_keys_init(&s->keys, &(struct room_keys_io){s, box_out, flush_boxes}, s->config.identity,
                   s->config.identity_secret);
    media_rx_init(&s->rx, &s->keys, &(struct media_rx_io){s, on_packet, on_frames, on_opened});
    net_repair_init(&s->repair, &s->hop);
    parity_down_init(&s->parity_down, &s->hop);
    outflow_init(&s->outflow, &s->hop, &s->repair, &s->parity_up, config->camera_kbps,
                 &(struct outflow_io){s, on_rates, on_hold, on_hold_screen, on_file});
    if (config->fixed)
        ladder_fix(&s->outflow.ladder, NULL);
    s->tx = (struct media_tx){&s->hop, &s->keys, &s->outflow};
}

void session_destroy(struct session *s)
{
    session_room_leave(s, 0);
    session_people_destroy(s);
    session_files_destroy(s);
    free(s->about);
    for (size_t i = 0; i < s->box_count; i++)
        free(s->boxes[i].data);
    net_repair_reset(&s->repair);
    outflow_destroy(&s->outflow);
    parity_down_reset(&s->parity_down);
    media_rx_destroy(&s->rx);
    room_keys_destroy(&s->keys);
    sodium_free(s->secret); // wipes
    sodium_memzero(s, sizeof *s);
}

void session_forget_member(struct session *s, uint16_t id)
{
    media_rx_forget(&s->rx, id);
    net_repair_forget(&s->repair, id);
    parity_down_forget(&s->parity_down, id);
    hop_forget(&s->hop, id);
    session_layers_forget(s, id);
    s->io.gone(s->io.ctx, id);
}

void session_link_up(struct session *s, uint64_t now_us)
{
    (void)now_us;
    s->link_up = true;
    s->welcomed = s->asked = s->knocking = s->room_more = false;
    session_room_hello(s);
}

void session_link_down(struct session *s, uint64_t now_us)
{
    s->link_up = s->welcomed = s->knocking = false;
    session_calls_down(s, now_us);
    session_people_down(s);
    if (s->want != SESSION_NOTHING && !s->in_room)
        s->retry_us = 0; // ask as soon as we are welcome again
    struct notice *n = notice_new(NOTICE_RELAY);
    s->io.notice(s->io.ctx, n);
}

void session_control(struct session *s, const char *text, size_t n, uint64_t now_us)
{
    session_room_control(s, text, n, now_us);
}

void session_command(struct session *s, struct command *c, uint64_t now_us)
{
    struct media_stream *st;
    if (c->type == COMMAND_LAYERS)
        session_layers_fix(s, c);
    else if (c->type == COMMAND_VIEW)
        session_layers_view(s, c, now_us);
    else if (c->type != COMMAND_REFRESH)
        session_room_command(s, c, now_us);
    else if ((st = media_rx_find(&s->rx, c->member, c->slot)))
        ask_refresh(s, st, now_us);
    command_free(c);
}

// ---- datagrams ----

static void on_heads(struct session *s, const struct feedback_heads *h, uint64_t now_us)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (!session_layers_wants(s, h->item[i].sender, h->item[i].slot))
            continue;
        session_layers_begins(s, h->item[i].sender, h->item[i].slot, h->item[i].first);
        hop_skip(&s->hop, h->item[i].sender, h->item[i].slot, h->item[i].first);
        net_repair_heads(&s->repair, h->item[i].sender, h->item[i].slot, h->item[i].first, h->item[i].newest, now_us);
    }
}

void session_set_path(struct session *s, bool tcp)
{
    if (s->tcp != tcp)
        s->inflow.begun = s->inflow.any = false; // what the other way bears says nothing of this one
    s->tcp = tcp;
    net_repair_off(&s->repair, tcp);
    s->parity_up.off = s->parity_down.off = tcp;
    outflow_set_tcp(&s->outflow, tcp);
}

static void on_feedback(struct session *s, const uint8_t *p, size_t n, uint64_t now_us)
{
    struct bytes_reader r = feedback_body(p, n), body;
    int type;
    while ((type = feedback_next(&r, &body)) > 0) {
        struct feedback_refresh f;
        struct feedback_watched w;
        struct feedback_heads h;
        struct feedback_nack k;
        if (type == FEEDBACK_REFRESH && feedback_read_refresh(&f, body)) {
            if (f.sender == s->self)
                s->io.keyframe(s->io.ctx, f.slot);
        } else if (type == FEEDBACK_WATCHED && feedback_read_watched(&w, body)) {
            session_layers_watched(s, &w, now_us);
        } else if (type == FEEDBACK_HEADS && feedback_read_heads(&h, body)) {
            on_heads(s, &h, now_us);
        } else if (type == FEEDBACK_NACK && feedback_read_nack(&k, body)) {
            if (k.sender == s->self && k.slot == FEEDBACK_SESSION)
                net_repair_answer(&s->repair, &k, now_us);
        }
    }
}

void session_datagram(struct session *s, const uint8_t *p, size_t n, uint64_t came_us, uint64_t now_us)
{
    struct hop_datagram d;
    enum hop_verdict v = hop_receive(&s->hop, p, n, now_us, &d);
    if (v == HOP_MEDIA || v == HOP_PARITY || v == HOP_FEEDBACK || v == HOP_HANDLED)
        inflow_came(&s->inflow, &s->hop, &d, n, came_us, now_us);
    switch (v) {
    case HOP_MEDIA:
        session_media(s, p, n, &d, now_us);
        break;
    case HOP_PARITY:
        session_parity(s, p, n, &d, now_us);
        break;
    case HOP_FEEDBACK:
        on_feedback(s, p, n, now_us);
        outflow_feedback(&s->outflow, p, n, now_us);
        break;
    case HOP_GOODBYE:
        session_room_goodbye(s, d.bye, now_us);
        break;
    case HOP_HANDLED:
    case HOP_DROP:
        break;
    }
}

// ---- my media ----

bool session_send_video(struct session *s, const struct encoded_frame *f, uint64_t now_us)
{
    uint8_t slot = WIRE_SLOT(f->screen ? WIRE_STREAM_SCREEN : WIRE_STREAM_CAMERA, f->layer);
    struct session_sent *sent = f->screen ? &s->shown[f->layer % BUDGET_SCREENS] : &s->sent[f->layer % BUDGET_LAYERS];
    if (f->screen && !s->outflow.screen.on)
        return true; // it was on its way when that was over
    session_layers_made(s, f);
    if (!outflow_takes(&s->outflow, f->layer, f->keyframe, now_us))
        return false; // its source is asked for a keyframe once there is room
    if (!media_tx_picture(&s->tx, slot, f->ts, f->keyframe, f->data, f->size, now_us)) {
        layer_gate_lost(&s->outflow.gate, f->layer % BUDGET_LAYERS);
        if (s->hop.state == HOP_UP && !s->outflow.ladder.fixed)
            s->io.keyframe(s->io.ctx, slot); // what follows would build on it
        return false;
    }
    session_files_media(s, false, now_us);
    sent->frames++;
    sent->bytes += f->size;
    return true;
}

// ---- time ----

static void tell_connection(struct session *s, uint64_t now_us)
{
    bool works = s->in_room && s->hop.state == HOP_UP && now_us - s->hop.heard_us < LOST_US;
    if (s->hop.state == HOP_UP && memcmp(s->boot_nonce, s->hop.boot_nonce, sizeof s->boot_nonce) != 0) {
        // A new start of the relay knows no subscription, and takes none of members who are not back yet: say it for 1
        // s.
        memcpy(s->boot_nonce, s->hop.boot_nonce, sizeof s->boot_nonce);
        session_subscribe(s, now_us);
        s->layers_repeat = SECOND / REPEAT_US;
    }
    if (works == s->connection || !s->ever_in_room)
        return;
    s->connection = works;
    struct notice *n = notice_new(NOTICE_CONNECTION);
    n->flag = works;
    s->io.notice(s->io.ctx, n);
    if (works)
        session_subscribe(s, now_us);
}

static void each_second(struct session *s, uint64_t now_us)
{
    double seconds = s->second_us ? (double)(now_us - s->second_us) / SECOND : 1;
    s->second_us = now_us;
    media_rx_second(&s->rx, seconds);
    for (unsigned i = 0; i < BUDGET_LAYERS + BUDGET_SCREENS; i++) {
        struct session_sent *sent = i < BUDGET_LAYERS ? &s->sent[i] : &s->shown[i - BUDGET_LAYERS];
        sent->fps = (double)sent->frames / seconds;
        sent->kbps = (double)sent->bytes * 8 / 1000 / seconds;
        sent->frames = sent->bytes = 0;
    }
    session_layers_meta(s, now_us);
    s->io.notice(s->io.ctx, notice_new(NOTICE_STATS_READY));
}

// What comes is more than the way bears, or less: tell it to who sends, at once.
static uint64_t tick_inflow(struct session *s, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    uint32_t kbps;
    uint16_t ms;
    if (inflow_tick(&s->inflow, s->hop.rtt_ms, now_us))
        session_layers_choose(s, now_us);
    s->hop.full_down = inflow_stands(&s->inflow, now_us);
    if (inflow_probe(&s->inflow, now_us, &kbps, &ms))
        hop_send_other(&s->hop, p, probe_ask(p, s->hop.sender, s->hop.room, kbps, ms), now_us);
    return s->inflow.any ? s->inflow.reported_us + 25 * MS : UINT64_MAX;
}

// Of layers that were left out up to one.
static void ask_for_keyframes(struct session *s, uint64_t now_us)
{
    uint8_t asks = s->hop.state == HOP_UP ? outflow_asks(&s->outflow, now_us) : 0;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        if (asks >> i & 1)
            s->io.keyframe(s->io.ctx, WIRE_SLOT(WIRE_STREAM_CAMERA, i));
}

uint64_t session_tick(struct session *s, uint64_t now_us)
{
    uint64_t next = session_room_tick(s, now_us);
    next = base_sooner(next, room_keys_tick(&s->keys, now_us));
    next = base_sooner(next, hop_tick(&s->hop, now_us));
    s->rx.patience_us = net_repair_patience(&s->repair);
    next = base_sooner(next, media_rx_tick(&s->rx, now_us));
    next = base_sooner(next, tick_inflow(s, now_us));
    s->repair.sparing = inflow_full(&s->inflow);
    s->repair.queue_ms = s->inflow.bandwidth.queue_ms;
    s->repair.queue_up_ms = s->outflow.bandwidth.queue_ms;
    next = base_sooner(next, net_repair_tick(&s->repair, now_us));
    next = base_sooner(next, parity_down_tick(&s->parity_down, now_us));
    for (unsigned i = 0; i < s->rx.stream_end; i++) {
        struct media_stream *st = &s->rx.streams[i];
        if (st->used && st->refresh_wanted) {
            if (now_us - st->refresh_us >= WIRE_REFRESH_MS * MS)
                ask_refresh(s, st, now_us);
            next = MIN(next, st->refresh_us + WIRE_REFRESH_MS * MS);
        }
    }
    flush_boxes(s); // what was said since the last turn goes as one message
    tell_connection(s, now_us);
    if (s->in_room) {
        next = base_sooner(next, session_layers_tick(s, now_us));
        if (s->connection)
            next = MIN(next, s->hop.heard_us + LOST_US + 1);
    }
    if (now_us - s->second_us >= SECOND && (s->in_room || s->ever_in_room))
        each_second(s, now_us);
    if (s->in_room)
        next = MIN(next, s->second_us + SECOND);
    next = base_sooner(next, session_files_tick(s, now_us));
    next = base_sooner(next, outflow_tick(&s->outflow, now_us)); // last: what was said in this turn leaves in it
    next = base_sooner(next, parity_up_tick(&s->parity_up, now_us));
    ask_for_keyframes(s, now_us);
    if (s->in_room && s->outflow.ladder.offered != s->offered)
        next = now_us; // to be told
    return MAX(next, now_us + MS / 2);
}

// ---- statistics ----

static struct stats_stream *stream_of(struct stats *stats, const struct media_stream *st)
{
    static const char names[][8] = {"audio", "camera", "screen"};
    for (size_t i = 0; i < stats->stream_count; i++)
        if (stats->streams[i].member == st->sender && !strcmp(stats->streams[i].slot, names[wire_stream(st->slot)]))
            return &stats->streams[i];
    if (stats->stream_count == STATS_STREAMS_MAX)
        return NULL;
    struct stats_stream *out = &stats->streams[stats->stream_count++];
    *out = (struct stats_stream){.member = st->sender, .latency_ms = -1};
    memcpy(out->slot, names[wire_stream(st->slot)], sizeof out->slot);
    return out;
}

// Of a picture the layers add up, but for what only the one that is shown has.
static void fill_stream(const struct session *s, struct stats_stream *out, const struct media_stream *st)
{
    const struct net_repair_space *r = net_repair_find(&s->repair, st->sender, st->slot);
    out->keyframe_requests += st->refreshes;
    out->bitrate_kbps += st->kbps;
    out->lost += st->lost;
    out->nacks += r ? r->nacks : 0;
    out->repaired += r ? r->repaired + r->mended : 0;
    if (!session_layers_shows(s, st))
        return;
    out->layer = wire_layer(st->slot);
    out->fps_in = st->fps_in;
    out->jitter_ms = st->jitter_us / MS;
    out->width = st->width;
    out->height = st->height;
    const struct session_member *m = session_room_member((struct session *)s, st->sender);
    if (!m || wire_stream(st->slot) != WIRE_STREAM_CAMERA)
        return;
    out->number = m->picture.number;
    out->number_ts = m->picture.number_ts;
    out->number_rate = m->picture.number_rate;
}

void session_fill_stats(const struct session *s, struct stats *stats)
{
    const struct hop_figures *f = &s->hop.figures;
    stats->call.rtt_ms = s->hop.state == HOP_UP ? f->rtt_ms : -1;
    stats->call.loss_up_pct = f->loss_up_pct;
    stats->call.loss_down_pct = f->loss_down_pct;
    stats->call.jitter_ms = f->jitter_ms;
    stats->call.bitrate_up_kbps = f->up_kbps;
    stats->call.bitrate_down_kbps = f->down_kbps;
    snprintf(stats->call.path, sizeof stats->call.path, "%s", !s->connection ? "" : s->tcp ? "tcp" : "udp");
    struct outflow_figures up;
    outflow_get_figures(&s->outflow, &up);
    stats->call.target_kbps = up.target_kbps;
    stats->call.queue_up_ms = up.queue_ms;
    stats->call.loss_alone_pct = up.isolated_pct;
    stats->call.parity_up_pct = up.parity_pct;
    stats->call.parity_down_pct = 100 * inflow_parity(&s->inflow);
    snprintf(stats->call.target_reason, sizeof stats->call.target_reason, "%s", up.reason);
    session_layers_stats(s, stats);
    session_screen_stats(s, stats);
    stats->call.bad_datagrams = s->hop.bad + s->rx.unopened;
    stats->stream_count = 0;
    for (unsigned i = 0; i < s->rx.stream_end; i++) {
        const struct media_stream *st = &s->rx.streams[i];
        if (!st->used || wire_stream(st->slot) > WIRE_STREAM_SCREEN)
            continue;
        struct stats_stream *out = stream_of(stats, st);
        if (out)
            fill_stream(s, out, st);
    }
    session_layers_choices(s, stats);
    session_files_stats(s, stats);
}
