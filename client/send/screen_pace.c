#include "screen_pace.h"

enum {
    MS = 1000,
    BUSY_US = 500 * MS,  // it goes on like this after a change
    CALM_US = 2000 * MS, // then nobody works on it
    AGAIN_US = 1000 * MS,
    MOST = 30,
    WRITING = 15,
    WAITING = 10,
    LEAST = 5
};
static const double MUCH = 0.02;

static unsigned fps_of(const struct screen_pace *p, unsigned most_fps, uint64_t now_us)
{
    uint64_t calm = now_us - p->changed_us;
    unsigned fps = p->left > SCREEN_PACE_WORD  ? MOST
                   : p->left || calm < BUSY_US ? WRITING
                   : calm < CALM_US            ? WAITING
                                               : LEAST;
    return MIN(fps, MAX(most_fps, (unsigned)LEAST));
}

bool screen_pace_look(struct screen_pace *p, double share, bool wanted, bool held, unsigned most_fps, uint64_t now_us)
{
    bool changed = !p->begun || share > 0;
    if (changed) {
        p->changed_us = now_us;
        p->left = MAX(p->left, (unsigned)SCREEN_PACE_WORD);
    }
    if (share >= MUCH || wanted || !p->begun)
        p->left = SCREEN_PACE_PAGE;
    p->fresh |= changed;
    p->looked_us = now_us;
    p->fps = fps_of(p, most_fps, now_us);
    p->begun = true;
    if (held || !(p->fresh || p->left || now_us - p->sent_us >= AGAIN_US))
        return false;
    p->left -= p->left > 0;
    p->fresh = false;
    p->sent_us = now_us;
    return true;
}

uint64_t screen_pace_next_us(const struct screen_pace *p)
{
    return p->begun ? p->looked_us + 1000000 / p->fps : 0;
}
