// Echo, noise and gain by libwebrtc-audio-processing: its face in C, with nothing of our own but how it is set up.
// 48 kHz mono, 10 ms at a time. One thread at a time.
#ifndef PARLOUR_CANCELLER_H
#define PARLOUR_CANCELLER_H

#include "audio_block.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct canceller;

struct canceller *canceller_create(void);    // NULL when the library refuses
void canceller_reset(struct canceller *c);   // forgets the room; as new
void canceller_destroy(struct canceller *c); // NULL is fine
// What the loudspeaker plays: one block before each canceller_near.
void canceller_far(struct canceller *c, const int16_t *samples);
// What the microphone heard, cleaned in place, while that block of the loudspeaker's was heard.
void canceller_near(struct canceller *c, int16_t *samples);

#ifdef __cplusplus
}
#endif

#endif
