#include "budget.h"

#include <string.h>

enum { PAYLOAD = 1117, HEADERS = 71, FOLLOW_US = 100000 };

void budget_split(struct budget *out, double bps, const struct budget_wish wish[BUDGET_STREAMS])
{
    memset(out, 0, sizeof *out);
    out->bps[BUDGET_AUDIO] = wish[BUDGET_AUDIO].most_bps;
    double left = MAX(bps - wish[BUDGET_AUDIO].most_bps, 0.0);
    for (unsigned i = BUDGET_SCREEN; i < BUDGET_STREAMS; i++) {
        double share = MIN(left, wish[i].most_bps);
        if (share <= 0 || share < wish[i].least_bps)
            continue;
        out->bps[i] = share;
        left -= share;
    }
}

double budget_payload(double wire_bps)
{
    return wire_bps / (1 + (double)HEADERS / PAYLOAD);
}

const struct budget_layer *budget_layer(unsigned layer)
{
    static const struct budget_layer layers[BUDGET_LAYERS] = {
        {320, 180, 15, 80, 150}, {640, 360, 30, 250, 500}, {1280, 720, 30, 600, 2000}, {1920, 1080, 30, 1500, 4000}};
    return &layers[layer % BUDGET_LAYERS];
}

const struct budget_layer *budget_screen(unsigned layer)
{
    static const struct budget_layer layers[BUDGET_SCREENS] = {{960, 540, 30, 100, 800}, {1920, 1080, 30, 250, 3000}};
    return &layers[layer % BUDGET_SCREENS];
}

bool budget_rate_follow(struct budget_rate *r, double bps, uint64_t now_us)
{
    bool moved = bps < 0.95 * r->bps || bps > 1.08 * r->bps;
    if (r->bps > 0 && (!moved || now_us - r->at_us < FOLLOW_US))
        return false;
    r->bps = bps;
    r->at_us = now_us;
    return true;
}
