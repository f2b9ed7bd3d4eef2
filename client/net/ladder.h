// Pure: which layers of our picture are encoded, how large and at what rate: what somebody watches, as far as the way
// up bears it, the smallest first. Two people need one layer only; its size follows the rate.
#ifndef PARLOUR_LADDER_H
#define PARLOUR_LADDER_H

#include "client/net/budget.h"

enum {
    LADDER_ALONE = 2, // the layer that is the only one in a call of two
    LADDER_TOP = 2    // the highest there is: cameras give 720p
};

struct ladder_watch {
    unsigned watchers;
    unsigned kbps; // the least that one of them can take; 0 = all
};

struct ladder_layer { // what an encoder is to make; kbps 0 = nothing
    unsigned width, height, fps, kbps;
};

struct ladder {
    unsigned most_kbps;                     // of the largest layer
    bool fixed;                             // what is sent is coded already: each layer whole, or not at all
    struct ladder_layer has[BUDGET_LAYERS]; // fixed: what there is; kbps 0 = no such layer
    bool choked;                            // fixed: much waits
    uint64_t tight_us[BUDGET_LAYERS];       // fixed: it has not fitted since; 0 = it does
    bool alone;                             // one other person at the most
    struct ladder_watch watch[BUDGET_LAYERS];
    uint64_t dropped_us[BUDGET_LAYERS]; // when the last watcher went; 0 = there is one, or was none
    uint8_t offered;                    // bit = layer
    uint64_t fits_us[BUDGET_LAYERS];    // would fit again since; 0 = does not
    unsigned step;                      // alone: of the sizes
    uint64_t step_us, low_us;           // a larger one would fit, this one does not: since; 0 = not so
    uint64_t begun_us;                  // somebody watches since; 0 = nobody did
    struct budget_rate rate[BUDGET_LAYERS];
    struct ladder_layer layer[BUDGET_LAYERS]; // as it was chosen last
};

void ladder_init(struct ladder *l, unsigned most_kbps);
// From now on the picture is what its source has (NULL = nothing yet), and no rate of anybody's changes that.
void ladder_fix(struct ladder *l, const struct ladder_layer has[BUDGET_LAYERS]);
// WATCHED has come: of every layer.
void ladder_watched(struct ladder *l, const struct ladder_watch watch[BUDGET_LAYERS], uint64_t now_us);
// So many others are here.
void ladder_others(struct ladder *l, unsigned others);
// What this layer may take, as far as those who watch it allow; none is asked for less than its least.
unsigned ladder_most_kbps(const struct ladder *l, unsigned layer);
// `bps` of payload may go into pictures. True when `layer` or `offered` has changed.
bool ladder_choose(struct ladder *l, double bps, uint64_t now_us);
// What the picture would take if there were room: of what is watched, and of what could be offered besides. `limited`:
// and those who watch could take no more than they say.
unsigned ladder_wish_kbps(const struct ladder *l, bool limited);

#endif
