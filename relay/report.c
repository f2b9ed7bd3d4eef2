#include "report.h"

#include <string.h>

enum { MANY = 64, SOME = 8, SHORT_US = 25000, LONG_US = 100000 };

void report_init(struct report *r)
{
    memset(r, 0, sizeof *r);
    for (unsigned i = 0; i < REPORT_RING; i++)
        r->ring[i].low = ~i; // no number that belongs here
    for (unsigned i = 0; i <= REPORT_AGAIN; i++)
        r->base[i] = 1; // every session counts from 1: what never came before the first arrival is told too
}

void report_arrived(struct report *r, uint64_t number, bool rtx, bool wanted, uint64_t now_us)
{
    unsigned at = (unsigned)(number % REPORT_RING);
    if (number + REPORT_RING <= r->newest)
        return; // older than the ring: its place belongs to a newer one
    r->ring[at].low = (uint32_t)number;
    r->ring[at].time = (uint32_t)(now_us / FEEDBACK_OFFSET_US) << 1 | rtx;
    r->newest = MAX(r->newest, number);
    if (wanted)
        r->waiting++;
}

bool report_misses(const struct report *r, uint64_t number)
{
    unsigned at = (unsigned)(number % REPORT_RING);
    return number + REPORT_RING > r->newest && (r->ring[at].low != (uint32_t)number || r->ring[at].time & 1);
}

bool report_waits(const struct report *r)
{
    return r->waiting != 0;
}

bool report_due(const struct report *r, uint64_t now_us)
{
    if (r->waiting == 0)
        return false;
    uint64_t age = now_us - r->sent_us;
    return r->waiting >= MANY || age >= LONG_US || (age >= SHORT_US && r->waiting >= SOME);
}

static uint16_t item(const struct report *r, uint64_t number, uint64_t now_us)
{
    unsigned at = (unsigned)(number % REPORT_RING);
    if (r->ring[at].low != (uint32_t)number)
        return FEEDBACK_OFFSET_NONE;
    if (r->ring[at].time & 1)
        return (uint16_t)(FEEDBACK_ARRIVED | FEEDBACK_OFFSET_NONE);
    uint32_t age = (((uint32_t)(now_us / FEEDBACK_OFFSET_US) << 1) - r->ring[at].time) >> 1;
    return (uint16_t)(FEEDBACK_ARRIVED | MIN(age, (uint32_t)FEEDBACK_OFFSET_MORE));
}

unsigned report_make(struct report *r, uint8_t space, struct feedback_arrivals *out, uint64_t now_us)
{
    uint64_t from = r->base[REPORT_AGAIN], end = r->newest + 1;
    unsigned blocks = 0;
    if (end - from > REPORT_RING)
        from = end - REPORT_RING;
    while (from < end && blocks < REPORT_BLOCKS) {
        struct feedback_arrivals *a = &out[blocks++];
        a->space = space;
        a->base = (uint32_t)from;
        a->count = (uint16_t)MIN(end - from, (uint64_t)FEEDBACK_ARRIVALS_MAX);
        a->time = wire_hoptime(now_us);
        for (unsigned i = 0; i < a->count; i++)
            a->item[i] = item(r, from + i, now_us);
        from += a->count;
    }
    for (unsigned i = REPORT_AGAIN; i > 0; i--)
        r->base[i] = r->base[i - 1];
    r->base[0] = end;
    r->sent_us = now_us;
    r->waiting = 0;
    return blocks;
}
