#include "ringing.h"

#include "shared/base.h"

bool ringing_doubt(enum call_trust trust)
{
    return trust != CALL_TRUST_NEW && trust != CALL_TRUST_VERIFIED;
}

void ringing_follow(struct ringing *ringing, const struct call_ring *ring, uint64_t now_us)
{
    if (ringing->since_us == 0 || ringing->id != ring->id || ringing->ring_us != ring->since_us) {
        *ringing = (struct ringing){.id = ring->id, .ring_us = ring->since_us, .since_us = now_us};
        ringing->trust = CALL_TRUST_NEW;
    }
    if (!ringing_doubt(ringing->trust) && ringing_doubt(ring->trust))
        ringing->focus = RINGING_REFUSE;
    ringing->trust = ring->trust;
}

bool ringing_counting(const struct ringing *ringing, const struct call_ring *ring)
{
    return ring->answers_at_us != 0 && !ringing->stayed;
}

unsigned ringing_seconds(const struct call_ring *ring, uint64_t now_us)
{
    if (now_us >= ring->answers_at_us)
        return 1;
    return (unsigned)((ring->answers_at_us - now_us + 999999) / 1000000);
}

double ringing_closed(const struct call_ring *ring, uint64_t now_us)
{
    unsigned all = ringing_seconds(ring, ring->since_us);
    return 1 - (double)(MIN(ringing_seconds(ring, now_us), all)) / all;
}

uint64_t ringing_next(const struct call_ring *ring, uint64_t now_us)
{
    if (now_us >= ring->answers_at_us)
        return UINT64_MAX;
    return ring->answers_at_us - (uint64_t)(ringing_seconds(ring, now_us) - 1) * 1000000;
}

static enum ringing_does pressed(const struct ringing *ringing)
{
    static const enum ringing_does does[] = {RINGING_ANSWERS, RINGING_ANSWERS_SOUND, RINGING_REFUSES};
    return does[MIN(ringing->focus, ARRAY_LEN(does) - 1)];
}

static bool deaf(const struct ringing *ringing, uint64_t now_us)
{
    return now_us - ringing->since_us < RINGING_DEAF_MS * 1000u;
}

enum ringing_does ringing_key(struct ringing *ringing, const struct call_ring *ring, enum input_action action,
                              bool answer, uint64_t now_us)
{
    if (ringing_counting(ringing, ring)) { // whichever key: somebody is here
        ringing->stayed = true;
        ringing->since_us = now_us; // and the next stroke of the same hand does nothing
        return RINGING_STAYS;
    }
    if (deaf(ringing, now_us))
        return RINGING_NOTHING;
    if (answer)
        return RINGING_ANSWERS;
    switch (action) {
    case INPUT_LEFT:
    case INPUT_UP:
        ringing->focus -= ringing->focus > 0;
        return RINGING_MOVED;
    case INPUT_RIGHT:
    case INPUT_DOWN:
        ringing->focus += ringing->focus + 1 < RINGING_BUTTONS;
        return RINGING_MOVED;
    case INPUT_PRESS:
        return pressed(ringing);
    case INPUT_BACK:
        return RINGING_REFUSES;
    default:
        return RINGING_NOTHING;
    }
}

enum ringing_does ringing_calling_key(const struct ringing *ringing, enum input_action action, uint64_t now_us)
{
    if (action == INPUT_BACK || action == INPUT_LEAVE)
        return RINGING_STOPS;
    // The button stands under the finger that has just called.
    return action == INPUT_PRESS && !deaf(ringing, now_us) ? RINGING_STOPS : RINGING_NOTHING;
}
