#include "meter.h"

unsigned meter_step_of(float level)
{
    static const float from[METER_STEPS] = {0.004f, 0.015f, 0.045f, 0.12f, 0.4f}; // about 10 dB each
    unsigned step = 0;
    while (step < METER_STEPS && level >= from[step])
        step++;
    return step;
}

void meter_feed(struct meter *m, float level, uint64_t now_us)
{
    unsigned wanted = meter_step_of(level);
    uint64_t since = now_us - m->at_us;
    if (wanted == m->step || since < (wanted > m->step ? METER_RISE_US : METER_FALL_US))
        return;
    m->step = wanted > m->step ? wanted : m->step - 1;
    m->at_us = now_us;
}
