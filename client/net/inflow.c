#include "inflow.h"

#include <string.h>

enum {
    MS = 1000,
    SECOND = 1000000,
    REPORT_US = 25 * MS,
    RATE_US = 250 * MS,
    TELL_US = 200 * MS,
    ISOLATED_US = 8 * MS,
    CUT_US = 150 * MS,
    LATE_US = 60 * MS,
    GAP_MOST = 64,
    LEAST_BPS = 80000,
    MOST_BPS = 100000000,
    FREE_US = 10 * SECOND,
    PROBE_MOST_BYTES = 3200,
    WANTED_MOST_BYTES = 16 * 1140,
    PROBE_LEAST_BYTES = 1140, // five of the smallest
    PROBE_US = 40 * MS,       // sound waits behind it
    FILE_PROBE_US = 4 * SECOND,
    WANTED_US = 20 * MS, // at the rate that is wanted: on a line that bears a tenth of it sound waits 200 ms, once
    BURST_US = 1 * SECOND,
    FULL_MS = 30,
    STANDS_MS = 60,
    STANDS_US = 300 * MS,
    FLOWS_MS = 20,
    PICTURE_LEAST_KBPS = 80,
    PICTURE_MOST_KBPS = 60000
};

void inflow_init(struct inflow *f)
{
    memset(f, 0, sizeof *f);
}

static void begin(struct inflow *f, uint64_t now_us)
{
    bandwidth_init(&f->bandwidth, &(struct bandwidth_limits){MOST_BPS, LEAST_BPS, MOST_BPS}, now_us);
    bandwidth_set_probe(&f->bandwidth, PROBE_MOST_BYTES);
    f->limited = false;
}

static void follow_session(struct inflow *f, unsigned sessions, uint64_t now_us)
{
    if (f->begun && f->sessions == sessions)
        return;
    bool held = f->held;
    inflow_init(f);
    f->held = held;
    f->begun = true;
    f->sessions = sessions;
    f->reported_us = f->rated_us = now_us;
    begin(f, now_us);
}

static void drop_late(struct inflow *f, unsigned at)
{
    memmove(&f->late[at], &f->late[at + 1], (--f->late_count - at) * sizeof f->late[0]);
}

static struct inflow_space *space_of(struct inflow *f, uint16_t sender, uint8_t slot, uint64_t now_us)
{
    struct inflow_space *take = &f->space[0];
    for (unsigned i = 0; i < INFLOW_SPACES; i++) {
        struct inflow_space *s = &f->space[i];
        if (s->used && s->sender == sender && s->slot == slot) {
            s->seen_us = now_us;
            return s;
        }
        if (take->used && (!s->used || s->seen_us < take->seen_us))
            take = s;
    }
    for (unsigned i = 0; i < f->late_count;)
        if (f->late[i].space == take)
            drop_late(f, i);
        else
            i++;
    *take = (struct inflow_space){.used = true, .sender = sender, .slot = slot, .seen_us = now_us};
    return take;
}

// On the relay's clock, unwrapped.
static int64_t sent_at(struct inflow *f, uint32_t hoptime, uint64_t now_us)
{
    uint64_t near = f->has_clock ? (uint64_t)f->clock_us + (now_us - f->clock_at_us) : now_us;
    int64_t at = (int64_t)wire_hoptime_unwrap(hoptime, near);
    f->clock_us = at;
    f->clock_at_us = now_us;
    f->has_clock = true;
    return at;
}

// Nothing that came was sent in the 8 ms before it.
static bool is_isolated(const struct inflow *f, int64_t sent_us)
{
    for (unsigned i = 0; i < MIN(f->sends, (unsigned)INFLOW_SENDS); i++)
        if (f->send[i] < sent_us && sent_us - f->send[i] < ISOLATED_US)
            return false;
    return true;
}

static void tell_lost(struct inflow *f, unsigned at)
{
    const struct inflow_late *x = &f->late[at];
    struct bandwidth_packet p = {.sent_us = x->sent_us, .bytes = x->bytes, .lost = true};
    p.isolated = is_isolated(f, x->sent_us);
    if (x->sent_us <= f->cut_from_us || x->sent_us >= f->cut_to_us)
        bandwidth_packet(&f->bandwidth, &p);
    drop_late(f, at);
}

// What was overtaken is not lost: only when HOP_SETTLE newer ones have come, or for a while none of them.
static void settle(struct inflow *f, const struct inflow_space *s, int64_t sent_us)
{
    for (unsigned i = 0; i < f->late_count;) {
        const struct inflow_late *x = &f->late[i];
        bool many = x->space == s && s->newest - x->number >= HOP_SETTLE;
        if (many || sent_us - x->sent_us > LATE_US)
            tell_lost(f, i);
        else
            i++;
    }
}

static void came_late(struct inflow *f, const struct inflow_space *s, uint64_t number)
{
    for (unsigned i = 0; i < f->late_count; i++)
        if (f->late[i].space == s && f->late[i].number == number) {
            drop_late(f, i);
            return;
        }
}

// Those between the newest and this one: sent evenly between the two, as far as anybody knows.
static void skip(struct inflow *f, struct inflow_space *s, uint64_t from, uint64_t number, int64_t sent_us, size_t n)
{
    uint64_t late = MIN(number - from, (uint64_t)GAP_MOST), steps = number - s->newest;
    for (uint64_t i = 0; i < late; i++) {
        int64_t at = s->sent_us + (sent_us - s->sent_us) * (int64_t)(from + i - s->newest) / (int64_t)steps;
        if (f->late_count == INFLOW_LATE)
            tell_lost(f, 0);
        f->late[f->late_count++] = (struct inflow_late){s, from + i, at, (unsigned)n};
    }
}

static bool is_picture(uint8_t slot)
{
    return wire_stream(slot) == WIRE_STREAM_CAMERA || wire_stream(slot) == WIRE_STREAM_SCREEN;
}

static void count_rate(struct inflow *f, const struct wire_header *h, struct inflow_space *s, size_t bytes)
{
    bool parity = h->type == WIRE_FEC;
    if (h->type == WIRE_FILE) // it takes what pictures leave, so it takes nothing from them
        return;
    if (h->type == WIRE_PROBE) // there is none when a picture takes its place
        return;
    if (!(wire_is_media(h->type) || parity) || !is_picture(h->slot)) {
        f->besides_bytes += (double)bytes;
        return;
    }
    f->picture_bytes += parity ? 0 : (double)bytes;
    f->row_bytes += parity ? (double)bytes : 0;
    if (s)
        s->bytes += (double)bytes;
}

// A higher number of its space than any before: what lies between did not come.
static void follow_number(struct inflow *f, struct inflow_space *s, const struct hop_datagram *d, int64_t sent_us,
                          size_t bytes)
{
    if (d->header.type == WIRE_RTX)
        return;
    if (d->number <= s->newest) {
        came_late(f, s, d->number);
        return;
    }
    uint64_t skipped = d->space ? d->space->skipped : 0, from = MAX(s->newest + 1, skipped);
    if (s->newest && from < d->number)
        skip(f, s, from, d->number, sent_us, bytes);
    s->newest = d->number;
    s->sent_us = sent_us;
}

// Nothing of what was sent for so long came: the line was cut, which says nothing of how much it carries.
static void find_cut(struct inflow *f, int64_t sent_us)
{
    int64_t last_us = f->sends ? f->send[(f->sends - 1) % INFLOW_SENDS] : sent_us;
    if (sent_us - last_us <= CUT_US)
        return;
    f->cut_from_us = last_us;
    f->cut_to_us = sent_us;
}

// Of parity, and of what came before, nothing is proved but that it came once: its hoptime may be as old as it likes.
static void came_untimed(struct inflow *f, const struct wire_header *h, size_t bytes, uint64_t came_us)
{
    bandwidth_late(&f->bandwidth, &(struct bandwidth_packet){.arrived_us = (int64_t)came_us, .bytes = (unsigned)bytes});
    count_rate(f, h, NULL, bytes);
    f->any = true;
}

void inflow_came(struct inflow *f, const struct hop *hop, const struct hop_datagram *d, size_t n, uint64_t came_us,
                 uint64_t now_us)
{
    const struct wire_header *h = &d->header;
    size_t bytes = n + BANDWIDTH_OVERHEAD;
    if (!d->number)
        return;
    follow_session(f, hop->sessions, now_us);
    if (d->seen || h->type == WIRE_FEC) {
        came_untimed(f, h, bytes, came_us);
        return;
    }
    struct inflow_space *s = space_of(f, h->sender, wire_is_media(h->type) ? h->slot : INFLOW_SESSION_SLOT, now_us);
    int64_t sent_us = sent_at(f, h->hoptime, now_us);
    find_cut(f, sent_us);
    follow_number(f, s, d, sent_us, bytes);
    if (f->late_count)
        settle(f, s, sent_us);
    struct bandwidth_packet p = {.sent_us = sent_us, .arrived_us = (int64_t)came_us, .bytes = (unsigned)bytes};
    p.probe = h->type == WIRE_PROBE ? f->bandwidth.probe_id : 0;
    p.untimed = p.probe != 0; // a row of them makes the queue it is to measure
    p.isolated = is_isolated(f, sent_us);
    if (h->type == WIRE_RTX) // it was lost, and is in no loss figure twice
        bandwidth_late(&f->bandwidth, &p);
    else
        bandwidth_packet(&f->bandwidth, &p);
    f->send[f->sends++ % INFLOW_SENDS] = sent_us;
    if (h->type == WIRE_FILE && wire_stream(h->slot) == WIRE_STREAM_FILE)
        f->file_us = now_us;
    count_rate(f, h, s, bytes);
    f->any = true;
}

static void measure_rates(struct inflow *f, uint64_t now_us)
{
    double s = (double)(now_us - f->rated_us) / SECOND;
    if (now_us - f->rated_us < RATE_US)
        return;
    f->rated_us = now_us;
    f->besides_bps += MIN(2 * s, 1.0) * (f->besides_bytes * 8 / s - f->besides_bps);
    f->besides_bytes = 0;
    for (unsigned i = 0; i < INFLOW_SPACES; i++) {
        struct inflow_space *x = &f->space[i];
        x->bps += MIN(2 * s, 1.0) * (x->bytes * 8 / s - x->bps);
        x->bytes = 0;
    }
    f->picture_bytes *= 0.6;
    f->row_bytes *= 0.6;
}

double inflow_parity(const struct inflow *f)
{
    return MIN(f->row_bytes / MAX(f->picture_bytes, 1.0), 2.0);
}

// What is left beside the sound, shared evenly among those who send pictures.
static unsigned share_kbps(const struct inflow *f)
{
    unsigned pictures = 0;
    for (unsigned i = 0; i < INFLOW_SPACES; i++)
        pictures += f->space[i].used && f->space[i].bps > 10000;
    double bps = (f->bandwidth.target_bps - f->besides_bps) / MAX(pictures, 1u) / 1.0636 / (1 + inflow_parity(f));
    return (unsigned)CLAMP(bps / 1000, (double)PICTURE_LEAST_KBPS, (double)PICTURE_MOST_KBPS);
}

bool inflow_full(const struct inflow *f)
{
    return f->bandwidth.queue_ms > (f->limited ? FULL_MS : STANDS_MS);
}

bool inflow_stands(const struct inflow *f, uint64_t now_us)
{
    return f->full_us && now_us - f->full_us < STANDS_US;
}

unsigned inflow_limit_kbps(const struct inflow *f)
{
    return f->limited ? share_kbps(f) : 0;
}

double inflow_bps(const struct inflow *f, double *besides_bps)
{
    *besides_bps = f->besides_bps;
    return f->limited ? f->besides_bps + (f->bandwidth.target_bps - f->besides_bps) / (1 + inflow_parity(f)) : 0;
}

static void decide(struct inflow *f, double rtt_ms, uint64_t now_us)
{
    struct bandwidth *b = &f->bandwidth;
    if (f->burst_us && now_us - f->burst_us < BURST_US)
        bandwidth_burst(b, now_us);
    bandwidth_report(b, MAX(rtt_ms, 0.0), false, now_us);
    if (b->queue_ms > STANDS_MS)
        f->full_us = now_us;
    if (b->target_bps < MOST_BPS)
        f->limited = true;
    // What comes and does not wait is borne, whatever the first moments looked like.
    if (f->limited && b->queue_ms < FLOWS_MS && now_us - b->over_us > SECOND / 2)
        b->target_bps = MAX(b->target_bps, (now_us - b->lossy_us > SECOND / 2 ? 1 : 0.95) * bandwidth_received_bps(b));
    // For long nothing was too much, and what comes is far from what may: it is not we who hold it back.
    bool calm = now_us - b->over_us > FREE_US && now_us - b->lossy_us > FREE_US;
    if (f->limited && calm && !f->held && bandwidth_received_bps(b) < 0.5 * b->target_bps)
        begin(f, now_us);
}

bool inflow_tick(struct inflow *f, double rtt_ms, uint64_t now_us)
{
    if (!f->begun || !f->any || now_us - f->reported_us < REPORT_US)
        return false;
    f->reported_us = now_us;
    f->any = false;
    measure_rates(f, now_us);
    decide(f, rtt_ms, now_us);
    unsigned kbps = inflow_limit_kbps(f), was = f->told_kbps;
    bool moved = (kbps == 0) != (was == 0) || kbps * 20 < was * 19 || kbps * 25 > was * 27;
    bool down = kbps && (!was || kbps < was);
    if (!moved || (!down && now_us - f->told_us < TELL_US))
        return false;
    f->told_kbps = kbps;
    f->told_us = now_us;
    return true;
}

// Somebody would send us a larger picture if he might.
static bool is_bound(const struct inflow *f)
{
    double pictures = 0;
    for (unsigned i = 0; i < INFLOW_SPACES; i++)
        pictures += f->space[i].used ? f->space[i].bps : 0;
    return f->held || pictures * (1 + inflow_parity(f)) > 0.9 * (f->bandwidth.target_bps - f->besides_bps);
}

// A file takes what is left as long as nothing waits, and there is no room for both: beside one a probe is made only
// when pictures are held back, on a line that has not been full for a while.
static bool may_probe(const struct inflow *f, uint64_t now_us)
{
    bool file = f->file_us && now_us - f->file_us < SECOND;
    if (!f->limited || now_us - f->bandwidth.probe_us < SECOND)
        return false;
    return !file || (is_bound(f) && now_us - f->bandwidth.over_us > FILE_PROBE_US);
}

// What a person has chosen is asked for at once if the line bears it, whatever it was thought to bear.
static bool probe_wanted(struct inflow *f, uint64_t now_us, struct bandwidth_probe *p)
{
    double bps = 1.2 * (1 + inflow_parity(f)) * f->wants_bps;
    unsigned bytes = (unsigned)CLAMP(bps * WANTED_US / 8 / SECOND, PROBE_MOST_BYTES * 1.0, WANTED_MOST_BYTES * 1.0);
    if (bps <= 0 || !bandwidth_ask_probe(&f->bandwidth, bps, bytes, now_us, p))
        return false;
    f->burst_us = now_us;
    return true;
}

bool inflow_probe(struct inflow *f, uint64_t now_us, uint32_t *kbps, uint16_t *ms)
{
    struct bandwidth_probe p;
    // One that sound waits behind for long looks like too much, and proves nothing.
    double bytes = f->bandwidth.target_bps * PROBE_US / 8 / SECOND;
    bandwidth_set_probe(&f->bandwidth, (unsigned)CLAMP(bytes, (double)PROBE_LEAST_BYTES, (double)PROBE_MOST_BYTES));
    if (!may_probe(f, now_us))
        return false;
    if (!probe_wanted(f, now_us, &p) && !bandwidth_probe(&f->bandwidth, now_us, &p))
        return false;
    *kbps = (uint32_t)(p.bps / 1000);
    *ms = (uint16_t)CLAMP(p.bytes * 8 / MAX(*kbps, 1u), 1u, 1000u);
    return true;
}
