#include "flows.h"

#include "tests/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MS = 1000,
    SECOND = 1000000,
    PAYLOAD = 1117,
    SEALED = 43, // of a datagram, over its payload
    AUDIO_BYTES = 50,
    TCP_BYTES = 1500,
    FPS = 30,
    FILL_BYTES = 1200,
    REPORT_BYTES = 90,
    ITEMS = 4096
};

static const double media_least = 80e3, media_most = 1.5e6, media_start = 150e3, audio_bps = 48.4e3,
                    headers = 1 + 71.0 / PAYLOAD;

struct item {
    struct flows_flow *flow;
    unsigned hop;
    uint64_t sent_us, number;
    uint16_t size;
    uint8_t space;
    bool back, audio;
    unsigned blocks;
    struct feedback_arrivals arrivals[];
};

static double draw(struct flows *f)
{
    return random_part(&f->seed);
}

struct flows *flows_create(uint64_t seed)
{
    struct flows *f = base_alloc(sizeof *f);
    f->seed = seed;
    return f;
}

void flows_destroy(struct flows *f)
{
    for (unsigned i = 0; i < FLOWS_LINES; i++)
        netem_link_destroy(f->line[i].link);
    for (unsigned i = 0; i < f->count; i++) {
        netem_link_destroy(f->flow[i].tail);
        netem_link_destroy(f->flow[i].tail_back);
    }
    free(f);
}

void flows_set_line(struct flows *f, unsigned i, double bps, double queue_ms, double loss, double burst_loss,
                    double burst_length)
{
    struct flows_line *l = &f->line[i];
    if (!l->link)
        l->link = netem_link_create(ITEMS, f->seed + i, free);
    l->settings = (struct netem_settings){.rate_bps = (uint64_t)bps,
                                          .queue_us = (uint64_t)(queue_ms * MS),
                                          .loss = loss,
                                          .burst_loss = burst_loss,
                                          .burst_length = burst_length,
                                          .overhead = 0};
    netem_link_set(l->link, &l->settings, f->now_us);
}

void flows_set_delay(struct flows *f, struct flows_flow *x, double delay_ms, double jitter_ms)
{
    struct netem_settings s = {
        .delay_us = (uint64_t)(delay_ms * MS), .jitter_us = (uint64_t)(jitter_ms * MS), .jitter = NETEM_NORMAL};
    x->delay_us = s.delay_us;
    netem_link_set(x->tail, &s, f->now_us);
    netem_link_set(x->tail_back, &s, f->now_us);
}

static struct flows_flow *add(struct flows *f, int first, int second, int back, double delay_ms, double from_s,
                              double to_s)
{
    struct flows_flow *x = &f->flow[f->count++];
    x->used = true;
    x->path[0] = first;
    x->path[1] = second;
    x->back = back;
    x->from_us = (uint64_t)(from_s * SECOND);
    x->to_us = (uint64_t)(to_s * SECOND);
    x->tail = netem_link_create(ITEMS, f->seed + 100 + f->count, free);
    x->tail_back = netem_link_create(ITEMS, f->seed + 200 + f->count, free);
    flows_set_delay(f, x, delay_ms, 5);
    return x;
}

struct flows_flow *flows_add(struct flows *f, int first, int second, int back, double delay_ms, double from_s,
                             double to_s)
{
    return add(f, first, second, back, delay_ms, from_s, to_s);
}

static uint64_t idle_us(struct flows *f)
{
    return (uint64_t)(-10 * log(1 - draw(f)) * SECOND); // RFC 8868 §5.1: exponential, 10 s
}

static void tcp_restart(struct flows *f, struct flows_flow *x)
{
    struct flows_tcp *t = &x->reno;
    *t = (struct flows_tcp){.window = 4, .threshold = 1e9, .bursts = t->bursts, .on = true, .last_us = f->now_us};
    x->number[0]++; // what is still under way belongs to the one before
    t->next = t->acked = t->recover = x->number[0] << 32;
    t->left = t->bursts ? (uint64_t)(30000 + 20000 * draw(f)) / 1448 + 1 : UINT64_MAX;
}

struct flows_flow *flows_add_tcp(struct flows *f, int first, double delay_ms, bool bursts, double from_s, double to_s)
{
    struct flows_flow *x = add(f, first, -1, -1, delay_ms, from_s, to_s);
    flows_set_delay(f, x, delay_ms, 0);
    x->tcp = true;
    x->reno.bursts = bursts;
    return x;
}

// ---- on the way ----

static void forward(struct flows *f, struct item *m, uint64_t now_us)
{
    struct flows_flow *x = m->flow;
    int to = m->back ? (m->hop == 0 ? x->back : -1) : m->hop < FLOWS_HOPS ? x->path[m->hop] : -1;
    m->hop++;
    struct netem_link *link = to >= 0 ? f->line[to].link : m->back ? x->tail_back : x->tail;
    if (to < 0)
        m->hop = FLOWS_HOPS + 1;
    netem_link_offer(link, m, m->size, false, now_us);
}

static struct item *new_item(struct flows_flow *x, unsigned size, uint64_t now_us, unsigned blocks)
{
    struct item *m = base_alloc(sizeof *m + blocks * sizeof m->arrivals[0]);
    m->flow = x;
    m->size = (uint16_t)size;
    m->sent_us = now_us;
    m->blocks = blocks;
    return m;
}

// ---- a call: sending ----

static void send_datagram(struct flows *f, struct flows_flow *x, unsigned space, unsigned size, unsigned probe,
                          bool audio)
{
    struct item *m = new_item(x, size + BANDWIDTH_OVERHEAD, f->now_us, 0);
    m->space = (uint8_t)space;
    m->number = x->number[space]++;
    m->audio = audio;
    pacer_charge(&x->pacer, size + (size_t)BANDWIDTH_OVERHEAD, f->now_us);
    sent_log_add(&x->log, space, m->number, size, probe, f->now_us);
    x->figures.sent++;
    x->figures.audio_sent += audio;
    forward(f, m, f->now_us);
}

static void make_media(struct flows *f, struct flows_flow *x)
{
    uint8_t nothing[WIRE_DATAGRAM_MAX] = {0};
    if (f->now_us >= x->audio_us) {
        pacer_push(&x->pacer, PACER_AUDIO, nothing, AUDIO_BYTES + SEALED);
        x->audio_us += 20 * MS;
    }
    if (f->now_us < x->frame_us)
        return;
    x->frame_us += SECOND / FPS;
    if (pacer_backlog_us(&x->pacer, PACER_CAMERA, f->now_us) > PACER_BACKLOG_US)
        return;
    unsigned bytes = (unsigned)(x->media_bps / 8 / FPS * (0.95 + 0.1 * draw(f)));
    unsigned packets = (bytes + PAYLOAD - 1) / PAYLOAD;
    for (unsigned i = 0; i < packets; i++)
        pacer_push(&x->pacer, PACER_CAMERA, nothing, bytes / packets + SEALED);
}

static void adapt(struct flows *f, struct flows_flow *x)
{
    if (f->now_us < x->adapt_us)
        return;
    x->adapt_us = f->now_us + 100 * MS;
    double want = CLAMP((x->bandwidth.target_bps - audio_bps) / headers, media_least, media_most);
    if (want < 0.95 * x->media_bps || want > 1.08 * x->media_bps || want == media_most)
        x->media_bps = want;
}

static void pace(struct flows *f, struct flows_flow *x)
{
    const struct pacer_item *p;
    bool blocked;
    if (!x->probe_sent && bandwidth_probe(&x->bandwidth, f->now_us, &x->probe))
        x->probe_sent = 1;
    bool probing = x->probe_sent > 0;
    pacer_set_rate(&x->pacer, probing ? x->probe.bps : bandwidth_pace_bps(&x->bandwidth), f->now_us);
    for (;;) {
        double window = bandwidth_window(&x->bandwidth) - (double)x->log.flight;
        p = pacer_pop(&x->pacer, window, f->now_us, &blocked);
        x->blocked |= blocked;
        if (p) {
            send_datagram(f, x, 0, p->size, probing ? x->probe.id : 0, p->of == PACER_AUDIO);
            x->probe_sent += probing ? p->size + (unsigned)BANDWIDTH_OVERHEAD : 0;
        } else if (probing && pacer_free(&x->pacer, f->now_us)) {
            send_datagram(f, x, 1, FILL_BYTES, x->probe.id, false);
            x->probe_sent += FILL_BYTES + BANDWIDTH_OVERHEAD;
        } else {
            break;
        }
        if (probing && x->probe_sent > x->probe.bytes) {
            x->probe_sent = 0;
            break;
        }
    }
}

static void begin(struct flows *f, struct flows_flow *x)
{
    struct bandwidth_limits limits = {media_start * headers + audio_bps, media_least * headers + audio_bps,
                                      media_most * headers * 1.02 + audio_bps};
    x->begun = true;
    if (x->tcp) {
        if (x->reno.idle)
            x->reno.resume_us = f->now_us + idle_us(f);
        else
            tcp_restart(f, x);
        return;
    }
    bandwidth_init(&x->bandwidth, &limits, f->now_us);
    sent_log_init(&x->log);
    pacer_init(&x->pacer, limits.start_bps, f->now_us);
    report_init(&x->report[0]);
    report_init(&x->report[1]);
    x->number[0] = x->number[1] = 1;
    x->media_bps = media_start;
    x->frame_us = f->now_us + (uint64_t)(draw(f) * 33 * MS);
    x->audio_us = f->now_us + (uint64_t)(draw(f) * 20 * MS);
}

static void send_reports(struct flows *f, struct flows_flow *x, uint64_t now_us)
{
    for (uint8_t s = 0; s < 2; s++) {
        if (!report_due(&x->report[s], now_us))
            continue;
        struct item *m = new_item(x, REPORT_BYTES, now_us, REPORT_BLOCKS);
        m->back = true;
        m->blocks = report_make(&x->report[s], s, m->arrivals, now_us);
        forward(f, m, now_us);
    }
}

static void tick_call(struct flows *f, struct flows_flow *x)
{
    bool paused = x->pause_us && f->now_us >= x->pause_us && f->now_us < x->resume_us;
    if (paused) {
        x->frame_us = x->audio_us = f->now_us;
    } else {
        adapt(f, x);
        make_media(f, x);
    }
    pace(f, x);
    send_reports(f, x, f->now_us);
    if (f->now_us < x->tick_us)
        return;
    x->tick_us = f->now_us + 50 * MS;
    sent_log_tick(&x->log, f->now_us);
    if (x->log.flight && bandwidth_tick(&x->bandwidth, f->now_us))
        sent_log_silence(&x->log);
}

// ---- arriving ----

static void call_came(struct flows *f, struct flows_flow *x, const struct item *m, uint64_t at_us)
{
    if (m->back) {
        bool any = false;
        for (unsigned i = 0; i < m->blocks; i++)
            any |= sent_log_arrivals(&x->log, &m->arrivals[i], &x->bandwidth, at_us);
        if (any) {
            bandwidth_report(&x->bandwidth, x->log.rtt_ms, x->blocked, at_us);
            x->blocked = false;
        }
        return;
    }
    struct flows_figures *g = &x->figures;
    unsigned bin = MIN((unsigned)(at_us / FLOWS_BIN_US), FLOWS_BINS - 1u);
    int64_t over = ((int64_t)(at_us - m->sent_us) - (int64_t)x->delay_us) / MS;
    unsigned late = (unsigned)CLAMP(over, 0, FLOWS_DELAYS - 1);
    g->bytes += m->size;
    g->bin[bin] += m->size;
    g->bin_target[bin] = (uint32_t)(x->bandwidth.target_bps / 1000);
    g->bin_delay[bin] = (uint16_t)MAX(g->bin_delay[bin], late);
    g->delay_ms[late]++;
    g->audio_came += m->audio;
    report_arrived(&x->report[m->space], m->number, false, true, at_us);
    send_reports(f, x, at_us);
}

// ---- TCP ----

static void tcp_send(struct flows *f, struct flows_flow *x)
{
    struct flows_tcp *t = &x->reno;
    if (!t->on) {
        if (f->now_us >= t->resume_us)
            tcp_restart(f, x);
        return;
    }
    if (t->flight && f->now_us - t->last_us > SECOND) { // nothing came back
        t->threshold = MAX(t->window / 2, 2.0);
        t->window = 1;
        t->left += t->left == UINT64_MAX ? 0 : t->flight;
        t->flight = 0;
        t->acked = t->recover = t->next;
        t->last_us = f->now_us;
    }
    while (t->flight < t->window && t->left) {
        struct item *m = new_item(x, TCP_BYTES, f->now_us, 0);
        m->number = t->next++;
        t->flight++;
        t->left -= t->left == UINT64_MAX ? 0 : 1;
        forward(f, m, f->now_us);
    }
    if (!t->left && !t->flight) {
        t->on = false;
        t->resume_us = f->now_us + idle_us(f);
    }
}

// An acknowledgement of one packet; what lies before it and was not acknowledged is lost.
static void tcp_acked(struct flows *f, struct flows_flow *x, uint64_t number)
{
    struct flows_tcp *t = &x->reno;
    if (number < t->acked || number >> 32 != t->next >> 32)
        return;
    uint64_t lost = number - t->acked;
    t->last_us = f->now_us;
    t->acked = number + 1;
    t->flight -= (unsigned)MIN(lost + 1, (uint64_t)t->flight);
    if (t->left != UINT64_MAX)
        t->left += lost;
    if (lost && number >= t->recover) {
        t->threshold = t->window = MAX(t->window / 2, 2.0);
        t->recover = t->next;
    } else if (!lost) {
        t->window += t->window < t->threshold ? 1 : 1 / t->window;
    }
}

static void tcp_came(struct flows *f, struct flows_flow *x, const struct item *m, uint64_t at_us)
{
    if (m->back) {
        tcp_acked(f, x, m->number);
        return;
    }
    struct item *ack = new_item(x, 40, at_us, 0);
    ack->back = true;
    ack->number = m->number;
    unsigned bin = MIN((unsigned)(at_us / FLOWS_BIN_US), FLOWS_BINS - 1u);
    x->figures.bytes += m->size;
    x->figures.bin[bin] += m->size;
    forward(f, ack, at_us);
}

// ---- time ----

static void drain(struct flows *f, struct netem_link *link)
{
    struct netem_out out;
    while (link && netem_link_take(link, f->now_us, &out)) {
        struct item *m = out.item;
        if (m->hop <= FLOWS_HOPS) {
            forward(f, m, out.due_us);
            continue;
        }
        if (m->flow->tcp)
            tcp_came(f, m->flow, m, out.due_us);
        else
            call_came(f, m->flow, m, out.due_us);
        free(m);
    }
}

void flows_run(struct flows *f, double until_s)
{
    for (; f->now_us < (uint64_t)(until_s * SECOND); f->now_us += MS) {
        for (unsigned i = 0; i < FLOWS_LINES; i++)
            drain(f, f->line[i].link);
        for (unsigned i = 0; i < f->count; i++) {
            struct flows_flow *x = &f->flow[i];
            drain(f, x->tail);
            drain(f, x->tail_back);
            if (f->now_us < x->from_us || f->now_us >= x->to_us)
                continue;
            if (!x->begun)
                begin(f, x);
            if (x->tcp)
                tcp_send(f, x);
            else
                tick_call(f, x);
        }
    }
}

// ---- figures ----

double flows_kbps(const struct flows_flow *x, double from_s, double to_s)
{
    unsigned from = (unsigned)(from_s * SECOND / FLOWS_BIN_US), to = (unsigned)(to_s * SECOND / FLOWS_BIN_US);
    uint64_t bytes = 0;
    for (unsigned i = from; i < to && i < FLOWS_BINS; i++)
        bytes += x->figures.bin[i];
    return (double)bytes * 8 / 1000 / (to_s - from_s);
}

double flows_delay_ms(const struct flows_flow *x, double part)
{
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i < FLOWS_DELAYS; i++)
        all += x->figures.delay_ms[i];
    for (unsigned i = 0; i < FLOWS_DELAYS; i++) {
        seen += x->figures.delay_ms[i];
        if ((double)seen >= part * (double)all)
            return i;
    }
    return FLOWS_DELAYS;
}

double flows_loss(const struct flows_flow *x)
{
    uint64_t came = 0;
    for (unsigned i = 0; i < FLOWS_DELAYS; i++)
        came += x->figures.delay_ms[i];
    return x->figures.sent ? 1 - (double)came / (double)x->figures.sent : 0;
}
