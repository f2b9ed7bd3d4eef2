#include "sample_clock.h"

#include <math.h>

enum { SMOOTH = 480000 }; // samples, 10 s: a card that is off by 100 in a million is told 1 ms late

static void begin(struct sample_clock *c, uint32_t captured)
{
    *c = (struct sample_clock){.started = true, .next = captured};
}

bool sample_clock_gap(struct sample_clock *c, uint32_t captured, size_t count)
{
    if (!c->started) {
        begin(c, captured);
        return true;
    }
    double off = (double)(int32_t)(captured - c->next) - c->ahead;
    if (fabs(off) > 1 << 30) { // of no use to add up: as new
        begin(c, captured);
        return true;
    }
    if (fabs(off) > SAMPLE_CLOCK_GAP) { // what the card has drifted so far stays told
        c->next += (uint32_t)(int32_t)lrint(off);
        return true;
    }
    c->smoothed = (uint32_t)MIN(c->smoothed + count, (size_t)SMOOTH);
    c->ahead += off * (double)count / c->smoothed;
    return false;
}

void sample_clock_count(struct sample_clock *c, size_t count)
{
    c->next += (uint32_t)count;
}
