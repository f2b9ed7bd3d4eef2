#include "playout.h"

#include "lip_sync.h"

enum { BUCKET_US = 1000000, DOWN_US = 2000, DECAY_US = 5000000 };

void playout_init(struct playout *p)
{
    *p = (struct playout){.interval_us = 1000000.0 / 30};
}

void playout_set_room(struct playout *p, uint32_t room_us)
{
    p->room_us = MIN(room_us, (uint32_t)PLAYOUT_ROOM_MAX_US);
}

void playout_set_hold(struct playout *p, uint32_t hold_us)
{
    p->hold_us = MIN(hold_us, (uint32_t)LIP_SYNC_HOLD_MAX_US);
}

static int64_t minimum_of(const struct playout *p)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < PLAYOUT_BUCKETS; i++)
        least = MIN(least, p->minimum[i]);
    return least;
}

static void restart(struct playout *p, uint32_t ts, uint64_t arrived_us)
{
    p->started = true;
    p->last_ts = ts;
    p->ts_us = 0;
    for (size_t i = 0; i < PLAYOUT_BUCKETS; i++)
        p->minimum[i] = INT64_MAX;
    p->bucket_since_us = arrived_us;
    p->jitter_us = 0;
    for (size_t i = 0; i < PLAYOUT_LATE_BINS; i++)
        p->late[i] = 0;
    p->delay_us = INT64_MIN; // the first one is shown when it is there
}

static void note_minimum(struct playout *p, int64_t above, uint64_t arrived_us)
{
    for (unsigned i = 0; i < PLAYOUT_BUCKETS && arrived_us - p->bucket_since_us >= BUCKET_US; i++) {
        p->bucket = (p->bucket + 1) % PLAYOUT_BUCKETS;
        p->minimum[p->bucket] = INT64_MAX;
        p->bucket_since_us += BUCKET_US;
    }
    if (arrived_us - p->bucket_since_us >= BUCKET_US)
        p->bucket_since_us = arrived_us;
    p->minimum[p->bucket] = MIN(p->minimum[p->bucket], above);
}

// The minimum moved by some milliseconds: what was learned is counted from the new one, or a longer route would pass
// for jitter long after it has become the usual one.
static void rebase(struct playout *p, int64_t minimum)
{
    int64_t shift = CLAMP((minimum - p->late_base) / 1000, -PLAYOUT_LATE_BINS, PLAYOUT_LATE_BINS);
    if (shift == 0)
        return;
    float moved[PLAYOUT_LATE_BINS] = {0};
    for (int64_t i = 0; i < PLAYOUT_LATE_BINS; i++)
        moved[CLAMP(i - shift, 0, PLAYOUT_LATE_BINS - 1)] += p->late[i];
    for (size_t i = 0; i < PLAYOUT_LATE_BINS; i++)
        p->late[i] = moved[i];
    bool far = shift == PLAYOUT_LATE_BINS || shift == -PLAYOUT_LATE_BINS;
    p->late_base = far ? minimum : p->late_base + shift * 1000;
}

// Count a lateness and return the 95th percentile, us. Old ones fade by time, not by frames, so that a slow stream
// forgets as fast as a quick one.
static double learn(struct playout *p, int64_t late_us, double step_us)
{
    float keep = (float)(1.0 - MIN(1.0, step_us / DECAY_US)), sum = 1;
    for (size_t i = 0; i < PLAYOUT_LATE_BINS; i++) {
        p->late[i] *= keep;
        sum += p->late[i];
    }
    p->late[CLAMP(late_us / 1000, 0, PLAYOUT_LATE_BINS - 1)] += 1;
    float above = sum;
    for (size_t i = 0; i < PLAYOUT_LATE_BINS; i++) {
        above -= p->late[i];
        if (above <= sum * 0.05f)
            return (double)i * 1000;
    }
    return (PLAYOUT_LATE_BINS - 1) * 1000.0;
}

uint64_t playout_due(struct playout *p, uint32_t ts, uint64_t arrived_us)
{
    int32_t ticks = (int32_t)(ts - p->last_ts);
    // Ten seconds either way is another stream, not a late frame.
    if (!p->started || ticks > 900000 || ticks < -900000)
        restart(p, ts, arrived_us);
    else
        p->ts_us += (int64_t)ticks * 100 / 9;
    double step = (int32_t)(ts - p->last_ts) / 0.09;
    p->last_ts = ts;
    if (step > 5000 && step < 500000)
        p->interval_us += (step - p->interval_us) / 8;

    int64_t above = (int64_t)arrived_us - p->ts_us;
    note_minimum(p, above, arrived_us);
    int64_t least = minimum_of(p);
    rebase(p, least);
    p->jitter_us = learn(p, above - least, step > 0 ? step : p->interval_us);

    // The whole delay moves gently, not what is above the minimum: when that jumps, what is above it has jumped back.
    int64_t offset = MIN(MAX((int64_t)p->jitter_us, p->room_us), (int64_t)PLAYOUT_DELAY_MAX_US) + p->hold_us;
    int64_t wanted = least + offset, down = p->delay_us == INT64_MIN ? wanted : p->delay_us - DOWN_US;
    // By more than it ever is above the minimum: the clocks have moved (a machine that slept), and nothing is smoothed.
    bool moved = p->delay_us != INT64_MIN && p->delay_us - wanted > PLAYOUT_DELAY_MAX_US;
    p->delay_us = moved ? wanted : MAX(wanted, down);
    p->offset_us = p->delay_us - p->hold_us - least;
    int64_t due = p->ts_us + p->delay_us;
    return due > 0 ? (uint64_t)due : 0;
}

int64_t playout_offset_us(const struct playout *p)
{
    return p->offset_us;
}

double playout_interval_us(const struct playout *p)
{
    return p->interval_us;
}
