// Writes down what a member opens and sends, as it is, into Matroska files (record_file): a thread, which begins with a
// recording and ends with it. Whoever hands it media never waits for the disk.
#ifndef PARLOUR_RECORDER_H
#define PARLOUR_RECORDER_H

#include "shared/base.h"

enum { RECORDER_PATH = 1024 };

enum recorder_state {
    RECORDER_OFF,
    RECORDER_STARTING, // its file is being made
    RECORDER_READY,    // it is there: recorder_go
    RECORDER_ON,
    RECORDER_ENDING, // recorder_stop was called; what waits is written
    RECORDER_ENDED   // by itself (`trouble`), or since it was stopped: to be joined
};

enum recorder_trouble {
    RECORDER_FINE,
    RECORDER_NO_FOLDER, // it was never READY: the folder cannot be made,
    RECORDER_NO_FILE,   // nothing can be written there,
    RECORDER_NO_ROOM,   // less is free than is to stay free
    RECORDER_DISK_FULL,
    RECORDER_DISK_FAILS
};

struct recorder_order {
    const char *folder; // to be made before; NULL = not
    const char *path, *title;
    uint64_t floor_bytes; // as record_writer_begin has it
};

struct recorder_config {
    bool l16; // sound is 16-bit PCM, not Opus
    void *ctx;
    // Recorder thread: a keyframe of this picture is wanted; member 0 = ours.
    void (*ask_keyframe)(void *ctx, uint16_t member, uint8_t slot);
    void (*changed)(void *ctx); // the state has: recorder_get_figures says how
};

struct recorder_figures {
    enum recorder_state state;
    enum recorder_trouble trouble;
    char file[RECORDER_PATH]; // that is written now
    double seconds;           // since the recording began
    uint64_t bytes, dropped;  // of all its files; packets there was no room for
    unsigned parts;           // files that have begun
    bool slow;                // the disk did not follow: of those that were dropped some would have been written
};

struct recorder;

struct recorder *recorder_create(const struct recorder_config *config);
void recorder_destroy(struct recorder *r); // stops and joins; NULL is fine
// Main thread, which never waits for a disk. FILE.mkv is to be made, never one that is there: STARTING, then READY or
// ENDED. False when the last one has not been joined, or there is no thread.
bool recorder_start(struct recorder *r, const struct recorder_order *order);
void recorder_go(struct recorder *r);   // READY: from now on what is handed over is recorded
void recorder_stop(struct recorder *r); // what was handed over is still written, and then it is ENDED
void recorder_join(struct recorder *r); // waits for that, and so for the disk; OFF from then on
// The same, at most until deadline_us. False: the disk has not answered by then, and nothing of this may be freed.
MUST_USE bool recorder_finish(struct recorder *r, uint64_t deadline_us);
void recorder_get_figures(struct recorder *r, struct recorder_figures *out); // any thread

// Any thread, copied; nothing happens while nothing is recorded. Member 0 = we. What comes of somebody who was not
// named is left out.
void recorder_member(struct recorder *r, uint16_t member, const uint8_t identity[32], const char *name, bool camera);
void recorder_gone(struct recorder *r, uint16_t member);
void recorder_clock(struct recorder *r, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us);
void recorder_video(struct recorder *r, uint16_t member, uint8_t slot, uint32_t ts, bool keyframe, const uint8_t *data,
                    size_t size, uint64_t now_us);
void recorder_audio(struct recorder *r, uint16_t member, uint32_t ts, const uint8_t *data, size_t size,
                    uint64_t now_us);

#endif
