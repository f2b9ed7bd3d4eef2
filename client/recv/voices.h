// Everybody's voices: what the playback callback owns (jitter buffers, decoders) and the two rings
// through which the net thread feeds it and gets back what may be freed. Knows no sound device.
#ifndef PARLOUR_VOICES_H
#define PARLOUR_VOICES_H

#include "mixer.h"
#include "speaker.h" // speaker_figures, SPEAKER_VOICES

struct voices;

struct voices *voices_create(void);
void voices_destroy(struct voices *v); // both other threads must be gone; NULL is fine

// net thread only
bool voices_add(struct voices *v, uint16_t member, enum audio_decoder_codec codec);
void voices_remove(struct voices *v, uint16_t member);
void voices_push(struct voices *v, uint16_t member, uint32_t number, uint32_t ts, const uint8_t *payload, size_t size,
                 bool copy, uint64_t now_us);

// Playback thread only: add the next 10 ms. heard_us: when the first of them is heard; 0 = never. Never
// allocates, frees, locks or waits.
void voices_mix(struct voices *v, struct mixer *mixer, uint64_t now_us, uint64_t heard_us);

// Main thread only; see speaker.h
bool voices_set_volume(struct voices *v, uint16_t member, int percent);
void voices_forget_volumes(struct voices *v);

// Any thread
void voices_set_hold(struct voices *v, uint16_t member, uint32_t hold_us); // see speaker.h
bool voices_get_figures(struct voices *v, uint16_t member, struct speaker_figures *out);

#endif
