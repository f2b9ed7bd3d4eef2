// The video streams of everybody else: cameras, and screens that are shown. One decoder and one frame queue a
// stream, started when the first frame comes.
#ifndef PARLOUR_RECEIVERS_H
#define PARLOUR_RECEIVERS_H

#include "assembler.h"

struct AVFrame;
struct stats_stream;
struct receivers;

enum { RECEIVERS_MAX = 58 }; // of every member in a full room, and eight screens

struct receivers_config {
    void *ctx;
    void (*ask_keyframe)(void *ctx, uint16_t member,
                         uint8_t slot); // decoder or net thread; at most each 300 ms a member
    void (*wake)(void *ctx);            // a picture waits where none did: wake the main loop. Decoder threads
};

struct receivers *receivers_create(const struct receivers_config *config);
void receivers_destroy(struct receivers *r); // stops and joins all decoders; the net thread must be gone

// net thread: a whole frame, always taken. Frames of a stream beyond the last there is room for are dropped. The slot
// says which stream of the member's it is; `screen` below: what he shows, not his camera.
void receivers_push_video(struct receivers *r, uint16_t member, uint8_t slot, struct recv_frame *frame);
// net thread: a picture of this member with timestamp `ts` (90 kHz) was captured at local_us of our CLOCK_MONOTONIC
// (from the meta stream and the relay's clock). Until the first, latency is unknown.
void receivers_set_clock(struct receivers *r, uint16_t member, uint8_t slot, uint32_t ts, uint64_t local_us);

// The rest belongs to the main thread.
void receivers_close(struct receivers *r, uint16_t member, bool screen); // not shown any more
void receivers_close_all(struct receivers *r);
// As frame_queue_take; NULL for members without video.
struct AVFrame *receivers_take(struct receivers *r, uint16_t member, bool screen, uint64_t now_us,
                               uint64_t *next_due_us);
// The picture last taken can be seen.
void receivers_shown(struct receivers *r, uint16_t member, bool screen, uint64_t now_us);
// Where in his pictures we are: how many were shown since he came, and lip_sync_picture of them, smoothed. Their room
// above the fastest arrival goes to *offset_us. False when he sends none. Of his camera, like the next.
bool receivers_where(struct receivers *r, uint16_t member, uint32_t *shown, uint32_t *shown_at, int64_t *offset_us);
// The picture of his that is shown: its timestamp, and how long ago it was taken (us; < 0 = his clock is not known).
// False when none has been.
bool receivers_newest(struct receivers *r, uint16_t member, uint64_t now_us, uint32_t *ts, int64_t *age_us);
void receivers_set_hold(struct receivers *r, uint16_t member, uint32_t hold_us); // pictures later, for lip sync
// Fill the fields this side knows (member, slot, layer, size, fps, frames, freezes, latency, jitter, requests) of at
// most `max` streams; returns how many. Call about once a second: the rates are over the time since the last call.
size_t receivers_fill_stats(struct receivers *r, uint64_t now_us, struct stats_stream *out, size_t max);

#endif
