#include "outflow.h"

#include "shared/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MS = 1000,
    SECOND = 1000000,
    START_BPS = 300000,
    FIXED_START_BPS = 2000000, // a film as it is: at 300 kbit/s its first keyframe alone takes seconds
    CAMERA_LEAST_BPS = 85000,  // on the wire
    UNSTEERED_KBPS = 1200,
    TICK_US = 50 * MS,
    BESIDES_US = 100 * MS,
    QUIET_BYTES = 1000,
    NEEDED_BPS = BUDGET_AUDIO_BPS + CAMERA_LEAST_BPS,
    SCARCE_BPS = 250000,
    THIN_BPS = 800000,
    STANDS_US = 4 * SECOND,
    OTHERS_US = 3 * SECOND,
    PAUSE_US = 5 * SECOND,
    PAUSE_MOST_US = 60 * SECOND,
    PAUSE_PROBE_US = 8 * SECOND,
    PAUSE_FILL = 272,
    PAUSE_PROBE_BYTES = 8 * (PAUSE_FILL + BANDWIDTH_OVERHEAD),
    FILES_MOST_BPS = 100000000,
    FILE_BURST_US = 2 * MS,
    SCREEN_BACKLOG_US = 250 * MS, // of a page that is new; what changes meanwhile comes with the next picture
    FULL_MS = 60,
    FULL_US = 300 * MS,
    CHOKED_US = 600 * MS
};

static bool row(void *ctx, bool picture, uint8_t *p, size_t n, uint64_t now_us);

void outflow_init(struct outflow *o, struct hop *hop, struct net_repair *repair, struct parity_up *parity,
                  unsigned camera_most_kbps, const struct outflow_io *io)
{
    memset(o, 0, sizeof *o);
    o->io = *io;
    o->hop = hop;
    o->repair = repair;
    o->parity = parity;
    parity_up_init(parity, hop, repair, &(struct parity_up_io){o, row});
    o->camera_most_kbps = camera_most_kbps;
    ladder_init(&o->ladder, camera_most_kbps ? camera_most_kbps : UNSTEERED_KBPS);
    if (!camera_most_kbps)
        return;
    o->log = base_alloc(sizeof *o->log);
    o->pacer = base_alloc(sizeof *o->pacer);
    pacer_init(o->pacer, START_BPS, 0);
}

void outflow_destroy(struct outflow *o)
{
    free(o->log);
    free(o->pacer);
    o->log = NULL;
    o->pacer = NULL;
    o->camera_most_kbps = 0;
}

void outflow_show_screen(struct outflow *o, bool on)
{
    screen_rates_set(&o->screen, on);
}

void outflow_set_tcp(struct outflow *o, bool tcp)
{
    o->tcp = tcp;
}

// What a picture's bytes come to with the parity that such pictures lately got.
static double with_parity(const struct outflow *o)
{
    return 1 + MIN(o->row_bytes / MAX(o->picture_bytes, 1.0), 2.0);
}

static double most_bps(const struct outflow *o)
{
    if (o->files)
        return FILES_MOST_BPS;
    unsigned kbps = ladder_wish_kbps(&o->ladder, false) + screen_rates_wish_kbps(&o->screen);
    double pictures = kbps * 1000.0 / budget_payload(1) * with_parity(o);
    return pictures * 1.05 + MAX(o->besides_bps, (double)BUDGET_AUDIO_BPS);
}

static double least_bps(const struct outflow *o)
{
    return o->paused ? BUDGET_AUDIO_BPS : NEEDED_BPS;
}

// Another session: its numbers begin anew, and the relay's clock may be another. What the line carries stays.
static void follow_session(struct outflow *o, uint64_t now_us)
{
    if (o->begun && o->sessions == o->hop->sessions)
        return;
    double first = o->ladder.fixed ? FIXED_START_BPS : START_BPS;
    double start = o->begun ? o->bandwidth.target_bps : first;
    o->sessions = o->hop->sessions;
    o->begun = true;
    sent_log_init(o->log);
    pacer_init(o->pacer, start, now_us);
    o->probe_left = 0;
    o->paused = false;
    bandwidth_init(&o->bandwidth, &(struct bandwidth_limits){start, least_bps(o), most_bps(o)}, now_us);
    if (o->ladder.fixed)
        bandwidth_set_long_probes(&o->bandwidth);
}

// ---- out ----

static bool send_now(struct outflow *o, uint8_t *p, size_t n, bool picture, uint64_t now_us)
{
    struct wire_header h;
    bool parity = p[0] == WIRE_FEC;
    o->sends = picture ? parity ? OUTFLOW_ROW : OUTFLOW_PICTURE : parity ? OUTFLOW_SOUND_ROW : OUTFLOW_BESIDES;
    bool sent = parity ? hop_send_other(o->hop, p, n, now_us) : hop_send_media(o->hop, p, n, now_us);
    o->sends = OUTFLOW_BESIDES;
    if (sent && !parity && wire_read(&h, p, n)) {
        net_repair_sent(o->repair, p, n, now_us);
        parity_up_sent(o->parity, h.slot, h.mark, now_us); // the hop's last number is this one's
    }
    return sent;
}

// Of a picture's rows each takes its turn; those of sound are as little as the sound, and wait for nothing.
static bool row(void *ctx, bool picture, uint8_t *p, size_t n, uint64_t now_us)
{
    struct outflow *o = ctx;
    if (o->camera_most_kbps && picture)
        return pacer_push(o->pacer, PACER_PARITY, p, n);
    return send_now(o, p, n, false, now_us);
}

// A queue stands although no more than sound and the smallest picture go.
static bool is_too_much(const struct outflow *o, uint64_t now_us)
{
    const struct bandwidth *b = &o->bandwidth;
    bool stands = b->full_us && now_us - b->full_us >= STANDS_US && b->target_bps < SCARCE_BPS;
    return stands && (!o->others_us || now_us - o->others_us > PAUSE_MOST_US);
}

// There is room again; or the queue stayed, so it is others', and to be silent is no help.
static bool is_over(struct outflow *o, uint64_t now_us)
{
    const struct bandwidth *b = &o->bandwidth;
    if (b->others && b->full_us && b->full_us < o->pause_us && now_us - o->pause_us >= OTHERS_US) {
        o->others_us = now_us;
        return true;
    }
    return b->target_bps >= 1.1 * NEEDED_BPS && now_us - o->pause_us >= o->pause_span_us;
}

// Where sound and the smallest picture do not fit together, sound goes alone. It is tried again after a while, and
// after a longer one when that was soon too much again.
static void pause_camera(struct outflow *o, uint64_t now_us)
{
    if (o->paused ? !is_over(o, now_us) : !is_too_much(o, now_us))
        return;
    if (!o->paused) {
        bool again = o->pause_us && now_us - o->pause_us < PAUSE_MOST_US;
        o->pause_span_us = again ? MIN(2 * o->pause_span_us, (uint64_t)PAUSE_MOST_US) : (uint64_t)PAUSE_US;
    }
    o->paused = !o->paused;
    o->pause_us = now_us;
    o->tries = 0;
    bandwidth_set_probe(&o->bandwidth, o->paused ? PAUSE_PROBE_BYTES : BANDWIDTH_PROBE_BYTES);
}

static void hold(struct outflow *o, uint64_t now_us)
{
    pause_camera(o, now_us);
    // What is coded already loses less by waiting than by being left out.
    bool waits = !o->ladder.fixed && pacer_backlog_us(o->pacer, PACER_CAMERA, now_us) > PACER_BACKLOG_US;
    bool too_much = o->paused || waits;
    if (too_much != o->held) {
        o->held = too_much;
        o->io.hold(o->io.ctx, too_much);
    }
    too_much = o->paused || pacer_backlog_us(o->pacer, PACER_SCREEN, now_us) > SCREEN_BACKLOG_US;
    if (too_much != o->screen_held && o->io.hold_screen) {
        o->screen_held = too_much;
        o->io.hold_screen(o->io.ctx, too_much);
    }
}

// How long what waits takes at the rate the line bears.
static uint64_t waits_us(const struct outflow *o)
{
    if (!o->camera_most_kbps || !o->begun)
        return 0;
    return (uint64_t)((double)o->pacer->waiting_bytes * 8e6 / MAX(o->bandwidth.target_bps, 1000.0));
}

bool outflow_takes(struct outflow *o, unsigned layer, bool keyframe, uint64_t now_us)
{
    if (!o->ladder.fixed)
        return true;
    if (o->paused || !o->ladder.layer[layer % BUDGET_LAYERS].kbps) {
        layer_gate_lost(&o->gate, layer % BUDGET_LAYERS);
        return false;
    }
    return layer_gate_takes(&o->gate, layer % BUDGET_LAYERS, keyframe, waits_us(o), now_us);
}

uint8_t outflow_asks(struct outflow *o, uint64_t now_us)
{
    uint8_t sent = 0;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        sent |= (uint8_t)((o->ladder.layer[i].kbps > 0) << i);
    if (!o->ladder.fixed || o->paused || !(o->gate.shut & sent))
        return 0;
    return layer_gate_asks(&o->gate, waits_us(o), now_us) & sent;
}

bool outflow_media(struct outflow *o, enum pacer_class of, uint8_t *p, size_t n, uint64_t now_us)
{
    if (!o->camera_most_kbps)
        return send_now(o, p, n, of == PACER_CAMERA || of == PACER_SCREEN, now_us);
    if (o->hop->state != HOP_UP)
        return false;
    follow_session(o, now_us);
    if (of == PACER_CAMERA || of == PACER_SCREEN)
        o->camera_us = now_us;
    o->screen_bytes += of == PACER_SCREEN ? (double)(n + BANDWIDTH_OVERHEAD) : 0;
    return pacer_push(o->pacer, of, p, n);
}

void outflow_sent(struct outflow *o, enum hop_sent kind, uint64_t number, size_t n, uint64_t now_us)
{
    if (!o->camera_most_kbps)
        return;
    follow_session(o, now_us);
    double bytes = (double)(n + BANDWIDTH_OVERHEAD);
    o->besides_bytes += o->sends == OUTFLOW_BESIDES || o->sends == OUTFLOW_SOUND_ROW ? bytes : 0;
    o->picture_bytes += o->sends == OUTFLOW_PICTURE ? bytes : 0;
    o->row_bytes += o->sends == OUTFLOW_ROW ? bytes : 0;
    o->file_debt += o->sends == OUTFLOW_FILE ? bytes : 0;
    if (o->sends == OUTFLOW_FILE && !o->files) // alone it has a window of its own
        return;
    // Of what is neither media nor parity nor a probe the relay says nothing by itself.
    if (kind == HOP_SENT_MEDIA || (kind == HOP_SENT_OTHER && o->sends != OUTFLOW_BESIDES)) {
        bool probe = o->probe_left > 0;
        sent_log_add(o->log, kind == HOP_SENT_OTHER, number, n, probe ? o->probe.id : 0, now_us);
        o->probe_left -= probe ? bytes : 0; // of the others nobody will say whether they came
    }
    pacer_charge(o->pacer, n + (size_t)BANDWIDTH_OVERHEAD, now_us);
}

static void send_fill(struct outflow *o, uint64_t now_us)
{
    uint8_t p[WIRE_DATAGRAM_MAX];
    size_t n = probe_fill(p, o->hop->sender, o->hop->room, o->paused ? PAUSE_FILL : WIRE_DATAGRAM_MAX);
    o->sends = OUTFLOW_PROBE;
    hop_send_other(o->hop, p, n, now_us);
    o->sends = OUTFLOW_BESIDES;
}

static void begin_probe(struct outflow *o, uint64_t now_us)
{
    bool picture = o->files || (o->camera_us && now_us - o->camera_us < SECOND / 2);
    if (o->paused) { // nothing else tells that there is room again; the sound is to feel little of it
        uint64_t apart = o->bandwidth.probed_up ? 0 : (uint64_t)PAUSE_PROBE_US << MIN(o->tries, 1u);
        picture = now_us - MAX(o->pause_us, o->bandwidth.probe_us) >= apart;
    }
    unsigned wish = ladder_wish_kbps(&o->ladder, true) + screen_rates_wish_kbps(&o->screen);
    double enough = wish * 1150.0 * with_parity(o) + o->besides_bps;
    if (!o->files && o->bandwidth.target_bps > enough) // who watches can take no more
        return;
    if (o->probe_left > 0 || o->tcp || !picture || !bandwidth_probe(&o->bandwidth, now_us, &o->probe))
        return;
    o->probe_left = o->probe.bytes;
    o->tries += o->paused;
}

// What was made for a higher rate goes out in 400 ms all the same; the window sees to it that it floods nothing.
static double pace_bps(const struct outflow *o)
{
    double all = MAX(bandwidth_pace_bps(&o->bandwidth), (double)o->pacer->waiting_bytes * 8 / 0.4);
    if (!o->ladder.fixed)
        return all;
    // Keyframes of what is coded already are large, and who watches may have hardly more than it takes on average.
    double sent = 0;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        sent += o->ladder.layer[i].kbps * 1000.0 / budget_payload(1);
    double own = 1.5 * with_parity(o) * sent + o->besides_bps;
    return MIN(all, MAX(own, (double)o->pacer->waiting_bytes * 8 / 0.15));
}

// ---- files ----

void outflow_files(struct outflow *o, bool files)
{
    o->files = files && o->camera_most_kbps;
}

bool outflow_file(struct outflow *o, uint8_t *p, size_t n, uint64_t now_us)
{
    o->sends = OUTFLOW_FILE;
    bool sent = hop_send_other(o->hop, p, n, now_us);
    o->sends = OUTFLOW_BESIDES;
    return sent;
}

static double share_bps(const struct outflow *o, uint64_t now_us)
{
    double wants = MAX(o->besides_bps, (double)BUDGET_AUDIO_BPS) + o->screen_bps, target = o->bandwidth.target_bps;
    if (o->camera_us && now_us - o->camera_us < SECOND)
        for (unsigned i = 0; i < BUDGET_LAYERS; i++)
            wants += o->told.camera[i].kbps * 1000.0 / budget_payload(1) * with_parity(o);
    return MAX(target - wants, target / 20);
}

// Nothing else waits, and neither the line nor their share of it holds them back.
static bool send_file(struct outflow *o, double window, uint64_t now_us)
{
    double share = share_bps(o, now_us);
    o->file_debt = MAX(o->file_debt - share * (double)(now_us - o->file_us) / 8e6, -share * FILE_BURST_US / 8e6);
    o->file_us = now_us;
    o->file_waits = false;
    if (!o->files || o->pacer->waiting_bytes || window < WIRE_DATAGRAM_MAX)
        return false;
    o->file_waits = o->file_debt > 0 || !pacer_soon(o->pacer, MS, now_us);
    return !o->file_waits && o->io.file(o->io.ctx, now_us);
}

static uint64_t file_next_us(const struct outflow *o, uint64_t now_us)
{
    if (!o->file_waits)
        return UINT64_MAX;
    return now_us + (uint64_t)(MAX(o->file_debt, 0.0) * 8e6 / share_bps(o, now_us));
}

static void send_due(struct outflow *o, uint64_t now_us)
{
    begin_probe(o, now_us);
    for (;;) {
        struct pacer_item *x;
        bool probing = o->probe_left > 0;
        o->pacer->whole_turns = o->ladder.fixed;
        pacer_set_rate(o->pacer, probing ? o->probe.bps : pace_bps(o), now_us);
        double window = bandwidth_window(&o->bandwidth) - (double)o->log->flight;
        if ((x = pacer_pop(o->pacer, window, now_us, &o->waits)))
            send_now(o, x->bytes, x->size, x->of != PACER_AUDIO, now_us);
        else if (probing && pacer_free(o->pacer, now_us) && !(o->files && o->io.file(o->io.ctx, now_us)))
            send_fill(o, now_us);
        else if (probing ? !pacer_free(o->pacer, now_us) : !send_file(o, window, now_us))
            break;
    }
}

// ---- what comes back ----

void outflow_feedback(struct outflow *o, const uint8_t *p, size_t n, uint64_t now_us)
{
    struct bytes_reader r = feedback_body(p, n), body;
    struct feedback_arrivals a;
    int type;
    bool any = false;
    if (!o->camera_most_kbps)
        return;
    follow_session(o, now_us);
    while ((type = feedback_next(&r, &body)) > 0)
        if (type == FEEDBACK_ARRIVALS && feedback_read_arrivals(&a, body))
            any |= sent_log_arrivals(o->log, &a, &o->bandwidth, now_us);
    if (!any)
        return;
    bandwidth_report(&o->bandwidth, o->log->rtt_ms, o->blocked, now_us);
    o->blocked = false;
    if (o->bandwidth.queue_ms > FULL_MS)
        o->full_us = now_us;
    o->hop->full_up = o->full_us && now_us - o->full_us < FULL_US;
}

// ---- rates ----

static void measure_besides(struct outflow *o, uint64_t now_us)
{
    double s = (double)(now_us - o->besides_us) / SECOND;
    if (now_us - o->besides_us < BESIDES_US)
        return;
    o->besides_bps += MIN(s, 1.0) * (o->besides_bytes * 8 / s - o->besides_bps);
    o->besides_us = now_us;
    o->besides_bytes = 0;
    o->screen_bps += MIN(s / 2, 1.0) * (o->screen_bytes * 8 / s - o->screen_bps);
    o->screen_bytes = 0;
    o->picture_bytes *= 0.8;
    o->row_bytes *= 0.8;
    bandwidth_set_limits(&o->bandwidth, least_bps(o), most_bps(o));
}

static void tell(struct outflow *o, const struct outflow_rates *to)
{
    if (memcmp(to, &o->told, sizeof *to) == 0)
        return;
    o->told = *to;
    o->io.rates(o->io.ctx, to);
}

static double screen_wish_bps(const struct outflow *o)
{
    return screen_rates_wish_kbps(&o->screen) * 1000.0 / budget_payload(1) * with_parity(o);
}

static void tell_rates(struct outflow *o, uint64_t now_us)
{
    double bps = o->bandwidth.target_bps;
    // Sound, repairs and reports as they were in the last second: they are not ours to steer.
    struct budget_wish wish[BUDGET_STREAMS] = {[BUDGET_AUDIO] = {0, MAX(o->besides_bps, (double)BUDGET_AUDIO_BPS)},
                                               [BUDGET_SCREEN] = {0, screen_wish_bps(o)},
                                               [BUDGET_CAMERA] = {0, MAX(bps, (double)CAMERA_LEAST_BPS)}};
    struct budget b;
    budget_split(&b, bps, wish);
    struct outflow_rates to = o->told;
    double screen = b.bps[BUDGET_SCREEN], left = screen + b.bps[BUDGET_CAMERA];
    screen_rates_choose(&o->screen, budget_payload(screen / with_parity(o)), now_us);
    memcpy(to.screen, o->screen.layer, sizeof to.screen);
    double camera = screen_rates_camera_bps(left, screen, o->screen_bps) / with_parity(o);
    o->ladder.choked = waits_us(o) > CHOKED_US;
    ladder_choose(&o->ladder, budget_payload(MAX(camera, (double)CAMERA_LEAST_BPS)), now_us);
    memcpy(to.camera, o->ladder.layer, sizeof to.camera);
    o->parity->thin = bps < THIN_BPS;
    o->parity->scarce = bps < SCARCE_BPS;
    o->hop->choked = o->hop->full_up && o->parity->scarce;
    to.audio_kbps = bps >= 250e3 ? 32 : bps >= 180e3 ? 24 : 16;
    to.loss_pct = (unsigned)CLAMP(ceil(bandwidth_loss(&o->bandwidth) * 20) * 5, 5, 30); // in steps of 5
    tell(o, &to);
}

// Everything that somebody watches, all of it.
static void tell_unsteered(struct outflow *o, uint64_t now_us)
{
    struct outflow_rates to = {.audio_kbps = 32, .loss_pct = 5};
    ladder_choose(&o->ladder, 1e9, now_us);
    memcpy(to.camera, o->ladder.layer, sizeof to.camera);
    screen_rates_choose(&o->screen, 1e9, now_us);
    memcpy(to.screen, o->screen.layer, sizeof to.screen);
    tell(o, &to);
}

void outflow_left(struct outflow *o)
{
    struct outflow_rates to = o->told;
    struct ladder old = o->ladder;
    ladder_init(&o->ladder, old.most_kbps);
    if (old.fixed)
        ladder_fix(&o->ladder, old.has);
    memset(to.camera, 0, sizeof to.camera);
    bool shown = o->screen.on;
    o->screen = (struct screen_rates){.on = shown};
    memset(to.screen, 0, sizeof to.screen);
    tell(o, &to);
}

uint64_t outflow_tick(struct outflow *o, uint64_t now_us)
{
    if (!o->camera_most_kbps)
        tell_unsteered(o, now_us);
    if (!o->camera_most_kbps || o->hop->state != HOP_UP)
        return UINT64_MAX;
    follow_session(o, now_us);
    sent_log_tick(o->log, now_us);
    // Silence is that of many: who sends one a second waits most of the time without anything being due.
    if (o->log->flight < QUIET_BYTES)
        bandwidth_quiet(&o->bandwidth, now_us);
    else if (bandwidth_tick(&o->bandwidth, now_us))
        sent_log_silence(o->log);
    measure_besides(o, now_us);
    send_due(o, now_us);
    hold(o, now_us);
    tell_rates(o, now_us);
    o->blocked |= o->waits;
    uint64_t next = o->waits ? UINT64_MAX : pacer_next_us(o->pacer, now_us); // a report opens the window
    if (o->probe_left > 0)
        next = MIN(next, now_us + MS);
    next = base_sooner(next, file_next_us(o, now_us));
    return MIN(MAX(next, now_us + MS), now_us + TICK_US);
}

void outflow_get_figures(const struct outflow *o, struct outflow_figures *out)
{
    const struct bandwidth *b = &o->bandwidth;
    *out = (struct outflow_figures){.target_kbps = b->target_bps / 1000,
                                    .queue_ms = b->queue_ms,
                                    .parity_pct = 100 * (with_parity(o) - 1),
                                    .loss_pct = 100 * bandwidth_loss(b),
                                    .isolated_pct = 100 * b->isolated_loss,
                                    .reason = o->begun ? bandwidth_reason_name(b->reason) : ""};
}
