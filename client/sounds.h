// The sounds of the screen (LOOK §9), played into the loudspeaker's mix and nowhere else. Pure: no device, no clock.
// Main starts and stops them, the playback thread plays them; nobody waits for anybody.
#ifndef PARLOUR_SOUNDS_H
#define PARLOUR_SOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sound {
    SOUND_RING,
    SOUND_CALLING,
    SOUND_ANSWERED,
    SOUND_ENDED,
    SOUND_JOINED,
    SOUND_LEFT,
    SOUND_KNOCK,
    SOUND_MESSAGE, // a file that is offered, too
    SOUND_FILE_DONE,
    SOUND_MICROPHONE_ON,
    SOUND_MICROPHONE_OFF,
    SOUND_CAMERA_ON,
    SOUND_CAMERA_OFF,
    SOUND_STEP_1, // answers by itself in three seconds,
    SOUND_STEP_2, // in two,
    SOUND_STEP_3, // in one
    SOUND_LOST,
    SOUND_BACK,
    SOUND_NOT_POSSIBLE,
    SOUND_COUNT,
    SOUND_NONE = SOUND_COUNT
};

enum { SOUNDS_AT_ONCE = 4, SOUNDS_WAITING = 16, SOUNDS_VOLUME = 70 };

struct sounds;

struct sounds *sounds_create(void);
void sounds_destroy(struct sounds *s); // the playback thread must be gone; NULL is fine

// ---- main thread ----

// Four sound at once: a fifth fades out the oldest that does not repeat. One that began less than 50 ms ago does not
// begin again. When 16 wait for a loudspeaker, a further one is dropped.
void sounds_play(struct sounds *s, enum sound sound);
// Repeat it, with its rest, until another or SOUND_NONE; the same again changes nothing. The first ring has half the
// volume.
void sounds_loop(struct sounds *s, enum sound sound);
void sounds_stop(struct sounds *s);                   // all, also what waits; what sounds fades out in 5 ms
void sounds_set_volume(struct sounds *s, int volume); // percent, 0..100; SOUNDS_VOLUME at first

// Once, as loud as it is, beside all others. The samples are lent until sounds_clip_busy says no; ignored while it says
// yes.
void sounds_clip(struct sounds *s, const int16_t *samples, size_t count);
void sounds_clip_stop(struct sounds *s); // with the next block

// ---- any thread ----

bool sounds_clip_busy(const struct sounds *s);

bool sounds_busy(const struct sounds *s); // something sounds, repeats, or waits to be played

// ---- playback thread ----

// Add the next `count` samples, 48 kHz, to `sum` (full scale is 32767). Never allocates, locks or waits.
void sounds_mix(struct sounds *s, float *sum, size_t count);

#endif
