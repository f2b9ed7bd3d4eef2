#include "hop_loss.h"

#include "shared/feedback.h"

enum { UP_SETTLE = 16 };

void hop_loss_settle(struct hop *h, struct hop_space *s, uint64_t number, uint64_t now_us)
{
    uint64_t newest = s->window.newest;
    if (number - newest > REPLAY_WINDOW)
        newest = number - REPLAY_WINDOW;
    for (; newest < number; newest++, s->came <<= 1) {
        bool came = s->came >> (HOP_SETTLE - 1) & 1;
        uint64_t settled = newest - MIN(newest, (uint64_t)HOP_SETTLE - 1);
        if (!h->full_down && (came || settled >= MAX(s->first, s->skipped)))
            loss_count(&h->loss_down, !came, &s->before, now_us);
    }
}

void hop_loss_late(struct hop_space *s, uint64_t number)
{
    uint64_t age = s->window.newest - number;
    if (age >= 64 || s->came >> age & 1)
        return;
    s->came |= (uint64_t)1 << age;
    s->second_received++;
}

// Numbers settle once 16 newer ones are reported: what came reordered is then known to have come.
static void count_arrivals(struct hop *h, const struct feedback_arrivals *a, uint64_t now_us)
{
    if (a->space != 0 || a->count == 0)
        return;
    uint64_t base = (h->media_number & ~(uint64_t)UINT32_MAX) | a->base;
    if (base > h->media_number && base >= (uint64_t)1 << 32)
        base -= (uint64_t)1 << 32;
    uint64_t settled = base + a->count > UP_SETTLE ? base + a->count - UP_SETTLE : 0;
    for (uint64_t n = MAX(base, h->up_counted + 1); n < settled && n < base + a->count; n++) {
        h->up_reported++;
        // What came as a repair had been lost.
        bool lost = !(a->item[n - base] & FEEDBACK_ARRIVED) ||
                    (a->item[n - base] & FEEDBACK_OFFSET_NONE) == FEEDBACK_OFFSET_NONE;
        h->up_lost += lost;
        if (!h->full_up)
            loss_count(&h->loss_up, lost, &h->up_before, now_us);
        h->up_counted = n;
    }
}

void hop_loss_reported(struct hop *h, const uint8_t *p, size_t n, uint64_t now_us)
{
    struct bytes_reader r = feedback_body(p, n), body;
    struct feedback_arrivals a;
    int type;
    while ((type = feedback_next(&r, &body)) > 0)
        if (type == FEEDBACK_ARRIVALS && feedback_read_arrivals(&a, body))
            count_arrivals(h, &a, now_us);
}
