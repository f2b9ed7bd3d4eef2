// RTP payloads -> 48 kHz mono samples: Opus (RFC 7587) with in-band FEC and concealment, or L16 (RFC 3551).
#ifndef PARLOUR_AUDIO_DECODER_H
#define PARLOUR_AUDIO_DECODER_H

#include "shared/base.h"

enum audio_decoder_codec { AUDIO_DECODER_OPUS, AUDIO_DECODER_L16 };
enum {
    AUDIO_DECODER_MAX = 5760,  // samples in 120 ms, the longest Opus packet
    AUDIO_DECODER_FADES = 2880 // what is made up begins to fade after so many
};

struct audio_decoder;

struct audio_decoder *audio_decoder_create(enum audio_decoder_codec codec); // NULL when libopus refuses
void audio_decoder_destroy(struct audio_decoder *d);                        // NULL is fine
// How long a payload lasts, samples at 48 kHz; 0 = malformed. Needs no decoder.
uint32_t audio_decoder_samples(enum audio_decoder_codec codec, const uint8_t *payload, size_t size);
// Has the payload the sound before it in it, in-band (Opus's LBRR)? Needs no decoder.
bool audio_decoder_carries(enum audio_decoder_codec codec, const uint8_t *payload, size_t size);
// All write at most `room` samples to `out` and return how many; 0 = malformed. None allocates.
size_t audio_decoder_decode(struct audio_decoder *d, const uint8_t *payload, size_t size, int16_t *out, size_t room);
// What was lost just before this payload, `samples` long; made up when the payload does not carry it.
size_t audio_decoder_fec(struct audio_decoder *d, const uint8_t *payload, size_t size, int16_t *out, size_t samples);
// Make up `samples` samples; fades to silence after 100 ms in a row.
size_t audio_decoder_conceal(struct audio_decoder *d, int16_t *out, size_t samples);

#endif
