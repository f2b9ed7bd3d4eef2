// Pure: a loudspeaker and a microphone in one room, 10 ms at a time at 48 kHz: what the microphone hears of what is
// played, and of who speaks before it.
#ifndef PARLOUR_TESTS_ROOM_ACOUSTICS_H
#define PARLOUR_TESTS_ROOM_ACOUSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROOM_ACOUSTICS_BLOCK = 480 };

struct room_acoustics;

struct room_acoustics_config {
    double rt60_s;         // the reverberation has fallen by 60 dB after this
    double return_loss_db; // loudspeaker to microphone, all paths together, for white noise
    double delay_ms;       // device buffers and the direct path
    double noise_dbfs;     // of the room, at the microphone; 0 = none
    bool saturates;        // a small loudspeaker driven too hard: bends above -12 dBFS
    uint32_t seed;         // of the walls and the noise
};

struct room_acoustics *room_acoustics_create(const struct room_acoustics_config *config);
// A block is played while `near` is spoken (NULL = nobody speaks): what the microphone takes up is added to `heard`.
void room_acoustics_run(struct room_acoustics *r, const int16_t *played, const int16_t *near, int16_t *heard);
void room_acoustics_destroy(struct room_acoustics *r);

#endif
