#include "output_delay.h"

enum {
    RATE = 48000,
    WINDOW_US = 200000,
    SETTLING = 3,             // windows: a device that was just opened fills itself
    SLIP_US = 2500,           // more than clocks drift apart in a window, less than any gap one hears
    SAME_US = 2 * WINDOW_US,  // one moment lies in two windows at most
    CLOSE_US = 10000000,      // troubles within this time belong together
    TROUBLES = 2,             // so many of them and it grows: one is a moment nobody could help
    CALM_US = 30000000,       // at first
    CALM_MOST_US = 600000000, // 10 minutes
    REGRET_US = 60000000,     // trouble so soon after shrinking: that was wrong
    PAUSE_US = 1000000        // asked for nothing so long: suspended, or stopped by the sound server
};

static const unsigned block_ms[OUTPUT_DELAY_STEPS] = {5, 10, 20, 40};

void output_delay_init(struct output_delay *o)
{
    *o = (struct output_delay){.step = 1, .open_step = 1, .calm_us = CALM_US};
}

static void start(struct output_delay *o, uint64_t now_us)
{
    o->started_us = o->window_us = now_us;
    o->given = 0;
    o->windows = 0;
    o->most = INT64_MIN;
    o->least = INT64_MAX;
}

void output_delay_open(struct output_delay *o, uint64_t now_us)
{
    if (o->step < o->open_step)
        o->shrunk_us = now_us;
    o->open_step = o->step;
    o->started_us = 0;
    o->trouble_us = now_us;
    o->troubles = 0;
}

static void grow(struct output_delay *o, uint64_t now_us)
{
    if (o->step > o->open_step || o->step + 1 == OUTPUT_DELAY_STEPS) // asked for already, or as long as can be
        return;
    if (o->shrunk_us && now_us - o->shrunk_us < REGRET_US)
        o->calm_us = MIN(o->calm_us * 2, (uint64_t)CALM_MOST_US);
    o->step = o->open_step + 1;
    o->troubles = 0;
}

static void trouble(struct output_delay *o, uint64_t now_us)
{
    o->trouble_us = now_us;
    o->step = MAX(o->step, o->open_step); // not the time to shrink
    if (o->troubles > 0 && now_us - o->counted_us < SAME_US)
        return;
    o->troubles = o->troubles > 0 && now_us - o->counted_us < CLOSE_US ? o->troubles + 1 : 1;
    o->counted_us = now_us;
    if (o->troubles >= TROUBLES)
        grow(o, now_us);
}

static void calm(struct output_delay *o, uint64_t now_us)
{
    if (o->step != o->open_step || o->step == 0 || now_us - o->trouble_us < o->calm_us)
        return;
    o->step--;
}

// A window is over. True when the device stood still in it.
static bool look(struct output_delay *o, uint64_t now_us)
{
    bool first = o->windows < SETTLING, stood = !first && o->before - o->most > SLIP_US;
    int64_t block_us = block_ms[o->open_step] * 1000;
    o->windows += first;
    // It was empty or next to it. A quarter more, for devices that ask by a clock nearly as long as a block.
    bool nearly = !first && o->most - o->least > block_us * 5 / 4;
    if (stood)
        o->underruns++;
    if (stood || nearly)
        trouble(o, now_us);
    else
        calm(o, now_us);
    o->before = o->most;
    o->most = INT64_MIN;
    o->least = INT64_MAX;
    o->window_us = now_us;
    return stood;
}

bool output_delay_asked(struct output_delay *o, size_t samples, uint64_t now_us)
{
    if (o->started_us == 0 || now_us - o->window_us > PAUSE_US)
        start(o, now_us);
    bool stood = now_us - o->window_us >= WINDOW_US && look(o, now_us);
    int64_t ahead = (int64_t)(o->given * 1000000 / RATE) - (int64_t)(now_us - o->started_us);
    o->most = MAX(o->most, ahead);
    o->least = MIN(o->least, ahead);
    o->given += samples;
    return stood;
}

int output_delay_change(const struct output_delay *o)
{
    return (int)o->step - (int)o->open_step;
}

unsigned output_delay_samples(const struct output_delay *o)
{
    return block_ms[o->step] * (RATE / 1000);
}
