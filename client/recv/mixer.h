// Pure: voices added up, clipped softly, and measured.
#ifndef PARLOUR_MIXER_H
#define PARLOUR_MIXER_H

#include "shared/base.h"

enum { MIXER_BLOCK = 480 }; // samples in 10 ms at 48 kHz

struct mixer {
    float sum[MIXER_BLOCK];
};

void mixer_clear(struct mixer *m);
// The gain goes evenly from one value to the other, so that turning a volume does not click.
void mixer_add(struct mixer *m, const int16_t samples[MIXER_BLOCK], float from, float to);
// Linear up to -3 dBFS, above that bent so that it never wraps and never reaches full scale abruptly.
void mixer_finish(const struct mixer *m, int16_t out[MIXER_BLOCK]);
// A meter: RMS of a block (0..1) smoothed on `before`: up at once, down over about 300 ms.
float mixer_level(float before, const int16_t *samples, size_t count);

#endif
