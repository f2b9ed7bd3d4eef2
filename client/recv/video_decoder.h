// One thread per watched stream: whole encoded frames in, pictures with due times out into a frame queue. Frames wait
// encoded until one frame before they are due. What the sender sends is checked (SPS, size) before the decoder sees it.
#ifndef PARLOUR_VIDEO_DECODER_H
#define PARLOUR_VIDEO_DECODER_H

#include "assembler.h"

struct frame_queue;
struct video_decoder;

enum { VIDEO_DECODER_QUEUE = 32 }; // half a second at 60 a second; and of WIRE_JITTER_BYTES

struct video_decoder_config {
    const char *name;        // thread name, at most 15 characters; NULL = "decoder"
    struct frame_queue *out; // outlives the decoder
    void *ctx;
    void (*on_keyframe_needed)(void *ctx); // any thread of ours; at most each 300 ms per decoder
};

struct video_decoder_figures { // since the start
    uint64_t frames_in, decoded, dropped, errors, keyframe_requests;
    uint64_t decode_us;
    int64_t offset_us, hold_us; // what playout adds to the fastest arrival
    double jitter_ms;
};

struct video_decoder *video_decoder_create(const struct video_decoder_config *config);
bool video_decoder_start(struct video_decoder *d);
// One frame, always taken (frame->data is the decoder's afterwards and set to NULL). When no more may wait, all are
// dropped up to the next keyframe and one is asked for. Any one thread.
void video_decoder_push(struct video_decoder *d, struct recv_frame *frame);
void video_decoder_set_hold(struct video_decoder *d, uint32_t hold_us); // any thread: playout_set_hold
void video_decoder_get_figures(struct video_decoder *d, struct video_decoder_figures *out);
void video_decoder_stop(struct video_decoder *d);
void video_decoder_join(struct video_decoder *d);
void video_decoder_destroy(struct video_decoder *d); // NULL is fine

#endif
