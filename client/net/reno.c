#include "reno.h"

#include "shared/base.h"

#include <math.h>
#include <string.h>

enum { GRANULE_US = 1000 };

void reno_init(struct reno *r, uint32_t mss)
{
    *r = (struct reno){.mss = mss, .cwnd = RENO_INITIAL * mss, .ssthresh = INFINITY, .rto_us = RENO_RTO_FIRST_US};
}

static void grow(struct reno *r, double bytes)
{
    if (r->cwnd < r->ssthresh) { // never past it at once: what is left counts for avoidance
        double step = MIN(bytes, r->ssthresh - r->cwnd);
        r->cwnd += step;
        bytes -= step;
    }
    if (bytes <= 0)
        return;
    r->counted += bytes;
    while (r->counted >= r->cwnd) {
        r->counted -= r->cwnd;
        r->cwnd += r->mss;
    }
}

void reno_acked(struct reno *r, double bytes, uint64_t una, bool full)
{
    if (bytes <= 0)
        return;
    r->timeouts = 0;
    if (r->srtt > 0) // an ack ends the doubling (RFC 6298 5.7 is for what never ends)
        r->rto_us = (uint64_t)CLAMP(r->srtt + MAX(4 * r->rttvar, (double)GRANULE_US), (double)RENO_RTO_LEAST_US,
                                    (double)RENO_RTO_MOST_US);
    if (r->state == RENO_RECOVERY) {
        if (una >= r->recover)
            r->state = RENO_AVOIDANCE;
        return; // ssthresh is the window already
    }
    if (full)
        grow(r, bytes);
    if (r->state == RENO_TIMEOUT && una < r->recover)
        return;
    r->state = r->cwnd < r->ssthresh ? RENO_SLOW_START : RENO_AVOIDANCE;
}

void reno_round_trip(struct reno *r, uint64_t us)
{
    double rtt = (double)us;
    if (r->srtt <= 0) {
        r->srtt = MAX(rtt, 1.0);
        r->rttvar = rtt / 2;
    } else {
        r->rttvar += (fabs(r->srtt - rtt) - r->rttvar) / 4;
        r->srtt += (rtt - r->srtt) / 8;
    }
    r->rto_us = (uint64_t)CLAMP(r->srtt + MAX(4 * r->rttvar, (double)GRANULE_US), (double)RENO_RTO_LEAST_US,
                                (double)RENO_RTO_MOST_US);
}

static double half(const struct reno *r, double flight)
{
    return MAX(flight / 2, (double)RENO_LEAST * r->mss);
}

bool reno_lost(struct reno *r, double flight, uint64_t next)
{
    if (r->state == RENO_RECOVERY || r->state == RENO_TIMEOUT)
        return false;
    r->state = RENO_RECOVERY;
    r->recover = next;
    r->losses++;
    r->ssthresh = half(r, flight);
    r->cwnd = r->ssthresh;
    r->counted = 0;
    return true;
}

void reno_enough(struct reno *r)
{
    if (r->state != RENO_SLOW_START)
        return;
    r->ssthresh = r->cwnd;
    r->state = RENO_AVOIDANCE;
}

void reno_timed_out(struct reno *r, double flight, uint64_t next)
{
    if (r->timeouts++ == 0) // the same loss halves once (RFC 5681 section 3.1)
        r->ssthresh = half(r, flight);
    r->cwnd = r->mss;
    r->counted = 0;
    r->state = RENO_TIMEOUT;
    r->recover = next;
    r->rto_us = MIN(r->rto_us * 2, (uint64_t)RENO_RTO_MOST_US);
    r->outs++;
}

const char *reno_state_name(enum reno_state state)
{
    static const char *const names[] = {"slow-start", "avoidance", "recovery", "timeout"};
    return names[state];
}
