// Everybody's voices and our own sounds to the loudspeaker (or a file, or nowhere). The playback callback alone owns
// the jitter buffers, the decoders and the mixer; the net thread feeds it through one lock-free ring and gets back
// through another what it may free. It sleeps with its device closed until it is kept awake (in a call) or a sound is
// played, and again 2 s after the last of both. A file is one recording from the start to the end, silence included.
#ifndef PARLOUR_SPEAKER_H
#define PARLOUR_SPEAKER_H

#include "audio_decoder.h"
#include "client/sound_watch.h"

struct sounds;
struct speaker;

enum { SPEAKER_VOICES = 50 };

struct speaker_config {
    const char *spec;      // auto | none | file:out.wav | a device's name or a part of it
    struct sounds *sounds; // lent until destroy; NULL = none
    void *ctx;
    // One sentence when sound cannot be played, once per failure; "" when it works again. It is tried again and again.
    // By the speaker thread, like the next.
    void (*on_failed)(void *ctx, const char *sentence);
    // Something to be said of a device that works. NULL = nobody asks.
    void (*on_said)(void *ctx, enum sound_said what, const char *wanted, const char *now);
    // AUDIO_BLOCK samples of the whole mix, own sounds included, and when the first of them is heard (CLOCK_MONOTONIC):
    // what an echo canceller must know. On the playback thread: waits for nothing. NULL = nobody asks.
    void (*on_played)(void *ctx, const int16_t *samples, uint64_t heard_us);
};

struct speaker_figures {  // of one voice
    float level;          // 0..1, smoothed; 0 for members without voice
    double concealed_pct; // of all samples played, those made up,
    double fec_pct;       // those that came with the packet after them, coarser (in-band),
    double copies_pct;    // and those that came with a later one, whole
    double jitter_ms, delay_ms, target_ms;
    uint64_t received, lost, late; // packets
    uint64_t waits;                // times that its next packet was not there when it was due
    uint64_t taken_out, put_in;    // samples, to hold the delay
    uint32_t heard;                // blocks of what it said, wrapping,
    uint32_t heard_at;             // and where in it we are: lip_sync_sound, smoothed
};

struct speaker_output {
    double delay_ms;    // from mixing to ear, as far as the device tells; 0 = no device is open
    uint64_t underruns; // times it stood still because it was given nothing, at most five a second
};

struct speaker *speaker_create(const struct speaker_config *config); // strings are copied
bool speaker_start(struct speaker *s);

// net thread only. A voice is added once and removed when the member leaves; false when 50 are there or the ring is
// full.
bool speaker_add(struct speaker *s, uint16_t member, enum audio_decoder_codec codec);
void speaker_remove(struct speaker *s, uint16_t member);
// One opened payload, copied. number = SFrame counter, ts = 48 kHz; copy: it travelled with a later one. A voice not
// added yet is added as Opus. Dropped when the ring is full.
void speaker_push(struct speaker *s, uint16_t member, uint32_t number, uint32_t ts, const uint8_t *payload, size_t size,
                  bool copy, uint64_t now_us);

// Any thread. False (and zeros) when there is no such voice.
bool speaker_get_figures(struct speaker *s, uint16_t member, struct speaker_figures *out);
// Any thread: this voice later by so much for lip sync, until it leaves; at most LIP_SYNC_PATIENT_MAX_US.
void speaker_set_hold(struct speaker *s, uint16_t member, uint32_t hold_us);
void speaker_get_output(struct speaker *s, struct speaker_output *out); // any thread
// Main thread: how loud a member is, percent of what it sends (0..200; 100 at first, and again when it has left). Kept
// for members whose voice has not come yet; false when 50 have one of their own.
bool speaker_set_volume(struct speaker *s, uint16_t member, int percent);
void speaker_forget_volumes(struct speaker *s); // main thread: another room; everybody 100
// Any thread: the whole mix, own sounds included; percent, 0..100 (at first). What on_played gets is as loud as what is
// played.
void speaker_set_loudness(struct speaker *s, int percent);
void speaker_set_off(struct speaker *s, bool off);     // any thread: no voices, go on measuring; sounds are played
void speaker_set_awake(struct speaker *s, bool awake); // any thread: stay open, for voices; false at first
void speaker_look(struct speaker *s);                  // any thread, after a sound was started: open for it

// Main thread, after speaker_start: from now on to this one. Waits for the last block of the one before; the voices
// stay.
bool speaker_change(struct speaker *s, const char *spec);
void speaker_stop(struct speaker *s);
void speaker_join(struct speaker *s);
void speaker_destroy(struct speaker *s); // NULL is fine; the net thread must be gone

#endif
