// Pure: what cannot be made smaller (layers that are passed on) goes out as far as the line keeps up. When too much
// waits, one layer is left out up to a keyframe, the largest first; once little waits its source is asked for one.
#ifndef PARLOUR_LAYER_GATE_H
#define PARLOUR_LAYER_GATE_H

#include "client/net/budget.h"

enum { LAYER_GATE_MOST_US = 700000, LAYER_GATE_LITTLE_US = 200000 };

struct layer_gate {
    uint8_t shut;                      // bit = layer
    uint64_t asked_us[BUDGET_LAYERS];  // for a keyframe, last
    uint64_t passed_us[BUDGET_LAYERS]; // went out last
};

// Whether a frame goes out now. `waits_us`: so long what waits already takes.
bool layer_gate_takes(struct layer_gate *g, unsigned layer, bool keyframe, uint64_t waits_us, uint64_t now_us);
// It could not be sent after all.
void layer_gate_lost(struct layer_gate *g, unsigned layer);
// Layers whose sources are to be asked for a keyframe now: bit = layer.
uint8_t layer_gate_asks(struct layer_gate *g, uint64_t waits_us, uint64_t now_us);

#endif
