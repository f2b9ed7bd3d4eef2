// The sound of a film that plays: a thread reads it 10 ms at a time, when it is due on the film's clock, and codes it.
#ifndef PARLOUR_FILM_VOICE_H
#define PARLOUR_FILM_VOICE_H

#include "shared/base.h"

struct film_voice;

struct film_voice_config {
    const char *path; // of the file that has it
    void *ctx;
    // When (CLOCK_MONOTONIC, us) what stands at `us` of the film is due; 0 = the film stands still. The voice's thread,
    // as the next one.
    uint64_t (*when)(void *ctx, uint64_t us);
    void (*on_audio)(void *ctx, const uint8_t *data, size_t size, uint32_t ts, bool voice_marker); // as audio_encoder's
};

struct film_voice *film_voice_create(const struct film_voice_config *config); // NULL: it has no sound
bool film_voice_start(struct film_voice *v);
void film_voice_stop(struct film_voice *v); // any thread, like the next four
void film_voice_seek(struct film_voice *v, uint64_t ms);
bool film_voice_over(struct film_voice *v); // all of it has been sent
void film_voice_rate(struct film_voice *v, unsigned kbps, unsigned loss_pct);
uint32_t film_voice_ts(struct film_voice *v, uint64_t now_us); // as audio_encoder_ts
void film_voice_join(struct film_voice *v);
void film_voice_destroy(struct film_voice *v); // after join; NULL is fine

#endif
