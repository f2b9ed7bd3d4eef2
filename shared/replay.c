#include "replay.h"

#include <string.h>

enum { WORDS = REPLAY_WINDOW / 64 + 1 };

enum replay_verdict replay_check(const struct replay *r, uint64_t number, unsigned window)
{
    if (number == 0)
        return REPLAY_OLD;
    if (number > r->newest)
        return r->newest && number - r->newest > window ? REPLAY_FAR_AHEAD : REPLAY_NEW;
    if (r->newest - number >= window)
        return REPLAY_OLD;
    return r->bits[number / 64 % WORDS] >> (number % 64) & 1 ? REPLAY_SEEN : REPLAY_NEW;
}

void replay_commit(struct replay *r, uint64_t number)
{
    if (number > r->newest) {
        uint64_t from = r->newest / 64, to = number / 64;
        if (r->newest == 0 || to - from >= WORDS)
            memset(r->bits, 0, sizeof r->bits);
        else
            for (uint64_t w = from + 1; w <= to; w++)
                r->bits[w % WORDS] = 0;
        r->newest = number;
    } else if (r->newest - number >= REPLAY_WINDOW) {
        return;
    }
    r->bits[number / 64 % WORDS] |= (uint64_t)1 << (number % 64);
}

void replay_begin_after(struct replay *r, uint64_t number)
{
    memset(r->bits, 0xff, sizeof r->bits);
    r->newest = number;
    r->bits[number / 64 % WORDS] = ((uint64_t)2 << (number % 64)) - 1; // what comes next is not seen
}

uint64_t replay_unwrap(const struct replay *r, uint32_t low)
{
    const uint64_t span = (uint64_t)1 << 32;
    uint64_t n = (r->newest & ~(span - 1)) | low;
    if (n > r->newest && n - r->newest > span / 2 && n >= span)
        n -= span;
    else if (n < r->newest && r->newest - n > span / 2)
        n += span;
    return n;
}
