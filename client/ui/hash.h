// A cheap fingerprint of what a part of the screen shows, to see whether it has to be drawn again.
#ifndef PARLOUR_UI_HASH_H
#define PARLOUR_UI_HASH_H

#include <stdint.h>

#define HASH_START 1469598103934665603u

static inline uint64_t hash_int(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 1099511628211u;
    return hash ^ hash >> 29;
}

static inline uint64_t hash_words(uint64_t hash, const char *words)
{
    for (; *words; words++)
        hash = (hash ^ (unsigned char)*words) * 1099511628211u;
    return hash_int(hash, 0x9E37);
}

#endif
