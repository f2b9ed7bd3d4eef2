// Pure: which layer of everybody's picture comes to us, by the size it is shown in and by what the way down bears. Each
// picture that is shown gets its smallest layer first; then they rise in order of how much they matter. Up only when
// there has been room for a while, down at once; what does not fit even at its smallest pauses, and returns by itself.
#ifndef PARLOUR_LAYERS_H
#define PARLOUR_LAYERS_H

#include "client/net/budget.h"

enum { LAYERS_STREAMS = 100, LAYERS_NONE = -1, LAYERS_VOICES = 5 };

enum layers_reason { // why this layer
    LAYERS_SIZE,     // it fills its place on the screen
    LAYERS_OFFER,    // there is no larger one
    LAYERS_BUDGET,   // a larger one does not fit
    LAYERS_PAUSED,   // none does
    LAYERS_HIDDEN    // it is not on the screen
};

struct layers_stream {
    // What is wanted.
    uint16_t member;
    bool screen;     // what he shares, not his camera
    unsigned height; // of its place, pixels; 0 = it is not shown
    bool speaker, pinned;
    uint8_t only;                       // 1 + the layer a person has chosen; 0 = by its size
    uint8_t offered;                    // bit = layer; 0 = there is none
    unsigned lines[BUDGET_LAYERS];      // height of each
    unsigned whole_kbps[BUDGET_LAYERS]; // it comes as it is, of so much; 0 = it follows the limit
    // What was chosen.
    bool begun;
    uint8_t only_before;
    uint64_t chosen_us;  // a person has chosen then; 0 = long ago
    int layer, wish;     // LAYERS_NONE = no picture; wish: by its size alone
    unsigned limit_kbps; // what may come of it; 0 = no limit
    enum layers_reason reason;
    uint64_t tight_us; // even the smallest does not fit since; 0 = it does
    uint64_t room_us;  // a higher one has fitted since; 0 = it does not
};

struct layers {
    struct layers_stream stream[LAYERS_STREAMS];
    size_t count;
    uint64_t silent_us, voices_us; // sound alone does not fit since, and would again since; 0 = not so
    bool few_voices;               // of all but LAYERS_VOICES no sound
    bool burst;                    // what was chosen last begins with a keyframe that nobody could make small
    double wants_bps;              // a person waits for a layer that takes so much in all; 0 = for none
};

// The stream of this member, made if need be; NULL when there are too many.
struct layers_stream *layers_stream(struct layers *l, uint16_t member, bool screen);
const struct layers_stream *layers_find(const struct layers *l, uint16_t member, bool screen);
void layers_forget(struct layers *l, uint16_t member);
// Choose for all. `bps`: what may come in all, on the wire; 0 = as much as it likes. `sound_bps`: of it, all but
// pictures. True when a layer, a limit or few_voices has changed enough to be told.
bool layers_choose(struct layers *l, double bps, double sound_bps, uint64_t now_us);
// Something is smaller than it should be for want of room.
bool layers_held(const struct layers *l);
bool layers_narrow(const struct layers *l); // not even the smallest of each fits
const char *layers_reason_name(enum layers_reason r);

#endif
