#include "record_clock.h"

enum {
    STEP_US = 200000,   // more than that is another clock
    FOLLOW_US = 5000,   // at most so far each time he tells it
    FOLLOW = 4,         // a fourth of the difference
    LATE_US = 10000000, // a packet that is older than that when it comes, or
    EARLY_US = 1000000  // younger than now, has a timestamp that nobody can mean
};

static uint64_t place(const struct record_clock *c, uint32_t ts)
{
    int64_t since = (int64_t)(int32_t)(ts - c->ts) * 1000000 / c->rate;
    return since < 0 && (uint64_t)-since > c->at_us ? 0 : c->at_us + (uint64_t)since;
}

static bool means_it(uint64_t at_us, uint64_t now_us)
{
    return at_us <= now_us + EARLY_US && at_us + LATE_US >= now_us;
}

void record_clock_init(struct record_clock *c, unsigned rate)
{
    *c = (struct record_clock){.rate = rate};
}

void record_clock_told(struct record_clock *c, uint32_t ts, uint64_t local_us, uint64_t now_us)
{
    if (!means_it(local_us, now_us))
        return;
    uint64_t expected = c->any ? place(c, ts) : 0;
    int64_t off = (int64_t)(local_us - expected);
    if (c->told && off > -STEP_US && off < STEP_US)
        local_us = expected + (uint64_t)(int64_t)CLAMP(off / FOLLOW, -FOLLOW_US, FOLLOW_US);
    record_clock_set(c, ts, local_us);
}

void record_clock_set(struct record_clock *c, uint32_t ts, uint64_t at_us)
{
    c->ts = ts;
    c->at_us = at_us;
    c->any = c->told = true;
}

uint64_t record_clock_again(const struct record_clock *c, uint32_t ts, uint64_t at_us)
{
    uint64_t at = c->told ? place(c, ts) : at_us;
    return means_it(at, at_us) ? at : at_us;
}

uint64_t record_clock_when(struct record_clock *c, uint32_t ts, uint64_t now_us)
{
    uint64_t at = c->any ? place(c, ts) : 0;
    if (c->any && means_it(at, now_us))
        return at;
    c->ts = ts;
    c->at_us = now_us;
    c->any = true;
    c->told = false;
    return now_us;
}
