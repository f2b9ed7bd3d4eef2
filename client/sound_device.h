// A microphone or a loudspeaker that is open: 48 kHz mono 16-bit. All of SDL's audio but the reading of files is in
// here. Who has one looks at it now and then, closes it when it works no longer, and tries again.
#ifndef PARLOUR_SOUND_DEVICE_H
#define PARLOUR_SOUND_DEVICE_H

#include "shared/base.h"

enum { SOUND_DEVICE_RATE = 48000, SOUND_DEVICE_LOOK_US = 500000, SOUND_DEVICE_RETRY_US = 2000000 };

struct sound_device;

struct sound_device_config {
    bool capture;       // a microphone
    const char *wanted; // auto or a device's name
    unsigned block;     // samples it is to take or give at a time
    void *ctx;
    // A microphone's samples, or where a loudspeaker's are to be written. time_us (CLOCK_MONOTONIC): when the first of
    // them was captured, or is heard. On a thread of SDL's: waits for nothing.
    void (*on_samples)(void *ctx, int16_t *samples, size_t count, uint64_t time_us);
};

// Any thread, like all of these, but one after the other for one device. NULL when there is none (logged).
struct sound_device *sound_device_open(const struct sound_device_config *config);
bool sound_device_works(struct sound_device *d); // false: it was taken away
void sound_device_close(struct sound_device *d); // on_samples is not called any more; NULL is fine

#endif
