#include "block_clock.h"

enum { PAUSE_US = 250000 }; // later than any thread: the device has stopped in between

static int64_t least(const struct block_clock *c)
{
    int64_t least = c->starts_us[0];
    for (size_t i = 1; i < c->count; i++)
        least = MIN(least, c->starts_us[i]);
    return least;
}

uint64_t block_clock_tell(struct block_clock *c, uint64_t number, uint64_t told_us)
{
    int64_t start = (int64_t)(told_us - number * BLOCK_CLOCK_BLOCK_US); // of block 0
    if (c->count && start > least(c) + PAUSE_US)
        c->count = c->at = 0;
    c->starts_us[c->at] = start;
    c->at = (c->at + 1) % BLOCK_CLOCK_SPAN;
    c->count = MIN(c->count + 1, (size_t)BLOCK_CLOCK_SPAN);
    return (uint64_t)least(c) + number * BLOCK_CLOCK_BLOCK_US;
}
