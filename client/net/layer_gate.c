#include "layer_gate.h"

enum { ASK_US = 500000, IN_USE_US = 1000000 };

// None above it is being sent.
static bool is_largest(const struct layer_gate *g, unsigned layer, uint64_t now_us)
{
    for (unsigned i = layer + 1; i < BUDGET_LAYERS; i++)
        if (!(g->shut >> i & 1) && g->passed_us[i] && now_us - g->passed_us[i] < IN_USE_US)
            return false;
    return true;
}

bool layer_gate_takes(struct layer_gate *g, unsigned layer, bool keyframe, uint64_t waits_us, uint64_t now_us)
{
    uint8_t bit = (uint8_t)(1u << layer);
    if (g->shut & bit) {
        if (!keyframe || waits_us > LAYER_GATE_MOST_US / 2)
            return false;
        g->shut &= (uint8_t)~bit;
    } else if (waits_us > LAYER_GATE_MOST_US * (is_largest(g, layer, now_us) ? 1u : 2u)) {
        g->shut |= bit;
        return false;
    }
    g->passed_us[layer] = now_us;
    return true;
}

void layer_gate_lost(struct layer_gate *g, unsigned layer)
{
    g->shut |= (uint8_t)(1u << layer);
}

uint8_t layer_gate_asks(struct layer_gate *g, uint64_t waits_us, uint64_t now_us)
{
    uint8_t asks = 0;
    for (unsigned i = 0; i < BUDGET_LAYERS; i++) {
        bool early = g->asked_us[i] && now_us - g->asked_us[i] < ASK_US;
        if (!(g->shut >> i & 1) || waits_us > LAYER_GATE_LITTLE_US || early)
            continue;
        g->asked_us[i] = now_us;
        asks |= (uint8_t)(1u << i);
    }
    return asks;
}
