#include "copies_rule.h"

enum { CALM_US = 5000000, QUEUE_MS = 60, NEXT = 1, SECOND = 2, THIRD = 4 };
#define ONE_BPS 110e3 // one copy is half of sound's rate more,
#define TWO_BPS 220e3 // and pictures want the rest
#define DOWN    0.6   // fewer only well below what asked for them
#define BURSTS  1.5   // times as long as chance makes them

// How many are wanted for what is lost; what may be sent has the last word.
static unsigned wanted(const struct copies_path *p, double scale)
{
    static const double loss[] = {0.02, 0.12}, missed[] = {COPIES_RULE_ONE, COPIES_RULE_TWO};
    unsigned n = 0;
    for (unsigned i = 0; i < ARRAY_LEN(loss); i++)
        if (p->loss >= loss[i] * scale || p->missed >= missed[i] * scale)
            n = i + 1;
    return n;
}

static unsigned affordable(const struct copies_path *p)
{
    if (p->queue_ms > QUEUE_MS) // a line that is full loses more the more is sent
        return 0;
    return p->bps >= TWO_BPS ? 2 : p->bps >= ONE_BPS ? 1 : 0;
}

unsigned copies_rule(struct copies_rule *r, const struct copies_path *path, uint64_t now_us)
{
    unsigned up = wanted(path, 1), down = wanted(path, DOWN), most = affordable(path);
    if (up > r->count)
        r->count = up;
    if (down >= r->count) {
        r->calm_us = 0;
    } else if (!r->calm_us) {
        r->calm_us = now_us;
    } else if (now_us - r->calm_us >= CALM_US) {
        r->count--;
        r->calm_us = now_us;
    }
    // What is lost in one go takes neighbours with it.
    bool bursts = path->burst > BURSTS / (1 - CLAMP(path->loss, 0.0, 0.9));
    unsigned count = MIN(r->count, most);
    return count == 0 ? 0 : count == 1 ? (bursts ? SECOND : NEXT) : NEXT | (bursts ? THIRD : SECOND);
}
