// Pure: the two layers of a screen that this box shows, all of it and half of it: what is encoded of them and at what
// rate. A low rate costs pictures a second, not lines: letters are to be read.
#ifndef PARLOUR_SCREEN_RATES_H
#define PARLOUR_SCREEN_RATES_H

#include "client/net/ladder.h"

struct screen_rates {
    bool on; // it is shown
    struct ladder_watch watch[BUDGET_SCREENS];
    uint64_t dropped_us[BUDGET_SCREENS]; // when the last watcher went; 0 = there is one, or was none
    struct budget_rate rate[BUDGET_SCREENS];
    uint64_t pace_us[BUDGET_SCREENS];          // another number of pictures a second would be right since; 0 = not so
    struct ladder_layer layer[BUDGET_SCREENS]; // as it was chosen last
};

void screen_rates_set(struct screen_rates *r, bool on);
// WATCHED has come: of both layers.
void screen_rates_watched(struct screen_rates *r, const struct ladder_watch watch[BUDGET_SCREENS], uint64_t now_us);
// What it would take if there were room, kbit/s; 0 = nobody watches it, or it is not shown.
unsigned screen_rates_wish_kbps(const struct screen_rates *r);
// `bps` of payload may go into it.
void screen_rates_choose(struct screen_rates *r, double bps, uint64_t now_us);
// How much of `bps` on the wire, sound not counted, is left to the camera beside it. `used_bps`: what the screen took
// lately: a page that stands still leaves nearly all of its share.
double screen_rates_camera_bps(double bps, double share_bps, double used_bps);

#endif
