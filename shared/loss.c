#include "loss.h"

#include <string.h>

enum { SENT_MIN = 20 };

static unsigned span_at(struct loss *l, uint64_t now_us)
{
    uint64_t span = now_us / LOSS_SPAN_US;
    if (span > l->span + LOSS_SPANS)
        l->span = span - LOSS_SPANS;
    while (l->span < span) {
        l->span++;
        memset(&l->at[l->span % LOSS_SPANS], 0, sizeof l->at[0]);
    }
    return (unsigned)(l->span % LOSS_SPANS);
}

void loss_count(struct loss *l, bool lost, unsigned *run, uint64_t now_us)
{
    unsigned i = span_at(l, now_us);
    if (lost) {
        *run += *run <= LOSS_CUT;
        return;
    }
    unsigned before = *run > LOSS_CUT ? 0 : *run;
    l->at[i].sent += before + 1;
    l->at[i].lost += before;
    l->at[i].bursts += before > 0;
    *run = 0;
}

static void sum(const struct loss *l, uint64_t now_us, double *sent, double *lost, double *bursts)
{
    uint64_t now = now_us / LOSS_SPAN_US;
    *sent = *lost = *bursts = 0;
    for (unsigned i = 0; i < LOSS_SPANS && i <= l->span; i++) {
        if (l->span - i + LOSS_SPANS <= now)
            break;
        *sent += l->at[(l->span - i) % LOSS_SPANS].sent;
        *lost += l->at[(l->span - i) % LOSS_SPANS].lost;
        *bursts += l->at[(l->span - i) % LOSS_SPANS].bursts;
    }
}

double loss_share(const struct loss *l, uint64_t now_us)
{
    double sent, lost, bursts;
    sum(l, now_us, &sent, &lost, &bursts);
    return sent < SENT_MIN ? 0 : lost / sent;
}

double loss_burst(const struct loss *l, uint64_t now_us)
{
    double sent, lost, bursts;
    sum(l, now_us, &sent, &lost, &bursts);
    return bursts < 1 ? 1 : CLAMP(lost / bursts, 1.0, (double)LOSS_BURST_MAX);
}
