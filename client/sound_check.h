// Does the microphone hear the loudspeaker? A chime that is known, and a look for it in what was heard. Pure.
#ifndef PARLOUR_SOUND_CHECK_H
#define PARLOUR_SOUND_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SOUND_CHECK_RATE = 48000,
    SOUND_CHECK_CHIME = SOUND_CHECK_RATE * 6 / 10, // samples
    SOUND_CHECK_MOST = SOUND_CHECK_RATE * 3        // of what was heard; more is left out
};

enum sound_check_result {
    SOUND_CHECK_HEARD,
    SOUND_CHECK_NOT_HEARD, // the microphone hears, but not this
    SOUND_CHECK_SILENCE    // it hears nothing, not even its room
};

// A tone that rises evenly: nothing that people or rooms do by themselves looks like it.
void sound_check_chime(int16_t out[SOUND_CHECK_CHIME]);
// *after_ms (may be NULL): when the chime began in it. Takes some 10 ms of time.
enum sound_check_result sound_check_find(const int16_t *heard, size_t count, unsigned *after_ms);

#endif
