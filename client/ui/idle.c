#include "idle.h"

#include <math.h>

bool idle_follow(struct idle *idle, bool at_home, int minutes, uint64_t now_us)
{
    if (!at_home) { // a call wakes it, and after the call the time begins anew
        idle->on = false;
        idle->touched_us = now_us;
        return false;
    }
    if (idle->on || now_us < idle_due(idle, at_home, minutes))
        return false;
    idle->on = true;
    return true;
}

uint64_t idle_due(const struct idle *idle, bool at_home, int minutes)
{
    if (!at_home || minutes <= 0 || idle->on)
        return UINT64_MAX;
    return idle->touched_us + (uint64_t)minutes * 60 * 1000000;
}

bool idle_touch(struct idle *idle, uint64_t now_us)
{
    bool was = idle->on;
    idle->on = false;
    idle->touched_us = now_us;
    return was;
}

// There and back again over `room`, `step` a minute.
static double swing(int64_t minute, double room, double step)
{
    if (room <= 0)
        return 0;
    double way = fmod((double)minute * step, 2 * room);
    return way <= room ? way : 2 * room - way;
}

void idle_place(int64_t minute, double width, double height, double *x, double *y)
{
    *x = swing(minute, width, IDLE_DRIFT * 0.8);
    *y = swing(minute, height, IDLE_DRIFT * 0.6);
}
