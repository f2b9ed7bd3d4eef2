#include "audio_jitter.h"

#include "client/audio_block.h"
#include "lip_sync.h"
#include "stretch.h"

#include <math.h>
#include <string.h>

enum {
    MINIMUM_BUCKET_US = 250000,
    LATEST_BUCKET_US = 500000,
    FAR_US = 2000000,       // a clock that jumps so far is a new clock
    BACK_SAMPLES = 48000,   // as is a packet so much older than what is played
    GAP_SAMPLES = 12000,    // a hole longer than 250 ms is not concealed but skipped
    CONCEAL_SAMPLES = 4800, // concealment has faded to silence by then
    STALLED_MOST = 96000,   // a longer wait counts as this
    BLOCK_US = 10000,
    MARGIN_US = 100000,
    LOST_MOST = 1000,         // packets at once; more is a number that went back, or a new stream
    STRETCH_EVERY_US = 60000, // at most one splice in this time, but in silence,
    HURRY_US = 300000,        // and where what was due was not there so short a time ago
    ABOVE_US = 6000,          // more delay than the target and this is taken out,
    ABOVE_MOST_US = 30000,    // or this, where that goes to and fro,
    ABOVE_STEP_US = 4000,
    TURN_US = 5000000,       // within so long,
    BAND_CALM_US = 10000000, // and less again without
    FAR_ABOVE_US = 60000,    // and this without much care
    FLOOR_FIRST_US = 20000,
    FLOOR_MOST_US = 40000,
    FLOOR_STEP_US = 10000,
    FLOOR_CALM_US = 3000000, // without a wait, and the floor goes a step down
    REPAIRED_US = 125000     // repairs are waited for at most so long
};
#define BEHIND_SHARE   0.01          // when more packets than this come after a later one, losses are being repaired,
#define FORGET         (0.005 / 960) // of what was learned, with each sample that comes: half of it in 3 s
#define LOSING_SHARE   0.01
#define REPAIRED_SHARE 0.992 // and the delay is to cover this share instead of 95 %

void audio_jitter_init(struct audio_jitter *j)
{
    *j = (struct audio_jitter){
        .target_us = FLOOR_FIRST_US, .floor_us = FLOOR_FIRST_US, .packet_samples = 960, .band_us = ABOVE_US};
    for (size_t i = 0; i < ARRAY_LEN(j->minimum); i++)
        j->minimum[i] = INT64_MAX;
}

static int64_t ts_us(const struct audio_jitter *j, uint32_t ts)
{
    return j->base_us + (int64_t)(int32_t)(ts - j->base_ts) * 1000 / 48;
}

static int64_t least(const struct audio_jitter *j)
{
    int64_t v = INT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(j->minimum); i++)
        v = MIN(v, j->minimum[i]);
    return v;
}

static void forget_clock(struct audio_jitter *j)
{
    for (size_t i = 0; i < ARRAY_LEN(j->minimum); i++)
        j->minimum[i] = INT64_MAX;
    j->delay_known = false;
}

// Buckets of one length of time each, the oldest of which makes room for the next: empties those that are due. A long
// silence empties them all.
static void roll(int64_t *buckets, size_t count, unsigned *at, uint64_t *since_us, uint64_t length_us, int64_t empty,
                 uint64_t now_us)
{
    for (size_t i = 0; i < count && now_us - *since_us >= length_us; i++) {
        *at = (*at + 1) % (unsigned)count;
        buckets[*at] = empty;
        *since_us += length_us;
    }
    if (now_us - *since_us >= length_us)
        *since_us = now_us;
}

// How much later than the fastest of the last 2 s this packet came.
static int64_t measure(struct audio_jitter *j, uint32_t ts, uint64_t now_us)
{
    int64_t above = (int64_t)now_us - ts_us(j, ts), before = least(j);
    if (before != INT64_MAX && (above - before > FAR_US || before - above > FAR_US))
        forget_clock(j);
    roll(j->minimum, ARRAY_LEN(j->minimum), &j->minimum_at, &j->minimum_since_us, MINIMUM_BUCKET_US, INT64_MAX, now_us);
    j->minimum[j->minimum_at] = MIN(j->minimum[j->minimum_at], above);
    return above - least(j);
}

// How late packets of the last 4 s came at most.
static int64_t latest(struct audio_jitter *j, int64_t late_us, uint64_t now_us)
{
    int64_t most = 0;
    roll(j->latest, ARRAY_LEN(j->latest), &j->latest_at, &j->latest_since_us, LATEST_BUCKET_US, 0, now_us);
    j->latest[j->latest_at] = MAX(j->latest[j->latest_at], late_us);
    for (size_t i = 0; i < ARRAY_LEN(j->latest); i++)
        most = MAX(most, j->latest[i]);
    return most;
}

static void learn(struct audio_jitter *j, int64_t late_us, uint32_t samples, uint64_t now_us)
{
    // The first hundred weigh alike, later ones fade.
    double forget = j->learned < 100 ? (double)j->learned / (j->learned + 1) : 1 - FORGET * samples, sum = 0;
    size_t bucket = (size_t)CLAMP(late_us / AUDIO_JITTER_BUCKET_US, 0, AUDIO_JITTER_BUCKETS - 1);
    j->learned += j->learned < 100;
    for (size_t i = 0; i < AUDIO_JITTER_BUCKETS; i++)
        j->histogram[i] *= forget;
    j->histogram[bucket] += 1 - forget;
    size_t at = 0, repaired = 0;
    while (at + 1 < AUDIO_JITTER_BUCKETS && (sum += j->histogram[at]) < 0.95)
        at++;
    // Repaired packets are worth waiting for, but not for ever.
    for (repaired = at; repaired + 1 < AUDIO_JITTER_BUCKETS && sum < REPAIRED_SHARE; repaired++)
        sum += j->histogram[repaired + 1];
    if (j->behind > BEHIND_SHARE)
        at = MAX(at, MIN(repaired, (size_t)REPAIRED_US / AUDIO_JITTER_BUCKET_US));
    // What is over is not waited for any more, however bad it was.
    size_t over = (size_t)(latest(j, late_us, now_us) / AUDIO_JITTER_BUCKET_US);
    at = MIN(at, over);
    j->figures.jitter_ms = (double)at * AUDIO_JITTER_BUCKET_US / 1000;
    // Where packets get lost the one that carries a copy has to be there in time.
    double floor_us =
        j->losing > LOSING_SHARE ? MAX(j->floor_us, samples * 1000.0 / 48 + AUDIO_JITTER_BUCKET_US) : j->floor_us;
    j->target_us = CLAMP((double)(at + 1) * AUDIO_JITTER_BUCKET_US, floor_us, AUDIO_JITTER_MAX_US);
}

static struct audio_jitter_packet take_first(struct audio_jitter *j)
{
    struct audio_jitter_packet first = j->packets[0];
    j->count--;
    memmove(j->packets, j->packets + 1, j->count * sizeof *j->packets);
    return first;
}

// The same again, or what its sender has counted wrongly: playing it would go back in time.
static bool overlaps(const struct audio_jitter *j, size_t at, const struct audio_jitter_packet *packet)
{
    const struct audio_jitter_packet *before = at > 0 ? &j->packets[at - 1] : NULL;
    const struct audio_jitter_packet *after = at < j->count ? &j->packets[at] : NULL;
    return (before && (int32_t)(before->ts + before->samples - packet->ts) > 0) ||
           (after && (int32_t)(packet->ts + packet->samples - after->ts) > 0);
}

bool audio_jitter_push(struct audio_jitter *j, const struct audio_jitter_packet *packet, uint64_t now_us,
                       struct audio_jitter_packet *back)
{
    j->figures.received++;
    if (!j->started) {
        j->started = true;
        j->base_ts = packet->ts;
        j->minimum_since_us = j->latest_since_us = j->calm_from_us = now_us;
    }
    int64_t base_us = ts_us(j, packet->ts);
    j->base_us = base_us;
    j->base_ts = packet->ts;
    int32_t ahead = (int32_t)(packet->number - j->newest_number);
    bool first = j->figures.received == 1;
    bool repaired = packet->copy || (!first && ahead < 0 && ahead > -AUDIO_JITTER_PACKETS);
    j->behind += (repaired - j->behind) / 128;
    if (first || ahead > 0 || ahead < -AUDIO_JITTER_PACKETS)
        j->newest_number = packet->number;
    learn(j, measure(j, packet->ts, now_us), packet->samples, now_us);
    int32_t behind = (int32_t)(j->next_ts - packet->ts);
    if (j->playing && behind > BACK_SAMPLES) // the sender began anew
        j->playing = j->in_loss = false;
    if (j->playing && behind > 0) {
        j->figures.late++;
        *back = *packet;
        return true;
    }
    size_t at = j->count;
    while (at > 0 && (int32_t)(j->packets[at - 1].ts - packet->ts) > 0)
        at--;
    if (overlaps(j, at, packet)) {
        j->figures.duplicates++;
        *back = *packet;
        return true;
    }
    bool full = j->count == AUDIO_JITTER_PACKETS;
    if (full) {
        j->figures.evicted++;
        if (at == 0) {
            *back = *packet;
            return true;
        }
        *back = take_first(j);
        at--;
    }
    memmove(j->packets + at + 1, j->packets + at, (j->count - at) * sizeof *j->packets);
    j->packets[at] = *packet;
    j->count++;
    return full;
}

// The delay at which the sample with this timestamp would be played now: over the fastest arrival.
static double delay_of(const struct audio_jitter *j, uint32_t ts, uint64_t now_us, uint32_t decoded)
{
    int64_t base = least(j);
    if (base == INT64_MAX)
        return 0;
    return (double)((int64_t)now_us - base - ts_us(j, ts)) + decoded * 1000.0 / 48;
}

static void conceal(struct audio_jitter *j, uint32_t samples, struct audio_jitter_step *step)
{
    step->kind = AUDIO_JITTER_CONCEAL;
    step->samples = samples;
    j->concealed_run += samples;
}

static void count_concealed(struct audio_jitter *j, uint32_t samples)
{
    j->figures.played += samples;
    j->figures.concealed += samples;
}

static void count_fec(struct audio_jitter *j, uint32_t samples)
{
    j->figures.played += samples;
    j->figures.fec += samples;
}

// Nothing can be played now: fade what was heard last, then be silent.
static void wait_step(struct audio_jitter *j, struct audio_jitter_step *step)
{
    if (j->heard && j->concealed_run < CONCEAL_SAMPLES) {
        conceal(j, AUDIO_BLOCK, step); // Opus makes up speech in whole 10 ms only
        j->held += step->samples;
        return;
    }
    step->kind = AUDIO_JITTER_SILENCE;
    j->stalled = MIN(j->stalled + j->held + (j->playing || j->stalled ? step->samples : 0), (uint32_t)STALLED_MOST);
    j->playing = j->heard = false;
    j->held = 0;
}

// How long before its time a packet has to be there: the least over a while, because devices ask in bursts.
static void measure_margin(struct audio_jitter *j, double margin_us, uint64_t now_us)
{
    if (!j->low_known) {
        j->low_us = margin_us;
        j->low_since_us = now_us;
        j->low_known = true;
    }
    j->low_us = MIN(j->low_us, margin_us);
    if (now_us - j->low_since_us < MARGIN_US)
        return;
    j->margin_us = j->low_us;
    j->margin_known = true;
    j->low_known = false;
}

static double wanted_us(const struct audio_jitter *j)
{
    return j->target_us + j->hold_us;
}

static void choose_stretch(struct audio_jitter *j, uint64_t now_us, struct audio_jitter_step *step)
{
    // It had to wait just now: the way gets longer, and what is put in need not be made up.
    if (j->waited_us && now_us - j->waited_us < HURRY_US) {
        step->stretch = j->count == 0;
        step->like = STRETCH_LIKE;
        step->most = STRETCH_PERIOD_MAX;
        return;
    }
    // Jitter is spread, and half of the delay covers most of it. Repairs all take the same time.
    double above_us = j->margin_us - wanted_us(j),
           least_us = j->hold_us + (j->behind > BEHIND_SHARE ? j->target_us : j->target_us / 2);
    if (now_us - j->turned_us > BAND_CALM_US) {
        j->band_us = (j->band_us + ABOVE_US) / 2;
        j->turned_us = now_us;
    }
    if (!j->margin_known)
        return;
    // With nothing behind it there is no delay to take out, whatever the fastest packet of before says.
    bool far = above_us > FAR_ABOVE_US;
    if (above_us > j->band_us && !(far && j->count == 0))
        step->stretch = -1;
    else if (j->margin_us < least_us)
        step->stretch = 1;
    bool often = now_us - j->stretched_us < STRETCH_EVERY_US;
    step->like = far ? STRETCH_HURRY : often ? STRETCH_QUIET : STRETCH_LIKE;
    // The margin goes by the 10 ms blocks of the device: of more than one of them there must be too much.
    step->most = far ? STRETCH_PERIOD_MAX : AUDIO_BLOCK;
}

// What was waited for has come too late: a loudspeaker that asks unevenly needs more than the packets alone.
static void learn_floor(struct audio_jitter *j, uint64_t now_us)
{
    if (j->held > 0) {
        j->figures.waits++;
        j->waited_us = now_us;
        j->floor_us = MIN(j->floor_us + FLOOR_STEP_US, (double)FLOOR_MOST_US);
    } else if (now_us - j->calm_from_us < FLOOR_CALM_US) {
        return;
    } else {
        j->floor_us = MAX(j->floor_us - FLOOR_STEP_US, (double)AUDIO_JITTER_MIN_US);
    }
    j->calm_from_us = now_us;
}

static void packet_step(struct audio_jitter *j, uint64_t now_us, uint32_t decoded, struct audio_jitter_step *step)
{
    double delay_us = delay_of(j, j->packets[0].ts, now_us, decoded);
    j->delay_us = j->delay_known ? j->delay_us + (delay_us - j->delay_us) / 8 : delay_us;
    j->delay_known = true;
    j->figures.delay_ms = j->delay_us / 1000;
    measure_margin(j, delay_us - decoded * 1000.0 / 48, now_us);
    step->kind = AUDIO_JITTER_PACKET;
    step->packet = take_first(j);
    step->samples = step->packet.samples;
    learn_floor(j, now_us);
    choose_stretch(j, now_us, step);
    j->next_ts = step->packet.ts + step->packet.samples;
    j->next_number = step->packet.number + 1;
    j->packet_samples = step->packet.samples;
    j->figures.played += step->samples;
    j->figures.copies += step->packet.copy ? step->samples : 0;
    j->losing -= j->losing / 128;
    count_concealed(j, j->held); // it was waited for, so the sender was not silent
    j->held = j->concealed_run = 0;
    j->in_loss = false;
    j->heard = true;
}

// Packets are missing before the first one there is, and it is time for them.
static void loss_step(struct audio_jitter *j, struct audio_jitter_step *step)
{
    uint32_t gap = j->packets[0].ts - j->next_ts;
    step->samples = gap;
    if (gap <= j->packets[0].samples && j->packets[0].fec) { // the last of them
        step->kind = AUDIO_JITTER_FEC;
        step->packet = j->packets[0];
        j->concealed_run = 0;
        count_fec(j, gap);
    } else {
        uint32_t left = gap > j->packets[0].samples ? gap - j->packets[0].samples : gap;
        conceal(j, MIN(left, j->packet_samples), step);
        count_concealed(j, step->samples);
    }
    j->next_ts += step->samples;
}

// A packet is there but not the one that follows what was played. Find out whether the sender was silent or packets
// were lost.
static void judge_gap(struct audio_jitter *j)
{
    uint32_t gap = j->packets[0].ts - j->next_ts, missing = j->packets[0].number - j->next_number;
    j->figures.lost += missing < LOST_MOST ? missing : 0;
    if (missing == 0 || gap > GAP_SAMPLES) { // silence, or a hole too long to fill: a new talk spurt
        if (missing < LOST_MOST)
            j->next_number = j->packets[0].number; // counted
        j->playing = false;
        j->held = 0;
        return;
    }
    j->losing += (1 - j->losing) / 128;
    j->in_loss = true;
    // What was made up while waiting stands for what is now known to be lost.
    uint32_t stood = MIN(j->held, gap);
    j->next_ts += stood;
    count_concealed(j, stood);
    j->held = 0;
}

static void begin_spurt(struct audio_jitter *j)
{
    // What goes on where it stopped was no silence of the sender's, nor is what numbers are missing of.
    uint32_t missing = j->packets[0].number - j->next_number;
    if (missing == 0 && j->packets[0].ts == j->next_ts)
        count_concealed(j, j->stalled);
    if (missing > 0 && missing < LOST_MOST && j->stalled > 0) {
        j->figures.lost += missing;
        count_concealed(j, MIN(j->stalled, missing * j->packet_samples));
    }
    j->stalled = 0;
    j->playing = true;
    j->in_loss = false;
    j->delay_known = j->low_known = j->margin_known = false;
    j->held = 0;
    j->next_ts = j->packets[0].ts;
    j->next_number = j->packets[0].number;
}

// What lay here while no loudspeaker was open is not played late: a spurt begins with what is still new.
static bool is_stale(const struct audio_jitter *j, uint64_t now_us, uint32_t decoded)
{
    return j->count > 1 && !j->playing && delay_of(j, j->packets[1].ts, now_us, decoded) > wanted_us(j) + FAR_ABOVE_US;
}

void audio_jitter_set_hold(struct audio_jitter *j, uint32_t hold_us)
{
    j->hold_us = MIN(hold_us, (uint32_t)LIP_SYNC_PATIENT_MAX_US);
}

void audio_jitter_pull(struct audio_jitter *j, uint64_t now_us, uint32_t decoded, struct audio_jitter_step *step)
{
    *step = (struct audio_jitter_step){.samples = AUDIO_BLOCK};
    j->figures.target_ms = wanted_us(j) / 1000;
    if (j->count > 0 && j->playing && j->packets[0].ts != j->next_ts && !j->in_loss)
        judge_gap(j);
    if (is_stale(j, now_us, decoded)) {
        *step = (struct audio_jitter_step){.kind = AUDIO_JITTER_SKIP, .packet = take_first(j)};
        j->figures.evicted++;
        return;
    }
    if (j->count > 0 && !j->playing && delay_of(j, j->packets[0].ts, now_us, decoded) >= wanted_us(j))
        begin_spurt(j);
    if (j->count == 0 || !j->playing)
        wait_step(j, step);
    else if (j->packets[0].ts == j->next_ts)
        packet_step(j, now_us, decoded, step);
    else
        loss_step(j, step);
}

// A device that takes several blocks at once makes the margin jump by all of them: what has been taken out must not
// have to be put in again, and so on for ever.
static void learn_band(struct audio_jitter *j, int way, uint64_t now_us)
{
    bool steady = fabs(wanted_us(j) - j->stretched_for_us) < BLOCK_US;
    bool turned = steady && way == -j->stretched && now_us - j->stretched_us < TURN_US;
    if (turned) {
        j->band_us = MIN(j->band_us + ABOVE_STEP_US, (double)ABOVE_MOST_US);
        j->turned_us = now_us;
    }
    j->stretched = way;
    j->stretched_for_us = wanted_us(j);
}

void audio_jitter_stretched(struct audio_jitter *j, int samples, uint64_t now_us)
{
    learn_band(j, samples > 0 ? 1 : -1, now_us);
    j->stretched_us = now_us;
    j->delay_us += samples * 1000.0 / 48;
    j->margin_us += samples * 1000.0 / 48;
    j->margin_known = j->margin_us - wanted_us(j) > j->band_us + BLOCK_US; // else it is to be measured first
    j->low_known = false;
    if (samples > 0)
        j->figures.put_in += (uint64_t)samples;
    else
        j->figures.taken_out += (uint64_t)-samples;
}

bool audio_jitter_drain(struct audio_jitter *j, struct audio_jitter_packet *back)
{
    if (j->count == 0)
        return false;
    *back = take_first(j);
    return true;
}

void audio_jitter_get_figures(const struct audio_jitter *j, struct audio_jitter_figures *out)
{
    *out = j->figures;
}
