#define _GNU_SOURCE
#include "history.h"

#include "pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

// Consecutive numbers of a stream lie next to each other in the index: they never push each other out.
enum {
    INDEX = 1 << 16,
    TRAINS_MIN = 16,
    HUGE_FROM = 8 << 20,
    HUGE_PAGE = 2 << 20,
    SIZE_BITS = 11,
    SIZE_MAX_KEPT = (1 << SIZE_BITS) - 1
};

struct entry {               // small, because every datagram writes one
    uint32_t stream, number; // low bits
    uint32_t at;             // of all the bytes that ever went through the arena, low bits
    uint32_t size_and_time;  // SIZE_BITS of size (0 = nothing) | ms
};

struct history {
    uint8_t *arena;
    size_t size;
    size_t warm; // so much of the arena is there
    uint64_t at; // where the next train is received; at % size is its place
    struct entry *index;
};

struct history *history_create(size_t bytes)
{
    struct history *h = base_alloc(sizeof *h);
    h->size = MAX(bytes, (size_t)HISTORY_TRAIN_MAX * TRAINS_MIN) / HISTORY_TRAIN_MAX * HISTORY_TRAIN_MAX;
    h->arena = pages_alloc(h->size);
    h->index = pages_alloc(INDEX * sizeof *h->index);
    if (h->arena && h->index && h->size >= HUGE_FROM) { // page faults and TLB misses cost as much as forwarding
        madvise(h->arena, h->size, MADV_HUGEPAGE);
        madvise(h->index, INDEX * sizeof *h->index, MADV_HUGEPAGE);
    }
    if (h->arena && h->index)
        return h;
    history_destroy(h);
    return NULL;
}

void history_destroy(struct history *h)
{
    if (!h)
        return;
    pages_free(h->arena, h->size);
    pages_free(h->index, INDEX * sizeof *h->index);
    free(h);
}

void history_warm(struct history *h)
{
    if (h->size < HUGE_FROM || h->warm >= h->size)
        return;
    size_t n = MIN((size_t)HUGE_PAGE, h->size - h->warm);
    // An older kernel without it gives the pages as they are used.
    h->warm = madvise(h->arena + h->warm, n, MADV_POPULATE_WRITE) == 0 ? h->warm + n : h->size;
}

uint8_t *history_room(struct history *h)
{
    size_t place = (size_t)(h->at % h->size);
    if (h->size - place < HISTORY_TRAIN_MAX) // a train is never split: the rest of the lap stays unused
        h->at += h->size - place;
    return h->arena + h->at % h->size;
}

void history_advance(struct history *h, size_t n)
{
    h->at += n;
}

bool history_holds(const struct history *h, const uint8_t *p)
{
    return (uintptr_t)p >= (uintptr_t)h->arena && (uintptr_t)p < (uintptr_t)h->arena + h->size;
}

static unsigned place_of(uint64_t stream, uint64_t number)
{
    return (unsigned)((stream * 0x9E3779B97F4A7C15u >> 40) + number) % INDEX;
}

void history_keep(struct history *h, uint64_t stream, uint64_t number, const uint8_t *p, size_t n, uint64_t now_us)
{
    uintptr_t place = (uintptr_t)p - (uintptr_t)(h->arena + h->at % h->size);
    uint64_t at = h->at + place;
    if (n == 0 || n > SIZE_MAX_KEPT)
        return;
    if (place + n > HISTORY_TRAIN_MAX) { // bytes from elsewhere
        memcpy(history_room(h), p, n);
        at = h->at;
        history_advance(h, n);
    }
    uint32_t ms = (uint32_t)(now_us / 1000) << SIZE_BITS;
    h->index[place_of(stream, number)] =
        (struct entry){(uint32_t)stream, (uint32_t)number, (uint32_t)at, ms | (uint32_t)n};
}

const uint8_t *history_find(const struct history *h, uint64_t stream, uint64_t number, size_t *n, uint64_t now_us)
{
    const struct entry *e = &h->index[place_of(stream, number)];
    uint32_t age_ms =
        (((uint32_t)(now_us / 1000) << SIZE_BITS) - (e->size_and_time & ~(uint32_t)SIZE_MAX_KEPT)) >> SIZE_BITS;
    // What lies in the room being received into is ahead of `at`, all else behind it.
    uint32_t ahead = e->at - (uint32_t)h->at;
    uint64_t at = ahead < HISTORY_TRAIN_MAX ? h->at + ahead : h->at - (uint32_t)((uint32_t)h->at - e->at);
    *n = e->size_and_time & SIZE_MAX_KEPT;
    bool mine = *n && e->stream == (uint32_t)stream && e->number == (uint32_t)number;
    // The room being received into now may run a whole train past `at`.
    if (!mine || age_ms > HISTORY_US / 1000 || h->at + HISTORY_TRAIN_MAX > at + h->size)
        return NULL;
    return h->arena + at % h->size;
}
