#include "sent_log.h"

#include "shared/nack.h"

#include <string.h>

enum { ISOLATED_US = 8000, REORDERED = 3, LATE_US = 40000, EXPIRE_US = 2000000, CUT_US = 150000 };

void sent_log_init(struct sent_log *l)
{
    memset(l, 0, sizeof *l);
}

static void forget(struct sent_log *l, struct sent_packet *p)
{
    if (p->number && !p->done)
        l->flight -= MIN((size_t)p->bytes, l->flight);
    p->done = true;
}

void sent_log_add(struct sent_log *l, unsigned space, uint64_t number, size_t size, unsigned probe, uint64_t now_us)
{
    struct sent_space *s = &l->space[space];
    struct sent_packet *p = &s->ring[number % SENT_LOG_RING];
    forget(l, p);
    *p = (struct sent_packet){.number = number,
                              .sent_us = now_us,
                              .bytes = (uint16_t)(size + BANDWIDTH_OVERHEAD),
                              .probe = (uint16_t)probe,
                              .isolated = now_us - l->last_us >= ISOLATED_US};
    l->flight += p->bytes;
    l->last_us = now_us;
    s->newest = MAX(s->newest, number);
    if (s->settled + SENT_LOG_RING <= number)
        s->settled = number - SENT_LOG_RING;
}

static struct sent_packet *find(struct sent_space *s, uint64_t number)
{
    struct sent_packet *p = &s->ring[number % SENT_LOG_RING];
    return p->number == number && number ? p : NULL;
}

static void came(struct sent_log *l, struct sent_packet *p, struct bandwidth *b, int64_t arrived_us, bool untimed)
{
    bool late = p->lost; // held to be lost, and came after all, or was repaired
    if (p->done && !late)
        return;
    forget(l, p);
    p->lost = false;
    struct bandwidth_packet x = {.sent_us = (int64_t)p->sent_us,
                                 .arrived_us = arrived_us,
                                 .bytes = p->bytes,
                                 .probe = p->probe,
                                 .isolated = p->isolated && !late,
                                 .untimed = untimed};
    if (untimed)
        x.probe = 0;
    if (late) {
        bandwidth_late(b, &x);
        return;
    }
    l->told++;
    bandwidth_packet(b, &x);
}

static void is_lost(struct sent_log *l, struct sent_packet *p, struct bandwidth *b)
{
    forget(l, p);
    p->lost = true;
    l->told++;
    l->lost++;
    if (p->sent_us > l->cut_from_us && p->sent_us < l->cut_to_us)
        return;
    bandwidth_packet(b, &(struct bandwidth_packet){.sent_us = (int64_t)p->sent_us,
                                                   .bytes = p->bytes,
                                                   .probe = p->probe,
                                                   .lost = true,
                                                   .isolated = p->isolated});
}

// The reports about it were lost: nobody knows. It counts as come, or a bad way back would look like a slow way there.
static void assume(struct sent_log *l, struct sent_packet *p, struct bandwidth *b)
{
    forget(l, p);
    bandwidth_late(b, &(struct bandwidth_packet){.arrived_us = l->newest_us, .bytes = p->bytes});
}

// Three newer ones came, or one that was sent long after it.
static void settle(struct sent_log *l, struct sent_space *s, struct bandwidth *b)
{
    const struct sent_packet *newest = find(s, s->arrived);
    while (newest && s->settled < s->arrived) {
        struct sent_packet *p = find(s, s->settled + 1);
        if (p && !p->done) {
            if (s->settled + 1 + REORDERED > s->arrived && newest->sent_us - p->sent_us < LATE_US)
                return;
            if (p->missed)
                is_lost(l, p, b);
            else
                assume(l, p, b);
        }
        s->settled++;
    }
}

static int64_t report_time(struct sent_log *l, uint32_t time, uint64_t now_us)
{
    uint64_t near = l->has_clock ? (uint64_t)l->report_us + (now_us - l->report_at_us) : now_us;
    l->report_us = (int64_t)wire_hoptime_unwrap(time, near);
    l->report_at_us = now_us;
    l->has_clock = true;
    return l->report_us;
}

static bool arrived(uint16_t item)
{
    return item & FEEDBACK_ARRIVED && (item & FEEDBACK_OFFSET_NONE) != FEEDBACK_OFFSET_NONE;
}

// Nothing of what was sent for so long came: the line was cut. That says nothing of how much it carries; a line that is
// too full lets something through all the time.
static void find_cut(struct sent_log *l, struct sent_space *s, const struct feedback_arrivals *a, uint64_t base)
{
    for (unsigned i = 0; i < a->count; i++) {
        const struct sent_packet *p = find(s, base + i);
        if (!p || !arrived(a->item[i]) || p->sent_us <= l->came_us)
            continue;
        if (l->came_us && p->sent_us - l->came_us > CUT_US) {
            l->cut_from_us = l->came_us;
            l->cut_to_us = p->sent_us;
        }
        l->came_us = p->sent_us;
    }
}

bool sent_log_arrivals(struct sent_log *l, const struct feedback_arrivals *a, struct bandwidth *b, uint64_t now_us)
{
    if (a->space >= SENT_LOG_SPACES || !a->count)
        return false;
    struct sent_space *s = &l->space[a->space];
    int64_t at_us = report_time(l, a->time, now_us);
    uint64_t told = l->told, base = nack_unwrap(s->newest, a->base);
    find_cut(l, s, a, base);
    for (unsigned i = 0; i < a->count; i++) {
        struct sent_packet *p = find(s, base + i);
        uint16_t offset = a->item[i] & FEEDBACK_OFFSET_NONE;
        if (p && !(a->item[i] & FEEDBACK_ARRIVED))
            p->missed = true;
        if (!p || !(a->item[i] & FEEDBACK_ARRIVED))
            continue;
        if (offset == FEEDBACK_OFFSET_NONE) { // as a repair: it was lost, but its bytes are there
            if (!p->done)
                is_lost(l, p, b);
            came(l, p, b, at_us, true);
            continue;
        }
        int64_t ago_us = (int64_t)offset * FEEDBACK_OFFSET_US;
        if (!p->done && base + i > s->arrived)
            l->rtt_ms = (double)((int64_t)(now_us - p->sent_us) - ago_us) / 1000;
        s->arrived = MAX(s->arrived, base + i);
        l->newest_us = MAX(l->newest_us, at_us - ago_us);
        came(l, p, b, at_us - ago_us, offset == FEEDBACK_OFFSET_MORE);
    }
    settle(l, s, b);
    return l->told != told;
}

void sent_log_tick(struct sent_log *l, uint64_t now_us)
{
    for (unsigned i = 0; i < SENT_LOG_SPACES; i++) {
        struct sent_space *s = &l->space[i];
        if (s->expired + SENT_LOG_RING < s->newest)
            s->expired = s->newest - SENT_LOG_RING;
        for (; s->expired < s->newest; s->expired++) {
            struct sent_packet *p = find(s, s->expired + 1);
            if (p && now_us - p->sent_us < EXPIRE_US)
                break;
            if (p)
                forget(l, p);
        }
    }
}

void sent_log_silence(struct sent_log *l)
{
    l->flight /= 2;
}
