// Pure: voices added up, held under full scale by a limiter, and measured.
#ifndef PARLOUR_MIXER_H
#define PARLOUR_MIXER_H

#include "client/audio_block.h"
#include "shared/base.h"

struct mixer { // zeroed at first
    float sum[AUDIO_BLOCK];
    float taken;   // by the limiter, of 1
    unsigned hold; // samples until it gives back
};

void mixer_clear(struct mixer *m);
// The gain goes evenly from one value to the other, so that turning a volume does not click.
void mixer_add(struct mixer *m, const int16_t samples[AUDIO_BLOCK], float from, float to);
// What fits is passed bit by bit. What does not is turned down beforehand, over up to 5 ms, and back up slowly, so that
// many who talk at once stay clear. It looks ahead inside the block only: nothing is delayed.
void mixer_finish(struct mixer *m, int16_t out[AUDIO_BLOCK]);
// A meter: RMS of a block (0..1) smoothed on `before`: up at once, down over about 300 ms.
float mixer_level(float before, const int16_t *samples, size_t count);

#endif
