#include "screen_rates.h"

#include <string.h>

enum {
    STAYS_US = 5000000, // a layer that nobody watches any more: who comes back finds it
    PACE_US = 3000000   // another number of pictures a second costs a keyframe
};
static const double SPARE = 1.3, KEPT = 0.3;

// Below `kbps` fewer pictures a second.
static const struct {
    unsigned kbps, fps;
} paces[BUDGET_SCREENS][4] = {{{0, 5}, {150, 10}, {250, 15}, {350, 30}}, {{0, 5}, {300, 10}, {450, 15}, {700, 30}}};

void screen_rates_set(struct screen_rates *r, bool on)
{
    if (r->on != on)
        *r = (struct screen_rates){.on = on};
}

void screen_rates_watched(struct screen_rates *r, const struct ladder_watch watch[BUDGET_SCREENS], uint64_t now_us)
{
    for (unsigned i = 0; i < BUDGET_SCREENS; i++) {
        if (watch[i].watchers)
            r->dropped_us[i] = 0;
        else if (r->watch[i].watchers)
            r->dropped_us[i] = now_us;
        r->watch[i] = watch[i];
    }
}

static unsigned most_kbps(const struct screen_rates *r, unsigned layer)
{
    const struct budget_layer *size = budget_screen(layer);
    unsigned limit = r->watch[layer].kbps;
    return limit ? CLAMP(limit, size->least_kbps, size->most_kbps) : size->most_kbps;
}

unsigned screen_rates_wish_kbps(const struct screen_rates *r)
{
    unsigned sum = 0;
    for (unsigned i = 0; r->on && i < BUDGET_SCREENS; i++)
        sum += r->watch[i].watchers ? most_kbps(r, i) : 0;
    return sum;
}

static unsigned fps_of(unsigned layer, unsigned kbps)
{
    unsigned fps = paces[layer][0].fps;
    for (unsigned i = 1; i < ARRAY_LEN(paces[layer]); i++)
        if (kbps >= paces[layer][i].kbps)
            fps = paces[layer][i].fps;
    return fps;
}

// The least of each, the smaller one first; then what the larger one could use.
static void share_out(const struct screen_rates *r, double left, double out[BUDGET_SCREENS], uint64_t now_us)
{
    for (unsigned i = 0; i < BUDGET_SCREENS; i++) {
        out[i] = r->watch[i].watchers ? MIN(left, (double)budget_screen(i)->least_kbps) : 0;
        left -= out[i];
    }
    for (unsigned i = BUDGET_SCREENS; i-- > 0;) {
        double more = out[i] > 0 ? MIN(left, most_kbps(r, i) - out[i]) : 0;
        out[i] += MAX(more, 0.0);
        left -= MAX(more, 0.0);
    }
    for (unsigned i = 0; i < BUDGET_SCREENS; i++) {
        bool lingers = r->dropped_us[i] && now_us - r->dropped_us[i] < STAYS_US;
        if (!lingers || left < budget_screen(i)->least_kbps)
            continue;
        out[i] = budget_screen(i)->least_kbps;
        left -= out[i];
    }
}

// Of a rate that goes up and down nothing is to come.
static unsigned pace(struct screen_rates *r, unsigned layer, unsigned kbps, uint64_t now_us)
{
    unsigned was = r->layer[layer].fps, now = fps_of(layer, kbps);
    if (now == was || !kbps || !r->layer[layer].kbps) {
        r->pace_us[layer] = 0;
        return kbps || !was ? now : was;
    }
    if (!r->pace_us[layer])
        r->pace_us[layer] = now_us;
    if (now_us - r->pace_us[layer] < PACE_US)
        return was;
    r->pace_us[layer] = 0;
    return now;
}

void screen_rates_choose(struct screen_rates *r, double bps, uint64_t now_us)
{
    double kbps[BUDGET_SCREENS] = {0};
    if (r->on)
        share_out(r, bps / 1000, kbps, now_us);
    for (unsigned i = 0; i < BUDGET_SCREENS; i++) {
        const struct budget_layer *size = budget_screen(i);
        bool full = kbps[i] >= most_kbps(r, i) && kbps[i] * 1000 > r->rate[i].bps; // the last step may be a small one
        if (kbps[i] <= 0)
            r->rate[i].bps = 0;
        else if (budget_rate_follow(&r->rate[i], kbps[i] * 1000, now_us) || full)
            r->rate[i].bps = kbps[i] * 1000;
        unsigned now = kbps[i] > 0 ? (unsigned)MAX(r->rate[i].bps / 1000, 1.0) : 0;
        r->layer[i] = (struct ladder_layer){size->width, size->height, pace(r, i, now, now_us), now};
    }
}

double screen_rates_camera_bps(double bps, double share_bps, double used_bps)
{
    double taken = CLAMP(used_bps * SPARE, KEPT * share_bps, share_bps);
    return MAX(bps - taken, 0.0);
}
