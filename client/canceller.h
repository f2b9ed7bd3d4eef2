// Echo, noise and gain by libwebrtc-audio-processing: its face in C, with nothing of our own but how it is set up.
// 48 kHz mono, 10 ms at a time. One thread at a time.
#ifndef PARLOUR_CANCELLER_H
#define PARLOUR_CANCELLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CANCELLER_BLOCK = 480 }; // samples in 10 ms

struct canceller;

struct canceller *canceller_create(void);    // NULL when the library refuses
void canceller_reset(struct canceller *c);   // forgets the room; as new
void canceller_destroy(struct canceller *c); // NULL is fine
// What the loudspeaker plays: one block before each canceller_near.
void canceller_far(struct canceller *c, const int16_t *samples);
// What the microphone heard, cleaned in place. delay_ms: from canceller_far of a block to the call whose sound has its
// echo.
void canceller_near(struct canceller *c, int16_t *samples, unsigned delay_ms);

#ifdef __cplusplus
}
#endif

#endif
