// Pure: the room noise of one voice, learned from its quietest sound and put where nothing comes: a pause or a loss is
// then no hole. Low, of the same colour, faded in and out; and after a while it goes, for the one who has gone or is
// muted has no room any more.
#ifndef PARLOUR_COMFORT_NOISE_H
#define PARLOUR_COMFORT_NOISE_H

#include "shared/base.h"

enum {
    COMFORT_NOISE_ORDER = 16,
    COMFORT_NOISE_MOST = 164,    // RMS of what is taken for a room at most: -46 dBFS
    COMFORT_NOISE_STAYS = 96000, // samples at 48 kHz, 2 s,
    COMFORT_NOISE_GOES = 144000  // and then it fades, 3 s
};

struct comfort_noise {                                 // zeroed at first
    float correlation[COMFORT_NOISE_ORDER + 1], least; // of quiet sound; least: power of the quietest, rising slowly
    bool known;
    float filter[COMFORT_NOISE_ORDER], past[COMFORT_NOISE_ORDER], gain; // fixed when a gap begins
    float heard;                                                        // 0..1
    size_t gap;                                                         // samples
    uint32_t random;
};

// What was decoded, and not made up: at least 120 samples, else it is not looked at.
void comfort_noise_learn(struct comfort_noise *c, const int16_t *samples, size_t count);
// Add noise to `samples`: `gap` = nothing came for them. Without a gap what is still heard fades out within 5 ms.
void comfort_noise_add(struct comfort_noise *c, int16_t *samples, size_t count, bool gap);

#endif
