#include "pacer.h"

#include <string.h>

enum { TURN_US = 1500, NONE = 0xFFFF, HEADERS = 28, DEBT_LEAST = 3000 };

void pacer_clear(struct pacer *p)
{
    p->waiting_bytes = 0;
    p->free = NONE;
    p->used = 0;
    for (unsigned i = 0; i < PACER_CLASSES; i++) {
        p->first[i] = p->last[i] = NONE;
        p->count[i] = 0;
        p->class_bytes[i] = 0;
    }
}

void pacer_init(struct pacer *p, double bps, uint64_t now_us)
{
    pacer_clear(p);
    p->bps = bps;
    p->debt_bytes = 0;
    p->at_us = now_us;
}

// Who asks comes each millisecond at the soonest, and would get one datagram in it, however high the rate: below zero
// by what goes in his turn, where that counts.
static double debt(const struct pacer *p, uint64_t now_us)
{
    double left = p->debt_bytes - (double)(now_us - p->at_us) * p->bps / 8e6;
    return MAX(left, p->whole_turns ? -p->bps / 8e6 * TURN_US : 0.0);
}

void pacer_set_rate(struct pacer *p, double bps, uint64_t now_us)
{
    p->debt_bytes = debt(p, now_us);
    p->at_us = now_us;
    p->bps = MAX(bps, 1000.0);
}

void pacer_charge(struct pacer *p, size_t bytes, uint64_t now_us)
{
    double most = MAX(p->bps / 8e6 * PACER_DEBT_US, (double)DEBT_LEAST);
    p->debt_bytes = MIN(debt(p, now_us) + (double)bytes, most);
    p->at_us = now_us;
}

// Places are left for sound, which waits for nothing.
static bool has_room(const struct pacer *p, enum pacer_class of)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < PACER_CLASSES; i++)
        taken += p->count[i];
    return taken + (of == PACER_AUDIO ? 0 : PACER_FOR_SOUND) < PACER_RING;
}

bool pacer_push(struct pacer *p, enum pacer_class of, const uint8_t *bytes, size_t size)
{
    uint16_t at = p->free;
    if (size > WIRE_DATAGRAM_MAX || !has_room(p, of))
        return false;
    if (at == NONE)
        at = p->used++;
    else
        p->free = p->item[at].next;
    struct pacer_item *x = &p->item[at];
    memcpy(x->bytes, bytes, size);
    x->of = of;
    x->size = (uint16_t)size;
    x->next = NONE;
    if (p->last[of] == NONE)
        p->first[of] = at;
    else
        p->item[p->last[of]].next = at;
    p->last[of] = at;
    p->count[of]++;
    p->class_bytes[of] += size + HEADERS;
    p->waiting_bytes += size + HEADERS;
    return true;
}

bool pacer_free(const struct pacer *p, uint64_t now_us)
{
    return debt(p, now_us) <= 0;
}

bool pacer_soon(const struct pacer *p, uint64_t us, uint64_t now_us)
{
    return debt(p, now_us) <= (double)us * p->bps / 8e6;
}

// Until the next push the item keeps its bytes.
static struct pacer_item *take(struct pacer *p, unsigned of)
{
    uint16_t at = p->first[of];
    struct pacer_item *x = &p->item[at];
    p->first[of] = x->next;
    if (x->next == NONE)
        p->last[of] = NONE;
    x->next = p->free;
    p->free = at;
    p->count[of]--;
    p->class_bytes[of] -= x->size + (size_t)HEADERS;
    p->waiting_bytes -= x->size + (size_t)HEADERS;
    return x;
}

struct pacer_item *pacer_pop(struct pacer *p, double window, uint64_t now_us, bool *blocked)
{
    *blocked = false;
    if (p->count[PACER_AUDIO])
        return take(p, PACER_AUDIO);
    if (!p->waiting_bytes || !pacer_free(p, now_us))
        return NULL;
    for (unsigned i = PACER_PARITY; i < PACER_CLASSES; i++) {
        if (!p->count[i])
            continue;
        *blocked = window < p->item[p->first[i]].size + HEADERS;
        return *blocked ? NULL : take(p, i);
    }
    return NULL;
}

uint64_t pacer_next_us(const struct pacer *p, uint64_t now_us)
{
    if (!p->waiting_bytes)
        return UINT64_MAX;
    return p->count[PACER_AUDIO] ? now_us : now_us + (uint64_t)(MAX(debt(p, now_us), 0.0) * 8e6 / p->bps);
}

uint64_t pacer_backlog_us(const struct pacer *p, enum pacer_class of, uint64_t now_us)
{
    double bytes = MAX(debt(p, now_us), 0.0);
    for (unsigned i = 0; i <= of; i++)
        bytes += (double)p->class_bytes[i];
    return (uint64_t)(bytes * 8e6 / p->bps);
}
