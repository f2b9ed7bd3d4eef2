#include "bandwidth.h"

#include <math.h>
#include <string.h>

enum {
    BIN_US = 20000,
    RATE_BINS = 25,
    FULL_BINS = 6,
    FULL_MS = 40,
    BASE_US = 15000000,
    SECOND_US = 1000000,
    PEAK_US = 5000000,
    SILENT_US = 500000,
    PROBE_US = 15000,
    PROBE_WAIT_US = 600000,
    FIRST_RTT_MS = 100,
    PROBE_MOST = 4,
    PROVE_US = 30000000,
    GROWS_MS = 10,
    OTHERS_BPS = 300000,
    AGAIN_US = 50000,
    CHANCE_MS = 20,
    KNOWN = 40,
    KNOWN_US = 3000000,
    RUSH_MS = 35,
    RUSH_MORE_MS = 20,
    RUSH_BPS = 100000, // of less nobody's queue grows so fast: the machine was busy elsewhere
    OTHERS_LONG_US = 10000000
};

void bandwidth_init(struct bandwidth *b, const struct bandwidth_limits *limits, uint64_t now_us)
{
    memset(b, 0, sizeof *b);
    b->limits = *limits;
    b->target_bps = limits->start_bps;
    b->begun_us = b->reported_us = b->silent_us = b->hot_us = b->probe_us = now_us;
    b->rising = true;
    b->probe_least = BANDWIDTH_PROBE_BYTES;
    b->first_probes = true;
    b->next_probe_bps = 3 * limits->start_bps;
    b->rtt_ms = FIRST_RTT_MS;
    b->rtt_since_us = now_us;
    trend_init(&b->trend);
}

void bandwidth_set_probe(struct bandwidth *b, unsigned bytes)
{
    b->first_probes = false;
    b->probe_least = bytes;
}

static void set_target(struct bandwidth *b, double bps, enum bandwidth_reason why)
{
    bps = CLAMP(bps, b->limits.min_bps, b->limits.max_bps);
    if (bps == b->target_bps)
        return;
    b->target_bps = bps;
    b->reason = why;
}

void bandwidth_set_long_probes(struct bandwidth *b)
{
    b->long_probes = true;
}

void bandwidth_burst(struct bandwidth *b, uint64_t now_us)
{
    b->probe_end_us = now_us;
}

void bandwidth_set_limits(struct bandwidth *b, double min_bps, double max_bps)
{
    b->limits.min_bps = min_bps;
    b->limits.max_bps = MAX(max_bps, min_bps);
    b->target_bps = CLAMP(b->target_bps, b->limits.min_bps, b->limits.max_bps);
}

// ---- what one packet tells ----

static void count_bytes(struct bandwidth *b, int64_t arrived_us, unsigned bytes)
{
    int64_t at = arrived_us / BIN_US;
    if (!b->has_bin || at > b->bin_last + BANDWIDTH_BINS) {
        memset(b->bin, 0, sizeof b->bin);
        b->bin_first = b->has_bin ? at - RATE_BINS : at;
        b->bin_last = at;
        b->has_bin = true;
    }
    while (b->bin_last < at)
        b->bin[(uint64_t)++b->bin_last % BANDWIDTH_BINS] = 0;
    if (at > b->bin_last - BANDWIDTH_BINS)
        b->bin[(uint64_t)at % BANDWIDTH_BINS] += bytes;
}

static double came_in(const struct bandwidth *b, int bins)
{
    if (!b->has_bin)
        return 0;
    // The newest bin is not over yet: those before it count.
    int64_t from = MAX(b->bin_last - bins, b->bin_first);
    uint64_t bytes = 0;
    for (int64_t i = from; i < b->bin_last; i++)
        bytes += b->bin[(uint64_t)i % BANDWIDTH_BINS];
    return (double)bytes * 8e6 / BIN_US / (double)MAX(b->bin_last - from, 5);
}

double bandwidth_received_bps(const struct bandwidth *b)
{
    return came_in(b, RATE_BINS);
}

// Much of the line is gone at once: in a tenth of a second its queue is full, and every report counts.
static bool rushes(const struct bandwidth *b)
{
    double last = b->queue_before_ms[0], first = b->queue_before_ms[1];
    return b->queue_ms > RUSH_MS && b->queue_ms > last && last > first && b->queue_ms - first > RUSH_MORE_MS &&
           bandwidth_received_bps(b) > RUSH_BPS;
}

// What the line carries now. Behind a queue things come as fast as it can: the newest of them tell it, where half a
// second would still tell what was before.
static double carries(const struct bandwidth *b)
{
    double received = bandwidth_received_bps(b);
    return b->queue_ms > FULL_MS ? MIN(received, came_in(b, FULL_BINS)) : received;
}

// The least of 15 to 30 s is a delay without a queue, unless a queue stood all that while and was ours: then the least
// of before is believed on. Clocks that drift apart make no more of it than 3 ms.
static void measure_delay(struct bandwidth *b, int64_t sent_us, int64_t arrived_us)
{
    int64_t delay = arrived_us - sent_us;
    if (!b->has_base) {
        b->base_us[0] = b->base_us[1] = delay;
        b->base_since_us = sent_us;
        b->has_base = true;
    } else if (sent_us - b->base_since_us > BASE_US) {
        if (b->calm || (b->others && b->reported_us - b->others_us > OTHERS_LONG_US)) {
            b->base_us[1] = b->base_us[0];
            b->base_us[0] = delay;
        }
        b->base_since_us = sent_us;
        b->calm = false;
    }
    b->base_us[0] = MIN(b->base_us[0], delay);
    if (!b->report_any || delay < b->report_min_us)
        b->report_min_us = delay;
    b->report_any = true;
}

static void take_probe(struct bandwidth *b, const struct bandwidth_packet *p)
{
    if (!b->probing || !p->probe || p->probe != b->probe_id)
        return;
    if (!b->probe_came) {
        b->probe_first_us = b->probe_last_us = p->arrived_us;
        b->probe_first_bytes = p->bytes;
    }
    b->probe_came += p->bytes;
    b->probe_first_us = MIN(b->probe_first_us, p->arrived_us);
    b->probe_last_us = MAX(b->probe_last_us, p->arrived_us);
}

static void count_isolated(struct bandwidth *b, bool lost)
{
    b->isolated_count++;
    b->isolated_loss += MAX(0.006, 1.0 / (b->isolated_count + 8)) * (lost - b->isolated_loss);
    b->isolated_now += 0.04 * (lost - b->isolated_now);
}

// What is lost by chance. While nothing waits it may have begun just now.
static double by_chance(const struct bandwidth *b)
{
    return b->queue_slow_ms < CHANCE_MS ? MAX(b->isolated_loss, b->isolated_now) : b->isolated_loss;
}

void bandwidth_packet(struct bandwidth *b, const struct bandwidth_packet *p)
{
    b->report_all++;
    b->report_lost += p->lost;
    if (p->isolated)
        count_isolated(b, p->lost);
    if (p->lost)
        return;
    count_bytes(b, p->arrived_us, p->bytes);
    take_probe(b, p);
    if (p->untimed)
        return;
    measure_delay(b, p->sent_us, p->arrived_us);
    trend_packet(&b->trend, p->sent_us, p->arrived_us);
}

void bandwidth_late(struct bandwidth *b, const struct bandwidth_packet *p)
{
    count_bytes(b, p->arrived_us, p->bytes);
}

// ---- what the line carries when it is full ----

static void learn_cap(struct bandwidth *b, double bps)
{
    double kbps = bps / 1000, cap = b->cap_bps / 1000;
    if (cap > 0 && fabs(kbps - cap) > 3 * sqrt(b->cap_spread * cap))
        cap = 0;
    if (cap <= 0) {
        b->cap_spread = 0.4;
        b->cap_bps = bps;
        return;
    }
    cap += 0.05 * (kbps - cap);
    b->cap_spread = 0.95 * b->cap_spread + 0.05 * (cap - kbps) * (cap - kbps) / MAX(cap, 1.0);
    b->cap_spread = CLAMP(b->cap_spread, 0.4, 2.5);
    b->cap_bps = cap * 1000;
}

static bool beyond_cap(const struct bandwidth *b, double bps)
{
    double cap = b->cap_bps / 1000;
    return cap > 0 && bps / 1000 > cap + 3 * sqrt(b->cap_spread * cap);
}

static void note_peak(struct bandwidth *b, uint64_t now_us)
{
    uint64_t half = now_us / (PEAK_US / BANDWIDTH_PEAKS);
    unsigned i = (unsigned)(half % BANDWIDTH_PEAKS);
    if (b->recent[i].at_us != half) {
        b->recent[i].at_us = half;
        b->recent[i].bps = 0;
    }
    b->recent[i].bps = MAX(b->recent[i].bps, MIN(b->target_bps, 1.5 * bandwidth_received_bps(b)));
}

static double recent_peak(const struct bandwidth *b, uint64_t now_us)
{
    uint64_t half = now_us / (PEAK_US / BANDWIDTH_PEAKS);
    double most = 0;
    for (unsigned i = 0; i < BANDWIDTH_PEAKS; i++)
        if (b->recent[i].at_us + BANDWIDTH_PEAKS > half)
            most = MAX(most, b->recent[i].bps);
    return most;
}

// ---- decisions ----

static void lower(struct bandwidth *b, enum bandwidth_reason why, uint64_t now_us)
{
    double received = carries(b), wait_us = CLAMP(b->rtt_ms, 100.0, 250.0) * 1000;
    if (received < 0.75 * b->target_bps) // the step was too small by far
        wait_us = received < b->target_bps / 2 ? 0 : AGAIN_US;
    if (b->has_decreased && (double)(now_us - b->decreased_us) < wait_us)
        return;
    double to = CLAMP(1 - b->queue_ms / 600, 0.5, 0.85) * received; // what waits is gone in 0.6 s
    if (to < b->target_bps) {
        b->peak_bps = recent_peak(b, now_us);
        b->peak_us = now_us;
        b->return_probe = true;
        set_target(b, to, why);
    }
    learn_cap(b, received);
    b->decreased_us = now_us;
    b->has_decreased = true;
    b->proven_bps = 0;
    b->first_probes = b->wider = false;
}

static double slow_step(const struct bandwidth *b, double dt)
{
    return MAX(4000.0, 9600 / (b->rtt_ms / 1000 + 0.1)) * dt;
}

static void rise(struct bandwidth *b, double dt, uint64_t now_us)
{
    double received = bandwidth_received_bps(b), step;
    // So much is lost by chance on no line, but on one without a queue that is asked for twice of what it bears.
    double chance = bandwidth_loss(b) > 0.35 ? 0 : MIN(by_chance(b), 0.3);
    double tried = 1.5 * received / (1 - chance) + 10000, most = MAX(b->target_bps, tried);
    enum bandwidth_reason why = BANDWIDTH_RISE;
    double back = 0.9 * b->peak_bps;
    if (beyond_cap(b, received)) {
        b->cap_bps = 0;
        b->wider = true;
    }
    if (b->peak_bps > 0 && now_us - b->peak_us < 15u * SECOND_US && b->queue_slow_ms < 20 &&
        now_us - b->over_us >= 300000 && b->target_bps < back) {
        step = MIN(back - b->target_bps, 0.5 * b->target_bps * dt);
        why = BANDWIDTH_RETURN;
    } else if (b->cap_bps > 0) {
        step = slow_step(b, dt);
    } else {
        step = b->target_bps * (pow(b->queue_slow_ms < 20 ? 1.16 : 1.08, dt) - 1);
    }
    set_target(b, MIN(b->target_bps + step, most), why);
}

static void weigh_loss(struct bandwidth *b, double dt, uint64_t now_us)
{
    double keep = exp(-dt / 0.7);
    b->lost_weight = keep * b->lost_weight + b->report_lost;
    b->all_weight = keep * b->all_weight + b->report_all;
    b->report_lost = b->report_all = 0;
    double beyond = bandwidth_loss(b) - 1.25 * by_chance(b) - 0.01;            // what alone is lost, is lost by chance
    double from = MIN(b->target_bps, 1.5 * bandwidth_received_bps(b) + 10000); // what was never tried is no measure
    // Too few yet to tell what is lost by chance; but who never sends one alone does not wait for them for ever.
    if (b->isolated_count < KNOWN && b->queue_slow_ms < CHANCE_MS && now_us - b->begun_us < KNOWN_US)
        return;
    double chance = by_chance(b), spread = sqrt(chance * (1 - chance) / MAX(b->all_weight, 20.0));
    if (beyond <= 0.04 + spread || b->all_weight < 20 || (double)(now_us - b->lossy_us) < 300000 + b->rtt_ms * 1000)
        return;
    b->lossy_us = now_us;
    b->proven_bps = 0;
    double received = bandwidth_received_bps(b);
    set_target(b, from * (1 - MIN(0.3, 0.8 * beyond)), BANDWIDTH_LOSS);
    b->cap_bps = b->cap_bps > 0 ? MIN(b->cap_bps, received) : received;
    b->cap_spread = MAX(b->cap_spread, 0.4);
    b->first_probes = false;
}

static double most_probe(const struct bandwidth *b)
{
    return PROBE_MOST * b->limits.max_bps;
}

static void end_probe(struct bandwidth *b, uint64_t now_us)
{
    bool whole = b->probe_came >= b->probe_bytes - b->probe_bytes / 8;
    if (!whole && now_us - b->probe_us < PROBE_WAIT_US + (uint64_t)(b->rtt_ms * 1000))
        return;
    b->probing = b->probed_up = false;
    b->probe_end_us = now_us;
    double span = (double)(b->probe_last_us - b->probe_first_us);
    if (b->probe_came < b->probe_bytes / 2 || span <= 0) { // lost by chance, it proves nothing: once more
        b->first_probes = b->first_probes && by_chance(b) > 0.1 && b->queue_slow_ms < CHANCE_MS;
        return;
    }
    // What is lost by chance took its turn on the line all the same.
    double part = 1 - MIN(by_chance(b), 0.3);
    double result = MIN((b->probe_came - b->probe_first_bytes) * 8e6 / span / part, b->probe_bps);
    bool good = result >= 0.7 * b->probe_bps;
    b->first_probes = b->first_probes && good && b->probe_bps < most_probe(b);
    b->proven_bps = result >= 0.9 * b->probe_bps ? result : 0;
    b->next_probe_bps = 2 * result;
    double to = (result < 0.9 * b->probe_bps ? 0.85 : 0.95) * result;
    if (result > 1.05 * b->target_bps && to > b->target_bps && now_us - b->over_us >= 300000) {
        set_target(b, to, BANDWIDTH_PROBE);
        b->cap_bps = 0;
        b->probed_up = good;
    }
}

static void measure_rtt(struct bandwidth *b, double rtt_ms, uint64_t now_us)
{
    if (rtt_ms <= 0)
        return;
    if (!b->has_rtt)
        b->rtt_ms = b->rtt_least_ms[0] = b->rtt_least_ms[1] = rtt_ms;
    b->has_rtt = true;
    b->rtt_ms += (rtt_ms - b->rtt_ms) / 8;
    if (now_us - b->rtt_since_us > BASE_US) {
        b->rtt_least_ms[1] = b->rtt_least_ms[0];
        b->rtt_least_ms[0] = rtt_ms;
        b->rtt_since_us = now_us;
    }
    b->rtt_least_ms[0] = MIN(b->rtt_least_ms[0], rtt_ms);
}

// A queue that stays whatever we leave out is others' (downloads fill every queue they find). To go on giving way would
// end the call for nothing: a small picture's worth is then taken, as long as it comes through.
static bool is_others(struct bandwidth *b, double received, uint64_t now_us)
{
    if (b->queue_ms < 40) {
        b->full_us = 0;
    } else if (!b->full_us && b->queue_ms > 60) {
        b->full_us = now_us;
        b->full_bps = received;
    }
    bool gave_way = b->target_bps <= 0.5 * b->full_bps || b->target_bps <= 1.05 * b->limits.min_bps;
    bool was = b->others;
    if (!b->full_us || now_us - b->full_us < 2u * SECOND_US || received < 0.85 * b->target_bps)
        b->others = false;
    else
        b->others = was || gave_way;
    b->others_us = was ? b->others_us : now_us;
    return b->others;
}

void bandwidth_report(struct bandwidth *b, double rtt_ms, bool blocked, uint64_t now_us)
{
    double dt = MIN((double)(now_us - b->reported_us) / SECOND_US, 1.0);
    b->reported_us = b->silent_us = now_us;
    b->silent = false;
    measure_rtt(b, rtt_ms, now_us);
    if (b->report_any) {
        b->queue_before_ms[1] = b->queue_before_ms[0];
        b->queue_before_ms[0] = b->queue_ms;
        b->queue_ms = (double)(b->report_min_us - MIN(b->base_us[0], b->base_us[1])) / 1000;
        b->queue_slow_ms += 0.3 * (b->queue_ms - b->queue_slow_ms);
        b->report_any = false;
        b->calm |= b->queue_ms < 30;
    }
    // A probe is a queue of our own making.
    bool probed = b->probing || now_us - b->probe_end_us < 100000;
    // One that is busy elsewhere takes many at once, the first of them late: a queue makes the last late as well.
    bool grows = b->trend.verdict == TREND_GROWS && b->queue_ms > (probed ? 40 : GROWS_MS);
    bool stands = b->queue_ms > 60 && b->queue_slow_ms > 60;
    bool stuck = blocked && b->queue_ms > 40;
    grows = grows || (!probed && rushes(b));
    bool others = is_others(b, bandwidth_received_bps(b), now_us);
    if (b->queue_ms >= 30) {
        b->hot_us = now_us;
        b->proven_bps = 0;
    }
    if (others && b->target_bps < OTHERS_BPS)
        set_target(b, MIN(b->target_bps + slow_step(b, dt), (double)OTHERS_BPS), BANDWIDTH_SHARE);
    if (grows || stands || stuck) {
        b->over_us = now_us;
        b->rising = false;
        if (!others)
            lower(b, grows ? BANDWIDTH_TREND : stands ? BANDWIDTH_QUEUE : BANDWIDTH_WINDOW, now_us);
    } else if (b->trend.verdict == TREND_SHRINKS) {
        b->rising = false;
    } else if (b->rising) {
        rise(b, dt, now_us);
    } else if (b->queue_ms < 50) {
        b->rising = true;
    }
    weigh_loss(b, dt, now_us);
    if (b->probing)
        end_probe(b, now_us);
    note_peak(b, now_us);
}

void bandwidth_quiet(struct bandwidth *b, uint64_t now_us)
{
    b->silent_us = now_us;
}

bool bandwidth_tick(struct bandwidth *b, uint64_t now_us)
{
    if (now_us - b->silent_us < SILENT_US)
        return false;
    b->silent_us = now_us;
    // When the line is back, so may the rate be: as it was before the silence, however long that lasts.
    double peak = recent_peak(b, now_us);
    b->peak_bps = peak > 0 ? peak : b->peak_bps;
    b->peak_us = now_us;
    b->return_probe = b->silent = true;
    set_target(b, 0.8 * b->target_bps, BANDWIDTH_SILENCE);
    return true;
}

// ---- probes ----

static double wanted_probe(const struct bandwidth *b, uint64_t now_us)
{
    if (b->first_probes)
        return b->next_probe_bps;
    bool calm = now_us - b->over_us >= SILENT_US && b->queue_ms < 30;
    if (b->return_probe && calm && now_us - b->peak_us < 5u * SECOND_US && b->target_bps < 0.8 * b->peak_bps)
        return 0.85 * b->peak_bps;
    if (b->wider && calm && now_us - b->probe_us >= 2u * SECOND_US && b->target_bps < b->limits.max_bps)
        return 2 * b->target_bps;
    // Where one came through the next may as well, and where much is lost one proves little: a line that is wide again
    // is found to be so in a few steps.
    uint64_t apart = b->probed_up || by_chance(b) > 0.1 ? 2u * SECOND_US : 5u * SECOND_US;
    if (now_us - b->hot_us < 4u * SECOND_US || now_us - b->probe_us < apart)
        return 0;
    if (b->target_bps < b->limits.max_bps)
        return 2 * b->target_bps;
    // All that is needed fits. What fits beyond it lets a picture go out sooner.
    return b->proven_bps < b->target_bps && now_us - b->probe_us >= PROVE_US ? most_probe(b) : 0;
}

bool bandwidth_ask_probe(struct bandwidth *b, double bps, unsigned bytes, uint64_t now_us, struct bandwidth_probe *out)
{
    if (b->probing || b->silent || bps <= 1.05 * b->target_bps)
        return false;
    b->return_probe = b->wider = false;
    b->probing = true;
    b->probe_us = now_us;
    b->probe_bps = bps;
    b->probe_bytes = bytes;
    b->probe_came = 0;
    b->probe_id = b->probe_id % UINT16_MAX + 1; // 0 = none
    *out = (struct bandwidth_probe){b->probe_id, bps, b->probe_bytes};
    return true;
}

bool bandwidth_probe(struct bandwidth *b, uint64_t now_us, struct bandwidth_probe *out)
{
    double bps = b->probing || b->silent ? 0 : MIN(wanted_probe(b, now_us), most_probe(b));
    double times = b->long_probes ? 2 : 1, most = times * times * BANDWIDTH_PROBE_MOST;
    unsigned bytes = (unsigned)CLAMP(times * bps * PROBE_US / 8e6, (double)b->probe_least, most);
    return bandwidth_ask_probe(b, bps, bytes, now_us, out);
}

double bandwidth_window(const struct bandwidth *b)
{
    double bps = MAX(b->target_bps, bandwidth_received_bps(b));
    // The least there was, but for what waits on the way back: that is not ours.
    double rtt_ms = 3 * FIRST_RTT_MS;
    if (b->has_rtt)
        rtt_ms = MAX(MIN(b->rtt_least_ms[0], b->rtt_least_ms[1]), b->rtt_ms - b->queue_slow_ms - 20);
    return bps / 8 * (rtt_ms + 25 + 30) / 1000 * 1.15 + 3600 + (b->probing ? b->probe_bytes : 0);
}

double bandwidth_pace_bps(const struct bandwidth *b)
{
    double bps = (bandwidth_loss(b) > 0.02 && b->queue_slow_ms < 30 ? 1.2 : 1.5) * b->target_bps;
    return b->target_bps >= b->limits.max_bps ? MAX(bps, 0.8 * b->proven_bps) : bps;
}

double bandwidth_loss(const struct bandwidth *b)
{
    return b->all_weight > 0 ? b->lost_weight / b->all_weight : 0;
}

const char *bandwidth_reason_name(enum bandwidth_reason r)
{
    static const char *const name[BANDWIDTH_REASONS] = {"start", "rise",   "return", "probe",   "trend",
                                                        "queue", "window", "loss",   "silence", "share"};
    return r < BANDWIDTH_REASONS ? name[r] : "";
}
