#include "hop_loss.h"

#include "shared/feedback.h"
#include "shared/nack.h"

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
            loss_count(&h->loss_down, !came, &s->run, now_us);
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

// Numbers settle once 16 newer ones are reported: what came reordered is then known to have come. What no report spoke
// of counts in nothing.
static void settle_up(struct hop *h, uint64_t now_us)
{
    uint64_t bit = (uint64_t)1 << (UP_SETTLE - 1);
    bool lost = !(h->up_came & bit);
    if (!(h->up_told & bit))
        return;
    h->up_reported++;
    h->up_lost += lost;
    if (!h->full_up)
        loss_count(&h->loss_up, lost, &h->up_run, now_us);
}

static void go_on_up(struct hop *h, uint64_t number, uint64_t now_us)
{
    for (uint64_t left = MIN(number - h->up_newest, (uint64_t)UP_SETTLE); left; left--) {
        settle_up(h, now_us);
        h->up_told <<= 1;
        h->up_came <<= 1;
    }
    h->up_newest = number;
}

static void count_arrivals(struct hop *h, const struct feedback_arrivals *a, uint64_t now_us)
{
    if (a->space != 0 || a->count == 0)
        return;
    uint64_t base = nack_unwrap(h->media_number, a->base);
    for (uint64_t n = base; n < base + a->count && n < h->media_number; n++) {
        if (n > h->up_newest)
            go_on_up(h, n, now_us);
        uint64_t back = h->up_newest - n, bit = back < UP_SETTLE ? (uint64_t)1 << back : 0;
        // What came as a repair had been lost.
        bool came =
            a->item[n - base] & FEEDBACK_ARRIVED && (a->item[n - base] & FEEDBACK_OFFSET_NONE) != FEEDBACK_OFFSET_NONE;
        h->up_told |= bit;
        h->up_came |= came ? bit : 0;
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
