#include "ladder.h"

#include <string.h>

enum {
    MS = 1000,
    SECOND = 1000000,
    STAYS_US = 5 * SECOND,   // a layer that nobody watches any more: who comes back finds it
    SETTLES_US = 2 * SECOND, // what the way up bears is not known before
    FITS_US = 1 * SECOND,    // a layer, or a size, that did not fit
    SLOW_US = 3 * SECOND,    // a rate that is too low for so many pictures a second
    LOW_US = 400 * MS,       // a size that is too large: a rate that dips is no reason
    TIGHT_US = 2 * SECOND    // a layer that cannot be made smaller
};

// In a call of two: below `kbps` the next smaller one.
static const struct {
    unsigned kbps, width, height, fps;
} sizes[] = {{0, 320, 180, 15}, {120, 640, 360, 15}, {220, 640, 360, 30}, {800, 1280, 720, 30}};

void ladder_init(struct ladder *l, unsigned most_kbps)
{
    memset(l, 0, sizeof *l);
    l->most_kbps = most_kbps;
    l->alone = true;
    l->offered = 1u << LADDER_ALONE;
    l->step = ARRAY_LEN(sizes) - 1;
}

void ladder_fix(struct ladder *l, const struct ladder_layer has[BUDGET_LAYERS])
{
    struct ladder_layer old[BUDGET_LAYERS];
    memcpy(old, l->has, sizeof old);
    l->fixed = true;
    memset(l->has, 0, sizeof l->has);
    if (has)
        memcpy(l->has, has, sizeof l->has);
    for (unsigned i = 0; i < BUDGET_LAYERS; i++)
        if (!l->has[i].kbps || !old[i].kbps)
            l->offered &= (uint8_t) ~(1u << i); // a new one first has to fit
}

void ladder_watched(struct ladder *l, const struct ladder_watch watch[BUDGET_LAYERS], uint64_t now_us)
{
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        if (watch[i].watchers)
            l->dropped_us[i] = 0;
        else if (l->watch[i].watchers)
            l->dropped_us[i] = now_us;
        l->watch[i] = watch[i];
        if (watch[i].watchers && !l->begun_us)
            l->begun_us = now_us;
    }
}

void ladder_others(struct ladder *l, unsigned others)
{
    l->alone = others <= 1;
}

static unsigned least_kbps(const struct ladder *l, unsigned layer)
{
    return MIN(budget_layer(layer)->least_kbps, l->most_kbps);
}

static unsigned top_kbps(const struct ladder *l, unsigned layer)
{
    if (l->fixed)
        return l->has[layer].kbps;
    return layer == LADDER_TOP ? l->most_kbps : MIN(budget_layer(layer)->most_kbps, l->most_kbps);
}

// A limit is obeyed down to the least: who can take less asks for a smaller layer.
unsigned ladder_most_kbps(const struct ladder *l, unsigned layer)
{
    unsigned most = top_kbps(l, layer), limit = l->watch[layer].kbps;
    if (l->fixed)
        return most;
    unsigned least = l->alone ? budget_layer(0)->least_kbps : least_kbps(l, layer);
    return limit ? MIN(most, MAX(limit, least)) : most;
}

unsigned ladder_wish_kbps(const struct ladder *l, bool limited)
{
    unsigned sum = 0;
    for (unsigned i = 0; i <= LADDER_TOP; i++)
        if (l->fixed) // whoever watches may want the next one
            sum += l->has[i].kbps * 5 / 4;
        else if (l->watch[i].watchers || (l->alone && i == LADDER_ALONE))
            sum += limited ? ladder_most_kbps(l, i) : top_kbps(l, i);
        else if (!l->alone)
            sum += least_kbps(l, i);
    return sum;
}

// ---- a call of two ----

static bool lasts(uint64_t *since_us, bool so, uint64_t us, uint64_t now_us)
{
    if (!so)
        *since_us = 0;
    else if (!*since_us)
        *since_us = now_us;
    return so && now_us - *since_us >= us;
}

static void choose_size(struct ladder *l, double kbps, uint64_t now_us)
{
    bool top = l->step == ARRAY_LEN(sizes) - 1;
    bool more = lasts(&l->step_us, !top && kbps >= 1.15 * sizes[l->step + !top].kbps, FITS_US, now_us);
    // Half the pictures are missed more than half the lines.
    bool slower = l->step && sizes[l->step - 1].fps < sizes[l->step].fps;
    bool less = lasts(&l->low_us, kbps < 0.9 * sizes[l->step].kbps, slower ? SLOW_US : LOW_US, now_us);
    if (more)
        l->step++;
    else if (less && l->step)
        l->step--;
    if (more || less)
        l->step_us = l->low_us = 0;
}

static void choose_alone(struct ladder *l, double kbps, double out[BUDGET_LAYERS], uint64_t now_us)
{
    bool settled = l->begun_us && now_us - l->begun_us >= SETTLES_US;
    kbps = MIN(kbps, (double)ladder_most_kbps(l, LADDER_ALONE));
    if (settled)
        choose_size(l, kbps, now_us);
    l->offered = 1u << LADDER_ALONE;
    bool lingers = l->dropped_us[LADDER_ALONE] && now_us - l->dropped_us[LADDER_ALONE] < STAYS_US;
    bool watched = l->watch[LADDER_ALONE].watchers > 0;
    double left = kbps;
    // When there were more of us he may have had another one: until he has heard that there is but one. Half of it is
    // left to the keyframe that he waits for.
    for (unsigned i = 0; i < LADDER_TOP; i++) {
        if (!l->watch[i].watchers)
            continue;
        out[i] = MIN(watched ? left / 2 : left, (double)ladder_most_kbps(l, i));
        left -= out[i];
    }
    if (watched)
        out[LADDER_ALONE] = left;
    else if (lingers)
        out[LADDER_ALONE] = MIN(left, (double)budget_layer(0)->least_kbps);
}

// ---- three and more ----

static void choose_offered(struct ladder *l, double kbps, uint64_t now_us)
{
    bool settled = l->begun_us && now_us - l->begun_us >= SETTLES_US;
    double below = 0;
    for (unsigned i = 0; i <= LADDER_TOP; i++) {
        double needs = below + least_kbps(l, i);
        uint8_t bit = (uint8_t)(1u << i);
        bool again = lasts(&l->fits_us[i], kbps >= 1.15 * needs, FITS_US, now_us);
        if (i == 0 || !settled || again)
            l->offered |= bit;
        else if (kbps < needs)
            l->offered &= (uint8_t)~bit;
        if (l->watch[i].watchers && l->offered & bit)
            below = needs;
    }
}

// What each needs at least, the smallest first; then what it could use, likewise. One that is not offered any more
// gets what is left until its watchers have gone to another, and the smallest that is watched something in any case.
static void choose_shares(struct ladder *l, double left, double out[BUDGET_LAYERS], uint64_t now_us)
{
    bool smallest = true;
    for (unsigned i = 0; i <= LADDER_TOP; i++) {
        double share = MIN(left, (double)least_kbps(l, i));
        if (!l->watch[i].watchers || (!smallest && share < least_kbps(l, i) / 2.0))
            continue;
        out[i] = share;
        left -= share;
        smallest = false;
    }
    for (unsigned i = 0; i <= LADDER_TOP; i++) {
        double more = MIN(left, ladder_most_kbps(l, i) - out[i]);
        if (out[i] <= 0 || more <= 0)
            continue;
        out[i] += more;
        left -= more;
    }
    for (unsigned i = 0; i <= LADDER_TOP; i++) {
        bool lingers = l->dropped_us[i] && now_us - l->dropped_us[i] < STAYS_US;
        if (!lingers || left < least_kbps(l, i))
            continue;
        out[i] = least_kbps(l, i);
        left -= out[i];
    }
}

// ---- what is coded already ----

// Those that fit in full beside what is watched of the smaller ones; the smallest in any case.
static void choose_fixed(struct ladder *l, double kbps, double out[BUDGET_LAYERS], uint64_t now_us)
{
    double below = 0, leaves = 0; // leaves: of the largest of those, when but one watches it: he would come up
    bool smallest = true, served = false;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        double needs = below + l->has[i].kbps - (l->watch[i].watchers ? 0 : leaves);
        uint8_t bit = (uint8_t)(1u << i);
        if (!l->has[i].kbps)
            continue;
        bool again = lasts(&l->fits_us[i], kbps >= 1.1 * needs, FITS_US, now_us);
        bool tight = lasts(&l->tight_us[i], kbps < 0.95 * needs, l->choked ? 0 : TIGHT_US, now_us);
        if (smallest || again)
            l->offered |= bit;
        else if (tight)
            l->offered &= (uint8_t)~bit;
        smallest = false;
        bool lingers = l->dropped_us[i] && now_us - l->dropped_us[i] < STAYS_US && kbps >= 1.1 * needs;
        // One that does not fit goes on until its watchers have a smaller one.
        if (l->watch[i].watchers ? l->offered & bit || !served : lingers)
            out[i] = l->has[i].kbps;
        served |= l->watch[i].watchers > 0;
        if (out[i] > 0) {
            below += l->has[i].kbps;
            leaves = l->watch[i].watchers == 1 ? l->has[i].kbps : 0;
        }
    }
}

bool ladder_choose(struct ladder *l, double bps, uint64_t now_us)
{
    double kbps[BUDGET_LAYERS] = {0};
    uint8_t offered = l->offered;
    bool changed = false;
    if (l->fixed) {
        choose_fixed(l, bps / 1000, kbps, now_us);
    } else if (l->alone) {
        choose_alone(l, bps / 1000, kbps, now_us);
    } else {
        choose_offered(l, bps / 1000, now_us);
        choose_shares(l, bps / 1000, kbps, now_us);
    }
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        const struct budget_layer *size = budget_layer(i);
        struct ladder_layer to = {size->width, size->height, size->fps, 0}, *was = &l->layer[i];
        if (l->fixed)
            to = l->has[i];
        else if (l->alone && i == LADDER_ALONE)
            to = (struct ladder_layer){sizes[l->step].width, sizes[l->step].height, sizes[l->step].fps, 0};
        bool full =
            kbps[i] >= ladder_most_kbps(l, i) && kbps[i] * 1000 > l->rate[i].bps; // the last step may be a small one
        if (kbps[i] <= 0)
            l->rate[i].bps = 0;
        else if (budget_rate_follow(&l->rate[i], kbps[i] * 1000, now_us) || full)
            l->rate[i].bps = kbps[i] * 1000;
        to.kbps = kbps[i] > 0 ? (unsigned)MAX(l->rate[i].bps / 1000, 1.0) : 0;
        changed |= memcmp(&to, was, sizeof to) != 0;
        *was = to;
    }
    return changed || offered != l->offered;
}
