#include "trend.h"

#include <math.h>
#include <string.h>

enum { GROUP_US = 5000, OVER_MS = 10, GROUPS_MOST = 60, FORGET_US = 2000000 };

static const double gain = 4, threshold_least_ms = 6, threshold_most_ms = 600, threshold_first_ms = 12.5;

void trend_init(struct trend *t)
{
    memset(t, 0, sizeof *t);
    t->threshold_ms = threshold_first_ms;
}

// Least squares; ms of delay per ms.
static double line(const struct trend *t)
{
    unsigned n = MIN(t->count, (unsigned)TREND_POINTS);
    double x = 0, y = 0, above = 0, below = 0;
    for (unsigned i = 0; i < n; i++) {
        x += t->point[i].at_ms / n;
        y += t->point[i].delay_ms / n;
    }
    for (unsigned i = 0; i < n; i++) {
        above += (t->point[i].at_ms - x) * (t->point[i].delay_ms - y);
        below += (t->point[i].at_ms - x) * (t->point[i].at_ms - x);
    }
    return below > 0 ? above / below : 0;
}

static void learn(struct trend *t, double size_ms, double at_ms)
{
    double dt = CLAMP(at_ms - t->threshold_at_ms, 0.0, 100.0);
    t->threshold_at_ms = at_ms;
    if (size_ms > t->threshold_ms + 15) // a sudden change of the path is no restlessness
        return;
    double rate = size_ms < t->threshold_ms ? 0.039 : 0.0087;
    t->threshold_ms += rate * (size_ms - t->threshold_ms) * dt;
    t->threshold_ms = CLAMP(t->threshold_ms, threshold_least_ms, threshold_most_ms);
}

static void judge(struct trend *t, double slope, double gap_ms, double at_ms)
{
    double steep = MIN(t->groups, (unsigned)GROUPS_MOST) * slope * gain;
    if (steep > t->threshold_ms) {
        t->over_ms += t->over_groups ? gap_ms : gap_ms / 2;
        t->over_groups++;
        if (t->over_ms > OVER_MS && t->over_groups >= 2 && slope >= t->slope) {
            t->over_ms = 0;
            t->over_groups = 0;
            t->verdict = TREND_GROWS;
        }
    } else {
        t->over_ms = 0;
        t->over_groups = 0;
        t->verdict = steep < -t->threshold_ms ? TREND_SHRINKS : TREND_STEADY;
    }
    learn(t, fabs(steep), at_ms);
    t->slope = slope;
}

static void group_done(struct trend *t)
{
    if (t->has_last) {
        double gap_ms = (double)(t->sent_us - t->last_sent_us) / 1000;
        double late_ms = (double)(t->arrived_us - t->last_arrived_us) / 1000 - gap_ms;
        double at_ms = (double)t->arrived_us / 1000 - t->origin_ms;
        t->sum_ms += late_ms;
        t->smooth_ms = 0.9 * t->smooth_ms + 0.1 * t->sum_ms;
        t->point[t->count % TREND_POINTS].at_ms = at_ms;
        t->point[t->count % TREND_POINTS].delay_ms = t->smooth_ms;
        t->count = t->count + 1 < 2 * TREND_POINTS ? t->count + 1 : TREND_POINTS;
        t->groups = MIN(t->groups + 1, (unsigned)GROUPS_MOST);
        if (t->count >= TREND_POINTS)
            judge(t, line(t), gap_ms, at_ms);
    } else {
        t->origin_ms = (double)t->arrived_us / 1000;
    }
    t->has_last = true;
    t->last_sent_us = t->sent_us;
    t->last_arrived_us = t->arrived_us;
}

void trend_packet(struct trend *t, int64_t sent_us, int64_t arrived_us)
{
    if (t->has_group && (sent_us - t->sent_us > FORGET_US || t->sent_us - sent_us > FORGET_US)) {
        double threshold = t->threshold_ms; // a long pause: the line is known, the slope is not
        trend_init(t);
        t->threshold_ms = threshold;
    }
    if (t->has_group && sent_us < t->first_sent_us)
        return;
    if (t->has_group && sent_us - t->first_sent_us > GROUP_US) {
        group_done(t);
        t->has_group = false;
    }
    if (!t->has_group) {
        t->has_group = true;
        t->first_sent_us = sent_us;
        t->sent_us = sent_us;
        t->arrived_us = arrived_us;
    }
    t->sent_us = MAX(t->sent_us, sent_us);
    t->arrived_us = MAX(t->arrived_us, arrived_us);
}
