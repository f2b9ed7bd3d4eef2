#include "audio_jitter.h"

#include <string.h>

enum {
    MINIMUM_BUCKET_US = 250000,
    FAR_US = 2000000,       // a clock that jumps so far is a new clock
    BACK_SAMPLES = 48000,   // as is a packet so much older than what is played
    GAP_SAMPLES = 12000,    // a hole longer than 250 ms is not concealed but skipped
    CONCEAL_SAMPLES = 4800, // concealment has faded to silence by then
    PULL_SAMPLES = 480,
    STRETCH_EVERY_US = 60000, // at most one splice in this time
    ABOVE_US = 20000,         // more delay than the target and this: hurry
    REPAIRED_US = 150000      // repairs are waited for at most so long
};
#define BEHIND_SHARE   0.01  // when more packets than this come after a later one, losses are being repaired,
#define REPAIRED_SHARE 0.975 // and the delay is to cover this share instead of 95 %

void audio_jitter_init(struct audio_jitter *j)
{
    *j = (struct audio_jitter){.target_us = AUDIO_JITTER_MIN_US, .packet_samples = 960};
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

// How much later than the fastest of the last 2 s this packet came.
static int64_t measure(struct audio_jitter *j, uint32_t ts, uint64_t now_us)
{
    int64_t above = (int64_t)now_us - ts_us(j, ts), before = least(j);
    if (before != INT64_MAX && (above - before > FAR_US || before - above > FAR_US))
        forget_clock(j);
    for (size_t i = 0; i < ARRAY_LEN(j->minimum) && now_us - j->minimum_since_us >= MINIMUM_BUCKET_US; i++) {
        j->minimum_at = (j->minimum_at + 1) % ARRAY_LEN(j->minimum);
        j->minimum[j->minimum_at] = INT64_MAX;
        j->minimum_since_us += MINIMUM_BUCKET_US;
    }
    if (now_us - j->minimum_since_us >= MINIMUM_BUCKET_US) // a long silence
        j->minimum_since_us = now_us;
    j->minimum[j->minimum_at] = MIN(j->minimum[j->minimum_at], above);
    return above - least(j);
}

static void learn(struct audio_jitter *j, int64_t late_us)
{
    // The first hundred weigh alike, later ones fade.
    double forget = j->learned < 100 ? (double)j->learned / (j->learned + 1) : 0.998, sum = 0;
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
    j->figures.jitter_ms = (double)at * AUDIO_JITTER_BUCKET_US / 1000;
    j->target_us = CLAMP((double)(at + 1) * AUDIO_JITTER_BUCKET_US, AUDIO_JITTER_MIN_US, AUDIO_JITTER_MAX_US);
}

static struct audio_jitter_packet take_first(struct audio_jitter *j)
{
    struct audio_jitter_packet first = j->packets[0];
    j->count--;
    memmove(j->packets, j->packets + 1, j->count * sizeof *j->packets);
    return first;
}

bool audio_jitter_push(struct audio_jitter *j, const struct audio_jitter_packet *packet, uint64_t now_us,
                       struct audio_jitter_packet *back)
{
    j->figures.received++;
    if (!j->started) {
        j->started = true;
        j->base_ts = packet->ts;
        j->minimum_since_us = now_us;
    }
    int64_t base_us = ts_us(j, packet->ts);
    j->base_us = base_us;
    j->base_ts = packet->ts;
    int32_t ahead = (int32_t)(packet->number - j->newest_number);
    bool first = j->figures.received == 1;
    j->behind += ((!first && ahead < 0 && ahead > -AUDIO_JITTER_PACKETS) - j->behind) / 128;
    if (first || ahead > 0 || ahead < -AUDIO_JITTER_PACKETS)
        j->newest_number = packet->number;
    learn(j, measure(j, packet->ts, now_us));
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
    if (at > 0 && j->packets[at - 1].ts == packet->ts) {
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

// Nothing can be played now: fade what was heard last, then be silent.
static void wait_step(struct audio_jitter *j, struct audio_jitter_step *step)
{
    if (j->heard && j->concealed_run < CONCEAL_SAMPLES) {
        conceal(j, PULL_SAMPLES, step);
        j->held += PULL_SAMPLES;
        return;
    }
    step->kind = AUDIO_JITTER_SILENCE;
    j->playing = j->heard = false;
    j->held = 0;
}

static int choose_stretch(struct audio_jitter *j, double delay_us, uint64_t now_us)
{
    // Devices ask in bursts, so the delay is smoothed before it is believed.
    j->delay_us = j->delay_known ? j->delay_us + (delay_us - j->delay_us) / 8 : delay_us;
    j->delay_known = true;
    j->figures.delay_ms = j->delay_us / 1000;
    if (now_us - j->stretched_us < STRETCH_EVERY_US)
        return 0;
    if (j->delay_us > j->target_us + ABOVE_US)
        return -1;
    // Jitter is spread, and half of the delay covers most of it. Repairs all take the same time.
    double least_us = j->behind > BEHIND_SHARE ? j->target_us : j->target_us / 2;
    return j->delay_us < least_us ? 1 : 0;
}

static void packet_step(struct audio_jitter *j, uint64_t now_us, uint32_t decoded, struct audio_jitter_step *step)
{
    double delay_us = delay_of(j, j->packets[0].ts, now_us, decoded);
    step->kind = AUDIO_JITTER_PACKET;
    step->packet = take_first(j);
    step->samples = step->packet.samples;
    step->fresh = j->fresh;
    step->stretch = choose_stretch(j, delay_us, now_us);
    j->next_ts = step->packet.ts + step->packet.samples;
    j->next_number = step->packet.number + 1;
    j->packet_samples = step->packet.samples;
    j->figures.played += step->samples;
    count_concealed(j, j->held); // it was waited for, so the sender was not silent
    j->held = j->concealed_run = 0;
    j->fresh = j->in_loss = false;
    j->heard = true;
}

// Packets are missing before the first one there is, and it is time for them.
static void loss_step(struct audio_jitter *j, struct audio_jitter_step *step)
{
    uint32_t gap = j->packets[0].ts - j->next_ts;
    step->samples = gap;
    if (gap <= j->packets[0].samples) { // the last of them: the packet after it may carry a copy
        step->kind = AUDIO_JITTER_FEC;
        step->packet = j->packets[0];
        j->concealed_run = 0;
    } else {
        conceal(j, MIN(gap - j->packets[0].samples, j->packet_samples), step);
    }
    j->next_ts += step->samples;
    count_concealed(j, step->samples);
}

// A packet is there but not the one that follows what was played. Find out whether the sender was silent or packets
// were lost.
static void judge_gap(struct audio_jitter *j)
{
    uint32_t gap = j->packets[0].ts - j->next_ts, missing = j->packets[0].number - j->next_number;
    if (missing == 0 || gap > GAP_SAMPLES) { // silence, or a hole too long to fill: a new talk spurt
        j->figures.lost += missing < 1000 ? missing : 0;
        j->playing = false;
        j->held = 0;
        return;
    }
    j->figures.lost += missing;
    j->in_loss = true;
    // What was made up while waiting stands for what is now known to be lost.
    uint32_t stood = MIN(j->held, gap);
    j->next_ts += stood;
    count_concealed(j, stood);
    j->held = 0;
}

static void begin_spurt(struct audio_jitter *j)
{
    j->playing = true;
    j->fresh = true;
    j->in_loss = false;
    j->delay_known = false;
    j->held = 0;
    j->next_ts = j->packets[0].ts;
    j->next_number = j->packets[0].number;
}

void audio_jitter_pull(struct audio_jitter *j, uint64_t now_us, uint32_t decoded, struct audio_jitter_step *step)
{
    *step = (struct audio_jitter_step){.samples = PULL_SAMPLES};
    j->figures.target_ms = j->target_us / 1000;
    if (j->count > 0 && j->playing && j->packets[0].ts != j->next_ts && !j->in_loss)
        judge_gap(j);
    if (j->count > 0 && !j->playing && delay_of(j, j->packets[0].ts, now_us, decoded) >= j->target_us)
        begin_spurt(j);
    if (j->count == 0 || !j->playing)
        wait_step(j, step);
    else if (j->packets[0].ts == j->next_ts)
        packet_step(j, now_us, decoded, step);
    else
        loss_step(j, step);
}

void audio_jitter_stretched(struct audio_jitter *j, int samples, uint64_t now_us)
{
    j->stretched_us = now_us;
    j->delay_us += samples * 1000.0 / 48;
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
