// Sound from a microphone, a tone or a file: 48 kHz mono 16-bit, 10 ms at a time.
#ifndef PARLOUR_MIC_H
#define PARLOUR_MIC_H

#include "client/audio_block.h"
#include "client/sound_watch.h"

struct mic;

struct mic_config {
    const char *spec; // auto | none | tone:440 | file:x.wav | a device's name or a part of it
    void *ctx;
    // AUDIO_BLOCK samples; capture_us = CLOCK_MONOTONIC of the first. Called by SDL's capture thread or our own "mic"
    // thread, never by two at once. Not called while muted or without a device.
    void (*on_pcm)(void *ctx, const int16_t *samples, size_t count, uint64_t capture_us);
    // One sentence when there is no sound to be had, once per failure; "" when it works again. It is tried again and
    // again. By the mic thread, like the next.
    void (*on_failed)(void *ctx, const char *sentence);
    // Something to be said of a device that works. NULL = nobody asks.
    void (*on_said)(void *ctx, enum sound_said what, const char *wanted, const char *now);
};

struct mic *mic_create(const struct mic_config *config); // strings are copied
bool mic_start(struct mic *m);
// Any thread, waits for nothing. Muted: nothing is delivered from now on, and the device is closed; not muted: it is
// opened again. Both by the mic thread.
void mic_set_muted(struct mic *m, bool muted);
// Likewise. While muted the device stays open and its level is measured; still nothing is delivered.
void mic_set_listening(struct mic *m, bool listens);
float mic_level(struct mic *m); // any thread: RMS of the last blocks, 0..1; 0 while muted, unless it listens
void mic_stop(struct mic *m);
void mic_join(struct mic *m);
void mic_destroy(struct mic *m); // NULL is fine

#endif
