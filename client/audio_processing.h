// Between the microphone and the encoder: what the loudspeaker plays is taken out of what the microphone hears, noise
// is lowered, and a voice is brought to an even level. The playback thread hands over what it plays; all work is done
// by the capture thread, inside audio_processing_near. Adds no delay of its own but the canceller's (under 10 ms).
#ifndef PARLOUR_AUDIO_PROCESSING_H
#define PARLOUR_AUDIO_PROCESSING_H

#include "audio_block.h"
#include "shared/base.h"

struct audio_processing;

struct audio_processing_figures {
    bool on;
    bool far_active;   // something was played in the last moment
    double delay_ms;   // from a block's being handed over to its being recorded: the buffers of both devices
    double erle_db;    // echo return loss enhancement: what went in against what came out while something was played,
                       // over the last seconds; too low while both sides speak
    double near_dbfs;  // RMS of what the microphone hears, of the last moment; -100 = nothing
    double out_dbfs;   // of what goes on to the encoder
    double far_dbfs;   // of what is played
    uint64_t far_lost; // blocks played that the microphone's thread came too late for; not while it was closed
};

struct audio_processing *audio_processing_create(void); // off; NULL when the library refuses
// Any thread. Off: the microphone's sound goes through untouched. On again: the room is learnt anew.
// How far what comes out lies behind what went in, samples: of the library's filters and frames; 0 while it is off. Any
// thread.
unsigned audio_processing_delay(struct audio_processing *p);
void audio_processing_set_on(struct audio_processing *p, bool on);
// Playback thread: a block of the whole mix, and when its first sample is heard (CLOCK_MONOTONIC). Waits for nothing.
void audio_processing_far(struct audio_processing *p, const int16_t *samples, uint64_t heard_us);
// Capture thread: a block, cleaned in place; capture_us = CLOCK_MONOTONIC of its first sample.
void audio_processing_near(struct audio_processing *p, int16_t *samples, uint64_t capture_us);
void audio_processing_get_figures(struct audio_processing *p, struct audio_processing_figures *out); // any thread
void audio_processing_destroy(struct audio_processing *p); // NULL is fine; both threads must be gone

#endif
