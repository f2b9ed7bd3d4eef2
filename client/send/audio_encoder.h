// Sound made into RTP payloads: Opus (RFC 7587), 10 or 20 ms, in-band FEC, DTX; or plain 16-bit PCM (L16, RFC 3551),
// 10 ms.
// No thread of its own: works inside the caller of audio_encoder_push.
#ifndef PARLOUR_AUDIO_ENCODER_H
#define PARLOUR_AUDIO_ENCODER_H

#include "shared/base.h"

enum audio_encoder_codec { AUDIO_ENCODER_OPUS, AUDIO_ENCODER_L16 };

struct audio_encoder;

struct audio_encoder_config {
    enum audio_encoder_codec codec;
    unsigned kbps; // Opus; 0 = 32
    void *ctx;
    // A payload, only lent. ts: 48 kHz, counts samples. voice_marker: the first after silence (RTP marker bit). Same
    // thread as audio_encoder_push.
    void (*on_audio)(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker);
};

struct audio_encoder *audio_encoder_create(const struct audio_encoder_config *config); // NULL when libopus refuses
// `count` samples (480 = 10 ms at most at a time) of 48 kHz mono, captured from capture_us on. A gap of more than 40 ms
// to what came before starts a new talk spurt.
void audio_encoder_push(struct audio_encoder *e, const int16_t *samples, size_t count, uint64_t capture_us);
void audio_encoder_set_bitrate(struct audio_encoder *e, unsigned kbps);  // any thread
void audio_encoder_set_loss(struct audio_encoder *e, unsigned loss_pct); // any thread; steers in-band FEC
// Any thread: Opus frames of 10 or 20 ms (20 at first), from the next one on. L16's are always 10 ms.
void audio_encoder_set_frame(struct audio_encoder *e, unsigned ms);
unsigned audio_encoder_frame_ms(struct audio_encoder *e); // any thread: as set
// Any thread: where in what is decoded from these payloads a sound captured now will be. It runs by our clock, while
// payloads are counted by the sound card's.
uint32_t audio_encoder_ts(struct audio_encoder *e, uint64_t now_us);
void audio_encoder_destroy(struct audio_encoder *e); // NULL is fine

#endif
