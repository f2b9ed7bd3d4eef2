// The sounds themselves: made by assets/sounds/make_sounds.py while building, 48 kHz mono.
#ifndef PARLOUR_SOUNDS_DATA_H
#define PARLOUR_SOUNDS_DATA_H

#include "sounds.h"

struct sounds_data {
    const int16_t *samples;
    uint32_t count;
};

extern const struct sounds_data sounds_data[SOUND_COUNT];

#endif
