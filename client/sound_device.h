// A microphone or a loudspeaker that is open: 48 kHz mono 16-bit. All of SDL's audio but the reading of files is in
// here, on a thread of its own ("sound"): a sound server that does not answer holds that thread, and whoever waits for
// it goes on after a while without. Who has a device looks at it now and then, closes it when it works no longer, and
// tries again.
#ifndef PARLOUR_SOUND_DEVICE_H
#define PARLOUR_SOUND_DEVICE_H

#include "device_names.h"
#include "shared/base.h"

struct device_thread;

enum {
    SOUND_DEVICE_RATE = 48000,
    SOUND_DEVICE_LOOK_US = 200000, // so often one is looked at,
    SOUND_DEVICE_RETRY_US = 800000 // and so long is waited for the next try
};

struct sound_device;

struct sound_device_config {
    bool capture;       // a microphone
    const char *wanted; // auto or a name (device_names_find); when it is not there, another one serves
    unsigned block;     // samples it is to take or give at a time; a sound server may be given them by parts
    void *ctx;
    // A microphone's samples, or where a loudspeaker's are to be written. time_us (CLOCK_MONOTONIC): when the first of
    // them was captured, or is heard. On a thread of SDL's: waits for nothing.
    void (*on_samples)(void *ctx, int16_t *samples, size_t count, uint64_t time_us);
};

enum sound_device_state {
    SOUND_DEVICE_WORKS,
    SOUND_DEVICE_GONE,   // taken away, or its server has ended
    SOUND_DEVICE_STUCK,  // has taken or given nothing for three seconds
    SOUND_DEVICE_RETURNS // works, but the one that was wanted is there again
};

// Before there are threads: what the sound server calls us.
void sound_device_introduce(void);
// Any thread but main, like the next three, one after the other for one device. NULL when there is none (logged) or
// `thread` is to stop; waits at most three seconds.
struct sound_device *sound_device_open(const struct sound_device_config *config, struct device_thread *thread);
enum sound_device_state sound_device_look(struct sound_device *d);
// on_samples is not called any more. The device is closed when this returns, unless it holds on for 0.3 s: then it is
// closed when it lets go. NULL is fine.
void sound_device_close(struct sound_device *d);
// Which one it is, valid until it is closed; "" when the system does not tell. `other`: not the one that was wanted.
const char *sound_device_name(const struct sound_device *d, bool *other);
// Any thread: those that are there now, or when the sound server does not answer within wait_us, those that were
// there when it last did; false when it never has. Opens none.
bool sound_device_list(bool capture, struct device_names *out, uint64_t wait_us);
// Main, when all are closed: end SDL's audio, before the process ends. Gives up after a second.
void sound_device_finish(void);

#endif
